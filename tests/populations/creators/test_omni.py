"""OMNI plays what is interesting of what another creator would play."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from populations.creators.creator import HOW_NAMES, Proposal
from populations.creators.omni import Interest, Known, Reweight, Unmastered
from tests.populations.creators.ladders import LADDER, RUNG, Climber, Ladders, built

SPACE: Any = Ladders(ladders=4, rungs=8)


def reweighted(interest: Interest, candidates: int = 4, name: str = "uniform") -> Reweight:
    inner = built(SPACE, 5, name=name, score="learning_progress", capacity=64, min_fill=0.2)
    return Reweight(9, inner, interest, candidates)


def first_ladder(rows: np.ndarray, known: Known) -> np.ndarray:
    return np.where(rows[:, LADDER] == 0, 1.0, 0.0)


def test_tasks_are_kept_by_their_interest() -> None:
    for weight, expected in ((0.0, 0.0), (1.0, 0.25), (3.0, 0.5)):

        def interest(rows: np.ndarray, known: Known, weight: float = weight) -> np.ndarray:
            return np.where(rows[:, LADDER] == 0, weight, 1.0)

        rows = reweighted(interest, candidates=16).propose(2000).rows
        assert abs((rows[:, LADDER] == 0).mean() - expected) < 0.04


def test_interest_is_asked_about_every_candidate_and_told_what_is_known() -> None:
    asked: list[tuple[np.ndarray, Known]] = []

    def interest(rows: np.ndarray, known: Known) -> np.ndarray:
        asked.append((rows, known))
        return np.ones(len(rows))

    one, climber = reweighted(interest, candidates=3), Climber(SPACE, 9)
    one.observe(climber.play(one.propose(8), 2))
    one.propose(8)
    assert [len(rows) for rows, _ in asked] == [24, 24]
    assert len(asked[0][1].rows) == 0
    np.testing.assert_array_equal(asked[1][1].rows, one.rows())
    np.testing.assert_array_equal(asked[1][1].shares, one.table()["solved"])


def test_a_kept_task_keeps_its_columns_and_its_order() -> None:
    one, climber = reweighted(first_ladder, name="eva"), Climber(SPACE, 9)
    inner: list[Proposal] = []
    propose = one.parts[0].propose
    one.parts[0].propose = lambda n: inner.append(propose(n)) or inner[-1]  # type: ignore
    for _ in range(12):
        kept = one.propose(8)
        columns = zip(inner[-1].rows.tolist(), inner[-1].how, inner[-1].parents, strict=True)
        places = [(tuple(row), how, parent) for row, how, parent in columns]
        found = list(zip(map(tuple, kept.rows.tolist()), kept.how, kept.parents, strict=True))
        assert set(found) <= set(places)
        order = {"evolved": 0, "replayed": 1, "new": 2}
        names = [order[HOW_NAMES[how]] for how in kept.how]
        assert names == sorted(names)
        one.observe(climber.play(kept, 1))


def test_metrics_count_what_was_kept() -> None:
    one, climber = reweighted(first_ladder, name="plr"), Climber(SPACE, 9)
    how: list[int] = []
    for _ in range(12):
        proposal = one.propose(8)
        how.extend(proposal.how.tolist())
        one.observe(climber.play(proposal, 1))
    shares = np.bincount(how, minlength=3) / len(how)
    found = [one.metrics()[f"share_{name}"] for name in HOW_NAMES]
    np.testing.assert_allclose(found, shares)


def test_mastered_tasks_and_what_is_like_them_are_boring_unless_known_to_be_hard() -> None:
    # A rung is 1/7 of an axis, the diagonal the root of 3: a radius of 0.1 is 1.2 rungs.
    interest = Unmastered(SPACE, mastered=0.75, radius=0.1, boring=0.001)
    known = Known(np.array([[0, 3, 0], [0, 4, 0], [2, 7, 0]], np.int16), np.array([0.8, 0.7, 0.75]))
    asked = {
        (0, 3, 0): 0.001,  # mastered
        (0, 2, 0): 0.001,  # like it
        (0, 4, 0): 1.0,  # like it too, but known to be hard
        (0, 5, 0): 1.0,  # too far away
        (1, 3, 0): 1.0,  # another ladder
        (2, 7, 0): 0.001,  # just mastered
    }
    weights = interest(np.array(list(asked), np.int16), known)
    assert weights.tolist() == list(asked.values())
    nothing = Known(known.rows[:0], known.shares[:0])
    assert interest(known.rows, nothing).tolist() == [1, 1, 1]


def test_what_is_mastered_is_left_alone() -> None:
    one = built(SPACE, 5, name="omni", edits=0, score="learning_progress", capacity=64)
    climber = Climber(SPACE, 9)
    climber.logits[0] = 9 * np.eye(4)[climber.right[0]] * (np.arange(8) < 4)[:, None]
    for _ in range(40):
        one.observe(climber.play(one.propose(16), 2))
    late = np.concatenate([one.propose(16).rows for _ in range(20)])
    mastered = (late[:, RUNG] <= 4) & (late[:, 2] == 0)
    assert mastered.mean() < 0.1  # a quarter of the space


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (np.ones(3), "give each of 16 tasks a weight"),
        (np.zeros(16), "not 0 for all"),
        (np.full(16, np.nan), "finite"),
        (np.full(16, -1.0), "0 or more"),
    ],
)
def test_odd_interest_is_refused(weights: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        reweighted(lambda rows, known: weights).propose(4)


def test_without_candidates_there_is_nothing_to_choose_from() -> None:
    with pytest.raises(ValueError, match="candidates is 0"):
        reweighted(first_ladder, candidates=0)
