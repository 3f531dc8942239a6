"""The oracle of Goal Sequence: shortest ways to each goal around the others, as masks."""

import numpy as np

from worlds.kernels import allocating, plain
from worlds.rng import Whole, word
from worlds.sequences.goal_sequence.columns import (
    CELLS,
    FORWARD,
    GOALS,
    LEFT,
    NUM_AGENTS,
    NUM_GOALS,
    ORDER,
    ORDER_LENGTH,
    POINTERS,
    POSITION,
    RIGHT,
    SIZE,
    TASK,
    TRIAL,
    TRIAL_LENGTH,
    TURNED,
)
from worlds.sequences.goal_sequence.kernels import UNAIMED
from worlds.sequences.goal_sequence.tables import NUM_HEADINGS

_ONE = np.uint64(1)
_WORD = 64  # cells per word of a mask


def num_words(size: int) -> int:
    """64-bit words that hold one bit per cell of a size x size grid."""
    return -(-size * size // _WORD)


@allocating
def make_plans(record: np.ndarray, plans: np.ndarray) -> None:
    """Fills plans [B, colour, heading, 2, words] uint64: cells where to go forward, where to turn
    left.

    A breadth-first search backwards from each goal over (cell, heading), all cells of a heading at
    once. Of equally short ways forward goes before left, left before right. Poses from which the
    goal is walled in by the other two take the shortest way through them.
    """
    words = plans.shape[4]
    target = np.zeros(words, dtype=np.uint64)
    avoid = np.zeros(words, dtype=np.uint64)
    scratch = np.zeros((4, NUM_HEADINGS, words), dtype=np.uint64)
    through = np.zeros((NUM_HEADINGS, 2, words), dtype=np.uint64)
    reached = np.zeros((NUM_HEADINGS, words), dtype=np.uint64)
    edges = np.zeros((3, words), dtype=np.uint64)
    for b in range(record.shape[0]):
        side = np.int64(record[b, TASK + SIZE])
        _edges(side, edges)
        for colour in range(NUM_GOALS):
            target[:] = 0
            avoid[:] = 0
            for other in range(NUM_GOALS):
                cell = np.int64(record[b, TASK + GOALS + other])
                bit = _ONE << np.uint64(cell % _WORD)
                avoid[cell // _WORD] |= bit
                if other == colour:
                    target[cell // _WORD] |= bit
            plan = plans[b, colour]
            _flood(side, target, avoid, edges, scratch, plan, reached)
            whole = True
            for heading in range(NUM_HEADINGS):
                for w in range(words):
                    whole = whole and reached[heading, w] == edges[2, w]
            if not whole:
                scratch[3] = reached
                _flood(side, target, target, edges, scratch, through, reached)
                for heading in range(NUM_HEADINGS):
                    for w in range(words):
                        missing = ~scratch[3, heading, w]
                        plan[heading, 0, w] |= through[heading, 0, w] & missing
                        plan[heading, 1, w] |= through[heading, 1, w] & missing


@allocating
def planned(plans: np.ndarray, b: Whole, colour: Whole, cell: Whole, heading: Whole) -> int:
    """The greedy action towards `colour` from this pose in world b."""
    w = cell // _WORD
    shift = np.uint64(cell % _WORD)
    if (plans[b, colour, heading, 0, w] >> shift) & _ONE:
        return FORWARD
    if (plans[b, colour, heading, 1, w] >> shift) & _ONE:
        return LEFT
    return RIGHT


@allocating
def oracle(
    record: np.ndarray,
    aims: np.ndarray,
    plans: np.ndarray,
    worlds: np.ndarray,
    agent: Whole,
    key: np.uint64,
    threshold: np.uint64,
    out: np.ndarray,
) -> None:
    """Writes the oracle's actions; where it has no aim it draws one, wrong with threshold / 2**32.

    The draw depends on key, number of the world, step of the episode and agent alone.
    """
    for b in range(record.shape[0]):
        world = record[b]
        aim = aims[b, agent]
        if aim == UNAIMED:
            steps = np.int64(world[TRIAL]) * world[TASK + TRIAL_LENGTH] + world[POSITION]
            drawn = word(word(key, worlds[b]), np.uint64(steps * NUM_AGENTS + agent))
            aim = world[TASK + ORDER + world[POINTERS + agent] % ORDER_LENGTH]
            if (drawn >> np.uint64(32)) < threshold:
                aim = (aim + 1 + np.int64(drawn & _ONE)) % NUM_GOALS
            aims[b, agent] = aim
        cell = np.int64(world[CELLS + agent])
        out[b] = planned(plans, b, aim, cell, world[TURNED + agent])


@plain
def _edges(side: Whole, edges: np.ndarray) -> None:
    """Masks of a grid: all but the first column, all but the last column, all cells."""
    edges[:] = 0
    for cell in range(side * side):
        bit = _ONE << np.uint64(cell % _WORD)
        edges[2, cell // _WORD] |= bit
        if cell % side != 0:
            edges[0, cell // _WORD] |= bit
        if cell % side != side - 1:
            edges[1, cell // _WORD] |= bit


@plain
def _behind(
    mask: np.ndarray, heading: Whole, side: Whole, edges: np.ndarray, w: Whole
) -> np.uint64:
    """Word w of the cells from which one step forward in `heading` lands in `mask`."""
    words = mask.shape[0]
    by = np.uint64(1 if heading % 2 == 0 else side)
    back = np.uint64(_WORD) - by
    if heading < 2:  # east and south move to higher cells
        east = heading == 0
        value = (mask[w] & edges[0, w] if east else mask[w]) >> by
        if w + 1 < words:
            value |= (mask[w + 1] & edges[0, w + 1] if east else mask[w + 1]) << back
    else:
        west = heading == 2
        value = (mask[w] & edges[1, w] if west else mask[w]) << by
        if w > 0:
            value |= (mask[w - 1] & edges[1, w - 1] if west else mask[w - 1]) >> back
    return value & edges[2, w]


@plain
def _flood(
    side: Whole,
    target: np.ndarray,
    blocked: np.ndarray,
    edges: np.ndarray,
    scratch: np.ndarray,
    plan: np.ndarray,
    reached: np.ndarray,
) -> None:
    """One search: fills plan [heading, 2, words] and reached [heading, words].

    Nobody may walk onto a blocked cell; the target is blocked too, for arriving there ends the way.
    """
    words = target.shape[0]
    front, fresh, arrivals = scratch[0], scratch[1], scratch[2]
    for heading in range(NUM_HEADINGS):
        for w in range(words):
            first = _behind(target, heading, side, edges, w)
            front[heading, w] = first
            reached[heading, w] = first
            plan[heading, 0, w] = first
            plan[heading, 1, w] = 0
    growing = True
    while growing:
        growing = False
        for heading in range(NUM_HEADINGS):
            for w in range(words):
                arrivals[heading, w] = front[heading, w] & ~blocked[w]
        for heading in range(NUM_HEADINGS):
            for w in range(words):
                unseen = ~reached[heading, w]
                forward = _behind(arrivals[heading], heading, side, edges, w) & unseen
                left = front[(heading + 3) & 3, w] & unseen & ~forward
                right = front[(heading + 1) & 3, w] & unseen
                plan[heading, 0, w] |= forward
                plan[heading, 1, w] |= left
                fresh[heading, w] = forward | left | right
        for heading in range(NUM_HEADINGS):
            for w in range(words):
                front[heading, w] = fresh[heading, w]
                reached[heading, w] |= fresh[heading, w]
                growing = growing or fresh[heading, w] != 0
