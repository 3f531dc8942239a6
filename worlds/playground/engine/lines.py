"""Lines of sight in whole numbers, the same from both ends, and the window an agent looks through.

A window has V x V cells, numbered row by row from the farthest on the left; who looks stands in the
middle of the last row. Turned by the heading, a step ahead is one row up.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from worlds.kernels import inlined
from worlds.playground.constants import STEPS
from worlds.playground.engine.memory import byte, number, word
from worlds.playground.engine.record import World
from worlds.rng import Whole

NOT_IN_WINDOW = -1


class Lines(NamedTuple):
    """All offsets that some window of a view holds, and the cells on the way there. J offsets."""

    offsets: np.ndarray  # [J, 2] int64, rows and columns
    places: np.ndarray  # [J, 4] int64, cell of the window for each heading, or NOT_IN_WINDOW
    first: np.ndarray  # [J + 1] int64, where the points of an offset begin
    points: np.ndarray  # [points, 5] int64: k, then the two cells (equal but for half-way points)


def line(down: int, right: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """The points between (0, 0) and (down, right): k, then one cell, or two at half-way points."""
    steps = max(abs(down), abs(right))
    for k in range(1, steps):
        rows, columns = _nearest(k * down, steps), _nearest(k * right, steps)
        yield k, [(row, column) for row in rows for column in columns]


def ahead_and_aside(down: int, right: int, heading: int) -> tuple[int, int]:
    """An offset on the map as cells ahead and to the right of somebody with this heading."""
    forward, sideward = STEPS[heading], STEPS[(heading + 1) % 4]
    return (
        down * forward[0] + right * forward[1],
        down * sideward[0] + right * sideward[1],
    )


@lru_cache(maxsize=8)
def sight_lines(view: int) -> Lines:
    """The lines of all windows of this view."""
    offsets, index, first = [], [], [0]
    points: list[tuple[int, ...]] = []
    for down in range(1 - view, view):
        for right in range(1 - view, view):
            places = [_place(*ahead_and_aside(down, right, h), view) for h in range(4)]
            if max(places) == NOT_IN_WINDOW:
                continue
            offsets.append((down, right))
            index.append(places)
            points += [(k, *cells[0], *cells[-1]) for k, cells in line(down, right)]
            first.append(len(points))
    made = (offsets, index, first, np.array(points).reshape(-1, 5))
    return Lines(*(np.array(part, dtype=np.int64) for part in made))


@lru_cache(maxsize=8)
def window_tables(view: int, pitch: int) -> np.ndarray:
    """The tables of a window over a map whose rows are `pitch` cells apart, packed as uint8.

    Kernels read them by `shadow`, `way`, `far` and `beside`.
    """
    size = view * view
    half = view // 2
    shadows = np.zeros((size, 2), dtype=np.uint64)
    ways = np.zeros((4, size), dtype=np.int16)
    far = np.zeros(size, dtype=np.uint8)
    beside = np.zeros((size, size), dtype=np.int8)
    for target in range(size):
        ahead, aside = view - 1 - target // view, target % view - half
        far[target] = max(ahead, abs(aside))
        for heading in range(4):
            forward, sideward = STEPS[heading], STEPS[(heading + 1) % 4]
            down, right = (ahead * f + aside * s for f, s in zip(forward, sideward, strict=True))
            ways[heading, target] = down * pitch + right
        for _, cells in line(ahead, aside):
            here = [_place(*cell, view) for cell in cells]
            for cell, other in zip(here, reversed(here), strict=True):
                shadows[cell, target // 64] |= np.uint64(1 << target % 64)
                beside[cell, target] = other - cell
    parts = (shadows, ways, far, beside)
    return np.frombuffer(b"".join(part.tobytes() for part in parts), dtype=np.uint8)


@inlined
def shadow(w: World, cell: Whole, half: Whole) -> np.uint64:
    """One of two words: the cells of the window whose line passes through this one."""
    return word(w.lines, 2 * cell + half)


@inlined
def way(w: World, heading: Whole, target: Whole) -> Whole:
    """From the cell of who looks to a cell of the window, as a difference of cells of the map."""
    return number(w.lines, (8 + heading) * w.span * w.span + target)


@inlined
def far(w: World, target: Whole) -> Whole:
    """Chebyshev distance of a cell of the window: the steps of the line there."""
    return byte(w.lines, 24 * w.span * w.span + target)


@inlined
def beside(w: World, cell: Whole, target: Whole) -> Whole:
    """Where the line to the target passes half-way between this cell and another, from it to that.

    0 if it does not pass half-way; else a difference of cells of the window.
    """
    size = w.span * w.span
    return np.int64(np.int8(byte(w.lines, (25 + cell) * size + target)))


def _place(ahead: int, aside: int, view: int) -> int:
    if 0 <= ahead < view and abs(aside) <= view // 2:
        return (view - 1 - ahead) * view + view // 2 + aside
    return NOT_IN_WINDOW


def _nearest(times: int, steps: int) -> list[int]:
    """times / steps to the nearest whole number, or both if it lies half-way."""
    low, rest = divmod(times, steps)
    if 2 * rest == steps:
        return [low, low + 1]
    return [low + (2 * rest > steps)]
