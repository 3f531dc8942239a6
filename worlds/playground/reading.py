"""A task as JSON that a person can read and edit, and reading one that strangers wrote."""

from collections.abc import Callable
from typing import Any

import numpy as np

from worlds.family import TaskError
from worlds.playground.constants import (
    DIRECTIONS,
    FLOORS,
    GADGETS,
    HEIGHTS,
    PREDICATES,
    REWARD_MODES,
    TRIAL_ENDS,
    Sizes,
)
from worlds.playground.parse import TextError, parse_goal, parse_rule
from worlds.playground.problems import errors
from worlds.playground.task import Task, blank, goals_of, in_use, rules_of, with_goals
from worlds.playground.text import KIND_NAMES, goal_form, rule_form

TILE_MARKS = ".^>v<"  # flat, then ramps by their uphill direction; a height follows
HEIGHT_MARKS = "0123"[:HEIGHTS]
FLOOR_MARKS = ".bogptn"  # plain, blue, orange, grey, pink, teal, brown

_FIELDS = (
    "map",  # H texts of two marks per cell: tile and height
    "floors",  # H texts of one mark per cell
    "objects",
    "agents",
    "goals",  # one per agent
    "rules",
    "hidden",  # one per agent: what it may not read
    "present",  # one list per trial: steps each agent is there
    "slots",
    "trial_length",
    "reward_mode",
    "trial_end",
)
_OBJECT = ("kind", "cell", "facing", "anchor")
_AGENT = ("cell", "facing", "gadget")
_HIDDEN = ("rules", "kinds", "predicates")
_MOST = np.iinfo(np.int16).max  # no number of a task is larger


def to_json(task: Task) -> dict[str, Any]:
    """A valid task in words and numbers, without what it does not use."""
    used, room = in_use(task), len(task.kinds)
    cells, facings = task.cells.tolist(), task.facings.tolist()
    return {
        "map": [
            "".join(f"{TILE_MARKS[ramp]}{height}" for ramp, height in zip(*row, strict=True))
            for row in zip(task.ramp.tolist(), task.height.tolist(), strict=True)
        ],
        "floors": ["".join(FLOOR_MARKS[mark] for mark in row) for row in task.floor.tolist()],
        "objects": [
            {
                "kind": KIND_NAMES[task.kinds[index]],
                "cell": cells[index],
                "facing": DIRECTIONS[facings[index]],
                "anchor": bool(task.fixed[index]),
            }
            for index in range(used.objects)
        ],
        "agents": [
            {
                "cell": cells[room + agent],
                "facing": DIRECTIONS[facings[room + agent]],
                "gadget": GADGETS[task.gadgets[agent]],
            }
            for agent in range(task.bodies)
        ],
        "goals": [goal_form(goal, agent) for agent, goal in enumerate(goals_of(task))],
        "rules": [rule_form(rule) for rule in rules_of(task)],
        "hidden": [
            {
                "rules": _bits(task.hidden_rules[agent]),
                "kinds": [KIND_NAMES[kind] for kind in _bits(task.hidden_kinds[agent])],
                "predicates": [PREDICATES[bit] for bit in _bits(task.hidden_predicates[agent])],
            }
            for agent in range(task.bodies)
        ],
        "present": task.present[: task.trials, : task.bodies].tolist(),
        "slots": task.slots,
        "trial_length": task.trial_length,
        "reward_mode": REWARD_MODES[task.reward_mode],
        "trial_end": TRIAL_ENDS[task.trial_end],
    }


def from_json(value: Any, sizes: Sizes) -> Task:
    """The valid, canonical task in arrays of these sizes; raises `TaskError` for the first fault."""
    found = _record("task", value, _FIELDS)
    bodies = len(_list("agents", found["agents"], 1, sizes.agents))
    trials = len(_list("present", found["present"], 1, sizes.trials))
    task = blank(sizes)._replace(
        bodies=bodies,
        trials=trials,
        slots=_number("slots", found["slots"]),
        trial_length=_number("trial_length", found["trial_length"]),
        reward_mode=_name("reward_mode", found["reward_mode"], REWARD_MODES),
        trial_end=_name("trial_end", found["trial_end"], TRIAL_ENDS),
    )
    _read_terrain(task, found["map"], found["floors"])
    _read_objects(task, found["objects"])
    _read_agents(task, found["agents"])
    _read_hidden(task, found["hidden"])
    _read_present(task, found["present"])
    goals = _texts("goals", found["goals"], bodies, bodies, parse_goal)
    rules = _texts("rules", found["rules"], 0, sizes.rules, lambda text, _: parse_rule(text))
    task = with_goals(task, goals, rules)
    for error in errors(task, sizes):
        raise error
    return task


def _read_terrain(task: Task, rows: Any, floors: Any) -> None:
    height, width = task.height.shape
    for r, text in enumerate(_list("map", rows, height, height)):
        allowed = f"is {width} times a mark of {TILE_MARKS} and a height 0..{HEIGHTS - 1}"
        marks = _text(f"map[{r}]", text, 2 * width, allowed)
        task.ramp[r] = [_mark(f"map[{r}]", mark, TILE_MARKS, allowed) for mark in marks[::2]]
        task.height[r] = [_mark(f"map[{r}]", mark, HEIGHT_MARKS, allowed) for mark in marks[1::2]]
    for r, text in enumerate(_list("floors", floors, height, height)):
        allowed = f"is {width} marks of {FLOOR_MARKS}: plain, {', '.join(FLOORS)}"
        marks = _text(f"floors[{r}]", text, width, allowed)
        task.floor[r] = [_mark(f"floors[{r}]", mark, FLOOR_MARKS, allowed) for mark in marks]


