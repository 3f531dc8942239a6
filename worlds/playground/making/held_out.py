"""What no creator may propose: levels of one class of a fixed hash, probes, and games of probes."""

from functools import cache
from typing import NamedTuple

import numpy as np

from worlds.kernels import allocating
from worlds.playground.columns import field
from worlds.playground.constants import PREDICATES, Sizes
from worlds.playground.making.game_identity import game_digest
from worlds.playground.probe_file import own_sizes
from worlds.playground.suites import held_out_digests, held_out_games, probe, probe_names
from worlds.playground.task import Task, digest, from_row, goals_of, rules_of, to_row
from worlds.rng import mix

CLASSES = 8  # of levels; those of class 0 are held out


class _Probes(NamedTuple):
    """What a task must have in common with some probe before it is worth a closer look."""

    levels: np.ndarray  # [p] uint64, hashes of levels
    counts: np.ndarray  # [q, PREDICATES] int64, predicates of the atoms of games that are held out


def held_out(rows: np.ndarray, sizes: Sizes) -> np.ndarray:
    """bool [n]: whether each task, int16 [n, width], has such a level, or is such a task or game."""
    hashes = hashes_of(rows, sizes)
    found = held_out_class(hashes)
    probes = _probes()
    for index in np.flatnonzero(~found & (hashes[:, None] == probes.levels).any(1)):
        found[index] = digest(from_row(rows[index], sizes)) in held_out_digests()
    alike = (_predicates(rows, sizes)[:, None] == probes.counts).all(axis=2).any(axis=1)
    for index in np.flatnonzero(~found & alike):
        found[index] = _game(from_row(rows[index], sizes)) in held_out_games()
    return found


def held_out_class(hashes: np.ndarray) -> np.ndarray:
    """bool [n]: whether levels with these hashes, uint64 [n], are held out."""
    return hashes % np.uint64(CLASSES) == 0


def hashes_of(rows: np.ndarray, sizes: Sizes) -> np.ndarray:
    """The hash uint64 [n] of each task's level."""
    names = ("height", "ramp", "floor", "cells", "kinds", "bodies")
    height, ramp, floor, cells, kinds, bodies = (field(rows, name, sizes) for name in names)
    return level_hashes(height, ramp, floor, cells, (kinds >= 0).sum(axis=1), bodies)


def level_hashes(
    height: np.ndarray,
    ramp: np.ndarray,
    floor: np.ndarray,
    cells: np.ndarray,
    objects: np.ndarray,
    agents: np.ndarray,
) -> np.ndarray:
    """A hash uint64 [n] of terrain [n, H, W] and starts [n, O + N, 2]; the same in every space."""
    height, ramp, floor, cells, objects, agents = (
        np.ascontiguousarray(field, dtype=np.int16)
        for field in (height, ramp, floor, cells, objects, agents)
    )
    out = np.empty(len(height), dtype=np.uint64)
    _hash(height, ramp, floor, cells, objects, agents, out)
    return out


def _predicates(rows: np.ndarray, sizes: Sizes) -> np.ndarray:
    """How many atoms of each predicate every task has, int64 [n, PREDICATES]."""
    predicates = field(rows, "atoms", sizes)[:, :, 0]
    return (predicates[:, :, None] == np.arange(len(PREDICATES))).sum(axis=1)


def _game(task: Task) -> str:
    return game_digest(goals_of(task), rules_of(task))


@cache
def _probes() -> _Probes:
    tasks = [probe(name) for name in probe_names()]
    levels = np.empty(len(tasks), dtype=np.uint64)
    counts = []
    for index, task in enumerate(tasks):
        sizes = own_sizes(task)
        row = to_row(task, sizes)[None]
        levels[index] = hashes_of(row, sizes)[0]
        if _game(task) in held_out_games():
            counts.append(_predicates(row, sizes)[0])
    return _Probes(levels, np.array(counts, dtype=np.int64).reshape(-1, len(PREDICATES)))


@allocating
def _hash(
    height: np.ndarray,
    ramp: np.ndarray,
    floor: np.ndarray,
    cells: np.ndarray,
    objects: np.ndarray,
    agents: np.ndarray,
    out: np.ndarray,
) -> None:
    for i in range(out.size):
        rows, width = height[i].shape
        value = mix(np.uint64(width + 64 * (objects[i] + 64 * agents[i])))
        for row in range(rows):
            for column in range(width):
                tile = height[i, row, column] + 4 * ramp[i, row, column]
                value = mix(value ^ np.uint64(tile + 32 * floor[i, row, column]))
        for thing in range(cells.shape[1]):
            if cells[i, thing, 0] >= 0:
                value = mix(value ^ np.uint64(cells[i, thing, 0] + 64 * cells[i, thing, 1]))
        out[i] = value
