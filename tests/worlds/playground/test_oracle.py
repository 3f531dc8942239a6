"""The scripted planner reaches goals of every kind in small scenes, and leaves them when forbidden."""

from types import SimpleNamespace

import numpy as np
import pytest

from tests.worlds.playground.scenes import scene
from worlds.playground import oracle
from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    CUBE,
    FLOOR,
    HOLD,
    NEAR,
    NO_KIND,
    ON,
    PYRAMID,
    SEE,
    SPHERE,
    TOUCH,
    kind,
)
from worlds.playground.reference import ReferenceWorld

CUBE_, BALL, CONE = kind(CUBE, 0), kind(SPHERE, 2), kind(PYRAMID, 3)
HAVE = (1, 0)  # the first atom must hold
AVOID = (0, 1)  # it must not


def play(task: SimpleNamespace, steps: int = 40, noise: float = 0.0) -> list[int]:
    """What agent 0 earns a step while the planner moves it."""
    world = ReferenceWorld(task, 9)
    facts = oracle.Facts(*(array(task, name) for name in oracle.Facts._fields))
    out = np.zeros(1, np.int8)
    paid = []
    for _ in range(steps):
        oracle.actions(facts, moment(world), 0, 7, noise, out)
        world.step([int(out[0]), *[0] * (world.bodies - 1)])
        paid.append(world.rewards[0])
    return paid


def moment(world: ReferenceWorld) -> SimpleNamespace:
    """A reference world as the arrays of a state of one world."""
    arrays = {name: array(world, name) for name in (*oracle.Moment._fields, "trial")}
    return SimpleNamespace(**arrays, worlds=np.zeros(1, np.uint64))


def array(of: object, name: str) -> np.ndarray:
    """What a task or world holds, in a batch of one; with any other dtype the planner is compiled anew."""
    return np.array([getattr(of, name)], DTYPES.get(name, np.int8))


DTYPES = {
    **dict.fromkeys(("require", "forbid", "truth"), np.uint32),
    **dict.fromkeys(("time", "trial"), np.int16),
    "fixed": np.uint8,
}


OBJECTS = ((1, 1, CUBE_), (7, 7, BALL), (1, 7, CONE))
ME, OTHER = AGENT, AGENT + 1


@pytest.mark.parametrize(
    "atom",
    [
        (HOLD, ME, BALL),
        (HOLD, ANY_AGENT, CUBE_),
        (NEAR, CONE, ME),
        (NEAR, CUBE_, BALL),
        (TOUCH, CUBE_, CONE),
        (TOUCH, ME, OTHER),
        (NEAR, CUBE_, OTHER),
        (SEE, ME, CONE),
        (ON, ME, FLOOR),
        (ON, CUBE_, FLOOR),
    ],
)
def test_the_planner_reaches_an_atom_and_stays_there(atom: tuple[int, int, int]) -> None:
    floor = [[0] * 9 for _ in range(9)]
    floor[8][0] = 1
    task = scene([(4, 4, 2), (0, 4, 2)], OBJECTS, [atom], [[HAVE]], floor=floor)
    paid = play(task)
    assert paid[0] == 0
    assert all(paid[-5:])


@pytest.mark.parametrize(
    "atom, objects",
    [
        ((HOLD, ME, BALL), OBJECTS),
        ((NEAR, CONE, ME), [(4, 5, CONE)]),
        ((SEE, ME, CONE), [(2, 4, CONE)]),
        ((ON, ME, FLOOR), ()),
        ((NEAR, CUBE_, CONE), [(1, 1, CUBE_), (1, 2, CONE)]),
    ],
)
def test_the_planner_leaves_what_is_forbidden(
    atom: tuple[int, int, int], objects: tuple[tuple[int, int, int], ...]
) -> None:
    floor = [[0] * 9 for _ in range(9)]
    floor[4][4] = 1
    task = scene([(4, 4, 0)], objects, [atom], [[AVOID]], floor=floor)
    assert all(play(task)[-5:])


def test_the_planner_makes_what_is_missing() -> None:
    ball_from_cone = (1, BALL, NO_KIND, NO_KIND)
    task = scene(
        [(4, 4, 0)],
        [(1, 1, CUBE_), (1, 7, CONE)],
        [(HOLD, ME, BALL), (NEAR, CUBE_, CONE)],
        [[HAVE]],
        [ball_from_cone],
    )
    assert all(play(task)[-5:])


def test_the_planner_goes_around_and_pushes_only_if_it_must() -> None:
    ring = [(r, c, CUBE_) for r, c in ((3, 4), (4, 3), (4, 5), (5, 4))]
    task = scene([(4, 4, 0)], ring, [(ON, ME, FLOOR)], [[HAVE]], floor=_painted(0, 0))
    assert all(play(task)[-5:])
    wall = [(2, c, CONE) for c in range(3, 7)]
    task = scene([(4, 4, 0)], wall, [(ON, ME, FLOOR)], [[HAVE]], floor=_painted(0, 4))
    assert all(play(task)[-5:])


def test_the_planner_stays_where_nothing_can_be_done() -> None:
    task = scene([(4, 4, 0), (0, 4, 2)], OBJECTS, [(HOLD, OTHER, BALL)], [[HAVE]])
    assert not any(play(task))


def test_noise_decides_for_the_planner() -> None:
    task = scene([(4, 4, 0)], OBJECTS, [(HOLD, ME, BALL)], [[HAVE]])
    assert play(task, noise=1.0) == play(task, noise=1.0)
    assert sum(play(task, noise=1.0)) < sum(play(task))


def _painted(row: int, column: int) -> list[list[int]]:
    floor = [[0] * 9 for _ in range(9)]
    floor[row][column] = 1
    return floor
