"""Who shows what to whom, and how visible they are when: the channel `watch` (Cook 2024)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from configs.schema import Culture, Settings
from populations.member import Member
from populations.rollout import NOBODY, NOISE, ORACLE
from worlds import rng

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
        scripted = {ORACLE: ("oracle",), NOISE: ("noise",), NOBODY: ()}[self.scripted]
        return tuple(elder.name for elder in self.elders) or scripted

    def others(self, members: Sequence[Member], index: int) -> tuple[Member, ...]:
        """The frozen members beside member `index` of its cohort."""
        if self.company == "population":
            return tuple(member for other, member in enumerate(members) if other != index)
        return self.elders

    def roster(self, worlds: int, agents: int, others: int) -> np.ndarray:
        """[B, N] int16: the learner as agent_0, the `others` in turn as all further agents."""
        roster = np.full((worlds, agents), self.scripted, np.int16)
        roster[:, 0] = LEARNER
        if self.company == "self_play":
            roster[:, 1:] = LEARNER
        elif others:
            roster[:, 1:] = 1 + np.arange(worlds)[:, None] % others
        return roster

    def company_of(self, members: Sequence[Member], index: int, worlds: int) -> np.ndarray:
        """[B] uint64: in each world, a digest of who is there beside member `index` of its cohort."""
        others = [other.name for other in self.others(members, index)]
        names = others or [self.company or "".join(self.names)]
        keys = np.array([rng.key("roster", name) for name in names], np.uint64)
        return np.resize(keys, worlds)

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
