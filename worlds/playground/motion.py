"""What moves by itself in a step: spheres that roll, time that passes for frozen and tagged things."""

import numpy as np

from worlds.playground import record as at
from worlds.playground.constants import ROLL_CELLS
from worlds.playground.kernels import inlined
from worlds.playground.levels import RAMPS, Levels
from worlds.playground.record import Batch, Room
from worlds.playground.things import (
    NONE,
    SPHERES,
    beyond,
    cell_of,
    climb,
    end_roll,
    enter,
    first,
    free,
    lay,
    move_object,
    nearest,
    one,
    rest,
    revive,
)
from worlds.rng import Whole

_LOWEST_BITS = np.uint64(0x0101010101010101)  # of every byte of a word


@inlined
def move(w: Batch, room: Room, tables: Levels, b: Whole) -> None:
    """Spheres roll, then all timers fall by one."""
    spheres = w.r64[b, SPHERES] & ~w.r64[b, at.HELD]
    while spheres != NONE:
        _roll(w, room, tables, b, first(spheres))
        spheres = rest(spheres)
    # Cooldowns are at most 4 and so have three bits: one less in every byte that is not 0.
    cooldowns = w.r64[b, at.COOLDOWNS]
    some = cooldowns | (cooldowns >> np.uint64(1)) | (cooldowns >> np.uint64(2))
    w.r64[b, at.COOLDOWNS] = cooldowns - (some & _LOWEST_BITS)
    timed = w.r64[b, at.TIMED]
    while timed != NONE:
        _count_down(w, room, b, first(timed))
        timed = rest(timed)


@inlined
def _roll(w: Batch, room: Room, tables: Levels, b: Whole, slot: Whole) -> None:
    if w.r8[b, at.FROZEN + slot] != 0:
        return
    level, here = w.level[b], cell_of(w, room, b, slot)
    ramp = np.int64(tables.planes[level, RAMPS, here])
    if ramp != 0:
        w.r8[b, at.ROLL + slot] = (ramp + 1) & 3  # downhill
        w.r8[b, at.ROLL_LEFT + slot] = ROLL_CELLS
    left = w.r8[b, at.ROLL_LEFT + slot]
    if left == 0:
        return
    direction = w.r8[b, at.ROLL + slot]
    there = beyond(room, here, direction)
    # A sphere never rolls up: the foot of a ramp that rises in its direction stops it.
    if (
        free(w, room, b, there)
        and np.int64(tables.planes[level, RAMPS, there]) != 1 + direction
        and climb(w, room, tables, b, here, direction) <= 0
    ):
        move_object(w, room, b, slot, here, direction)
        w.r8[b, at.ROLL_LEFT + slot] = left - 1
        if left == 1:
            end_roll(w, b, slot)
    else:
        end_roll(w, b, slot)


@inlined
def _count_down(w: Batch, room: Room, b: Whole, thing: Whole) -> None:
    """One step less; a thing that was away comes back near to where it entered."""
    if thing < room.objects and w.r8[b, at.FROZEN + thing] != 0:
        w.r8[b, at.FROZEN + thing] -= 1
        if w.r8[b, at.FROZEN + thing] == 0:
            w.r64[b, at.TIMED] &= ~one(thing)
        return
    w.r8[b, at.AWAY + thing] -= 1
    if w.r8[b, at.AWAY + thing] != 0:
        return
    w.r64[b, at.TIMED] &= ~one(thing)
    home = (w.r8[b, at.HOME_Y + thing] + 1) * room.pitch + w.r8[b, at.HOME_X + thing] + 1
    cell = nearest(w, room, b, home)
    if thing < room.objects:
        lay(w, room, b, thing, cell)
        revive(w, b, thing)
    else:
        enter(w, room, b, thing - room.objects, cell)
