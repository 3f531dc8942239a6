"""Whom the young see, and when."""

from __future__ import annotations

import numpy as np
import pytest

from configs.load import load
from culture.transmission import (
    ALONE,
    Lesson,
    lesson_of,
    visibility_over_life,
    visibility_over_trials,
)
from populations.member import Member
from populations.rollout import NOBODY, NOISE, ORACLE


def _member(name: str) -> Member:
    return Member(name, *(np.zeros(1, np.float32) for _ in range(3)))


ELDERS = [_member("best"), _member("second"), _member("third")]


def test_elders_fade_from_birth_to_the_end_of_a_lifetime() -> None:
    culture = load(None).culture
    chances = [visibility_over_life(culture, progress, 1)[0] for progress in (0.0, 0.25, 0.5, 1.0)]
    assert chances == [1.0, 0.75, 0.5, 0.0]


def test_elders_fade_over_the_trials_of_an_episode_and_are_never_seen_in_the_last() -> None:
    culture = load(None).culture
    assert visibility_over_trials(culture, 4) == pytest.approx([1, 2 / 3, 1 / 3, 0])


def test_the_best_elders_are_shown_in_turn() -> None:
    settings = load(None, ["culture.elders=2"])
    lesson = lesson_of(1, ELDERS, settings)
    assert lesson.names == ("best", "second")
    assert lesson.roster(4, 2).tolist() == [[0, 1], [0, 2], [0, 1], [0, 2]]
    seats = lesson.seats(
        1, 2, 4, 2
    )  # two learners, then the elders: blocks in turn, alike for both
    assert seats[:, :, 0].tolist() == [[0] * 4, [1] * 4]
    assert sorted(seats[0, :, 1].tolist()) == [2, 2, 3, 3]
    assert seats[0, :, 1].tolist() == seats[1, :, 1].tolist()


def test_previous_shows_every_member_of_the_generation_before() -> None:
    lesson = lesson_of(1, ELDERS, load(None, ["population.roster=previous"]))
    assert lesson.names == ("best", "second", "third")


@pytest.mark.parametrize(
    ("first", "seat"), [("noise", NOISE), ("alone", NOBODY), ("oracle", ORACLE)]
)
def test_the_first_generation_sees_what_the_settings_say(first: str, seat: int) -> None:
    lesson = lesson_of(0, [], load(None, [f"culture.first_generation={first}"]))
    assert set(lesson.roster(3, 2)[:, 1].tolist()) == {seat}
    assert set(lesson.seats(1, 2, 3, 2)[:, :, 1].reshape(-1).tolist()) == {seat}
    assert lesson.alone == (seat == NOBODY)


def test_self_play_seats_the_learner_everywhere_and_population_seats_the_others() -> None:
    alone = lesson_of(2, ELDERS, load(None, ["population.roster=self_play"]))
    assert alone.roster(2, 2).tolist() == [[0, 0], [0, 0]]
    assert alone.seats(1, 3, 2, 2).tolist() == [[[one, one]] * 2 for one in range(3)]
    together = lesson_of(2, ELDERS, load(None, ["population.roster=population"]))
    seats = together.seats(1, 3, 4, 2)
    assert (seats[:, :, 0] != seats[:, :, 1]).all()
    counts = np.bincount(seats[:, :, 1].reshape(-1))
    assert counts.tolist() == [4, 4, 4]  # as often beside others as others beside it


def test_imitation_fades_out_and_needs_an_elder() -> None:
    culture = load(None, ["culture.distil=2", "culture.distil_until=0.5"]).culture
    lesson = Lesson(elders=tuple(ELDERS))
    assert [lesson.imitation(culture, progress) for progress in (0.0, 0.25, 0.5, 1.0)] == [
        2.0,
        1.0,
        0.0,
        0.0,
    ]
    assert ALONE.imitation(culture, 0.0) == 0.0
