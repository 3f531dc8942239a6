"""The curricula of a row of learners: the Gaussians that each drew its tasks from, stage after stage."""

from __future__ import annotations

import numpy as np


class Curricula:
    """G learners with S stages and C Gaussians in all, those of a learner and of a stage together.

    The last learner is still at it; `add` gives it one more stage, `begin` another learner.
    """

    def __init__(self, dim: int) -> None:
        self.stages = np.zeros(1, np.int64)  # [G] how many each learner had
        self.returns = np.zeros(0)  # [S] mean return of the tasks of each
        self.gaussians = np.zeros(0, np.int64)  # [S] how many it has
        self.means = np.zeros((0, dim))  # [C, dim]
        self.covariances = np.zeros((0, dim, dim))  # [C, dim, dim]

    def add(self, return_: float, means: np.ndarray, covariances: np.ndarray) -> None:
        """The last learner had a stage with these Gaussians."""
        self.stages[-1] += 1
        self.returns = np.append(self.returns, return_)
        self.gaussians = np.append(self.gaussians, len(means))
        self.means = np.concatenate([self.means, means])
        self.covariances = np.concatenate([self.covariances, covariances])

    def begin(self) -> None:
        """The last learner is done, and another begins."""
        self.stages = np.append(self.stages, 0)

    def of(self, learner: int) -> tuple[int, int]:
        """The first of a learner's stages and the one after its last."""
        end = int(self.stages[: learner + 1].sum())
        return end - int(self.stages[learner]), end

    def stage(self, stage: int) -> tuple[np.ndarray, np.ndarray]:
        """Means and covariances of the Gaussians of a stage."""
        end = int(self.gaussians[: stage + 1].sum())
        those = slice(end - int(self.gaussians[stage]), end)
        return self.means[those], self.covariances[those]

    def state(self) -> dict[str, np.ndarray]:
        """Arrays to be loaded again."""
        return {name: getattr(self, name).copy() for name in _ARRAYS}

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`."""
        for name in _ARRAYS:
            setattr(self, name, state[name].copy())


_ARRAYS = ("stages", "returns", "gaussians", "means", "covariances")
