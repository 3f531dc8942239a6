"""Sampling for learnability: probe many tasks at once, then train on the few that scored highest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from populations.creators.creator import NEW, NO_CHOICE, NO_PARENT, REPLAYED, Outcomes, Proposal
from populations.creators.scored import Kit, Scored


class Sfl(Scored):
    """SFL (Rutherford 2024): a probing, then `every` proposals for training, and again.

    A probing forgets all scores and draws new tasks until as many as the buffer has room for have
    been proposed; nobody learns from them. Of these the `top` with the highest score are kept. Of a
    proposal for training the share `share` is drawn uniformly from the kept ones, the rest is new.
    A new generation is probed anew. The source scores by learnability, summed over agents.

    A score is about a task, whoever plays it in whatever company: p is estimated from few episodes,
    and p (1 - p) of a single one is 0. Raises ValueError for settings out of range.
    """

    def __init__(self, kit: Kit, *, top: int = 128, every: int = 50, share: float = 0.5) -> None:
        super().__init__(kit)
        if not 1 <= top <= kit.buffer.capacity:
            raise ValueError(f"top is {top}; keep from 1 to all {kit.buffer.capacity} probed tasks")
        if every < 1:
            raise ValueError(f"every is {every}; train for at least one proposal after a probing")
        if not 0 <= share <= 1:
            raise ValueError(f"share is {share}; it must lie in [0, 1]")
        self.top, self.every, self.share = top, every, share
        self.kept = np.zeros((0, self.space.width), np.int16)  # the best of the last probing
        self.probed = 0  # tasks proposed in this probing
        self.trained = 0  # proposals for training since

    def propose(self, n: int) -> Proposal:
        """`n` tasks, all new and only probed, or for training in the order kept, new."""
        if self.trained >= self.every:
            self.buffer.clear()
            self.probed = self.trained = 0
        if self.probed < self.buffer.capacity:
            self.probed += n
            return self._drawn(n, 0, train=False)
        if not self.trained:
            best = np.argsort(-self.buffer["score"], kind="stable")[: self.top]
            self.kept = self.buffer["rows"][best]
        self.trained += 1
        return self._drawn(n, round(self.share * n) if len(self.kept) else 0, train=True)

    def observe(self, outcomes: Outcomes) -> None:
        """As every creator, but every company counts as the same."""
        super().observe(replace(outcomes, roster=np.zeros_like(outcomes.roster)))

    def graduate(self) -> None:
        """A generation is over: others can do other things, so the next proposal begins a probing."""
        super().graduate()
        self.trained = self.every

    def state(self) -> dict[str, np.ndarray]:
        """As every creator's, the tasks kept, and how far the probing or the training is."""
        return super().state() | {
            "kept": self.kept.copy(),
            "turn": np.array([self.probed, self.trained], np.int64),
        }

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        super().load(state)
        self.kept = state["kept"].copy()
        self.probed, self.trained = (int(count) for count in state["turn"])

    def _drawn(self, n: int, kept: int, train: bool) -> Proposal:
        """`n` tasks, the first `kept` of them kept ones."""
        slots = self.draws.below(max(len(self.kept), 1), kept)
        rows = np.concatenate([self.kept[slots], self.space.sample(self.draws.key(), n - kept)])
        how = np.repeat([REPLAYED, NEW], [kept, n - kept])
        return self._proposal(rows, how, np.full(n, NO_PARENT), np.full(n, NO_CHOICE), train)
