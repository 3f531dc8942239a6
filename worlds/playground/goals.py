"""Goals: disjunctions of options, each a conjunction of atoms that must or must not hold."""

import numpy as np

from worlds.playground import record as at
from worlds.playground.kernels import inlined, kernel
from worlds.playground.record import NOTHING, Batch, Room
from worlds.playground.things import NONE, rest
from worlds.rng import Whole


@inlined
def option_holds(w: Batch, b: Whole, n: Whole, k: Whole) -> bool:
    """Whether all atoms hold that an option requires, and none that it forbids."""
    option = w.r64[b, at.GOAL + n * at.MOST_OPTIONS + k]
    truth = w.r64[b, at.TRUTH]
    require, forbid = option & at.LOW_HALF, option >> np.uint64(32)
    return truth & require == require and truth & forbid == NONE


@inlined
def holds(w: Batch, b: Whole, n: Whole) -> bool:
    """Whether some option of an agent's goal holds."""
    for k in range(np.int64(w.r8[b, at.OPTIONS + n])):
        if option_holds(w, b, n, k):
            return True
    return False


@inlined
def asked_atoms(w: Batch, b: Whole, n: Whole) -> np.uint64:
    """Bit m: atom m is part of the agent's goal."""
    asked = NONE
    for k in range(np.int64(w.r8[b, at.OPTIONS + n])):
        option = w.r64[b, at.GOAL + n * at.MOST_OPTIONS + k]
        asked |= (option & at.LOW_HALF) | (option >> np.uint64(32))
    return asked


@kernel
def progress(w: Batch, room: Room, out: np.ndarray) -> None:
    """Writes into out float32 [B, N] the largest share of an option's atoms that are as they should.

    1 once the goal has held in this trial; 0 for agents that are out of it or have no goal.
    """
    for b in range(len(w.r8)):
        for n in range(room.agents):
            out[b, n] = 0
            if w.r8[b, at.AWAY + room.objects + n] == NOTHING:
                continue
            if w.r8[b, at.ACHIEVED + n] != 0:
                out[b, n] = 1
                continue
            for k in range(np.int64(w.r8[b, at.OPTIONS + n])):
                out[b, n] = max(out[b, n], _share(w, b, n, k))


@inlined
def _share(w: Batch, b: Whole, n: Whole, k: Whole) -> np.float32:
    option = w.r64[b, at.GOAL + n * at.MOST_OPTIONS + k]
    truth = w.r64[b, at.TRUTH]
    require, forbid = option & at.LOW_HALF, option >> np.uint64(32)
    met = _count(truth & require) + _count(~truth & forbid)
    return np.float32(met / _count(option))


@inlined
def _count(mask: np.uint64) -> Whole:
    count = 0
    while mask != NONE:
        mask = rest(mask)
        count += 1
    return count
