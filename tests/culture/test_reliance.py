"""What elders are worth is measured by hiding them, all else being equal."""

from __future__ import annotations

import numpy as np
import pytest

from configs.load import load
from culture import reliance
from culture.setting import Setting, newborn, prepare
from culture.transmission import ALONE, Lesson
from populations.rollout import ORACLE
from populations.workers import open_pool
from tests.populations.small import same

SETTINGS = ["evaluation.tasks=16", "evaluation.episodes=2", "learner.hidden=16", "world.trials=2"]


@pytest.fixture(scope="module")
def setting() -> Setting:
    return prepare(load("debug", SETTINGS), open_pool(0), lambda event: None)


def _measured(setting: Setting, lesson: Lesson, generation: int = 1) -> reliance.Reliance:
    rows = setting.family.space.suite("heldout", 16)
    return reliance.measure(setting, newborn(setting, generation), lesson, rows, generation)


def test_both_are_told_of_every_member_and_task(setting: Setting) -> None:
    found = _measured(setting, Lesson(elders=tuple(newborn(setting, 0))))
    assert {name: table.shape for name, table in found.trials.items()} == {
        "shown": (2, 16, 2),
        "hidden": (2, 16, 2),
    }
    assert [sorted(notes) for notes in found.notes] == [
        ["attention", "diversity", "exploration"],
        ["attention", "exploration"],
    ]
    assert set(found.means()) == {"attention", "diversity", "exploration"}


def test_hidden_elders_might_as_well_be_others(setting: Setting) -> None:
    one, other = (
        _measured(setting, lesson)
        for lesson in (Lesson(elders=tuple(newborn(setting, 0))), Lesson(scripted=ORACLE))
    )
    assert np.array_equal(one.trials["hidden"], other.trials["hidden"])
    assert one.notes != other.notes  # where they are seen


def test_alone_there_is_nobody_to_hide_and_still_choices_to_tell(setting: Setting) -> None:
    found = _measured(setting, ALONE)
    assert not found.trials
    assert all(notes["attention"] == 0 < notes["exploration"] for notes in found.notes)


def test_it_is_the_same_again(setting: Setting) -> None:
    lesson = Lesson(scripted=ORACLE)
    one, again = (_measured(setting, lesson) for _ in range(2))
    assert same(one.trials, again.trials) and one.notes == again.notes
