"""How an episode and each of its trials begin: a task row becomes a record."""

import numpy as np

from worlds.family import TRIAL_ENDED
from worlds.kernels import inlined, kernel
from worlds.playground.engine import record as at
from worlds.playground.engine.atoms import judge
from worlds.playground.engine.goals import holds
from worlds.playground.engine.look import look
from worlds.playground.engine.memory import byte, clear, number, put_byte, put_number, put_word
from worlds.playground.engine.record import HALF, NOTHING, OUTSIDE, Room, World, read_header, world
from worlds.playground.engine.rows import ATOM, RULE, double, used
from worlds.playground.engine.things import NONE, enter, lay, revive
from worlds.rng import Whole

NO_TRIAL = -1  # before the first one


@kernel
def read_tasks(header: Whole, room: Room, rows: np.ndarray) -> None:
    """Writes what the tasks of rows int16 [B, width] decide into records that are 0."""
    worlds = read_header(header)
    for b in range(len(rows)):
        w = world(worlds, b)
        _read_task(w, room, rows[b])
        put_number(w.record, at.TRIAL, NO_TRIAL)


@kernel
def begin_trials(header: Whole, begin: Whole, end: Whole, ends: np.ndarray) -> None:
    """Begins the next trial in those of the worlds begin..end-1 whose `ends` say TRIAL_ENDED."""
    worlds = read_header(header)
    for b in range(begin, end):
        if ends[b] == TRIAL_ENDED:
            _begin_trial(world(worlds, b))


@inlined
def _begin_trial(w: World) -> None:
    """Puts everything where the task says, and looks."""
    put_number(w.record, at.TRIAL, number(w.record, at.TRIAL) + 1)
    put_number(w.record, at.TIME, 0)
    put_word(w.record, at.COOLDOWNS, NONE)
    for place in range(at.TRUTH, at.GOAL):
        put_word(w.record, place, NONE)
    clear(w.record + at.OBJECT_AT, 2 * (w.agent_at - at.OBJECT_AT))
    _fence(w)
    _lay_objects(w)
    _enter_agents(w)
    look(w)
    judge(w)
    for n in range(byte(w.record, at.BODIES)):
        put_byte(w.record, at.WANTS + n, not holds(w, n))


@inlined
def _read_task(w: World, room: Room, row: np.ndarray) -> None:
    """Writes the bytes and words that the task alone decides."""
    numbers = row[room.in_numbers :]
    put_byte(w.record, at.BODIES, numbers[0])
    put_byte(w.record, at.SLOTS, numbers[1])
    put_byte(w.record, at.TRIALS, numbers[2])
    put_number(w.record, at.LENGTH, numbers[3])
    put_byte(w.record, at.REWARD_MODE, numbers[4])
    put_byte(w.record, at.TRIAL_END, numbers[5])
    atoms = used(row, room.in_atoms, ATOM, room.atoms)
    put_byte(w.record, at.ATOMS, atoms)
    for m in range(atoms):
        put_byte(w.record, at.PREDICATE + m, row[room.in_atoms + ATOM * m])
        put_byte(w.record, at.FIRST_THING + m, row[room.in_atoms + ATOM * m + 1])
        put_byte(w.record, at.SECOND_THING + m, row[room.in_atoms + ATOM * m + 2])
    rules = used(row, room.in_rules, RULE, room.rules)
    put_byte(w.record, at.RULES, rules)
    for i in range(RULE * rules):
        put_byte(w.record, at.RULE + i, row[room.in_rules + i])
    for n in range(room.agents):
        put_byte(w.record, at.GADGET + n, row[room.in_gadgets + n])
        _read_goal(w, room, row, n)
        if n >= numbers[0]:
            _leave_out(w, n)
    for m in range(at.WITNESS_B - at.WITNESS_A):
        put_byte(w.record, at.WITNESS_A + m, NOTHING)
        put_byte(w.record, at.WITNESS_B + m, NOTHING)


