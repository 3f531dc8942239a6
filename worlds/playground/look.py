"""What every agent sees: bare terrain from a table, then what stands and lies on it.

Heights are in halves: an eye is 1 above what one stands on, a cube or slab adds 2 to the top of its
cell, and makes the mark, which one looks at, 1 higher: a *raised* cell.
"""

import numpy as np

from worlds.playground import record as at
from worlds.playground.constants import SLAB
from worlds.playground.kernels import apart, inlined
from worlds.playground.levels import HIGH_MARK, LOW_MARK, RAMPS, TOPS, Levels
from worlds.playground.lines import Windows
from worlds.playground.record import NOTHING, Batch, Room
from worlds.playground.things import (
    CUBES,
    NONE,
    SLABS,
    SPHERES,
    agent_on,
    cell_of,
    first,
    object_on,
    one,
    rest,
    shape,
)
from worlds.rng import Whole


@inlined
def look(w: Batch, room: Room, tables: Levels, windows: Windows, b: Whole) -> None:
    """Writes what all agents of a world see: cells of their windows, and things."""
    objects = (
        w.r64[b, SLABS] | w.r64[b, CUBES] | w.r64[b, SPHERES] | w.r64[b, SPHERES + 1]
    ) & ~w.r64[b, at.HELD]
    blocks = (w.r64[b, SLABS] | w.r64[b, CUBES]) & objects
    for n in range(np.int64(w.r8[b, at.BODIES])):
        low = high = things = NONE
        if w.r64[b, at.HERE] & one(room.objects + n) != NONE:
            if _on_slab(w, tables, b, cell_of(w, room, b, room.objects + n)):
                low, high = _walk_window(w, room, tables, windows, b, n)
            else:
                low, high = _see_window(w, room, tables, windows, b, n, blocks)
            things = _things(w, room, b, n, objects | w.r64[b, at.HERE], low, high)
        w.r64[b, at.SEEN + 2 * n] = low
        w.r64[b, at.SEEN + 2 * n + 1] = high
        w.r64[b, at.SEES + n] = things


@inlined
def window_index(w: Batch, room: Room, b: Whole, n: Whole, thing: Whole) -> Whole:
    """The cell of an agent's window where a thing is, or NOTHING."""
    me = room.objects + n
    down = np.int64(w.r8[b, at.Y + thing]) - w.r8[b, at.Y + me]
    right = np.int64(w.r8[b, at.X + thing]) - w.r8[b, at.X + me]
    heading = w.r8[b, at.FACING + me]
    if heading == 0:
        row, column = down, right
    elif heading == 1:
        row, column = -right, down
    elif heading == 2:
        row, column = -down, -right
    else:
        row, column = right, -down
    row += room.span - 1
    column += room.span // 2
    if 0 <= row < room.span and 0 <= column < room.span:
        return row * room.span + column
    return NOTHING


@apart
def sees_object(w: Batch, room: Room, tables: Levels, b: Whole, thing: Whole, other: Whole) -> bool:
    """Whether an object sees a thing: from mark to mark, in all directions."""
    here, there = cell_of(w, room, b, thing), cell_of(w, room, b, other)
    low, high = _mark(w, room, tables, b, here), _mark(w, room, tables, b, there)
    return _clear(w, room, tables, b, here, there, low, high)


