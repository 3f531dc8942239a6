"""Who was shown to whom is counted world by world, and only those who know better count."""

from __future__ import annotations

import json

import numpy as np

from culture.company import Company
from culture.handed import Handed, in_context
from populations.member import Member
from populations.rollout import NOBODY, NOISE, ORACLE


def _company(*seats: tuple[int, ...]) -> Company:
    """One learner beside elders `old` (entry 1) and `older` (entry 2)."""
    names = ("young", "old", "older")
    members = tuple(Member(name, *(np.zeros(1, np.float32) for _ in range(3))) for name in names)
    return Company(members, 1, range(1, 3), np.array([seats], np.int16))


def _told(handed: Handed) -> dict[tuple[str, str], dict[str, float]]:
    return {
        (row["member"], *row["demonstrators"]): json.loads(row["changes"]) for row in handed.rows(3)
    }


def test_steps_are_those_of_the_young_beside_each_elder() -> None:
    handed = Handed()
    company = _company((0, 1), (0, 2), (0, 1), (0, ORACLE), (0, NOISE), (0, NOBODY), (0, 0))
    handed.watch(company, 0, 1.0, np.array([10, 20, 30, 40, 50, 60, 70]))
    handed.watch(company, 0, 0.5, np.array([40, 0, 40, 0, 0, 0, 0]))
    found = _told(handed)
    assert set(found) == {("young", "old"), ("young", "older"), ("young", "oracle")}
    assert found["young", "old"] == {"steps": 120, "seen": (40 + 40) / 120}
    assert found["young", "older"] == {"steps": 20, "seen": 1.0}


def test_two_seats_of_the_same_elder_are_one_company() -> None:
    handed = Handed()
    handed.watch(_company((0, 1, 1), (0, 1, 2)), 0, 1.0, np.array([10, 20]))
    assert _told(handed)["young", "old"]["steps"] == 30


def test_those_who_never_lived_beside_anybody_are_not_told() -> None:
    assert not list(Handed().rows(0))
    handed = Handed()
    handed.watch(_company((0, 1)), 0, 1.0, np.array([0]))
    assert not list(handed.rows(0))


def test_in_context_each_is_told_on_how_many_tasks_whose_memory_was_shown() -> None:
    owners = np.array([[NOBODY, 0], [0, 1], [1, 0], [NOBODY, 0]])
    rows = list(in_context(2, ["a", "b"], owners))
    told = [(row["member"], *row["demonstrators"], json.loads(row["changes"])) for row in rows]
    assert told == [
        (young, elder, {"tasks": share})
        for young in ("a", "b")
        for elder, share in (("a", 1.0), ("b", 0.5))
    ]
