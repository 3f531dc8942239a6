"""What a buffer knows about the returns on its tasks, and how a batch of episodes adds to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from populations.creators.groups import Groups

RATE = 0.1  # weight of one episode in the running means, once ten are known (OMNI: .1)

COLUMNS: dict[str, type] = {
    "visits": np.int64,  # episodes of the learners
    "best": np.float64,  # highest return ever
    "mean": np.float64,  # mean return, of about the last ten episodes
    "fast": np.float64,  # running mean of the return, begun at the floor
    "slow": np.float64,  # running mean of `fast`
    "elder_visits": np.int64,  # episodes of elders
    "elder": np.float64,  # their mean return, 0 where there are none
}


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
    """The columns of K rows and the scale they are read on."""

    visits: np.ndarray  # [K] int64, and so on as in COLUMNS
    best: np.ndarray
    mean: np.ndarray
    fast: np.ndarray
    slow: np.ndarray
    elder_visits: np.ndarray
    elder: np.ndarray
    scale: Scale

    def share(self, returns: np.ndarray) -> np.ndarray:
        """Returns [K] as shares [K] in [0, 1]."""
        return self.scale.share(returns)

    @property
    def elder_share(self) -> np.ndarray:
        """[K] share of the best known policy: the elders' mean, or 1 where none played."""
        return np.where(self.elder_visits > 0, self.share(self.elder), 1.0)


def blank(n: int, scale: Scale) -> Memory:
    """What is known about `n` tasks that were never played."""
    columns: dict[str, np.ndarray] = {name: np.zeros(n, dtype) for name, dtype in COLUMNS.items()}
    columns["best"][:] = -np.inf
    columns["fast"][:] = columns["slow"][:] = scale.floor
    return Memory(**columns, scale=scale)


def add(before: Memory, groups: Groups) -> Memory:
    """What is known with the groups' episodes counted in; row k of `before` is group k's."""
    counts = groups.counts
    returns = groups.mean(groups.returns)
    visits = before.visits + counts
    running = 1.0 - (1.0 - RATE) ** counts  # the weight of `counts` episodes, one after the other
    fast = before.fast + running * (returns - before.fast)

    shown = np.isfinite(groups.elder_returns)
    elder_counts = groups.sum(shown.astype(np.int64))
    elder_visits = before.elder_visits + elder_counts
    elder_sums = groups.sum(np.where(shown, groups.elder_returns, 0.0))
    return Memory(
        visits=visits,
        best=np.maximum(before.best, groups.max(groups.returns)),
        mean=before.mean + np.maximum(counts / visits, running) * (returns - before.mean),
        fast=fast,
        slow=before.slow + running * (fast - before.slow),
        elder_visits=elder_visits,
        elder=before.elder
        + (elder_sums - elder_counts * before.elder) / np.maximum(elder_visits, 1),
        scale=before.scale.seen(groups),
    )
