"""Keys and words: no two field lists share a key, words are even and equal everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worlds import rng, rng_reference

FIELDS = st.lists(st.one_of(st.integers(), st.text(max_size=8)), max_size=4)


@given(FIELDS, FIELDS)
def test_different_fields_have_different_keys(one: list, other: list) -> None:
    assert (rng.key(*one) == rng.key(*other)) == (one == other)


def test_keys_never_change() -> None:
    assert rng.key("experiment", 3, "sample") == 0xF36F2E991AD7B5E7  # golden
    assert rng.key() != rng.key("") != rng.key(0)


def test_keys_take_numbers_of_numpy_and_refuse_floats_and_booleans() -> None:
    assert rng.key(np.int16(3)) == rng.key(3)
    for field in (1.0, True, None, b"a"):
        with pytest.raises(TypeError, match="key is made of"):
            rng.key(field)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 2))
@settings(max_examples=50)
def test_words_equal_the_plain_formula(key: int, counter: int) -> None:
    word = rng.words(key, np.array([counter], np.uint64))
    assert word.dtype == np.uint64
    assert int(word[0]) == rng_reference.word(key, counter)


def test_words_depend_on_each_counter_alone() -> None:
    whole = rng.words(9, np.arange(100).reshape(10, 10))
    assert whole.shape == (10, 10)
    assert (rng.words(9, np.array([[57]])) == whole[5, 7]).all()


@pytest.mark.parametrize("n", [2, 3, 7, 100])
def test_draws_below_n_are_even(n: int) -> None:
    draws = rng.below(rng.words(rng.key("even", n), np.arange(100_000)), n)
    counts = np.bincount(draws, minlength=n)
    chi_square = ((counts - 100_000 / n) ** 2 / (100_000 / n)).sum()
    # Mean n - 1, variance 2 (n - 1); four standard deviations.
    assert chi_square < (n - 1) + 4 * np.sqrt(2 * (n - 1))


def test_neighbouring_keys_and_counters_share_half_their_bits() -> None:
    words = rng.words(5, np.arange(2000))
    for other in (rng.words(5, np.arange(1, 2001)), rng.words(4, np.arange(2000))):
        bits = np.unpackbits((words ^ other).view(np.uint8))
        assert abs(bits.mean() - 0.5) < 0.01


def test_below_refuses_what_it_cannot_draw() -> None:
    for n in (0, 2**31 + 1):
        with pytest.raises(ValueError, match="allowed are 1.."):
            rng.below(np.zeros(1, np.uint64), n)


def test_seeds_fit_63_bits() -> None:
    assert 0 <= rng.seed(2**64 - 1) < 2**63
