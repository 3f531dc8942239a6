"""Who shows what to whom, and how visible they are when: the channel `watch` (Cook 2024)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from configs.schema import Culture, Settings
from populations.member import Member
from populations.rollout import NOBODY, NOISE, ORACLE
from populations.rosters import NAMES, Cast, draw

LEARNER = 0  # the learning member is the first of its ticket; elders follow
FIRST_DEMONSTRATORS = {"noise": NOISE, "alone": NOBODY, "oracle": ORACLE}


@dataclass(frozen=True)
class Lesson:
    """Whom a generation lives among: frozen elders, each other, or a script where there are no elders."""

    elders: tuple[Member, ...] = ()  # best first
    scripted: int = NOBODY  # ORACLE, NOISE or NOBODY
    company: str = (
        ""  # "population": the other members as they are now; "self_play": the learner itself
    )

    @property
    def alone(self) -> bool:
        """Nobody else is there."""
        return not self.elders and not self.company and self.scripted == NOBODY

    @property
    def knowing(self) -> bool:
        """Whether somebody is there who knows better than the learner."""
        return bool(self.elders) or self.scripted == ORACLE

    @property
    def names(self) -> tuple[str, ...]:
        """Whom the young watch, for the lineage."""
        scripted = () if self.scripted == NOBODY else (NAMES[self.scripted],)
        return tuple(elder.name for elder in self.elders) or scripted

    def roster(self, worlds: int, agents: int) -> np.ndarray:
        """[B, N] int16 for one member as agent_0: itself or the script as all further agents, or its elders in turn."""
        roster = np.full((worlds, agents), LEARNER if self.company else self.scripted, np.int16)
        roster[:, 0] = LEARNER
        if self.elders:
            roster[:, 1:] = 1 + np.arange(worlds)[:, None] % len(self.elders)
        return roster

    def seats(self, key: int, learners: int, blocks: int, agents: int) -> np.ndarray:
        """[P, blocks, N] int16: who sits where in each learner's worlds; the learners come first, then the elders."""
        elders = tuple(range(learners, learners + len(self.elders)))
        cast = Cast(learners, previous=elders, script=self.scripted)
        return draw(key, self.company or "previous", cast, blocks, agents)

    def imitation(self, culture: Culture, progress: float) -> float:
        """Weight of imitating the best elder at `progress` in [0, 1] of a lifetime (kickstarting; Schmitt 2018)."""
        return (
            culture.distil * max(0.0, 1 - progress / culture.distil_until) if self.elders else 0.0
        )


ALONE = Lesson()
MEASURED_BESIDE = {
    "alone": ALONE,
    "noise": Lesson(scripted=NOISE),
    "self_play": Lesson(company="self_play"),
}


def lesson_of(generation: int, members: Sequence[Member], settings: Settings) -> Lesson:
    """What this generation is shown: elders among the previous generation's `members` (best first), or a script."""
    roster, culture = settings.population.roster, settings.culture
    if roster in ("population", "self_play"):
        return Lesson(company=roster)
    if generation == 0:
        return Lesson(scripted=FIRST_DEMONSTRATORS[culture.first_generation])
    return Lesson(elders=tuple(members if roster == "previous" else members[: culture.elders]))


def visibility_over_life(culture: Culture, progress: float, trials: int) -> np.ndarray:
    """[X] chances to see the demonstrators at `progress` in [0, 1] of a lifetime (train-time)."""
    chance = (
        culture.visibility_start + (culture.visibility_end - culture.visibility_start) * progress
    )
    return np.full(trials, chance)


def visibility_over_trials(culture: Culture, trials: int) -> np.ndarray:
    """[X] chances to see the demonstrators, falling from the first trial of an episode to its last (episodic)."""
    if trials == 1:
        return np.array([culture.visibility_start])
    return np.linspace(culture.visibility_start, culture.visibility_end, trials)
