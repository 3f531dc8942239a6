"""Tasks of Goal Sequence: whatever is drawn, edited or decoded is valid and never held out."""

import copy
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worlds import make
from worlds.family import TaskError, identity
from worlds.sequences.goal_sequence.columns import GOALS, ORDER, SIZE, STARTS, WIDTH

FAMILIES = [
    make("goal_sequence", size=5, trials=4),
    make("goal_sequence", size=7, size_min=3, order_key=7),
    make("goal_sequence", size=3, trial_length=9),
    make("goal_sequence", size=15, size_min=13, trials=2, order_key=1),
]
KEYS = st.integers(0, 2**64 - 1)
SPACES = st.sampled_from([family.space for family in FAMILIES])
FEW = settings(max_examples=40, deadline=None, derandomize=True)


def _all_good(space: Any, rows: np.ndarray) -> None:
    assert rows.dtype == np.int16
    assert rows.shape[1:] == (WIDTH,)
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


@FEW
@given(SPACES, KEYS, KEYS)
def test_vectors_lead_back_to_their_levels(space: Any, key: int, other: int) -> None:
    rows = space.sample(key, 8)
    vectors = space.vector(rows)
    assert vectors.shape == (8, space.dim)
    assert vectors.dtype == np.float32
    assert (vectors >= 0).all() and (vectors <= 1).all()
    back = space.from_vector(vectors, other)
    assert (back[:, GOALS:] == rows[:, GOALS:]).all()
    assert (back[:, SIZE] == rows[:, SIZE]).all()


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
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(["size", "trials", "trial_length", "order", "goals", "starts", "x"]), JUNK)
def test_hostile_json_is_refused_with_the_field_or_read_as_a_valid_task(
    field: str, junk: Any
) -> None:
    space = FAMILIES[0].space
    task = space.to_json(space.sample(3, 1)[0]) | {field: junk}
    try:
        _all_good(space, space.from_json(task)[None])
    except TaskError as problem:
        assert problem.field.split("[")[0] in (field, "task", "goals", "starts")
        assert "allowed" in str(problem)
        assert len(str(problem)) < 300


