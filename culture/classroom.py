"""What every generation knew about every task: the table `classroom`, and the best that is known of a task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from configs import limits
from culture.company import Company
from culture.encode import Columns
from populations.creators.creator import hexadecimal
from populations.rollout import Played
from populations.rosters import NAMES
from worlds.family import Family, TaskSpace, identity

ALONE, SHOWN = "alone", "shown"  # modes: nobody to watch, or somebody
MOST = limits.PARQUET_ROWS  # rows of a generation


class Classroom:
    """The episodes of one generation's finished units, counted by task, roster, member and mode.

    The roster is a digest of who was there beside agent_0. It is part of what a row is about, since
    an elder's return beside a young one is not its return alone.
    """

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str, str, str], np.ndarray] = {}  # -> float64 [4]
        self._rows: dict[str, np.ndarray] = {}  # task -> [width] int16

    def add(
        self,
        family: Family,
        rows: np.ndarray,
        rosters: np.ndarray,
        members: Sequence[str],
        mode: str,
        returns: np.ndarray,
    ) -> None:
        """One entry per episode: tasks [E, width], rosters uint64 [E], returns [E] of that member."""
        tasks = identity(family.name, rows)
        self._rows.update(zip(tasks, rows, strict=True))
        told = np.asarray(returns, np.float64)
        counted = np.stack([np.ones_like(told), told > 0, told, told**2], 1)
        digests = hexadecimal(rosters)
        for task, roster, member, more in zip(tasks, digests, members, counted, strict=True):
            key = (task, roster, member, mode)
            known = self._sums.get(key)
            self._sums[key] = more if known is None else known + more

    def watch(
        self, family: Family, company: Company, rows: np.ndarray, played: Sequence[Played]
    ) -> None:
        """What elders and oracles earned on the young's own tasks: `rows` [P, B, width], a unit of play each."""
        names = {**NAMES, **dict(enumerate(company.names))}
        for index, unit in enumerate(played):
            worlds, others = np.nonzero(company.knowing[index])
            who = [names[entry] for entry in company.seats[index, worlds, 1 + others].tolist()]
            rosters, returns = company.beside[index, worlds], unit.returns[worlds, 1 + others]
            self.add(family, rows[index, worlds], rosters, who, SHOWN, returns)

    def forget_all_but(self, kept: Iterable[str]) -> None:
        """Leaves only the rows of these tasks, by identity, and no more than a table holds: those of most episodes."""
        tasks = set(kept)
        found = sorted((-self._sums[key][0], key) for key in self._sums if key[0] in tasks)
        self._sums = {key: self._sums[key] for _, key in found[:MOST]}
        self._rows = {key[0]: self._rows[key[0]] for key in self._sums}

    def __len__(self) -> int:
        return len(self._sums)

    def columns(self, space: TaskSpace) -> Columns:
        """Rows of the table, in an order that does not depend on that of `add`."""
        keys = sorted(self._sums)
        sums = np.array([self._sums[key] for key in keys]).reshape(-1, 4)
        tasks = sorted(self._rows)
        rows = np.array([self._rows[task] for task in tasks]).reshape(-1, space.width)
        vectors = dict(zip(tasks, space.vector(rows).tolist(), strict=True))
        return {
            "task": [key[0] for key in keys],
            "roster": [key[1] for key in keys],
            "member": [key[2] for key in keys],
            "mode": [key[3] for key in keys],
            "episodes": sums[:, 0].astype(np.int64),
            "successes": sums[:, 1].astype(np.int64),
            "return_sum": sums[:, 2],
            "return_squares": sums[:, 3],
            "vector": [vectors[key[0]] for key in keys],
        }


def best_known(table: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """p* by (task, roster): the best mean return of anybody there, each shrunk as `shrunk` does.

    `table` holds columns of `classroom`, of any number of generations. Never above the best mean.
    """
    means, estimates = np.asarray(table["return_sum"]) / table["episodes"], shrunk(table)
    best: dict[tuple[str, str], tuple[float, float]] = {}
    for key, estimate, mean in zip(
        zip(table["task"], table["roster"], strict=True), estimates, means, strict=True
    ):
        so_far = best.get(key, (-np.inf, -np.inf))
        best[key] = max(so_far[0], float(estimate)), max(so_far[1], float(mean))
    return {key: min(pair) for key, pair in best.items()}


def shrunk(table: Mapping[str, Any]) -> np.ndarray:
    """[rows] mean returns moved towards the mean of their kind (empirical Bayes; Efron 1975).

    A row of n episodes becomes (sum + n0 * mu) / (n + n0), where mu is the mean of the rows of its
    generation, roster and mode, and n0 = (variance of episodes of one row) / (variance of what rows
    are worth): pseudo-episodes. By moments: the first is pooled over rows of two episodes or more,
    the second is what the spread of means has beyond it. Where rows differ by chance alone all are mu.
    """
    names = ("episodes", "return_sum", "return_squares")
    n, total, squares = (np.asarray(table[name], float) for name in names)
    kinds: dict[Any, list[int]] = {}
    generations = map(int, table["generation"])
    for row, kind in enumerate(zip(generations, table["roster"], table["mode"], strict=True)):
        kinds.setdefault(kind, []).append(row)
    found = np.empty(len(n))
    for rows in kinds.values():
        found[rows] = _towards_their_mean(n[rows], total[rows], squares[rows])
    return found


def _towards_their_mean(n: np.ndarray, total: np.ndarray, squares: np.ndarray) -> np.ndarray:
    means = total / n
    mu = means.mean()
    freedom = (n - 1).sum()
    within = (squares - n * means**2).sum() / freedom if freedom else np.inf
    between = means.var(ddof=1) - within * (1 / n).mean() if len(n) > 1 and freedom else 0.0
    if between <= 0:
        return means if within == 0 else np.full_like(means, mu)
    n0 = max(within, 0.0) / between
    return np.asarray((total + n0 * mu) / (n + n0))
