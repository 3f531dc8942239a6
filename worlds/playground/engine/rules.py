"""Production rules: the objects between which an atom holds become others."""

import numpy as np

from worlds.kernels import inlined
from worlds.playground.constants import PRODUCTS, SLAB
from worlds.playground.engine import record as at
from worlds.playground.engine.memory import byte, number, put_byte, put_number, put_word, word
from worlds.playground.engine.record import NOTHING, World
from worlds.playground.engine.things import (
    NONE,
    agent_on,
    bury,
    cell_of,
    end_roll,
    lay,
    let_go,
    nearest,
    object_on,
    one,
    put,
    revive,
    shape,
    take,
)
from worlds.rng import Whole

_NOBODY = 255  # holds it


@inlined
def fire(w: World, before: np.uint64) -> bool:
    """Fires what rules of a world can, given the truth of the step before; whether any did."""
    touched = NONE  # mask of objects that earlier rules consumed or made
    fired = False
    for r in range(byte(w.record, at.RULES)):
        rule = at.RULE + r * (1 + PRODUCTS)
        m = byte(w.record, rule)
        if word(w.record, at.TRUTH) & one(m) == NONE:
            continue
        objects = _objects(w, m)
        if touched & objects != NONE or (objects == NONE and before & one(m) != NONE):
            continue
        touched |= objects | _transform(w, m, rule + 1)
        fired = True
    return fired


@inlined
def _objects(w: World, m: Whole) -> np.uint64:
    """The mask of the objects among the witnesses of an atom that holds."""
    objects = NONE
    if byte(w.record, at.WITNESS_A + m) < w.objects:
        objects |= one(byte(w.record, at.WITNESS_A + m))
    if byte(w.record, at.WITNESS_B + m) < w.objects:
        objects |= one(byte(w.record, at.WITNESS_B + m))
    return objects


@inlined
def _transform(w: World, m: Whole, products: Whole) -> np.uint64:
    """Turns the objects of an atom into the products listed there; the mask of what was made."""
    one_thing, other_thing = byte(w.record, at.WITNESS_A + m), byte(w.record, at.WITNESS_B + m)
    # Objects come first: without one the products appear near to the first agent.
    if one_thing >= w.objects and other_thing < w.objects:
        one_thing, other_thing = other_thing, np.uint8(NOTHING)
    origin = cell_of(w, one_thing)
    cell = other_cell = origin
    holder = other_holder = _NOBODY
    objects = 0
    if one_thing < w.objects:
        cell, holder = _remove(w, one_thing)
        objects = 1
        if other_thing < w.objects:
            other_cell, other_holder = _remove(w, other_thing)
            objects = 2
    made = NONE
    for j in range(PRODUCTS):
        kind = byte(w.record, products + j)
        if kind == NOTHING:
            break
        if j == 0 and objects > 0:
            slot = np.int64(one_thing)
            _replace(w, slot, kind, cell, holder)
        elif j == 1 and objects > 1:
            slot = np.int64(other_thing)
            _replace(w, slot, kind, other_cell, other_holder)
        else:
            slot = _empty_slot(w)
            if slot == NOTHING:
                put_number(w.record, at.LOST, number(w.record, at.LOST) + 1)
                continue
            _make(w, slot, kind)
            lay(w, slot, nearest(w, origin))
            _call_home(w, slot)
        made |= one(slot)
    return made


@inlined
def _remove(w: World, slot: Whole) -> tuple[Whole, Whole]:
    """Takes a live object out of the world; returns where it was, and in whose hand."""
    cell = cell_of(w, slot)
    bury(w, slot)
    holder = _NOBODY
    if word(w.record, at.HELD) & one(slot) != NONE:
        for n in range(byte(w.record, at.BODIES)):
            if byte(w.record, at.HAND + n) == slot:
                holder = n
        let_go(w, holder)
    else:
        put_byte(w.record, at.OBJECT_AT + cell, 0)
    for place in (at.KIND, at.Y, at.X, at.HOME_Y, at.HOME_X):
        put_byte(w.record, place + slot, NOTHING)
    put_byte(w.record, at.FROZEN + slot, 0)
    put_byte(w.record, at.FACING + slot, 0)
    put_word(w.record, at.TIMED, word(w.record, at.TIMED) & ~one(slot))
    end_roll(w, slot)
    return cell, holder


@inlined
def _replace(w: World, slot: Whole, kind: Whole, cell: Whole, holder: Whole) -> None:
    """A product takes the place of an object: its hand, its cell, or what is free near to it."""
    _make(w, slot, kind)
    if holder != _NOBODY:
        take(w, holder, slot)
        put(w, slot, cell)
    else:
        taken = agent_on(w, cell) != 0 and shape(w, slot) != SLAB
        if taken or object_on(w, cell) != 0:
            cell = nearest(w, cell)
        lay(w, slot, cell)
    _call_home(w, slot)


@inlined
def _make(w: World, slot: Whole, kind: Whole) -> None:
    put_byte(w.record, at.KIND + slot, kind)
    put_byte(w.record, at.NUM_SLOTS, max(byte(w.record, at.NUM_SLOTS), np.uint8(slot + 1)))
    revive(w, slot)


@inlined
def _call_home(w: World, slot: Whole) -> None:
    """Where the product is now is where it entered."""
    put_byte(w.record, at.HOME_Y + slot, byte(w.record, at.Y + slot))
    put_byte(w.record, at.HOME_X + slot, byte(w.record, at.X + slot))


@inlined
def _empty_slot(w: World) -> Whole:
    for slot in range(byte(w.record, at.SLOTS)):
        if byte(w.record, at.KIND + slot) == NOTHING:
            return slot
    return NOTHING
