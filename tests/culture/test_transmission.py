"""Whom the young see, and when."""

from __future__ import annotations

import numpy as np
import pytest

from configs.load import load
from culture.transmission import (
    lesson_of,
    visibility_over_life,
    visibility_over_trials,
)
from populations.member import Member
from populations.rollout import NOBODY, NOISE, ORACLE


def _member(name: str) -> Member:
    return Member(name, *(np.zeros(1, np.float32) for _ in range(3)))


MIXED = (
    "population.roster=mixture",
    *(f"mixture.{name}=0" for name in ("previous", "population", "self_play")),
)
ELDERS = [_member("best"), _member("second"), _member("third")]


def test_elders_fade_from_birth_to_the_end_of_a_lifetime() -> None:
    culture = load(None).culture
    chances = [visibility_over_life(culture, progress, 1)[0] for progress in (0.0, 0.25, 0.5, 1.0)]
    assert chances == [1.0, 0.75, 0.5, 0.0]


def test_elders_fade_over_the_trials_of_an_episode_and_are_never_seen_in_the_last() -> None:
    culture = load(None).culture
    assert visibility_over_trials(culture, 4) == pytest.approx([1, 2 / 3, 1 / 3, 0])


def test_the_best_elders_are_shown_in_turn() -> None:
    lesson = lesson_of(ELDERS, load(None, ["culture.elders=2"]))
    assert lesson.names == ("best", "second")
    assert lesson.roster(4, 2).tolist() == [[0, 1], [0, 2], [0, 1], [0, 2]]


@pytest.mark.parametrize("roster", ["previous", "league"])
def test_other_rosters_show_every_member_of_earlier_generations(roster: str) -> None:
    lesson = lesson_of(ELDERS, load(None, [f"population.roster={roster}"]))
    assert lesson.names == ("best", "second", "third")


@pytest.mark.parametrize(
    ("first", "seat"), [("noise", NOISE), ("alone", NOBODY), ("oracle", ORACLE)]
)
def test_the_first_generation_sees_what_the_settings_say(first: str, seat: int) -> None:
    lesson = lesson_of([], load(None, [f"culture.first_generation={first}"]))
    assert set(lesson.roster(3, 2)[:, 1].tolist()) == {seat}
    assert lesson.scripted == seat and not lesson.elders
    assert lesson.alone == (seat == NOBODY)


@pytest.mark.parametrize("roster", ["population", "self_play", "fictitious", "noop"])
def test_no_elder_is_shown_where_the_roster_names_none(roster: str) -> None:
    assert lesson_of(ELDERS, load(None, [f"population.roster={roster}"])).names == ()


def test_bots_are_who_is_watched_whatever_the_first_generation_sees() -> None:
    assert lesson_of(ELDERS, load(None, ["population.roster=noop"])).alone
    bots = [*MIXED, "mixture.random=0.5", "mixture.noop=0.5"]
    assert not lesson_of([], load(None, bots)).alone
    for roster, name in (("random", "noise"), ("oracle", "oracle")):
        lesson = lesson_of(ELDERS, load(None, [f"population.roster={roster}"]))
        assert lesson.names == (name,)


def test_a_mixture_names_its_rules_and_shows_the_elders_they_need() -> None:
    mixed = ["population.roster=mixture"]
    lesson = lesson_of(ELDERS, load(None, mixed))
    assert lesson.rule == {"previous": 0.2, "population": 0.5, "self_play": 0.25, "random": 0.05}
    assert len(lesson.elders) == 3
    elders = [*mixed, "mixture.elders=1", "culture.elders=2"]
    assert lesson_of(ELDERS, load(None, [*elders, "mixture.previous=0"])).names == (
        "best",
        "second",
    )
    both = lesson_of(ELDERS, load(None, elders))
    assert len(both.elders) == 3 and both.best == 2
