"""How a generation lives: iterations of learning, or one episode among elders."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from configs.rules import BLOCK
from configs.schema import Settings
from culture.checks import Check, check_if_due
from culture.company import Company, gather
from culture.measuring import measure
from culture.setting import Setting, common, play, worlds_of
from culture.transmission import Lesson, visibility_over_life, visibility_over_trials
from populations import quarantine
from populations.creators.creator import Creator, Outcomes, Proposal
from populations.league import Records
from populations.member import Member
from populations.rollout import NOISE, Played, Ticket
from populations.units import SIGNALS, Learn, Learned, Roll, Unit
from worlds import rng
from worlds.family import Family, identity

_log = logging.getLogger(__name__)  # stderr: in a run, its log


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
    records: Records = field(default_factory=Records)  # who beats whom, for a league
    selves: list[list[Member]] = field(
        default_factory=list
    )  # per member its former selves, oldest first, for fictitious self-play
    elder_steps: int = 0  # agent-steps of elders and oracles beside its members
    reports: list[list[dict[str, float]]] = field(
        default_factory=list
    )  # per iteration and member: return, loss parts
    measured: dict[int, np.ndarray] = field(
        default_factory=dict
    )  # iterations before it -> [P, K, N] returns on the held-out tasks
    checks: list[Check] = field(default_factory=list)  # of population-based training

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
        plans: list[_Plan] = []
        for one in active:
            first = sum(len(plan.units) for plan in plans)
            plans.append(_plan(setting, one, generation, iteration, first))
        outcomes = iter(setting.pool.perform([unit for plan in plans for unit in plan.units]))
        for one, plan in zip(active, plans, strict=True):
            played = [next(outcomes) for _ in plan.rolls]
            learned = [next(outcomes) for _ in plan.learns]
            for text in _faults(plan, learned):
                _log.warning("%s", text)
            _remember(setting, one, plan.company, played, learned)
            one.members = [each.member for each in learned]
            quarantine.check(one.members)
            one.creator.observe(_observed(one, plan, played, learned))
            one.reports.append(
                [
                    {"return": float(roll.returns[:, 0].mean()), **each.report}
                    for roll, each in zip(played, learned, strict=True)
                ]
            )
        if setting.settings.pbt.check_every:
            check_if_due(setting, cohorts[0], generation)
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
) -> tuple[np.ndarray, Heirlooms, list[Played]]:
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
        weights = [each.weights for each in members]
        units.append(
            play(setting, f"generation {generation} of {member.name}", family, ticket, weights)
        )
    outcomes = setting.pool.perform(units)
    returns = np.stack([outcome.trial_returns[:, 0] for outcome in outcomes])
    best = np.argmax(returns[:, :, -1], axis=0)  # of the last trial; ties go to the first
    memories = np.stack([outcome.memory for outcome in outcomes if outcome.memory is not None])
    return returns, Heirlooms(best.astype(np.int16), memories[best, np.arange(worlds)]), outcomes


def exhibit(
    setting: Setting, member: Member, lesson: Lesson, rows: np.ndarray, generation: int
) -> Played:
    """Tasks `rows` played once more for the viewer: a member beside those it watched."""
    family = setting.family
    repeated = np.resize(rows, (-(-len(rows) // BLOCK) * BLOCK, rows.shape[1]))
    ticket = Ticket(
        key=setting.key("exhibit", generation),
        rows=repeated,
        roster=lesson.roster(len(repeated), family.num_agents),
        visibility=np.full(family.trials, setting.settings.culture.visibility_start),
        oracle_noise=setting.settings.culture.oracle_noise,
        record=len(rows),
    )
    weights = [member.weights, *(elder.weights for elder in lesson.elders)]
    shown = play(setting, f"exhibit of {member.name}", family, ticket, weights)
    (played,) = setting.pool.perform([shown])
    return played


@dataclass(frozen=True)
class Heirlooms:
    """What an episodic generation hands on for each task: the best member's memory before its last trial."""

    owner: np.ndarray  # [B] int16, index of the member whose memory it is
    memory: np.ndarray  # [B, hidden] float32


