"""Production rules: the objects between which an atom holds become others."""

import numpy as np

from worlds.playground import record as at
from worlds.playground.constants import PRODUCTS, SLAB
from worlds.playground.kernels import inlined
from worlds.playground.record import NOTHING, Batch, Room
from worlds.playground.things import (
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
def fire(w: Batch, room: Room, b: Whole, before: np.uint64) -> bool:
    """Fires what rules of a world can, given the truth of the step before; whether any did."""
    touched = NONE  # mask of objects that earlier rules consumed or made
    fired = False
    for r in range(np.int64(w.r8[b, at.RULES])):
        rule = at.RULE + r * (1 + PRODUCTS)
        m = w.r8[b, rule]
        if w.r64[b, at.TRUTH] & one(m) == NONE:
            continue
        objects = _objects(w, room, b, m)
        if touched & objects != NONE or (objects == NONE and before & one(m) != NONE):
            continue
        touched |= objects | _transform(w, room, b, m, rule + 1)
        fired = True
    return fired


@inlined
def _objects(w: Batch, room: Room, b: Whole, m: Whole) -> np.uint64:
    """The mask of the objects among the witnesses of an atom that holds."""
    objects = NONE
    if w.r8[b, at.WITNESS_A + m] < room.objects:
        objects |= one(w.r8[b, at.WITNESS_A + m])
    if w.r8[b, at.WITNESS_B + m] < room.objects:
        objects |= one(w.r8[b, at.WITNESS_B + m])
    return objects


@inlined
def _transform(w: Batch, room: Room, b: Whole, m: Whole, products: Whole) -> np.uint64:
    """Turns the objects of an atom into the products listed there; the mask of what was made."""
    one_thing, other_thing = w.r8[b, at.WITNESS_A + m], w.r8[b, at.WITNESS_B + m]
    # Objects come first: without one the products appear near to the first agent.
    if one_thing >= room.objects and other_thing < room.objects:
        one_thing, other_thing = other_thing, np.uint8(NOTHING)
    origin = cell_of(w, room, b, one_thing)
    cell = other_cell = origin
    holder = other_holder = _NOBODY
    objects = 0
    if one_thing < room.objects:
        cell, holder = _remove(w, room, b, one_thing)
        objects = 1
        if other_thing < room.objects:
            other_cell, other_holder = _remove(w, room, b, other_thing)
            objects = 2
    made = NONE
    for j in range(PRODUCTS):
        kind = w.r8[b, products + j]
        if kind == NOTHING:
            break
        if j == 0 and objects > 0:
            slot = np.int64(one_thing)
            _replace(w, room, b, slot, kind, cell, holder)
        elif j == 1 and objects > 1:
            slot = np.int64(other_thing)
            _replace(w, room, b, slot, kind, other_cell, other_holder)
        else:
            slot = _empty_slot(w, b)
            if slot == NOTHING:
                w.r16[b, at.LOST] += 1
                continue
            _make(w, b, slot, kind)
            lay(w, room, b, slot, nearest(w, room, b, origin))
            _call_home(w, b, slot)
        made |= one(slot)
    return made


@inlined
def _remove(w: Batch, room: Room, b: Whole, slot: Whole) -> tuple[Whole, Whole]:
    """Takes a live object out of the world; returns where it was, and in whose hand."""
    cell = cell_of(w, room, b, slot)
    bury(w, b, slot)
    holder = _NOBODY
    if w.r64[b, at.HELD] & one(slot) != NONE:
        for n in range(np.int64(w.r8[b, at.BODIES])):
            if w.r8[b, at.HAND + n] == slot:
                holder = n
        let_go(w, b, holder)
    else:
        w.r8[b, at.OBJECT_AT + cell] = 0
    for place in (at.KIND, at.Y, at.X, at.HOME_Y, at.HOME_X):
        w.r8[b, place + slot] = NOTHING
    w.r8[b, at.FROZEN + slot] = 0
    w.r8[b, at.FACING + slot] = 0
    w.r64[b, at.TIMED] &= ~one(slot)
    end_roll(w, b, slot)
    return cell, holder


@inlined
def _replace(
    w: Batch, room: Room, b: Whole, slot: Whole, kind: Whole, cell: Whole, holder: Whole
) -> None:
    """A product takes the place of an object: its hand, its cell, or what is free near to it."""
    _make(w, b, slot, kind)
    if holder != _NOBODY:
        take(w, b, holder, slot)
        put(w, room, b, slot, cell)
    else:
        taken = agent_on(w, room, b, cell) != 0 and shape(w, b, slot) != SLAB
        if taken or object_on(w, b, cell) != 0:
            cell = nearest(w, room, b, cell)
        lay(w, room, b, slot, cell)
    _call_home(w, b, slot)


@inlined
def _make(w: Batch, b: Whole, slot: Whole, kind: Whole) -> None:
    w.r8[b, at.KIND + slot] = kind
    w.r8[b, at.NUM_SLOTS] = max(w.r8[b, at.NUM_SLOTS], np.uint8(slot + 1))
    revive(w, b, slot)


@inlined
def _call_home(w: Batch, b: Whole, slot: Whole) -> None:
    """Where the product is now is where it entered."""
    w.r8[b, at.HOME_Y + slot] = w.r8[b, at.Y + slot]
    w.r8[b, at.HOME_X + slot] = w.r8[b, at.X + slot]


@inlined
def _empty_slot(w: Batch, b: Whole) -> Whole:
    for slot in range(np.int64(w.r8[b, at.SLOTS])):
        if w.r8[b, at.KIND + slot] == NOTHING:
            return slot
    return NOTHING
