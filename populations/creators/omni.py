"""OMNI: of the tasks that another creator would play next, those that are interesting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from populations.creators.buffer import pick
from populations.creators.combined import Combined
from populations.creators.creator import HOW_NAMES, Creator, Outcomes, Proposal
from populations.creators.distances import squares
from populations.creators.draws import Draws
from worlds.family import TaskSpace


@dataclass(frozen=True)
class Known:
    """The m tasks that were played and are kept, and what came of them."""

    rows: np.ndarray  # [m, width] int16
    shares: np.ndarray  # [m] float64, mean returns of members as shares of the best one on any task


# Weights [n], 0 or more and not all 0, of the tasks [n, width] int16, given what is known.
Interest = Callable[[np.ndarray, Known], np.ndarray]


class Reweight(Combined):
    """Proposes tasks of another creator, each drawn by its `interest` from `candidates` times as many (Zhang 2023).

    Drawn with replacement: the chance of a task is about that which the other gives it, times its
    interest. For the other one a candidate is a task proposed: it counts it, and has drawn it. Metrics
    say how those came about that were kept. Interest may be anything that can be asked about tasks,
    such as a language model:

        def judged(rows, known):
            done = [space.describe(row) for row in known.rows[known.shares > 0.75]]
            return [model(f"Who can do {done}, finds worth learning, 0 to 1: {space.describe(row)}")
                    for row in rows]

        creator = Reweight(key, creator, judged)

    A run goes on bit for bit if the same question always has the same answer. Raises ValueError for
    `candidates` below 1, and for weights that are none.
    """

    def __init__(self, key: int, inner: Creator, interest: Interest, candidates: int = 4) -> None:
        super().__init__([inner])
        if candidates < 1:
            raise ValueError(f"candidates is {candidates}; each task is one of at least 1")
        self.interest, self.candidates = interest, candidates
        self.draws = Draws(key)
        self.kept = np.zeros(len(HOW_NAMES), np.int64)  # tasks proposed, by how they came about

    def propose(self, n: int) -> Proposal:
        """`n` tasks in the order in which the other creator named them."""
        (inner,) = self.parts
        found = inner.propose(n * self.candidates)
        known = Known(inner.rows(), inner.table()["solved"])
        weights = np.asarray(self.interest(found.rows, known), np.float64)
        _check(weights, len(found.rows))
        chosen = np.sort(pick(weights, self.draws.units(n)))
        self.kept += np.bincount(found.how[chosen], minlength=len(HOW_NAMES))
        return replace(
            found,
            rows=found.rows[chosen],
            how=found.how[chosen],
            parents=found.parents[chosen],
            train=found.train[chosen],
            company=None if found.company is None else found.company[chosen],
        )

    def observe(self, outcomes: Outcomes) -> None:
        """Tells the other creator."""
        self.parts[0].observe(outcomes)

    def tuned(self) -> dict[str, float]:
        """Those of the other creator."""
        return self.parts[0].tuned()

    def tune(self, values: dict[str, float]) -> None:
        """Gives all of `tuned()` new values."""
        self.parts[0].tune(values)

    def metrics(self) -> dict[str, float]:
        """The other's, with the shares of what was kept of its tasks."""
        shares = (self.kept / max(int(self.kept.sum()), 1)).tolist()
        own = {f"share_{name}": share for name, share in zip(HOW_NAMES, shares, strict=True)}
        return super().metrics() | own

    def state(self) -> dict[str, np.ndarray]:
        """The other's, and the draws."""
        own = {"draws": np.array([self.draws.counter], np.int64), "kept": self.kept.copy()}
        return super().state() | own

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        if "kept" not in state:
            raise ValueError("the state is not that of a creator whose tasks are reweighted")
        super().load(state)
        self.draws.counter, self.kept = int(state["draws"][0]), state["kept"].copy()


@dataclass(frozen=True)
class Unmastered:
    """The interest that needs no judge: `boring` for what is mastered or like it, 1 for all else.

    Mastered is a task from the mean share `mastered` on. Alike are tasks at most `radius` apart, as a
    share of the diagonal of the space; but a task that was played speaks for itself, or what is
    just above the mastered ones would never be reached.
    """

    space: TaskSpace
    mastered: float = 0.75
    radius: float = 0.1
    boring: float = 0.001

    def __call__(self, rows: np.ndarray, known: Known) -> np.ndarray:
        """[n] weights."""
        vectors, of_known = self.space.vector(rows), self.space.vector(known.rows)
        done = known.shares >= self.mastered
        near = squares(vectors, of_known[done]) <= self.radius**2 * self.space.dim
        failed = squares(vectors, of_known[~done]) == 0
        return np.where(near.any(1) & ~failed.any(1), self.boring, 1.0)


def _check(weights: np.ndarray, n: int) -> None:
    if weights.shape != (n,):
        raise ValueError(f"interest has shape {weights.shape}; give each of {n} tasks a weight")
    if not (np.isfinite(weights).all() and weights.min() >= 0 and weights.max() > 0):
        raise ValueError("interest must be finite, 0 or more, and not 0 for all tasks")
