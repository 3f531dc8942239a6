"""What members of earlier generations could do on each task: whence creators know what is possible."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

NEAREST = 8  # tasks from whose returns that of another is guessed
LATEST = 1000  # of the (task, roster) a generation played, those that tell what it came to

_COLUMNS = ("rows", "row_returns", "row_visits", "vectors", "returns", "visits", "generation")

Rows = dict[str, np.ndarray]  # columns as in `Past.state`


class Past:
    """Mean returns by (task, roster) of each generation, and how they extend to tasks nearby.

    A generation is known by what it played last, whatever that was worth to a creator: a buffer
    keeps what scores high, which is mostly what is not mastered. Distances are Euclidean between
    task vectors in [0, 1]^dim; a task that was played itself is at distance 0, and counts as one of
    the nearest.
    """

    def __init__(self, dim: int, width: int) -> None:
        self.rows = np.zeros((0, width), np.int16)  # what the present generation played last
        self.row_returns = np.zeros(0)  # [at most LATEST] mean return
        self.row_visits = np.zeros(0, np.int64)  # episodes behind it
        self.vectors = np.zeros((0, dim), np.float32)  # [n, dim]
        self.returns = np.zeros(0)  # [n] mean return
        self.visits = np.zeros(0, np.int64)  # [n] episodes behind it
        self.generation = np.zeros(0, np.int64)  # [n]
        self.generations = 0  # that are over

    def __len__(self) -> int:
        return len(self.returns)

    def play(self, rows: np.ndarray, returns: np.ndarray, visits: np.ndarray) -> None:
        """The present generation played the tasks `rows` [K, width], with mean `returns` of `visits` episodes."""
        self.rows = np.concatenate([self.rows, rows.astype(np.int16)])[-LATEST:]
        self.row_returns = np.concatenate([self.row_returns, returns])[-LATEST:]
        self.row_visits = np.concatenate([self.row_visits, visits.astype(np.int64)])[-LATEST:]

    def close(self, vector: Callable[[np.ndarray], np.ndarray]) -> None:
        """The generation is over: what it played last counts as possible; `vector` of rows gives float32 [n, dim]."""
        if len(self.rows):
            self.vectors = np.concatenate([self.vectors, vector(self.rows).astype(np.float32)])
        self.returns = np.concatenate([self.returns, self.row_returns])
        self.visits = np.concatenate([self.visits, self.row_visits])
        numbers = np.full(len(self.rows), self.generations, np.int64)
        self.generation = np.concatenate([self.generation, numbers])
        self.generations += 1
        self.rows, self.row_returns = self.rows[:0], self.row_returns[:0]
        self.row_visits = self.row_visits[:0]

    def best(self, vectors: np.ndarray) -> np.ndarray:
        """[K] what the best generation earned on the tasks nearest to each of `vectors` [K, dim]; NaN: none known.

        A mean over NEAREST tasks by their episodes: the best of single estimates would be the
        luckiest.
        """
        found = np.full(len(vectors), np.nan)
        for generation in range(self.generations):
            of = self.generation == generation
            if of.any():
                mean = around(vectors, self.vectors[of], self.returns[of], self.visits[of])
                found = np.fmax(found, mean)
        return found

    def state(self) -> Rows:
        """Arrays to be loaded again."""
        columns = {name: getattr(self, name) for name in _COLUMNS}
        return {**columns, "generations": np.array([self.generations], np.int64)}

    def load(self, state: Rows) -> None:
        """Takes up a `state()`; raises ValueError for vectors of another space."""
        if state["vectors"].shape[1:] != self.vectors.shape[1:]:
            raise ValueError(
                f"tasks of the past have {state['vectors'].shape[1:]} coordinates, "
                f"those of this world {self.vectors.shape[1:]}"
            )
        for name in _COLUMNS:
            setattr(self, name, state[name].copy())
        self.generations = int(state["generations"][0])


def around(
    vectors: np.ndarray, known: np.ndarray, returns: np.ndarray, visits: np.ndarray
) -> np.ndarray:
    """[K] mean of `returns` [n] over the NEAREST of `known` [n, dim], weighted by `visits` [n]; ties to the first."""
    count = min(NEAREST, len(known))
    far = ((vectors**2).sum(1)[:, None] + (known**2).sum(1)) - 2 * vectors @ known.T
    nearest = np.argsort(far, axis=1, kind="stable")[:, :count]
    weights = visits[nearest].astype(np.float64)
    return np.asarray((weights * returns[nearest]).sum(1) / np.maximum(weights.sum(1), 1))
