"""What every agent sees: bare terrain from a table, then what stands and lies on it.

Heights are in halves: an eye is 1 above what one stands on, a cube or slab adds 2 to the top of its
cell, and makes the mark, which one looks at, 1 higher: a *raised* cell.
"""

import numpy as np

from worlds.playground import record as at
from worlds.playground.constants import SLAB
from worlds.playground.kernels import apart, inlined
from worlds.playground.levels import HIGH_MARK, LOW_MARK, RAMPS, SIGHT, TOPS, ground
from worlds.playground.lines import beside, far, shadow, way
from worlds.playground.memory import byte, first, put_word, word
from worlds.playground.record import NOTHING, World
from worlds.playground.things import (
    CUBES,
    NONE,
    SLABS,
    SPHERES,
    agent_on,
    cell_of,
    object_on,
    one,
    rest,
    shape,
)
from worlds.rng import Whole


@inlined
def look(w: World) -> None:
    """Writes what all agents of a world see: cells of their windows, and things."""
    objects = (
        word(w.record, SLABS)
        | word(w.record, CUBES)
        | word(w.record, SPHERES)
        | word(w.record, SPHERES + 1)
    ) & ~word(w.record, at.HELD)
    blocks = (word(w.record, SLABS) | word(w.record, CUBES)) & objects
    for n in range(byte(w.record, at.BODIES)):
        low = high = things = NONE
        if word(w.record, at.HERE) & one(w.objects + n) != NONE:
            if _on_slab(w, cell_of(w, w.objects + n)):
                low, high = _walk_window(w, n)
            else:
                low, high = _see_window(w, n, blocks)
            things = _things(w, n, objects | word(w.record, at.HERE), low, high)
        put_word(w.record, at.SEEN + 2 * n, low)
        put_word(w.record, at.SEEN + 2 * n + 1, high)
        put_word(w.record, at.SEES + n, things)


@inlined
def window_index(w: World, n: Whole, thing: Whole) -> Whole:
    """The cell of an agent's window where a thing is, or NOTHING."""
    me = w.objects + n
    down = byte(w.record, at.Y + thing) - byte(w.record, at.Y + me)
    right = byte(w.record, at.X + thing) - byte(w.record, at.X + me)
    heading = byte(w.record, at.FACING + me)
    if heading == 0:
        row, column = down, right
    elif heading == 1:
        row, column = -right, down
    elif heading == 2:
        row, column = -down, -right
    else:
        row, column = right, -down
    row += w.span - 1
    column += w.span // 2
    if 0 <= row < w.span and 0 <= column < w.span:
        return row * w.span + column
    return NOTHING


@apart
def sees_object(w: World, thing: Whole, other: Whole) -> bool:
    """Whether an object sees a thing: from mark to mark, in all directions."""
    here, there = cell_of(w, thing), cell_of(w, other)
    low, high = _mark(w, here), _mark(w, there)
    return _clear(w, here, there, low, high)


