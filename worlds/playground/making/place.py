"""Where one can walk, and where agents and objects start: on flat cells of the main part.

A *part* is a set of cells that can all be walked to from each other; the *main part* of a level is
the largest, of equals that with the lowest cell.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from worlds.family import TaskError
from worlds.kernels import allocating, plain
from worlds.playground.constants import EMPTY, HEIGHTS, LARGEST
from worlds.playground.making.terrain import (
    Rules,
    TerrainSettings,
    check,
    hand_over,
    lowest,
    neighbours,
    new_wave,
    paint,
    solve,
    unfold,
)
from worlds.playground.making.tiles import TILES, tiles
from worlds.rng import Whole, word, word_below

TERRAINS = 20  # that are tried for one level
NO_PART = -1  # of a blocked cell
_NONE = -1
_COLLAPSE, _FLOOR, _ANCHORS, _CELLS, _FAR, _OUTSIDE, _FACINGS = range(7)  # keys of one terrain


def _walking_side(tile: int, direction: int) -> int:
    """The height at which one enters or leaves a tile; a ramp's flanks are as high as its head."""
    low, uphill = divmod(tile - HEIGHTS, 4)
    return tile if tile < HEIGHTS else low + (direction != (uphill + 2) % 4)


SIDES = np.array(  # [16, 4], height of a tile at each side
    [[_walking_side(tile, direction) for direction in range(4)] for tile in range(TILES)]
)


class Levels(NamedTuple):
    """n levels; objects first, then agents; the cells of slots that are not used are EMPTY."""

    height: np.ndarray  # [n, H, W] int8
    ramp: np.ndarray  # [n, H, W] int8
    floor: np.ndarray  # [n, H, W] int8
    cells: np.ndarray  # [n, O + N, 2] int8, row and column
    facings: np.ndarray  # [n, O + N] int8, headings of agents; objects that are no slabs: ignore
    fixed: np.ndarray  # [n, O] uint8, 1 for anchors, which are the first objects


class Ground(NamedTuple):
    """What is known of one level while it is searched; cells are numbered in reading order."""

    tile: np.ndarray  # [H, W] int64
    blocked: np.ndarray  # [H * W] uint8
    walk: np.ndarray  # [H * W] uint8, bit d: one may walk on in direction d
    part: np.ndarray  # [H * W] int16, the lowest cell of the part, or NO_PART
    scratch: np.ndarray  # [5, H * W] int64
    steps: np.ndarray  # [4] int64, from a cell to its neighbour


@dataclass(frozen=True)
class PlaceSettings:
    """Room for objects and agents, and what makes a terrain worth keeping."""

    objects: int = 16  # slots
    agents: int = 2
    min_connected: int = 50  # percent of all cells that lie in the main part, at least
    outside: int = 0  # percent of loose objects that are put where no way leads back from

    def __post_init__(self) -> None:
        check("objects", self.objects, 0, LARGEST.objects)
        check("agents", self.agents, 1, LARGEST.agents)
        check("min_connected", self.min_connected, 0, 100)
        check("outside", self.outside, 0, 100)


