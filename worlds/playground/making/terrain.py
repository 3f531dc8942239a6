"""Terrain by wave function collapse (the idea of Gumin 2016): heights, ramps, and painted floors.

A level depends on its key alone: attempt a of a collapse reads words 2 * H * W * a and on, two for
each cell it decides, of the counter-based words of `worlds.rng` (the specification's Philox streams
are not used).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from worlds.family import TaskError
from worlds.kernels import allocating, inlined, plain
from worlds.playground.constants import FLOORS, HEIGHTS, LARGEST, SMALLEST
from worlds.playground.making.tiles import HEIGHT_OF, RAMP_OF, SUPPORT, TILES, tiles
from worlds.rng import Whole, word_below

ATTEMPTS = 50  # collapses of one level before it is given up
WINDOW_SIDES = (3, 7)  # cells, of a window that is collapsed again
_NONE = -1

# Kernels that are inlined are those for which it was measured to pay: 16x16 in 32 us, not in 46.


class Rules(NamedTuple):
    """What the kernels need of the settings."""

    weights: np.ndarray  # [16] int64, 0 for tiles that are not used
    smooth: int
    support: np.ndarray  # [2, 256] uint64
    cells: int  # H * W


class Wave(NamedTuple):
    """The state of one collapse; a border of empty cells around the level is never entered."""

    domains: np.ndarray  # [(H + 2) * (W + 2)] uint32, bit t: tile t is possible
    buckets: np.ndarray  # [17, words] uint64, the cells with so many possibilities, one bit each
    sizes: np.ndarray  # [17] int64, how many cells that is
    stack: np.ndarray  # cells whose neighbours are to be narrowed
    sums: np.ndarray  # [16] int64, running sums of weights
    steps: np.ndarray  # [4] int64, from a cell to its neighbour


@dataclass(frozen=True)
class TerrainSettings:
    """How levels look. Weights are relative and whole."""

    height: int = 16  # cells
    width: int = 16  # cells
    weights: tuple[int, int, int, int] = (20, 16, 10, 4)  # of the flat tiles by height
    ramp_percent: int = 50  # weight of a ramp in percent of the rarer of its two heights
    smooth: int = 6  # factor of a tile's weight for each neighbour of the same tile
    cliff: int = 2  # the highest step between flat cells
    patches: int = 2  # painted rectangles of each colour
    patch_min: int = 2  # cells a side
    patch_max: int = 5
    colours: tuple[int, ...] = (0, 1)  # floor colours in use

    def __post_init__(self) -> None:
        for name in ("height", "width"):
            check(name, getattr(self, name), getattr(SMALLEST, name), getattr(LARGEST, name))
        check_all("weights", self.weights, HEIGHTS, HEIGHTS, 100)
        if not any(self.weights):
            raise TaskError("weights", self.weights, "is at least one above 0")
        # With these bounds the largest sum of weights, 400 * 40**4 and a little, is below 2**31.
        check("ramp_percent", self.ramp_percent, 1, 400)
        check("smooth", self.smooth, 1, 40)
        check("cliff", self.cliff, 0, HEIGHTS - 1)
        check("patches", self.patches, 0, 16)
        check("patch_min", self.patch_min, 1, min(self.height, self.width))
        check("patch_max", self.patch_max, self.patch_min, min(self.height, self.width))
        check_all("colours", self.colours, 0, len(FLOORS), len(FLOORS) - 1)
        if len(set(self.colours)) < len(self.colours):
            raise TaskError("colours", self.colours, "is no colour twice")

    def tile_weights(self) -> list[int]:
        """The weight of each of the 16 tiles; a ramp that cannot join two heights has none."""
        out = list(self.weights)
        for pair in zip(self.weights, self.weights[1:], strict=False):
            out += [max(1, self.ramp_percent * min(pair) // 100) if all(pair) else 0] * 4
        return out

    def rules(self) -> Rules:
        """The settings as the kernels take them."""
        weights = np.array(self.tile_weights(), dtype=np.int64)
        return Rules(weights, self.smooth, SUPPORT[self.cliff], self.height * self.width)

    def start(self) -> np.ndarray:
        """The domains before anything is decided, uint32 [1, (H + 2) * (W + 2)], with a border."""
        used = sum(1 << tile for tile, weight in enumerate(self.tile_weights()) if weight)
        inner = np.full((self.height, self.width), used, dtype=np.uint32)
        return np.pad(inner, 1).reshape(1, -1)


def check(field: str, found: Any, least: int, most: int) -> None:
    """Refuses whatever is no whole number from least to most."""
    if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= most:
        raise TaskError(field, found, f"are whole numbers {least}..{most}")


def check_all(field: str, found: Any, fewest: int, count: int, most: int) -> None:
    """Refuses whatever is no tuple of fewest..count whole numbers 0..most."""
    if not isinstance(found, tuple) or not fewest <= len(found) <= count:
        raise TaskError(field, found, f"are tuples of {fewest}..{count} whole numbers")
    for index, value in enumerate(found):
        check(f"{field}[{index}]", value, 0, most)


def collapse(keys: Iterable[int], settings: TerrainSettings) -> tuple[np.ndarray, np.ndarray]:
    """Fresh levels: height and ramp, both int8 [n, H, W], from keys uint64 [n]."""
    return _levels(settings.start(), keys, settings)


def recollapse(
    height: np.ndarray,
    ramp: np.ndarray,
    windows: np.ndarray,
    keys: Iterable[int],
    settings: TerrainSettings,
) -> tuple[np.ndarray, np.ndarray]:
    """Copies of levels int8 [n, H, W] in which one window each is collapsed again.

    Windows are whole numbers [n, 4]: top row, left column, rows, columns. What stands around a
    window is kept, and the window fits it.
    """
    starts = np.pad(np.uint32(1) << tiles(height, ramp), ((0, 0), (1, 1), (1, 1)))
    shape = (len(starts), settings.height, settings.width)
    if height.shape != shape:
        raise TaskError("height", height.shape, f"is [n, H, W], here {shape}")
    used = settings.start().max()
    for start, (top, left, rows, columns) in zip(starts, windows, strict=True):
        check("rows", int(rows), *WINDOW_SIDES)
        check("columns", int(columns), *WINDOW_SIDES)
        check("top", int(top), 0, settings.height - int(rows))
        check("left", int(left), 0, settings.width - int(columns))
        start[top + 1 : top + 1 + rows, left + 1 : left + 1 + columns] = used
    return _levels(starts.reshape(len(starts), -1), keys, settings)


def paint(keys: Iterable[int], settings: TerrainSettings) -> np.ndarray:
    """Floors int8 [n, H, W]: 0 plain, else 1 + colour; later rectangles cover earlier ones."""
    keys = np.asarray(keys, dtype=np.uint64)
    floor = np.zeros((len(keys), settings.height, settings.width), dtype=np.int8)
    colours = np.repeat(np.array(settings.colours, dtype=np.int64), settings.patches)
    _paint(keys, colours, settings.patch_min, settings.patch_max, floor)
    return floor


def _levels(
    starts: np.ndarray, keys: Iterable[int], settings: TerrainSettings
) -> tuple[np.ndarray, np.ndarray]:
    keys = np.asarray(keys, dtype=np.uint64)
    domains = np.empty((len(keys), starts.shape[1]), dtype=np.uint32)
    failed = _collapse(starts, keys, settings.rules(), settings.width + 2, domains)
    if failed != _NONE:
        raise ValueError(f"no level {failed} in {ATTEMPTS} collapses: change {settings}")
    return unfold(domains, settings)


def unfold(domains: np.ndarray, settings: TerrainSettings) -> tuple[np.ndarray, np.ndarray]:
    """Height and ramp int8 [n, H, W] of decided domains uint32 [n, (H + 2) * (W + 2)]."""
    bits = domains.reshape(-1, settings.height + 2, settings.width + 2)[:, 1:-1, 1:-1]
    tile = np.bitwise_count(bits - np.uint32(1))
    return HEIGHT_OF[tile], RAMP_OF[tile]


@allocating
def _collapse(
    starts: np.ndarray, keys: np.ndarray, rules: Rules, pitch: Whole, domains: np.ndarray
) -> int:
    """Fills domains [n, cells] from one start for all or one each; who failed, or _NONE."""
    wave = new_wave(starts.shape[1], pitch)
    for i in range(keys.size):
        if not solve(starts[i % starts.shape[0]], keys[i], rules, wave):
            return i
        hand_over(wave, domains[i])
    return _NONE


@allocating
def _paint(
    keys: np.ndarray, colours: np.ndarray, least: Whole, most: Whole, floor: np.ndarray
) -> None:
    """Paints one rectangle for each entry of colours, in drawn order."""
    count, height, width = colours.size, floor.shape[1], floor.shape[2]
    for level in range(keys.size):
        key, order = keys[level], colours.copy()
        for i in range(count - 1, 0, -1):
            j = word_below(key, np.uint64(i), i + 1)
            order[i], order[j] = order[j], order[i]
        for i in range(count):
            counter = count + 4 * i
            rows = least + word_below(key, np.uint64(counter), most - least + 1)
            columns = least + word_below(key, np.uint64(counter + 1), most - least + 1)
            top = word_below(key, np.uint64(counter + 2), height - rows + 1)
            left = word_below(key, np.uint64(counter + 3), width - columns + 1)
            floor[level, top : top + rows, left : left + columns] = 1 + order[i]


@plain
def hand_over(wave: Wave, domains: np.ndarray) -> None:
    """Copies the domains of a wave; an assignment of slices takes two seconds to compile."""
    for cell in range(domains.size):
        domains[cell] = wave.domains[cell]


@plain
def neighbours(pitch: Whole) -> np.ndarray:
    """int64 [4]: from a cell to its neighbour in each direction, rows being `pitch` cells apart."""
    steps = np.empty(4, dtype=np.int64)  # an array of a list takes long to compile
    steps[0], steps[1], steps[2], steps[3] = -pitch, 1, pitch, -1
    return steps


@plain
def new_wave(cells: Whole, pitch: Whole) -> Wave:
    """Room for one collapse at a time; cells and pitch count the border."""
    return Wave(
        np.empty(cells, dtype=np.uint32),
        np.empty((TILES + 1, (cells + 63) // 64), dtype=np.uint64),
        np.empty(TILES + 1, dtype=np.int64),
        np.empty(TILES * cells, dtype=np.int32),  # each push takes a tile from a domain
        np.empty(TILES, dtype=np.int64),
        neighbours(pitch),
    )


@plain
def solve(start: np.ndarray, key: np.uint64, rules: Rules, wave: Wave) -> bool:
    """Collapses the domains of `start` into those of `wave`; False if every attempt failed."""
    for attempt in range(ATTEMPTS):
        counter = 2 * rules.cells * attempt
        top = _begin(start, wave)
        while _propagate(wave, rules.support, top):
            cell = _next_cell(wave, key, counter)
            if cell == _NONE:
                return True
            _narrow(wave, cell, _draw_tile(wave, cell, rules, key, counter + 1))
            wave.stack[0] = cell
            top = 1
            counter += 2
    return False


@plain
def _begin(start: np.ndarray, wave: Wave) -> int:
    """Puts the cells into their buckets and the decided ones on the stack, whose top it returns.

    Domains of all used tiles need no propagation: each tile has a neighbour on every side.
    """
    top = 0
    wave.buckets[:] = 0
    wave.sizes[:] = 0
    for cell in range(start.size):
        wave.domains[cell] = start[cell]
        count = count_bits(np.uint64(start[cell]))
        _put(wave, cell, count)
        if count == 1:
            wave.stack[top] = cell
            top += 1
    return top


@plain
def _put(wave: Wave, cell: Whole, count: Whole) -> None:
    wave.buckets[count, cell >> 6] ^= np.uint64(1) << np.uint64(cell & 63)
    wave.sizes[count] += 1


@inlined
def _narrow(wave: Wave, cell: Whole, domain: np.uint64) -> None:
    """Gives a cell a smaller domain and moves it into the bucket of that."""
    before = count_bits(np.uint64(wave.domains[cell]))
    wave.buckets[before, cell >> 6] ^= np.uint64(1) << np.uint64(cell & 63)
    wave.sizes[before] -= 1
    wave.domains[cell] = domain
    _put(wave, cell, count_bits(domain))


@inlined
def _propagate(wave: Wave, support: np.ndarray, top: Whole) -> bool:
    """Narrows neighbours until all fit; False as soon as a cell has no possibility left."""
    while top > 0:
        top -= 1
        cell = wave.stack[top]
        beside = _beside(support, np.uint64(wave.domains[cell]))
        for direction in range(4):
            neighbour = cell + wave.steps[direction]
            before = np.uint64(wave.domains[neighbour])
            after = before & (beside >> np.uint64(16 * direction))
            if after != before:
                if after == 0:
                    return False
                _narrow(wave, neighbour, after)
                if _beside(support, before) != _beside(support, after):
                    wave.stack[top] = neighbour
                    top += 1
    return True


@plain
def _beside(support: np.ndarray, domain: np.uint64) -> np.uint64:
    return support[0, domain & np.uint64(255)] | support[1, domain >> np.uint64(8)]


@inlined
def _next_cell(wave: Wave, key: np.uint64, counter: Whole) -> Whole:
    """One of the cells with the fewest possibilities above one, in reading order; _NONE at the end."""
    count = 2
    while wave.sizes[count] == 0:
        count += 1
        if count > TILES:
            return _NONE
    skip = word_below(key, np.uint64(counter), wave.sizes[count])
    index = 0
    held = count_bits(wave.buckets[count, 0])
    while skip >= held:
        skip -= held
        index += 1
        held = count_bits(wave.buckets[count, index])
    bits = wave.buckets[count, index]
    for _ in range(skip):
        bits &= bits - np.uint64(1)
    return 64 * index + lowest(bits)


@inlined
def _draw_tile(wave: Wave, cell: Whole, rules: Rules, key: np.uint64, counter: Whole) -> np.uint64:
    """One tile of a cell's domain, as a bit, by weight."""
    sums = wave.sums
    bits = np.uint64(wave.domains[cell])
    total, count = 0, 0
    while bits != 0:
        bit = bits & (~bits + np.uint64(1))
        weight = rules.weights[lowest(bits)]
        for direction in range(4):
            if wave.domains[cell + wave.steps[direction]] == bit:
                weight *= rules.smooth
        total += weight
        sums[count] = total
        count += 1
        bits ^= bit
    drawn = word_below(key, np.uint64(counter), total)
    bits = np.uint64(wave.domains[cell])
    for i in range(count):
        if drawn < sums[i]:
            break
        bits &= bits - np.uint64(1)
    return bits & (~bits + np.uint64(1))


@plain
def lowest(bits: np.uint64) -> np.int64:
    """The number of the lowest bit that is set; the tile of a decided cell."""
    return count_bits(~bits & (bits - np.uint64(1)))


@plain
def count_bits(bits: np.uint64) -> np.int64:
    """How many bits are set (compilers know this form and emit one instruction)."""
    bits = bits - ((bits >> np.uint64(1)) & np.uint64(0x5555555555555555))
    bits = (bits & np.uint64(0x3333333333333333)) + (
        (bits >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))