def _read_objects(task: Task, found: Any) -> None:
    for index, thing in enumerate(_list("objects", found, 0, len(task.kinds))):
        field = f"objects[{index}]"
        thing = _record(field, thing, _OBJECT)
        task.kinds[index] = _name(f"{field}.kind", thing["kind"], KIND_NAMES)
        task.cells[index] = _cell(f"{field}.cell", thing["cell"], task)
        task.facings[index] = _name(f"{field}.facing", thing["facing"], DIRECTIONS)
        task.fixed[index] = _truth(f"{field}.anchor", thing["anchor"])


def _read_agents(task: Task, found: list[Any]) -> None:
    room = len(task.kinds)
    for agent, body in enumerate(found):
        field = f"agents[{agent}]"
        body = _record(field, body, _AGENT)
        task.cells[room + agent] = _cell(f"{field}.cell", body["cell"], task)
        task.facings[room + agent] = _name(f"{field}.facing", body["facing"], DIRECTIONS)
        task.gadgets[agent] = _name(f"{field}.gadget", body["gadget"], GADGETS)


def _read_hidden(task: Task, found: Any) -> None:
    for agent, parts in enumerate(_list("hidden", found, task.bodies, task.bodies)):
        field = f"hidden[{agent}]"
        parts = _record(field, parts, _HIDDEN)
        numbers = _list(f"{field}.rules", parts["rules"], 0, len(task.rules))
        rules = [_number(f"{field}.rules", rule, len(task.rules) - 1) for rule in numbers]
        task.hidden_rules[agent] = _mask(rules)
        task.hidden_kinds[agent] = _names(f"{field}.kinds", parts["kinds"], KIND_NAMES)
        names = parts["predicates"]
        task.hidden_predicates[agent] = _names(f"{field}.predicates", names, PREDICATES)


def _read_present(task: Task, found: list[Any]) -> None:
    for trial, steps in enumerate(found):
        field = f"present[{trial}]"
        steps = _list(field, steps, task.bodies, task.bodies)
        task.present[trial, : task.bodies] = [_number(field, count) for count in steps]


def _texts(
    field: str, found: Any, least: int, most: int, parse: Callable[[str, int], Any]
) -> list[Any]:
    """What each text says; `parse` gets it and its number."""
    read = []
    for index, text in enumerate(_list(field, found, least, most)):
        if not isinstance(text, str):
            raise TaskError(f"{field}[{index}]", text, "are texts in functional form")
        try:
            read.append(parse(text, index))
        except TextError as error:
            raise TaskError(f"{field}[{index}]", text, f"is another text: {error}") from None
    return read


def _record(field: str, found: Any, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise TaskError(field, found, f"is an object with the fields {', '.join(names)}")
    for name in found:
        if name not in names:
            raise TaskError(field, name, f"are the fields {', '.join(names)}")
    for name in names:
        if name not in found:
            missing = name if names is _FIELDS else f"{field}.{name}"
            raise TaskError(missing, None, "is a value: the field is missing")
    return found


def _list(field: str, found: Any, least: int, most: int) -> list[Any]:
    if not isinstance(found, list) or not least <= len(found) <= most:
        lengths = f"{most}" if least == most else f"{least}..{most}"
        raise TaskError(field, found, f"is a list of {lengths}")
    return found


def _text(field: str, found: Any, length: int, allowed: str) -> str:
    if not isinstance(found, str) or len(found) != length:
        raise TaskError(field, found, allowed)
    return found


def _mark(field: str, mark: str, marks: str, allowed: str) -> int:
    if mark not in marks:
        raise TaskError(field, mark, allowed)
    return marks.index(mark)


def _number(field: str, found: Any, most: int = _MOST) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= most:
        raise TaskError(field, found, f"are whole numbers 0..{most}")
    return found


def _truth(field: str, found: Any) -> bool:
    if not isinstance(found, bool):
        raise TaskError(field, found, "are true and false")
    return found


def _cell(field: str, found: Any, task: Task) -> list[int]:
    row, column = _list(field, found, 2, 2)
    height, width = task.height.shape
    return [_number(field, row, height - 1), _number(field, column, width - 1)]


def _name(field: str, found: Any, names: tuple[str, ...]) -> int:
    if not isinstance(found, str) or found not in names:
        raise TaskError(field, found, f"are {', '.join(names)}")
    return names.index(found)


def _names(field: str, found: Any, names: tuple[str, ...]) -> int:
    """The names in a list as bits."""
    return _mask([_name(field, name, names) for name in _list(field, found, 0, len(names))])


def _mask(bits: list[int]) -> int:
    return sum(1 << bit for bit in set(bits))


def _bits(mask: np.unsignedinteger) -> list[int]:
    return [bit for bit in range(int(mask).bit_length()) if int(mask) >> bit & 1]
