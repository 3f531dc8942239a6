"""Small playground tasks made by hand, for the tests of what happens in them."""

from collections.abc import Sequence
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np

from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    BACK,
    CUBE,
    FLOOR,
    FORWARD,
    FREEZE,
    GADGET,
    HAND,
    HOLD,
    LEFT,
    NEAR,
    NO_ATOM,
    NO_KIND,
    NO_OBJECT,
    NO_RULE,
    ON,
    PYRAMID,
    RIGHT,
    SEE,
    SLAB,
    SPHERE,
    TAG,
    TOUCH,
    Sizes,
    kind,
)
from worlds.playground.reference import ReferenceWorld, ahead
from worlds.playground.task import Task, blank

SIDE, OBJECTS, AGENTS, ATOMS, OPTIONS, PRODUCTS = 9, 6, 4, 6, 3, 3
Thing = tuple[int, int, int]  # row, column, kind or heading
SIZES = Sizes(SIDE, SIDE, AGENTS, OBJECTS, ATOMS, OPTIONS, ATOMS, 4, 3)
# What may happen in a step, by the names that the plain playground keeps.
BRANCHES = {
    "left early",
    "wants turned over",
    "next trial",
    "too steep",
    "blocked by an object",
    "walked on a slab",
    "pushed on a ramp",
    "pushed a sphere",
    "pushed a cube",
    "put down",
    "took",
    "tagged an agent",
    "tag made a holder drop",
    "hit an anchor",
    "froze an object",
    "tagged an object",
    "rolled down",
    "rolled on",
    "roll ended",
    "an object came back",
    "an agent came back",
    "rule held back",
    "product lost",
    "product in hand",
    "product beside an agent",
}


def scene(
    agents: Sequence[Thing] = ((4, 4, 0),),
    objects: Sequence[tuple[int, ...]] = (),
    atoms: Sequence[Sequence[int]] = (),
    goals: Sequence[Sequence[tuple[int, int]]] = (),
    rules: Sequence[Sequence[int]] = (),
    **other: Any,
) -> SimpleNamespace:
    """A flat 9x9 task; objects are (row, column, kind[, facing[, anchor]])."""
    free, bodies = OBJECTS - len(objects), len(agents)
    whole = [(*thing, 0, 0)[:5] for thing in objects]
    places = [thing[:2] for thing in whole] + [(-1, -1)] * free
    places += [agent[:2] for agent in agents] + [(-1, -1)] * (AGENTS - bodies)
    wanted = [list(options) + [(0, 0)] * (OPTIONS - len(options)) for options in goals]
    wanted += [[(0, 0)] * OPTIONS] * (AGENTS - len(wanted))
    length = other.get("trial_length", 50)
    task = SimpleNamespace(
        height=[[0] * SIDE for _ in range(SIDE)],
        ramp=[[0] * SIDE for _ in range(SIDE)],
        floor=[[0] * SIDE for _ in range(SIDE)],
        cells=[list(place) for place in places],
        kinds=[thing[2] for thing in whole] + [NO_OBJECT] * free,
        facings=[
            *(thing[3] for thing in whole),
            *[0] * free,
            *(agent[2] for agent in agents),
            *[0] * (AGENTS - bodies),
        ],
        fixed=[thing[4] for thing in whole] + [0] * free,
        gadgets=[0] * AGENTS,
        atoms=[list(atom) for atom in atoms] + [[NO_ATOM, -1, -1]] * (ATOMS - len(atoms)),
        require=[[option[0] for option in options] for options in wanted],
        forbid=[[option[1] for option in options] for options in wanted],
        rules=[[rule[0], *rule[1:], *[NO_KIND] * (PRODUCTS - len(rule[1:]))] for rule in rules]
        + [[NO_RULE] + [NO_KIND] * PRODUCTS],
        present=[
            [length] * bodies + [0] * (AGENTS - bodies) for _ in range(other.get("trials", 1))
        ],
        bodies=bodies,
        slots=OBJECTS,
        trials=1,
        trial_length=length,
        reward_mode=0,
        trial_end=0,
    )
    for name, value in other.items():
        assert hasattr(task, name), name
        setattr(task, name, value)
    return task


