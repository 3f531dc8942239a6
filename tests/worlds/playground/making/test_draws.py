"""Draws: even, weighted as asked, and dependent on their key alone."""

import numpy as np
import pytest

from worlds import rng
from worlds.playground.making.draws import Draws


def test_draws_are_the_words_of_their_key_in_order() -> None:
    draws = Draws(7)
    found = [draws.below(1000) for _ in range(200)]
    assert found == rng.below(rng.words(7, np.arange(200)), 1000).tolist()
    assert found != [Draws(8).below(1000) for _ in range(200)]


def test_every_number_and_thing_is_drawn_as_often_as_the_others() -> None:
    draws = Draws(1)
    for counts in (
        np.bincount([draws.between(3, 7) - 3 for _ in range(5000)]),
        np.bincount([draws.one([0, 1, 2, 3, 4]) for _ in range(5000)]),
        np.bincount([draws.some([0, 1, 2, 3, 4], 3)[2] for _ in range(5000)]),
    ):
        # Five standard deviations of a binomial count.
        assert len(counts) == 5 and (abs(counts - 1000) < 5 * np.sqrt(800)).all()


def test_some_things_are_different_ones() -> None:
    draws = Draws(2)
    for _ in range(50):
        assert len(set(draws.some(range(6), 4))) == 4
    assert sorted(draws.some(range(6), 6)) == list(range(6))


def test_weights_say_how_often() -> None:
    draws = Draws(3)
    counts = np.bincount([draws.weighted((0, 3, 0, 1)) for _ in range(4000)], minlength=4)
    assert counts[0] == counts[2] == 0 and abs(counts[1] - 3000) < 5 * np.sqrt(750)
    assert sum(draws.chance(30) for _ in range(4000)) / 4000 == pytest.approx(0.3, abs=0.04)
    assert not any(draws.chance(0) for _ in range(100))
    assert all(draws.chance(100) for _ in range(100))
    with pytest.raises(ValueError, match="weights are"):
        draws.weighted((0, 0))


def test_keys_of_draws_differ() -> None:
    draws = Draws(4)
    assert len({draws.key() for _ in range(100)}) == 100
