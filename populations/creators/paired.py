"""PAIRED: a creator that is a policy itself, and is paid by how differently members do on its tasks."""

from __future__ import annotations

from typing import Any

import numpy as np

from populations.creators.combined import below
from populations.creators.creator import NEW, NO_CHOICE, NO_PARENT, Outcomes, Proposal
from populations.creators.designer import Designer
from populations.creators.scored import Kit, Scored
from worlds import rng


class Paired(Scored):
    """PAIRED (Dennis 2020) with as many students as there are members, who learn from every task alike.

    A `Designer` draws the vector of each task, and what a vector does not say is left to chance. Its
    reward is the population regret (Jiang 2023): the mean return of the member that did best on the
    task, minus the mean over members. Whoever did best is the antagonist, on each task anew
    (flexible PAIRED; Jiang 2021b). Of two members that is half the regret of the worse one. Tasks
    that fewer than two members met teach the designer nothing. Scores are kept for the record only.
    """

    def __init__(self, kit: Kit, *, designer: dict[str, Any]) -> None:
        super().__init__(kit)
        self.designer = Designer(self.space.dim, rng.key("designer", kit.key), **designer)
        self._steps = np.zeros((0, self.space.dim), np.int64)  # designs that wait for their returns
        self._regret = 0.0  # of the last tasks, as a share of the best return
        self._entropy = 1.0  # of the designs among them, as a share of the most there can be

    def propose(self, n: int) -> Proposal:
        """`n` new tasks by the designer."""
        self._steps, points = self.designer.design(n, self.draws)
        rows = self.space.from_vector(points.astype(np.float32), self.draws.key())
        return self._proposal(rows, np.full(n, NEW), np.full(n, NO_PARENT), np.full(n, NO_CHOICE))

    def observe(self, outcomes: Outcomes) -> None:
        """Rewards the designer, and keeps scores as every creator; raises ValueError as those do,
        and for outcomes that are not of the last proposal."""
        super().observe(outcomes)
        if not len(outcomes.task):
            return
        if len(outcomes.proposal.rows) != len(self._steps):
            raise ValueError(
                f"outcomes are of {len(outcomes.proposal.rows)} tasks, but {len(self._steps)} "
                "designs wait for theirs; observe every proposal once, in order"
            )
        regrets = population_regret(outcomes, self.buffer.scale.share(outcomes.returns))
        known = np.isfinite(regrets)
        if known.any():
            self._regret = float(regrets[known].mean())
            self._entropy = self.designer.learn(self._steps[known], regrets[known])
        self._steps = self._steps[:0]

    def state(self) -> dict[str, np.ndarray]:
        """As every creator's, the designer's, and its designs that wait for their returns."""
        return super().state() | {
            **{f"designer.{name}": array for name, array in self.designer.state().items()},
            "steps_waiting": self._steps.copy(),
            "told": np.array([self._regret, self._entropy]),
        }

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        super().load(state)
        self.designer.load(below(state, "designer."))
        self._steps = state["steps_waiting"].copy()
        self._regret, self._entropy = state["told"].tolist()

    def metrics(self) -> dict[str, float]:
        """As every creator's; regret of the last tasks and entropy of their designs, both as shares."""
        return super().metrics() | {"regret": self._regret, "designer_entropy": self._entropy}


def population_regret(outcomes: Outcomes, returns: np.ndarray) -> np.ndarray:
    """[n] max over members of their mean return, minus the mean over members of it (Jiang 2023), of each proposed task.

    `returns` [E] belong to the outcomes' entries. Members are compared in the seat of the same agent,
    and where they met in several seats the mean of those counts: seats differ in what they can earn.
    Who else was there is passed over, since it differs between members. NaN: no two members met the
    task in one seat; entries without a finite return are passed over.
    """
    tasks, sound = len(outcomes.proposal.rows), np.isfinite(outcomes.returns)
    task, agent = outcomes.task[sound], outcomes.agent[sound].astype(np.int64)
    member = outcomes.member[sound].astype(np.int64)
    shape = tasks, int(agent.max(initial=0)) + 1, int(member.max(initial=0)) + 1
    cell = np.ravel_multi_index((task, agent, member), shape)
    counts = np.bincount(cell, minlength=np.prod(shape)).reshape(shape)
    sums = np.bincount(cell, returns[sound], minlength=np.prod(shape)).reshape(shape)

    played = counts > 0
    means = np.where(played, sums / np.maximum(counts, 1), 0.0)
    members = played.sum(2)  # [tasks, agents]
    best = np.where(played, means, -np.inf).max(2)
    regrets = np.where(members > 1, best - means.sum(2) / np.maximum(members, 1), 0.0)
    seats = (members > 1).sum(1)
    return np.where(seats > 0, regrets.sum(1) / np.maximum(seats, 1), np.nan)
