"""Ladders: a family of tasks in which a creator shows in seconds whether it works.

A task is a ladder, a rung and a kind. An episode takes as many steps as the rung is high, one
action of A each; the first wrong action falls off, and only the rung itself pays. A ladder's lower
rungs must be known before a higher one pays at all. The tasks of kind HOPELESS never pay; with
`coins` they pay by the toss of a coin whatever is done, as a task with a stochastic co-player may.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from configs.creator_schema import Creator as Settings
from populations.creators.creator import Creator, Outcomes, Proposal
from populations.creators.draws import Draws
from populations.creators.make import make
from tests.populations.creators.toys import EPISODES as EPISODES
from tests.populations.creators.toys import live

CLIMB, HOPELESS = 0, 1
LADDER, RUNG, KIND = 0, 1, 2  # columns of a row; a rung is counted from 1
ACTIONS = 4
STEP = 0.08  # step size of the policy's logits
CRITIC_STEP = 0.1
LEARNABLE = (0.02, 0.98)  # true chances between which there is something to learn
ROSTER = 7


@dataclass(frozen=True)
class Ladders:
    """The task space: rows are ladder, rung, kind."""

    ladders: int = 8
    rungs: int = 12
    hopeless: bool = True
    width: int = 3
    dim: int = 3

    def sample(self, key: int, n: int) -> np.ndarray:
        draws = Draws(key)
        columns = [
            draws.below(self.ladders, n),
            draws.below(self.rungs, n) + 1,
            draws.below(2 if self.hopeless else 1, n),
        ]
        return np.stack(columns, axis=1).astype(np.int16)

    def mutate(self, rows: np.ndarray, key: int, edits: int = 1) -> np.ndarray:
        """Each edit: one rung up, one rung down, another ladder or another kind."""
        draws, rows, n = Draws(key), rows.copy(), len(rows)
        for _ in range(edits):
            edit = draws.below(4, n)
            rows[:, RUNG] += (edit == 0).astype(np.int16) - (edit == 1)
            rows[:, RUNG] = np.clip(rows[:, RUNG], 1, self.rungs)
            rows[:, LADDER] = np.where(edit == 2, draws.below(self.ladders, n), rows[:, LADDER])
            kinds = draws.below(2 if self.hopeless else 1, n)
            rows[:, KIND] = np.where(edit == 3, kinds, rows[:, KIND])
        return rows

    def vector(self, rows: np.ndarray) -> np.ndarray:
        """Rungs lie along an axis; ladders and kinds, of which none is between two others, far apart."""
        scale = np.array([self.ladders - 1, self.rungs - 1, 1], np.float32)
        return (rows - np.array([0, 1, 0])).astype(np.float32) / np.maximum(scale, 1)

    def from_vector(self, x: np.ndarray, key: int) -> np.ndarray:
        scale = np.array([self.ladders - 1, self.rungs - 1, 1 if self.hopeless else 0])
        return (np.rint(np.clip(x, 0, 1) * scale) + np.array([0, 1, 0])).astype(np.int16)

    def problems(self, row: np.ndarray) -> list[str]:
        top = (self.ladders - 1, self.rungs, 1 if self.hopeless else 0)
        names = ("ladder", "rung", "kind")
        return [
            f"{name} is {value}, allowed {low} to {high}"
            for name, value, low, high in zip(names, row.tolist(), (0, 1, 0), top, strict=True)
            if not low <= value <= high
        ]

    def describe(self, row: np.ndarray) -> str:
        return f"rung {row[RUNG]} of ladder {row[LADDER]}" + (", hopeless" if row[KIND] else "")

    def held_out(self, rows: np.ndarray) -> np.ndarray:
        return np.zeros(len(rows), bool)


@dataclass
class Climber:
    """A tabular softmax policy and a critic, learning by REINFORCE."""

    space: Ladders
    key: int
    coins: bool = False
    elder: float | None = None  # an elder's chance on every climbable task; None: no elder
    knows: int | None = None  # the highest rung the elder climbs; None: all
    rollouts: int = (
        0  # its episodes of each task, which cost steps; 0: its exact chance for nothing
    )
    logits: np.ndarray = field(init=False)  # [kind, ladder, position, action]
    values: np.ndarray = field(init=False)  # [kind, ladder, rung, position], nothing known at first

    def __post_init__(self) -> None:
        self.draws = Draws(self.key)
        ladders, rungs = self.space.ladders, self.space.rungs
        self.logits = np.zeros((2, ladders, rungs, ACTIONS))
        self.values = np.zeros((2, ladders, rungs + 1, rungs))
        self.right = self.draws.below(ACTIONS, 2 * ladders * rungs).reshape(2, ladders, rungs)
        self.shown = np.zeros(2 * ladders * (rungs + 1), np.int64)  # the elder's episodes of a task

    def play(self, proposal: Proposal, repeats: int) -> Outcomes:
        """Plays every task `repeats` times and learns from the episodes that are for training."""
        task = np.repeat(np.arange(len(proposal.rows)), repeats).astype(np.int32)
        ladder, rung, kind = proposal.rows[task].T.astype(np.int64)
        episodes, rungs = len(task), self.space.rungs
        position = np.arange(rungs)
        within = position < rung[:, None]  # [E, rungs] steps of the episode

        chances = self._policy()[kind, ladder]  # [E, rungs, A]
        units = self.draws.units(episodes * rungs).reshape(episodes, rungs, 1)
        actions = (units > np.cumsum(chances, axis=2)[:, :, :-1]).sum(axis=2)
        well = np.cumprod(actions == self.right[kind, ladder], axis=1)
        on = within & np.concatenate([np.ones((episodes, 1), bool), well[:, :-1] > 0], axis=1)
        returns = well[np.arange(episodes), rung - 1] * (kind == CLIMB).astype(np.float64)
        if self.coins:
            returns = np.where(kind == HOPELESS, self.draws.units(episodes) < 0.5, returns)

        values = self.values[kind, ladder, rung]  # [E, rungs]
        advantages = np.where(on, returns[:, None] - values, 0.0)
        train = proposal.train[task]
        self._learn(kind, ladder, rung, actions, chances, advantages * train[:, None], on)
        elders, shown = self._elders(kind, ladder, rung)
        steps = np.maximum(on.sum(axis=1), 1)
        return Outcomes(
            proposal=proposal,
            task=task,
            agent=np.zeros(episodes, np.int16),
            member=np.zeros(episodes, np.int16),
            roster=np.full(episodes, ROSTER, np.uint64),
            returns=returns.astype(np.float32),
            elder_returns=elders.astype(np.float32),
            control_returns=self._controls(proposal, kind, rung),
            signals={
                "pvl": (np.maximum(advantages, 0).sum(axis=1) / steps).astype(np.float32),
                "l1": (np.abs(advantages).sum(axis=1) / steps).astype(np.float32),
                "value": ((values * on).sum(axis=1) / steps).astype(np.float32),
            },
            steps=(rung * (1 + proposal.control + shown)).astype(np.int32),
            train=train,
        )

    def _controls(self, proposal: Proposal, kind: np.ndarray, rung: np.ndarray) -> np.ndarray:
        """[E] float32, what random actions earn, where the creator asks for it."""
        if not proposal.control:
            return np.full(len(kind), np.nan, np.float32)
        chance = np.where(kind == CLIMB, float(ACTIONS) ** -rung, 0.5 if self.coins else 0.0)
        return (self.draws.units(len(kind)) < chance).astype(np.float32)

    def _elders(
        self, kind: np.ndarray, ladder: np.ndarray, rung: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """[E] what an elder earns, NaN where none plays; [E] bool, where it played and that cost steps."""
        nobody = np.zeros(len(kind), bool)
        if self.elder is None:
            return np.full(len(kind), np.nan), nobody
        able = rung <= (self.space.rungs if self.knows is None else self.knows)
        chance = np.where(kind == CLIMB, self.elder * able, 0.5 if self.coins else 0.0)
        if not self.rollouts:
            return chance, nobody
        tasks = np.ravel_multi_index((kind, ladder, rung), (2, *self.values.shape[1:3]))
        earlier = np.tril(tasks[:, None] == tasks, -1).sum(axis=1)  # in this batch
        shown = self.shown[tasks] + earlier < self.rollouts
        np.add.at(self.shown, tasks, 1)
        return np.where(shown, self.draws.units(len(kind)) < chance, np.nan), shown

    def young(self, key: int) -> Climber:
        """Somebody who knows nothing, before the same ladders and with no elder beside."""
        young = Climber(self.space, key, self.coins)
        young.right = self.right
        return young

    def skill(self) -> float:
        """Exact mean chance of success over all climbable tasks."""
        return float(self._chances().mean())

    def teaches(self, rows: np.ndarray) -> np.ndarray:
        """Bool [n], where success is neither hopeless nor certain for now."""
        chances = self._chances()[rows[:, LADDER], rows[:, RUNG] - 1]
        low, high = LEARNABLE
        return (rows[:, KIND] == CLIMB) & (chances > low) & (chances < high)

    def hopeless(self, rows: np.ndarray) -> np.ndarray:
        """Bool [n], the tasks that never pay, or by the toss of a coin."""
        return np.asarray(rows[:, KIND] == HOPELESS)

    def _chances(self) -> np.ndarray:
        """[ladders, rungs] exact chance of success."""
        chance = np.take_along_axis(self._policy()[CLIMB], self.right[CLIMB][..., None], axis=2)
        return np.cumprod(chance[..., 0], axis=1)

    def _policy(self) -> np.ndarray:
        powers = np.exp(self.logits - self.logits.max(axis=3, keepdims=True))
        return powers / powers.sum(axis=3, keepdims=True)

    def _learn(
        self,
        kind: np.ndarray,
        ladder: np.ndarray,
        rung: np.ndarray,
        actions: np.ndarray,
        chances: np.ndarray,
        advantages: np.ndarray,
        on: np.ndarray,
    ) -> None:
        gradients = np.eye(ACTIONS)[actions] - chances
        np.add.at(self.logits, (kind, ladder), STEP * advantages[..., None] * gradients)
        np.add.at(self.values, (kind, ladder, rung), CRITIC_STEP * advantages * on)


def built(space: Any, key: int, **settings: Any) -> Creator:
    """The creator of these settings, for ladders."""
    return make("ladders", space, key, Settings(**settings))


def climb(creator: Creator, climber: Climber, budget: int, repeats: int = 1) -> dict[str, float]:
    """Plays `budget` agent-steps, probes included: final skill, share spent on hopeless tasks."""
    course = live(creator, climber, budget, repeats)
    return {"skill": course.skill, "hopeless": course.hopeless}
