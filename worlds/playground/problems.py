"""What may be wrong with a playground task. Whether terrain edges fit is asked of the terrain."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from worlds.family import TaskError
from worlds.playground.columns import columns
from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    DIRECTIONS,
    FLOOR,
    FLOORS,
    GADGETS,
    HEIGHTS,
    HOLD,
    KINDS,
    NO_KIND,
    ON,
    PREDICATES,
    REWARD_MODES,
    SLAB,
    TRIAL_ENDS,
    Sizes,
    shape_of,
)
from worlds.playground.task import Atom, Task, in_use, ordered
from worlds.playground.text import NOBODY, SELECTORS, atom_form

_LONGEST = np.iinfo(np.int16).max  # steps of a trial


def problems(task: Task, sizes: Sizes) -> list[str]:
    """What is wrong with a task in arrays of these sizes, one sentence each; empty if valid."""
    return [str(error) for error in errors(task, sizes)]


def errors(task: Task, sizes: Sizes) -> Iterator[TaskError]:
    """The same as errors that can be raised.

    Shapes, then numbers, then how rows are used: with one of these wrong the rest has no meaning.
    """
    for check in (_shape_errors, _number_errors, _room_errors):
        found = list(check(task, sizes))
        yield from found
        if found:
            return
    used = in_use(task)
    yield from _terrain_errors(task)
    yield from _object_errors(task, used.objects)
    yield from _agent_errors(task)
    yield from _cell_errors(task, used.objects)
    yield from _atom_errors(task, used.atoms)
    yield from _goal_errors(task, used.atoms, sizes.goal_atoms)
    yield from _rule_errors(task, used)
    yield from _hidden_errors(task, used.rules)
    yield from _present_errors(task)


def _shape_errors(task: Task, sizes: Sizes) -> Iterator[TaskError]:
    for (name, column), value in zip(columns(sizes).items(), task, strict=True):
        if not column.shape:
            if isinstance(value, bool) or not isinstance(value, int):
                yield TaskError(name, value, "are whole numbers")
        elif not isinstance(value, np.ndarray):
            yield TaskError(name, value, "is an array")
        elif (value.dtype, value.shape) != (column.dtype, column.shape):
            allowed = f"is {column.dtype} {column.shape}"
            yield TaskError(name, f"{value.dtype} {value.shape}", allowed)


def _number_errors(task: Task, sizes: Sizes) -> Iterator[TaskError]:
    used = int((task.kinds >= 0).sum())
    for name, low, high in (
        ("bodies", 1, sizes.agents),
        ("slots", used, sizes.objects),
        ("trials", 1, sizes.trials),
        ("trial_length", 1, _LONGEST),
        ("reward_mode", 0, len(REWARD_MODES) - 1),
        ("trial_end", 0, len(TRIAL_ENDS) - 1),
    ):
        yield from _outside(name, getattr(task, name), low, high)


def _room_errors(task: Task, _: Sizes) -> Iterator[TaskError]:
    """Used rows come first and what follows is empty: then nothing is lost by trimming."""
    used, room = in_use(task), len(task.kinds)
    for name, column in columns(used).items():
        if not column.shape:
            continue
        left = getattr(task, name) != column.empty
        if name in ("cells", "facings"):
            left[: used.objects] = left[room : room + used.agents] = False
        else:
            left[tuple(map(slice, column.shape))] = False
        if left.any():
            allowed = f"are used rows first, then rows of {column.empty}"
            yield TaskError(name, "numbers in unused rows", allowed)
    for agent, row in enumerate((task.require | task.forbid).tolist()):
        if any(after and not before for before, after in zip(row, row[1:], strict=False)):
            yield TaskError(f"goals[{agent}]", row, "are used options first, then zeros")


def _terrain_errors(task: Task) -> Iterator[TaskError]:
    highest = HEIGHTS - 1 - (task.ramp > 0)  # the high side of a ramp is one more
    for name, values, most in (
        ("height", task.height, highest),
        ("ramp", task.ramp, np.full_like(task.ramp, len(DIRECTIONS))),
        ("floor", task.floor, np.full_like(task.floor, len(FLOORS))),
    ):
        for row, column in np.argwhere((values < 0) | (values > most)).tolist():
            allowed = f"are 0..{most[row, column]} on this cell"
            yield TaskError(f"{name}[{row}, {column}]", int(values[row, column]), allowed)


def _object_errors(task: Task, objects: int) -> Iterator[TaskError]:
    for index in range(objects):
        kind, facing = int(task.kinds[index]), int(task.facings[index])
        yield from _outside(f"objects[{index}].kind", kind, 0, KINDS - 1)
        last = len(DIRECTIONS) - 1 if shape_of(kind) == SLAB else 0
        yield from _outside(f"objects[{index}].facing", facing, 0, last)
        yield from _outside(f"objects[{index}].anchor", int(task.fixed[index]), 0, 1)


def _agent_errors(task: Task) -> Iterator[TaskError]:
    headings = task.facings[len(task.kinds) :].tolist()
    for agent in range(task.bodies):
        yield from _outside(f"agents[{agent}].facing", headings[agent], 0, len(DIRECTIONS) - 1)
        gadget = int(task.gadgets[agent])
        yield from _outside(f"agents[{agent}].gadget", gadget, 0, len(GADGETS) - 1)


def _cell_errors(task: Task, objects: int) -> Iterator[TaskError]:
    height, width = task.height.shape
    taken: dict[tuple[int, int], str] = {}
    for name, is_agent, (row, column) in _starts(task, objects):
        if not (0 <= row < height and 0 <= column < width):
            allowed = f"are rows 0..{height - 1} and columns 0..{width - 1}"
            yield TaskError(f"{name}.cell", [row, column], allowed)
            continue
        if is_agent and task.ramp[row, column]:
            yield TaskError(f"{name}.cell", [row, column], "are flat cells: this is a ramp")
        if (row, column) in taken:
            allowed = f"are free cells: {taken[row, column]} is there"
            yield TaskError(f"{name}.cell", [row, column], allowed)
        taken[row, column] = name


def _starts(task: Task, objects: int) -> Iterator[tuple[str, bool, list[int]]]:
    room = len(task.kinds)
    for index, cell in enumerate(task.cells[:objects].tolist()):
        yield f"objects[{index}]", False, cell
    for agent, cell in enumerate(task.cells[room : room + task.bodies].tolist()):
        yield f"agents[{agent}]", True, cell


def _atom_errors(task: Task, atoms: int) -> Iterator[TaskError]:
    known = _selectors(task)
    first: dict[Atom, int] = {}
    for index, atom in enumerate(task.atoms[:atoms].tolist()):
        predicate, a, b = atom
        if predicate >= len(PREDICATES):
            yield TaskError(f"atoms[{index}]", atom, f"are predicates 0..{len(PREDICATES) - 1}")
        elif not {a, b} <= known:
            allowed = "are agents of the task, floors on its map, kinds it starts with or produces"
            yield TaskError(f"atoms[{index}]", _told(predicate, a, b), allowed)
        elif not _well_typed(predicate, a, b):
            allowed = "are hold(agent, kind), on(kind or agent, floor), others of kinds and agents"
            yield TaskError(f"atoms[{index}]", _told(predicate, a, b), allowed)
        twin = first.setdefault(ordered((predicate, a, b)), index)
        if twin != index:
            yield TaskError(f"atoms[{index}]", atom, f"are different atoms: this is atoms[{twin}]")


def _selectors(task: Task) -> set[int]:
    """Everything an atom of this task may be about."""
    kinds = set(task.kinds.tolist()) | set(task.rules[:, 1:].ravel().tolist())
    floors = {FLOOR + mark - 1 for mark in task.floor.ravel().tolist() if mark}
    agents = set(range(AGENT, AGENT + task.bodies))
    return {kind for kind in kinds if 0 <= kind < KINDS} | floors | agents | {ANY_AGENT}


def _well_typed(predicate: int, a: int, b: int) -> bool:
    if a >= FLOOR:
        return False
    if predicate == ON:
        return b >= FLOOR
    if predicate == HOLD:
        return a >= AGENT and b < KINDS
    return b < FLOOR


def _told(predicate: int, a: int, b: int) -> Any:
    """The atom as a person knows it, as far as its numbers have names."""
    named = {a, b} <= set(SELECTORS.values())
    return atom_form((predicate, a, b), NOBODY) if named else [predicate, a, b]


def _goal_errors(task: Task, atoms: int, most: int) -> Iterator[TaskError]:
    for agent in range(task.bodies):
        named = 0
        options = zip(task.require[agent].tolist(), task.forbid[agent].tolist(), strict=True)
        for k, (require, forbid) in enumerate(options):
            named |= require | forbid
            if require & forbid:
                allowed = "are options that do not require and forbid one atom"
                yield TaskError(f"goals[{agent}]", f"option {k}", allowed)
        if named >> atoms:
            yield TaskError(f"goals[{agent}]", f"bits {named:#x}", f"are bits of {atoms} atoms")
        if named.bit_count() > most:
            allowed = f"are at most {most} different atoms"
            yield TaskError(f"goals[{agent}]", f"{named.bit_count()} atoms", allowed)


def _rule_errors(task: Task, used: Sizes) -> Iterator[TaskError]:
    for index, (atom, *products) in enumerate(task.rules[: used.rules].tolist()):
        yield from _outside(f"rules[{index}]", atom, 0, used.atoms - 1)
        made = [kind for kind in products if kind != NO_KIND]
        if products[: len(made)] != made or not all(0 <= kind < KINDS for kind in made):
            allowed = f"are kinds 0..{KINDS - 1}, then {NO_KIND}"
            yield TaskError(f"rules[{index}]", products, allowed)


def _hidden_errors(task: Task, rules: int) -> Iterator[TaskError]:
    for agent in range(task.bodies):
        for name, bits, count in (
            ("rules", task.hidden_rules[agent], rules),
            ("kinds", task.hidden_kinds[agent], KINDS),
            ("predicates", task.hidden_predicates[agent], len(PREDICATES)),
        ):
            if int(bits) >> count:
                field = f"hidden[{agent}].{name}"
                yield TaskError(field, f"bits {int(bits):#x}", f"are bits of {count} {name}")


def _present_errors(task: Task) -> Iterator[TaskError]:
    for trial, steps in enumerate(task.present[: task.trials].tolist()):
        if min(steps) < 0 or max(steps) > task.trial_length:
            yield TaskError(f"present[{trial}]", steps, f"are 0..{task.trial_length} steps")
        elif not any(steps):
            yield TaskError(f"present[{trial}]", steps, "is somebody in every trial")


def _outside(field: str, found: int, low: int, high: int) -> Iterator[TaskError]:
    if not low <= found <= high:
        yield TaskError(field, found, f"are {low}..{high}")
