"""Presence tables from visibility: elders leave earlier, somebody is always there, the rest of a task stays."""

import numpy as np
import pytest

from worlds.playground.columns import field
from worlds.playground.presence import fade
from worlds.playground.settings import SpaceSettings
from worlds.playground.space import PlaygroundSpace
from worlds.playground.task import from_row, to_row
from worlds.playground.world import Playground

LENGTH = 20
SPACE = PlaygroundSpace(
    SpaceSettings(
        height=8, width=8, view=5, agents=3, trials=5, trial_length=LENGTH, presence="random"
    )
)
ROWS = SPACE.sample(7, 16)
FALLING = np.ones((16, 5, 3))
FALLING[:, :, 1] = np.linspace(1, 0, 5)
FALLING[8:, :, 2] = np.linspace(1, 0, 5)


def _present(rows: np.ndarray) -> np.ndarray:
    return field(rows, "present", SPACE.sizes)


def test_an_elder_is_there_for_its_share_of_each_trial() -> None:
    present = _present(fade(ROWS, SPACE.sizes, FALLING))
    assert present[0, :, 1].tolist() == [20, 15, 10, 5, 0]
    assert (np.diff(present[:, :, 1]) < 0).all()
    assert (present[:, -1, 1] == 0).all()
    halves = fade(ROWS, SPACE.sizes, np.array([1.0, 0.52, 0.0]))
    assert (_present(halves) == [LENGTH, 10, 0]).all()


def test_somebody_is_there_in_every_trial() -> None:
    present = _present(fade(ROWS, SPACE.sizes, FALLING))
    assert (present[:, :, 0] == LENGTH).all()
    assert (present[:8, :, 2] == LENGTH).all()  # no elder
    with pytest.raises(ValueError, match="left to nobody"):
        fade(ROWS, SPACE.sizes, FALLING[:, :, 1:2])


def test_nothing_else_of_a_task_changes() -> None:
    for before, after in zip(ROWS, fade(ROWS, SPACE.sizes, FALLING), strict=True):
        task = from_row(after, SPACE.sizes)
        assert SPACE.problems(after) == []
        own = from_row(before, SPACE.sizes).present
        assert np.array_equal(to_row(task._replace(present=own), SPACE.sizes), before)


def test_bodies_and_trials_beyond_the_task_stay_empty() -> None:
    small = SpaceSettings(height=8, width=8, view=5, agents=2, trials=2, trial_length=LENGTH)
    task = from_row(PlaygroundSpace(small).sample(1, 1)[0], small.sizes)
    row = to_row(task, SPACE.sizes)[None]
    faded = fade(row, SPACE.sizes, np.ones(1))
    assert _present(faded)[0].tolist() == [[20, 20, 0]] * 2 + [[0, 0, 0]] * 3
    assert SPACE.problems(faded[0]) == []


def test_a_body_leaves_when_its_share_is_over() -> None:
    family = Playground(**SPACE.settings.as_dict())
    state = family.state(16)
    family.reset(state, fade(ROWS, SPACE.sizes, FALLING))
    there, _ = family.layout["body"]
    out = np.zeros((16, 3, family.observation_size), dtype=np.uint8)
    waits = np.zeros((16, 3), dtype=np.int8)
    seen = []
    while not state.over.all():
        family.observe(state, out)
        seen.append(out[:, :, there.start].copy())
        family.step(state, waits)
    steps = np.array(seen, dtype=int).reshape(5, LENGTH, 16, 3).sum(1)
    assert (steps[:, :, 0] == LENGTH).all()
    # It is observed once more than it acts: a step begins with the leaving.
    assert (steps[:, :, 1] == [[20], [16], [11], [6], [0]]).all()
