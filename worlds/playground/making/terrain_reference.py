"""Terrain once more, in slow plain Python and one level at a time: the oracle of the kernels' tests.

Written from the rules alone, with sets of tiles instead of bits; words are equal to the kernels'.
"""

from collections.abc import Sequence
from itertools import accumulate

from worlds.playground.constants import HEIGHTS, STEPS
from worlds.rng_reference import word

_ATTEMPTS = 50
_TILES = range(16)

Level = list[list[tuple[int, int]]]  # height and ramp of each cell
Domains = list[list[set[int]]]


class ReferenceTerrain:
    """The rules for some settings: `collapse` and `recollapse` as in `terrain`, one level each."""

    def __init__(self, size: Sequence[int], weights: Sequence[int], *rest: int) -> None:
        self.height, self.width = size
        ramp_percent, self.smooth, cliff = rest
        self.weights = dict(enumerate(weights))
        for tile in _TILES[HEIGHTS:]:
            rarer = min(weights[_low(tile)], weights[_low(tile) + 1])
            self.weights[tile] = max(1, ramp_percent * rarer // 100) if rarer else 0
        self.used = {tile for tile in _TILES if self.weights[tile]}
        self.fitting = {
            (tile, direction): {other for other in _TILES if fits(tile, other, direction, cliff)}
            for tile in _TILES
            for direction in range(4)
        }

    def collapse(self, key: int) -> Level | None:
        """A fresh level, or None if every attempt failed."""
        return self._solve([[self.used] * self.width for _ in range(self.height)], key)

    def recollapse(self, level: Level, window: Sequence[int], key: int) -> Level | None:
        """A level whose window (top row, left column, rows, columns) is collapsed again."""
        top, left, rows, columns = window
        start = [[{_tile(*cell)} for cell in row] for row in level]
        for row in range(top, top + rows):
            for column in range(left, left + columns):
                start[row][column] = self.used
        return self._solve(start, key)

    def _solve(self, start: Domains, key: int) -> Level | None:
        for attempt in range(_ATTEMPTS):
            domains = [[set(tiles) for tiles in row] for row in start]
            counter = 2 * self.height * self.width * attempt
            todo = [(row, column) for row in range(self.height) for column in range(self.width)]
            while self._propagate(domains, todo):
                cell = self._next_cell(domains, key, counter)
                if cell is None:
                    return [[_cell(min(tiles)) for tiles in row] for row in domains]
                row, column = cell
                domains[row][column] = {self._tile(domains, cell, key, counter + 1)}
                todo = [cell]
                counter += 2
        return None

    def _propagate(self, domains: Domains, todo: list[tuple[int, int]]) -> bool:
        while todo:
            row, column = todo.pop()
            for direction, down, right in self._neighbours(row, column):
                beside = set().union(*(self.fitting[t, direction] for t in domains[row][column]))
                left = domains[down][right] & beside
                if not left:
                    return False
                if left != domains[down][right]:
                    domains[down][right] = left
                    todo.append((down, right))
        return True

    def _next_cell(self, domains: Domains, key: int, counter: int) -> tuple[int, int] | None:
        cells = [(row, column) for row in range(self.height) for column in range(self.width)]
        counts = [len(domains[row][column]) for row, column in cells]
        if max(counts) == 1:
            return None
        fewest = min(count for count in counts if count > 1)
        ties = [cell for cell, count in zip(cells, counts, strict=True) if count == fewest]
        return ties[_below(key, counter, len(ties))]

    def _tile(self, domains: Domains, cell: tuple[int, int], key: int, counter: int) -> int:
        row, column = cell
        beside = [domains[y][x] for _, y, x in self._neighbours(row, column)]
        tiles = sorted(domains[row][column])
        chances = [self.weights[tile] * self.smooth ** beside.count({tile}) for tile in tiles]
        drawn = _below(key, counter, sum(chances))
        return next(tiles[i] for i, total in enumerate(accumulate(chances)) if drawn < total)

    def _neighbours(self, row: int, column: int) -> list[tuple[int, int, int]]:
        return [
            (direction, row + down, column + right)
            for direction, (down, right) in enumerate(STEPS)
            if 0 <= row + down < self.height and 0 <= column + right < self.width
        ]


def fits(tile: int, other: int, direction: int, cliff: int) -> bool:
    """Whether `other` may stand beside `tile` in this direction."""
    ramps = [one for one in (tile, other) if one >= HEIGHTS]
    if not ramps:
        return abs(tile - other) <= cliff
    ends = [_end(tile, direction), _end(other, (direction + 2) % 4)]
    if ends == [None, None]:
        return tile == other
    if None in ends:
        flank = (tile, other)[ends.index(None)]
        return len(ramps) == 1 and min(tile, other) in (_low(flank), _low(flank) + 1)
    return ends[0] == ends[1]


def _end(tile: int, direction: int) -> int | None:
    """The height of a flat tile, a ramp's head or foot; None at a ramp's flanks."""
    if tile < HEIGHTS:
        return tile
    uphill = tile % 4
    if direction % 2 != uphill % 2:
        return None
    return _low(tile) + (1 if direction == uphill else 0)


def _low(ramp: int) -> int:
    return ramp // 4 - 1


def _tile(height: int, ramp: int) -> int:
    return height if ramp == 0 else 4 * (height + 1) + ramp - 1


def _cell(tile: int) -> tuple[int, int]:
    return (tile, 0) if tile < HEIGHTS else (_low(tile), 1 + tile % 4)


def _below(key: int, counter: int, n: int) -> int:
    return (word(key, counter) >> 32) * n >> 32
