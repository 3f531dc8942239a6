"""Where things are: cells of the map, sides, what is free, what comes onto the map and leaves it."""

import numpy as np

from worlds.kernels import apart, inlined
from worlds.playground.constants import KINDS, SHAPES, SLAB, STEPS
from worlds.playground.engine import record as at
from worlds.playground.engine.levels import RAMPS, SIDES, TOPS, ground
from worlds.playground.engine.memory import byte, put_byte, put_word, word
from worlds.playground.engine.record import NOTHING, World
from worlds.rng import Whole

_COLOURS = 6
# Shapes of live objects follow the kinds in the masks of a record.
SLABS, CUBES, SPHERES, PYRAMIDS = range(at.LIVE + KINDS, at.LIVE + KINDS + len(SHAPES))
DOWN = np.array([step[0] for step in STEPS])
RIGHTWARD = np.array([step[1] for step in STEPS])
NONE = np.uint64(0)
ONE = np.uint64(1)


@inlined
def one(thing: Whole) -> np.uint64:
    """The mask of a single thing."""
    return ONE << np.uint64(thing)


@inlined
def rest(mask: np.uint64) -> np.uint64:
    """The mask without its lowest thing."""
    return mask & (mask - ONE)


@inlined
def shape(w: World, slot: Whole) -> Whole:
    """The shape of the object in a slot."""
    return byte(w.record, at.KIND + slot) // _COLOURS


@inlined
def cell_of(w: World, thing: Whole) -> Whole:
    """The cell of the map where a thing is."""
    return (byte(w.record, at.Y + thing) + 1) * w.pitch + byte(w.record, at.X + thing) + 1


@inlined
def beyond(w: World, cell: Whole, direction: Whole) -> Whole:
    """The neighbour of a cell."""
    return cell + DOWN[direction] * w.pitch + RIGHTWARD[direction]


@inlined
def object_on(w: World, cell: Whole) -> Whole:
    """The slot of the object on a cell plus 1, or 0."""
    return byte(w.record, at.OBJECT_AT + cell)


@inlined
def agent_on(w: World, cell: Whole) -> Whole:
    """The agent on a cell plus 1, 0, or OUTSIDE."""
    return byte(w.record, w.agent_at + cell)


@inlined
def free(w: World, cell: Whole) -> bool:
    """Inside, with neither an object nor an agent."""
    return (object_on(w, cell) | agent_on(w, cell)) == 0


@inlined
def side(w: World, cell: Whole, direction: Whole) -> Whole:
    """The height of a cell at its side; a slab makes a ramp of a flat cell."""
    slot = object_on(w, cell) - 1
    if slot >= 0 and shape(w, slot) == SLAB and ground(w, RAMPS, cell) == 0:
        raised = (direction ^ 2) != byte(w.record, at.FACING + slot)
        return (ground(w, TOPS, cell) >> 1) + raised
    return (ground(w, SIDES, cell) >> (2 * direction)) & 3


@inlined
def climb(w: World, cell: Whole, direction: Whole) -> Whole:
    """How much higher the neighbour in this direction begins than the cell ends."""
    there = beyond(w, cell, direction)
    return side(w, there, direction ^ 2) - side(w, cell, direction)


@apart
def nearest(w: World, cell: Whole) -> Whole:
    """The first free cell by ring, in a ring by row and then column."""
    y, x = cell // w.pitch - 1, cell % w.pitch - 1
    for radius in range(max(w.height, w.width)):
        for row in range(max(y - radius, 0), min(y + radius + 1, w.height)):
            for column in range(max(x - radius, 0), min(x + radius + 1, w.width)):
                found = (row + 1) * w.pitch + column + 1
                ring = max(abs(row - y), abs(column - x))
                if ring == radius and free(w, found):
                    return found
    return cell  # never: a map has more cells than there are things


