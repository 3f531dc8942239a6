"""Episodes grouped by what a score is about: one task met with one roster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from populations.creators.creator import Outcomes, identities


@dataclass(frozen=True)
class Groups:
    """The E episodes of a batch as K groups by first appearance; a group's lie together."""

    rows: np.ndarray  # [K, width] int16
    tasks: np.ndarray  # [K] uint64, identity of the task
    rosters: np.ndarray  # [K] uint64
    parents: np.ndarray  # [K] uint64, as proposed
    starts: np.ndarray  # [K] int64, where the group's episodes begin
    counts: np.ndarray  # [K] int64, how many episodes it has, at least one
    returns: np.ndarray  # [E] float64
    elder_returns: np.ndarray  # [E] float64, NaN where no elder played
    signals: dict[str, np.ndarray]  # [E] float64 each

    def __len__(self) -> int:
        return len(self.tasks)

    def sum(self, values: np.ndarray) -> np.ndarray:
        """[K] sums of `values` [E] over each group."""
        return np.add.reduceat(values, self.starts)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """[K] means of `values` [E] over each group."""
        return self.sum(values) / self.counts

    def max(self, values: np.ndarray) -> np.ndarray:
        """[K] highest of `values` [E] in each group."""
        return np.maximum.reduceat(values, self.starts)

    def min(self, values: np.ndarray) -> np.ndarray:
        """[K] lowest of `values` [E] in each group."""
        return np.minimum.reduceat(values, self.starts)


def group(world: str, outcomes: Outcomes) -> Groups:
    """Groups at least one episode by (task, roster); equal rows of a proposal are one task."""
    tasks = identities(world, outcomes.proposal.rows)[outcomes.task]
    rosters = outcomes.roster.astype(np.uint64)

    together = np.lexsort((rosters, tasks))  # stable: within a group the order of play stays
    begins = np.ones(len(together), bool)
    begins[1:] = (np.diff(tasks[together]) != 0) | (np.diff(rosters[together]) != 0)
    group_of = np.empty(len(together), np.int64)
    group_of[together] = np.cumsum(begins) - 1

    appearance = np.argsort(together[begins], kind="stable")  # groups by their first episode
    place = np.empty_like(appearance)
    place[appearance] = np.arange(len(appearance))
    order = np.argsort(place[group_of], kind="stable")
    counts = np.bincount(place[group_of])
    starts = np.cumsum(counts) - counts

    first = order[starts]
    proposed = outcomes.task[first]
    return Groups(
        rows=outcomes.proposal.rows[proposed],
        tasks=tasks[first],
        rosters=rosters[first],
        parents=outcomes.proposal.parents[proposed],
        starts=starts,
        counts=counts,
        returns=outcomes.returns[order].astype(np.float64),
        elder_returns=outcomes.elder_returns[order].astype(np.float64),
        signals={
            name: values[order].astype(np.float64) for name, values in outcomes.signals.items()
        },
    )
