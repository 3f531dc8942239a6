"""Goals: disjunctions of options, each a conjunction of atoms that must or must not hold."""

import numpy as np

from worlds.kernels import inlined, kernel
from worlds.playground.engine import record as at
from worlds.playground.engine.memory import byte, word
from worlds.playground.engine.record import HALF, NOTHING, World, read_header, world
from worlds.playground.engine.things import NONE, rest
from worlds.rng import Whole


@inlined
def option_holds(w: World, n: Whole, k: Whole) -> bool:
    """Whether all atoms hold that an option requires, and none that it forbids."""
    option = word(w.record, at.GOAL + n * at.MOST_OPTIONS + k)
    truth = word(w.record, at.TRUTH)
    require, forbid = option & at.LOW_HALF, option >> HALF
    return truth & require == require and truth & forbid == NONE


@inlined
def holds(w: World, n: Whole) -> bool:
    """Whether some option of an agent's goal holds."""
    found = False
    for k in range(byte(w.record, at.OPTIONS + n)):
        found |= option_holds(w, n, k)
    return found


@kernel
def progress(header: Whole, out: np.ndarray) -> None:
    """Writes into out float32 [B, N] the largest share of an option's atoms that are as they should.

    1 once the goal has held in this trial; 0 for agents that are out of it or have no goal.
    """
    worlds = read_header(header)
    for b in range(len(out)):
        w = world(worlds, b)
        for n in range(w.agents):
            out[b, n] = 0
            if byte(w.record, at.AWAY + w.objects + n) == NOTHING:
                continue
            if byte(w.record, at.ACHIEVED + n) != 0:
                out[b, n] = 1
                continue
            for k in range(byte(w.record, at.OPTIONS + n)):
                out[b, n] = max(out[b, n], _share(w, n, k))


@inlined
def _share(w: World, n: Whole, k: Whole) -> np.float32:
    option = word(w.record, at.GOAL + n * at.MOST_OPTIONS + k)
    truth = word(w.record, at.TRUTH)
    require, forbid = option & at.LOW_HALF, option >> HALF
    met = _count(truth & require) + _count(~truth & forbid)
    return np.float32(met / _count(option))


@inlined
def _count(mask: np.uint64) -> Whole:
    count = 0
    while mask != NONE:
        mask = rest(mask)
        count += 1
    return count
