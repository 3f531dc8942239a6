"""How an episode and each of its trials begin: a task row becomes a record."""

import numpy as np

from worlds.playground import record as at
from worlds.playground.atoms import judge
from worlds.playground.constants import PRODUCTS
from worlds.playground.goals import holds
from worlds.playground.kernels import allocating, apart, inlined
from worlds.playground.levels import Levels
from worlds.playground.lines import Windows
from worlds.playground.look import look
from worlds.playground.record import NOTHING, OUTSIDE, Batch, Room
from worlds.playground.things import NONE, enter, lay, revive
from worlds.playground.told import double, tell
from worlds.rng import Whole


@allocating
def start(w: Batch, room: Room, tables: Levels, windows: Windows) -> None:
    """Starts an episode of the task rows of a batch in all its worlds."""
    w.r8[:] = 0
    w.trial_returns[:] = 0
    for b in range(len(w.r8)):
        _read_task(w, room, b)
        tell(w, room, b)
        start_trial(w, room, tables, windows, b)


@apart
def start_trial(w: Batch, room: Room, tables: Levels, windows: Windows, b: Whole) -> None:
    """Puts everything where the task says, and looks."""
    w.r16[b, at.TIME] = 0
    w.r64[b, at.COOLDOWNS] = NONE
    for place in range(at.TRUTH, at.GOAL):
        w.r64[b, place] = NONE
    for place in range(at.OBJECT_AT, room.agent_at + (room.height + 2) * room.pitch + 1):
        w.r8[b, place] = 0
    _fence(w, room, b)
    _lay_objects(w, room, b)
    _enter_agents(w, room, b)
    look(w, room, tables, windows, b)
    judge(w, room, tables, b)
    for n in range(np.int64(w.r8[b, at.BODIES])):
        w.r8[b, at.WANTS + n] = not holds(w, b, n)


@inlined
def _read_task(w: Batch, room: Room, b: Whole) -> None:
    """Writes the bytes and words that the task alone decides."""
    row = w.rows[b]
    numbers = row[room.in_numbers :]
    w.r8[b, at.BODIES] = numbers[0]
    w.r8[b, at.SLOTS] = numbers[1]
    w.r8[b, at.TRIALS] = numbers[2]
    w.r16[b, at.LENGTH] = numbers[3]
    w.r8[b, at.REWARD_MODE] = numbers[4]
    w.r8[b, at.TRIAL_END] = numbers[5]
    atoms = row[room.in_atoms :]
    while w.r8[b, at.ATOMS] < room.atoms and atoms[3 * w.r8[b, at.ATOMS]] >= 0:
        m = w.r8[b, at.ATOMS]
        w.r8[b, at.PREDICATE + m] = atoms[3 * m]
        w.r8[b, at.FIRST_THING + m] = atoms[3 * m + 1]
        w.r8[b, at.SECOND_THING + m] = atoms[3 * m + 2]
        w.r8[b, at.ATOMS] = m + 1
    rules = row[room.in_rules :]
    while w.r8[b, at.RULES] < room.rules and rules[(1 + PRODUCTS) * w.r8[b, at.RULES]] >= 0:
        first = (1 + PRODUCTS) * w.r8[b, at.RULES]
        for i in range(first, first + 1 + PRODUCTS):
            w.r8[b, at.RULE + i] = rules[i]
        w.r8[b, at.RULES] += 1
    for n in range(room.agents):
        w.r8[b, at.GADGET + n] = row[room.in_gadgets + n]
        for k in range(room.options):
            option = n * room.options + k
            require = double(w, b, room.in_require, option)
            forbid = double(w, b, room.in_forbid, option)
            if require | forbid != NONE:
                w.r8[b, at.OPTIONS + n] = k + 1
            goal = require | forbid << np.uint64(32)
            w.r64[b, at.GOAL + n * at.MOST_OPTIONS + k] = goal
    for m in range(at.WITNESS_B - at.WITNESS_A):
        w.r8[b, at.WITNESS_A + m] = NOTHING
        w.r8[b, at.WITNESS_B + m] = NOTHING
    for n in range(np.int64(w.r8[b, at.BODIES]), room.agents):
        thing = room.objects + n
        w.r8[b, at.AWAY + thing] = NOTHING
        w.r8[b, at.HAND + n] = NOTHING
        for place in (at.Y, at.X, at.HOME_Y, at.HOME_X):
            w.r8[b, place + thing] = NOTHING


@inlined
def present(w: Batch, room: Room, b: Whole, n: Whole) -> Whole:
    """Steps of the present trial that an agent is there."""
    return w.rows[b, room.in_present + w.r16[b, at.TRIAL] * room.agents + n]


@inlined
def note_next_leave(w: Batch, room: Room, b: Whole) -> None:
    soonest = w.r16[b, at.LENGTH]  # at which nobody leaves, as the trial has ended
    for n in range(np.int64(w.r8[b, at.BODIES])):
        if w.r8[b, at.AWAY + room.objects + n] != NOTHING:
            soonest = min(soonest, np.int16(present(w, room, b, n)))
    w.r16[b, at.NEXT_LEAVE] = soonest


@inlined
def _fence(w: Batch, room: Room, b: Whole) -> None:
    """What is outside of the map counts as taken."""
    last = (room.height + 1) * room.pitch
    for x in range(room.pitch):
        w.r8[b, room.agent_at + x] = OUTSIDE
        w.r8[b, room.agent_at + last + x] = OUTSIDE
    for y in range(room.height + 3):  # rows share the cell at their ends
        w.r8[b, room.agent_at + y * room.pitch] = OUTSIDE


@inlined
def _lay_objects(w: Batch, room: Room, b: Whole) -> None:
    row = w.rows[b]
    w.r8[b, at.NUM_SLOTS] = 0
    for slot in range(room.objects):
        cell = _home(w, room, b, slot)
        kind = row[room.in_kinds + slot]
        w.r8[b, at.KIND + slot] = kind
        w.r8[b, at.AWAY + slot] = 0
        w.r8[b, at.ROLL + slot] = 0
        w.r8[b, at.ROLL_LEFT + slot] = 0
        w.r8[b, at.FROZEN + slot] = NOTHING if row[room.in_fixed + slot] else 0
        if kind >= 0:
            lay(w, room, b, slot, cell)
            revive(w, b, slot)
            w.r8[b, at.NUM_SLOTS] = slot + 1


@inlined
def _enter_agents(w: Batch, room: Room, b: Whole) -> None:
    for n in range(np.int64(w.r8[b, at.BODIES])):
        cell = _home(w, room, b, room.objects + n)
        w.r8[b, at.HAND + n] = NOTHING
        w.r8[b, at.ACHIEVED + n] = 0
        w.r8[b, at.AWAY + room.objects + n] = 0
        if present(w, room, b, n) == 0:
            w.r8[b, at.AWAY + room.objects + n] = NOTHING
        else:
            enter(w, room, b, n, cell)
    note_next_leave(w, room, b)


@inlined
def _home(w: Batch, room: Room, b: Whole, thing: Whole) -> Whole:
    """A thing goes to where the task has it start; the cell."""
    y = w.rows[b, room.in_cells + 2 * thing]
    x = w.rows[b, room.in_cells + 2 * thing + 1]
    w.r8[b, at.Y + thing] = y
    w.r8[b, at.X + thing] = x
    w.r8[b, at.HOME_Y + thing] = y
    w.r8[b, at.HOME_X + thing] = x
    w.r8[b, at.FACING + thing] = w.rows[b, room.in_facings + thing]
    return (y + 1) * room.pitch + x + 1
