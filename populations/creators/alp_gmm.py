"""ALP-GMM: play where returns change, found by a mixture of Gaussians over tasks and progress."""

from __future__ import annotations

import numpy as np

from configs.creator_schema import Gmm
from populations.creators.buffer import pick
from populations.creators.creator import NEW, NO_CHOICE, NO_PARENT, Outcomes, Proposal
from populations.creators.distances import squares
from populations.creators.gmm import fit, points_of
from populations.creators.scored import Kit, Scored

KNOWN = 500  # latest tasks among which the nearest to a new one is sought (Portelas 2019)


class AlpGmm(Scored):
    """Absolute learning progress and Gaussian mixtures (Portelas 2019).

    The progress on a task is |p - p'|, p the share of the mean return of its episodes, p' that of the
    nearest task of earlier proposals, of equally near ones the latest. The latest `window` points (task
    vector, progress) are fitted every `every` tasks; a task comes from a Gaussian drawn by its mean
    progress, or with chance `random` from the whole space. Until the first `window` tasks are
    played all come from there. A generation begins anew: others' returns are no progress.

    Scores are kept for the record only.
    """

    def __init__(self, kit: Kit, *, gmm: Gmm) -> None:
        super().__init__(kit)
        self.gmm = gmm
        self._begin()

    def propose(self, n: int) -> Proposal:
        """`n` new tasks."""
        rows = self.space.sample(self.draws.key(), n)
        means, covariances = self._gaussians()
        if len(means):
            aimed = self.draws.units(n) >= self._random
            progress = np.maximum(means[:, -1], 0.0)
            progress = progress if progress.any() else np.ones(len(means))
            chosen = pick(progress, self.draws.units(n))
            points = points_of(means, covariances, chosen, self.draws)[:, :-1].clip(0, 1)
            found = self.space.from_vector(points.astype(np.float32), self.draws.key())
            rows = np.where(aimed[:, None], found, rows)
        nothing = np.full(n, NO_PARENT), np.full(n, NO_CHOICE)
        return self._proposal(rows, np.full(n, NEW), *nothing)

    def observe(self, outcomes: Outcomes) -> None:
        """Also notes how far each task is from where the nearest one was, and fits when it is time to."""
        super().observe(outcomes)
        sound = np.isfinite(outcomes.returns)
        task, returns = outcomes.task[sound], outcomes.returns[sound].astype(np.float64)
        counts = np.bincount(task, minlength=len(outcomes.proposal.rows))
        played = np.flatnonzero(counts)
        if len(played):
            means = np.bincount(task, returns, len(counts))[played] / counts[played]
            self._note(self.space.vector(outcomes.proposal.rows[played]), means)
            if self.tasks >= self._next:
                self._fit()

    def graduate(self) -> None:
        """A generation is over: the next one starts from the whole space."""
        super().graduate()
        self._begin()

    def progress(self) -> np.ndarray:
        """[window] or fewer float64: absolute learning progress on the latest tasks, as shares."""
        share, latest = self.buffer.scale.share, slice(-self.gmm.window, None)
        return np.abs(share(self.returns[latest]) - share(self.before[latest]))

    def metrics(self) -> dict[str, float]:
        """As every creator's, with the number of Gaussians and the mean progress of the latest tasks."""
        progress = self.progress()
        return super().metrics() | {
            "gaussians": float(len(self.means)),
            "progress": float(progress.mean()) if len(progress) else 0.0,
        }

    def state(self) -> dict[str, np.ndarray]:
        """As every creator's, with the latest tasks and the Gaussians."""
        own = {name: getattr(self, name).copy() for name in _OWN}
        counts = {"counts": np.array([self.tasks, self._next], np.int64)}
        return super().state() | {f"gmm.{name}": array for name, array in (own | counts).items()}

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        super().load(state)
        for name in _OWN:
            setattr(self, name, state[f"gmm.{name}"].copy())
        self.tasks, self._next = state["gmm.counts"].tolist()

    @property
    def _random(self) -> float:
        return self.gmm.random

    def _gaussians(self) -> tuple[np.ndarray, np.ndarray]:
        """Means [C, dim + 1] and covariances of those to draw from; the last number is progress."""
        return self.means, self.covariances

    def _begin(self) -> None:
        dim = self.space.dim
        self.tasks = 0  # played in this generation
        self._next = self.gmm.window  # the number of tasks at which to fit
        self.vectors = np.zeros((0, dim), np.float32)  # [n, dim] latest tasks
        self.returns = np.zeros(0)  # [n] mean return on each
        self.before = np.zeros(0)  # [n] that on the nearest earlier one; its own if there was none
        self.means = np.zeros((0, dim + 1))  # [C, dim + 1] of the mixture
        self.covariances = np.zeros((0, dim + 1, dim + 1))  # [C, dim + 1, dim + 1]

    def _note(self, vectors: np.ndarray, returns: np.ndarray) -> None:
        known, earned = self.vectors[-KNOWN:][::-1], self.returns[-KNOWN:][::-1]  # the latest first
        before = earned[squares(vectors, known).argmin(1)] if len(known) else returns
        kept = max(self.gmm.window, KNOWN)
        self.vectors = np.concatenate([self.vectors, vectors])[-kept:]
        self.returns = np.concatenate([self.returns, returns])[-kept:]
        self.before = np.concatenate([self.before, before])[-kept:]
        self.tasks += len(returns)

    def _fit(self) -> None:
        latest = self.vectors[-self.gmm.window :].astype(np.float64)
        points = np.concatenate([latest, self.progress()[:, None]], axis=1)
        mixture = fit(points, self.gmm.most, self.draws)
        self.means, self.covariances = mixture.means, mixture.covariances
        self._next = self.tasks + self.gmm.every


_OWN = ("vectors", "returns", "before", "means", "covariances")
