"""AGAIN: a generation takes over the curriculum of an earlier one that began as it does."""

from __future__ import annotations

import numpy as np

from configs.creator_schema import Again as Settings
from configs.creator_schema import Gmm
from populations.creators.alp_gmm import AlpGmm
from populations.creators.combined import below
from populations.creators.curricula import Curricula
from populations.creators.distances import squares
from populations.creators.memory import RATE
from populations.creators.scored import Kit
from worlds import rng

CELLS = 64  # parts of the space by which learners are compared
RECENT = (
    50  # tasks over which a return is compared with that of the earlier learner (Portelas 2020)
)
_KEY = rng.key("creators", "again", "cells")  # the same cells for all


class Again(AlpGmm):
    """Meta-automatic curriculum learning (Portelas 2020); all members of a generation are one learner.

    A generation begins with ALP-GMM. After `pretest` fits it is compared with those before it by
    what they knew then: mean shares on the cells of space around CELLS fixed tasks. Of the
    `nearest` most alike it takes over the curriculum of the one that knew most in the end: its
    mixtures one after the other, without Gaussians of progress `least` or below. The next one
    comes when the mean return on the last RECENT tasks is what that learner's was there. Gaussians
    of the generation's own mixture are drawn from beside them, each by its progress, the share
    `random` of tasks from the whole space. After the last one it goes on as ALP-GMM.
    """

    def __init__(self, kit: Kit, *, gmm: Gmm, again: Settings) -> None:
        super().__init__(kit, gmm=gmm)
        self.again = again
        self.cells = self.space.vector(self.space.sample(_KEY, CELLS))  # [CELLS, dim], the middles
        self.firsts = np.zeros(
            (0, CELLS)
        )  # [G, CELLS] mean return of each generation at its choice
        self.lasts = np.zeros((0, CELLS))  # [G, CELLS] in its end
        self.curricula = Curricula(self.space.dim + 1)  # of G generations and this one

    def graduate(self) -> None:
        """A generation is over: what it knew and its curriculum are kept for those to come."""
        self._end_stage()
        chose = self._fits >= self.again.pretest
        self.firsts = np.append(self.firsts, [self.first if chose else self.known], axis=0)
        self.lasts = np.append(self.lasts, [self.known], axis=0)
        self.curricula.begin()
        super().graduate()

    def metrics(self) -> dict[str, float]:
        """As ALP-GMM's, and how many mixtures of an earlier generation are still to come."""
        return super().metrics() | {"stages_left": float(self._end - self._stage)}

    def state(self) -> dict[str, np.ndarray]:
        """As ALP-GMM's, with all that is known of earlier generations."""
        own = {name: getattr(self, name).copy() for name in _OWN}
        own["at"] = np.array([self._fits, self._stage, self._end, self._since], np.int64)
        own |= {f"curricula.{name}": array for name, array in self.curricula.state().items()}
        return super().state() | {f"again.{name}": array for name, array in own.items()}

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        super().load(state)
        for name in _OWN:
            setattr(self, name, state[f"again.{name}"].copy())
        self._fits, self._stage, self._end, self._since = state["again.at"].tolist()
        self.curricula.load(below(state, "again.curricula."))

    @property
    def _following(self) -> bool:
        return self._stage < self._end

    @property
    def _random(self) -> float:
        return self.again.random if self._following else super()._random

    def _gaussians(self) -> tuple[np.ndarray, np.ndarray]:
        means, covariances = super()._gaussians()
        if not self._following:
            return means, covariances
        taken, shapes = self.curricula.stage(self._stage)
        return np.concatenate([means, taken]), np.concatenate([covariances, shapes])

    def _begin(self) -> None:
        super()._begin()
        self.known = np.full(CELLS, self.buffer.scale.floor)  # [CELLS] running mean return
        self.first = self.known.copy()  # [CELLS] that when a curriculum was chosen
        self.earned = np.zeros(2)  # sum of returns since the last fit, and of how many tasks
        self._fits = 0
        self._stage = 0  # of those of all curricula, the one in force
        self._end = 0  # the one after the last that is taken over
        self._since = 0  # tasks played when the one in force came

    def _note(self, vectors: np.ndarray, returns: np.ndarray) -> None:
        super()._note(vectors, returns)
        cells = squares(vectors, self.cells).argmin(1)
        counts = np.bincount(cells, minlength=CELLS)
        means = np.bincount(cells, returns, CELLS) / np.maximum(counts, 1)
        self.known += (1 - (1 - RATE) ** counts) * (means - self.known)
        self.earned += (returns.sum(), len(returns))
        if self._following and self.tasks - self._since >= RECENT:
            reached = self.returns[-RECENT:].mean() >= self.curricula.returns[self._stage]
            if reached:
                self._stage, self._since = self._stage + 1, self.tasks

    def _fit(self) -> None:
        self._end_stage()
        super()._fit()
        self._fits += 1
        if self._fits == self.again.pretest:
            self.first = self.known.copy()
            self._choose()

    def _end_stage(self) -> None:
        """Of the mixture that was in force till now that is kept which promised progress."""
        promising = self.means[:, -1] > self.again.least
        if promising.any() and self.earned[1]:
            mean = float(self.earned[0] / self.earned[1])
            self.curricula.add(mean, self.means[promising], self.covariances[promising])
        self.earned[:] = 0

    def _choose(self) -> None:
        """The curriculum of the earlier generation that ended best of those most like this one."""
        share = self.buffer.scale.share
        able = np.flatnonzero(self.curricula.stages[:-1])
        unlike = ((share(self.firsts[able]) - share(self.first)) ** 2).sum(1)
        alike = able[np.argsort(unlike, kind="stable")[: self.again.nearest]]
        if len(alike):
            best = alike[share(self.lasts[alike]).sum(1).argmax()]
            self._stage, self._end = self.curricula.of(int(best))
            self._since = self.tasks


_OWN = ("firsts", "lasts", "known", "first", "earned")
