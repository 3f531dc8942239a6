"""What is fixed in a level, computed once: sides, tops, terrain in four rotations, lines of sight."""

from typing import NamedTuple

import numpy as np

from worlds.kernels import allocating, inlined, plain
from worlds.playground.constants import Sizes
from worlds.playground.engine.lines import NOT_IN_WINDOW, Lines, sight_lines
from worlds.playground.engine.memory import byte, lines_of_64
from worlds.playground.engine.record import World
from worlds.rng import Whole

SIDES, TOPS, RAMPS, FLOORS = range(4)  # bytes of the ground of a cell
# SIDES: height at side d in bits 2d and 2d + 1. TOPS: in half-heights, what of the terrain hides:
# 2 * height + [ramp]. RAMPS: 0 or 1 + uphill direction. FLOORS: 0 or 1 + colour.
GROUND = 4  # bytes of a cell
HEIGHT_ROWS, GROUND_ROWS = range(2)  # planes of windows: height; 5 * floor + ramp, see observe
LOW_MARK, HIGH_MARK = 0, 2  # two words each of `sight`
SIGHT = 4  # words of a cell and heading
WIDE = 16  # bytes that are read at once, the end of a plane must have room for them


class Levels(NamedTuple):
    """Tables of L levels. Cells are numbered as in the maps of a state."""

    ground: np.ndarray  # [L, cells, GROUND] uint8
    # [L, cells, heading, SIGHT] uint64: the cells of the window that are seen from there over bare
    # terrain, two words if they bear neither cube nor slab, and two if they do.
    sight: np.ndarray
    # [L, heading, plane, rows * pitch] uint8, the terrain turned so that the heading is up: row r of
    # the window of somebody at (u, v) of the turned map begins at (u + r) * pitch + v.
    windows: np.ndarray


