"""How a generation lives: iterations of learning, one episode among elders, and being measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from culture.setting import Setting
from culture.transmission import ALONE, Lesson, visibility_over_life, visibility_over_trials
from populations.creators.creator import Creator, Outcomes
from populations.member import Member
from populations.rollout import NOISE, ORACLE, Ticket
from populations.units import Outcome, Unit
from worlds import rng
from worlds.family import Family


@dataclass
class Cohort:
    """Members that learn side by side from one creator: the young of a generation, or the lone learners."""

    name: str  # "culture" or "lone"
    family: Family
    members: list[Member]
    creator: Creator
    lesson: Lesson
    lifetime: int  # agent-steps that learning rate and visibility are spread over
    before: int = 0  # agent-steps that their line of elders had lived when they were born
    whole: int = 0  # agent-steps of their line in the whole experiment; 0: one lifetime
    reports: list[list[dict[str, float]]] = field(
        default_factory=list
    )  # per iteration and member: return, loss parts

    @property
    def progress(self) -> float:
        """How much of the lifetime is over, in [0, 1]."""
        return min(1.0, self.members[0].lived / self.lifetime)

    def hardship(self, ramp: float) -> float:
        """Share of the full penalty, which rises over the first `ramp` of the experiment.

        The world hardens with the experience of the line, not anew for each generation: so a young
        one and a lone learner of the same experience meet the same world.
        """
        lived = (self.before + self.members[0].lived) / (self.whole or self.lifetime)
        return min(1.0, lived / ramp) if ramp else 1.0


def live(setting: Setting, cohorts: Sequence[Cohort], generation: int, count: int) -> None:
    """`count` iterations of propose, roll out, learn, observe, for all cohorts side by side."""
    for iteration in range(count):
        plans = [_plan(setting, one, generation, iteration) for one in cohorts]
        outcomes = setting.pool.perform([unit for _, units in plans for unit in units])
        for one, (proposal, units) in zip(cohorts, plans, strict=True):
            mine, outcomes = outcomes[: len(units)], outcomes[len(units) :]
            one.members = [outcome.member for outcome in mine if outcome.member is not None]
            one.creator.observe(_observed(one, proposal, mine))
            one.reports.append(
                [
                    {"return": float(outcome.played.returns[:, 0].mean()), **outcome.report}
                    for outcome in mine
                ]
            )
        setting.progress(
            {
                "kind": "iteration",
                "generation": generation,
                "iteration": iteration + 1,
                "iterations": count,
                "steps": sum(member.lived for one in cohorts for member in one.members),
                "return": float(np.mean([report["return"] for report in cohorts[0].reports[-1]])),
            }
        )


def evaluate(
    setting: Setting,
    members: Sequence[Member],
    family: Family,
    rows: np.ndarray,
    suite: str,
    replays: int = 0,
) -> tuple[np.ndarray, list[Outcome]]:
    """Every member alone on every task: -> mean returns of the last trial [P, K, X], and the outcomes.

    The keys name suite and repetition only, so that adding a member changes nobody else's episodes.
    """
    episodes = setting.settings.evaluation.episodes
    repeated = np.repeat(rows, episodes, 0)
    ticket = Ticket(
        key=setting.key("evaluate", suite),
        rows=repeated,
        roster=ALONE.roster(len(repeated), family.num_agents, 0),
        visibility=np.zeros(family.trials),
        record=replays * episodes,  # one episode of each of the first tasks
    )
    units = [
        _unit(setting, f"evaluation of {member.name} on {suite}", family, ticket, (member.weights,))
        for member in members
    ]
    outcomes = setting.pool.perform(units)
    trials = np.stack([outcome.played.trial_returns[:, 0] for outcome in outcomes])
    return trials.reshape(len(members), len(rows), episodes, -1).mean(2), outcomes


def episode(
    setting: Setting,
    members: Sequence[Member],
    rows: np.ndarray,
    heirlooms: Heirlooms | None,
    generation: int,
) -> tuple[np.ndarray, Heirlooms, list[Outcome]]:
    """One episodic generation on each task: weights fixed, the memory learns, the elder's memory shows the way.

    -> returns [P, B, X] of every member on every task; what is handed on; the outcomes.
    """
    family, culture = setting.family, setting.settings.culture
    worlds = len(rows)
    roster = np.empty((worlds, family.num_agents), np.int16)
    roster[:, 1:] = NOISE if heirlooms is None else heirlooms.owner[:, None]
    units = []
    for index, member in enumerate(members):
        roster[:, 0] = index
        ticket = Ticket(
            key=setting.key("episodic", generation, index),
            rows=rows,
            roster=roster.copy(),
            visibility=visibility_over_trials(culture, family.trials),
            start_memory=None if heirlooms is None else heirlooms.memory,
            keep_memory=True,
            record=0
            if index
            else setting.settings.run.replays * setting.settings.evaluation.episodes,
        )
        weights = tuple(each.weights for each in members)
        units.append(
            _unit(setting, f"generation {generation} of {member.name}", family, ticket, weights)
        )
    outcomes = setting.pool.perform(units)
    returns = np.stack([outcome.played.trial_returns[:, 0] for outcome in outcomes])
    best = np.argmax(returns[:, :, -1], axis=0)  # of the last trial; ties go to the first
    memories = np.stack(
        [outcome.played.memory for outcome in outcomes if outcome.played.memory is not None]
    )
    return returns, Heirlooms(best.astype(np.int16), memories[best, np.arange(worlds)]), outcomes


def exhibit(
    setting: Setting, member: Member, lesson: Lesson, rows: np.ndarray, generation: int
) -> tuple[Outcome, np.ndarray]:
    """32 tasks played once more for the viewer: a member beside those it watched; -> the outcome, the tasks played."""
    family = setting.family
    repeated = np.resize(rows, (32, rows.shape[1]))
    ticket = Ticket(
        key=setting.key("exhibit", generation),
        rows=repeated,
        roster=lesson.roster(len(repeated), family.num_agents, len(lesson.elders)),
        visibility=np.full(family.trials, setting.settings.culture.visibility_start),
        oracle_noise=setting.settings.culture.oracle_noise,
        record=min(setting.settings.run.replays, 32),
    )
    weights = (member.weights, *(elder.weights for elder in lesson.elders))
    return setting.pool.perform(
        [_unit(setting, f"exhibit of {member.name}", family, ticket, weights)]
    )[0], repeated


@dataclass(frozen=True)
class Heirlooms:
    """What an episodic generation hands on for each task: the best member's memory before its last trial."""

    owner: np.ndarray  # [B] int16, index of the member whose memory it is
    memory: np.ndarray  # [B, hidden] float32


