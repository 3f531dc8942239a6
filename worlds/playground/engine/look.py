"""What every agent sees: bare terrain from a table, then what stands and lies on it.

Heights are in halves: an eye is 1 above what one stands on, a cube or slab adds 2 to the top of its
cell, and makes the mark, which one looks at, 1 higher: a *raised* cell.
"""

from typing import NamedTuple

import numpy as np

from worlds.kernels import apart, inlined
from worlds.playground.constants import SLAB
from worlds.playground.engine import record as at
from worlds.playground.engine.levels import HIGH_MARK, LOW_MARK, RAMPS, SIGHT, TOPS, ground
from worlds.playground.engine.lines import beside, far, shadow, way
from worlds.playground.engine.memory import byte, first, prefetch, put_word, within, word
from worlds.playground.engine.record import NOTHING, World
from worlds.playground.engine.things import (
    CUBES,
    NONE,
    ONE,
    PYRAMIDS,
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

# Steps in the window for one row down the map, by heading: columns, and lines of `span` cells. One
# column to the right is the same a quarter turned.
_BY_ROW = np.array([0, 1, 0, -1])
_LINE_BY_ROW = np.array([1, 0, -1, 0])
# By heading, how many halves of a view the window reaches up the map from who looks; the same
# upside down is how many it reaches to the left.
_ROWS_BEHIND = np.array([2, 1, 0, 1])


class Frame(NamedTuple):
    """The window of an agent: things lie in its cell `start + by_row * row + by_column * column`."""

    start: int
    by_row: int
    by_column: int
    top: int  # row and column of the corner of the map's cells that the window covers
    left: int


@inlined
def frame(w: World, n: Whole) -> Frame:
    """The window of agent n."""
    y, x = byte(w.record, at.Y + w.objects + n), byte(w.record, at.X + w.objects + n)
    heading = byte(w.record, at.FACING + w.objects + n)
    by_row = _BY_ROW[heading] + w.span * _LINE_BY_ROW[heading]
    by_column = _LINE_BY_ROW[heading] - w.span * _BY_ROW[heading]
    half, last = w.span // 2, w.span - 1
    start = last * w.span + half - by_row * y - by_column * x
    top = y - half * _ROWS_BEHIND[heading]
    left = x - half * _ROWS_BEHIND[heading ^ 3]
    return Frame(start, by_row, by_column, top, left)


@inlined
def look(w: World) -> None:
    """Writes what all agents of a world see: cells of their windows, and things."""
    blocks = (word(w.record, SLABS) | word(w.record, CUBES)) & ~word(w.record, at.HELD)
    others = (word(w.record, SPHERES) | word(w.record, PYRAMIDS)) & ~word(w.record, at.HELD)
    for n in range(byte(w.record, at.BODIES)):
        low = high = things = NONE
        if word(w.record, at.HERE) & one(w.objects + n) != NONE:
            window = frame(w, n)
            inside = within(w.record + at.Y, window.top, w.record + at.X, window.left, w.span) & (
                blocks | others | word(w.record, at.HERE)
            )
            if _on_slab(w, cell_of(w, w.objects + n)):
                low, high = _walk_window(w, n)
            else:
                low, high = _see_window(w, n, window, inside & blocks)
            things = _things(w, window, inside, low, high)
        put_word(w.record, at.SEEN + 2 * n, low)
        put_word(w.record, at.SEEN + 2 * n + 1, high)
        put_word(w.record, at.SEES + n, things)


@inlined
def expect(w: World) -> None:
    """Asks for the lines of the tables that `look` will read."""
    for n in range(byte(w.record, at.BODIES)):
        heading = byte(w.record, at.FACING + w.objects + n)
        prefetch(w.sight + 8 * SIGHT * (4 * cell_of(w, w.objects + n) + heading))


@inlined
def index_of(w: World, window: Frame, thing: Whole) -> Whole:
    """The cell of a window where a thing is that lies in it."""
    down = window.by_row * byte(w.record, at.Y + thing)
    return window.start + down + window.by_column * byte(w.record, at.X + thing)


@apart
def sees_object(w: World, thing: Whole, other: Whole) -> bool:
    """Whether an object sees a thing: from mark to mark, in all directions."""
    here, there = cell_of(w, thing), cell_of(w, other)
    low, high = _mark(w, here), _mark(w, there)
    return _clear(w, here, there, low, high)


@inlined
def _see_window(
    w: World, n: Whole, window: Frame, blocks: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """The cells seen by an agent that stands on no slab, as two words; `blocks` are in the window."""
    me = w.objects + n
    here, heading = cell_of(w, me), byte(w.record, at.FACING + me)
    sight = SIGHT * (4 * here + heading)
    low, high = word(w.sight, sight + LOW_MARK), word(w.sight, sight + LOW_MARK + 1)
    if blocks == NONE:
        return low, high
    raised_low = raised_high = NONE
    left = blocks
    while left != NONE:
        slot = first(left)
        left = rest(left)
        index = index_of(w, window, slot)
        bit = np.uint64(_raises(w, slot)) << np.uint64(index & 63)
        raised_low |= bit if index < 64 else NONE
        raised_high |= NONE if index < 64 else bit
    low = (low & ~raised_low) | (word(w.sight, sight + HIGH_MARK) & raised_low)
    high = (high & ~raised_high) | (word(w.sight, sight + HIGH_MARK + 1) & raised_high)
    eye = ground(w, TOPS, here) + 1
    while blocks != NONE:
        slot = first(blocks)
        blocks = rest(blocks)
        block = Block(here, heading, eye, index_of(w, window, slot))
        low &= ~_hidden(w, block, 0, shadow(w, block.place, 0) & low, raised_low)
        high &= ~_hidden(w, block, 64, shadow(w, block.place, 1) & high, raised_high)
    return low, high


class Block(NamedTuple):
    """A cell with a cube or slab, for somebody who looks."""

    here: int  # cell of who looks
    heading: int
    eye: int
    place: int  # cell of the window


@inlined
def _hidden(
    w: World, block: Block, start: Whole, behind: np.uint64, raised: np.uint64
) -> np.uint64:
    """Which of the cells behind a block it hides; bit i is cell start + i of the window."""
    hidden = NONE
    while behind != NONE:
        bit = first(behind)
        behind = rest(behind)
        up = np.int64(raised >> np.uint64(bit) & ONE)
        hidden |= np.uint64(_hides(w, block, start + bit, up)) << np.uint64(bit)
    return hidden


@inlined
def _hides(w: World, block: Block, target: Whole, raised: Whole) -> bool:
    """Whether a block stands above the line from the eye to a target behind it.

    Where the line passes half-way between the block's cell and another, the lower of them counts.
    """
    other = block.place + beside(w, block.place, target)
    top = min(
        _top(w, block.here + way(w, block.heading, block.place)),
        _top(w, block.here + way(w, block.heading, other)),
    )
    mark = ground(w, TOPS, block.here + way(w, block.heading, target)) + 1 + raised
    return (top - block.eye) * far(w, target) > (mark - block.eye) * far(w, block.place)


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
def _things(
    w: World, window: Frame, inside: np.uint64, low: np.uint64, high: np.uint64
) -> np.uint64:
    """The mask of the things on seen cells, with what seen agents hold."""
    seen = NONE
    while inside != NONE:
        thing = first(inside)
        inside = rest(inside)
        index = index_of(w, window, thing)
        half = low if index < 64 else high
        seen |= (half >> np.uint64(index & 63) & ONE) << np.uint64(thing)
    if word(w.record, at.HELD) != NONE:
        holders = seen & word(w.record, at.HERE)
        while holders != NONE:
            held = byte(w.record, at.HAND + first(holders) - w.objects)
            holders = rest(holders)
            if held != NOTHING:
                seen |= one(held)
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
    return ground(w, TOPS, cell) + 2 * _blocked(w, cell)


@inlined
def _blocked(w: World, cell: Whole) -> Whole:
    """1 if a cube or slab is on this cell, else 0."""
    blocks = word(w.record, SLABS) | word(w.record, CUBES)
    return np.int64((blocks << ONE) >> np.uint64(object_on(w, cell)) & ONE)


@inlined
def _mark(w: World, cell: Whole) -> Whole:
    slot = object_on(w, cell) - 1
    raised = _blocked(w, cell) != 0 and _raises(w, slot)
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