@inlined
def _see_window(w: World, n: Whole, blocks: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The cells seen by an agent that stands on no slab, as two words."""
    me = w.objects + n
    here, heading = cell_of(w, me), byte(w.record, at.FACING + me)
    sight = SIGHT * (4 * here + heading)
    inside = raised_low = raised_high = NONE
    left = blocks
    while left != NONE:
        slot = first(left)
        left = rest(left)
        index = window_index(w, n, slot)
        if index == NOTHING:
            continue
        inside |= one(slot)
        if _raises(w, slot):
            if index < 64:
                raised_low |= one(index)
            else:
                raised_high |= one(index - 64)
    low = (word(w.sight, sight + LOW_MARK) & ~raised_low) | (
        word(w.sight, sight + HIGH_MARK) & raised_low
    )
    high = (word(w.sight, sight + LOW_MARK + 1) & ~raised_high) | (
        word(w.sight, sight + HIGH_MARK + 1) & raised_high
    )
    eye = ground(w, TOPS, here) + 1
    while inside != NONE:
        slot = first(inside)
        inside = rest(inside)
        index = window_index(w, n, slot)
        rise = ground(w, TOPS, cell_of(w, slot)) + 2 - eye
        behind = shadow(w, index, 0) & low
        while behind != NONE:
            target = first(behind)
            behind = rest(behind)
            raised = raised_low & one(target) != NONE
            if _hides(w, here, heading, eye, index, rise, target, raised):
                low &= ~one(target)
        behind = shadow(w, index, 1) & high
        while behind != NONE:
            bit = first(behind)
            behind = rest(behind)
            raised = raised_high & one(bit) != NONE
            if _hides(w, here, heading, eye, index, rise, 64 + bit, raised):
                high &= ~one(bit)
    return low, high


@inlined
def _hides(
    w: World,
    here: Whole,
    heading: Whole,
    eye: Whole,
    index: Whole,
    rise: Whole,
    target: Whole,
    raised: bool,
) -> bool:
    """Whether a cell that rises so far above the eye hides a target behind it."""
    partner = beside(w, index, target)
    if partner != 0:  # the line passes half-way between two cells, and the lower one counts
        other = here + way(w, heading, index + partner)
        rise = min(rise, _top(w, other) - eye)
    mark = ground(w, TOPS, here + way(w, heading, target)) + 1 + raised
    return rise * far(w, target) > (mark - eye) * far(w, index)


@apart
def _walk_window(w: World, n: Whole) -> tuple[np.uint64, np.uint64]:
    """The same for an agent that stands on a slab, which is higher than the table: line by line."""
    me = w.objects + n
    here, heading = cell_of(w, me), byte(w.record, at.FACING + me)
    eye = ground(w, TOPS, here) + 2
    low = high = NONE
    for index in range(w.span * w.span):
        ahead, aside = w.span - 1 - index // w.span, index % w.span - w.span // 2
        down, right = _turned_back(ahead, aside, heading)
        y, x = byte(w.record, at.Y + me) + down, byte(w.record, at.X + me) + right
        if not (0 <= y < w.height and 0 <= x < w.width):
            continue
        there = here + way(w, heading, index)
        if _clear(w, here, there, eye, _mark(w, there)):
            if index < 64:
                low |= one(index)
            else:
                high |= one(index - 64)
    return low, high


@inlined
def _turned_back(ahead: Whole, aside: Whole, heading: Whole) -> tuple[Whole, Whole]:
    """Rows and columns on the map of an offset before somebody with this heading."""
    if heading == 0:
        return -ahead, aside
    if heading == 1:
        return aside, ahead
    if heading == 2:
        return ahead, -aside
    return -aside, -ahead


@inlined
def _things(w: World, n: Whole, things: np.uint64, low: np.uint64, high: np.uint64) -> np.uint64:
    """The mask of the things on seen cells, with what seen agents hold."""
    seen = NONE
    while things != NONE:
        thing = first(things)
        things = rest(things)
        index = window_index(w, n, thing)
        if index == NOTHING:
            continue
        word, bit = (low, index) if index < 64 else (high, index - 64)
        if word >> np.uint64(bit) & one(0) == NONE:
            continue
        seen |= one(thing)
        if thing >= w.objects and byte(w.record, at.HAND + thing - w.objects) != NOTHING:
            seen |= one(byte(w.record, at.HAND + thing - w.objects))
    return seen


@inlined
def _on_slab(w: World, cell: Whole) -> bool:
    """Whether a slab lies on this cell and makes a ramp of it."""
    slot = object_on(w, cell) - 1
    on_flat = ground(w, RAMPS, cell) == 0
    return slot >= 0 and shape(w, slot) == SLAB and on_flat


@inlined
def _raises(w: World, slot: Whole) -> bool:
    """Whether a cube or slab raises the mark of its cell.

    A slab on a ramp is higher than the eye of an agent on it, and then the eye is the mark.
    """
    if shape(w, slot) != SLAB:
        return True
    cell = cell_of(w, slot)
    on_flat = ground(w, RAMPS, cell) == 0
    return on_flat or agent_on(w, cell) == 0


@inlined
def _top(w: World, cell: Whole) -> Whole:
    slot = object_on(w, cell) - 1
    return ground(w, TOPS, cell) + 2 * (slot >= 0 and _blocks(w, slot))


@inlined
def _blocks(w: World, slot: Whole) -> bool:
    return (word(w.record, SLABS) | word(w.record, CUBES)) & one(slot) != NONE


@inlined
def _mark(w: World, cell: Whole) -> Whole:
    slot = object_on(w, cell) - 1
    raised = slot >= 0 and _blocks(w, slot) and _raises(w, slot)
    return ground(w, TOPS, cell) + 1 + raised


@inlined
def _clear(
    w: World,
    here: Whole,
    there: Whole,
    low: Whole,
    high: Whole,
) -> bool:
    """Whether nothing between stands above the line from `low` here to `high` there."""
    y, x = here // w.pitch, here % w.pitch
    down, right = there // w.pitch - y, there % w.pitch - x
    steps = max(abs(down), abs(right))
    for k in range(1, steps):
        row, row_rest = divmod(2 * k * down + steps, 2 * steps)
        column, column_rest = divmod(2 * k * right + steps, 2 * steps)
        cell = here + row * w.pitch + column
        top = _top(w, cell)
        # Half-way points: only one of the two coordinates can be one.
        if row_rest == 0:
            top = min(top, _top(w, cell - w.pitch))
        elif column_rest == 0:
            top = min(top, _top(w, cell - 1))
        if (top - low) * steps > (high - low) * k:
            return False
    return True
