"""Who shows what to whom, and how visible they are when: the channel `watch` (Cook 2024)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from configs.rules import FROZEN, rosters_of
from configs.schema import Culture, Settings
from populations.member import Member
from populations.rollout import NOBODY, NOISE, ORACLE, Ticket
from populations.rosters import NAMES, by_rank

LEARNER = 0  # the learning member is the first of its ticket; elders follow
FIRST_DEMONSTRATORS = {"noise": NOISE, "alone": NOBODY, "oracle": ORACLE}
BOTS = {"noop": NOBODY, "random": NOISE, "oracle": ORACLE}  # rosters that are a script


@dataclass(frozen=True)
class Lesson:
    """Whom a generation lives among: a rule of `populations.rosters`, and the frozen members it may name."""

    elders: tuple[Member, ...] = ()  # of earlier generations, newest and best first
    scripted: int = NOBODY  # ORACLE, NOISE or NOBODY: who is there where there are no elders
    rule: str | Mapping[str, float] = "previous"  # or a mixture: weights by rule
    best: int = 1  # how many of `elders` the rule "elders" names
    league: str = "hard"  # whom the rule "league" prefers, see `populations.league`
    ranked: bool = False  # elders sit in the order of their rank, the best last

    @property
    def rules(self) -> tuple[str, ...]:
        """All rules by which it seats co-players."""
        return (self.rule,) if isinstance(self.rule, str) else tuple(self.rule)

    @property
    def alone(self) -> bool:
        """Nobody else is there."""
        empty = {*self.rules} <= {"elders", "previous", "noop"}
        return empty and not self.elders and self.scripted == NOBODY

    @property
    def names(self) -> tuple[str, ...]:
        """Whom the young watch, for the lineage."""
        scripted = () if self.scripted == NOBODY else (NAMES[self.scripted],)
        return tuple(elder.name for elder in self.elders) or scripted

    def roster(self, worlds: int, agents: int) -> np.ndarray:
        """[B, N] int16 for one member as agent_0: itself or the script as all further agents, or its elders.

        Those fill all further seats of a world in turn, or, if they are ranked, one seat each.
        """
        beside = LEARNER if self.rule == "self_play" else self.scripted
        roster = np.full((worlds, agents), beside, np.int16)
        roster[:, 0] = LEARNER
        if self.elders and self.ranked:
            roster[:, 1:] = by_rank(range(1, 1 + len(self.elders)), agents - 1)
        elif self.elders:
            roster[:, 1:] = 1 + np.arange(worlds)[:, None] % len(self.elders)
        return roster


ALONE = Lesson()
MEASURED_BESIDE = {
    "alone": ALONE,
    "noise": Lesson(scripted=NOISE),
    "self_play": Lesson(rule="self_play"),
}


def lesson_of(frozen: Sequence[Member], settings: Settings, ranked: bool = False) -> Lesson:
    """What a generation is shown; `frozen` are the members of earlier generations, newest and best first.

    Where the roster names elders and there are none yet, `culture.first_generation` says who is there.
    """
    population, culture, rules = settings.population, settings.culture, rosters_of(settings)
    known: Sequence[Member] = ()
    if {"previous", "league"} & {*rules}:
        known = frozen
    elif "elders" in rules:
        known = frozen[: culture.elders]
    scripted = BOTS.get(population.roster, NOBODY)
    if {*FROZEN} & {*rules}:
        scripted = FIRST_DEMONSTRATORS[culture.first_generation]
    return Lesson(
        elders=tuple(known),
        scripted=scripted,
        rule={name: getattr(settings.mixture, name) for name in rules}
        if population.roster == "mixture"
        else population.roster,
        best=culture.elders,
        league=population.league,
        ranked=ranked,
    )


def faded(family: Any, ticket: Ticket, how: str) -> Ticket:
    """The ticket with elders who fade as the setting `fade` says; its visibility says when.

    blank: as it is, the sight of them is drawn for each step. presence: as much of each trial as they
    would be seen they are there, then they leave; where nobody is seated, nobody is there.
    Agent_0 and whoever learns stay.
    """
    if how == "blank":
        return ticket
    from worlds.playground.presence import fade

    staying = np.isin(ticket.roster, ticket.learning)
    staying[:, 0] = True
    seated = ticket.roster != NOBODY
    shares = np.where(staying[:, None], 1.0, ticket.visibility[:, None] * seated[:, None])
    everywhere = np.ones_like(ticket.visibility)
    return replace(ticket, rows=fade(ticket.rows, family.sizes, shares), visibility=everywhere)


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