@dataclass(frozen=True)
class _Plan:
    """An iteration of a cohort: what each member plays, then what it learns from."""

    proposal: Proposal
    rolls: list[Roll]  # a ticket of each member's own, with its tasks; the member is agent_0
    learns: list[Learn]
    task: np.ndarray  # [P * B] which task of the proposal each episode plays
    company: Company

    @property
    def units(self) -> list[Unit]:
        return [*self.rolls, *self.learns]


def _plan(setting: Setting, one: Cohort, generation: int, iteration: int, first: int) -> _Plan:
    """The units of an iteration, which begin as number `first` of their batch; episode e belongs to member e mod P."""
    settings, culture, family = setting.settings, setting.settings.culture, one.family
    worlds, members = worlds_of(setting, family), len(one.members)
    proposal = one.creator.propose(worlds * members // settings.creator.repeats)
    task = _tasks(settings, worlds, members)
    progress = one.progress
    keys = [setting.key("live", one.name, generation, iteration, index) for index in range(members)]
    shuffle = setting.key("rosters", one.name, generation, iteration)
    company = gather(
        *(shuffle, one.lesson, one.members, one.selves, one.records, worlds, family.num_agents)
    )
    if proposal.company is not None:
        company = company.granted(proposal.company[task].reshape(worlds, members).T)
    rolls: list[Roll] = []
    needs: list[list[tuple[int, int]]] = [[] for _ in one.members]
    for index, member in enumerate(one.members):
        present, roster = _seated(index, company.seats[index])
        learning = [entry for entry in present if entry < members]
        for part, entry in enumerate(learning):
            needs[entry].append((first + index, part))
        ticket = Ticket(
            key=keys[index],
            rows=proposal.rows[task[index::members]],
            roster=roster,
            visibility=_visibility(setting, one, progress),
            learning=tuple(range(len(learning))),
            oracle_noise=culture.oracle_noise,
            penalty=settings.world.wrong_penalty * one.hardship(culture.penalty_ramp),
        )
        name = f"generation {generation}, iteration {iteration}, member {member.name}"
        rolls.append(
            play(setting, name, family, ticket, [company.cast[entry].weights for entry in present])
        )
    distil = one.lesson.imitation(settings.transmission, progress)
    shared = settings.learner
    if distil:
        shared = replace(shared, epochs=settings.transmission.epochs)
    learns = []
    for index, member in enumerate(one.members):
        learning_rate = member.settings(settings.learner).learning_rate
        learns.append(
            Learn(
                **common(rolls[index].name, family, shared),
                weights=tuple(elder.weights for elder in one.lesson.elders) if distil else (),
                member=member,
                needs=tuple(sorted(needs[index], key=lambda need: need[0] != first + index)),
                learning_rate=learning_rate * (1 - (1 - shared.final_learning_rate) * progress),
                probe=not (
                    proposal.train[task[index::members]].all() and quarantine.may_learn(member)
                ),
                distil=distil,
                seed=rng.seed(rng.key(keys[index], "minibatches")),
            )
        )
    return _Plan(proposal, rolls, learns, task, company)


def _tasks(settings: Settings, worlds: int, members: int) -> np.ndarray:
    """[P * B] the task of each episode: as many members as possible meet each one, or each its own creator's alone."""
    episodes, repeats = np.arange(worlds * members), settings.creator.repeats
    if not settings.pbt.creators:
        return episodes // repeats
    return episodes // (members * repeats) * members + episodes % members


def _faults(plan: _Plan, learned: Sequence[Learned]) -> list[str]:
    """What to tell people of members that could not learn, with all it takes to play it again."""
    texts, first = [], plan.learns[0].needs[0][0]  # the unit of the first member's own ticket
    for learn, each in zip(plan.learns, learned, strict=True):
        if each.fault:
            roll = plan.rolls[learn.needs[each.fault.part][0] - first]
            row = roll.ticket.rows[each.fault.seat // roll.ticket.roster.shape[1]]
            texts.append(
                f"{learn.name}: {each.fault.name} at step {each.fault.step}, seat {each.fault.seat}"
                f" are not finite; {roll.name}, key {roll.ticket.key},"
                f" task {identity(roll.world, row[None])[0]}"
            )
        elif each.member.faults > learn.member.faults:
            texts.append(f"{learn.name}: learning broke down; its faults: {each.member.faults}")
    return texts


def _seated(home: int, seats: np.ndarray) -> tuple[list[int], np.ndarray]:
    """Who sits in worlds [B, N], entries of a cast: (all of them, `home` first, then other
    learners, then who does not learn; the ticket's roster [B, N] of numbers in that list)."""
    present = [home, *(int(entry) for entry in np.unique(seats) if entry >= 0 and entry != home)]
    roster = seats.copy()  # scripts stay what they are
    for number, entry in enumerate(present):
        roster[seats == entry] = number
    return present, roster


def _remember(
    setting: Setting,
    one: Cohort,
    company: Company,
    played: Sequence[Played],
    learned: Sequence[Learned],
) -> None:
    """What later company is cast by: who beat whom, and what the members have become."""
    one.elder_steps += int(company.knowing.sum()) * one.family.horizon
    if "league" in one.lesson.rules:
        returns = np.stack([each.returns for each in played])
        one.records.observe(company.names, company.seats, returns)
    if "fictitious" in one.lesson.rules:
        every = setting.settings.population.snapshot_every
        one.selves = one.selves or [[] for _ in learned]
        for own, each in zip(one.selves, learned, strict=True):
            if each.member.lived >= every * (len(own) + 1):
                own.append(each.member.frozen(f"{each.member.name}@{each.member.lived}"))


def _points(setting: Setting, one: Cohort) -> set[int]:
    """The iterations before which the young are measured: evenly spread from birth on."""
    points = setting.settings.evaluation.points
    return {point * one.count // points for point in range(points)}


def _observed(
    one: Cohort, plan: _Plan, played: Sequence[Played], learned: Sequence[Learned]
) -> Outcomes:
    """The outcomes of a cohort, interleaved back into the order of the proposal."""
    members, worlds = len(played), len(played[0].returns)
    episodes = members * worlds

    def together(columns: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack(columns, 1).reshape(-1)

    returns = together([each.returns[:, 0] for each in played])
    knowing = plan.company.knowing
    elder_returns = together([_mean(*each) for each in zip(played, knowing, strict=True)])
    return Outcomes(
        proposal=plan.proposal,
        task=plan.task.astype(np.int32),
        member=(np.arange(episodes) % members).astype(np.int16),
        roster=plan.company.beside.T.reshape(-1),
        returns=returns.astype(np.float32),
        elder_returns=elder_returns.astype(np.float32),
        signals={name: together([each.signals[name] for each in learned]) for name in SIGNALS},
        steps=np.full(episodes, one.family.horizon, np.int32),
        train=plan.proposal.train[plan.task],
    )


def _mean(played: Played, knowing: np.ndarray) -> np.ndarray:
    """[B] float32, the mean return of the co-players in `knowing` [B, N - 1]; NaN where there are none."""
    total = np.where(knowing, played.returns[:, 1:], 0).sum(1)
    return np.divide(total, knowing.sum(1), out=np.full_like(total, np.nan), where=knowing.any(1))


def _visibility(setting: Setting, one: Cohort, progress: float) -> np.ndarray:
    if one.lesson.alone:
        return np.zeros(one.family.trials)
    if setting.settings.culture.mode == "episodic":
        return visibility_over_trials(setting.settings.culture, one.family.trials)
    return visibility_over_life(setting.settings.culture, progress, one.family.trials)
