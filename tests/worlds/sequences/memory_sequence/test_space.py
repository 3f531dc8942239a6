"""Tasks of Memory Sequence: whatever is drawn, edited or decoded is valid and never held out."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worlds import make
from worlds.family import TaskError
from worlds.sequences.memory_sequence.columns import DIGITS

FAMILIES = [
    make("memory_sequence"),
    make("memory_sequence", digits=10, length=5, trials=1),
    make("memory_sequence", digits=2, length=64, trials=32),
    make("memory_sequence", digits=10, trials=1, sequence_key=3),
]
KEYS = st.integers(0, 2**64 - 1)
SPACES = st.sampled_from([family.space for family in FAMILIES])
DRAWN = st.sampled_from([family.space for family in FAMILIES[:3]])
FEW = settings(max_examples=25, deadline=None, derandomize=True)


def _all_good(space: Any, rows: np.ndarray) -> None:
    assert rows.dtype == np.int16
    assert rows.shape[1:] == (space.width,)
    assert not space.held_out(rows).any()
    assert [space.problems(row) for row in rows] == [[]] * len(rows)


@FEW
@given(SPACES, KEYS, st.integers(0, 20))
def test_samples_are_valid_never_held_out_and_do_not_depend_on_their_number(
    space: Any, key: int, n: int
) -> None:
    rows = space.sample(key, n)
    _all_good(space, rows)
    assert (space.sample(key, n + 3)[:n] == rows).all()


@FEW
@given(DRAWN, KEYS, KEYS, st.integers(1, 5))
def test_mutants_are_valid_unlike_their_parents_by_a_few_digits_and_never_held_out(
    space: Any, key: int, other: int, edits: int
) -> None:
    rows = space.sample(key, 8)
    before = rows.copy()
    mutants = space.mutate(rows, other, edits)
    _all_good(space, mutants)
    changed = (mutants != rows).sum(axis=1)
    assert (changed >= 1).all() and (changed <= edits).all()
    assert (rows == before).all()
    assert (space.mutate(rows[:3], other, edits) == mutants[:3]).all()


@FEW
@given(SPACES, KEYS, KEYS)
def test_vectors_lead_back_to_their_tasks(space: Any, key: int, other: int) -> None:
    rows = space.sample(key, 8)
    vectors = space.vector(rows)
    assert vectors.shape == (8, space.dim) and vectors.dtype == np.float32
    assert (vectors >= 0).all() and (vectors <= 1).all()
    assert (space.from_vector(vectors, other) == rows).all()


@FEW
@given(SPACES, KEYS, st.data())
def test_any_point_is_a_valid_task(space: Any, key: int, data: st.DataObject) -> None:
    numbers = st.one_of(st.floats(0, 1, width=32), st.floats(width=32))
    points = data.draw(st.lists(numbers, min_size=space.dim, max_size=space.dim))
    _all_good(space, space.from_vector(np.array(points)[None], key))


def test_json_leads_back_to_the_row() -> None:
    for family in FAMILIES:
        row = family.space.sample(1, 1)[0]
        written = json.loads(json.dumps(family.space.to_json(row)))
        assert (family.space.from_json(written) == row).all()


BAD = [
    ("trials", 3, r"^trials is 3, allowed is 4"),
    ("trials", True, r"^trials is True, allowed are whole numbers"),
    ("digits", [0] * 23, r"^digits is \[0.*, allowed is a list of 24"),
    ("digits", [0] * 23 + [3], r"^digits\[23\] is 3, allowed are whole numbers 0..2"),
    ("digits", [0.5] * 24, r"^digits\[0\] is 0.5, allowed are whole numbers"),
    ("digits", ["\x1b[2J"] * 24, r"^digits\[0\] is "),
    ("colour", 1, r"^task is 'colour', allowed are the fields trials, digits"),
]


@pytest.mark.parametrize(("field", "value", "text"), BAD)
def test_a_bad_field_is_named_with_what_was_found_and_what_is_allowed(
    field: str, value: Any, text: str
) -> None:
    space = FAMILIES[0].space
    task = space.to_json(space.sample(3, 1)[0]) | {field: value}
    with pytest.raises(TaskError, match=text) as problem:
        space.from_json(task)
    assert str(problem.value).isprintable()


def test_missing_fields_and_what_is_no_task_are_refused() -> None:
    space = FAMILIES[0].space
    with pytest.raises(TaskError, match="^digits is None, .*missing"):
        space.from_json({"trials": 4})
    with pytest.raises(TaskError, match="^task is "):
        space.from_json([])
    row = space.sample(1, 1)[0]
    row[0], row[DIGITS + 2] = 9, -1
    assert [text.split(" ")[0] for text in space.problems(row)] == ["trials", "digits[2]"]


def test_one_sequence_in_eight_is_held_out_and_the_suite_is_all_held_out() -> None:
    space = FAMILIES[0].space
    drawn = np.random.default_rng(1).integers(0, 3, (4000, space.width)).astype(np.int16)
    assert abs(space.held_out(drawn).mean() - 1 / 8) < 0.025
    suite = space.suite("heldout", 16)
    assert space.held_out(suite).all()
    assert [space.problems(row) for row in suite] == [[]] * 16
    with pytest.raises(ValueError, match="unknown suite 'test', known is heldout"):
        space.suite("test", 3)


def test_held_out_sequences_are_the_same_for_any_number_of_trials() -> None:
    long = make("memory_sequence", trials=32).space
    suites = [space.suite("heldout", 16)[:, DIGITS:] for space in (long, FAMILIES[0].space)]
    assert (suites[0] == suites[1]).all()


def test_digits_are_uniform() -> None:
    digits = FAMILIES[1].space.sample(2, 4000)[:, DIGITS:]
    shares = np.bincount(digits.reshape(-1), minlength=10) / digits.size
    assert np.abs(shares - 0.1).max() < 0.01


def test_with_a_sequence_key_there_is_one_task_and_nothing_is_held_out() -> None:
    space = FAMILIES[3].space
    only = space.sample(1, 1)
    for rows in (space.sample(9, 20), space.suite("heldout", 5), space.mutate(only, 3)):
        assert (rows == only).all()
    other = make("memory_sequence", digits=10, trials=1, sequence_key=4).space.sample(1, 1)
    assert (other != only).any()
    assert space.problems(other[0])[0].endswith("as in all tasks of this space")


def test_a_space_without_a_task_to_hold_out_says_how_to_have_one() -> None:
    space = make("memory_sequence", digits=2, length=1).space
    with pytest.raises(ValueError, match="choose a larger length or more digits"):
        [
            getattr(space, name)(*given)
            for name, given in (("sample", (1, 9)), ("suite", ("heldout", 9)))
        ]


def test_a_task_is_told_in_plain_words() -> None:
    space = make("memory_sequence", length=3, trials=1, wrong_penalty=500).space
    text = space.describe(np.array([1, 2, 0, 1], np.int16))
    end = "+1 for the right one, a mistake costs 0.5 and ends the trial. 1 trial."
    assert text == f"Say the digits 2 0 1, each 0..2: {end}"
