"""How good returns are: shares of what a task is worth, their percentiles over tasks, who is ahead (OEL Team 2021)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from culture.accumulation import DRAWS
from populations import games
from worlds import rng

PERCENTILES = tuple(range(10, 100, 10))
COMPARED = ("p10", "p20", "p50", "participation")  # who is ahead of another is ahead in all of them
CURVE = tuple(range(1, 51))  # percentiles of the plot
FLOOR = 0.1  # reward: what the latest single reward of a trial pays; less is worth no comparison


def best_known(returns: Iterable[np.ndarray]) -> np.ndarray:
    """[K, N] the best mean return that anybody is known to have earned in each seat of each task."""
    return np.concatenate([table.reshape(-1, *table.shape[-2:]) for table in returns]).max(0)


def worth(table: np.ndarray) -> np.ndarray:
    """[K, N] what each seat of each task is worth: the value of its game of members and rosters.

    `table` [I, C, K, N] holds mean returns of member i with roster c, or NaN for all
    rosters. Members mix to maximise, rosters to minimise; with one roster that is the best known.
    NaN where nobody sat.
    """
    values = np.full(table.shape[2:], np.nan)
    for task, seat in np.ndindex(values.shape):
        payoffs = table[:, :, task, seat]
        payoffs = payoffs[~np.isnan(payoffs).any(1)]
        if len(payoffs):
            values[task, seat] = games.value(payoffs)
    return values


def lowest(table: np.ndarray) -> np.ndarray:
    """[K, N] where shares begin: 0, or the least mean return in [..., K, N] where rewards are negative."""
    return np.minimum(np.nan_to_num(table, nan=0).reshape(-1, *table.shape[-2:]).min(0), 0)


def shares(returns: np.ndarray, best: np.ndarray, least: np.ndarray | float = 0.0) -> np.ndarray:
    """Returns [..., K, N] as shares of the way from `least` to `best` [K, N], the mean over a task's seats: [..., K].

    Seats worth less than a reward say nothing; tasks with no other seats count as 0.
    """
    told = best >= FLOOR
    each = np.where(told, returns - least, 0) / np.where(told, best - least, 1)
    return each.sum(-1) / np.maximum(told.sum(-1), 1)


def summary(found: np.ndarray, earned: np.ndarray | None = None) -> dict[str, float]:
    """Percentiles over tasks of shares [K], and the part of the tasks with any reward.

    `earned` [K] says where that is, if not where the share is above 0.
    """
    levels = {f"p{p}": float(np.percentile(found, p)) for p in PERCENTILES}
    return {**levels, "participation": float((found > 0 if earned is None else earned).mean())}


def intervals(found: np.ndarray, key: int, earned: np.ndarray | None = None) -> dict[str, float]:
    """95 % intervals of `summary`, `NAME_low` and `NAME_high`, by bootstrap over the tasks."""
    counters = np.arange(DRAWS * len(found), dtype=np.uint64)
    drawn = rng.below(rng.words(key, counters), len(found)).reshape(DRAWS, -1)
    levels = np.percentile(found[drawn], PERCENTILES, axis=1)
    values = {f"p{p}": level for p, level in zip(PERCENTILES, levels, strict=True)}
    values["participation"] = (found > 0 if earned is None else earned)[drawn].mean(1)
    bounds = {name: np.quantile(table, [0.025, 0.975]) for name, table in values.items()}
    return {
        f"{name}_{end}": float(bound)
        for name, pair in bounds.items()
        for end, bound in zip(("low", "high"), pair, strict=True)
    }


def front(lines: list[dict[str, float]]) -> np.ndarray:
    """[P] bool: nobody is at least as good in all of COMPARED and better in one (the Pareto front)."""
    measures = np.array([[line[name] for name in COMPARED] for line in lines])
    as_good = (measures[:, None] >= measures).all(-1)  # [P, P]: i as j
    better = (measures[:, None] > measures).any(-1)
    return np.asarray(~(as_good & better).any(0))
