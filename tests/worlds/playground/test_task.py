"""Tasks of the playground: one canonical form, one digest, one row that comes back."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.worlds.playground.tasks import (
    BLACK_CUBE,
    BLACK_SLAB,
    LARGER,
    RED_PYRAMID,
    SIZES,
    changed,
    example,
    random_task,
    shuffled,
)
from worlds.family import TaskError
from worlds.playground.columns import columns, width
from worlds.playground.constants import (
    AGENT,
    FLOOR,
    HOLD,
    LARGEST,
    NEAR,
    ON,
    SEE,
    SMALLEST,
)
from worlds.playground.problems import problems
from worlds.playground.task import (
    Option,
    Rule,
    Task,
    blank,
    canonical,
    digest,
    fit,
    from_row,
    goals_of,
    in_use,
    rules_of,
    same,
    to_row,
    with_goals,
)

TASKS = [random_task(seed) for seed in range(60)]


@pytest.mark.parametrize("task", TASKS + [example()])
def test_random_tasks_are_valid_and_stay_so_in_canonical_form(task: Task) -> None:
    assert problems(task, SIZES) == []
    once = canonical(task)
    assert problems(once, SIZES) == []
    assert same(canonical(once), once)


def test_blank_tasks_have_the_dtypes_and_shapes_of_their_columns_and_rows_no_gaps() -> None:
    for sizes in (SMALLEST, SIZES, LARGEST):
        end = 0
        for name, column in columns(sizes).items():
            assert column.where.start == end
            end = column.where.stop
            value = np.asarray(getattr(blank(sizes), name))
            assert value.shape == column.shape
            assert value.dtype == column.dtype or not column.shape
        assert end == width(sizes)
        assert tuple(columns(sizes)) == Task._fields


def test_rows_come_back_as_the_same_task() -> None:
    for task in TASKS:
        row = to_row(task, SIZES)
        assert (row.dtype, row.shape) == (np.int16, (width(SIZES),))
        again = from_row(row, SIZES)
        assert same(again, task)
        assert [type(value) for value in again] == [type(value) for value in task]
        assert (to_row(fit(from_row(to_row(task, LARGER), LARGER), SIZES), SIZES) == row).all()


def test_masks_keep_all_32_bits_in_a_row() -> None:
    task = blank(LARGEST)
    task.require[:] = 0xE0008003  # six bits, the most of one goal
    row = to_row(task._replace(bodies=8), LARGEST)
    assert (from_row(row, LARGEST).require == 0xE0008003).all()


def test_rows_of_another_shape_or_with_numbers_too_large_are_refused() -> None:
    row = to_row(example(), SIZES)
    for bad in (row[:-1], row[None], row.astype(np.int32), row.astype(float)):
        _refused("row", lambda bad=bad: from_row(bad, SIZES))
    for name, value in (("height", 128), ("kinds", -129), ("fixed", -1), ("fixed", 256)):
        bad = row.copy()
        bad[columns(SIZES)[name].where.start] = value
        _refused(name, lambda bad=bad: from_row(bad, SIZES))


def test_any_row_of_random_numbers_is_judged_without_failing() -> None:
    draws = np.random.default_rng(0)
    row = to_row(example(), SIZES)
    for _ in range(300):
        bad = row.copy()
        where = draws.integers(0, len(bad), 3)
        bad[where] = draws.integers(-3, 60, 3)
        try:
            task = from_row(bad, SIZES)
        except TaskError:
            continue
        if not problems(task, SIZES):
            assert digest(task)


def test_digests_know_neither_empty_rows_nor_the_order_of_atoms_and_options() -> None:
    for seed, task in enumerate(TASKS):
        other = shuffled(task, seed)
        assert problems(other, SIZES) == []
        larger = fit(task, LARGER)
        assert problems(larger, LARGER) == []
        assert {digest(other), digest(larger), digest(canonical(task))} == {digest(task)}
        assert same(canonical(other), canonical(task))


def test_digests_are_the_same_on_every_machine_and_in_every_version() -> None:
    assert digest(example()) == "ba674b12bb822c14040a086e9b8db0b5"


def test_digests_tell_all_tasks_and_all_fields_apart() -> None:
    assert len({digest(task) for task in TASKS}) == len(TASKS)
    task = example()
    found = {digest(task)}
    for name, where, value in (
        ("height", (0, 0), 1),
        ("ramp", (0, 0), 1),
        ("floor", (5, 5), 1),
        ("cells", (0, 0), 5),
        ("kinds", 0, BLACK_SLAB),
        ("facings", 1, 0),
        ("facings", SIZES.objects, 2),
        ("fixed", 0, 1),
        ("gadgets", 1, 1),
        ("rules", (0, 1), BLACK_CUBE),
        ("require", (1, 0), 1),
        ("hidden_rules", 0, 1),
        ("hidden_kinds", 0, 1),
        ("hidden_predicates", 0, 1),
        ("present", (0, 0), 0),
    ):
        found.add(digest(changed(task, name, where, value)))
    for change in ({"slots": 5}, {"trial_length": 31}, {"reward_mode": 1}, {"trial_end": 1}):
        found.add(digest(task._replace(**change)))
    assert len(found) == 20


def test_canonical_goals_drop_doubles_unused_atoms_and_options_that_ask_for_more() -> None:
    task = example()
    near, mirrored = (NEAR, AGENT, AGENT + 1), (NEAR, AGENT + 1, AGENT)
    on = (ON, AGENT, FLOOR)
    goal = (
        Option(frozenset({near, on}), frozenset()),
        Option(frozenset({mirrored}), frozenset()),
        Option(frozenset(), frozenset({on})),
        Option(frozenset({mirrored}), frozenset({on})),
    )
    made = with_goals(task, [goal, ()], [])
    assert made.atoms[:3].tolist() == [list(near), list(on), [-1, -1, -1]]
    assert made.require[0, :3].tolist() == [0, 1, 0]
    assert made.forbid[0, :3].tolist() == [2, 0, 0]
    assert goals_of(made)[1] == ()
    assert rules_of(made) == []


def test_sight_is_mutual_between_kinds_and_not_where_an_agent_looks() -> None:
    task = example()
    for a, b, mutual in (
        (BLACK_CUBE, BLACK_SLAB, True),
        (AGENT, BLACK_SLAB, False),
        (AGENT + 1, AGENT, False),
    ):
        ways = []
        for atom in ((SEE, a, b), (SEE, b, a)):
            goal = (Option(frozenset({atom}), frozenset()),)
            ways.append(digest(with_goals(task, [goal, ()], [])))
        assert (ways[0] == ways[1]) is mutual


def test_rules_keep_their_order() -> None:
    task = example()
    rules = [Rule((NEAR, AGENT, BLACK_CUBE), ()), Rule((HOLD, AGENT, BLACK_CUBE), (RED_PYRAMID,))]
    one, other = with_goals(task, [(), ()], rules), with_goals(task, [(), ()], rules[::-1])
    assert digest(one) != digest(other)
    assert rules_of(other)[0].atom == (HOLD, AGENT, BLACK_CUBE)


def test_tasks_refuse_spaces_that_are_too_small_or_have_another_map() -> None:
    task = example()
    used = in_use(task)
    fits = used._replace(objects=task.slots, view=SIZES.view)
    assert problems(fit(task, fits), fits) == []
    for name, room in (
        ("height", 9),
        ("width", 11),
        ("agents", 1),
        ("objects", 3),
        ("atoms", 2),
        ("options", 1),
        ("goal_atoms", 1),
        ("rules", 0),
        ("trials", 1),
    ):
        _refused(f"sizes.{name}", lambda: fit(task, fits._replace(**{name: room})))  # noqa: B023
    many = (Option(frozenset({(ON, AGENT, FLOOR + floor)}), frozenset()) for floor in range(6))
    _refused("goals[0]", lambda: with_goals(task, [tuple(many), ()], []))


def _refused(field: str, call: Callable[[], Any]) -> None:
    with pytest.raises(TaskError) as caught:
        call()
    assert caught.value.field == field
