"""Gates let through tasks that are neither solved nor hopeless, and of POET's the most novel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from configs.creator_schema import Gate as Rule
from populations.creators.creator import EVOLVED, NEW, REPLAYED, Outcomes, Proposal, identities
from populations.creators.gate import Gate, Played, Tasks, dynamic, novelties, poet
from populations.creators.scored import Kit
from tests.populations.creators.ladders import RUNG, Climber, Ladders, built, climb
from worlds import rng

SPACE: Any = Ladders(ladders=4, rungs=8)
RULE = Rule()
LOW, MIDDLE, HIGH = 0, 2, 4  # of four episodes, how many succeed


def gate(name: str = "dynamic", key: int = 5, **settings: Any) -> Any:
    return built(SPACE, key, name=name, **{"capacity": 24, "edits": 1, **settings})


def tasks(vectors: Any, scores: Any, first: int = 1) -> Tasks:
    """Tasks named `first`, `first` + 1, ... at these places [n, d], of which members have these scores [n, P]."""
    places, names = np.array(vectors, np.float32), np.arange(first, first + len(vectors))
    return Tasks(
        names[:, None].astype(np.int16),
        names.astype(np.uint64),
        np.zeros(len(names), np.uint64),
        places,
        np.array(scores, np.float64),
    )


def played(of: Tasks, shares: Any, controls: Any = 0.0) -> Played:
    """Episodes with these shares [n, episodes]."""
    values = np.array(shares, np.float64)
    each = np.repeat(np.arange(len(values)), values.shape[1])
    beside = np.broadcast_to(np.array(controls, np.float64), values.shape)
    return Played(of, each, values.ravel(), beside.ravel())


def told(proposal: Proposal, successes: Any, random: int = 0) -> Outcomes:
    """Four episodes of each task, of which so many succeed, and so many of random actions."""
    outcomes = Climber(SPACE, 9).play(proposal, 4)
    number = np.tile(np.arange(4), len(proposal.rows))
    wanted = np.repeat(np.broadcast_to(successes, len(proposal.rows)), 4)
    control = (
        np.where(number < random, 1.0, 0.0) if proposal.control else np.full(len(wanted), np.nan)
    )
    return replace(
        outcomes,
        returns=(number < wanted).astype(np.float32),
        control_returns=control.astype(np.float32),
    )


def seen_top(creator: Any) -> Any:
    """Has seen the best return there is, and proposes candidates next."""
    proposal = creator.propose(1)
    creator.observe(told(proposal, HIGH))
    creator.observe(told(creator.propose(1), HIGH))
    return creator


NOTHING = tasks(np.zeros((0, 1)), np.zeros((0, 1)))


@pytest.mark.parametrize(
    ("shares", "controls", "accepted"),
    [
        ([0.5, 0.4, 1.0, 1.0], [0.0] * 4, True),
        ([0.5, 0.5, 1.0, 1.0], [0.0] * 4, False),  # solved: 4 of 4 achieve .5
        ([0.3, 0.0, 0.0, 0.0], [0.25, 0.0, 0.0, 0.0], False),  # ahead by .05, not more
        ([0.31, 0.0, 0.0, 0.0], [0.25, 0.0, 0.0, 0.0], True),
        ([0.0, 0.0, 0.0, 0.0], [0.0] * 4, False),  # hopeless
        ([1.0, 1.0, 1.0, 0.0], [0.5, 0.0, 0.0, 0.0], True),
        ([1.0, 1.0, 1.0, 0.0], [0.5, 0.5, 0.0, 0.0], False),  # trivial
    ],
)
def test_dynamic_generation_takes_what_is_neither_solved_nor_hopeless_nor_trivial(
    shares: list[float], controls: list[float], accepted: bool
) -> None:
    rule = Rule(achieved=0.5, solved=0.9, margin=0.05, ahead=0.25, trivial=0.5)
    found = dynamic(rule, played(tasks([[0]], [[0]]), [shares], [controls]), NOTHING)
    assert found.tolist() == [accepted]


def test_the_minimal_criterion_holds_at_its_ends() -> None:
    shares = [[0.05, 0.1], [0.1, 0.1], [0.9, 0.9], [1.0, 0.9]]
    new = tasks([[0], [1], [2], [3]], [[0]] * 4)
    assert poet(RULE, played(new, shares), NOTHING).tolist() == [False, True, True, False]


def test_novelty_is_the_mean_distance_to_the_nearest_others() -> None:
    line = np.array([[0.0], [1.0], [3.0], [7.0]])
    np.testing.assert_allclose(novelties(line, 2), [2.0, 1.5, 2.5, 5.0])
    np.testing.assert_allclose(novelties(line, 9), [11 / 3, 3.0, 3.0, 17 / 3])
    assert novelties(line[:1], 5).tolist() == [0.0]


def test_poet_admits_the_most_novel_of_those_that_meet_the_criterion() -> None:
    held = tasks([[0.0], [0.1]], [[0.5], [0.5]])
    new = tasks([[0.05], [0.5], [0.9], [1.0]], [[0.5]] * 4, first=10)
    shares = [[0.5]] * 3 + [[1.0]]  # the last one is solved, and no neighbour of anyone
    found = poet(Rule(nearest=1, admitted=2), played(new, shares), held)
    assert found.tolist() == [False, True, True, False]


def test_what_poet_holds_stays_by_the_criterion_alone() -> None:
    held = tasks([[0.0], [0.0]], [[0.5], [0.5]])
    again = tasks([[0.0], [0.0], [0.9], [0.8]], [[0.5]] * 4)  # the first two are held
    found = poet(Rule(admitted=1), played(again, [[0.5], [0.0], [0.5], [0.5]]), held)
    assert found.tolist() == [True, False, True, False]


def test_where_members_differ_tasks_are_told_apart_by_how_those_rank() -> None:
    # By vectors the second is the farthest; but members rank on it as on those held.
    held = tasks([[0.0], [0.1]], [[0.2, 0.4, 0.6], [0.1, 0.3, 0.9]])
    new = tasks([[0.05], [1.0]], [[0.6, 0.4, 0.2], [0.3, 0.4, 0.5]], first=10)
    found = poet(Rule(nearest=1, admitted=1), played(new, [[0.4]] * 2), held)
    assert found.tolist() == [True, False]
    # Clipped to [low, high], scores of .95 and 1 are one rank, and so are 0 and .05.
    new = tasks([[0.05], [1.0]], [[0.3, 0.95, 1.0], [0.3, 0.4, 0.5]], first=10)
    held = tasks([[0.0]], [[0.5, 1.0, 0.9]])
    found = poet(Rule(nearest=1, admitted=1), played(new, [[0.4]] * 2), held)
    assert found.tolist() == [False, True]


def test_candidates_and_tasks_for_training_alternate() -> None:
    creator, climber = gate(), Climber(SPACE, 9)
    for turn in range(8):
        proposal = creator.propose(8)
        assert proposal.train.tolist() == [turn % 2 == 1] * 8
        assert proposal.control == (turn % 2 == 0)  # random actions play candidates only
        creator.observe(climber.play(proposal, 4))
    assert not gate("poet").propose(8).control


@pytest.mark.parametrize("name", ["dynamic", "poet"])
def test_members_train_on_what_was_accepted_and_on_new_tasks_while_nothing_is(name: str) -> None:
    creator = seen_top(gate(name))
    creator.observe(told(creator.propose(8), LOW))
    assert (creator.propose(8).how == NEW).all()  # for training
    candidates = creator.propose(8)
    assert (candidates.how == NEW).all()
    good = np.isin(candidates.rows[:, RUNG], [1, 2, 3, 4])
    creator.observe(told(candidates, np.where(good, MIDDLE, LOW)))
    accepted = set(identities("ladders", candidates.rows[good]).tolist())
    assert {*creator.queue.tasks.tolist()} == accepted and 0 < len(accepted) < 8
    proposal = creator.propose(50)
    assert (proposal.how == REPLAYED).all() and proposal.train.all()
    assert {*identities("ladders", proposal.rows).tolist()} == accepted
    metrics = creator.metrics()
    probed = 1 + len(np.unique(candidates.rows, axis=0)) + 7
    assert metrics["queue_size"] == len(accepted)
    assert metrics["accepted"] == pytest.approx(len(accepted) / probed, rel=0.2)


def test_poet_mutates_what_it_accepted() -> None:
    creator = seen_top(gate("poet"))
    creator.observe(told(creator.propose(8), MIDDLE))
    held = set(creator.queue.tasks.tolist())
    creator.observe(told(creator.propose(8), MIDDLE))
    proposal = creator.propose(8)
    assert (proposal.how == EVOLVED).all() and not proposal.train.any()
    assert set(proposal.parents.tolist()) <= held


def test_the_oldest_make_room_and_what_is_probed_again_is_judged_anew() -> None:
    creator = seen_top(gate(capacity=8))
    creator.observe(told(creator.propose(6), MIDDLE))
    first = creator.queue.tasks.tolist()
    creator.observe(told(creator.propose(6), MIDDLE))
    proposal = creator.propose(6)
    creator.observe(told(proposal, MIDDLE))
    second = [task for task in identities("ladders", proposal.rows).tolist()]
    both = [task for task in first if task not in second] + list(dict.fromkeys(second))
    assert creator.queue.tasks.tolist() == both[-8:]
    again = replace(proposal, rows=proposal.rows[:2].repeat(3, 0))
    creator.observe(told(again, HIGH))  # it can be done by now
    assert creator.queue.tasks.tolist() == [task for task in both[-8:] if task not in second[:2]]


def test_what_random_actions_do_decides_too() -> None:
    creator = seen_top(gate())
    creator.observe(told(creator.propose(8), MIDDLE, random=2))
    assert len(creator.queue) == 0
    creator.observe(told(creator.propose(8), MIDDLE))
    creator.observe(told(creator.propose(8), MIDDLE, random=1))
    assert len(creator.queue) > 0


def test_what_members_score_is_told_apart_and_kept_up_to_date() -> None:
    creator = seen_top(gate("poet"))
    proposal = creator.propose(4)
    outcomes = told(proposal, MIDDLE)  # episodes 0 and 1 succeed
    creator.observe(replace(outcomes, member=np.tile([0, 0, 1, 3], 4).astype(np.int16)))
    assert len(creator.queue) and (creator.queue.scores == [1.0, 0.0, 0.0]).all()
    training = creator.propose(4)
    creator.observe(replace(told(training, HIGH), member=np.tile([0, 1, 2, 3], 4).astype(np.int16)))
    played_now = np.isin(creator.queue.tasks, identities("ladders", training.rows))
    assert (creator.queue.scores[played_now] == 1).all()
    np.testing.assert_allclose(
        creator.queue.scores[~played_now], [[1, 0, 0, 1 / 3]] * sum(~played_now)
    )


def test_only_the_seat_that_random_actions_take_too_is_judged() -> None:
    creator = seen_top(gate())
    outcomes = told(creator.propose(8), MIDDLE)
    absent = replace(outcomes, agent=np.ones(32, np.int16))
    with pytest.raises(ValueError, match="agent"):  # one agent learns in this world
        creator.observe(absent)
    nothing = replace(outcomes, returns=np.full(32, np.nan, np.float32))
    creator.observe(nothing)  # an episode that never ended says nothing
    assert len(creator.queue) == 0


def test_a_new_generation_finds_an_empty_queue() -> None:
    creator = seen_top(gate())
    creator.observe(told(creator.propose(8), MIDDLE))
    assert len(creator.queue)
    creator.graduate()
    assert (creator.propose(8).how == NEW).all()


@pytest.mark.parametrize("name", ["dynamic", "poet"])
def test_gates_climb_above_uniform_draws(name: str) -> None:
    found = {}
    for arm in ("uniform", name):
        key = rng.key("ladders", 0)
        creator = built(SPACE, key, name=arm, capacity=32)
        found[arm] = climb(creator, Climber(SPACE, key), 30_000, 4)["skill"]
    assert found[name] > found["uniform"] + 0.1


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="edits is -1"):
        Gate(Kit("ladders", SPACE, 5, "learnability", gate().buffer), poet, RULE, edits=-1)
