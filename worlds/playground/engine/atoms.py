"""Which atoms hold, and between whom."""

import numpy as np

from worlds.kernels import inlined
from worlds.playground.constants import AGENT, ANY_AGENT, FLOOR, HOLD, NEAR, ON, TOUCH
from worlds.playground.engine import record as at
from worlds.playground.engine.levels import FLOORS, TOPS, ground
from worlds.playground.engine.look import sees_object
from worlds.playground.engine.memory import byte, first, put_byte, put_word, within, word
from worlds.playground.engine.record import NOTHING, World
from worlds.playground.engine.things import NONE, cell_of, one, rest
from worlds.rng import Whole


@inlined
def judge(w: World) -> None:
    """Writes the truth of all atoms of a world and their first pairs, after `look`."""
    truth = NONE
    for m in range(byte(w.record, at.ATOMS)):
        a, other = _first_pair(w, m)
        put_byte(w.record, at.WITNESS_A + m, a)
        put_byte(w.record, at.WITNESS_B + m, other)
        if a != NOTHING:
            truth |= one(m)
    put_word(w.record, at.TRUTH, truth)


@inlined
def _members(w: World, selector: Whole) -> np.uint64:
    """The mask of the live things that a selector stands for."""
    if selector < AGENT:
        return word(w.record, at.LIVE + selector)
    if selector == ANY_AGENT:
        return word(w.record, at.HERE)
    return word(w.record, at.HERE) & one(w.objects + selector - AGENT)


@inlined
def _first_pair(w: World, m: Whole) -> tuple[Whole, Whole]:
    """The first two things between which atom m holds; NOTHING if there are none, or no second."""
    predicate, second = byte(w.record, at.PREDICATE + m), byte(w.record, at.SECOND_THING + m)
    some = _members(w, byte(w.record, at.FIRST_THING + m))
    if predicate == ON:
        return _first_on(w, some, 1 + second - FLOOR), NOTHING
    others = _members(w, second)
    while some != NONE:
        a = first(some)
        some = rest(some)
        related = _related(w, predicate, a, others & ~one(a))
        if related != NOTHING:
            return a, related
    return NOTHING, NOTHING


@inlined
def _first_on(w: World, some: np.uint64, floor: Whole) -> Whole:
    some &= ~word(w.record, at.HELD)
    while some != NONE:
        a = first(some)
        if ground(w, FLOORS, cell_of(w, a)) == floor:
            return a
        some = rest(some)
    return NOTHING


@inlined
def _related(w: World, predicate: Whole, a: Whole, others: np.uint64) -> Whole:
    """The first of the others that a is related to, or NOTHING."""
    if predicate <= TOUCH:
        others &= _beside(w, a)
    elif predicate == HOLD:
        held = byte(w.record, at.HAND + a - w.objects)
        others &= one(held) if held != NOTHING else NONE
    elif a >= w.objects:
        others &= word(w.record, at.SEES + a - w.objects)
    while others != NONE:
        other = first(others)
        if predicate <= TOUCH:
            if _close(w, predicate, a, other):
                return other
        elif predicate == HOLD or a >= w.objects or sees_object(w, a, other):
            return other
        others = rest(others)
    return NOTHING


@inlined
def _beside(w: World, a: Whole) -> np.uint64:
    """The mask of what is at most one row and one column away, and of slots that are empty."""
    y, x = byte(w.record, at.Y + a), byte(w.record, at.X + a)
    return within(w.record + at.Y, y - 1, w.record + at.X, x - 1, 3)


@inlined
def _close(w: World, predicate: Whole, a: Whole, other: Whole) -> bool:
    """Whether two things beside each other are near, or touch."""
    rise = abs(_height(w, a) - _height(w, other))
    if predicate == NEAR:
        return rise <= 1
    same_row = byte(w.record, at.Y + a) == byte(w.record, at.Y + other)
    return rise == 0 and (same_row or byte(w.record, at.X + a) == byte(w.record, at.X + other))


@inlined
def _height(w: World, thing: Whole) -> Whole:
    return ground(w, TOPS, cell_of(w, thing)) >> 1
