"""What agents observe, written straight into the caller's bytes."""

import numpy as np

from worlds.family import Layout, layout_of
from worlds.kernels import inlined, kernel
from worlds.playground.constants import (
    ACTIONS,
    AGENT,
    ANY_AGENT,
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
from worlds.playground.engine import record as at
from worlds.playground.engine.goals import option_holds
from worlds.playground.engine.levels import (
    HEIGHT_ROWS,
    RAMPS,
    TOPS,
    WIDE,
    ground,
    turned,
    window_pitch,
)
from worlds.playground.engine.look import Frame, frame, index_of
from worlds.playground.engine.memory import (
    byte,
    clear,
    clear_16,
    copy_16,
    draw_row,
    first,
    number,
    put_byte,
    word,
)
from worlds.playground.engine.record import NOTHING, World, read_header, world
from worlds.playground.engine.things import NONE, ONE, cell_of, object_on, one, rest, shape
from worlds.playground.engine.told import (
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
    return layout_of(
        {
            "view": (CHANNELS, sizes.view, sizes.view),
            "body": (BODY_BYTES,),
            "atom_truth": (sizes.goal_atoms,),
            "option_truth": (sizes.options,),
            "goal_atoms": (sizes.goal_atoms, ATOM_WIDTH),
            "goal_options": (sizes.options, sizes.goal_atoms),
            "rules": (sizes.rules, RULE_WIDTH),
        }
    )


def social(sizes: Sizes) -> np.ndarray:
    """bool [D]: the bytes that show other agents and nothing else."""
    marks = np.zeros(layout(sizes)["rules"][0].stop, dtype=bool)
    marks[BODY * sizes.view**2 : CHANNELS * sizes.view**2] = True
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
def observe(header: Whole, visible: np.ndarray, begin: Whole, end: Whole, out: Whole) -> None:
    """Writes what all agents of the worlds begin..end-1 observe to the address of [B, N, D] bytes."""
    worlds = read_header(header)
    told = CHANNELS * worlds.span * worlds.span + BODY_BYTES + worlds.goal_atoms + worlds.options
    size = told + worlds.told_size // worlds.agents
    for b in range(begin, end):
        w = world(worlds, b)
        row = out + b * w.agents * size
        passed = _MOST * number(w.record, at.TIME) // number(w.record, at.LENGTH)
        for n in range(byte(w.record, at.BODIES)):
            _draw(w, n, n > 0 or visible[b] != 0, passed, row + n * size, told, size)
        left_out = w.agents - byte(w.record, at.BODIES)
        if left_out > 0:
            clear(row + (w.agents - left_out) * size, left_out * size)


@inlined
def _draw(
    w: World, n: Whole, others: bool, passed: Whole, row: Whole, told: Whole, size: Whole
) -> None:
    """What agent n observes; `others`: are other agents shown to it, and truths that involve them.

    An agent that is not there sees nothing: its words of what is seen are 0.
    """
    window = frame(w, n)
    body = row + CHANNELS * w.span * w.span
    _draw_ground(w, n, row)
    # What is cleared too far is written below.
    for address in range(row + OBJECT * w.span * w.span, row + told, 16):
        clear_16(address)
    _draw_objects(w, n, window, row)
    known = at.LOW_HALF  # atoms
    if others:
        _draw_bodies(w, n, window, row)
    else:
        known &= ~_social_atoms(w, n)
    _draw_truths(w, n, known, body + BODY_BYTES)
    _draw_own(w, n, passed, body)
    _draw_told(row + told, w.told + n * (size - told), size - told)


@inlined
def _draw_told(target: Whole, source: Whole, size: Whole) -> None:
    """Goal and rules take 16 bytes or more; the last 16 may overlap those before."""
    for place in range(0, size - 16, 16):
        copy_16(target + place, source + place)
    copy_16(target + size - 16, source + size - 16)


@inlined
def _draw_ground(w: World, n: Whole, row: Whole) -> None:
    me = w.objects + n
    heading = byte(w.record, at.FACING + me)
    y, x = byte(w.record, at.Y + me), byte(w.record, at.X + me)
    pitch = window_pitch(w.height, w.width, w.span)
    u, v = turned(y, x, w.height, w.width, heading)
    plane = pitch * pitch + WIDE
    heights = w.windows + (2 * heading + HEIGHT_ROWS) * plane + u * pitch + v
    grounds = heights + plane
    higher = LEVEL_HEIGHT - (ground(w, TOPS, cell_of(w, me)) >> 1)
    _draw_plane(w, n, row + HEIGHT * w.span * w.span, heights, pitch, higher)
    _draw_plane(w, n, row + GROUND * w.span * w.span, grounds, pitch, 0)


@inlined
def _draw_plane(
    w: World, n: Whole, target: Whole, source: Whole, pitch: Whole, more: Whole
) -> None:
    """One plane of what is seen. A row is 16 bytes: what is too many the next row writes again."""
    low, high = word(w.record, at.SEEN + 2 * n), word(w.record, at.SEEN + 2 * n + 1)
    span, rest_of_word, in_row = np.uint64(w.span), np.uint64(64 - w.span), one(w.span) - ONE
    for _ in range(w.span):
        draw_row(target, source, more, low & in_row)
        low, high = low >> span | high << rest_of_word, high >> span
        target += w.span
        source += pitch


@inlined
def _draw_objects(w: World, n: Whole, window: Frame, row: Whole) -> None:
    area = w.span * w.span
    heading = byte(w.record, at.FACING + w.objects + n)
    objects = word(w.record, at.SEES + n) & ~word(w.record, at.HELD) & (one(w.objects) - one(0))
    while objects != NONE:
        slot = first(objects)
        objects = rest(objects)
        index = index_of(w, window, slot)
        state = np.int64(byte(w.record, at.FROZEN + slot) != 0)
        if shape(w, slot) == SLAB:
            state += 2 + 2 * ((byte(w.record, at.FACING + slot) - heading) & 3)
        put_byte(row, OBJECT * area + index, 1 + byte(w.record, at.KIND + slot))
        put_byte(row, OBJECT_STATE * area + index, state)


@inlined
def _draw_bodies(w: World, n: Whole, window: Frame, row: Whole) -> None:
    area = w.span * w.span
    heading = byte(w.record, at.FACING + w.objects + n)
    bodies = word(w.record, at.SEES + n) & word(w.record, at.HERE) & ~one(w.objects + n)
    while bodies != NONE:
        thing = first(bodies)
        bodies = rest(bodies)
        index = index_of(w, window, thing)
        number = thing - w.objects - n
        put_byte(
            row, BODY * area + index, number if number > 0 else number + byte(w.record, at.BODIES)
        )
        held = byte(w.record, at.HAND + thing - w.objects)
        hand = 0 if held == NOTHING else 1 + byte(w.record, at.KIND + held)
        turn = (byte(w.record, at.FACING + thing) - heading) & 3
        put_byte(row, BODY_STATE * area + index, 1 + turn + 4 * hand)


@inlined
def _draw_own(w: World, n: Whole, passed: Whole, body: Whole) -> None:
    """What an agent knows of its own body, and of the trial."""
    me = w.objects + n
    away, held = byte(w.record, at.AWAY + me), byte(w.record, at.HAND + n)
    cell = cell_of(w, me)
    put_byte(body, 0, away != NOTHING)
    put_byte(body, 1, 0 if away == NOTHING else away)
    if held != NOTHING:
        put_byte(body, 2, 1 + shape(w, held))
        put_byte(body, 3, 1 + byte(w.record, at.KIND + held) % _COLOURS)
    put_byte(body, 4, byte(w.record, at.GADGET + n))
    put_byte(body, 5, byte(w.record, 8 * at.COOLDOWNS + n))
    put_byte(body, 6, ground(w, TOPS, cell) >> 1)
    put_byte(body, 7, _underfoot(w, cell, byte(w.record, at.FACING + me)))
    put_byte(body, 8, byte(w.record, at.LAST_ACTION + n))
    reward = number(w.record, at.LAST_REWARD + n)
    put_byte(body, 9, 0 if reward == 0 else 1 + reward * (_MOST - 1) // 1000)
    put_byte(body, 10, number(w.record, at.TRIAL))
    put_byte(body, 11, byte(w.record, at.TRIALS))
    put_byte(body, 12, passed)
    put_byte(body, 13, min(number(w.record, at.LENGTH), _MOST))
    put_byte(body, 14, byte(w.record, at.REWARD_MODE))
    put_byte(body, 15, byte(w.record, at.WANTS + n))


@inlined
def _underfoot(w: World, cell: Whole, heading: Whole) -> Whole:
    """0, or 1 + where the ramp on a cell leads up, seen by somebody with this heading."""
    ramp = ground(w, RAMPS, cell)
    slot = object_on(w, cell) - 1
    if ramp == 0 and slot >= 0 and shape(w, slot) == SLAB:
        ramp = 1 + byte(w.record, at.FACING + slot)
    return 0 if ramp == 0 else 1 + ((ramp - 1 - heading) & 3)


@inlined
def _social_atoms(w: World, n: Whole) -> np.uint64:
    """The atoms that are about another agent than n, or about any."""
    atoms = NONE
    for m in range(byte(w.record, at.ATOMS)):
        for place in (at.FIRST_THING, at.SECOND_THING):
            thing = byte(w.record, place + m)
            if AGENT <= thing <= ANY_AGENT and thing != AGENT + n:
                atoms |= one(m)
    return atoms


@inlined
def _draw_truths(w: World, n: Whole, known: np.uint64, truths: Whole) -> None:
    """Which atoms of an agent's goal hold, and which of its options; of `known` atoms only."""
    asked, truth = word(w.record, at.ASKED + n), word(w.record, at.TRUTH) & known
    place = 0
    while asked != NONE:
        put_byte(truths, place, (truth & one(first(asked))) != NONE)
        asked = rest(asked)
        place += 1
    for k in range(byte(w.record, at.OPTIONS + n)):
        option = word(w.record, at.GOAL + n * at.MOST_OPTIONS + k)
        unknown = (option | option >> at.HALF) & at.LOW_HALF & ~known
        put_byte(truths, w.goal_atoms + k, option_holds(w, n, k) and unknown == NONE)
