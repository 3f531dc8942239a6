"""Members play and learn on the playground, where bodies come and go and episodes end early."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from configs.schema import Learner
from populations.encoders import FELT, PRODUCT, SCALE, SEEN, WORDS, _seen
from populations.member import born, network_for, network_of
from populations.rollout import NOBODY, NOISE, Played, Ticket, roll
from populations.units import Learn, Roll
from populations.workers import open_pool
from worlds import rng
from worlds.family import make
from worlds.playground.constants import LARGEST, SMALLEST
from worlds.playground.task import from_row
from worlds.playground.world import Playground

SETTINGS: dict[str, Any] = {
    **{"height": 8, "width": 8, "view": 5, "trials": 3, "trial_length": 8},
    **{"presence": "random", "trial_end": "any_goal", "reward_mode": "first"},
    **{"objects": (2, 4), "depth": (0, 0), "dead_ends": (0, 0)},
}
FAMILY = make("playground", **SETTINGS)
LEARNER = Learner(hidden=16, minibatches=2, epochs=1)
MEMBER = born("ada", FAMILY, LEARNER, rng.key("tests", "ada"))
WORLDS = 64
ROWS = FAMILY.space.sample(rng.key("tests", "rows"), WORLDS)


def ticket(*seats: int, **more: Any) -> Ticket:
    roster = np.tile(np.array(seats, np.int16), (WORLDS, 1))
    return Ticket(key=1, rows=ROWS, roster=roster, visibility=np.ones(3), learning=(0,), **more)


def played(asked: Ticket) -> Played:
    return roll(FAMILY, asked, [network_of(MEMBER.weights, FAMILY, LEARNER)])


@pytest.fixture(scope="module")
def self_play() -> Played:
    return played(ticket(0, 0, record=WORLDS))


def test_a_body_lives_while_it_is_there_and_the_episode_goes_on(self_play: Played) -> None:
    trajectory, state = self_play.trajectories[0], FAMILY.state(WORLDS)
    FAMILY.reset(state, ROWS)
    tasks = [from_row(row, FAMILY.space.sizes) for row in ROWS]
    absent = early = 0
    for t in range(FAMILY.horizon):
        expected = np.array(
            [
                [
                    not state.over[b]
                    and _there(int(task.present[state.trial[b], n]), state.time[b])
                    for n in (0, 1)
                ]
                for b, task in enumerate(tasks)
            ]
        )
        np.testing.assert_array_equal(trajectory.lived[t], expected.reshape(-1))
        absent += int((~expected & (state.over == 0)[:, None]).sum())
        early += int(state.over.astype(bool).sum())
        rewards, _ = FAMILY.step(state, self_play.actions[t])
        np.testing.assert_allclose(trajectory.rewards[t], rewards.reshape(-1) / 1000, atol=1e-6)
    assert absent and early  # else neither is tried
    assert self_play.steps == trajectory.lived.sum()


def _there(present: int, time: int) -> bool:
    """Who leaves at `present` is still seen before that step, and taken away in it."""
    return 0 < present >= time


def test_every_episode_ends_once_and_nothing_is_earned_after_it(self_play: Played) -> None:
    trajectory = self_play.trajectories[0]
    assert (trajectory.ends.sum(0) == 1).all()
    after = np.cumsum(trajectory.ends, 0) - trajectory.ends > 0
    assert after.any() and not trajectory.rewards[after].any() and not trajectory.lived[after].any()
    np.testing.assert_allclose(trajectory.rewards.sum(0), self_play.returns.reshape(-1), atol=1e-5)


def test_visibility_follows_the_trial_of_each_world() -> None:
    done = played(replace(ticket(0, NOISE, record=WORLDS), visibility=np.array([1.0, 0.0, 1.0])))
    state = FAMILY.state(WORLDS)
    FAMILY.reset(state, ROWS)
    for t in range(FAMILY.horizon):
        np.testing.assert_array_equal(done.visible[t], state.trial != 1)
        FAMILY.step(state, done.actions[t])


def test_a_member_learns_from_what_it_lived_and_from_nothing_else() -> None:
    asked = ticket(0, 0)
    settings = tuple(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in FAMILY.settings.items()
    )
    about = ("one", "playground", settings, LEARNER)
    play = Roll(*about, (MEMBER.weights,), asked)
    learn = Learn(*about, (), MEMBER, ((0, 0),), learning_rate=1e-3)
    units = [play, learn, replace(learn, probe=True)]
    _, learned, probed = open_pool(0).perform(units)
    lived = played(asked).trajectories[0].lived
    assert learned.member.lived == probed.member.lived == lived.sum() < lived.size
    assert learned.member.weights.tobytes() != MEMBER.weights.tobytes()
    assert all(signal.shape == (2 * WORLDS,) for signal in learned.signals.values())  # both seats


def test_nobody_stands_still_and_lives_no_steps() -> None:
    done = played(ticket(0, NOBODY, record=WORLDS))
    assert (done.actions[:, :, 1] == -1).all()
    assert done.steps == done.trajectories[0].lived.sum()


def test_a_network_fits_playgrounds_of_all_sizes_with_the_same_view_and_room_for_goals() -> None:
    other = make("playground", height=12, width=9, agents=5, view=5, trials=1, slots=32)
    one, two = (network_for(family, LEARNER).state_dict() for family in (FAMILY, other))
    assert {name: array.shape for name, array in one.items()} == {
        name: array.shape for name, array in two.items()
    }


@pytest.mark.parametrize("sizes", [SMALLEST, LARGEST])
def test_a_network_has_a_place_for_every_symbol_of_the_playground(sizes: Any) -> None:
    family = Playground.of(sizes)
    values = {
        name: family.cardinality[part].reshape(shape)
        for name, (part, shape) in family.layout.items()
    }
    (size,) = values["body"].shape
    assert len(SCALE) == size
    for byte, count in FELT.items():
        assert values["body"][byte] <= count, byte
    for words in (values["goal_atoms"], values["rules"][:, 1 : 1 + len(WORDS)]):
        assert (words <= WORDS).all()
    products = values["rules"][:, 1 + len(WORDS) :]
    assert (products.reshape(len(products), -1, len(PRODUCT)) <= PRODUCT).all()
    highest = torch.from_numpy(values["view"] - 1).flatten(-2)
    for plane, (name, count) in zip(_seen(highest), SEEN.items(), strict=True):
        assert int(plane.max()) <= count, name


@pytest.mark.parametrize("once", [False, True])
def test_an_elder_with_an_heirloom_lives_in_its_last_trial_here_too(once: bool) -> None:
    memory = np.random.default_rng(0).normal(size=(WORLDS, 1, 16)).astype(np.float32)
    other = network_of(MEMBER.weights, FAMILY, LEARNER)
    asked = replace(ticket(0, 1, start_memory=memory, start_once=once), learning=(0, 1))
    young, elder = roll(
        FAMILY, asked, [network_of(MEMBER.weights, FAMILY, LEARNER), other]
    ).trajectories
    body, _ = FAMILY.layout["body"]
    trials = [
        np.unique(one.observations[:, :, body.start + 10][one.lived]) for one in (young, elder)
    ]
    assert trials[0].tolist() == [0, 1, 2]
    assert trials[1].tolist() == ([0, 1, 2] if once else [2])
