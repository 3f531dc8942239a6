"""What agents observe, written straight into the caller's bytes."""

import numpy as np

from worlds.family import Layout
from worlds.playground import record as at
from worlds.playground.constants import (
    ACTIONS,
    AWAY_STEPS,
    CHANNELS,
    COLOURS,
    COOLDOWN_STEPS,
    FLOORS,
    GADGETS,
    HEIGHTS,
    KINDS,
    PREDICATES,
    PRODUCTS,
    REWARD_MODES,
    SHAPES,
    SLAB,
    Sizes,
)
from worlds.playground.goals import asked_atoms, option_holds
from worlds.playground.kernels import inlined, kernel
from worlds.playground.levels import GROUND_ROWS, HEIGHT_ROWS, RAMPS, TOPS, Levels, turned
from worlds.playground.look import window_index
from worlds.playground.record import NOTHING, Batch, Room
from worlds.playground.things import NONE, cell_of, first, object_on, one, rest, shape
from worlds.playground.told import (
    ATOM_WIDTH,
    FORBIDDEN,
    HIDDEN,
    HIDDEN_PREDICATE,
    HIDDEN_SHAPE,
    RULE_WIDTH,
)
from worlds.rng import Whole

# Channels of the view; each is a plane of V x V bytes.
HEIGHT, GROUND, OBJECT, OBJECT_STATE, BODY, BODY_STATE = range(CHANNELS)
LEVEL_HEIGHT = 4  # of a cell as high as one's own
BODY_BYTES = 16
_MOST = 254  # the largest value of bytes that stand for longer numbers
_COLOURS = 6


def layout(sizes: Sizes) -> Layout:
    """What stands where in an observation."""
    shapes = {
        "view": (CHANNELS, sizes.view, sizes.view),
        "body": (BODY_BYTES,),
        "atom_truth": (sizes.goal_atoms,),
        "option_truth": (sizes.options,),
        "goal_atoms": (sizes.goal_atoms, ATOM_WIDTH),
        "goal_options": (sizes.options, sizes.goal_atoms),
        "rules": (sizes.rules, RULE_WIDTH),
    }
    made: Layout = {}
    start = 0
    for name, shape_ in shapes.items():
        stop = start + int(np.prod(shape_))
        made[name] = (slice(start, stop), shape_)
        start = stop
    return made


def social(sizes: Sizes) -> np.ndarray:
    """bool [D]: the bytes that show other agents."""
    made = layout(sizes)
    marks = np.zeros(made["rules"][0].stop, dtype=bool)
    marks[BODY * sizes.view**2 : CHANNELS * sizes.view**2] = True
    for name in ("atom_truth", "option_truth"):
        marks[made[name][0]] = True
    return marks


def cardinality(sizes: Sizes) -> np.ndarray:
    """uint8 [D]: how many values each byte may take."""
    numbers = 1 + max(len(COLOURS), sizes.agents)  # colour or relative number of an agent, or none
    symbol = (HIDDEN_SHAPE + 1, max(numbers, 1 + KINDS))  # hidden kinds have numbers of their own
    rule = (HIDDEN + 1, HIDDEN_PREDICATE + len(PREDICATES) + 1, *symbol * (2 + PRODUCTS))
    goal = (len(PREDICATES) + 1, *(HIDDEN_SHAPE, numbers) * 2)
    state = 1 + 1 + 2 * 4  # frozen or not, four ways to lie
    view = (
        LEVEL_HEIGHT + HEIGHTS,
        5 * (1 + len(FLOORS)),
        1 + KINDS,
        state,
        max(2, sizes.agents),
        5 + 4 * KINDS,
    )
    hand = (1 + len(SHAPES), 1 + len(COLOURS))
    own = (2, 1 + AWAY_STEPS, *hand, len(GADGETS), 1 + COOLDOWN_STEPS, HEIGHTS, 5, len(ACTIONS))
    clock = (1 + _MOST, sizes.trials, 1 + sizes.trials, 1 + _MOST, 1 + _MOST, len(REWARD_MODES), 2)
    truths = sizes.goal_atoms + sizes.options
    parts = (
        np.repeat(view, sizes.view**2),
        (*own, *clock),
        np.full(truths, 2),
        np.tile(goal, sizes.goal_atoms),
        np.full(sizes.options * sizes.goal_atoms, 1 + FORBIDDEN),
        np.tile(rule, sizes.rules),
    )
    return np.concatenate(parts).astype(np.uint8)


@kernel
def observe(
    w: Batch,
    room: Room,
    tables: Levels,
    visible: np.ndarray,
    begin: Whole,
    end: Whole,
    out: np.ndarray,
) -> None:
    """Writes what all agents of the worlds begin..end-1 observe into out uint8 [B, N, D]."""
    area = room.span * room.span
    body = CHANNELS * area
    for b in range(begin, end):
        for n in range(room.agents):
            row = out[b, n]
            if n >= w.r8[b, at.BODIES]:
                row[:] = 0
                continue
            others = n > 0 or visible[b] != 0  # are they shown
            row[:body] = 0
            if w.r64[b, at.HERE] & one(room.objects + n) != NONE:
                _draw_ground(w, room, tables, b, n, row)
                _draw_objects(w, room, b, n, row)
                if others:
                    _draw_bodies(w, room, b, n, row)
            _draw_own(w, room, tables, b, n, row[body : body + BODY_BYTES])
            truths = body + BODY_BYTES
            told = truths + room.goal_atoms + room.options
            row[truths:told] = 0
            if others:
                _draw_truths(w, room, b, n, row[truths:told])
            for i in range(len(row) - told):
                row[told + i] = w.told[b, n, i]


