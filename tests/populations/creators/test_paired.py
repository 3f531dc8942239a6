"""PAIRED pays its designer by how differently members do, whoever of them does best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from populations.creators.creator import COLUMNS, Creator, Outcomes, Proposal
from populations.creators.paired import Paired, population_regret
from populations.creators.scored import Kit
from tests.populations.creators.episodes import outcomes, proposal
from tests.populations.creators.ladders import EPISODES, Climber, Ladders, built
from worlds import rng
from worlds.family import make

SPACE: Any = Ladders(ladders=4, rungs=8)
SEEDS = 2
STEPS = 30_000  # agent-steps of both members


def members(key: int) -> list[Climber]:
    """Two who learn by chances of their own in the same world."""
    one, other = Climber(SPACE, key), Climber(SPACE, rng.key("other", key))
    other.right = one.right
    return [one, other]


def together(climbers: Sequence[Climber], proposed: Proposal, repeats: int) -> Outcomes:
    """The members play every task equally often, `repeats` in all, and learn from it."""
    played = [climber.play(proposed, repeats // len(climbers)) for climber in climbers]
    lengths = [len(each.task) for each in played]
    member = np.repeat(np.arange(len(climbers), dtype=np.int16), lengths)
    order = np.argsort(np.concatenate([each.task for each in played]), kind="stable")

    def joined(columns: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(columns)[order]

    found = {name: joined([getattr(each, name) for each in played]) for name in ("task", *COLUMNS)}
    signals = {name: joined([each.signals[name] for each in played]) for name in played[0].signals}
    return Outcomes(proposal=proposed, signals=signals, **found | {"member": member[order]})


def lived(creator: Creator, climbers: Sequence[Climber], proposals: int) -> Creator:
    for _ in range(proposals):
        creator.observe(together(climbers, creator.propose(16), 2))
    return creator


def of(
    member: Sequence[int], task: Sequence[int], returns: Sequence[float], agent: Sequence[int]
) -> Outcomes:
    """Episodes of tasks 0 and 1, each with company of its own."""
    made = outcomes(list(task), list(returns), rosters=list(range(len(task))))
    return replace(
        made,
        proposal=proposal([0, 1]),
        task=np.array(task, np.int32),
        member=np.array(member, np.int16),
        agent=np.array(agent, np.int16),
    )


def regret(*columns: Sequence[float]) -> list[float]:
    played = of(*columns)  # type: ignore[arg-type]
    return population_regret(played, played.returns).tolist()


def test_regret_is_the_best_members_mean_return_minus_that_of_all() -> None:
    member, task = [0, 0, 1, 2, 0, 1, 2], [0, 0, 0, 0, 1, 1, 1]
    returns = [1.0, 0.0, 0.9, 0.1, 4.0, 4.0, 4.0]
    # .5, .9 and .1 of the first task: a member counts once, however often it played.
    np.testing.assert_allclose(regret(member, task, returns, [0] * 7), [0.9 - 0.5, 0], atol=1e-7)


def test_roles_swap_with_who_does_best() -> None:
    member, task, agent = [0, 1, 0, 1], [0, 0, 1, 1], [0] * 4
    assert regret(member, task, [1.0, 0.0, 0.0, 1.0], agent) == [0.5, 0.5]
    assert regret(member, task, [0.0, 1.0, 1.0, 0.0], agent) == [0.5, 0.5]


def test_members_are_compared_in_the_same_seat() -> None:
    member, task, agent = [0, 0, 1, 1, 0, 1], [0, 0, 0, 0, 1, 1], [0, 1, 0, 1, 0, 1]
    # In the second seat all earn more, which is nobody's merit; task 1 they met in different ones.
    found = regret(member, task, [1.0, 5.0, 0.0, 5.0, 0.0, 1.0], agent)
    np.testing.assert_allclose(found, [0.25, np.nan])


def test_what_one_member_met_alone_or_never_ended_has_no_regret() -> None:
    nan = float("nan")
    found = regret([0, 0, 0, 1], [0, 0, 1, 1], [1.0, 0.0, 1.0, nan], [0] * 4)
    np.testing.assert_array_equal(found, [nan, nan])


def test_a_member_alone_teaches_the_designer_nothing() -> None:
    creator: Any = built(SPACE, 3, name="paired")
    before = creator.designer.state()
    lived(creator, members(1)[:1], 4)
    assert save(creator.designer.state()) == save(before)
    lived(creator, members(1), 4)
    assert save(creator.designer.state()) != save(before)


def test_it_designs_the_tasks_on_which_members_differ() -> None:
    creator: Any = built(SPACE, 3, name="paired")
    for _ in range(120):
        proposed = creator.propose(32)
        task = np.repeat(np.arange(32), 2)
        able = (proposed.rows[task, 0] == 2) & (task % 2 == np.arange(64) % 2)
        played = together(members(1), proposed, 2)
        creator.observe(replace(played, returns=able.astype(np.float32)))
    assert (creator.propose(500).rows[:, 0] == 2).mean() > 0.8
    assert creator.metrics()["regret"] > 0.3
    assert creator.metrics()["designer_entropy"] < 0.9


def test_it_goes_on_bit_for_bit_also_with_designs_that_wait_for_their_returns() -> None:
    one, climbers = built(SPACE, 3, name="paired"), members(1)
    lived(one, climbers, 6)
    waiting = one.propose(16)
    other = built(SPACE, 3, name="paired")
    other.load(load(save(one.state())))
    played = together(climbers, waiting, 2)
    for creator in (one, other):
        creator.observe(played)
    assert save(one.state()) == save(other.state())
    assert one.metrics() == other.metrics()
    np.testing.assert_array_equal(one.propose(16).rows, other.propose(16).rows)


def test_outcomes_of_another_proposal_are_refused() -> None:
    creator = built(SPACE, 3, name="paired")
    played = together(members(1), creator.propose(16), 2)
    creator.observe(played)
    with pytest.raises(ValueError, match="16 tasks, but 0 designs wait"):
        creator.observe(played)


SPACES = {
    "ladders": lambda: SPACE,
    "playground": lambda: make("playground", height=8, width=8, trial_length=8).space,
}


@pytest.mark.parametrize("name", SPACES)
def test_it_proposes_valid_tasks_that_are_not_held_out(name: str) -> None:
    space: Any = SPACES[name]()
    buffer: Any = built(space, 1).buffer  # type: ignore[attr-defined]
    creator = Paired(Kit(name, space, 1, "learnability", buffer), designer={})
    rows = creator.propose(8).rows
    assert rows.shape == (8, space.width) and rows.dtype == np.int16
    assert [space.problems(row) for row in rows] == [[]] * 8
    assert not space.held_out(rows).any()


@cache
def skill(name: str) -> float:
    """Mean final skill of both members over the seeds, each of whom learns from all tasks."""
    found = []
    for seed in range(SEEDS):
        creator = built(SPACE, rng.key("ladders", seed), name=name, repeats=2)
        climbers, steps = members(rng.key("ladders", seed)), 0
        while steps < STEPS:
            played = together(climbers, creator.propose(EPISODES // 2), 2)
            creator.observe(played)
            steps += int(played.steps.sum())
        found += [climber.skill() for climber in climbers]
    return float(np.mean(found))


def test_members_of_paired_climb_above_those_of_uniform_draws() -> None:
    assert skill("paired") > skill("uniform") + 0.15
