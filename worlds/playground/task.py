"""One task of the playground: a level, its goals and rules, its trials; all of it whole numbers.

A task lies in arrays of some `Sizes` and uses a part of them; used rows come first. The same task
in larger arrays is the same task (`fit`, `digest`).
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from worlds.family import TaskError
from worlds.playground.columns import Column, columns, width
from worlds.playground.constants import AGENT, NEAR, NO_ATOM, NO_KIND, SEE, TOUCH, Sizes

FORMAT = 0  # of what `digest` reads; another number gives every task another digest
_NUMBERS = ("bodies", "slots", "trials", "trial_length", "reward_mode", "trial_end")

Atom = tuple[int, int, int]  # predicate, selector a, selector b


class Option(NamedTuple):
    """One way to reach a goal: which atoms must hold and which must not."""

    require: frozenset[Atom]
    forbid: frozenset[Atom]


Goal = tuple[Option, ...]  # some option must hold; without options it never does


class Rule(NamedTuple):
    """When the atom holds, the objects it is about become the products."""

    atom: Atom
    products: tuple[int, ...]  # kinds, at most PRODUCTS


class Task(NamedTuple):
    """A level, goals, rules and trials. O object slots, N agents, M atoms, K options, X trials."""

    height: np.ndarray  # [H, W] int8, 0..3; for a ramp its low side, 0..2
    ramp: np.ndarray  # [H, W] int8, 0 flat, else 1 + uphill direction
    floor: np.ndarray  # [H, W] int8, 0 plain, else 1 + floor colour
    cells: np.ndarray  # [O+N, 2] int8, start row and column, objects then agents; NO_CELL if empty
    kinds: np.ndarray  # [O] int8, start kind or NO_OBJECT
    facings: np.ndarray  # [O+N] int8, uphill of a slab, 0 of other objects, heading of an agent
    fixed: np.ndarray  # [O] uint8, 1 = anchor: never pushed, taken, frozen or tagged
    gadgets: np.ndarray  # [N] int8, NO_GADGET, FREEZE or TAG
    atoms: np.ndarray  # [M, 3] int8, predicate or NO_ATOM, selector a, selector b
    require: np.ndarray  # [N, K] uint32, bit m: atom m must hold
    forbid: np.ndarray  # [N, K] uint32, bit m: atom m must not; both 0 is an unused option
    rules: np.ndarray  # [R, 1+S] int8, atom or NO_RULE, then products; NO_KIND for none
    hidden_rules: np.ndarray  # [N] uint32, bit r: agent n may not read rule r
    hidden_kinds: np.ndarray  # [N] uint32, bit k: nor kind k in the rules
    hidden_predicates: np.ndarray  # [N] uint8, bit p: nor predicate p in the rules
    present: np.ndarray  # [X, N] int16, steps of the trial agent n is there, 0 = absent
    bodies: int  # agents 0..bodies-1 are the task's own, the rest is room
    slots: int  # object slots 0..slots-1 are, used at the start or free for products
    trials: int
    trial_length: int  # steps
    reward_mode: int  # STATE, FIRST or FLIP
    trial_end: int  # TIME, ANY_GOAL or ALL_GOALS


def blank(sizes: Sizes) -> Task:
    """Arrays of these sizes with nothing in them, and numbers of 0: where a new task begins."""
    return Task(*(_empty(column) for column in columns(sizes).values()))


def fit(task: Task, sizes: Sizes) -> Task:
    """The same task in arrays of these sizes; what it does not use is left behind.

    Raises `TaskError` where it has no room; terrain is part of the task, so H and W must be equal.
    """
    used = in_use(task)
    needed = used._replace(objects=max(used.objects, task.slots))
    for name, need, room in zip(Sizes._fields, needed, sizes, strict=True):
        if need > room or name in ("height", "width") and need != room:
            raise TaskError(f"sizes.{name}", room, f"is {need}, which the task needs")
    return _moved(task, used, sizes)


def in_use(task: Task) -> Sizes:
    """The rows a task uses of each array; `view` is 0, since a task does not speak of views."""
    either = task.require | task.forbid
    of_goals = np.bitwise_or.reduce(either, axis=1, initial=0)
    return Sizes(
        height=task.height.shape[0],
        width=task.height.shape[1],
        agents=task.bodies,
        objects=_leading(task.kinds >= 0),
        atoms=_leading(task.atoms[:, 0] >= 0),
        options=int(np.logical_and.accumulate(either != 0, axis=1).sum(1).max(initial=0)),
        goal_atoms=int(np.bitwise_count(of_goals).max(initial=0)),
        rules=_leading(task.rules[:, 0] >= 0),
        trials=task.trials,
        view=0,
    )


def same(one: Task, other: Task) -> bool:
    """Whether two tasks are equal in every array, empty rows and atom order included."""
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in Task._fields)


def goals_of(task: Task) -> list[Goal]:
    """The goal of each of the task's own agents, with atoms in place of their numbers."""
    atoms = _atoms(task)
    return [
        tuple(
            Option(_picked(require, atoms), _picked(forbid, atoms))
            for require, forbid in zip(requires, forbids, strict=True)
            if require | forbid
        )
        for requires, forbids in zip(
            task.require[: task.bodies].tolist(), task.forbid[: task.bodies].tolist(), strict=True
        )
    ]