@inlined
def _draw_ground(w: Batch, room: Room, tables: Levels, b: Whole, n: Whole, row: np.ndarray) -> None:
    view, level, me = room.span, w.level[b], room.objects + n
    heading = w.r8[b, at.FACING + me]
    y, x = np.int64(w.r8[b, at.Y + me]), np.int64(w.r8[b, at.X + me])
    pitch = max(room.height, room.width) + view - 1
    u, v = turned(y, x, room.height, room.width, heading)
    heights = tables.windows[level, heading, HEIGHT_ROWS]
    grounds = tables.windows[level, heading, GROUND_ROWS]
    own = np.int64(tables.planes[level, TOPS, cell_of(w, room, b, me)]) >> 1
    low, high = w.r64[b, at.SEEN + 2 * n], w.r64[b, at.SEEN + 2 * n + 1]
    for i in range(view):
        source, target = (u + i) * pitch + v, i * view
        for j in range(view):
            if low & one(0) != NONE:
                row[target + j] = heights[source + j] + LEVEL_HEIGHT - own
                row[GROUND * view * view + target + j] = grounds[source + j]
            low = low >> np.uint64(1) | high << np.uint64(63)
            high >>= np.uint64(1)


@inlined
def _draw_objects(w: Batch, room: Room, b: Whole, n: Whole, row: np.ndarray) -> None:
    area = room.span * room.span
    heading = w.r8[b, at.FACING + room.objects + n]
    objects = w.r64[b, at.SEES + n] & ~w.r64[b, at.HELD] & (one(room.objects) - one(0))
    while objects != NONE:
        slot = first(objects)
        objects = rest(objects)
        index = window_index(w, room, b, n, slot)
        state = np.int64(w.r8[b, at.FROZEN + slot] != 0)
        if shape(w, b, slot) == SLAB:
            state += 2 + 2 * ((w.r8[b, at.FACING + slot] - heading) & 3)
        row[OBJECT * area + index] = 1 + w.r8[b, at.KIND + slot]
        row[OBJECT_STATE * area + index] = state


@inlined
def _draw_bodies(w: Batch, room: Room, b: Whole, n: Whole, row: np.ndarray) -> None:
    area = room.span * room.span
    heading = w.r8[b, at.FACING + room.objects + n]
    bodies = w.r64[b, at.SEES + n] & w.r64[b, at.HERE] & ~one(room.objects + n)
    while bodies != NONE:
        thing = first(bodies)
        bodies = rest(bodies)
        index = window_index(w, room, b, n, thing)
        number = thing - room.objects - n
        row[BODY * area + index] = number if number > 0 else number + w.r8[b, at.BODIES]
        held = w.r8[b, at.HAND + thing - room.objects]
        hand = 0 if held == NOTHING else 1 + w.r8[b, at.KIND + held]
        turn = (w.r8[b, at.FACING + thing] - heading) & 3
        row[BODY_STATE * area + index] = 1 + turn + 4 * hand


@inlined
def _draw_own(w: Batch, room: Room, tables: Levels, b: Whole, n: Whole, body: np.ndarray) -> None:
    """What an agent knows of its own body, and of the trial."""
    me = room.objects + n
    away, held = w.r8[b, at.AWAY + me], w.r8[b, at.HAND + n]
    cell = cell_of(w, room, b, me)
    body[0] = away != NOTHING
    body[1] = 0 if away == NOTHING else away
    body[2] = body[3] = 0
    if held != NOTHING:
        body[2] = 1 + shape(w, b, held)
        body[3] = 1 + w.r8[b, at.KIND + held] % _COLOURS
    body[4] = w.r8[b, at.GADGET + n]
    body[5] = w.r8[b, 8 * at.COOLDOWNS + n]
    body[6] = np.int64(tables.planes[w.level[b], TOPS, cell]) >> 1
    body[7] = _underfoot(w, tables, b, cell, w.r8[b, at.FACING + me])
    body[8] = w.r8[b, at.LAST_ACTION + n]
    reward = np.int64(w.r16[b, at.LAST_REWARD + n])
    body[9] = 0 if reward == 0 else 1 + reward * (_MOST - 1) // 1000
    body[10] = w.r16[b, at.TRIAL]
    body[11] = w.r8[b, at.TRIALS]
    body[12] = _MOST * np.int64(w.r16[b, at.TIME]) // w.r16[b, at.LENGTH]
    body[13] = min(w.r16[b, at.LENGTH], _MOST)
    body[14] = w.r8[b, at.REWARD_MODE]
    body[15] = w.r8[b, at.WANTS + n]


@inlined
def _underfoot(w: Batch, tables: Levels, b: Whole, cell: Whole, heading: Whole) -> Whole:
    """0, or 1 + where the ramp on a cell leads up, seen by somebody with this heading."""
    ramp = np.int64(tables.planes[w.level[b], RAMPS, cell])
    slot = object_on(w, b, cell) - 1
    if ramp == 0 and slot >= 0 and shape(w, b, slot) == SLAB:
        ramp = 1 + np.int64(w.r8[b, at.FACING + slot])
    return 0 if ramp == 0 else 1 + ((ramp - 1 - heading) & 3)


@inlined
def _draw_truths(w: Batch, room: Room, b: Whole, n: Whole, truths: np.ndarray) -> None:
    """Which atoms of an agent's goal hold, and which of its options."""
    asked = asked_atoms(w, b, n)
    place = 0
    while asked != NONE:
        truths[place] = np.uint8(w.r64[b, at.TRUTH] >> np.uint64(first(asked)) & one(0))
        asked = rest(asked)
        place += 1
    for k in range(np.int64(w.r8[b, at.OPTIONS + n])):
        truths[room.goal_atoms + k] = option_holds(w, b, n, k)