@inlined
def put(w: World, thing: Whole, cell: Whole) -> None:
    """Writes where a thing is; maps are left as they are."""
    put_byte(w.record, at.Y + thing, cell // w.pitch - 1)
    put_byte(w.record, at.X + thing, cell % w.pitch - 1)


@inlined
def lay(w: World, slot: Whole, cell: Whole) -> None:
    """Puts an object that is not on the map onto a cell without one."""
    put(w, slot, cell)
    put_byte(w.record, at.OBJECT_AT + cell, slot + 1)


@inlined
def enter(w: World, n: Whole, cell: Whole) -> None:
    """Puts an agent that is not on the map onto a cell without one."""
    put(w, w.objects + n, cell)
    put_byte(w.record, w.agent_at + cell, n + 1)
    put_word(w.record, at.HERE, word(w.record, at.HERE) | one(w.objects + n))


@inlined
def leave(w: World, n: Whole) -> None:
    """Takes an agent off the map, if it is there; what it holds is dropped."""
    cell = cell_of(w, w.objects + n)
    if agent_on(w, cell) == n + 1:
        put_byte(w.record, w.agent_at + cell, 0)
    put_word(w.record, at.HERE, word(w.record, at.HERE) & ~one(w.objects + n))
    slot = byte(w.record, at.HAND + n)
    if slot != NOTHING:
        let_go(w, n)
        lay(w, slot, nearest(w, cell))


@inlined
def take(w: World, n: Whole, slot: Whole) -> None:
    """An agent's hand closes around an object, which is on no map."""
    put_byte(w.record, at.HAND + n, slot)
    put_word(w.record, at.HELD, word(w.record, at.HELD) | one(slot))


@inlined
def let_go(w: World, n: Whole) -> None:
    """An agent's hand opens; what was in it is still on no map."""
    put_word(w.record, at.HELD, word(w.record, at.HELD) & ~one(byte(w.record, at.HAND + n)))
    put_byte(w.record, at.HAND + n, NOTHING)


@inlined
def revive(w: World, slot: Whole) -> None:
    """From now on the object counts among the live ones of its kind and shape."""
    put_word(
        w.record,
        at.LIVE + byte(w.record, at.KIND + slot),
        word(w.record, at.LIVE + byte(w.record, at.KIND + slot)) | one(slot),
    )
    put_word(
        w.record,
        at.LIVE + KINDS + shape(w, slot),
        word(w.record, at.LIVE + KINDS + shape(w, slot)) | one(slot),
    )


@inlined
def bury(w: World, slot: Whole) -> None:
    """From now on it does not."""
    put_word(
        w.record,
        at.LIVE + byte(w.record, at.KIND + slot),
        word(w.record, at.LIVE + byte(w.record, at.KIND + slot)) & ~one(slot),
    )
    put_word(
        w.record,
        at.LIVE + KINDS + shape(w, slot),
        word(w.record, at.LIVE + KINDS + shape(w, slot)) & ~one(slot),
    )


@inlined
def move_object(w: World, slot: Whole, here: Whole, direction: Whole) -> None:
    """Moves an object on the map to the neighbour of its cell, which is free."""
    put_byte(w.record, at.OBJECT_AT + here, 0)
    put_byte(w.record, at.OBJECT_AT + beyond(w, here, direction), slot + 1)
    step_on(w, slot, direction)


@inlined
def step_on(w: World, thing: Whole, direction: Whole) -> None:
    """Moves a thing by one cell; maps are left as they are."""
    put_byte(w.record, at.Y + thing, byte(w.record, at.Y + thing) + DOWN[direction])
    put_byte(w.record, at.X + thing, byte(w.record, at.X + thing) + RIGHTWARD[direction])


@inlined
def end_roll(w: World, slot: Whole) -> None:
    """The object rolls no more."""
    put_byte(w.record, at.ROLL + slot, 0)
    put_byte(w.record, at.ROLL_LEFT + slot, 0)
