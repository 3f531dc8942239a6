"""What moves by itself in a step: spheres that roll, time that passes for frozen and tagged things."""

import numpy as np

from worlds.kernels import inlined
from worlds.playground.constants import ROLL_CELLS
from worlds.playground.engine import record as at
from worlds.playground.engine.levels import RAMPS, ground
from worlds.playground.engine.memory import byte, first, put_byte, put_word, word
from worlds.playground.engine.record import World
from worlds.playground.engine.things import (
    NONE,
    SPHERES,
    beyond,
    cell_of,
    climb,
    end_roll,
    enter,
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
def move(w: World) -> None:
    """Spheres roll, then all timers fall by one."""
    spheres = word(w.record, SPHERES) & ~word(w.record, at.HELD)
    while spheres != NONE:
        _roll(w, first(spheres))
        spheres = rest(spheres)
    # Cooldowns are at most 4 and so have three bits: one less in every byte that is not 0.
    cooldowns = word(w.record, at.COOLDOWNS)
    some = cooldowns | (cooldowns >> np.uint64(1)) | (cooldowns >> np.uint64(2))
    put_word(w.record, at.COOLDOWNS, cooldowns - (some & _LOWEST_BITS))
    timed = word(w.record, at.TIMED)
    while timed != NONE:
        _count_down(w, first(timed))
        timed = rest(timed)


@inlined
def _roll(w: World, slot: Whole) -> None:
    if byte(w.record, at.FROZEN + slot) != 0:
        return
    here = cell_of(w, slot)
    ramp = ground(w, RAMPS, here)
    if ramp != 0:
        put_byte(w.record, at.ROLL + slot, (ramp + 1) & 3)  # downhill
        put_byte(w.record, at.ROLL_LEFT + slot, ROLL_CELLS)
    left = byte(w.record, at.ROLL_LEFT + slot)
    if left == 0:
        return
    direction = byte(w.record, at.ROLL + slot)
    there = beyond(w, here, direction)
    # A sphere never rolls up: the foot of a ramp that rises in its direction stops it.
    if (
        free(w, there)
        and ground(w, RAMPS, there) != 1 + direction
        and climb(w, here, direction) <= 0
    ):
        move_object(w, slot, here, direction)
        put_byte(w.record, at.ROLL_LEFT + slot, left - 1)
        if left == 1:
            end_roll(w, slot)
    else:
        end_roll(w, slot)


@inlined
def _count_down(w: World, thing: Whole) -> None:
    """One step less; a thing that was away comes back near to where it entered."""
    if thing < w.objects and byte(w.record, at.FROZEN + thing) != 0:
        put_byte(w.record, at.FROZEN + thing, byte(w.record, at.FROZEN + thing) - 1)
        if byte(w.record, at.FROZEN + thing) == 0:
            put_word(w.record, at.TIMED, word(w.record, at.TIMED) & ~one(thing))
        return
    put_byte(w.record, at.AWAY + thing, byte(w.record, at.AWAY + thing) - 1)
    if byte(w.record, at.AWAY + thing) != 0:
        return
    put_word(w.record, at.TIMED, word(w.record, at.TIMED) & ~one(thing))
    home = (byte(w.record, at.HOME_Y + thing) + 1) * w.pitch + byte(w.record, at.HOME_X + thing) + 1
    cell = nearest(w, home)
    if thing < w.objects:
        lay(w, thing, cell)
        revive(w, thing)
    else:
        enter(w, thing - w.objects, cell)