class LevelStore:
    """The tables of the levels that a batch of worlds plays; worlds of equal terrain share them.

    A 16x16 level takes 45 kB and 0.13 ms to make, a 32x32 level 161 kB and 0.37 ms.
    """

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.cells = (sizes.height + 2) * (sizes.width + 1) + 1
        self.plane = window_pitch.py_func(sizes.height, sizes.width, sizes.view) ** 2 + WIDE
        # Bytes from the tables of a level to its sight, to its windows, and to the next level's.
        self.sight = -(-GROUND * self.cells // 64) * 64
        self.windows = self.sight + 8 * 4 * SIGHT * self.cells
        self.size = -(-(self.windows + 8 * self.plane) // 64) * 64
        self.slots: dict[bytes, int] = {}  # terrain bytes -> index of its tables
        self.tables = self._room(
            2
        )  # [L, size] uint8; Numba takes one row for another type of array

    def take(self, rows: np.ndarray) -> list[int]:
        """Which tables the tasks of rows int16 [B, width] use.

        Makes those that are missing; tables that none of the tasks uses are forgotten.
        """
        terrain = np.ascontiguousarray(rows[:, : 3 * self.sizes.height * self.sizes.width])
        keys = [row.tobytes() for row in terrain.astype(np.int8)]
        wanted = dict.fromkeys(keys)
        kept = {key: slot for key, slot in self.slots.items() if key in wanted}
        missing = [key for key in wanted if key not in kept]
        free = self._free(set(kept.values()), len(missing))
        kept.update(zip(missing, free, strict=True))
        self.slots = kept
        if missing:
            shape = (len(missing), 3, self.sizes.height, self.sizes.width)
            fresh = np.frombuffer(b"".join(missing), dtype=np.int8).reshape(shape)
            lines, view = sight_lines(self.sizes.view), self.sizes.view
            make(fresh, np.array(free), lines, view, self._named())
        return [kept[key] for key in keys]

    def forget(self) -> None:
        """The next tasks find no tables."""
        self.slots = {}

    def _free(self, used: set[int], count: Whole) -> list[int]:
        room = len(self.tables)
        if len(used) + count > room:
            larger = self._room(max(2 * room, len(used) + count))
            larger[:room] = self.tables
            self.tables = larger
            room = len(larger)
        free = (slot for slot in range(room) if slot not in used)
        return [slot for slot, _ in zip(free, range(count), strict=False)]

    def _room(self, levels: int) -> np.ndarray:
        return lines_of_64(levels, self.size)

    def _named(self) -> Levels:
        count = len(self.tables)
        ground = self.tables[:, : self.sight].reshape(count, -1)
        sight = self.tables[:, self.sight : self.windows].view(np.uint64)
        windows = self.tables[:, self.windows :]
        return Levels(
            ground[:, : GROUND * self.cells].reshape(count, self.cells, GROUND),
            sight.reshape(count, self.cells, 4, SIGHT),
            windows[:, : 8 * self.plane].reshape(count, 4, 2, self.plane),
        )


@allocating
def make(terrain: np.ndarray, slots: np.ndarray, lines: Lines, view: Whole, tables: Levels) -> None:
    """Writes the tables of terrain int8 [n, 3, H, W] (height, ramp, floor) into these slots."""
    height, width = terrain.shape[2], terrain.shape[3]
    # Rows share their margin of view - 1 cells, so the whole level is one run of cells.
    pitch = width + view - 1
    margin = view - 1
    start = margin * pitch + margin
    size = start + (height + margin) * pitch + margin
    tops = np.zeros(size, dtype=np.int8)
    inside = np.zeros(size, dtype=np.uint8)
    run = height * pitch
    clear = np.empty((2, run), dtype=np.uint8)
    bits = np.empty((4, 4, run), dtype=np.uint64)
    for i in range(len(slots)):
        level = slots[i]
        _write_ground(terrain[i], tables.ground[level])
        _write_windows(terrain[i], view, tables.windows[level])
        _lay_out(terrain[i], start, pitch, tops, inside)
        _follow(tops, inside, start, pitch, lines, clear, bits)
        _write_sight(bits, height, width, pitch, tables.sight[level])


@plain
def _write_ground(terrain: np.ndarray, ground: np.ndarray) -> None:
    height, width = terrain.shape[1], terrain.shape[2]
    for y in range(height):
        for x in range(width):
            low, ramp = terrain[0, y, x], terrain[1, y, x]
            sides = 0
            for direction in range(4):
                raised = ramp != 0 and direction != (ramp + 1) % 4  # not at its foot
                sides |= (low + raised) << (2 * direction)
            cell = (y + 1) * (width + 1) + x + 1
            ground[cell, SIDES] = sides
            ground[cell, TOPS] = 2 * low + (ramp != 0)
            ground[cell, RAMPS] = ramp
            ground[cell, FLOORS] = terrain[2, y, x]


@inlined
def ground(w: World, what: Whole, cell: Whole) -> Whole:
    """SIDES, TOPS, RAMPS or FLOORS of a cell."""
    return byte(w.level, GROUND * cell + what)


@inlined
def window_pitch(height: Whole, width: Whole, view: Whole) -> Whole:
    """Cells from one row of a turned and padded map to the next, and the number of its rows."""
    return max(height, width) + view - 1


@inlined
def turned(y: Whole, x: Whole, height: Whole, width: Whole, heading: Whole) -> tuple[Whole, Whole]:
    """Row and column of a cell once the map is turned so that the heading is up."""
    if heading == 0:
        return y, x
    if heading == 1:
        return width - 1 - x, y
    if heading == 2:
        return height - 1 - y, width - 1 - x
    return x, height - 1 - y


@plain
def _write_windows(terrain: np.ndarray, view: Whole, windows: np.ndarray) -> None:
    height, width = terrain.shape[1], terrain.shape[2]
    pitch = window_pitch(height, width, view)
    for heading in range(4):
        for y in range(height):
            for x in range(width):
                row, column = turned(y, x, height, width, heading)
                place = (row + view - 1) * pitch + column + view // 2
                ramp = terrain[1, y, x]
                up = 1 + (ramp - 1 - heading) % 4 if ramp else 0
                windows[heading, HEIGHT_ROWS, place] = terrain[0, y, x]
                windows[heading, GROUND_ROWS, place] = 5 * terrain[2, y, x] + up


@plain
def _lay_out(
    terrain: np.ndarray, start: Whole, pitch: Whole, tops: np.ndarray, inside: np.ndarray
) -> None:
    for y in range(terrain.shape[1]):
        for x in range(terrain.shape[2]):
            place = start + y * pitch + x
            tops[place] = 2 * terrain[0, y, x] + (terrain[1, y, x] != 0)
            inside[place] = 1


@plain
def _follow(
    tops: np.ndarray,
    inside: np.ndarray,
    start: Whole,
    pitch: Whole,
    lines: Lines,
    clear: np.ndarray,
    bits: np.ndarray,
) -> None:
    """Follows each line from all cells at once; bits uint64 [heading, words, cells from start]."""
    bits[:] = 0
    low, high = clear[0], clear[1]
    run = len(low)
    own = tops[start : start + run]
    for j in range(len(lines.offsets)):
        down, right = lines.offsets[j]
        to = start + down * pitch + right
        target = tops[to : to + run]
        within = inside[to : to + run]
        for i in range(run):  # an assignment of slices takes a second longer to compile
            low[i] = high[i] = within[i]
        steps = max(abs(down), abs(right))
        for p in range(lines.first[j], lines.first[j + 1]):
            k, row, column, other_row, other_column = lines.points[p]
            one, other = start + row * pitch + column, start + other_row * pitch + other_column
            between = (tops[one : one + run], tops[other : other + run])
            _strike_out(own, between, target, np.int8(steps), np.int8(k), low, high)
        for heading in range(4):
            place = lines.places[j, heading]
            if place != NOT_IN_WINDOW:
                shift = np.uint64(place % 64)
                _add(low, shift, bits[heading, LOW_MARK + place // 64])
                _add(high, shift, bits[heading, HIGH_MARK + place // 64])


@plain
def _strike_out(
    own: np.ndarray,
    between: tuple[np.ndarray, np.ndarray],
    target: np.ndarray,
    steps: np.int8,
    k: np.int8,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Clears where the lower of two cells stands above the line from an eye to a mark.

    Over bare terrain the eye is at top + 1, and so is the mark; with something on it at top + 2.
    Whole bytes, and slices that are read from 0 on: this is what compilers make wide loops of.
    """
    one, other = between
    for i in range(len(own)):
        rise = np.int8(np.int8(min(one[i], other[i]) - own[i] - 1) * steps)
        reach = np.int8(np.int8(target[i] - own[i]) * k)
        low[i] &= rise <= reach
        high[i] &= rise <= np.int8(reach + k)


@plain
def _add(clear: np.ndarray, shift: np.uint64, bits: np.ndarray) -> None:
    for i in range(len(clear)):
        bits[i] |= np.uint64(clear[i]) << shift


@plain
def _write_sight(
    bits: np.ndarray, height: Whole, width: Whole, pitch: Whole, sight: np.ndarray
) -> None:
    for y in range(height):
        for x in range(width):
            cell = (y + 1) * (width + 1) + x + 1
            for heading in range(4):
                for word in range(4):
                    sight[cell, heading, word] = bits[heading, word, y * pitch + x]
