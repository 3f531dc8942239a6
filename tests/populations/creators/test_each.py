"""Creators side by side: each knows its own member's tasks, and a child takes its parent's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from populations.creators.creator import Creator, Outcomes, Proposal
from populations.creators.each import Each
from tests.populations.creators.ladders import LADDER, RUNG, Ladders, built

SPACE: Any = Ladders(ladders=4, rungs=8)
KINDS = ("plr", "eva")
MEMBERS, REPEATS = 3, 2


def one(kind: str, place: int) -> Any:
    return built(SPACE, 100 + place, name=kind, capacity=24, min_fill=0.25)


def several(kind: str) -> Each:
    return Each([one(kind, place) for place in range(MEMBERS)])


def played(proposal: Proposal) -> Outcomes:
    """What a task brings depends on its row alone."""
    task = np.repeat(np.arange(len(proposal.rows)), REPEATS).astype(np.int32)
    ladder, rung = proposal.rows[task][:, LADDER], proposal.rows[task][:, RUNG]
    returns = (rung / 8).astype(np.float32)
    signals = {name: (ladder + returns).astype(np.float32) for name in ("pvl", "l1", "value")}
    member, roster = np.zeros(len(task), np.int16), np.zeros(len(task), np.uint64)
    steps, train = rung.astype(np.int32), proposal.train[task]
    nobody = np.full(len(task), np.nan, np.float32)
    return Outcomes(
        *(proposal, task, np.zeros_like(member), member, roster, returns, returns, nobody, signals),
        *(steps, train),
    )


def live(creator: Creator, batches: int, tasks: int) -> Any:
    for _ in range(batches):
        creator.observe(played(creator.propose(tasks)))
    return creator


@pytest.mark.parametrize("kind", KINDS)
def test_each_creator_is_as_if_it_were_alone(kind: str) -> None:
    each = live(several(kind), 10, 8 * MEMBERS)
    rows = each.propose(8 * MEMBERS).rows
    for place, creator in enumerate(each.parts):
        alone = live(one(kind, place), 10, 8)
        np.testing.assert_array_equal(rows[place::MEMBERS], alone.propose(8).rows)
        assert save(creator.state()) == save(alone.state())
    assert len(each.rows()) == len(each.table()["task"]) == sum(len(c.rows()) for c in each.parts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_child_takes_tasks_and_settings_but_draws_by_itself(kind: str) -> None:
    each = live(several(kind), 10, 8 * MEMBERS)
    child, parent, other = each.parts
    values = {name: value / 1.25 for name, value in parent.tuned().items()}
    before = save(other.state())
    each.inherit(0, 1, values)
    np.testing.assert_array_equal(child.rows(), parent.rows())
    assert child.tuned() == values != parent.tuned()
    assert save(other.state()) == before
    assert (child.propose(8).rows != parent.propose(8).rows).any()


@pytest.mark.parametrize("kind", KINDS)
def test_saved_creators_go_on_bit_for_bit_with_their_settings(kind: str) -> None:
    each = live(several(kind), 10, 8 * MEMBERS)
    each.inherit(2, 0, {name: 0.125 for name in each.parts[0].tuned()})
    again = several(kind)
    again.load(load(save(each.state())))
    assert [c.tuned() for c in again.parts] == [c.tuned() for c in each.parts]
    assert save(live(each, 5, 24).state()) == save(live(again, 5, 24).state())
    with pytest.raises(ValueError, match="as many creators"):
        again.load(one(kind, 0).state())


def test_smaller_settings_change_what_is_drawn() -> None:
    greedy, even = (live(one("plr", 0), 10, 8) for _ in range(2))
    greedy.tune({"replay": 1.0, "staleness": 0.0, "temperature": 0.01})
    even.tune({"replay": 1.0, "staleness": 0.0, "temperature": 100.0})
    assert greedy.metrics()["effective_tasks"] < even.metrics()["effective_tasks"]


def test_tasks_that_do_not_share_out_are_refused() -> None:
    with pytest.raises(ValueError, match="8 tasks do not share out to 3 creators"):
        several("eva").propose(8)
