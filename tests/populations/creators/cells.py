"""Cells: a grid of tasks in which one opens the way to the next, as the toy of Portelas (2019).

A task is a cell. Training on an open one makes the learner more competent there, by the same bit
each time; the return is the competence. At first the corner alone is open; a cell opens once one of
its eight neighbours is mastered. Nothing is by chance, and nothing hopeless for ever: what pays is
to stay where it moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from populations.creators.creator import Outcomes, Proposal
from populations.creators.draws import Draws

BIT = 0.01  # of competence that one training episode brings
MASTERED = 0.75
CRITIC_STEP = 0.1
ROSTER = 7


@dataclass(frozen=True)
class Cells:
    """The task space: rows are the two coordinates of a cell."""

    side: int = 10
    width: int = 2
    dim: int = 2

    def sample(self, key: int, n: int) -> np.ndarray:
        return Draws(key).below(self.side, 2 * n).reshape(n, 2).astype(np.int16)

    def mutate(self, rows: np.ndarray, key: int, edits: int = 1) -> np.ndarray:
        """Each edit goes to one of the four cells beside, where there is one."""
        draws, rows = Draws(key), rows.copy()
        for _ in range(edits):
            axis, step = draws.below(2, len(rows)), 2 * draws.below(2, len(rows)) - 1
            rows[np.arange(len(rows)), axis] += step.astype(np.int16)
            rows = np.clip(rows, 0, self.side - 1)
        return rows

    def vector(self, rows: np.ndarray) -> np.ndarray:
        return rows.astype(np.float32) / np.float32(self.side - 1)

    def from_vector(self, x: np.ndarray, key: int) -> np.ndarray:
        return np.rint(np.clip(x, 0, 1) * (self.side - 1)).astype(np.int16)

    def problems(self, row: np.ndarray) -> list[str]:
        return [
            f"coordinate is {value}, allowed 0 to {self.side - 1}"
            for value in row.tolist()
            if not 0 <= value < self.side
        ]

    def describe(self, row: np.ndarray) -> str:
        return f"cell {row[0]}, {row[1]}"

    def held_out(self, rows: np.ndarray) -> np.ndarray:
        return np.zeros(len(rows), bool)


@dataclass
class Settler:
    """Competence cell by cell, and a critic of it."""

    space: Cells
    elder: float | None = None  # an elder's return in every cell; None: no elder
    competence: np.ndarray = field(init=False)  # [side, side] in [0, 1]
    values: np.ndarray = field(init=False)  # [side, side]

    def __post_init__(self) -> None:
        self.competence = np.zeros((self.space.side, self.space.side))
        self.values = np.zeros_like(self.competence)

    def play(self, proposal: Proposal, repeats: int) -> Outcomes:
        """Plays every task `repeats` times and learns from the episodes that are for training."""
        task = np.repeat(np.arange(len(proposal.rows)), repeats).astype(np.int32)
        episodes, train = len(task), proposal.train[task]
        x, y = proposal.rows[task].T.astype(np.int64)
        moves = self._open()[x, y] & train
        same = (x[:, None] == x) & (y[:, None] == y)
        gained = BIT * np.tril(same & moves, -1).sum(axis=1)  # earlier in this batch
        returns = np.minimum(self.competence[x, y] + gained, 1.0)
        advantages = returns - self.values[x, y]
        values = self.values[x, y]
        np.add.at(self.competence, (x, y), BIT * moves)
        np.minimum(self.competence, 1.0, out=self.competence)
        np.add.at(self.values, (x, y), CRITIC_STEP * advantages * train)
        elder = np.nan if self.elder is None else self.elder
        control = 0.0 if proposal.control else np.nan
        return Outcomes(
            proposal=proposal,
            task=task,
            agent=np.zeros(episodes, np.int16),
            member=np.zeros(episodes, np.int16),
            roster=np.full(episodes, ROSTER, np.uint64),
            returns=returns.astype(np.float32),
            elder_returns=np.full(episodes, elder, np.float32),
            control_returns=np.full(episodes, control, np.float32),
            signals={
                "pvl": np.maximum(advantages, 0).astype(np.float32),
                "l1": np.abs(advantages).astype(np.float32),
                "value": values.astype(np.float32),
            },
            steps=np.full(episodes, 2 if proposal.control else 1, np.int32),
            train=train,
        )

    def skill(self) -> float:
        """The share of cells that are mastered."""
        return float((self.competence >= MASTERED).mean())

    def teaches(self, rows: np.ndarray) -> np.ndarray:
        """Bool [n], the open cells that are not known by heart."""
        x, y = rows.T
        return np.asarray(self._open()[x, y] & (self.competence[x, y] < 1))

    def hopeless(self, rows: np.ndarray) -> np.ndarray:
        """Bool [n]; no cell is."""
        return np.zeros(len(rows), bool)

    def _open(self) -> np.ndarray:
        """Bool [side, side]."""
        side = self.space.side
        mastered = np.pad(self.competence >= MASTERED, 1)
        offsets = (0, 1, 2)
        near: Any = [mastered[a : a + side, b : b + side] for a in offsets for b in offsets]
        opened = np.any(near, axis=0)
        opened[0, 0] = True
        return np.asarray(opened)
