"""Ways through a playground as it stands now: breadth-first search over cells and headings."""

from typing import NamedTuple

import numpy as np

from worlds.kernels import apart, plain
from worlds.playground.constants import (
    BACK,
    FORWARD,
    LEFT,
    PYRAMID,
    RIGHT,
    SLAB,
    STAY,
    STEPS,
)
from worlds.rng import Whole

NO_WAY = -1
_COLOURS = 6  # of a shape: a kind is 6 * shape + colour
_TURNS = ((FORWARD, 0), (LEFT, 3), (RIGHT, 1), (BACK, 2))  # tried in this order


class Ground(NamedTuple):
    """One world as the search sees it; `want` and `mark` are the caller's."""

    height: np.ndarray  # [H, W] int8
    sides: np.ndarray  # [H, W, 4] int8, height of a cell at each side, slabs counted
    object_at: np.ndarray  # [H, W] int8, slot + 1, 0 none
    agent_at: np.ndarray  # [H, W] int8, agent + 1, 0 none
    stops: np.ndarray  # [H, W] int8, 0 walkable, 1 can be pushed, 2 cannot be entered
    mark: np.ndarray  # [H, W] uint8, cells that are meant
    want: np.ndarray  # [H, W, 4] uint8, poses that are looked for
    first: np.ndarray  # [H, W, 4] int8, first action on the way to a pose, NO_WAY if not reached
    queue: np.ndarray  # [4 * H * W] int32


@plain
def new_ground(height: Whole, width: Whole) -> Ground:
    """Room for one world at a time."""
    return Ground(
        np.zeros((height, width), dtype=np.int8),
        np.zeros((height, width, 4), dtype=np.int8),
        np.zeros((height, width), dtype=np.int8),
        np.zeros((height, width), dtype=np.int8),
        np.zeros((height, width), dtype=np.int8),
        np.zeros((height, width), dtype=np.uint8),
        np.zeros((height, width, 4), dtype=np.uint8),
        np.zeros((height, width, 4), dtype=np.int8),
        np.zeros(4 * height * width, dtype=np.int32),
    )


@apart
def find_ground(
    height: np.ndarray,
    ramp: np.ndarray,
    kinds: np.ndarray,
    cells: np.ndarray,
    facings: np.ndarray,
    frozen: np.ndarray,
    away: np.ndarray,
    hands: np.ndarray,
    ground: Ground,
) -> None:
    """Takes over where everything is in one world."""
    slots = kinds.size
    ground.object_at[:] = 0
    ground.agent_at[:] = 0
    ground.stops[:] = 0
    for row in range(height.shape[0]):
        for column in range(height.shape[1]):
            ground.height[row, column] = height[row, column]
            _raise(ground, row, column, ramp[row, column] - 1)
    for slot in range(slots):
        if kinds[slot] >= 0 and away[slot] == 0 and not _is_held(hands, slot):
            row, column = cells[slot]
            ground.object_at[row, column] = slot + 1
            shape = kinds[slot] // _COLOURS
            if shape == SLAB:
                if ramp[row, column] == 0:
                    _raise(ground, row, column, facings[slot])
            else:
                stiff = shape == PYRAMID or frozen[slot] != 0
                ground.stops[row, column] = 2 if stiff else 1
    for agent in range(hands.size):
        if away[slots + agent] == 0:
            row, column = cells[slots + agent]
            if row >= 0:
                ground.agent_at[row, column] = agent + 1
                ground.stops[row, column] = 2


@apart
def _is_held(hands: np.ndarray, slot: Whole) -> bool:
    for agent in range(hands.size):  # noqa: SIM110, kernels know no generators
        if hands[agent] == slot:
            return True
    return False


@apart
def _raise(ground: Ground, row: Whole, column: Whole, uphill: Whole) -> None:
    """The sides of a cell: level, or one higher but at the foot of a ramp that leads uphill."""
    for direction in range(4):
        high = uphill >= 0 and direction != (uphill + 2) % 4
        ground.sides[row, column, direction] = ground.height[row, column] + high


@apart
def climb(ground: Ground, row: Whole, column: Whole, direction: Whole) -> int:
    """How much higher the neighbour begins than this cell ends; 9 at the border."""
    down, right = row + STEPS[direction][0], column + STEPS[direction][1]
    if not (0 <= down < ground.height.shape[0] and 0 <= right < ground.height.shape[1]):
        return 9
    there = ground.sides[down, right, (direction + 2) % 4]
    return int(there) - int(ground.sides[row, column, direction])


@apart
def can_reach(ground: Ground, row: Whole, column: Whole, heading: Whole) -> bool:
    """Whether hands that point this way reach a marked cell."""
    if abs(climb(ground, row, column, heading)) > 1:
        return False
    return ground.mark[row + STEPS[heading][0], column + STEPS[heading][1]] != 0


@apart
def is_free(ground: Ground, row: Whole, column: Whole) -> bool:
    """Whether neither an object nor an agent is in this cell."""
    return not ground.object_at[row, column] and not ground.agent_at[row, column]


@apart
def first_action(ground: Ground, cell: tuple[int, int], heading: int) -> int:
    """The first action of a shortest way to a wanted pose; STAY if it is one, NO_WAY if none is.

    Cubes and spheres are pushed only if there is no way around them.
    """
    if ground.want[cell[0], cell[1], heading]:
        return STAY
    action = _search(ground, cell, heading, 0)
    return action if action != NO_WAY else _search(ground, cell, heading, 1)


@apart
def _search(ground: Ground, cell: tuple[int, int], heading: int, passable: int) -> int:
    width = ground.height.shape[1]
    ground.first[:] = NO_WAY
    ground.first[cell[0], cell[1], heading] = STAY
    ground.queue[0] = 4 * (cell[0] * width + cell[1]) + heading
    head, tail = 0, 1
    while head < tail:
        pose = ground.queue[head]
        head += 1
        row, column, turned = pose // 4 // width, pose // 4 % width, pose % 4
        for action, turn in _TURNS:
            down, right, then = row, column, (turned + turn) % 4
            if action in (FORWARD, BACK):
                if climb(ground, row, column, then) > 0:
                    continue
                down, right = row + STEPS[then][0], column + STEPS[then][1]
                then = turned
                if ground.stops[down, right] > passable:
                    continue
            if ground.first[down, right, then] != NO_WAY:
                continue
            begun = ground.first[row, column, turned] if head > 1 else action
            ground.first[down, right, then] = begun
            if ground.want[down, right, then]:
                return int(begun)
            ground.queue[tail] = 4 * (down * width + right) + then
            tail += 1
    return NO_WAY
