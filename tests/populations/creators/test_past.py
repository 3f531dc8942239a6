"""What is possible on a task is guessed from what elders did there, and on the tasks most like it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from populations.creators.memory import DOUBT, Scale, blank
from populations.creators.past import LATEST, NEAREST, Past, around

SCALE = Scale(0.0, 2.0)  # a return of 2 is the best


def _line(n: int) -> np.ndarray:
    return np.linspace(0, 1, n, dtype=np.float32)[:, None]


def test_the_nearest_are_asked_and_those_of_more_episodes_count_more() -> None:
    returns, visits = np.zeros(NEAREST + 1), np.ones(NEAREST + 1, np.int64)
    returns[-1], returns[0], visits[0] = 1.0, 0.5, 9  # the last one is too far away
    guess = around(_line(NEAREST + 1)[:1], _line(NEAREST + 1), returns, visits)
    assert guess == pytest.approx([4.5 / (9 + NEAREST - 1)])


def _as_vectors(rows: np.ndarray) -> np.ndarray:
    return rows.astype(np.float32) / 100


def _lived(past: Past, *returns: float) -> None:
    """A generation that played one task after the other, each once, with these returns."""
    for row, earned in enumerate(returns):
        past.play(np.array([[row % 100]]), np.array([earned]), np.array([1]))
    past.close(_as_vectors)


def test_the_best_generation_is_asked() -> None:
    past = Past(1, 1)
    assert np.isnan(past.best(_line(2))).all()
    for returns in (0.5, 1.5, 1.0):
        _lived(past, returns)
    assert past.best(_line(2)).tolist() == [1.5, 1.5]
    again = Past(1, 1)
    again.load(past.state())
    assert again.best(_line(2)).tolist() == [1.5, 1.5]


def test_a_generation_is_known_by_what_it_played_last() -> None:
    past = Past(1, 1)
    _lived(past, *np.zeros(LATEST), *np.ones(LATEST))
    assert past.best(_line(5)).tolist() == [1.0] * 5
    assert len(past) == LATEST
    _lived(past)  # one that played nothing takes nothing away
    assert past.best(_line(5)).tolist() == [1.0] * 5


def test_what_elders_did_here_counts_by_its_episodes_beside_what_they_did_nearby() -> None:
    memory = replace(
        blank(4, SCALE),
        elder_visits=np.array([[2], [0], [2], [0]]),
        elder=np.array([[2.0], [0.0], [2.0], [0.0]]),
    )
    assert memory.elder_share[:, 0].tolist() == [1, 1, 1, 1]  # the best, or nothing known
    shares = replace(memory, known=np.array([1.0, 1.0, np.nan, np.nan])).elder_share[:, 0]
    assert shares == pytest.approx([(2 + DOUBT * 0.5) / (2 + DOUBT), 0.5, 1.0, 1.0])
