"""Tasks that are seeds: drawn by key, never held out, read and written as one number."""

import numpy as np
import pytest

from worlds.family import TaskError
from worlds.seeds import SeedSpace, seeds

SPACE = SeedSpace("tests/chase-v0", 9)


def test_draws_depend_on_key_and_place_alone_and_are_never_held_out() -> None:
    rows = SPACE.sample(1, 400)
    assert np.array_equal(rows[:7], SPACE.sample(1, 7))
    assert not np.array_equal(rows[:7], SPACE.sample(2, 7))
    assert not SPACE.held_out(rows).any() and len(set(seeds(rows))) == 400
    assert seeds(rows).min() >= 0 and seeds(rows).max() < 2**30


def test_the_suite_is_held_out() -> None:
    assert SPACE.held_out(SPACE.suite("heldout", 50)).all()
    with pytest.raises(ValueError, match="unknown suite 'probes', known is heldout"):
        SPACE.suite("probes", 1)


def test_mutants_differ_from_their_parents_and_are_not_held_out() -> None:
    rows = SPACE.sample(3, 100)
    mutants = SPACE.mutate(rows, 3, edits=2)
    assert (mutants != rows).any(1).all() and not SPACE.held_out(mutants).any()
    same_key = SPACE.mutate(SPACE.sample(3, 200)[::2], 3)  # the first draw is the parent itself
    assert (same_key != SPACE.sample(3, 200)[::2]).any(1).all()
    with pytest.raises(ValueError, match="edits is 0"):
        SPACE.mutate(rows, 3, edits=0)


def test_a_vector_leads_back_to_its_seed() -> None:
    rows = SPACE.sample(4, 50)
    vectors = SPACE.vector(rows)
    assert vectors.shape == (50, 2) and (vectors >= 0).all() and (vectors <= 1).all()
    assert np.array_equal(SPACE.from_vector(vectors, 0), rows)
    held = SPACE.from_vector(SPACE.vector(SPACE.suite("heldout", 20)), 5)
    assert not SPACE.held_out(held).any()
    assert SPACE.problems(SPACE.from_vector(np.ones((1, 2)), 0)[0]) == []


def test_a_task_is_told_by_its_seed() -> None:
    row = SPACE.from_json({"seed": 123456})
    assert SPACE.to_json(row) == {"seed": 123456}
    assert SPACE.describe(row) == "tests/chase-v0 from seed 123456, at most 9 steps."
    assert SPACE.problems(row) == []
    assert "allowed are 0..32767" in SPACE.problems(np.array([-1, 0], np.int16))[0]
    assert "allowed is int16 (2,)" in SPACE.problems(np.zeros(3, np.int16))[0]
    for wrong in ({}, {"seed": -1}, {"seed": 2**30}, {"seed": True}, [1]):
        with pytest.raises(TaskError):
            SPACE.from_json(wrong)
