"""Episodes grouped by what a score is about: one task met with one roster, and in it each learning agent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from populations.creators.creator import Outcomes, identities


@dataclass(frozen=True)
class Groups:
    """The E entries of a batch as K groups by first appearance, each with a cell for each of A agents.

    Entries of a cell lie together. Reductions give [K, A]; a cell in which nobody learned is NaN.
    """

    rows: np.ndarray  # [K, width] int16
    tasks: np.ndarray  # [K] uint64, identity of the task
    rosters: np.ndarray  # [K] uint64
    parents: np.ndarray  # [K] uint64, as proposed
    cells: np.ndarray  # [S] int64, the cells that are not empty, as group * A + agent, rising
    starts: np.ndarray  # [S] int64, where the entries of each begin
    counts: np.ndarray  # [K, A] int64, how many entries each cell has; at least one in a group
    returns: np.ndarray  # [E] float64
    elder_returns: np.ndarray  # [E] float64, NaN where no elder played
    control_returns: np.ndarray  # [E] float64, NaN where no random actions played
    signals: dict[str, np.ndarray]  # [E] float64 each

    def __len__(self) -> int:
        return len(self.tasks)

    def sum(self, values: np.ndarray) -> np.ndarray:
        """[K, A] sums of `values` [E] over each cell."""
        return self._spread(np.add.reduceat(values, self.starts))

    def mean(self, values: np.ndarray) -> np.ndarray:
        """[K, A] means of `values` [E] over each cell."""
        return self.sum(values) / np.maximum(self.counts, 1)

    def max(self, values: np.ndarray) -> np.ndarray:
        """[K, A] highest of `values` [E] in each cell."""
        return self._spread(np.maximum.reduceat(values, self.starts))

    def min(self, values: np.ndarray) -> np.ndarray:
        """[K, A] lowest of `values` [E] in each cell."""
        return self._spread(np.minimum.reduceat(values, self.starts))

    def overall(self) -> tuple[np.ndarray, np.ndarray]:
        """[K] mean return over all agents that learned, those that are finite, and of how many entries it is."""
        entries = np.repeat(self.cells // self.counts.shape[1], self.counts.ravel()[self.cells])
        sound = np.isfinite(self.returns)
        counts = np.bincount(entries[sound], minlength=len(self))
        sums = np.bincount(entries[sound], self.returns[sound], minlength=len(self))
        return sums / np.maximum(counts, 1), counts

    def _spread(self, values: np.ndarray) -> np.ndarray:
        found = np.full(self.counts.size, np.nan)
        found[self.cells] = values
        return found.reshape(self.counts.shape)


def group(world: str, outcomes: Outcomes, agents: int = 1) -> Groups:
    """Groups at least one entry by (task, roster) and agent; equal rows of a proposal are one task.

    Raises ValueError for an agent that is not one of `agents`.
    """
    tasks = identities(world, outcomes.proposal.rows)[outcomes.task]
    rosters = outcomes.roster.astype(np.uint64)
    if not 0 <= outcomes.agent.min() <= outcomes.agent.max() < agents:
        raise ValueError(f"outcomes.agent must name agents 0 to {agents - 1}")

    together = np.lexsort((rosters, tasks))  # stable: within a group the order of play stays
    begins = np.ones(len(together), bool)
    begins[1:] = (np.diff(tasks[together]) != 0) | (np.diff(rosters[together]) != 0)
    group_of = np.empty(len(together), np.int64)
    group_of[together] = np.cumsum(begins) - 1

    appearance = np.argsort(together[begins], kind="stable")  # groups by their first entry
    place = np.empty_like(appearance)
    place[appearance] = np.arange(len(appearance))
    cell_of = place[group_of] * agents + outcomes.agent
    order = np.argsort(cell_of, kind="stable")
    counts = np.bincount(cell_of, minlength=len(place) * agents)
    cells = np.flatnonzero(counts)

    first = together[begins][appearance]
    proposed = outcomes.task[first]
    return Groups(
        rows=outcomes.proposal.rows[proposed],
        tasks=tasks[first],
        rosters=rosters[first],
        parents=outcomes.proposal.parents[proposed],
        cells=cells,
        starts=np.cumsum(counts[cells]) - counts[cells],
        counts=counts.reshape(-1, agents),
        returns=outcomes.returns[order].astype(np.float64),
        elder_returns=outcomes.elder_returns[order].astype(np.float64),
        control_returns=outcomes.control_returns[order].astype(np.float64),
        signals={
            name: values[order].astype(np.float64) for name, values in outcomes.signals.items()
        },
    )
