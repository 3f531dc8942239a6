"""Reads a hand-authored probe from its YAML file: a task, what it is for, scripts that solve it.

The task part is the JSON form of `reading`; what a person would rather not write has a default.
Maps and floors may be one text of H lines. A script has a letter per step for every agent; spaces
in it mean nothing, and an agent whose letters are used up stays.
"""

from typing import Any, NamedTuple

import numpy as np

from configs.nodes import Items, Mapping, Node, Scalar
from configs.parse import parse
from configs.problems import Problem
from configs.scalars import WHOLE
from worlds.family import TaskError
from worlds.playground.constants import (
    ACTIONS,
    LARGEST,
    SMALLEST,
    STAY,
    Sizes,
)
from worlds.playground.making.tiles import edge_errors
from worlds.playground.reading import from_json
from worlds.playground.task import Task, fit, in_use

LETTERS = ".FBLRHG"  # of a script, by action: stay, forward, back, left, right, hand, gadget
HELD_OUT = TASK, GAME = "task", "game"  # this very task, or its goals and rules in any level
VIEW = 9  # cells a side: the window in which scripts were made and replay
LONGEST = 4096  # steps of a script

_DEFAULTS: dict[str, dict[str, Any]] = {
    "objects": {"facing": "north", "anchor": False},
    "agents": {"facing": "north", "gadget": "none"},
    "hidden": {"rules": [], "kinds": [], "predicates": []},
}
_OWN = ("about", "held_out", "script", "scripts", "earns", "trials")
_SCRIPT = ("script", "earns")
_DIGITS = 8  # of the largest whole number, what a script of the longest earns in thousandths


class Script(NamedTuple):
    """Actions that reach goals, and what they earn."""

    actions: np.ndarray  # [T, N] int8
    earns: tuple[int, ...]  # [N] thousandths over these T steps


class Probe(NamedTuple):
    """A hand-authored task; its scripts together show that every agent can reach its goal."""

    about: str  # what it tests, in a sentence or two
    held_out: str  # one of HELD_OUT
    task: Task  # in arrays no larger than it needs
    scripts: tuple[Script, ...]


def read_probe(data: bytes, name: str) -> Probe:
    """The probe in the bytes of a file; raises `TaskError` with the file, the field, the reason."""
    found = read_value(data, name)
    try:
        return _probe(found)
    except TaskError as error:
        raise TaskError(f"{name}: {error.field}", error.found, error.allowed) from None


def read_value(data: bytes, name: str) -> Any:
    """Dictionaries, lists, whole numbers, truths and texts in a YAML file; raises `TaskError` as above."""
    root = parse(data, name)
    if isinstance(root, Problem):
        raise TaskError(root.where, root.text, "is YAML within limits")
    try:
        return _value("probe", root)
    except TaskError as error:
        raise TaskError(f"{name}: {error.field}", error.found, error.allowed) from None


def read_task(found: Any) -> Task:
    """The task of a probe, whose sentences and scripts may be left out; raises `TaskError`."""
    if not isinstance(found, dict):
        raise TaskError("task", found, "is a mapping of fields")
    return _task({name: value for name, value in found.items() if name not in _OWN}, found)


def own_sizes(task: Task) -> Sizes:
    """The smallest sizes in which a task has room."""
    used = in_use(task)
    used = used._replace(objects=max(used.objects, task.slots), view=VIEW)
    return Sizes(*map(max, used, SMALLEST))


def _value(field: str, node: Node | None) -> Any:
    """Dictionaries, lists, whole numbers, truths and texts of YAML nodes."""
    if node is None or node.refused:
        raise TaskError(field, node and node.refused, "is a plain value")
    if isinstance(node, Items):
        return [_value(f"{field}[{index}]", one) for index, one in enumerate(node.nodes)]
    if isinstance(node, Mapping):
        found: dict[str, Any] = {}
        for key, value in node.entries:
            if key.refused or key.text in found:
                raise TaskError(field, key.text, "are fields that stand there once")
            found[key.text] = _value(key.text if field == "probe" else f"{field}.{key.text}", value)
        return found
    return _scalar(field, node)


def _scalar(field: str, scalar: Scalar) -> Any:
    if scalar.null:
        raise TaskError(field, None, "is a value, or the field is left out")
    if scalar.quoted:
        return scalar.text
    if WHOLE.fullmatch(scalar.text) and len(scalar.text) <= _DIGITS:
        return int(scalar.text)
    return {"true": True, "false": False}.get(scalar.text, scalar.text)


def _probe(found: Any) -> Probe:
    if not isinstance(found, dict):
        raise TaskError("probe", found, "is a mapping of fields")
    about, held_out = found.get("about"), found.get("held_out")
    if not isinstance(about, str) or not about.strip():
        raise TaskError("about", about, "is a sentence")
    if held_out not in HELD_OUT:
        raise TaskError("held_out", held_out, f"are {', '.join(HELD_OUT)}")
    task = read_task(found)
    return Probe(" ".join(about.split()), held_out, task, _scripts(found, task.bodies))


