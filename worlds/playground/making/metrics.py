"""What goals ask of their agents: how hard they are to meet, and how far they go together.

Measures after OEL Team 2021. All truth assignments of the atoms count alike, whether or not a world
can reach them; of more than 16 atoms, 65536 are drawn.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from worlds.kernels import allocating, plain
from worlds.playground.making.terrain import count_bits
from worlds.playground.making.truth_tables import (
    WORD_ATOMS,
    best_overlap,
    columns,
    masks,
    tables,
)
from worlds.playground.task import Goal
from worlds.rng import word, word_below

BALANCE_DRAWS = 4096  # renamings and negations tried for goals over more than six atoms


class Metrics(NamedTuple):
    """Of one game; all but `options` are in [0, 1]."""

    options: float  # of one agent, mean
    exploration: float  # exploration difficulty: the share of assignments that reward nobody
    cooperativeness: float  # of the assignments that reward somebody, the share that reward all
    competitiveness: float  # and the share that do not: 1 - cooperativeness


def metrics(goals: Sequence[Goal], key: int = 0) -> Metrics:
    """The metrics of the goals of n agents; `key` counts for more than 16 atoms alone.

    Raises ValueError for a game that nobody can win.
    """
    _, require, forbid = masks(goals)
    won = tables(require, forbid, _columns(require | forbid, key))
    some = _size(np.bitwise_or.reduce(won, axis=0))
    if some == 0:
        raise ValueError("goals hold in no assignment of their atoms, allowed are some that can")
    together = _size(np.bitwise_and.reduce(won, axis=0)) / some
    everything = 64 * won.shape[1]
    return Metrics(sum(map(len, goals)) / len(goals), 1 - some / everything, together, 1 - together)


def balance(goals: Sequence[Goal], key: int = 0) -> float:
    """How alike the goals are, in [0, 1]: the mean over pairs of agents; 1 for a single agent.

    Of two goals it is the largest share of assignments that reward both among those that reward
    either, over renamings and negations of the atoms in one of them. Exact up to six atoms, which
    take about 0.2 ms a pair; above, a lower bound from the identity and drawn ones. (The
    specification draws from five atoms on.)
    """
    _, require, forbid = masks(goals)
    where = _columns(require | forbid, key)
    won = tables(require, forbid, where)
    pairs = list(combinations(range(len(goals)), 2))
    if len(where) <= WORD_ATOMS:
        used = np.arange(len(where))
        found = [best_overlap(won[i, 0], won[j, 0], used) for i, j in pairs]
    else:
        found = [
            _drawn_overlap(won[i], require[j], forbid[j], where, np.uint64(key)) for i, j in pairs
        ]
    return float(np.mean(found)) if found else 1.0


def _columns(either: np.ndarray, key: int) -> np.ndarray:
    atoms = int(np.bitwise_or.reduce(either, axis=None)).bit_length()
    return columns(atoms, key)


def _size(table: np.ndarray) -> int:
    return int(np.bitwise_count(table).sum())


@allocating
def _drawn_overlap(
    one: np.ndarray, require: np.ndarray, forbid: np.ndarray, where: np.ndarray, key: np.uint64
) -> float:
    """The largest overlap found between a table and drawn forms of a goal.

    Draw d reads the words of a key of its own: who is renamed to whom, then who is negated.
    """
    atoms = where.shape[0]
    names, flips = np.arange(atoms), np.zeros(atoms, dtype=np.uint64)
    best = 0.0
    for draw in range(BALANCE_DRAWS + 1):
        if draw > 0:
            own = word(key, np.uint64(draw))
            for i in range(atoms - 1, 0, -1):
                j = word_below(own, np.uint64(i), i + 1)
                names[i], names[j] = names[j], names[i]
            signs = word(own, np.uint64(atoms))
            for i in range(atoms):
                flips[i] = np.uint64(0) - (signs >> np.uint64(i) & np.uint64(1))
        both, either = np.int64(0), np.int64(0)
        for index in range(one.size):
            table = _word(require, forbid, where[:, index], names, flips)
            both += count_bits(table & one[index])
            either += count_bits(table | one[index])
        best = max(best, both / either if either > 0 else 1.0)
    return best


@plain
def _word(
    require: np.ndarray,
    forbid: np.ndarray,
    where: np.ndarray,
    names: np.ndarray,
    flips: np.ndarray,
) -> np.uint64:
    """One word of a goal's table after its atoms were renamed and negated."""
    table = np.uint64(0)
    for k in range(require.size):
        if require[k] | forbid[k] == 0:
            break
        holds = ~np.uint64(0)
        for atom in range(names.size):
            value = where[names[atom]] ^ flips[atom]
            if require[k] >> atom & 1:
                holds &= value
            elif forbid[k] >> atom & 1:
                holds &= ~value
        table |= holds
    return table