def rules_of(task: Task) -> list[Rule]:
    """The rules in their order, with atoms in place of their numbers."""
    atoms = _atoms(task)
    return [
        Rule(atoms[atom], tuple(kind for kind in products if kind != NO_KIND))
        for atom, *products in task.rules.tolist()
        if atom >= 0
    ]


def with_goals(task: Task, goals: Sequence[Goal], rules: Sequence[Rule]) -> Task:
    """The task with these goals, one per agent, and rules instead of its own; in canonical form.

    Raises `TaskError` where the arrays have no room for them.
    """
    goals = [_weakest(map(_ordered_option, goal)) for goal in goals]
    rules = [Rule(ordered(rule.atom), rule.products) for rule in rules]
    named = {atom for goal in goals for option in goal for part in option for atom in part}
    atoms = sorted(named | {rule.atom for rule in rules})
    _check_room("atoms", len(atoms), len(task.atoms))
    _check_room("rules", len(rules), len(task.rules))
    number = {atom: index for index, atom in enumerate(atoms)}
    made = task._replace(
        atoms=np.full_like(task.atoms, NO_ATOM),
        require=np.zeros_like(task.require),
        forbid=np.zeros_like(task.forbid),
        rules=np.full_like(task.rules, NO_KIND),
    )
    if atoms:
        made.atoms[: len(atoms)] = atoms
    for agent, goal in enumerate(goals):
        _check_room(f"goals[{agent}]", len(goal), task.require.shape[1])
        masks = sorted(
            (_mask(option.require, number), _mask(option.forbid, number)) for option in goal
        )
        for k, (require, forbid) in enumerate(masks):
            made.require[agent, k], made.forbid[agent, k] = require, forbid
    for index, rule in enumerate(rules):
        made.rules[index, : 1 + len(rule.products)] = [number[rule.atom], *rule.products]
    return made


def canonical(task: Task) -> Task:
    """The one form of a valid task that kernels rely on; doing it twice changes nothing.

    Selectors of symmetric atoms rise; atoms are sorted, without doubles or unused ones; options
    are sorted, without those that a weaker option of the same goal makes superfluous.
    """
    return with_goals(task, goals_of(task), rules_of(task))


def ordered(atom: Atom) -> Atom:
    """The atom with rising selectors where a and b may be exchanged without changing its meaning.

    That is `near` and `touch`, and `see` between two kinds: an agent sees only what is before it.
    """
    predicate, a, b = atom
    mutual = predicate in (NEAR, TOUCH) or predicate == SEE and max(a, b) < AGENT
    return (predicate, min(a, b), max(a, b)) if mutual else atom


