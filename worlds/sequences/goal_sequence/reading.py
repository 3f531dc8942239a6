"""What may be wrong with a Goal Sequence task, and reading one from JSON that strangers wrote."""

from typing import Any

from worlds.family import TaskError, check_fields
from worlds.sequences.goal_sequence.columns import (
    COLOURS,
    EAST,
    GOALS,
    HEADINGS,
    NUM_AGENTS,
    NUM_GOALS,
    ORDER,
    ORDER_LENGTH,
    SIZE,
    STARTS,
    TRIAL_LENGTH,
    TRIALS,
    WIDTH,
)

_FIELDS = ("size", "trials", "trial_length", "order", "goals", "starts")
_LARGEST = 256  # no number of a task is larger
_NAMES = ", ".join(COLOURS)


def read_task(task: Any) -> list[int]:
    """The values of a row from the JSON form of a task; raises `TaskError` for the first bad field.

    Only types, lengths and the range of a row's numbers are looked at here; see the checks below.
    """
    check_fields(task, _FIELDS)
    values = [_number(field, task[field]) for field in ("size", "trials", "trial_length")]
    for index, name in enumerate(_list("order", task["order"], ORDER_LENGTH)):
        values.append(_name(f"order[{index}]", name, COLOURS))
    side = values[SIZE]
    for index, goal in enumerate(_list("goals", task["goals"], NUM_GOALS)):
        field = f"goals[{index}]"
        down, right = (_number(field, value) for value in _list(field, goal, 2))
        if not (down < side and right < side):
            raise TaskError(field, goal, f"are rows and columns 0..{side - 1}")
        values.append(down * side + right)
    for index, start in enumerate(_list("starts", task["starts"], NUM_AGENTS)):
        field = f"starts[{index}]"
        down, right, heading = _list(field, start, 3)
        values += [_number(field, down), _number(field, right), _name(field, heading, HEADINGS)]
    return values


def range_problems(
    values: list[int],
    sizes: tuple[int, int],
    trials: int,
    trial_length: int,
    shared_order: list[int] | None,
) -> list[TaskError]:
    """Values outside their ranges; with a bad size only that, since positions depend on it."""
    side = values[SIZE]
    if not sizes[0] <= side <= sizes[1]:
        return [TaskError("size", side, f"are {sizes[0]}..{sizes[1]}")]
    found = []
    if values[TRIALS] != trials:
        found.append(TaskError("trials", values[TRIALS], f"is {trials}"))
    if values[TRIAL_LENGTH] != trial_length:
        found.append(TaskError("trial_length", values[TRIAL_LENGTH], f"is {trial_length}"))
    order = values[ORDER:GOALS]
    for index, colour in enumerate(order):
        if not 0 <= colour < NUM_GOALS:
            found.append(TaskError(f"order[{index}]", colour, f"are 0..{NUM_GOALS - 1}: {_NAMES}"))
        elif colour == order[index - 1]:
            found.append(TaskError(f"order[{index}]", colour, "is no colour twice running"))
        elif shared_order is not None and colour != shared_order[index]:
            allowed = f"is {shared_order[index]} as in all tasks of this space"
            found.append(TaskError(f"order[{index}]", colour, allowed))
    for goal, cell in enumerate(values[GOALS:STARTS]):
        if not 0 <= cell < side * side:
            found.append(TaskError(f"goals[{goal}]", cell, f"are cells 0..{side * side - 1}"))
    for n, (down, right, heading) in enumerate(_starts(values)):
        if not (0 <= down < side and 0 <= right < side and 0 <= heading < len(HEADINGS)):
            allowed = f"are rows and columns 0..{side - 1}, headings 0..{len(HEADINGS) - 1}"
            found.append(TaskError(f"starts[{n}]", [down, right, heading], allowed))
    return found


def placement_problems(values: list[int], home: bool) -> list[TaskError]:
    """Goals and starts that stand where they may not."""
    found = []
    side = values[SIZE]
    taken = {}
    for n, (down, right, heading) in enumerate(_starts(values)):
        taken[down * side + right] = f"starts[{n}]"
        if home and (down, right, heading) != (side // 2, 1, EAST):
            allowed = f"is {[side // 2, 1, HEADINGS[EAST]]}"
            found.append(TaskError(f"starts[{n}]", [down, right, HEADINGS[heading]], allowed))
    if home:
        taken[(side // 2) * side] = "the cell behind the starts"
    for goal, cell in enumerate(values[GOALS:STARTS]):
        if cell in taken:
            allowed = f"is a free cell: {taken[cell]} is there"
            found.append(TaskError(f"goals[{goal}]", list(divmod(cell, side)), allowed))
        taken[cell] = f"goals[{goal}]"
    return found


def _starts(values: list[int]) -> list[tuple[int, int, int]]:
    return [(values[i], values[i + 1], values[i + 2]) for i in range(STARTS, WIDTH, 3)]


def _number(field: str, found: Any) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= _LARGEST:
        raise TaskError(field, found, f"are whole numbers 0..{_LARGEST}")
    return found


def _list(field: str, found: Any, length: int) -> list[Any]:
    if not isinstance(found, list) or len(found) != length:
        raise TaskError(field, found, f"is a list of {length}")
    return found


def _name(field: str, found: Any, names: tuple[str, ...]) -> int:
    if not isinstance(found, str) or found not in names:
        raise TaskError(field, found, f"are {', '.join(names)}")
    return names.index(found)
