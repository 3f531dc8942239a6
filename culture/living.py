"""How a generation lives: iterations of learning, or one episode among elders."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from configs.rules import BLOCK
from configs.schema import Settings
from culture import classroom
from culture.channels.channel import Channel
from culture.checks import Check, check_if_due
from culture.classroom import Classroom
from culture.company import Company, gather
from culture.curriculum import Log
from culture.handed import Handed
from culture.learning import lessons
from culture.measuring import measure
from culture.observed import controls, observed
from culture.recordings import Recordings
from culture.setting import Setting, by_steps, look, play, worlds_of
from culture.transmission import Lesson, faded, visibility_over_life, visibility_over_trials
from populations import quarantine
from populations.creators.creator import Creator, Proposal
from populations.league import Records
from populations.member import Member
from populations.rollout import NOBODY, Played, Ticket
from populations.units import Learn, Learned, Roll, Unit
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
    count: int  # iterations of this generation, unless its lifetime is counted in steps
    steps: int  # agent-steps of a lifetime
    generations: int = 1  # that its life is spread over, as much of it in each
    lived: int = 0  # generations of that life that are over
    elders: float = 0.0  # share of the experiment that its line of elders had lived before it
    share: float = 1.0  # of the experiment that its life takes
    channels: Sequence[Channel] = ()  # by which it learns of elders, besides watching them
    recordings: Recordings | None = None  # of elders, for some of these channels
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
    classroom: Classroom = field(default_factory=Classroom)  # what elders earned beside its members
    handed: Handed = field(default_factory=Handed)  # who was shown to whom
    log: Log | None = None  # what its creator proposed and saw, if that is kept

    @property
    def going(self) -> list[int]:
        """The members whose lifetime goes on in this generation."""
        return [index for index in range(len(self.members)) if self.passed(index) < 1]

    def passed(self, index: int) -> float:
        """The share of this generation that a member has lived."""
        if not by_steps(self.family):
            return len(self.reports) / self.count
        return self.members[index].lived / self.steps - self.lived

    def progress(self, index: int) -> float:
        """How much of a member's life is over, in [0, 1]: learning rate and visibility follow it."""
        return min(1.0, (self.lived + self.passed(index)) / self.generations)

    @property
    def mean(self) -> float:
        """The share of this generation that is over, mean over the members."""
        return float(np.mean([min(1.0, self.passed(index)) for index in range(len(self.members))]))

    def hardship(self, index: int, ramp: float) -> float:
        """Share of the full penalty, which rises over the first `ramp` of the experiment.

        The world hardens with the experience of the line, not anew for each generation: so a young
        one and a lone learner of the same experience meet the same world.
        """
        return min(1.0, (self.elders + self.share * self.progress(index)) / ramp) if ramp else 1.0


def live(setting: Setting, cohorts: Sequence[Cohort], generation: int) -> None:
    """Iterations of propose, roll out, learn, observe: all cohorts side by side, each to the end of its lifetime."""
    iteration, trail = 0, [0.0]
    while active := [one for one in cohorts if one.going]:
        if _due(setting, cohorts[0]):
            cohorts[0].measured[iteration] = measure(setting, cohorts[0].members)
        plans: list[Plan] = []
        for one in active:
            first = sum(len(plan.units) for plan in plans)
            plans.append(_plan(setting, one, generation, iteration, first))
        outcomes = iter(setting.pool.perform([unit for plan in plans for unit in plan.units]))
        for one, plan in zip(active, plans, strict=True):
            played = [next(outcomes) for _ in plan.rolls]
            for _ in plan.demonstrations:
                next(outcomes)
            alone = [next(outcomes) for _ in plan.controls]
            learned = [next(outcomes) for _ in plan.learns]
            for text in _faults(plan, learned):
                _log.warning("%s", text)
            _remember(setting, one, plan, played, learned)
            quarantine.check(one.members)
            outcome = observed(plan, played, alone, learned)
            if one.log:
                one.log.watch(outcome)
            one.creator.observe(outcome)
        trail.append(cohorts[0].mean)
        if setting.settings.pbt.check_every:
            check_if_due(setting, cohorts[0], generation, trail)
        iteration += 1
        setting.progress(
            {
                "kind": "iteration",
                "generation": generation,
                "iteration": iteration,
                "iterations": round(iteration / min(one.mean for one in cohorts)),
                "steps": sum(member.lived for one in cohorts for member in one.members),
                "return": float(np.mean([now["return"] for now in active[0].reports[-1] if now])),
            }
        )