def walk_and_parts(
    height: np.ndarray, ramp: np.ndarray, blocked: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where one may walk, the part of each cell, and which one is the main part.

    Levels are int8 [n, H, W]; where blocked [n, H, W] is not 0 (anchors) nobody can be. Returns walk
    uint8 [n, H, W], bit d for a walk on in direction d; parts int16 [n, H, W], named by their lowest
    cell in reading order, NO_PART where blocked; and the name of the main part, int16 [n].
    """
    tile = tiles(height, ramp)
    if blocked.shape != tile.shape:
        raise TaskError("blocked", blocked.shape, f"is [n, H, W] like height, {tile.shape}")
    walk = np.empty(tile.shape, dtype=np.uint8)
    part = np.empty(tile.shape, dtype=np.int16)
    main = np.empty(len(tile), dtype=np.int16)
    _search(tile, blocked != 0, walk, part, main)
    return walk, part, main


def levels(
    keys: Iterable[int], counts: np.ndarray, terrain: TerrainSettings, place: PlaceSettings
) -> Levels:
    """Levels from keys uint64 [n] and counts [n, 3]: anchors, objects (anchors too), agents.

    A terrain is drawn again where its main part is too small or has too few flat cells.
    """
    keys, counts = np.asarray(keys, dtype=np.uint64), np.asarray(counts, dtype=np.int64)
    _check_counts(counts, len(keys), place)
    start = terrain.start()
    domains = np.empty((len(keys), start.size), dtype=np.uint32)
    cells = np.full((len(keys), place.objects + place.agents, 2), EMPTY, dtype=np.int8)
    facings = np.zeros(cells.shape[:2], dtype=np.int8)
    floor_keys = np.empty_like(keys)
    limits = (place.objects, place.min_connected, place.outside)
    failed = _levels(
        keys,
        counts,
        start[0],
        terrain.rules(),
        terrain.width,
        limits,
        domains,
        cells,
        facings,
        floor_keys,
    )
    if failed != _NONE:
        raise ValueError(f"no level {failed} in {TERRAINS} terrains: change {place}, {terrain}")
    fixed = (np.arange(place.objects) < counts[:, :1]).astype(np.uint8)
    return Levels(*unfold(domains, terrain), paint(floor_keys, terrain), cells, facings, fixed)


def _check_counts(counts: np.ndarray, n: int, place: PlaceSettings) -> None:
    if counts.shape != (n, 3):
        raise TaskError("counts", counts.shape, f"is {(n, 3)}: anchors, objects, agents")
    for anchors, objects, agents in counts.tolist():
        check("objects", objects, 0, place.objects)
        check("anchors", anchors, 0, objects)
        check("agents", agents, 1, place.agents)


@allocating
def _search(
    tile: np.ndarray, blocked: np.ndarray, walk: np.ndarray, part: np.ndarray, main: np.ndarray
) -> None:
    ground = _new_ground(tile.shape[1], tile.shape[2])
    for i in range(len(tile)):
        ground.tile[:] = tile[i]
        ground.blocked[:] = blocked[i].ravel()
        _find_ways(ground, False)
        main[i], _ = _find_parts(ground)
        walk[i] = ground.walk.reshape(ground.tile.shape)
        part[i] = ground.part.reshape(ground.tile.shape)


@allocating
def _levels(
    keys: np.ndarray,
    counts: np.ndarray,
    start: np.ndarray,
    rules: Rules,
    width: Whole,
    limits: tuple[int, int, int],
    domains: np.ndarray,
    cells: np.ndarray,
    facings: np.ndarray,
    floor_keys: np.ndarray,
) -> int:
    """Fills the last four arrays; the first level that failed, or _NONE."""
    wave, ground = new_wave(start.size, width + 2), _new_ground(rules.cells // width, width)
    for i in range(keys.size):
        found, terrain, own = False, 0, keys[i]
        while not found and terrain < TERRAINS:
            own = word(keys[i], np.uint64(terrain))
            terrain += 1
            if solve(start, word(own, np.uint64(_COLLAPSE)), rules, wave):
                _read(wave.domains, ground.tile)
                found = _place(own, counts[i], limits, ground, cells[i])
        if not found:
            return i
        hand_over(wave, domains[i])
        floor_keys[i] = word(own, np.uint64(_FLOOR))
        for slot in range(facings.shape[1]):
            if cells[i, slot, 0] != EMPTY:
                facings[i, slot] = word_below(word(own, np.uint64(_FACINGS)), np.uint64(slot), 4)
    return _NONE


@plain
def _new_ground(height: Whole, width: Whole) -> Ground:
    cells = height * width
    return Ground(
        np.empty((height, width), dtype=np.int64),
        np.empty(cells, dtype=np.uint8),
        np.empty(cells, dtype=np.uint8),
        np.empty(cells, dtype=np.int16),
        np.empty((5, cells), dtype=np.int64),
        neighbours(width),
    )


@plain
def _read(domains: np.ndarray, tile: np.ndarray) -> None:
    """The tiles of decided domains with a border."""
    for row in range(tile.shape[0]):
        for column in range(tile.shape[1]):
            cell = (row + 1) * (tile.shape[1] + 2) + column + 1
            tile[row, column] = lowest(np.uint64(domains[cell]))


@plain
def _place(
    key: np.uint64,
    counts: np.ndarray,
    limits: tuple[int, int, int],
    ground: Ground,
    cells: np.ndarray,
) -> bool:
    """Draws the cells [O + N, 2] of one level; False if the terrain is not good enough."""
    anchors, objects, agents = counts
    slots, min_connected, outside = limits
    cells[:] = EMPTY
    ground.blocked[:] = 0
    free = _flat_cells(ground, _equal(ground.blocked, 0))
    if free.size < anchors:
        return False
    for slot in range(anchors):
        cell = _take(free, slot, word(key, np.uint64(_ANCHORS)), ground, cells[slot])
        ground.blocked[cell] = 1
    _find_ways(ground, False)
    main, size = _find_parts(ground)
    inside = _equal(ground.part, main)
    free = _flat_cells(ground, inside)
    if 100 * size < min_connected * ground.tile.size or free.size < 2 * (objects + agents):
        return False
    key_of_cells = word(key, np.uint64(_CELLS))
    for agent in range(agents):
        _take(free, agent, key_of_cells, ground, cells[slots + agent])
    far = _flat_cells(ground, _one_way(ground, inside)) if outside > 0 else free[:0]
    near_taken, far_taken = agents, 0
    for slot in range(anchors, objects):
        away = word_below(word(key, np.uint64(_OUTSIDE)), np.uint64(slot), 100) < outside
        if away and far_taken < far.size:
            _take(far, far_taken, word(key, np.uint64(_FAR)), ground, cells[slot])
            far_taken += 1
        else:
            _take(free, near_taken, key_of_cells, ground, cells[slot])
            near_taken += 1
    return True


@plain
def _take(cells: np.ndarray, taken: Whole, key: np.uint64, ground: Ground, out: np.ndarray) -> int:
    """Draws one of cells[taken:], writes its row and column, and moves it to the taken ones."""
    drawn = taken + word_below(key, np.uint64(taken), cells.size - taken)
    cell = cells[drawn]
    cells[drawn], cells[taken] = cells[taken], cell
    out[0], out[1] = cell // ground.tile.shape[1], cell % ground.tile.shape[1]
    return int(cell)


@plain
def _equal(values: np.ndarray, value: Whole) -> np.ndarray:
    """uint8 [H * W]: the cells of this value. Loops compile in a tenth of the time of expressions."""
    found = np.zeros(values.size, dtype=np.uint8)
    for cell in range(values.size):
        found[cell] = values[cell] == value
    return found


@plain
def _flat_cells(ground: Ground, wanted: np.ndarray) -> np.ndarray:
    """The flat cells among the wanted, int64, in reading order."""
    width = ground.tile.shape[1]
    found, count = np.empty(wanted.size, dtype=np.int64), 0
    for cell in range(wanted.size):
        if wanted[cell] and ground.tile[cell // width, cell % width] < HEIGHTS:
            found[count] = cell
            count += 1
    return found[:count]


@plain
def _find_ways(ground: Ground, slab: bool) -> None:
    """Fills `walk`; with a slab one may also climb one step from a flat cell."""
    height, width = ground.tile.shape
    for row in range(height):
        for column in range(width):
            cell = row * width + column
            tile = ground.tile[row, column]
            highest = 1 if slab and tile < HEIGHTS else 0
            bits = 0
            if ground.blocked[cell] == 0:
                for direction in range(4):
                    down = row + (direction == 2) - (direction == 0)
                    right = column + (direction == 1) - (direction == 3)
                    if 0 <= down < height and 0 <= right < width:
                        other = ground.tile[down, right]
                        climb = SIDES[other, direction ^ 2] - SIDES[tile, direction]
                        open_ = ground.blocked[cell + ground.steps[direction]] == 0
                        bits |= (climb <= highest and open_) << direction
            ground.walk[cell] = bits


@plain
def _one_way(ground: Ground, inside: np.ndarray) -> np.ndarray:
    """uint8 [H * W]: cells one can get to from `inside`, if need be with slabs, but not back."""
    _find_ways(ground, True)
    reached, grown = inside.copy(), True
    while grown:
        grown = False
        for cell in range(reached.size):
            for direction in range(4):
                if reached[cell] and ground.walk[cell] >> direction & 1:
                    neighbour = cell + ground.steps[direction]
                    grown |= not reached[neighbour]
                    reached[neighbour] = 1
    for cell in range(reached.size):
        reached[cell] &= not inside[cell]
    return reached


@plain
def _find_parts(ground: Ground) -> tuple[int, int]:
    """Fills `part` and returns the main part and its size (Tarjan 1972, without recursion)."""
    order, low, rest = ground.scratch[0], ground.scratch[1], ground.scratch[2]
    path, stack = ground.scratch[3], ground.scratch[4]
    order[:] = 0  # of discovery, from 1
    for cell in range(rest.size):
        rest[cell] = ground.walk[cell]  # the ways still to be followed
    ground.part[:] = NO_PART
    main, largest, found, top = _NONE, 0, 0, 0
    for root in range(order.size):
        path[0] = root
        depth = 1 if order[root] == 0 and ground.blocked[root] == 0 else 0
        while depth > 0:
            cell = path[depth - 1]
            if order[cell] == 0:
                found += 1
                order[cell] = low[cell] = found
                stack[top] = cell
                top += 1
            if rest[cell] != 0:
                neighbour = cell + ground.steps[lowest(np.uint64(rest[cell]))]
                rest[cell] &= rest[cell] - 1
                if order[neighbour] == 0:
                    path[depth] = neighbour
                    depth += 1
                elif ground.part[neighbour] == NO_PART:
                    low[cell] = min(low[cell], order[neighbour])
                continue
            depth -= 1
            if depth > 0:
                low[path[depth - 1]] = min(low[path[depth - 1]], low[cell])
            if low[cell] == order[cell]:
                bottom, name = top - 1, stack[top - 1]
                while stack[bottom] != cell:
                    bottom -= 1
                    name = min(name, stack[bottom])
                for place in range(bottom, top):
                    ground.part[stack[place]] = name
                size, top = top - bottom, bottom
                if size > largest or (size == largest and name < main):
                    main, largest = name, size
    return main, largest
