"""Co-players and tasks chosen together: a creator for each company that was met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from populations.creators.combined import Combined
from populations.creators.creator import HOW_NAMES, NO_CHOICE, Creator, Outcomes, Proposal
from populations.creators.draws import Draws

EVEN = 0.1  # chance that the next company is drawn, all alike
MOST = 32  # companies that have a creator


class PerPartner(Combined):
    """MAESTRO (Samvelyan 2023), with `make` giving robust PLR: a buffer of tasks for each co-player.

    Whole proposals are made by the creator of the company whose tasks have the highest mean score,
    and ask for that company; with chance EVEN any company is as likely. `make` gives the creator of
    a company, by its digest in `Outcomes.roster`; it appears when the company is first seen, and
    observes what was played in it, whoever proposed that. Of more than MOST the one not seen for
    longest is dropped.

    Part 0 asks for nothing, so that the rule of the rosters casts: while nobody is known, and as one
    of those drawn evenly, so that new co-players are found. A company that was asked for in vain is
    not chosen again before it is seen again.
    """

    def __init__(self, key: int, make: Callable[[int], Creator]) -> None:
        super().__init__([make(NO_CHOICE)])
        self.make = make
        self.draws = Draws(key)
        self.rosters = np.array([NO_CHOICE], np.uint64)  # [parts] the company of each
        self.seen = np.zeros(1, np.int64)  # [parts] the batch in which it was last seen
        self.there = np.zeros(1, bool)  # [parts] whether it may be asked for
        self.batches = 0  # observed so far
        self.turn = 0  # the part that made the last proposal
        self.proposed = np.zeros(len(HOW_NAMES), np.int64)  # tasks, by how they came about
        self.steps = np.zeros(2, np.int64)  # agent-steps observed: of probes, of training

    def propose(self, n: int) -> Proposal:
        """`n` tasks of one part, in its company."""
        self.turn = self._chosen()
        made = self.parts[self.turn].propose(n)
        self.proposed += np.bincount(made.how, minlength=len(HOW_NAMES))
        return replace(made, company=np.full(n, self.rosters[self.turn], np.uint64))

    def observe(self, outcomes: Outcomes) -> None:
        """Tells each part of the episodes in its company."""
        if not len(outcomes.task):
            return
        present = np.unique(outcomes.roster)
        self.batches += 1
        self.there[self.turn] &= self.rosters[self.turn] in present
        for roster in present:
            part = self._part(roster)
            self.seen[part], self.there[part] = self.batches, True
            mine = outcomes.roster == roster
            self.parts[part].observe(outcomes.of(outcomes.proposal, mine, outcomes.task[mine]))
        self.steps += np.bincount(outcomes.train, outcomes.steps, minlength=2).astype(np.int64)

    def state(self) -> dict[str, np.ndarray]:
        """As of all that are combined, whose they are, and the draws."""
        counts = [self.draws.counter, self.batches, self.turn]
        return super().state() | {
            "rosters": self.rosters.copy(),
            "seen": self.seen.copy(),
            "there": self.there.copy(),
            "counts": np.array(counts, np.int64),
            "proposed": self.proposed.copy(),
            "steps": self.steps.copy(),
        }

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        if "rosters" not in state:
            raise ValueError("the state is not that of a creator for each company")
        self.parts = [self.make(roster) for roster in state["rosters"].tolist()]
        super().load(state)
        self.rosters, self.seen = state["rosters"].copy(), state["seen"].copy()
        self.there = state["there"].copy()
        self.draws.counter, self.batches, self.turn = (int(count) for count in state["counts"])
        self.proposed, self.steps = state["proposed"].copy(), state["steps"].copy()

    def metrics(self) -> dict[str, float]:
        """Means over the parts, but counts of all of them; how many companies are known."""
        total = max(int(self.proposed.sum()), 1)
        shares = zip(HOW_NAMES, (self.proposed / total).tolist(), strict=True)
        return {
            **super().metrics(),
            "buffer_size": float(len(self.rows())),
            **{f"share_{name}": share for name, share in shares},
            "probe_steps": float(self.steps[0]),
            "train_steps": float(self.steps[1]),
            "companies": float(np.sum(self.rosters != NO_CHOICE)),
        }

    def _chosen(self) -> int:
        """The part that proposes next."""
        there = np.flatnonzero(self.there)
        if self.draws.units(1)[0] < EVEN:
            all_alike = np.union1d(0, there)
            return int(all_alike[self.draws.below(len(all_alike), 1)[0]])
        if not len(there):
            return 0
        means = [self.parts[part].metrics()["score_mean"] for part in there]
        return int(there[np.argmax(means)])

    def _part(self, roster: np.uint64) -> int:
        """The part of a company, a new one if need be."""
        known = np.flatnonzero(self.rosters == roster)
        if len(known):
            return int(known[0])
        part = len(self.parts)
        if part <= MOST:
            self.parts.append(self.make(int(roster)))
            self.rosters = np.append(self.rosters, roster)
            self.seen, self.there = np.append(self.seen, 0), np.append(self.there, False)
            return part
        part = 1 + int(np.argmin(self.seen[1:]))
        self.parts[part], self.rosters[part] = self.make(int(roster)), roster
        return part
