"""Which atoms hold, and between whom."""

import numpy as np

from worlds.playground import record as at
from worlds.playground.constants import AGENT, ANY_AGENT, FLOOR, HOLD, NEAR, ON, SEE
from worlds.playground.kernels import inlined
from worlds.playground.levels import FLOORS, TOPS, Levels
from worlds.playground.look import sees_object
from worlds.playground.record import NOTHING, Batch, Room
from worlds.playground.things import NONE, cell_of, first, one, rest
from worlds.rng import Whole


@inlined
def judge(w: Batch, room: Room, tables: Levels, b: Whole) -> None:
    """Writes the truth of all atoms of a world and their first pairs, after `look`."""
    truth = NONE
    for m in range(np.int64(w.r8[b, at.ATOMS])):
        a, other = _first_pair(w, room, tables, b, m)
        w.r8[b, at.WITNESS_A + m] = a
        w.r8[b, at.WITNESS_B + m] = other
        if a != NOTHING:
            truth |= one(m)
    w.r64[b, at.TRUTH] = truth


@inlined
def _members(w: Batch, room: Room, b: Whole, selector: Whole) -> np.uint64:
    """The mask of the live things that a selector stands for."""
    if selector < AGENT:
        return w.r64[b, at.LIVE + selector]
    if selector == ANY_AGENT:
        return w.r64[b, at.HERE]
    return w.r64[b, at.HERE] & one(room.objects + selector - AGENT)


@inlined
def _first_pair(w: Batch, room: Room, tables: Levels, b: Whole, m: Whole) -> tuple[Whole, Whole]:
    """The first two things between which atom m holds; NOTHING if there are none, or no second."""
    predicate, second = w.r8[b, at.PREDICATE + m], w.r8[b, at.SECOND_THING + m]
    some = _members(w, room, b, w.r8[b, at.FIRST_THING + m])
    if predicate == ON:
        return _first_on(w, room, tables, b, some, 1 + second - FLOOR), NOTHING
    others = _members(w, room, b, second)
    while some != NONE:
        a = first(some)
        some = rest(some)
        related = _related(w, room, tables, b, predicate, a, others & ~one(a))
        if related != NOTHING:
            return a, related
    return NOTHING, NOTHING


@inlined
def _first_on(
    w: Batch, room: Room, tables: Levels, b: Whole, some: np.uint64, floor: Whole
) -> Whole:
    some &= ~w.r64[b, at.HELD]
    while some != NONE:
        a = first(some)
        if np.int64(tables.planes[w.level[b], FLOORS, cell_of(w, room, b, a)]) == floor:
            return a
        some = rest(some)
    return NOTHING


@inlined
def _related(
    w: Batch, room: Room, tables: Levels, b: Whole, predicate: Whole, a: Whole, others: np.uint64
) -> Whole:
    """The first of the others that a is related to, or NOTHING."""
    if predicate == HOLD or (predicate == SEE and a >= room.objects):
        if predicate == SEE:
            others &= w.r64[b, at.SEES + a - room.objects]
        else:
            held = w.r8[b, at.HAND + a - room.objects]
            others &= one(held) if held != NOTHING else NONE
        return first(others) if others != NONE else NOTHING
    while others != NONE:
        other = first(others)
        if predicate == SEE:
            if sees_object(w, room, tables, b, a, other):
                return other
        elif _close(w, room, tables, b, predicate, a, other):
            return other
        others = rest(others)
    return NOTHING


@inlined
def _close(
    w: Batch, room: Room, tables: Levels, b: Whole, predicate: Whole, a: Whole, other: Whole
) -> bool:
    """Whether two things are near to each other, or touch."""
    down = abs(np.int64(w.r8[b, at.Y + a]) - w.r8[b, at.Y + other])
    right = abs(np.int64(w.r8[b, at.X + a]) - w.r8[b, at.X + other])
    if down > 1 or right > 1:
        return False
    rise = abs(_height(w, room, tables, b, a) - _height(w, room, tables, b, other))
    if predicate == NEAR:
        return rise <= 1
    return down + right <= 1 and rise == 0


@inlined
def _height(w: Batch, room: Room, tables: Levels, b: Whole, thing: Whole) -> Whole:
    return np.int64(tables.planes[w.level[b], TOPS, cell_of(w, room, b, thing)]) >> 1