@dataclass(frozen=True)
class Heirlooms:
    """What an episodic generation hands on for each task: the memory of its best members before their last trial.

    They sit in the seats of agents 1..A, the best last; seats that are left over hold NOBODY.
    """

    owner: np.ndarray  # [B, A] int16, number of the member whose memory it is, or NOBODY
    memory: np.ndarray  # [B, A, hidden] float32
    observation: np.ndarray  # [B, A, D] uint8, what each saw first of its last trial

    def of_other_tasks(self, shift: int) -> Heirlooms:
        """The heirlooms of the tasks `shift` worlds on: useless knowledge, for a placebo."""
        return Heirlooms(
            *(np.roll(part, -shift, 0) for part in (self.owner, self.memory, self.observation))
        )


def episode(
    setting: Setting,
    members: Sequence[Member],
    rows: np.ndarray,
    beside: Heirlooms | int,
    generation: int,
    record: int = 0,
    observed: bool = False,
) -> tuple[np.ndarray, list[Played]]:
    """One episodic generation on each task: weights fixed, the memory learns, the elders' memories show the way.

    `beside` are those heirlooms, or a script for all further seats. Keys do not name it: members meet
    the same chance beside whomever. -> returns [P, B, X] of every member on every task; the outcomes,
    with notes of how members chose if they are to be `observed`.
    """
    family, culture = setting.family, setting.settings.culture
    roster = np.empty((len(rows), family.num_agents), np.int16)
    elders = beside if isinstance(beside, Heirlooms) else None
    roster[:, 1:] = beside.owner if isinstance(beside, Heirlooms) else beside
    each_trial = setting.settings.transmission.heirlooms
    commented = len(family.turns) > 1
    # The young comes last, apart from its elders, of whom it may be one.
    roster[:, 0] = len(members)
    everybody = range(len(members))
    units: list[Roll] = []
    for index, member in enumerate(members):
        ticket = Ticket(
            key=setting.key("episodic", generation, index),
            rows=rows,
            roster=roster,
            visibility=visibility_over_trials(culture, family.trials),
            oracle_noise=culture.oracle_noise,
            start_memory=elders.memory if elders else None,
            start_once=not each_trial,
            start_observation=elders.observation if elders and commented else None,
            keep_heirlooms=True,
            record=0 if index else record,
        )
        weights = [*(each.weights for each in members), member.weights]
        shown = faded(family, ticket, setting.settings.transmission.fade)
        unit = play(setting, f"generation {generation} of {member.name}", family, shown, weights)
        units.append(look(unit, () if index else everybody) if observed else unit)
    outcomes = setting.pool.perform(units)
    return np.stack([outcome.trial_returns[:, 0] for outcome in outcomes]), outcomes


def heirlooms(outcomes: Sequence[Played], elders: int, seats: int) -> Heirlooms:
    """What members hand on after an episode: the `elders` best of each task by their last trial, ties to the first.

    `outcomes` are those of all members, in their order; there are `seats` to be filled.
    """
    last = np.stack([outcome.trial_returns[:, 0, -1] for outcome in outcomes])
    worlds, count = np.arange(last.shape[1]), min(elders, seats, len(outcomes))
    best = np.argsort(-last, 0, kind="stable")[:count][::-1].T  # [B, count], the best one last
    memories = np.stack([outcome.memory for outcome in outcomes if outcome.memory is not None])
    seen = np.stack([one.observation for one in outcomes if one.observation is not None])
    handed = Heirlooms(
        owner=np.full((len(worlds), seats), NOBODY, np.int16),
        memory=np.zeros((len(worlds), seats, memories.shape[2]), np.float32),
        observation=np.zeros((len(worlds), seats, seen.shape[2]), np.uint8),
    )
    handed.owner[:, seats - count :] = best
    handed.memory[:, seats - count :] = memories[best, worlds[:, None]]
    handed.observation[:, seats - count :] = seen[best, worlds[:, None]]
    return handed


