"""How good returns are: shares of the best known, and their percentiles over tasks (OEL Team 2021)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from culture.accumulation import DRAWS
from worlds import rng

PERCENTILES = tuple(range(10, 100, 10))


def best_known(returns: Iterable[np.ndarray]) -> np.ndarray:
    """[K, N] the best mean return that anybody is known to have earned in each seat of each task."""
    return np.concatenate([table.reshape(-1, *table.shape[-2:]) for table in returns]).max(0)


def shares(returns: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Returns [..., K, N] as shares of the best known [K, N], the mean over a task's seats: [..., K].

    Seats in which nobody was ever rewarded say nothing; tasks with no other seats count as 0.
    """
    told = best > 0
    each = np.where(told, returns, 0) / np.where(told, best, 1)
    return each.sum(-1) / np.maximum(told.sum(-1), 1)


def summary(found: np.ndarray) -> dict[str, float]:
    """Percentiles over tasks of shares [K], and the part of the tasks with any reward."""
    levels = {f"p{p}": float(np.percentile(found, p)) for p in PERCENTILES}
    return {**levels, "participation": float((found > 0).mean())}


def intervals(found: np.ndarray, key: int) -> dict[str, float]:
    """95 % intervals of `summary`, `NAME_low` and `NAME_high`, by bootstrap over the tasks."""
    counters = np.arange(DRAWS * len(found), dtype=np.uint64)
    drawn = found[rng.below(rng.words(key, counters), len(found)).reshape(DRAWS, -1)]
    levels = np.percentile(drawn, PERCENTILES, axis=1)
    values = {f"p{p}": level for p, level in zip(PERCENTILES, levels, strict=True)}
    values["participation"] = (drawn > 0).mean(1)
    bounds = {name: np.quantile(table, [0.025, 0.975]) for name, table in values.items()}
    return {
        f"{name}_{end}": float(bound)
        for name, pair in bounds.items()
        for end, bound in zip(("low", "high"), pair, strict=True)
    }
