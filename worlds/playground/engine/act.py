"""What agents do in a step: walk, push, take and put down, freeze and tag."""

from worlds.kernels import inlined
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
from worlds.playground.engine import record as at
from worlds.playground.engine.levels import RAMPS, TOPS, ground
from worlds.playground.engine.memory import byte, put_byte, put_word, word
from worlds.playground.engine.record import NOTHING, OUTSIDE, World
from worlds.playground.engine.things import (
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
def act(w: World, n: Whole, action: Whole) -> None:
    """One action of an agent that is on the map."""
    heading = byte(w.record, at.FACING + w.objects + n)
    if action == FORWARD:
        _walk(w, n, heading)
    elif action == BACK:
        _walk(w, n, heading ^ 2)
    elif action == LEFT:
        put_byte(w.record, at.FACING + w.objects + n, (heading + 3) & 3)
    elif action == RIGHT:
        put_byte(w.record, at.FACING + w.objects + n, (heading + 1) & 3)
    elif action == HAND:
        _use_hand(w, n, heading)
    elif action == GADGET:
        _use_gadget(w, n, heading)


@inlined
def _walk(w: World, n: Whole, direction: Whole) -> None:
    here = cell_of(w, w.objects + n)
    there = beyond(w, here, direction)
    if agent_on(w, there) != 0 or climb(w, here, direction) > 0:
        return
    slot = object_on(w, there) - 1
    if slot >= 0 and shape(w, slot) != SLAB and not _push(w, slot, there, direction):
        return
    put_byte(w.record, w.agent_at + here, 0)
    put_byte(w.record, w.agent_at + there, n + 1)
    step_on(w, w.objects + n, direction)
    held = byte(w.record, at.HAND + n)
    if held != NOTHING:
        step_on(w, held, direction)


@inlined
def _push(w: World, slot: Whole, here: Whole, direction: Whole) -> bool:
    """Pushes a cube or sphere one cell on; whether it went."""
    if shape(w, slot) == PYRAMID or byte(w.record, at.FROZEN + slot) != 0:
        return False
    there = beyond(w, here, direction)
    if not free(w, there) or climb(w, here, direction) > 0:
        return False
    move_object(w, slot, here, direction)
    if shape(w, slot) == SPHERE:
        put_byte(w.record, at.ROLL + slot, direction)
        put_byte(w.record, at.ROLL_LEFT + slot, ROLL_CELLS)
    return True


@inlined
def _use_hand(w: World, n: Whole, heading: Whole) -> None:
    here = cell_of(w, w.objects + n)
    there = beyond(w, here, heading)
    if agent_on(w, there) != 0 or abs(climb(w, here, heading)) > 1:
        return
    found = object_on(w, there) - 1
    held = byte(w.record, at.HAND + n)
    if held != NOTHING and found < 0:
        let_go(w, n)
        put_byte(w.record, at.FACING + held, heading)
        lay(w, held, there)
    elif held == NOTHING and found >= 0 and byte(w.record, at.FROZEN + found) == 0:
        put_byte(w.record, at.OBJECT_AT + there, 0)
        end_roll(w, found)
        take(w, n, found)
        put_byte(w.record, at.Y + found, byte(w.record, at.Y + w.objects + n))
        put_byte(w.record, at.X + found, byte(w.record, at.X + w.objects + n))


@inlined
def _use_gadget(w: World, n: Whole, heading: Whole) -> None:
    gadget = byte(w.record, at.GADGET + n)
    if gadget == NO_GADGET or byte(w.record, 8 * at.COOLDOWNS + n) != 0:
        return
    put_byte(w.record, 8 * at.COOLDOWNS + n, COOLDOWN_STEPS)
    cell = cell_of(w, w.objects + n)
    # A slab makes a ramp of a flat cell and changes nothing on a ramp.
    slot = object_on(w, cell) - 1
    eye = ground(w, TOPS, cell) + 1
    if slot >= 0 and shape(w, slot) == SLAB and ground(w, RAMPS, cell) == 0:
        eye += 1
    for _ in range(REACH):
        cell = beyond(w, cell, heading)
        agent, slot = agent_on(w, cell), object_on(w, cell) - 1
        # Without its lowest bit, which tells of ramps, a top is 2 * height.
        if agent == OUTSIDE or (ground(w, TOPS, cell) & 0xFE) > eye:
            return
        if agent != 0:
            if gadget != FREEZE:
                _tag_agent(w, agent - 1)
            return
        if slot >= 0:
            _hit_object(w, slot, cell, gadget)
            return


@inlined
def _tag_agent(w: World, n: Whole) -> None:
    leave(w, n)
    put_byte(w.record, at.AWAY + w.objects + n, AWAY_STEPS)
    put_word(w.record, at.TIMED, word(w.record, at.TIMED) | one(w.objects + n))


@inlined
def _hit_object(w: World, slot: Whole, cell: Whole, gadget: Whole) -> None:
    if byte(w.record, at.FROZEN + slot) == NOTHING:  # an anchor
        return
    end_roll(w, slot)
    put_word(w.record, at.TIMED, word(w.record, at.TIMED) | one(slot))
    if gadget == FREEZE:
        put_byte(w.record, at.FROZEN + slot, FROZEN_STEPS)
    else:
        put_byte(w.record, at.FROZEN + slot, 0)
        put_byte(w.record, at.OBJECT_AT + cell, 0)
        put_byte(w.record, at.AWAY + slot, AWAY_STEPS)
        bury(w, slot)
