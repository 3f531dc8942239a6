"""Proposals are refused with the reason unless they can be played; what the space made is not asked again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

import worlds
from populations.creators import vouched
from populations.creators.creator import NEW, REPLAYED, Proposal
from populations.creators.vouched import Vouched
from tests.populations.creators.ladders import RUNG, Ladders, built

N = 4


class Broken:
    """A creator of somebody's own."""


@dataclass(frozen=True)
class Counting(Ladders):
    """Ladders that notes which rows were examined, and may hold out a ladder."""

    held: int = -1
    asked: list[list[int]] = field(default_factory=list)

    def problems(self, row: np.ndarray) -> list[str]:
        self.asked.append(row.tolist())
        return super().problems(row)

    def held_out(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, 0] == self.held


def _space(held: int = -1) -> Any:
    return Vouched("ladders", Counting(held=held))  # type: ignore[arg-type]


def _proposal(rows: np.ndarray) -> Proposal:
    n = len(rows)
    return Proposal(
        rows,
        np.full(n, NEW, np.uint8),
        np.zeros(n, np.uint64),
        np.ones(n, bool),
        np.zeros(n, np.uint64),
    )


OWN = np.array([[0, 1, 0], [1, 2, 0], [3, 3, 1], [4, 4, 0]], np.int16)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rows": OWN[:3]}, r"rows of int16 \[3, 3\], allowed is int16 \[4, 3\]"),
        ({"rows": OWN[:, :2]}, r"rows of int16 \[4, 2\], allowed is int16 \[4, 3\]"),
        ({"rows": OWN.astype(float)}, r"rows of float64 \[4, 3\], allowed is int16"),
        ({"rows": OWN.tolist()}, r"rows of list \[4, 3\], allowed is int16"),
        ({"how": np.full(N, 3, np.uint8)}, "how up to 3, allowed are 0 to 2: new, replayed"),
        ({"parents": np.zeros(N)}, r"parents of float64 \[4\], allowed is uint64"),
        ({"train": np.ones(N - 1, bool)}, r"train of bool \[3\], allowed is bool \[4\]"),
        ({"company": np.zeros(N, np.int64)}, r"company of int64 \[4\], allowed is uint64"),
    ],
)
def test_malformed_proposals_are_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=f"creator Broken proposed {told}"):
        _space().check(Broken(), replace(_proposal(OWN), **change), N)


def test_an_impossible_task_is_refused_with_row_and_reason() -> None:
    rows = OWN.copy()
    rows[2, RUNG] = 99
    told = (
        r"creator Broken .* impossible task in row 2: rung is 99, allowed 1 to 12; .*\[3, 99, 1\]"
    )
    with pytest.raises(ValueError, match=told):
        _space().check(Broken(), _proposal(rows), N)


def test_a_held_out_task_is_refused_in_words() -> None:
    rows = OWN.copy()
    rows[1, 0] = 2
    with pytest.raises(ValueError, match="Broken .* held-out task in row 1: rung 2 of ladder 2"):
        _space(held=2).check(Broken(), _proposal(rows), N)


def test_only_what_the_space_did_not_make_is_examined_and_that_once() -> None:
    space = _space()
    space.check(Broken(), _proposal(space.sample(1, 64)), 64)
    space.check(Broken(), _proposal(space.mutate(OWN, 2)), N)
    space.check(Broken(), _proposal(space.from_vector(np.zeros((N, 3)), 3)), N)
    assert not space.asked
    fresh = np.array([[7, 12, 1], [7, 11, 1], [7, 10, 1], [7, 9, 1]], np.int16)
    known = space.sample(1, 64).tolist()
    unknown = [row for row in fresh.tolist() if row not in known]
    for _ in range(2):
        proposal = _proposal(fresh)
        space.check(Broken(), replace(proposal, how=np.full(N, REPLAYED, np.uint8)), N)
    assert unknown and space.asked == unknown


def test_what_the_space_made_counts_as_not_held_out_and_all_else_is_asked() -> None:
    space = _space(held=2)
    made = space.sample(1, 64)  # breaks its promise, which is for the tests of a family to find
    other = np.array([[2, 12, 1], [2, 11, 1], [3, 12, 1]], np.int16)
    other = other[[row not in made.tolist() for row in other.tolist()]]
    assert len(other) and not space.held_out(made).any()
    assert space.held_out(other).tolist() == (other[:, 0] == 2).tolist()


def test_what_was_forgotten_is_examined_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vouched, "REMEMBERED", 2)
    space = _space()
    for _ in range(2):
        space.check(Broken(), _proposal(OWN), N)
    assert space.asked == [*OWN.tolist(), *OWN[:2].tolist()]


def test_our_own_creators_are_asked_nothing() -> None:
    space = _space()
    creator = built(space, 1, name="plr", min_fill=0.0, capacity=64)
    for _ in range(4):
        space.check(creator, creator.propose(16), 16)
    assert not space.asked


def test_an_impossible_task_of_the_playground_is_told_in_its_own_words() -> None:
    family = worlds.make("playground", height=8, width=8)
    space = Vouched(family.name, family.space)
    rows = family.space.sample(3, 1)
    rows[0, 0] = 77
    with pytest.raises(ValueError, match="Broken proposed an impossible task in row 0: .*77"):
        space.check(Broken(), _proposal(rows), 1)


def test_a_task_is_turned_to_a_vector_once_and_the_vector_is_the_space_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vouched, "POINTS", 6)
    plain, asked = Ladders(), []

    class Noting(Ladders):
        def vector(self, rows: np.ndarray) -> np.ndarray:
            asked.append(len(rows))
            return super().vector(rows)

    space: Any = Vouched("ladders", Noting())  # type: ignore[arg-type]
    rows = plain.sample(1, 8)
    for part, new in ((rows[:4], 4), (rows[[0, 3, 3, 1]], 0), (rows[2:8], 4), (rows[:0], 0)):
        before = sum(asked)
        np.testing.assert_array_equal(space.vector(part), plain.vector(part))
        assert sum(asked) - before == new
    space.vector(rows[:2])  # the oldest, forgotten when more than POINTS were known
    assert sum(asked) == 10
