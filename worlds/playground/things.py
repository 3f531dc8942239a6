"""Where things are: cells of the map, sides, what is free, what comes onto the map and leaves it."""

import numpy as np

from worlds.playground import record as at
from worlds.playground.constants import CUBE, KINDS, SLAB, SPHERE, STEPS
from worlds.playground.kernels import apart, inlined
from worlds.playground.levels import RAMPS, SIDES, TOPS, Levels
from worlds.playground.record import NOTHING, Batch, Room
from worlds.rng import Whole

_COLOURS = 6
# Shapes of live objects follow the kinds in the masks of a record.
SLABS, CUBES, SPHERES = (at.LIVE + KINDS + shape for shape in (SLAB, CUBE, SPHERE))
DOWN = np.array([step[0] for step in STEPS])
RIGHTWARD = np.array([step[1] for step in STEPS])
NONE = np.uint64(0)
ONE = np.uint64(1)


@inlined
def one(thing: Whole) -> np.uint64:
    """The mask of a single thing."""
    return ONE << np.uint64(thing)


@inlined
def first(mask: np.uint64) -> np.int64:
    """The lowest thing of a mask that is not empty."""
    below = ~mask & (mask - ONE)
    below = below - ((below >> ONE) & np.uint64(0x5555555555555555))
    below = (below & np.uint64(0x3333333333333333)) + (
        (below >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    below = (below + (below >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((below * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inlined
def rest(mask: np.uint64) -> np.uint64:
    """The mask without its lowest thing."""
    return mask & (mask - ONE)


@inlined
def shape(w: Batch, b: Whole, slot: Whole) -> Whole:
    """The shape of the object in a slot."""
    return w.r8[b, at.KIND + slot] // _COLOURS


@inlined
def cell_of(w: Batch, room: Room, b: Whole, thing: Whole) -> Whole:
    """The cell of the map where a thing is."""
    return (w.r8[b, at.Y + thing] + 1) * room.pitch + w.r8[b, at.X + thing] + 1


@inlined
def beyond(room: Room, cell: Whole, direction: Whole) -> Whole:
    """The neighbour of a cell."""
    return cell + DOWN[direction] * room.pitch + RIGHTWARD[direction]


@inlined
def object_on(w: Batch, b: Whole, cell: Whole) -> Whole:
    """The slot of the object on a cell plus 1, or 0."""
    return w.r8[b, at.OBJECT_AT + cell]


@inlined
def agent_on(w: Batch, room: Room, b: Whole, cell: Whole) -> Whole:
    """The agent on a cell plus 1, 0, or OUTSIDE."""
    return w.r8[b, room.agent_at + cell]


@inlined
def free(w: Batch, room: Room, b: Whole, cell: Whole) -> bool:
    """Inside, with neither an object nor an agent."""
    return (object_on(w, b, cell) | agent_on(w, room, b, cell)) == 0


@inlined
def side(w: Batch, tables: Levels, b: Whole, cell: Whole, direction: Whole) -> Whole:
    """The height of a cell at its side; a slab makes a ramp of a flat cell."""
    level = w.level[b]
    slot = object_on(w, b, cell) - 1
    if slot >= 0 and shape(w, b, slot) == SLAB and np.int64(tables.planes[level, RAMPS, cell]) == 0:
        raised = (direction ^ 2) != w.r8[b, at.FACING + slot]
        return (np.int64(tables.planes[level, TOPS, cell]) >> 1) + raised
    return (np.int64(tables.planes[level, SIDES, cell]) >> (2 * direction)) & 3


@inlined
def climb(w: Batch, room: Room, tables: Levels, b: Whole, cell: Whole, direction: Whole) -> Whole:
    """How much higher the neighbour in this direction begins than the cell ends."""
    there = beyond(room, cell, direction)
    return side(w, tables, b, there, direction ^ 2) - side(w, tables, b, cell, direction)


@apart
def nearest(w: Batch, room: Room, b: Whole, cell: Whole) -> Whole:
    """The first free cell by ring, in a ring by row and then column."""
    y, x = cell // room.pitch - 1, cell % room.pitch - 1
    for radius in range(max(room.height, room.width)):
        for row in range(max(y - radius, 0), min(y + radius + 1, room.height)):
            for column in range(max(x - radius, 0), min(x + radius + 1, room.width)):
                found = (row + 1) * room.pitch + column + 1
                ring = max(abs(row - y), abs(column - x))
                if ring == radius and free(w, room, b, found):
                    return found
    return cell  # never: a map has more cells than there are things


@inlined
def put(w: Batch, room: Room, b: Whole, thing: Whole, cell: Whole) -> None:
    """Writes where a thing is; maps are left as they are."""
    w.r8[b, at.Y + thing] = cell // room.pitch - 1
    w.r8[b, at.X + thing] = cell % room.pitch - 1


@inlined
def lay(w: Batch, room: Room, b: Whole, slot: Whole, cell: Whole) -> None:
    """Puts an object that is not on the map onto a cell without one."""
    put(w, room, b, slot, cell)
    w.r8[b, at.OBJECT_AT + cell] = slot + 1


@inlined
def enter(w: Batch, room: Room, b: Whole, n: Whole, cell: Whole) -> None:
    """Puts an agent that is not on the map onto a cell without one."""
    put(w, room, b, room.objects + n, cell)
    w.r8[b, room.agent_at + cell] = n + 1
    w.r64[b, at.HERE] |= one(room.objects + n)


@inlined
def leave(w: Batch, room: Room, b: Whole, n: Whole) -> None:
    """Takes an agent off the map, if it is there; what it holds is dropped."""
    cell = cell_of(w, room, b, room.objects + n)
    if agent_on(w, room, b, cell) == n + 1:
        w.r8[b, room.agent_at + cell] = 0
    w.r64[b, at.HERE] &= ~one(room.objects + n)
    slot = w.r8[b, at.HAND + n]
    if slot != NOTHING:
        let_go(w, b, n)
        lay(w, room, b, slot, nearest(w, room, b, cell))


@inlined
def take(w: Batch, b: Whole, n: Whole, slot: Whole) -> None:
    """An agent's hand closes around an object, which is on no map."""
    w.r8[b, at.HAND + n] = slot
    w.r64[b, at.HELD] |= one(slot)


@inlined
def let_go(w: Batch, b: Whole, n: Whole) -> None:
    """An agent's hand opens; what was in it is still on no map."""
    w.r64[b, at.HELD] &= ~one(w.r8[b, at.HAND + n])
    w.r8[b, at.HAND + n] = NOTHING


@inlined
def revive(w: Batch, b: Whole, slot: Whole) -> None:
    """From now on the object counts among the live ones of its kind and shape."""
    w.r64[b, at.LIVE + w.r8[b, at.KIND + slot]] |= one(slot)
    w.r64[b, at.LIVE + KINDS + shape(w, b, slot)] |= one(slot)


@inlined
def bury(w: Batch, b: Whole, slot: Whole) -> None:
    """From now on it does not."""
    w.r64[b, at.LIVE + w.r8[b, at.KIND + slot]] &= ~one(slot)
    w.r64[b, at.LIVE + KINDS + shape(w, b, slot)] &= ~one(slot)


@inlined
def move_object(w: Batch, room: Room, b: Whole, slot: Whole, here: Whole, direction: Whole) -> None:
    """Moves an object on the map to the neighbour of its cell, which is free."""
    w.r8[b, at.OBJECT_AT + here] = 0
    w.r8[b, at.OBJECT_AT + beyond(room, here, direction)] = slot + 1
    step_on(w, b, slot, direction)


@inlined
def step_on(w: Batch, b: Whole, thing: Whole, direction: Whole) -> None:
    """Moves a thing by one cell; maps are left as they are."""
    w.r8[b, at.Y + thing] += DOWN[direction]
    w.r8[b, at.X + thing] += RIGHTWARD[direction]


@inlined
def end_roll(w: Batch, b: Whole, slot: Whole) -> None:
    """The object rolls no more."""
    w.r8[b, at.ROLL + slot] = 0
    w.r8[b, at.ROLL_LEFT + slot] = 0
