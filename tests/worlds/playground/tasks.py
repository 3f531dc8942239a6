"""Random tasks of the playground, valid but for terrain edges, and not in canonical form."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    CUBE,
    FLOOR,
    FLOORS,
    HOLD,
    KINDS,
    NEAR,
    NO_KIND,
    ON,
    PREDICATES,
    PRODUCTS,
    PYRAMID,
    SLAB,
    TOUCH,
    Sizes,
    kind,
    shape_of,
)
from worlds.playground.task import Atom, Option, Rule, Task, blank, ordered, with_goals

SIZES = Sizes(height=8, width=10, agents=4, objects=9, atoms=12, options=5, rules=6, trials=5)
LARGER = Sizes(8, 10, agents=8, objects=32, atoms=32, options=8, rules=16, trials=32, view=11)

BLACK_CUBE, BLACK_SLAB, RED_PYRAMID = kind(CUBE, 0), kind(SLAB, 0), kind(PYRAMID, 4)

T = TypeVar("T")


def random_task(seed: int, sizes: Sizes = SIZES) -> Task:
    """A task that depends on the seed and the sizes alone; H and W at least 8."""
    draws = np.random.default_rng(seed)
    task = blank(sizes)
    bodies = int(draws.integers(1, sizes.agents + 1))
    used = int(draws.integers(1, sizes.objects + 1))
    task = task._replace(
        bodies=bodies,
        slots=int(draws.integers(used, sizes.objects + 1)),
        trials=int(draws.integers(1, sizes.trials + 1)),
        trial_length=int(draws.integers(2, 300)),
        reward_mode=int(draws.integers(3)),
        trial_end=int(draws.integers(3)),
    )
    _draw_terrain(draws, task)
    _draw_things(draws, task, used)
    _draw_atoms(draws, task)
    _draw_goals(draws, task, sizes.goal_atoms)
    shape = (task.trials, bodies)
    there = draws.random(shape) < 0.7
    there[:, 0] |= ~there.any(axis=1)  # somebody in every trial
    task.present[: task.trials, :bodies] = there * draws.integers(1, task.trial_length + 1, shape)
    task.hidden_kinds[:bodies] = draws.integers(0, 1 << KINDS, bodies)
    task.hidden_predicates[:bodies] = draws.integers(0, 1 << len(PREDICATES), bodies)
    rules = int((task.rules[:, 0] >= 0).sum())
    task.hidden_rules[:bodies] = draws.integers(0, 1 << rules, bodies)
    return task


def example() -> Task:
    """Two agents, a cube and a slab on an 8x10 map; where tests change one thing at a time."""
    task = blank(SIZES)._replace(bodies=2, slots=4, trials=2, trial_length=30)
    room = SIZES.objects
    task.ramp[7, 7], task.floor[0, :3] = 2, 1
    task.kinds[:2] = BLACK_CUBE, BLACK_SLAB
    task.cells[:2] = (1, 1), (2, 2)
    task.cells[room : room + 2] = (3, 3), (4, 4)
    task.facings[1] = 3
    task.present[:2, :2] = 30
    hold, near = (HOLD, AGENT, BLACK_CUBE), (NEAR, AGENT, AGENT + 1)
    goal = (Option(frozenset({hold}), frozenset({near})), Option(frozenset({near}), frozenset()))
    rule = Rule((TOUCH, BLACK_SLAB, BLACK_CUBE), (RED_PYRAMID,))
    return with_goals(task, [goal, ()], [rule])


def changed(task: Task, name: str, where: Any, value: Any) -> Task:
    """The task with one number or row of an array set to something else."""
    array = getattr(task, name).copy()
    array[where] = value
    return task._replace(**{name: array})


def shuffled(task: Task, seed: int) -> Task:
    """The same task with its atoms renumbered, turned around and its options in other orders."""
    draws = np.random.default_rng(seed)
    atoms = int((task.atoms[:, 0] >= 0).sum())
    order = draws.permutation(atoms)  # new number -> old number
    number = np.argsort(order)  # old number -> new number
    out = task._replace(
        atoms=task.atoms.copy(),
        require=task.require.copy(),
        forbid=task.forbid.copy(),
        rules=task.rules.copy(),
    )
    for index, old in enumerate(order):
        predicate, a, b = task.atoms[old]
        turn = predicate in (NEAR, TOUCH) and draws.integers(2)
        out.atoms[index] = (predicate, b, a) if turn else (predicate, a, b)
    for agent in range(task.bodies):
        options = int(((task.require | task.forbid)[agent] != 0).sum())
        for k, old in enumerate(draws.permutation(options)):
            out.require[agent, k] = _renumbered(int(task.require[agent, old]), number)
            out.forbid[agent, k] = _renumbered(int(task.forbid[agent, old]), number)
    rules = task.rules[:, 0] >= 0
    out.rules[rules, 0] = number[task.rules[rules, 0]]
    return out


def _draw_terrain(draws: np.random.Generator, task: Task) -> None:
    shape = task.height.shape
    ramps = draws.random(shape) < 0.2
    task.ramp[:] = np.where(ramps, draws.integers(1, 5, shape), 0)
    task.height[:] = np.where(ramps, draws.integers(0, 3, shape), draws.integers(0, 4, shape))
    task.floor[:] = draws.integers(0, 1 + draws.integers(len(FLOORS) + 1), shape)


def _draw_things(draws: np.random.Generator, task: Task, used: int) -> None:
    flat = draws.permutation(np.argwhere(task.ramp == 0))
    room = len(task.kinds)
    task.cells[:used] = flat[:used]
    task.cells[room : room + task.bodies] = flat[used : used + task.bodies]
    task.kinds[:used] = draws.integers(0, KINDS, used)
    for index in range(used):
        if shape_of(task.kinds[index]) == SLAB:
            task.facings[index] = draws.integers(4)
    task.facings[room : room + task.bodies] = draws.integers(0, 4, task.bodies)
    task.fixed[:used] = draws.integers(0, 2, used)
    task.gadgets[: task.bodies] = draws.integers(0, 3, task.bodies)


def _draw_atoms(draws: np.random.Generator, task: Task) -> None:
    """Atoms and rules; a rule may produce what another one is about."""
    kinds = sorted({int(kind) for kind in task.kinds if kind >= 0})
    kinds += [kind for kind in draws.integers(0, KINDS, 2).tolist() if kind not in kinds]
    floors = [FLOOR + mark - 1 for mark in np.unique(task.floor).tolist() if mark]
    atoms: dict[Atom, Atom] = {}
    for _ in range(int(draws.integers(1, len(task.atoms) + 1))):
        atom = _draw_atom(draws, kinds, floors, task.bodies)
        atoms.setdefault(ordered(atom), atom)
    task.atoms[: len(atoms)] = list(atoms.values())
    rules = int(draws.integers(1, len(task.rules) + 1))
    for rule in task.rules[:rules]:
        rule[0] = draws.integers(len(atoms))
        products = int(draws.integers(PRODUCTS + 1))
        rule[1 : 1 + products] = draws.choice(kinds, products)
    task.rules[0, 1:3] = kinds[-2:] if len(kinds) > 1 else [kinds[0], NO_KIND]


def _draw_atom(
    draws: np.random.Generator, kinds: list[int], floors: list[int], bodies: int
) -> Atom:
    agents = [*range(AGENT, AGENT + bodies), ANY_AGENT]
    predicate = int(draws.integers(len(PREDICATES) if floors else ON))
    a = _one(draws, agents if predicate == HOLD else kinds + agents)
    b = _one(draws, {HOLD: kinds, ON: floors}.get(predicate, kinds + agents))
    return predicate, a, b


def _draw_goals(draws: np.random.Generator, task: Task, goal_atoms: int) -> None:
    atoms = int((task.atoms[:, 0] >= 0).sum())
    for agent in range(task.bodies):
        pool = draws.permutation(atoms)[:goal_atoms]
        for k in range(int(draws.integers(task.require.shape[1] + 1))):
            chosen = pool[draws.random(len(pool)) < 0.4]
            for atom in chosen if len(chosen) else pool[:1]:
                part = task.require if draws.integers(2) else task.forbid
                part[agent, k] |= np.uint32(1 << int(atom))


def _one(draws: np.random.Generator, things: Sequence[T]) -> T:
    return things[int(draws.integers(len(things)))]


def _renumbered(mask: int, number: np.ndarray) -> int:
    return sum(1 << int(number[bit]) for bit in range(32) if mask >> bit & 1)
