"""What may be wrong with a Travelling Salesperson task, and reading one from JSON that strangers wrote."""

from typing import Any

from worlds.family import TaskError, check_fields
from worlds.sequences.travelling_salesperson.columns import CITIES, PLACES, SIDE, TRIALS

_FIELDS = ("trials", "cities")
_ALLOWED = f"are whole numbers 0..{SIDE}"


def read_task(task: Any, cities: int) -> list[int]:
    """The values of a row from the JSON form of a task; raises `TaskError` for the first bad field."""
    check_fields(task, _FIELDS)
    values = [cities, _number("trials", task["trials"])]
    for index, place in enumerate(_list("cities", task["cities"], cities)):
        field = f"cities[{index}]"
        values += [_number(field, value) for value in _list(field, place, 2)]
    return values


def problems(
    values: list[int], cities: int, trials: int, shared: list[int] | None
) -> list[TaskError]:
    """Values that no task of this space has; `shared` are those of the one task, if there is one."""
    found = []
    for name, column, allowed in (("cities", CITIES, cities), ("trials", TRIALS, trials)):
        if values[column] != allowed:
            found.append(TaskError(name, values[column], f"is {allowed}"))
    for city in range(cities):
        place = values[PLACES + 2 * city : PLACES + 2 * city + 2]
        if not all(0 <= value <= SIDE for value in place):
            found.append(TaskError(f"cities[{city}]", place, _ALLOWED))
        elif shared and place != (known := shared[PLACES + 2 * city : PLACES + 2 * city + 2]):
            found.append(TaskError(f"cities[{city}]", place, f"is {known} as in all tasks"))
    return found


def _number(field: str, found: Any) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= SIDE:
        raise TaskError(field, found, _ALLOWED)
    return found


def _list(field: str, found: Any, length: int) -> list[Any]:
    if not isinstance(found, list) or len(found) != length:
        raise TaskError(field, found, f"is a list of {length}")
    return found