def random_scene(seed: int) -> SimpleNamespace:
    """A small task with something of everything; heights and ramps need not fit each other."""
    random = Random(seed)
    bodies = random.choice((1, 3, AGENTS, AGENTS))
    cells = random.sample([(row, column) for row in range(SIDE) for column in range(SIDE)], 10)
    shapes = (SLAB, CUBE, SPHERE, PYRAMID, SPHERE, CUBE)
    objects = [
        (*cells[slot], kind(shape, random.randrange(3)), random.randrange(4), random.random() < 0.1)
        for slot, shape in enumerate(shapes[: random.randint(2, OBJECTS)])
    ]
    agents = [(*cells[6 + n], random.randrange(4)) for n in range(bodies)]
    kinds = [thing[2] for thing in objects] + [kind(PYRAMID, 4)]
    atoms = [_atom(random, bodies, kinds) for _ in range(random.randint(1, ATOMS))]
    limit = 1 << len(atoms)
    goals = [
        [_option(random, limit) for _ in range(random.randint(0, OPTIONS))] for _ in range(bodies)
    ]
    rules = [
        [
            random.randrange(len(atoms)),
            *random.choices([*kinds, kind(SLAB, 5)], k=random.randint(0, 3)),
        ]
        for _ in range(random.randint(0, 3))
    ]
    length, trials = random.randint(10, 40), random.randint(1, 3)
    task = scene(
        agents,
        objects,
        atoms,
        goals,
        rules,
        trials=trials,
        trial_length=length,
        reward_mode=random.randrange(3),
        trial_end=random.randrange(3),
        gadgets=[random.choice((FREEZE, TAG, TAG)) for _ in range(AGENTS)],
    )
    for trial in range(trials):
        stays = random.randrange(bodies)
        for n in range(bodies):
            if n != stays:
                task.present[trial][n] = random.choice((length, length, length // 2, 0))
    for row in range(SIDE):
        for column in range(SIDE):
            task.floor[row][column] = random.choice((0, 0, 1, 2))
            task.height[row][column] = random.choice((0, 0, 0, 1, 2))
            if (row, column) not in cells[6:] and random.random() < 0.2:
                task.ramp[row][column] = 1 + random.randrange(4)
    return task


def busy(one: ReferenceWorld, number: int, random: Random) -> int:
    """Half of the time something useful: take what lies ahead, or use the gadget on somebody."""
    if random.random() < 0.5:
        return random.choice((FORWARD, FORWARD, BACK, LEFT, RIGHT, HAND, GADGET))
    thing = one.slots_total + number
    cell, heading = one.cells[thing], one.facings[thing]
    for distance in range(5):
        cell = ahead(cell, heading)
        if cell in one.agent_at:
            return GADGET
        if cell in one.object_at:
            return GADGET if distance else HAND
    return FORWARD


def as_task(one: SimpleNamespace, seed: int = 0) -> Task:
    """A scene as a task in arrays of `SIZES`, with parts of its rules hidden as the seed says."""
    random = Random(seed)
    task = blank(SIZES)._replace(
        **{name: getattr(one, name) for name in Task._fields[-6:]},
    )
    for name in Task._fields[:-6]:
        array, given = getattr(task, name), getattr(one, name, None)
        if given is None:  # what is hidden
            array[: one.bodies] = [random.randrange(1 << 3) for _ in range(one.bodies)]
        elif given:
            part = np.array(given)
            array[tuple(map(slice, part.shape))] = part
    options = task.require | task.forbid
    for agent, used in enumerate(options != 0):  # used options come first
        order = np.argsort(~used, kind="stable")
        task.require[agent] = task.require[agent, order]
        task.forbid[agent] = task.forbid[agent, order]
    return task


def _atom(random: Random, bodies: int, kinds: Sequence[int]) -> tuple[int, int, int]:
    agents = [AGENT + n for n in range(bodies)] + [ANY_AGENT]
    predicate = random.choice((NEAR, TOUCH, HOLD, SEE, ON))
    either = [*agents, *kinds]
    if predicate == HOLD:
        return predicate, random.choice(agents), random.choice(kinds)
    second = FLOOR + random.randrange(2) if predicate == ON else random.choice(either)
    return predicate, random.choice(either), second


def _option(random: Random, limit: int) -> tuple[int, int]:
    require = random.randrange(limit) & random.randrange(limit)
    return require, random.randrange(limit) & random.randrange(limit) & ~require
