"""How a generation lives: iterations of learning, or one episode among elders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from configs.rules import BLOCK
from culture.measuring import measure
from culture.setting import Setting, unit, worlds_of
from culture.transmission import Lesson, visibility_over_life, visibility_over_trials
from populations.creators.creator import Creator, Outcomes
from populations.member import Member
from populations.rollout import NOISE, Ticket
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
    count: int  # iterations of this generation
    generations: int = 1  # that its life is spread over, as many iterations in each
    lived: int = 0  # generations of that life that are over
    elders: float = 0.0  # share of the experiment that its line of elders had lived before it
    share: float = 1.0  # of the experiment that its life takes
    reports: list[list[dict[str, float]]] = field(
        default_factory=list
    )  # per iteration and member: return, loss parts
    measured: dict[int, np.ndarray] = field(
        default_factory=dict
    )  # iterations before it -> [P, K, N] returns on the held-out tasks

    @property
    def progress(self) -> float:
        """How much of its life is over, in [0, 1]: learning rate and visibility follow it."""
        lived = self.lived * self.count + len(self.reports)
        return lived / (self.generations * self.count)

    def hardship(self, ramp: float) -> float:
        """Share of the full penalty, which rises over the first `ramp` of the experiment.

        The world hardens with the experience of the line, not anew for each generation: so a young
        one and a lone learner of the same experience meet the same world.
        """
        return min(1.0, (self.elders + self.share * self.progress) / ramp) if ramp else 1.0


def live(setting: Setting, cohorts: Sequence[Cohort], generation: int) -> None:
    """Iterations of propose, roll out, learn, observe: all cohorts side by side, each its own count."""
    count = max(one.count for one in cohorts)
    for iteration in range(count):
        active = [one for one in cohorts if iteration < one.count]
        if iteration in _points(setting, cohorts[0]):
            cohorts[0].measured[iteration] = measure(setting, cohorts[0].members)
        plans = [_plan(setting, one, generation, iteration) for one in active]
        outcomes = setting.pool.perform([unit for _, units in plans for unit in units])
        for one, (proposal, units) in zip(active, plans, strict=True):
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
            unit(setting, f"generation {generation} of {member.name}", family, ticket, weights)
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
) -> Outcome:
    """Tasks `rows` played once more for the viewer: a member beside those it watched."""
    family = setting.family
    repeated = np.resize(rows, (-(-len(rows) // BLOCK) * BLOCK, rows.shape[1]))
    ticket = Ticket(
        key=setting.key("exhibit", generation),
        rows=repeated,
        roster=lesson.roster(len(repeated), family.num_agents, len(lesson.elders)),
        visibility=np.full(family.trials, setting.settings.culture.visibility_start),
        oracle_noise=setting.settings.culture.oracle_noise,
        record=len(rows),
    )
    weights = (member.weights, *(elder.weights for elder in lesson.elders))
    shown = unit(setting, f"exhibit of {member.name}", family, ticket, weights)
    return setting.pool.perform([shown])[0]


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
    worlds, members = worlds_of(setting, family), len(one.members)
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
        units.append(
            replace(
                unit(setting, name, family, ticket, weights),
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


def _points(setting: Setting, one: Cohort) -> set[int]:
    """The iterations before which the young are measured: evenly spread from birth on."""
    points = setting.settings.evaluation.points
    return {point * one.count // points for point in range(points)}


def _observed(one: Cohort, proposal: Any, outcomes: Sequence[Outcome]) -> Outcomes:
    """The outcomes of a cohort, interleaved back into the order of the proposal."""
    members, worlds = len(outcomes), len(outcomes[0].played.returns)
    episodes = members * worlds

    def together(columns: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack(columns, 1).reshape(-1)

    returns = together([outcome.played.returns[:, 0] for outcome in outcomes])
    elder_returns = (
        together([outcome.played.returns[:, 1:].mean(1) for outcome in outcomes])
        if one.lesson.knowing
        else np.full(episodes, np.nan)
    )
    company = [one.lesson.company_of(one.members, index, worlds) for index in range(members)]
    return Outcomes(
        proposal=proposal,
        task=(np.arange(episodes) // (episodes // len(proposal.rows))).astype(np.int32),
        member=(np.arange(episodes) % members).astype(np.int16),
        roster=together(company),
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
