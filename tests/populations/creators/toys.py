"""A creator and a learner at work on a toy: how the learner's true skill grows, and what its steps go into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from populations.creators.creator import Creator, Outcomes, Proposal

EPISODES = 32  # per update
POINTS = 60  # of a curve


class Learner(Protocol):
    """Who learns on a toy, where the truth about every task is known."""

    def play(self, proposal: Proposal, repeats: int) -> Outcomes:
        """Plays every task `repeats` times and learns from the episodes that are for training."""

    def skill(self) -> float:
        """The true mean return on all tasks that can be learned, in [0, 1]."""

    def teaches(self, rows: np.ndarray) -> np.ndarray:
        """Bool [n], whether a task has something to teach just now."""

    def hopeless(self, rows: np.ndarray) -> np.ndarray:
        """Bool [n], whether nobody can ever learn anything on a task."""


@dataclass(frozen=True)
class Course:
    """What became of a learner."""

    steps: np.ndarray  # [n] int64, agent-steps so far, those of probes and elders included; 0 first
    skills: np.ndarray  # [n] float64, the true skill then
    learnable: float  # share of the training episodes whose task had something to teach
    hopeless: float  # share of the steps on hopeless tasks

    @property
    def skill(self) -> float:
        """At the end."""
        return float(self.skills[-1])

    @property
    def area(self) -> float:
        """The mean skill over the whole course."""
        return float(np.trapezoid(self.skills, self.steps) / self.steps[-1])

    def reached(self, skill: float) -> float:
        """The steps after which it was as skilled as that, between two points by a straight line; NaN: never."""
        enough = np.flatnonzero(self.skills >= skill)
        if not len(enough):
            return float("nan")
        last = max(int(enough[0]), 1)
        ends = slice(last - 1, last + 1)
        return float(np.interp(skill, self.skills[ends], self.steps[ends]))


def live(creator: Creator, learner: Learner, budget: int, repeats: int = 1) -> Course:
    """Plays `budget` agent-steps, EPISODES at a time, on what the creator proposes."""
    steps = hopeless = trained = taught = 0
    marks, skills = [0], [learner.skill()]
    while steps < budget:
        proposal = creator.propose(EPISODES // repeats)
        teaches, lost = learner.teaches(proposal.rows), learner.hopeless(proposal.rows)
        outcomes = learner.play(proposal, repeats)
        creator.observe(outcomes)
        steps += int(outcomes.steps.sum())
        hopeless += int(outcomes.steps[lost[outcomes.task]].sum())
        trained += int(outcomes.train.sum())
        taught += int((outcomes.train & teaches[outcomes.task]).sum())
        if steps >= budget * len(marks) / POINTS:
            marks.append(steps)
            skills.append(learner.skill())
    return Course(np.array(marks), np.array(skills), taught / max(trained, 1), hopeless / steps)
