"""Schedules follow their law, whatever members do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from configs.creator_schema import Schedule as Law
from populations.creators.creator import NEW, REPLAYED, identities
from populations.creators.schedule import kinds
from tests.populations.creators.ladders import Climber, Ladders, built

SPACE: Any = Ladders(ladders=4, rungs=8)


def schedule(key: int = 5, **law: Any) -> Any:
    return built(SPACE, key, name="schedule", schedule=Law(**law))


def proposed(creator: Any, proposals: int, n: int = 8) -> np.ndarray:
    """[proposals, n] uint64 identities of what is proposed one after the other."""
    return np.stack([identities("ladders", creator.propose(n).rows) for _ in range(proposals)])


def names_of(creator: Any) -> np.ndarray:
    return identities("ladders", creator.catalogue)


def test_the_catalogue_is_drawn_once_by_the_key_and_holds_no_task_twice() -> None:
    one, same, other = schedule(), schedule(law="bursty"), schedule(key=6)
    np.testing.assert_array_equal(one.catalogue, same.catalogue)
    assert len(np.unique(names_of(one))) == len(one.catalogue) == 63  # of the 64 there are
    assert one.catalogue.tolist() != other.catalogue.tolist()
    assert set(proposed(one, 200).ravel().tolist()) <= set(names_of(one).tolist())


def test_alike_tasks_are_of_one_kind() -> None:
    here, there = np.array([[0.1, 0.2], [0.0, 0.1]]), np.array([[0.9, 0.8], [1.0, 0.7]])
    points = np.stack([here[0], there[0], here[1], there[1]]).astype(np.float32)
    assert kinds(points, 2).tolist() == [0, 1, 0, 1]
    assert kinds(points, 1).tolist() == [0, 0, 0, 0]
    assert sorted(kinds(points, 9).tolist()) == [0, 1, 2, 3]  # no more kinds than tasks
    assert kinds(np.zeros((3, 2), np.float32), 2).tolist() == [0, 0, 0]


def test_centres_move_to_the_middle_of_their_kind() -> None:
    # The first centres, 0 and 1, draw the line at .5; their means, .34 and .78, at .56.
    line = np.array([[0.0], [0.4], [0.45], [0.49], [1.0], [0.55]], np.float32)
    assert kinds(line, 2).tolist() == [0, 0, 0, 0, 1, 0]


def test_kinds_take_turns_each_for_its_period() -> None:
    creator = schedule(law="cyclical", kinds=3, period=4)
    kind_of = dict(zip(names_of(creator).tolist(), creator.kinds.tolist(), strict=True))
    assert set(kind_of.values()) == {0, 1, 2}
    turns = [{kind_of[task] for task in batch} for batch in proposed(creator, 24).tolist()]
    assert turns == 2 * (4 * [{0}] + 4 * [{1}] + 4 * [{2}])


@pytest.mark.parametrize(("law", "exponent"), [("power", 2.0), ("zipfian", 1.0)])
def test_chances_fall_with_the_rank(law: str, exponent: float) -> None:
    creator = schedule(law=law, exponent=2.0)
    drawn = proposed(creator, 400, 50).ravel()
    found = (drawn[:, None] == names_of(creator)).mean(0)
    expected = np.arange(1, len(found) + 1) ** -exponent
    expected /= expected.sum()
    error = np.sqrt(expected * (1 - expected) / len(drawn))
    assert (np.abs(found - expected) < 5 * error + 1e-9).all()


def test_a_burst_repeats_few_tasks_for_its_period_on_average() -> None:
    creator = schedule(law="bursty", burst=3, period=5)
    bursts = []
    for _ in range(1000):
        (batch,) = proposed(creator, 1, 4).tolist()
        held = frozenset(names_of(creator)[creator.burst].tolist())
        assert len(held) == 3 and set(batch) <= held
        bursts.append(held)
    changes = sum(one != two for one, two in zip(bursts, bursts[1:], strict=False))
    assert 150 < changes < 250  # 1000 / 5, standard deviation 13
    assert len(set(bursts)) > 100


@pytest.mark.parametrize("law", ["cyclical", "power", "zipfian", "bursty"])
def test_nothing_depends_on_what_members_do(law: str) -> None:
    told, untold = schedule(law=law, period=2), schedule(law=law, period=2)
    for _ in range(20):
        proposal = told.propose(8)
        np.testing.assert_array_equal(proposal.rows, untold.propose(8).rows)
        assert proposal.train.all()
        outcomes = Climber(SPACE, 9).play(proposal, 2)
        told.observe(replace(outcomes, returns=np.ones(16, np.float32)))
    assert told.metrics()["buffer_size"] > 0  # for the record


def test_a_task_is_new_when_it_comes_for_the_first_time() -> None:
    creator, known = schedule(law="zipfian"), set()
    for _ in range(10):
        proposal = creator.propose(8)
        tasks = identities("ladders", proposal.rows).tolist()
        assert proposal.how.tolist() == [REPLAYED if task in known else NEW for task in tasks]
        known.update(tasks)


def test_a_state_about_another_catalogue_is_refused() -> None:
    with pytest.raises(ValueError, match="the catalogue has 63"):
        schedule().load(schedule(tasks=20).state())
