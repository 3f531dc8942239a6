"""Tasks of Travelling Salesperson: whatever is drawn, edited or decoded is valid and never held out."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worlds import make
from worlds.family import TaskError, identity
from worlds.sequences.travelling_salesperson.columns import PLACES, TRIALS
from worlds.sequences.travelling_salesperson.space import NEAR

NAME = "travelling_salesperson"
FAMILIES = [
    make(NAME, cities=6, trials=8),
    make(NAME, cities=4, trials=1, demonstrators=0),
    make(NAME, cities=24, trials=2),
]
SHARED = make(NAME, cities=9, trials=1, cities_key=7).space
KEYS = st.integers(0, 2**64 - 1)
SPACES = st.sampled_from([family.space for family in FAMILIES])
FEW = settings(max_examples=30, deadline=None, derandomize=True)


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
@given(SPACES, KEYS, KEYS, st.integers(1, 5))
def test_mutants_are_valid_unlike_their_parents_and_never_held_out(
    space: Any, key: int, other: int, edits: int
) -> None:
    rows = space.sample(key, 8)
    before = rows.copy()
    mutants = space.mutate(rows, other, edits)
    _all_good(space, mutants)
    assert (mutants != rows).any(axis=1).all()
    assert (rows == before).all()
    assert (space.mutate(rows[:3], other, edits) == mutants[:3]).all()


def test_one_edit_moves_one_city_and_not_far() -> None:
    space = FAMILIES[0].space
    rows = space.sample(1, 500)
    moved = (space.mutate(rows, 2) - rows)[:, PLACES:].reshape(500, 6, 2)
    assert ((moved != 0).any(2).sum(1) == 1).all()
    assert np.abs(moved).max() <= NEAR
    assert ((moved != 0).any(2).mean(0) > 0.1).all()


@FEW
@given(SPACES, KEYS, KEYS)
def test_vectors_lead_back_to_their_maps(space: Any, key: int, other: int) -> None:
    rows = space.sample(key, 8)
    vectors = space.vector(rows)
    assert vectors.shape == (8, space.dim)
    assert vectors.dtype == np.float32
    assert (vectors >= 0).all() and (vectors <= 1).all()
    assert (space.from_vector(vectors, other) == rows).all()


@FEW
@given(SPACES, KEYS, st.data())
def test_any_point_is_a_valid_task(space: Any, key: int, data: st.DataObject) -> None:
    numbers = st.one_of(st.floats(0, 1, width=32), st.floats(width=32))
    points = data.draw(st.lists(numbers, min_size=2 * space.dim, max_size=2 * space.dim))
    _all_good(space, space.from_vector(np.array(points).reshape(2, space.dim), key))


@FEW
@given(SPACES, KEYS)
def test_json_leads_back_to_the_row(space: Any, key: int) -> None:
    row = space.sample(key, 1)[0]
    written = json.loads(json.dumps(space.to_json(row)))
    assert (space.from_json(written) == row).all()


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(["trials", "cities", "x"]), JUNK)
def test_hostile_json_is_refused_with_the_field_or_read_as_a_valid_task(
    field: str, junk: Any
) -> None:
    space = FAMILIES[1].space
    task = space.to_json(space.sample(3, 1)[0]) | {field: junk}
    try:
        assert space.problems(space.from_json(task)) == []
    except TaskError as problem:
        assert problem.field.split("[")[0] in (field, "task")
        assert "allowed" in str(problem)
        assert len(str(problem)) < 300


BAD = [
    ("trials", 3, r"^trials is 3, allowed is 8"),
    ("trials", True, r"^trials is True, allowed are whole numbers 0..1000"),
    ("cities", [[0, 0]], r"^cities is \[\[0, 0\]\], allowed is a list of 6"),
    ("cities", [[0, 0]] * 5 + [[0, 1001]], r"^cities\[5\] is 1001, allowed are whole numbers"),
    ("cities", [[0, 0]] * 5 + [[0]], r"^cities\[5\] is \[0\], allowed is a list of 2"),
    ("cities", ["\x1b[2J"] * 6, r"^cities\[0\] is .*, allowed is a list of 2"),
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


def test_missing_and_foreign_fields_are_refused() -> None:
    space = FAMILIES[0].space
    task = space.to_json(space.sample(3, 1)[0])
    for field in task:
        with pytest.raises(TaskError, match=f"^{field} is None, .*missing"):
            space.from_json({name: value for name, value in task.items() if name != field})
    with pytest.raises(TaskError, match="^task is 'colour', allowed are the fields trials, cities"):
        space.from_json(task | {"colour": 1})
    with pytest.raises(TaskError, match="^task is "):
        space.from_json([task])


def test_problems_name_every_bad_value_of_a_row() -> None:
    space = FAMILIES[0].space
    row = space.sample(1, 1)[0].copy()
    row[TRIALS], row[PLACES], row[-1] = 9, -1, 1001
    assert [text.split(" ")[0] for text in space.problems(row)] == [
        *("trials", "cities[0]", "cities[5]")
    ]
    assert space.problems(row[:5]) == ["row is int16 (5,), allowed is int16 (14,)"]


def test_one_map_in_eight_is_held_out_and_the_suite_is_all_of_them() -> None:
    space = FAMILIES[0].space
    rows = np.random.default_rng(1).integers(0, 1001, (8000, 14)).astype(np.int16)
    assert abs(space.held_out(rows).mean() - 1 / 8) < 3 * np.sqrt(7 / 64 / 8000)
    suite = space.suite("heldout", 16)
    assert space.held_out(suite).all()
    assert [space.problems(row) for row in suite] == [[]] * 16
    with pytest.raises(ValueError, match="unknown suite 'test', known is heldout"):
        space.suite("test", 3)


def test_cities_are_spread_evenly_over_the_square() -> None:
    places = FAMILIES[2].space.sample(4, 2000)[:, PLACES:].reshape(-1)
    counts = np.histogram(places, bins=7, range=(-0.5, 1000.5))[0]  # 1001 values, 143 a bin
    expected = places.size / 7
    assert ((counts - expected) ** 2 / expected).sum() < 22.5  # chi square, 6 degrees, 0.1 %


def test_with_a_cities_key_there_is_one_map_that_nothing_changes() -> None:
    rows = SHARED.sample(1, 5)
    assert len(np.unique(rows, axis=0)) == 1
    for same in (
        SHARED.sample(2, 5),
        SHARED.suite("heldout", 5),
        SHARED.from_vector(rows[:, 2:], 1),
    ):
        assert (same == rows).all()
    _all_good(SHARED, rows)
    other = make(NAME, cities=9, trials=1, cities_key=8).space
    assert (other.sample(1, 1)[0] != rows[0]).any()
    assert other.problems(rows[0])[0].startswith("cities[0] is ")
    with pytest.raises(ValueError, match="all tasks share one map"):
        SHARED.mutate(rows, 1)


def test_a_task_is_told_in_plain_words() -> None:
    for penalty, loss in ((1000, "costs 1 "), (625, "costs 0.625 "), (0, "costs nothing ")):
        space = make(NAME, cities=6, trials=2, wrong_penalty=penalty).space
        text = space.describe(space.sample(3, 1)[0])
        assert text.startswith("6 cities. Visit each once, from city 0 and back")
        assert f"A city twice {loss}and ends the trial. 2 trials." in text


def test_identities_are_digests_of_world_and_row() -> None:
    names = identity(NAME, FAMILIES[0].space.sample(1, 50))
    assert len(set(names)) == 50