@inlined
def _see_window(
    w: Batch, room: Room, tables: Levels, windows: Windows, b: Whole, n: Whole, blocks: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """The cells seen by an agent that stands on no slab, as two words."""
    me = room.objects + n
    level, here, heading = w.level[b], cell_of(w, room, b, me), w.r8[b, at.FACING + me]
    sight = tables.sight[level, here, heading]
    inside = raised_low = raised_high = NONE
    left = blocks
    while left != NONE:
        slot = first(left)
        left = rest(left)
        index = window_index(w, room, b, n, slot)
        if index == NOTHING:
            continue
        inside |= one(slot)
        if _raises(w, room, tables, b, slot):
            if index < 64:
                raised_low |= one(index)
            else:
                raised_high |= one(index - 64)
    low = (sight[LOW_MARK] & ~raised_low) | (sight[HIGH_MARK] & raised_low)
    high = (sight[LOW_MARK + 1] & ~raised_high) | (sight[HIGH_MARK + 1] & raised_high)
    eye = np.int64(tables.planes[level, TOPS, here]) + 1
    while inside != NONE:
        slot = first(inside)
        inside = rest(inside)
        index = window_index(w, room, b, n, slot)
        rise = np.int64(tables.planes[level, TOPS, cell_of(w, room, b, slot)]) + 2 - eye
        behind = windows.shadow[index, 0] & low
        while behind != NONE:
            target = first(behind)
            behind = rest(behind)
            raised = raised_low & one(target) != NONE
            if _hides(w, tables, windows, b, here, heading, eye, index, rise, target, raised):
                low &= ~one(target)
        behind = windows.shadow[index, 1] & high
        while behind != NONE:
            bit = first(behind)
            behind = rest(behind)
            raised = raised_high & one(bit) != NONE
            if _hides(w, tables, windows, b, here, heading, eye, index, rise, 64 + bit, raised):
                high &= ~one(bit)
    return low, high


@inlined
def _hides(
    w: Batch,
    tables: Levels,
    windows: Windows,
    b: Whole,
    here: Whole,
    heading: Whole,
    eye: Whole,
    index: Whole,
    rise: Whole,
    target: Whole,
    raised: bool,
) -> bool:
    """Whether a cell that rises so far above the eye hides a target behind it."""
    level = w.level[b]
    beside = windows.beside[index, target]
    if beside != 0:  # the line passes half-way between two cells, and the lower one counts
        other = here + windows.steps[heading, index + beside]
        rise = min(rise, _top(w, tables, b, other) - eye)
    mark = np.int64(tables.planes[level, TOPS, here + windows.steps[heading, target]]) + 1 + raised
    return rise * windows.far[target] > (mark - eye) * windows.far[index]


@apart
def _walk_window(
    w: Batch, room: Room, tables: Levels, windows: Windows, b: Whole, n: Whole
) -> tuple[np.uint64, np.uint64]:
    """The same for an agent that stands on a slab, which is higher than the table: line by line."""
    me = room.objects + n
    here, heading = cell_of(w, room, b, me), w.r8[b, at.FACING + me]
    eye = np.int64(tables.planes[w.level[b], TOPS, here]) + 2
    low = high = NONE
    for index in range(room.span * room.span):
        ahead, aside = room.span - 1 - index // room.span, index % room.span - room.span // 2
        down, right = _turned_back(ahead, aside, heading)
        y, x = w.r8[b, at.Y + me] + down, w.r8[b, at.X + me] + right
        if not (0 <= y < room.height and 0 <= x < room.width):
            continue
        there = here + windows.steps[heading, index]
        if _clear(w, room, tables, b, here, there, eye, _mark(w, room, tables, b, there)):
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
def _things(
    w: Batch, room: Room, b: Whole, n: Whole, things: np.uint64, low: np.uint64, high: np.uint64
) -> np.uint64:
    """The mask of the things on seen cells, with what seen agents hold."""
    seen = NONE
    while things != NONE:
        thing = first(things)
        things = rest(things)
        index = window_index(w, room, b, n, thing)
        if index == NOTHING:
            continue
        word, bit = (low, index) if index < 64 else (high, index - 64)
        if word >> np.uint64(bit) & one(0) == NONE:
            continue
        seen |= one(thing)
        if thing >= room.objects and w.r8[b, at.HAND + thing - room.objects] != NOTHING:
            seen |= one(w.r8[b, at.HAND + thing - room.objects])
    return seen


@inlined
def _on_slab(w: Batch, tables: Levels, b: Whole, cell: Whole) -> bool:
    """Whether a slab lies on this cell and makes a ramp of it."""
    slot = object_on(w, b, cell) - 1
    on_flat = np.int64(tables.planes[w.level[b], RAMPS, cell]) == 0
    return slot >= 0 and shape(w, b, slot) == SLAB and on_flat


@inlined
def _raises(w: Batch, room: Room, tables: Levels, b: Whole, slot: Whole) -> bool:
    """Whether a cube or slab raises the mark of its cell.

    A slab on a ramp is higher than the eye of an agent on it, and then the eye is the mark.
    """
    if shape(w, b, slot) != SLAB:
        return True
    cell = cell_of(w, room, b, slot)
    on_flat = np.int64(tables.planes[w.level[b], RAMPS, cell]) == 0
    return on_flat or agent_on(w, room, b, cell) == 0


@inlined
def _top(w: Batch, tables: Levels, b: Whole, cell: Whole) -> Whole:
    slot = object_on(w, b, cell) - 1
    return np.int64(tables.planes[w.level[b], TOPS, cell]) + 2 * (slot >= 0 and _blocks(w, b, slot))


@inlined
def _blocks(w: Batch, b: Whole, slot: Whole) -> bool:
    return (w.r64[b, SLABS] | w.r64[b, CUBES]) & one(slot) != NONE


@inlined
def _mark(w: Batch, room: Room, tables: Levels, b: Whole, cell: Whole) -> Whole:
    slot = object_on(w, b, cell) - 1
    raised = slot >= 0 and _blocks(w, b, slot) and _raises(w, room, tables, b, slot)
    return np.int64(tables.planes[w.level[b], TOPS, cell]) + 1 + raised


@inlined
def _clear(
    w: Batch,
    room: Room,
    tables: Levels,
    b: Whole,
    here: Whole,
    there: Whole,
    low: Whole,
    high: Whole,
) -> bool:
    """Whether nothing between stands above the line from `low` here to `high` there."""
    y, x = here // room.pitch, here % room.pitch
    down, right = there // room.pitch - y, there % room.pitch - x
    steps = max(abs(down), abs(right))
    for k in range(1, steps):
        row, row_rest = divmod(2 * k * down + steps, 2 * steps)
        column, column_rest = divmod(2 * k * right + steps, 2 * steps)
        cell = here + row * room.pitch + column
        top = _top(w, tables, b, cell)
        # Half-way points: only one of the two coordinates can be one.
        if row_rest == 0:
            top = min(top, _top(w, tables, b, cell - room.pitch))
        elif column_rest == 0:
            top = min(top, _top(w, tables, b, cell - 1))
        if (top - low) * steps > (high - low) * k:
            return False
    return True