def digest(task: Task) -> str:
    """32 hexadecimal digits of BLAKE2b over format, sizes in use and used rows, little-endian.

    The same in every space, and whatever the order of atoms and of options.
    """
    task = canonical(task)
    used = in_use(task)
    hashed = blake2b(np.array([FORMAT, *used], dtype="<i2").tobytes(), digest_size=16)
    small = _moved(task, used, used)
    for column, value in zip(columns(used).values(), small, strict=True):
        hashed.update(np.asarray(value, dtype=column.dtype.newbyteorder("<")).tobytes())
    return hashed.hexdigest()


def to_row(task: Task, sizes: Sizes) -> np.ndarray:
    """The task as int16 `[width]`; raises `TaskError` where the space has no room for it."""
    row = np.empty(width(sizes), dtype=np.int16)
    for column, value in zip(columns(sizes).values(), fit(task, sizes), strict=True):
        flat = np.asarray(value, dtype=column.dtype.newbyteorder("<")).reshape(-1)
        row[column.where] = flat.view("<i2") if column.dtype.itemsize == 4 else flat
    return row


def from_row(row: np.ndarray, sizes: Sizes) -> Task:
    """The task of a row; raises `TaskError` for another shape or numbers too large for a field.

    Nothing else is looked at: see `problems`.
    """
    row = np.asarray(row)
    if row.shape != (width(sizes),) or row.dtype != np.int16:
        raise TaskError("row", f"{row.dtype} {row.shape}", f"is int16 ({width(sizes)},)")
    return Task(*(_field(name, row, column) for name, column in columns(sizes).items()))


def _empty(column: Column) -> Any:
    return np.full(column.shape, column.empty, dtype=column.dtype) if column.shape else column.empty


def _moved(task: Task, used: Sizes, sizes: Sizes) -> Task:
    """The used rows of a task in arrays of other sizes."""
    moved = blank(sizes)
    for name, column in columns(used).items():
        if name not in ("cells", "facings") and column.shape:
            part = tuple(map(slice, column.shape))
            getattr(moved, name)[part] = getattr(task, name)[part]
    old, new = len(task.kinds), sizes.objects
    for before, after in ((task.cells, moved.cells), (task.facings, moved.facings)):
        after[: used.objects] = before[: used.objects]
        after[new : new + used.agents] = before[old : old + used.agents]
    return moved._replace(**{name: getattr(task, name) for name in _NUMBERS})


def _leading(used: np.ndarray) -> int:
    """How many rows are in use before the first empty one."""
    return int(np.logical_and.accumulate(used).sum())


def _atoms(task: Task) -> list[Atom]:
    return [(predicate, a, b) for predicate, a, b in task.atoms.tolist()]


def _picked(mask: int, atoms: list[Atom]) -> frozenset[Atom]:
    return frozenset(atom for index, atom in enumerate(atoms) if mask >> index & 1)


def _ordered_option(option: Option) -> Option:
    return Option(frozenset(map(ordered, option.require)), frozenset(map(ordered, option.forbid)))


def _weakest(options: Iterable[Option]) -> Goal:
    """The options that imply no other: one that asks for more than another adds nothing."""
    distinct = {option for option in options if option.require or option.forbid}
    return tuple(
        option
        for option in distinct
        if not any(
            other != option and other.require <= option.require and other.forbid <= option.forbid
            for other in distinct
        )
    )


def _mask(atoms: frozenset[Atom], number: dict[Atom, int]) -> int:
    return sum(1 << number[atom] for atom in atoms)


def _check_room(field: str, need: int, room: int) -> None:
    if need > room:
        raise TaskError(field, need, f"are at most {room} in this space")


def _field(name: str, row: np.ndarray, column: Column) -> Any:
    values = row[column.where]
    if column.dtype.itemsize == 4:
        return values.astype("<i2").view("<u4").astype(np.uint32).reshape(column.shape)
    limits = np.iinfo(column.dtype)
    bad = values[(values < limits.min) | (values > limits.max)]
    if bad.size:
        raise TaskError(name, int(bad[0]), f"are {limits.min}..{limits.max}")
    return values.astype(column.dtype).reshape(column.shape) if column.shape else int(values[0])