def _plan(setting: Setting, one: Cohort, generation: int, iteration: int) -> tuple[Any, list[Unit]]:
    """The tasks of an iteration and a unit for each member of the cohort.

    Episode e plays task e // repeats and belongs to member e mod P, so that as many members as possible meet each task.
    """
    settings, culture, family = setting.settings, setting.settings.culture, one.family
    worlds, members = _worlds(setting, family), len(one.members)
    proposal = one.creator.propose(worlds * members // settings.creator.repeats)
    task = np.arange(worlds * members) // settings.creator.repeats
    progress, units = one.progress, []
    distil = one.lesson.imitation(culture, progress)
    for index, member in enumerate(one.members):
        key = setting.key("live", one.name, generation, iteration, index)
        others = one.lesson.others(one.members, index)
        ticket = Ticket(
            key=key,
            rows=proposal.rows[task[index::members]],
            roster=one.lesson.roster(worlds, family.num_agents, len(others)),
            visibility=_visibility(setting, one, progress),
            learning=0,
            oracle_noise=culture.oracle_noise,
            penalty=settings.world.wrong_penalty * one.hardship(culture.penalty_ramp),
        )
        name = f"generation {generation}, iteration {iteration}, member {member.name}"
        weights = (member.weights, *(other.weights for other in others))
        unit = _unit(setting, name, family, ticket, weights)
        units.append(
            replace(
                unit,
                member=member,
                probe=not proposal.train.all(),
                distil=distil,
                learner=replace(settings.learner, epochs=culture.distil_epochs)
                if distil
                else settings.learner,
                learning_rate=settings.learner.learning_rate
                * (1 - (1 - settings.learner.final_learning_rate) * progress),
                seed=rng.seed(rng.key(key, "minibatches")),
            )
        )
    return proposal, units


def _observed(one: Cohort, proposal: Any, outcomes: Sequence[Outcome]) -> Outcomes:
    """The outcomes of a cohort, interleaved back into the order of the proposal."""
    members, worlds = len(outcomes), len(outcomes[0].played.returns)
    episodes = members * worlds

    def together(columns: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack(columns, 1).reshape(-1)

    returns = together([outcome.played.returns[:, 0] for outcome in outcomes])
    shown = (
        one.lesson.elders or one.lesson.scripted == ORACLE
    )  # whoever knows better than the learner
    elder_returns = (
        together([outcome.played.returns[:, 1] for outcome in outcomes])
        if shown
        else np.full(episodes, np.nan)
    )
    return Outcomes(
        proposal=proposal,
        task=(np.arange(episodes) // (episodes // len(proposal.rows))).astype(np.int32),
        member=(np.arange(episodes) % members).astype(np.int16),
        roster=np.full(episodes, rng.key("roster", *one.lesson.names), np.uint64),
        returns=returns.astype(np.float32),
        elder_returns=elder_returns.astype(np.float32),
        signals={
            name: together([outcome.signals[name] for outcome in outcomes]).astype(np.float32)
            for name in outcomes[0].signals
        },
        steps=np.full(episodes, one.family.horizon, np.int32),
        train=np.full(episodes, proposal.train.all()),
    )


def _visibility(setting: Setting, one: Cohort, progress: float) -> np.ndarray:
    if one.lesson.alone:
        return np.zeros(one.family.trials)
    if setting.settings.culture.mode == "episodic":
        return visibility_over_trials(setting.settings.culture, one.family.trials)
    return visibility_over_life(setting.settings.culture, progress, one.family.trials)


def _worlds(setting: Setting, family: Family) -> int:
    """Worlds per unit: fewer of longer episodes, a multiple of 32, so that an iteration costs the same agent-steps."""
    wanted = setting.settings.population.worlds * setting.family.horizon / family.horizon
    return max(32, round(wanted / 32) * 32)


def _unit(
    setting: Setting, name: str, family: Family, ticket: Ticket, weights: tuple[np.ndarray, ...]
) -> Unit:
    return Unit(
        name=name,
        world=family.name,
        world_settings=tuple(sorted(family.settings.items())),
        ticket=ticket,
        weights=weights,
        learner=setting.settings.learner,
    )
