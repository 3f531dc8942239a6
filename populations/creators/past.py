"""What members of earlier generations could do on each task: whence creators know what is possible."""

from __future__ import annotations

import numpy as np

NEAREST = 8  # tasks from whose returns that of another is guessed
KEPT = 4000  # rows of a generation

Rows = dict[str, np.ndarray]  # columns as in `Past.state`


class Past:
    """Mean returns by (task, roster) of each generation, and how they extend to tasks nearby.

    Distances are Euclidean between task vectors in [0, 1]^dim; a task that was played itself is at
    distance 0, and counts as one of the nearest.
    """

    def __init__(self, dim: int) -> None:
        self.vectors = np.zeros((0, dim), np.float32)  # [n, dim]
        self.returns = np.zeros(0)  # [n] mean return
        self.visits = np.zeros(0, np.int64)  # [n] episodes behind it
        self.generation = np.zeros(0, np.int64)  # [n]
        self.generations = 0  # that are over

    def __len__(self) -> int:
        return len(self.returns)

    def add(self, vectors: np.ndarray, returns: np.ndarray, visits: np.ndarray) -> None:
        """A generation is over: what it came to on its tasks; of more than KEPT those of most episodes."""
        kept = np.sort(np.argsort(-visits, kind="stable")[:KEPT])
        self.vectors = np.concatenate([self.vectors, vectors[kept].astype(np.float32)])
        self.returns = np.concatenate([self.returns, returns[kept]])
        self.visits = np.concatenate([self.visits, visits[kept].astype(np.int64)])
        numbers = np.full(len(kept), self.generations, np.int64)
        self.generation = np.concatenate([self.generation, numbers])
        self.generations += 1

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
        return {
            "vectors": self.vectors,
            "returns": self.returns,
            "visits": self.visits,
            "generation": self.generation,
            "generations": np.array([self.generations], np.int64),
        }

    def load(self, state: Rows) -> None:
        """Takes up a `state()`; raises ValueError for vectors of another space."""
        if state["vectors"].shape[1:] != self.vectors.shape[1:]:
            raise ValueError(
                f"tasks of the past have {state['vectors'].shape[1:]} coordinates, "
                f"those of this world {self.vectors.shape[1:]}"
            )
        self.vectors, self.returns = state["vectors"].copy(), state["returns"].copy()
        self.visits, self.generation = state["visits"].copy(), state["generation"].copy()
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