def exhibit(
    setting: Setting, member: Member, lesson: Lesson, rows: np.ndarray, generation: int
) -> Played:
    """Tasks `rows` played once more for the viewer: a member beside those it watched.

    They are shown as at its birth, or leave as in the middle of its life, so that one can see them go.
    """
    family, fade = setting.family, setting.settings.transmission.fade
    age = 0.5 if fade == "presence" else 0.0
    repeated = np.resize(rows, (-(-len(rows) // BLOCK) * BLOCK, rows.shape[1]))
    ticket = Ticket(
        key=setting.key("exhibit", generation),
        rows=repeated,
        roster=lesson.roster(len(repeated), family.num_agents),
        visibility=visibility_over_life(setting.settings.culture, age, family.trials),
        oracle_noise=setting.settings.culture.oracle_noise,
        record=len(rows),
    )
    ticket = faded(family, ticket, fade)
    weights = [member.weights, *(elder.weights for elder in lesson.elders)]
    shown = play(setting, f"exhibit of {member.name}", family, ticket, weights)
    (played,) = setting.pool.perform([shown])
    return played


@dataclass(frozen=True)
class Plan:
    """An iteration of a cohort: what each member whose life goes on plays, then what it learns from."""

    going: list[int]  # numbers of those members in the cohort; P of them
    proposal: Proposal
    rolls: list[Roll]  # a ticket of each member's own, with its tasks; the member is agent_0
    demonstrations: list[Roll]  # what channels have them learn from besides
    controls: list[
        Roll
    ]  # the same tickets with random actions as agent_0, if the creator asks for them
    learns: list[Learn]
    first: int  # number of the first ticket in the batch of units
    needs: list[
        list[tuple[int, int]]
    ]  # by member, (unit, part) of what it lived through, its own first
    task: np.ndarray  # [P * B] which task of the proposal each episode plays
    company: Company
    chances: list[float]  # of each, to see the others now

    @property
    def units(self) -> list[Unit]:
        return [*self.rolls, *self.demonstrations, *self.controls, *self.learns]


def _plan(setting: Setting, one: Cohort, generation: int, iteration: int, first: int) -> Plan:
    """The units of an iteration, which begin as number `first` of their batch; episode e belongs to member e mod P."""
    settings, culture, family = setting.settings, setting.settings.culture, one.family
    going = one.going
    worlds, members = worlds_of(setting, family), len(going)
    tasks = worlds * members // settings.creator.repeats
    proposal = one.creator.propose(tasks)
    setting.spaces[family].check(one.creator, proposal, tasks)
    task = _tasks(settings, worlds, members)
    keys = [setting.key("live", one.name, generation, iteration, number) for number in going]
    shuffle = setting.key("rosters", one.name, generation, iteration)
    learners = [one.members[number] for number in going]
    selves = [one.selves[number] for number in going] if one.selves else []
    company = gather(
        *(shuffle, one.lesson, learners, selves, one.records, worlds, family.num_agents)
    )
    if proposal.company is not None:
        company = company.granted(proposal.company[task].reshape(worlds, members).T)
    rolls: list[Roll] = []
    chances: list[float] = []
    needs: list[list[tuple[int, int]]] = [[] for _ in going]
    for index, member in enumerate(learners):
        present, roster = _seated(index, company.seats[index])
        learning = [entry for entry in present if entry < members]
        for part, entry in enumerate(learning):
            needs[entry].append((first + index, part))
        ticket = Ticket(
            key=keys[index],
            rows=proposal.rows[task[index::members]],
            roster=roster,
            visibility=_visibility(setting, one, one.progress(going[index])),
            learning=tuple(range(len(learning))),
            oracle_noise=culture.oracle_noise,
            penalty=settings.world.wrong_penalty * one.hardship(going[index], culture.penalty_ramp),
        )
        for channel in one.channels:
            ticket = channel.seat(ticket, one.progress(going[index]))
        chances.append(float(ticket.visibility.mean()))
        ticket = faded(family, ticket, settings.transmission.fade)
        name = f"generation {generation}, iteration {iteration}, member {member.name}"
        rolls.append(
            play(setting, name, family, ticket, [company.cast[entry].weights for entry in present])
        )
    probes = [
        not (proposal.train[task[index::members]].all() and quarantine.may_learn(member))
        for index, member in enumerate(learners)
    ]
    needs = [
        sorted(parts, key=lambda need, own=first + index: need[0] != own)  # type: ignore[misc]
        for index, parts in enumerate(needs)
    ]
    demonstrations, learns = lessons(setting, one, going, rolls, needs, probes, first)
    return Plan(
        *(going, proposal, rolls, demonstrations, controls(proposal, rolls), learns),
        *(first, needs, task, company, chances),
    )


def _tasks(settings: Settings, worlds: int, members: int) -> np.ndarray:
    """[P * B] the task of each episode: as many members as possible meet each one, or each its own creator's alone."""
    episodes, repeats = np.arange(worlds * members), settings.creator.repeats
    if not settings.pbt.creators:
        return episodes // repeats
    return episodes // (members * repeats) * members + episodes % members


def _faults(plan: Plan, learned: Sequence[Learned]) -> list[str]:
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
    plan: Plan,
    played: Sequence[Played],
    learned: Sequence[Learned],
) -> None:
    """What the members have become, and what later company is cast by: who beat whom, former selves."""
    reports: list[dict[str, float]] = [{} for _ in one.members]
    for number, roll, each in zip(plan.going, played, learned, strict=True):
        one.members[number] = each.member
        reports[number] = {"return": float(roll.returns[:, 0].mean()), **each.report}
    one.reports.append(reports)
    company = plan.company
    for index, roll in enumerate(played):
        one.handed.watch(company, index, plan.chances[index], roll.lived[:, 0])
    for learn, each in zip(plan.learns, learned, strict=True):
        updates = each.member.updates - learn.member.updates
        one.handed.teach(learn.member.name, one.lesson.names, learn.terms, updates)
    if len(one.family.turns) == 1:  # else elders have no bodies, and step no world
        for roll, knowing in zip(played, company.knowing, strict=True):
            one.elder_steps += int(roll.lived[:, 1:][knowing].sum())
        proposed = plan.proposal.rows[plan.task].reshape(
            -1, len(played), plan.proposal.rows.shape[1]
        )
        one.classroom.watch(one.family, company, proposed.swapaxes(0, 1), played)
        if len(one.classroom) > classroom.MOST:
            one.classroom.forget_all_but(identity(one.family.name, one.creator.rows()))
    if "league" in one.lesson.rules:
        returns = np.stack([each.returns for each in played])
        one.records.observe(company.names, company.seats, returns)
    if "fictitious" in one.lesson.rules:
        every = setting.settings.population.snapshot_every
        one.selves = one.selves or [[] for _ in one.members]
        for own, member in zip(one.selves, one.members, strict=True):
            if member.lived >= every * (len(own) + 1):
                own.append(member.frozen(f"{member.name}@{member.lived}"))


def _due(setting: Setting, one: Cohort) -> bool:
    """Are the young to be measured now: at evenly spread points of their life, from birth on."""
    points, so_far = setting.settings.evaluation.points, len(one.measured)
    return so_far < points and so_far <= points * one.mean + 1e-9


def _visibility(setting: Setting, one: Cohort, progress: float) -> np.ndarray:
    if one.lesson.alone:
        return np.zeros(one.family.trials)
    if setting.settings.culture.mode == "episodic":
        return visibility_over_trials(setting.settings.culture, one.family.trials)
    return visibility_over_life(setting.settings.culture, progress, one.family.trials)
