"""How much a task is worth playing: one line of arithmetic per score.

A score takes the `Groups` of a batch (K tasks, each with one roster) and the `Memory` of what is
known about them with this batch counted in, and returns float64 [K, A], of each agent in whose seat
somebody learned; higher is to be played sooner. `judged` makes one number of them. NaN means that
the batch does not tell. Shares are returns put on the buffer's running scale: 0 at
its floor, 1 at the best return seen on any task. Sources: PLR is Jiang 2021, robust PLR and MaxMC
Jiang 2021b, eva Ye 2024, SFL Rutherford 2024, OMNI Zhang 2023.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from populations.creators.groups import Groups
from populations.creators.memory import RATE, Memory
from worlds import rng

Score = Callable[[Groups, Memory], np.ndarray]

PIVOT = 0.1  # a share that `_bent` moves to one half (OMNI)
_PLACEBO = rng.key("creators", "random_score")


def positive_value_loss(groups: Groups, memory: Memory) -> np.ndarray:
    """PVL: mean_t max(A_t, 0), the mean over episodes (robust PLR)."""
    return groups.mean(groups.signals["pvl"])


def l1_value_loss(groups: Groups, memory: Memory) -> np.ndarray:
    """mean_t |A_t|, the mean over episodes (PLR, "GAE magnitude")."""
    return groups.mean(groups.signals["l1"])


def max_mc(groups: Groups, memory: Memory) -> np.ndarray:
    """mean_t (R_max - V_t), R_max the highest return ever on this task and roster (MaxMC)."""
    return memory.best - groups.mean(groups.signals["value"])


def max_minus_min(groups: Groups, memory: Memory) -> np.ndarray:
    """max_k R_k - min_k R_k over this batch's episodes (eva's informativeness)."""
    return groups.max(groups.returns) - groups.min(groups.returns)


def max_minus_mean(groups: Groups, memory: Memory) -> np.ndarray:
    """max_k R_k - mean_k R_k over this batch's episodes (eva's ablation)."""
    return groups.max(groups.returns) - groups.mean(groups.returns)


def learnability(groups: Groups, memory: Memory) -> np.ndarray:
    """p (1 - p), p the running mean return as a share (SFL)."""
    return memory.share(memory.mean) * (1.0 - memory.share(memory.mean))


def learning_progress(groups: Groups, memory: Memory) -> np.ndarray:
    """|f(fast) - f(slow)|, two running means of the share; f lifts low shares (OMNI).

    Both begin at the floor, so each is divided by the weight of what was seen: else every new task
    on which anything is earned, a coin too, would look like progress.
    """
    left = (1 - RATE) ** memory.visits
    fast = memory.share(memory.fast) / np.maximum(1 - left, RATE**2)
    slow = memory.share(memory.slow) / np.maximum(1 - left * (1 + RATE * memory.visits), RATE**2)
    return np.abs(_bent(np.minimum(fast, 1)) - _bent(np.minimum(slow, 1)))


def elder_gap(groups: Groups, memory: Memory) -> np.ndarray:
    """p max(p* - p, 0), p* the elders' share on the same task and roster, see `Memory.elder_share`.

    The gap alone is high on everything too hard, and p (1 - p) on every coin flip; the product is
    neither. It is as good as p* is known: give it all elder episodes.
    """
    return memory.share(memory.mean) * np.maximum(memory.elder_share - memory.share(memory.mean), 0)


def frontier(groups: Groups, memory: Memory) -> np.ndarray:
    """max(learning progress, p max(p* - p, 0)): what moves now, or is known to be possible; ours.

    Where progress rests, elders tell that there is a way. Where nobody is known to have played, p* is 1.
    """
    return np.maximum(learning_progress(groups, memory), elder_gap(groups, memory))


def random_score(groups: Groups, memory: Memory) -> np.ndarray:
    """A placebo: uniform in [0, 1), fixed by task, roster and visits."""
    counters = (groups.tasks ^ groups.rosters)[:, None] ^ memory.visits.astype(np.uint64)
    return (rng.words(_PLACEBO, counters) >> np.uint64(11)) * 2.0**-53


SCORES: dict[str, Score] = {
    score.__name__: score
    for score in (
        positive_value_loss,
        l1_value_loss,
        max_mc,
        max_minus_min,
        max_minus_mean,
        learnability,
        learning_progress,
        elder_gap,
        frontier,
        random_score,
    )
}

BY_ELDERS = ("elder_gap", "frontier")  # what others could do is looked up for these
AGENTS = ("mean", "sum")  # how the scores of a task's agents make one
COMPARING = ("max_minus_min", "max_minus_mean")  # need at least two episodes of a task


def judged(name: str, agents: str, groups: Groups, memory: Memory) -> np.ndarray:
    """[K] the score `name` over the agents in whose seats somebody learned in this batch.

    Their mean; or their "sum", which of regrets in a zero-sum game is the exploitability there
    (NashConv; Lanctot 2017).
    """
    values, played = SCORES[name](groups, memory), groups.counts > 0
    total = np.where(played, values, 0.0).sum(1)
    return np.asarray(total if agents == "sum" else total / played.sum(1))


def _bent(share: np.ndarray) -> np.ndarray:
    """(1 - q) x / (x + q (1 - 2 x)) with q = PIVOT, from 0 at 0 to 1 at 1 (Kanitscheider 2021)."""
    return (1 - PIVOT) * share / (share + PIVOT * (1 - 2 * share))
