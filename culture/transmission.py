"""Who shows what to whom, and how visible they are when: the channel `watch` (Cook 2024)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from configs.schema import Culture
from populations.member import Member
from populations.rollout import NOBODY, NOISE, ORACLE

LEARNER = 0  # the learning member is the first of its ticket; elders follow
FIRST_DEMONSTRATORS = {"noise": NOISE, "alone": NOBODY, "oracle": ORACLE}


@dataclass(frozen=True)
class Lesson:
    """What a generation is shown: frozen elders, or a scripted demonstrator where there are none."""

    elders: tuple[Member, ...] = ()
    scripted: int = NOBODY  # ORACLE, NOISE or NOBODY; used when there are no elders

    @property
    def names(self) -> tuple[str, ...]:
        """Whom the young watch, for the lineage."""
        scripted = {ORACLE: ("oracle",), NOISE: ("noise",), NOBODY: ()}[self.scripted]
        return tuple(elder.name for elder in self.elders) or scripted

    def roster(self, worlds: int, agents: int) -> np.ndarray:
        """[B, N] int16: the learner as agent_0, elders in turn as all other agents."""
        roster = np.full((worlds, agents), self.scripted, np.int16)
        roster[:, 0] = LEARNER
        if self.elders:
            roster[:, 1:] = 1 + np.arange(worlds)[:, None] % len(self.elders)
        return roster


ALONE = Lesson()


def lesson_of(generation: int, elders: Sequence[Member], culture: Culture) -> Lesson:
    """What this generation is shown: the elders of the one before, or what the settings give to the first."""
    if generation == 0:
        return Lesson(scripted=FIRST_DEMONSTRATORS[culture.first_generation])
    return Lesson(elders=tuple(elders))


def visibility_over_life(culture: Culture, progress: float, trials: int) -> np.ndarray:
    """[X] chances to see the demonstrators at `progress` in [0, 1] of a lifetime, the same in every trial (train-time)."""
    chance = culture.visibility_start + (culture.visibility_end - culture.visibility_start) * progress
    return np.full(trials, chance)


def visibility_over_trials(culture: Culture, trials: int) -> np.ndarray:
    """[X] chances to see the demonstrators, falling from the first trial of an episode to its last (episodic)."""
    if trials == 1:
        return np.array([culture.visibility_start])
    return np.linspace(culture.visibility_start, culture.visibility_end, trials)