@inlined
def _read_goal(w: World, room: Room, row: np.ndarray, n: Whole) -> None:
    asked = NONE
    for k in range(room.options):
        require = double(row, room.in_require, n * room.options + k)
        forbid = double(row, room.in_forbid, n * room.options + k)
        put_word(w.record, at.GOAL + n * at.MOST_OPTIONS + k, require | forbid << HALF)
        asked |= require | forbid
        if require | forbid != NONE:
            put_byte(w.record, at.OPTIONS + n, k + 1)
    put_word(w.record, at.ASKED + n, asked)


@inlined
def _leave_out(w: World, n: Whole) -> None:
    """An agent that is room only: it is nowhere and stays so."""
    put_byte(w.record, at.AWAY + w.objects + n, NOTHING)
    put_byte(w.record, at.HAND + n, NOTHING)
    for place in (at.Y, at.X, at.HOME_Y, at.HOME_X):
        put_byte(w.record, place + w.objects + n, NOTHING)


@inlined
def present(w: World, n: Whole) -> Whole:
    """Steps of the present trial that an agent is there."""
    return number(w.row, w.in_present + number(w.record, at.TRIAL) * w.agents + n)


@inlined
def note_next_leave(w: World) -> None:
    soonest = number(w.record, at.LENGTH)  # at which nobody leaves, as the trial has ended
    for n in range(byte(w.record, at.BODIES)):
        if byte(w.record, at.AWAY + w.objects + n) != NOTHING:
            soonest = min(soonest, present(w, n))
    put_number(w.record, at.NEXT_LEAVE, soonest)


@inlined
def _fence(w: World) -> None:
    """What is outside of the map counts as taken."""
    last = (w.height + 1) * w.pitch
    for x in range(w.pitch):
        put_byte(w.record, w.agent_at + x, OUTSIDE)
        put_byte(w.record, w.agent_at + last + x, OUTSIDE)
    for y in range(w.height + 3):  # rows share the cell at their ends
        put_byte(w.record, w.agent_at + y * w.pitch, OUTSIDE)


@inlined
def _lay_objects(w: World) -> None:
    put_byte(w.record, at.NUM_SLOTS, 0)
    for slot in range(w.objects):
        cell = _home(w, slot)
        kind = number(w.row, w.in_kinds + slot)
        put_byte(w.record, at.KIND + slot, kind)
        put_byte(w.record, at.AWAY + slot, 0)
        put_byte(w.record, at.ROLL + slot, 0)
        put_byte(w.record, at.ROLL_LEFT + slot, 0)
        put_byte(w.record, at.FROZEN + slot, NOTHING if number(w.row, w.in_fixed + slot) else 0)
        if kind >= 0:
            lay(w, slot, cell)
            revive(w, slot)
            put_byte(w.record, at.NUM_SLOTS, slot + 1)


@inlined
def _enter_agents(w: World) -> None:
    for n in range(byte(w.record, at.BODIES)):
        cell = _home(w, w.objects + n)
        put_byte(w.record, at.HAND + n, NOTHING)
        put_byte(w.record, at.ACHIEVED + n, 0)
        put_byte(w.record, at.AWAY + w.objects + n, 0)
        if present(w, n) == 0:
            put_byte(w.record, at.AWAY + w.objects + n, NOTHING)
        else:
            enter(w, n, cell)
    note_next_leave(w)


@inlined
def _home(w: World, thing: Whole) -> Whole:
    """A thing goes to where the task has it start; the cell."""
    y = number(w.row, w.in_cells + 2 * thing)
    x = number(w.row, w.in_cells + 2 * thing + 1)
    put_byte(w.record, at.Y + thing, y)
    put_byte(w.record, at.X + thing, x)
    put_byte(w.record, at.HOME_Y + thing, y)
    put_byte(w.record, at.HOME_X + thing, x)
    put_byte(w.record, at.FACING + thing, number(w.row, w.in_facings + thing))
    return (y + 1) * w.pitch + x + 1