BAD = [
    ("size", 40, r"^size is 40, allowed are 5..5"),
    ("size", True, r"^size is True, allowed are whole numbers"),
    ("size", 10**30, r"^size is 1000000"),
    ("trials", 3, r"^trials is 3, allowed is 4"),
    ("trial_length", 2.5, r"^trial_length is 2.5, allowed are whole numbers"),
    ("goals", [[0, 0], [0, 0], [1, 1]], r"^goals\[1\] is \[0, 0\], allowed is a free cell"),
    ("goals", [[0, 9], [0, 0], [1, 1]], r"^goals\[0\] is \[0, 9\], allowed are rows and columns"),
    ("goals", [[0, 0]], r"^goals is \[\[0, 0\]\], allowed is a list of 3"),
    ("goals", [[2, 0], [0, 0], [1, 1]], r"the cell behind the starts is there"),
    ("goals", [[2, 1], [0, 0], [1, 1]], r"starts\[1\] is there"),
    ("starts", [[2, 1, "up"], [2, 1, "east"]], r"^starts\[0\] is 'up', allowed are east, south"),
    ("starts", [[2, 2, "east"], [2, 1, "east"]], r"^starts\[0\] is \[2, 2, 'east'\], allowed is"),
    ("order", ["orange"] * 64, r"^order\[0\] is 0, allowed is no colour twice running"),
    ("order", "orange" * 1000, r"^order is 'orangeo.*, allowed is a list of 64"),
    ("order", ["\x1b[2J"] * 64, r"^order\[0\] is .*, allowed are orange, blue, green"),
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
    with pytest.raises(TaskError, match="^task is 'colour', allowed are the fields size"):
        space.from_json(task | {"colour": 1})
    with pytest.raises(TaskError, match="^task is "):
        space.from_json([task])


def test_the_suite_is_held_out_and_knows_no_seed() -> None:
    for family in FAMILIES:
        rows = family.space.suite("heldout", 16)
        assert family.space.held_out(rows).all()
        assert [family.space.problems(row) for row in rows] == [[]] * 16
    one, other = (make("goal_sequence", size=5, order_key=key).space for key in (1, 2))
    rows, others = one.suite("heldout", 16), other.suite("heldout", 16)
    assert (rows[:, GOALS:] == others[:, GOALS:]).all()
    assert (rows[:, ORDER:GOALS] != others[:, ORDER:GOALS]).any()
    with pytest.raises(ValueError, match="unknown suite 'test', known is heldout"):
        one.suite("test", 3)


def test_one_level_in_eight_is_held_out() -> None:
    space = FAMILIES[1].space
    rows = space.sample(5, 4000)
    drawn = rows.copy()
    drawn[:, STARTS + 2] = 0  # other levels than those that were chosen
    share = space.held_out(drawn[rows[:, STARTS + 2] != 0]).mean()
    assert abs(share - 1 / 8) < 0.025


def test_with_an_order_key_all_tasks_share_one_order_and_agents_start_anywhere() -> None:
    shared, own = FAMILIES[1].space.sample(1, 200), FAMILIES[0].space.sample(1, 200)
    assert len(np.unique(shared[:, ORDER:GOALS], axis=0)) == 1
    assert len(np.unique(own[:, ORDER:GOALS], axis=0)) == 200
    assert len(np.unique(shared[:, STARTS:], axis=0)) > 100
    assert np.unique(own[:, STARTS:], axis=0).tolist() == [[2, 1, 0, 2, 1, 0]]
    assert sorted(np.unique(shared[:, SIZE])) == [3, 4, 5, 6, 7]


def test_no_colour_comes_twice_running_and_all_come_equally_often() -> None:
    orders = FAMILIES[0].space.sample(2, 3000)[:, ORDER:GOALS]
    assert (orders != np.roll(orders, 1, axis=1)).all()
    shares = np.bincount(orders.reshape(-1), minlength=3) / orders.size
    assert np.abs(shares - 1 / 3).max() < 0.005


def test_goals_are_spread_evenly_over_the_free_cells() -> None:
    goals = FAMILIES[0].space.sample(4, 6000)[:, GOALS:STARTS]
    counts = np.bincount(goals.reshape(-1), minlength=25)
    assert counts[[10, 11]].tolist() == [0, 0]
    free = np.delete(counts, [10, 11]) / goals.size
    assert np.abs(free - 1 / 23).max() < 0.01


def test_a_task_is_told_in_plain_words() -> None:
    for penalty, loss in ((1000, "-1"), (625, "-0.625"), (0, "nothing")):
        space = make("goal_sequence", trials=2, wrong_penalty=penalty).space
        text = space.describe(space.sample(3, 1)[0])
        assert text.startswith("5x5 grid. Visit the goals in the order ")
        end = f"…: +1 for the next one, {loss} for a wrong one. 2 trials of 20 steps."
        assert text.endswith(end)
    assert any(name in text for name in ("orange circle", "blue square", "green triangle"))


def test_identities_are_digests_of_world_and_row() -> None:
    rows = FAMILIES[0].space.sample(1, 50)
    names = identity("goal_sequence", rows)
    assert len(set(names)) == 50
    assert all(len(name) == 16 for name in names)
    assert identity("goal_sequence", rows[7:8]) == names[7:8]
    assert identity("other", rows[:1]) != names[:1]


def test_problems_name_every_bad_value_of_a_row() -> None:
    space = FAMILIES[0].space
    row = copy.copy(space.sample(1, 1)[0])
    row[ORDER], row[GOALS], row[STARTS] = 9, 99, -1
    problems = space.problems(row)
    assert [text.split(" ")[0] for text in problems] == ["order[0]", "goals[0]", "starts[0]"]
    assert space.problems(row[:5]) == ["row is int16 (5,), allowed is int16 (76,)"]