def _task(given: dict[str, Any], found: dict[str, Any]) -> Task:
    _fill(given, found.get("trials"))
    rows = given["map"]
    side = len(rows[0]) // 2 if rows and isinstance(rows[0], str) else 0
    for name, count, index in (("height", len(rows), 0), ("width", side, 1)):
        if not SMALLEST[index] <= count <= LARGEST[index]:
            raise TaskError("map", count, f"has a {name} of {SMALLEST[index]}..{LARGEST[index]}")
    task = from_json(given, LARGEST._replace(height=len(rows), width=side))
    for error in edge_errors(task.height, task.ramp):
        raise error
    return fit(task, own_sizes(task))


def _fill(given: dict[str, Any], trials: Any) -> None:
    """Puts in what was left out; whatever is there is judged by `from_json`."""
    for name in ("map", "floors"):
        if isinstance(given.get(name), str):
            given[name] = given[name].split()
    rows = given.get("map")
    if not isinstance(rows, list):
        raise TaskError("map", rows, "is H lines of marks")
    given.setdefault("floors", ["." * (len(row) // 2) for row in rows if isinstance(row, str)])
    for name in ("objects", "agents", "rules"):
        given.setdefault(name, [])
    bodies, objects = _count(given["agents"]), _count(given["objects"])
    given.setdefault("hidden", [{} for _ in range(bodies)])
    given.setdefault("slots", objects)
    given.setdefault("reward_mode", "state")
    given.setdefault("trial_end", "time")
    for name, defaults in _DEFAULTS.items():
        given[name] = _filled(given[name], defaults)
    _fill_present(given, bodies, trials)


def _fill_present(given: dict[str, Any], bodies: int, trials: Any) -> None:
    """Without a table of presence all agents are there in all of the `trials`, by default one."""
    if "present" in given:
        if trials is not None:
            raise TaskError("trials", trials, "is left out where `present` has a row for each")
        return
    count = 1 if trials is None else trials
    if isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= LARGEST.trials:
        raise TaskError("trials", trials, f"are whole numbers 1..{LARGEST.trials}")
    given["present"] = [[given.get("trial_length")] * bodies for _ in range(count)]


def _count(things: Any) -> int:
    return len(things) if isinstance(things, list) else 0


def _filled(things: Any, defaults: dict[str, Any]) -> Any:
    """The same list with what its entries leave out."""
    if not isinstance(things, list):
        return things
    return [defaults | thing if isinstance(thing, dict) else thing for thing in things]


def _scripts(found: dict[str, Any], bodies: int) -> tuple[Script, ...]:
    if "scripts" not in found:
        one = {name: found[name] for name in _SCRIPT if name in found}
        return (_script("", one, bodies),)
    for name in _SCRIPT:
        if name in found:
            raise TaskError(name, found[name], "is left out where there are `scripts`")
    listed = found["scripts"]
    if not isinstance(listed, list) or not listed:
        raise TaskError("scripts", listed, "is a list of scripts")
    return tuple(_script(f"scripts[{index}].", one, bodies) for index, one in enumerate(listed))


def _script(place: str, found: Any, bodies: int) -> Script:
    if not isinstance(found, dict) or set(found) != set(_SCRIPT):
        raise TaskError(place.rstrip(".") or "script", found, f"has {' and '.join(_SCRIPT)}")
    names = [f"agent_{agent}" for agent in range(bodies)]
    texts = _by_agent(f"{place}script", found["script"], names)
    letters = [_letters(f"{place}script.{name}", texts.get(name, "")) for name in names]
    actions = np.full((max(map(len, letters)), bodies), STAY, dtype=np.int8)
    for agent, text in enumerate(letters):
        actions[: len(text), agent] = [LETTERS.index(letter) for letter in text]
    earned = _by_agent(f"{place}earns", found["earns"], names)
    for name, number in earned.items():
        if isinstance(number, bool) or not isinstance(number, int) or number <= 0:
            raise TaskError(f"{place}earns.{name}", number, "are whole thousandths above 0")
    return Script(actions, tuple(earned.get(name, 0) for name in names))


def _letters(field: str, text: Any) -> str:
    letters = "".join(text.split()) if isinstance(text, str) else ""
    if not isinstance(text, str) or len(letters) > LONGEST or set(letters) - set(LETTERS):
        allowed = f"is at most {LONGEST} letters of {LETTERS}: {', '.join(ACTIONS)}"
        raise TaskError(field, text, allowed)
    return letters


def _by_agent(field: str, found: Any, names: list[str]) -> dict[str, Any]:
    if not isinstance(found, dict) or not found or set(found) - set(names):
        raise TaskError(field, found, f"has the fields {', '.join(names)}, some or all")
    return found
