"""Truth tables of goals: one bit for each way in which their atoms may be true or false.

A table is uint64 words. Up to six atoms need one word; with fewer, every assignment stands in it
equally often, so that shares of bits stay what they are.
"""

from collections.abc import Sequence

import numpy as np

from worlds.kernels import allocating, plain
from worlds.playground.making.terrain import count_bits
from worlds.playground.task import Goal
from worlds.rng import Whole, words

WORD_ATOMS = 6  # whose assignments fit one word
EXACT_ATOMS = 16  # above that 2**16 assignments are drawn

# [6] uint64: bit x of column v is bit v of x.
COLUMNS = np.array(
    [sum((x >> v & 1) << x for x in range(64)) for v in range(WORD_ATOMS)], dtype=np.uint64
)


def columns(atoms: int, key: int = 0) -> np.ndarray:
    """Where each atom is true: uint64 [atoms, words], all assignments or, of many atoms, drawn."""
    if atoms > EXACT_ATOMS:
        count = 1 << (EXACT_ATOMS - WORD_ATOMS)
        return words(key, np.arange(atoms * count).reshape(atoms, count))
    out = np.empty((atoms, 1 << max(0, atoms - WORD_ATOMS)), dtype=np.uint64)
    out[:WORD_ATOMS] = COLUMNS[:atoms, None]
    number = np.arange(out.shape[1])
    for atom in range(WORD_ATOMS, atoms):
        out[atom] = -(number >> (atom - WORD_ATOMS) & 1)
    return out


def masks(goals: Sequence[Goal]) -> tuple[list[tuple[int, int, int]], np.ndarray, np.ndarray]:
    """The m different atoms, sorted, and require and forbid as uint32 [n, K]; 0 is unused.

    Raises ValueError for more than 32 atoms.
    """
    atoms = sorted({atom for goal in goals for option in goal for part in option for atom in part})
    if len(atoms) > 32:
        raise ValueError(f"goals have {len(atoms)} atoms, allowed are at most 32")
    bit = {atom: 1 << index for index, atom in enumerate(atoms)}
    require = np.zeros((len(goals), max(map(len, goals), default=0)), dtype=np.uint32)
    forbid = np.zeros_like(require)
    for agent, goal in enumerate(goals):
        for k, option in enumerate(goal):
            require[agent, k] = sum(bit[atom] for atom in option.require)
            forbid[agent, k] = sum(bit[atom] for atom in option.forbid)
    return atoms, require, forbid


def tables(require: np.ndarray, forbid: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The table of each goal, uint64 [n, words]; `where` is what `columns` gives."""
    out = np.zeros((len(require), where.shape[1]), dtype=np.uint64)
    bits = np.arange(len(where))
    for table, requires, forbids in zip(out, require, forbid, strict=True):
        for needed, banned in zip(requires.tolist(), forbids.tolist(), strict=True):
            if needed | banned:
                holds = np.bitwise_and.reduce(where[needed >> bits & 1 == 1], axis=0)
                table |= holds & ~np.bitwise_or.reduce(where[banned >> bits & 1 == 1], axis=0)
    return out


@plain
def option_table(require: np.uint64, forbid: np.uint64) -> np.uint64:
    """The word of one option over at most six atoms."""
    table = ~np.uint64(0)
    for atom in range(COLUMNS.size):
        bit = np.uint64(1) << np.uint64(atom)
        if require & bit:
            table &= COLUMNS[atom]
        if forbid & bit:
            table &= ~COLUMNS[atom]
    return table


@plain
def negated(table: np.uint64, atom: Whole) -> np.uint64:
    """The word in which one atom has its other value."""
    shift = np.uint64(1) << np.uint64(atom)
    return ((table & COLUMNS[atom]) >> shift) | ((table << shift) & COLUMNS[atom])


@plain
def exchanged(table: np.uint64, low: Whole, high: Whole) -> np.uint64:
    """The word in which two atoms, low < high, have changed places."""
    shift = (np.uint64(1) << np.uint64(high)) - (np.uint64(1) << np.uint64(low))
    moved = (table ^ (table >> shift)) & COLUMNS[low] & ~COLUMNS[high]
    return table ^ moved ^ (moved << shift)


@allocating
def best_overlap(one: np.uint64, other: np.uint64, used: np.ndarray) -> float:
    """The largest share of common bits, `and` by `or`, over renamings and negations of atoms.

    All u! * 2**u of them for the u atoms in `used`, each one exchange or negation from the last:
    renamings in the order of Heap 1963, negations in that of Gray's code.
    """
    first, second = count_bits(one), count_bits(other)
    most = min(first, second)
    if most == 0:
        return 1.0 if first == second else 0.0
    turns = np.zeros(used.size, dtype=np.int64)
    best, level = 0, 0
    while best < most:
        for step in range(1, (1 << used.size) + 1):
            best = max(best, int(count_bits(one & other)))
            if step < 1 << used.size:
                other = negated(other, used[count_bits(np.uint64((step & -step) - 1))])
        while level < used.size and turns[level] >= level:
            turns[level] = 0
            level += 1
        if level >= used.size:
            break
        low = turns[level] if level % 2 == 1 else 0
        other = exchanged(other, used[low], used[level])
        turns[level] += 1
        level = 0
    return best / (first + second - best)
