"""Company: the cast of an iteration, where it sits, and what a creator can ask for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from configs.schema import Mixture
from culture.company import Company, gather
from culture.transmission import Lesson
from populations.creators.creator import NO_CHOICE
from populations.league import Records
from populations.member import Member
from populations.rollout import NOISE, ORACLE

WORLDS = 128


def _members(*names: str) -> tuple[Member, ...]:
    return tuple(Member(name, *(np.zeros(1, np.float32) for _ in range(3))) for name in names)


YOUNG, ELDERS = _members("ada", "bo"), _members("eve", "flo", "gil")
SELVES = [list(_members("ada@1", "ada@2")), list(_members("bo@1"))]
MIXED = {"population": 0.5, "self_play": 0.25, "previous": 0.25}


def _company(rule: Any, records: Records | None = None, agents: int = 2, **more: Any) -> Company:
    lesson = Lesson(elders=ELDERS, rule=rule, best=2, **more)
    return gather(7, lesson, YOUNG, SELVES, records or Records(), WORLDS, agents)


def _beside(company: Company, learner: int) -> set[str]:
    entries = np.unique(company.seats[learner, :, 1:])
    return {"noise" if entry == NOISE else company.names[entry] for entry in entries}


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("self_play", {"ada"}),
        ("population", {"bo"}),
        ("previous", {"eve", "flo", "gil"}),
        ("elders", {"eve", "flo"}),
        ("league", {"bo", "eve", "flo", "gil"}),
        ("fictitious", {"noise", "ada@1", "ada@2"}),
        (MIXED, {"ada", "bo", "eve", "flo", "gil"}),
    ],
)
def test_each_rule_seats_whom_it_names(rule: Any, named: set[str]) -> None:
    company = _company(rule, agents=5)
    assert _beside(company, 0) <= named and len(_beside(company, 0)) >= min(len(named), 3)
    assert (company.seats[:, :, 0] == [[0], [1]]).all()


def test_nobody_learns_from_a_league_beside_peers() -> None:
    company = _company("league", agents=5)
    learning = (company.seats[:, :, 1:] >= 0) & (company.seats[:, :, 1:] < len(YOUNG))
    assert not learning.any()
    assert company.cast[2].weights is YOUNG[0].weights  # so that it travels once


def test_a_league_follows_its_records() -> None:
    records, names = Records(), [member.name for member in (*YOUNG, *ELDERS)]
    rosters = np.array([[[0, 1], [0, 2], [0, 3], [0, 4]]] * 200, np.int16).reshape(1, -1, 2)
    returns = np.stack([np.ones(800), np.tile([0, 0, 2, 0], 200)], 1)[None]  # flo wins
    records.observe(names, rosters, returns)
    seats = _company("league", records, agents=8).seats[0, :, 1:]
    assert (seats == 2 * len(YOUNG) + 1).mean() > 0.9
    even = _company("league", records, agents=8, league="uniform").seats[0, :, 1:]
    assert (even == 2 * len(YOUNG) + 1).mean() < 0.6


def test_elders_and_oracles_know_better() -> None:
    assert _company("previous").knowing.all()
    assert not _company("population").knowing.any()
    assert not _company("fictitious").knowing.any()
    seats = np.array([[[0, 1, 4, ORACLE, NOISE]]], np.int16)
    told = Company((*YOUNG, *ELDERS), 2, range(2, 5), seats).knowing
    assert told.tolist() == [[[False, True, True, False]]]


def test_a_creator_gets_the_company_it_asks_for_where_nobody_beside_learns() -> None:
    company, all_there = _company(MIXED), _company("previous")
    gil = company.names.index("gil")
    digests = zip(all_there.seats[0, :, 1].tolist(), all_there.beside[0].tolist(), strict=True)
    digest = dict(digests)
    wanted = np.full(company.seats.shape[:2], digest[gil], np.uint64)
    wanted[1] = NO_CHOICE
    granted = company.granted(wanted)
    free = company.seats[0, :, 1] >= len(YOUNG)
    assert 0 < free.sum() < WORLDS
    assert (granted.seats[0, free, 1] == gil).all()
    assert (granted.seats[0, ~free] == company.seats[0, ~free]).all()
    assert (granted.seats[1] == company.seats[1]).all()
    assert (granted.beside[0, free] == digest[gil]).all()


def test_company_that_left_or_learns_is_not_granted() -> None:
    company = _company("previous")
    ones = np.ones(company.seats.shape[:2], np.uint64)
    for digest in (12345, _company("population").beside[0, 0], _company("self_play").beside[0, 0]):
        assert (company.granted(ones * digest).seats == company.seats).all()


def test_the_rules_of_a_mixture_are_all_there_are() -> None:
    assert all(_company(name).seats.shape == (2, WORLDS, 2) for name in vars(Mixture()))
