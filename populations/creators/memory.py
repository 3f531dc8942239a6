"""What a buffer knows about the returns on its tasks, and how a batch of episodes adds to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from populations.creators.groups import Groups

RATE = 0.1  # weight of one episode in the running means, once ten are known (OMNI: .1)
DOUBT = 16.0  # episodes of elders that what they did on the nearest tasks is worth; measured

COLUMNS: dict[str, type] = {
    "visits": np.int64,  # episodes of the learners
    "best": np.float64,  # highest return ever
    "mean": np.float64,  # mean return, of about the last ten episodes
    "fast": np.float64,  # running mean of the return, begun at the floor
    "slow": np.float64,  # running mean of `fast`
    "elder_visits": np.int64,  # episodes of elders
    "elder": np.float64,  # their mean return, 0 where there are none
}
NEVER = np.finfo(np.float64).min  # the best of no episodes: what is saved is finite
OF_LEARNERS = ("visits", "best", "mean", "fast", "slow")


@dataclass(frozen=True)
class Scale:
    """Turns returns into shares: 0 at `floor` or below, 1 at `top`, the best return on any task."""

    floor: float  # what doing nothing brings
    top: float  # -inf before any episode

    def share(self, returns: np.ndarray) -> np.ndarray:
        """float64 in [0, 1]; all 0 while nothing above the floor was seen."""
        if not self.top > self.floor:
            return np.zeros(np.shape(returns))
        return np.clip((returns - self.floor) / (self.top - self.floor), 0.0, 1.0)

    def seen(self, groups: Groups) -> Scale:
        """The scale after these episodes; returns that are not finite are passed over."""
        returns = np.concatenate([groups.returns, groups.elder_returns])
        returns = returns[np.isfinite(returns)]
        return Scale(self.floor, max(self.top, returns.max())) if len(returns) else self


@dataclass(frozen=True)
class Memory:
    """The columns of K rows, each for A agents, and the scale they are read on."""

    visits: np.ndarray  # [K, A] int64, and so on as in COLUMNS
    best: np.ndarray
    mean: np.ndarray
    fast: np.ndarray
    slow: np.ndarray
    elder_visits: np.ndarray
    elder: np.ndarray
    scale: Scale
    known: np.ndarray | None = None  # [K] return of elders on the nearest tasks, NaN: none known

    def share(self, returns: np.ndarray) -> np.ndarray:
        """Returns [K, A] as shares [K, A] in [0, 1]."""
        return self.scale.share(returns)

    @property
    def elder_share(self) -> np.ndarray:
        """[K, A] p*, the share of the best known policy; 1 where nothing is known of any.

        That is the elders' mean on this task; where they played others like it, moved towards what
        they earned there, as if they had played DOUBT more episodes here with that return. A mean of
        two episodes is no p*: with it p (p* - p) follows the luck of the elders.

        Measured with ACCEL on 4 ladders of 8 rungs among coins, 40,000 steps: with exact elders a skill
        of .81; seen twice a task .29 by their own means alone, .69 with a DOUBT of 4, .79 with 16; seen
        eight times .33, .77 and .78. DOUBT was chosen on five seeds and is as good on five others.
        Where vectors do not tell coins from ladders it does not help: .29, .26 and .22 of two episodes.
        """
        mean = self.share(self.elder)
        if self.known is None:
            return np.where(self.elder_visits > 0, mean, 1.0)
        near = np.isfinite(self.known)[:, None]
        known = self.share(np.where(near, self.known[:, None], self.scale.floor))
        shrunk = (self.elder_visits * mean + DOUBT * known) / (self.elder_visits + DOUBT)
        return np.where(near, shrunk, np.where(self.elder_visits > 0, mean, 1.0))


def blank(n: int, scale: Scale, agents: int = 1) -> Memory:
    """What is known about `n` tasks that were never played."""
    columns = empty((n, agents), scale.floor)
    return Memory(**columns, scale=scale)


def empty(shape: tuple[int, int], floor: float) -> dict[str, np.ndarray]:
    """The columns of rows that were never played."""
    columns: dict[str, np.ndarray] = {
        name: np.zeros(shape, dtype) for name, dtype in COLUMNS.items()
    }
    columns["best"][:] = NEVER
    columns["fast"][:] = columns["slow"][:] = floor
    return columns


def add(before: Memory, groups: Groups) -> Memory:
    """What is known with the groups' episodes counted in; row k of `before` is group k's."""
    counts, played = groups.counts, groups.counts > 0

    def told(values: np.ndarray, otherwise: np.ndarray | float) -> np.ndarray:
        return np.where(played, values, otherwise)

    returns = told(groups.mean(groups.returns), 0.0)
    visits = before.visits + counts
    running = 1.0 - (1.0 - RATE) ** counts  # the weight of `counts` episodes, one after the other
    left = 1.0 - running
    fast = returns + left * (before.fast - returns)
    slow = returns + left * (before.slow - returns + RATE * counts * (before.fast - returns))

    shown = np.isfinite(groups.elder_returns)
    elder_counts = told(groups.sum(shown.astype(np.float64)), 0.0).astype(np.int64)
    elder_visits = before.elder_visits + elder_counts
    elder_sums = told(groups.sum(np.where(shown, groups.elder_returns, 0.0)), 0.0)
    weights = np.maximum(counts / np.maximum(visits, 1), running)
    return Memory(
        visits=visits,
        best=np.maximum(before.best, told(groups.max(groups.returns), -np.inf)),
        mean=before.mean + weights * (returns - before.mean),
        fast=fast,
        slow=slow,
        elder_visits=elder_visits,
        elder=before.elder
        + (elder_sums - elder_counts * before.elder) / np.maximum(elder_visits, 1),
        scale=before.scale.seen(groups),
    )
