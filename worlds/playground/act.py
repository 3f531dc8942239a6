"""What agents do in a step: walk, push, take and put down, freeze and tag."""

import numpy as np

from worlds.playground import record as at
from worlds.playground.constants import (
    AWAY_STEPS,
    BACK,
    COOLDOWN_STEPS,
    FORWARD,
    FREEZE,
    FROZEN_STEPS,
    GADGET,
    HAND,
    LEFT,
    NO_GADGET,
    PYRAMID,
    REACH,
    RIGHT,
    ROLL_CELLS,
    SLAB,
    SPHERE,
)
from worlds.playground.kernels import inlined
from worlds.playground.levels import RAMPS, TOPS, Levels
from worlds.playground.record import NOTHING, OUTSIDE, Batch, Room
from worlds.playground.things import (
    agent_on,
    beyond,
    bury,
    cell_of,
    climb,
    end_roll,
    free,
    lay,
    leave,
    let_go,
    move_object,
    object_on,
    one,
    shape,
    step_on,
    take,
)
from worlds.rng import Whole


@inlined
def act(w: Batch, room: Room, tables: Levels, b: Whole, n: Whole, action: Whole) -> None:
    """One action of an agent that is on the map."""
    heading = w.r8[b, at.FACING + room.objects + n]
    if action == FORWARD:
        _walk(w, room, tables, b, n, heading)
    elif action == BACK:
        _walk(w, room, tables, b, n, heading ^ 2)
    elif action == LEFT:
        w.r8[b, at.FACING + room.objects + n] = (heading + 3) & 3
    elif action == RIGHT:
        w.r8[b, at.FACING + room.objects + n] = (heading + 1) & 3
    elif action == HAND:
        _use_hand(w, room, tables, b, n, heading)
    elif action == GADGET:
        _use_gadget(w, room, tables, b, n, heading)


@inlined
def _walk(w: Batch, room: Room, tables: Levels, b: Whole, n: Whole, direction: Whole) -> None:
    here = cell_of(w, room, b, room.objects + n)
    there = beyond(room, here, direction)
    if agent_on(w, room, b, there) != 0 or climb(w, room, tables, b, here, direction) > 0:
        return
    slot = object_on(w, b, there) - 1
    if (
        slot >= 0
        and shape(w, b, slot) != SLAB
        and not _push(w, room, tables, b, slot, there, direction)
    ):
        return
    w.r8[b, room.agent_at + here] = 0
    w.r8[b, room.agent_at + there] = n + 1
    step_on(w, b, room.objects + n, direction)
    held = w.r8[b, at.HAND + n]
    if held != NOTHING:
        step_on(w, b, held, direction)


@inlined
def _push(
    w: Batch, room: Room, tables: Levels, b: Whole, slot: Whole, here: Whole, direction: Whole
) -> bool:
    """Pushes a cube or sphere one cell on; whether it went."""
    if shape(w, b, slot) == PYRAMID or w.r8[b, at.FROZEN + slot] != 0:
        return False
    there = beyond(room, here, direction)
    if not free(w, room, b, there) or climb(w, room, tables, b, here, direction) > 0:
        return False
    move_object(w, room, b, slot, here, direction)
    if shape(w, b, slot) == SPHERE:
        w.r8[b, at.ROLL + slot] = direction
        w.r8[b, at.ROLL_LEFT + slot] = ROLL_CELLS
    return True


@inlined
def _use_hand(w: Batch, room: Room, tables: Levels, b: Whole, n: Whole, heading: Whole) -> None:
    here = cell_of(w, room, b, room.objects + n)
    there = beyond(room, here, heading)
    if agent_on(w, room, b, there) != 0 or abs(climb(w, room, tables, b, here, heading)) > 1:
        return
    found = object_on(w, b, there) - 1
    held = w.r8[b, at.HAND + n]
    if held != NOTHING and found < 0:
        let_go(w, b, n)
        w.r8[b, at.FACING + held] = heading
        lay(w, room, b, held, there)
    elif held == NOTHING and found >= 0 and w.r8[b, at.FROZEN + found] == 0:
        w.r8[b, at.OBJECT_AT + there] = 0
        end_roll(w, b, found)
        take(w, b, n, found)
        w.r8[b, at.Y + found] = w.r8[b, at.Y + room.objects + n]
        w.r8[b, at.X + found] = w.r8[b, at.X + room.objects + n]


@inlined
def _use_gadget(w: Batch, room: Room, tables: Levels, b: Whole, n: Whole, heading: Whole) -> None:
    gadget = w.r8[b, at.GADGET + n]
    if gadget == NO_GADGET or w.r8[b, 8 * at.COOLDOWNS + n] != 0:
        return
    w.r8[b, 8 * at.COOLDOWNS + n] = COOLDOWN_STEPS
    level = w.level[b]
    cell = cell_of(w, room, b, room.objects + n)
    # A slab makes a ramp of a flat cell and changes nothing on a ramp.
    slot = object_on(w, b, cell) - 1
    eye = np.int64(tables.planes[level, TOPS, cell]) + 1
    if slot >= 0 and shape(w, b, slot) == SLAB and np.int64(tables.planes[level, RAMPS, cell]) == 0:
        eye += 1
    for _ in range(REACH):
        cell = beyond(room, cell, heading)
        agent, slot = agent_on(w, room, b, cell), object_on(w, b, cell) - 1
        # Without its lowest bit, which tells of ramps, a top is 2 * height.
        if agent == OUTSIDE or (np.int64(tables.planes[level, TOPS, cell]) & 0xFE) > eye:
            return
        if agent != 0:
            if gadget != FREEZE:
                _tag_agent(w, room, b, agent - 1)
            return
        if slot >= 0:
            _hit_object(w, b, slot, cell, gadget)
            return


@inlined
def _tag_agent(w: Batch, room: Room, b: Whole, n: Whole) -> None:
    leave(w, room, b, n)
    w.r8[b, at.AWAY + room.objects + n] = AWAY_STEPS
    w.r64[b, at.TIMED] |= one(room.objects + n)


@inlined
def _hit_object(w: Batch, b: Whole, slot: Whole, cell: Whole, gadget: Whole) -> None:
    if w.r8[b, at.FROZEN + slot] == NOTHING:  # an anchor
        return
    end_roll(w, b, slot)
    w.r64[b, at.TIMED] |= one(slot)
    if gadget == FREEZE:
        w.r8[b, at.FROZEN + slot] = FROZEN_STEPS
    else:
        w.r8[b, at.FROZEN + slot] = 0
        w.r8[b, at.OBJECT_AT + cell] = 0
        w.r8[b, at.AWAY + slot] = AWAY_STEPS
        bury(w, b, slot)
