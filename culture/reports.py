"""What a generation leaves behind: its line of the table, metrics, lineage, tasks, members, replays."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from configs import limits
from culture import accounts, accumulation, handed
from culture.encode import Columns, Commit
from culture.living import Cohort, exhibit
from culture.measuring import focal_seats
from culture.percentiles import best_known, shares, summary
from culture.reliance import Reliance
from culture.setting import Setting
from culture.state import State
from culture.transmission import MEASURED_BESIDE, Lesson
from populations.fingerprint import fingerprint
from populations.member import card, tensors
from populations.population_training import LEVELS
from populations.rollout import Played
from worlds.episode import Agent, Episode, record
from worlds.family import Family, identity


@dataclass
class Generation:
    """One finished generation, before it is committed."""

    setting: Setting
    state: State
    cohorts: Sequence[Cohort]  # those that learned in it, with their curves
    lesson: Lesson  # whom its members watched
    returns: (
        np.ndarray
    )  # [P + lone, K, N] float32, on the held-out tasks: members best first, then the lone learners
    outcomes: Sequence[Played]  # the plays behind `returns`, in the same order of members
    rows: np.ndarray  # [K, width] the held-out tasks
    known: dict[str, np.ndarray]  # name of a script -> [K, N] what it is known to earn on them
    trials: dict[str, np.ndarray]  # by condition: [P, K, X] measures of agent_0 in each trial
    owners: np.ndarray | None = (
        None  # episodic: [K * episodes, N - 1] int16, whose memory each young one was shown
    )

    @property
    def family(self) -> Family:
        return self.setting.family


def commit(generation: Generation) -> Commit:
    """Everything to be written of a generation; adds its line to the state's table."""
    setting, state = generation.setting, generation.state
    settings, number = setting.settings, state.generation
    returns = generation.returns[:, :, 0]
    members, lone = returns[: len(state.members)], returns[len(state.members) :]
    best = _best_known(generation)
    # Where nobody ever earned anything, nothing is solved.
    yardstick = best[:, 0] if generation.family.knowing else np.where(best > 0, best, np.inf)[:, 0]
    line = accumulation.row(
        number,
        members,
        lone if len(lone) else None,
        yardstick,
        settings.evaluation.solved,
        settings.seed,
    )
    line |= _experience(generation)
    if generation.family.knowing:
        line["oracle_return"] = float(yardstick.mean())
    else:
        line |= summary(_shares(generation, generation.returns[: len(state.members)], best).mean(0))
    social = accounts.social(generation)
    line |= social.means()
    state.rows.append(line)
    creator = state.creators["culture"].metrics()
    return Commit(
        metrics={**line, **{f"creator_{name}": value for name, value in creator.items()}},
        tables={
            "metrics": _metrics(generation, best, social),
            "lineage": _lineage(generation),
            "tasks": _tasks(generation),
            "trials": accounts.trials(generation, social),
            "classroom": accounts.classroom(generation),
        },
        members={
            member.name: (
                tensors(member, generation.family, settings.learner),
                card(member, generation.family, settings.learner, number, frozen=True),
            )
            for member in state.members
        },
        replays=_replays(generation),
        recordings=[
            episode
            for one in generation.cohorts
            if one.recordings
            for episode in one.recordings.episodes(number)
        ],
        curriculum=[file for one in generation.cohorts if one.log for file in one.log.files()],
        state=state.save(),
        best=state.members[0].name,
        fingerprint=fingerprint(),
    )


def _best_known(generation: Generation) -> np.ndarray:
    """[K, N] what the oracle earns, or the most that anybody has earned in this generation's measurements."""
    if generation.family.knowing:
        return generation.known["oracle"]
    curves = [points for one in generation.cohorts for points in one.measured.values()]
    return best_known([generation.returns, *generation.known.values(), *curves])


def _shares(generation: Generation, returns: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Returns [..., K, N] as shares of the best known [K, N], in the seats of a measured member: [..., K]."""
    seats = focal_seats(generation.setting, generation.family)
    return shares(returns[..., :seats], best[:, :seats])


def _experience(generation: Generation) -> dict[str, int]:
    """What the line of elders and the lone learners have lived and learned so far, all members together.

    Agent-steps of the learners themselves; apart from them those of the elders and oracles that
    moved beside them or were recorded for them, and those spent on comparing members. Updates are
    steps of the optimiser.
    """
    state, settings = generation.state, generation.setting.settings
    found = {"iterations": 0, "steps": 0, "elder_steps": 0, "validation_steps": 0, "updates": 0}
    if state.rows:
        found = {name: state.rows[-1][name] for name in found}
    if generation.cohorts:
        young = generation.cohorts[0]
        lived = sum(member.lived for member in young.members)
        tasks, evaluation = len(young.members) * settings.evaluation.tasks, settings.evaluation
        comparisons = 1 + len(young.checks)
        found["iterations"] += len(young.reports)
        found["steps"] += lived
        found["elder_steps"] += young.elder_steps
        found["elder_steps"] += young.recordings.steps if young.recordings else 0
        found["validation_steps"] += (
            comparisons * tasks * evaluation.episodes * young.family.horizon
        )
        found["updates"] += sum(member.updates for member in young.members)
    found["lone_steps"] = sum(member.lived for member in state.lone)
    found["lone_updates"] = sum(member.updates for member in state.lone)
    return found


def heldout(family: Family, rows: np.ndarray) -> Columns:
    """The columns of `tasks/heldout.parquet`."""
    count = len(rows)
    return {
        "generation": [0] * count,
        "task": identity(family.name, rows),
        "parent": [""] * count,
        "task_json": [json.dumps(family.space.to_json(row)) for row in rows],
        "created": [0] * count,
        "regret": [float("nan")] * count,
        "estimator": [""] * count,
        "solved": [float("nan")] * count,
        "visits": [0] * count,
    }


def _metrics(generation: Generation, best: np.ndarray, social: Reliance) -> dict[str, list[Any]]:
    """Learning curves, held-out returns and behaviour in long form: one number a row; `best` [K, N] is known."""
    names = ("generation", "iteration", "member", "agent", "task", "name", "value")
    table: dict[str, list[Any]] = {name: [] for name in names}

    def add(iteration: int, member: str, task: str, name: str, value: float) -> None:
        cells = (
            generation.state.generation,
            iteration,
            member,
            "agent_0",
            task,
            name,
            float(value),
        )
        for column, cell in zip(names, cells, strict=True):
            table[column].append(cell)

    curves = {
        member.name: [reports[index] for reports in one.reports]
        for one in generation.cohorts
        for index, member in enumerate(one.members)
    }
    names_of = {
        learner: sorted(set().union(*curve))  # a channel has a loss of its own, while it lasts
        for learner, curve in curves.items()
    }
    measured = [
        (
            iteration,
            name,
            summary(_shares(generation, returns, best)) | {"mean": float(returns[:, 0].mean())},
        )
        for iteration, name, returns in _measured(generation)
    ]
    compared = list(_compared(generation))
    for member, notes in zip(generation.state.members, social.notes, strict=True):
        compared.append((-1, member.name, notes))
    # A rule keeps the other half for the returns; a longer curve is told by means of its pieces.
    room = limits.PARQUET_ROWS // 2 - sum(len(levels) for _, _, levels in [*measured, *compared])
    points = room // max(sum(map(len, names_of.values())), 1)
    for learner, curve in curves.items():
        for piece in np.array_split(np.arange(len(curve)), min(len(curve), max(points, 1))):
            for name in names_of[learner]:
                values = [curve[at][name] for at in piece if name in curve[at]]
                if values:
                    add(int(piece[-1]), learner, "", name, np.mean(values))
    tasks = identity(generation.family.name, generation.rows)
    everybody = generation.state.members + generation.state.lone
    for member, returns in zip(everybody, generation.returns[:, :, 0], strict=True):
        for task, value in zip(tasks, returns, strict=True):
            add(-1, member.name, task, "heldout_return", value)
    for iteration, name, levels in measured:
        for level, value in levels.items():
            add(iteration, name, "", f"heldout_{level}", value)
    for iteration, who, told in compared:
        for name, value in told.items():
            add(iteration, who, "", name, value)
    return table


def _measured(generation: Generation) -> Iterator[tuple[int, str, np.ndarray]]:
    """The points of the learning curves on held-out tasks: (iterations lived, who, returns [K, N])."""
    for one in generation.cohorts[:1]:
        for iteration, table in one.measured.items():
            for member, returns in zip(one.members, table, strict=True):
                yield iteration, member.name, returns
        if one.measured:
            for member, returns in zip(generation.state.members, generation.returns, strict=False):
                yield len(one.reports), member.name, returns
    if not generation.family.knowing:
        for name, returns in generation.known.items():
            yield 0, name, returns


def _compared(generation: Generation) -> Iterator[tuple[int, str, dict[str, float]]]:
    """What population-based training saw: (iterations lived, who, its fitness and settings)."""
    for one in generation.cohorts:
        for check in one.checks:
            for member, fitness, hyper in zip(one.members, check.fitness, check.hyper, strict=True):
                levels = summary(fitness)
                shown = (*(f"p{level}" for level in LEVELS), "participation")
                told = {f"validation_{name}": levels[name] for name in shown}
                yield check.iteration, member.name, {**told, **dict(hyper)}


def _lineage(generation: Generation) -> dict[str, list[Any]]:
    """Everybody as it was born, what population-based training made of the young, and who was shown to them."""
    rows = [*_births(generation), *_copies(generation), *_shown(generation)]
    return {name: [row.get(name) for row in rows] for name in rows[0]}


def _births(generation: Generation) -> Iterator[dict[str, Any]]:
    state, number = generation.state, generation.state.generation
    means = generation.returns[:, :, 0].mean(1)
    for member, mean in zip([*state.members, *state.lone], means, strict=True):
        folder = f"members/g{number:04d}/" if member in state.members else ""
        yield {
            "generation": number,
            "member": member.name,
            "parents": list(member.parents),
            "demonstrators": list(member.demonstrators),
            "iteration": 0,
            "how": "copied" if member.parents else "born",
            "changes": "",
            "seed": generation.setting.key("born", member.name),
            "return": float(mean),
            "weights": folder and f"{folder}{member.name}.safetensors",
        }


def _copies(generation: Generation) -> Iterator[dict[str, Any]]:
    for one in generation.cohorts:
        for check in one.checks:
            for exploit in check.exploits:
                child = one.members[exploit.child].name
                yield {
                    "generation": generation.state.generation,
                    "member": child,
                    "parents": [one.members[exploit.parent].name],
                    "demonstrators": [],
                    "iteration": check.iteration,
                    "how": "mutated" if exploit.mutated else "copied",
                    "changes": json.dumps(
                        {
                            "updates": exploit.versions,
                            "before": dict(exploit.before),
                            "copied": dict(exploit.copied),
                            "after": dict(exploit.after),
                        }
                    ),
                    "seed": generation.setting.key("born", child),
                    "return": float("nan"),
                    "weights": "",
                }


def _shown(generation: Generation) -> Iterator[dict[str, Any]]:
    number, owners = generation.state.generation, generation.owners
    for one in generation.cohorts[:1]:  # the culture
        yield from one.handed.rows(number)
    if owners is not None:
        names = [member.name for member in generation.state.members]
        yield from handed.in_context(number, names, owners)


def _tasks(generation: Generation) -> Columns:
    """The creator's buffer as it stands."""
    state, family = generation.state, generation.family
    creator, space = state.creators["culture"], family.space
    kept, rows = creator.table(), creator.rows()
    born = np.searchsorted([row["iterations"] for row in state.rows], kept["created"], "right")
    return {
        "generation": np.full(len(rows), state.generation),
        "task": identity(family.name, rows),
        "parent": list(kept["parent"]),
        "task_json": [json.dumps(space.to_json(row)) for row in rows],
        "created": born,
        "regret": kept["score"],
        "estimator": list(kept["estimator"]),
        "solved": kept["solved"],
        "visits": kept["visits"],
    }


def _replays(generation: Generation) -> list[Episode]:
    """Episodes to watch: half show the best member alone, as it is measured, half beside those it watched."""
    setting, family, number = generation.setting, generation.family, generation.state.generation
    wanted, repeats = setting.settings.run.replays, setting.settings.evaluation.episodes
    if not wanted:
        return []
    first, names = generation.state.members[0], generation.lesson.names
    measured = range(0, wanted * repeats, repeats)  # one episode of each task
    role = "elder" if generation.lesson.elders else "bot"
    if setting.settings.culture.mode == "episodic":
        agents = [
            _seats(first.name, _named(names, seats), role)
            for seats in _owners(generation, wanted * repeats)[list(measured)]
        ]
        return _recorded(family, generation.outcomes[0], agents, number, "eval", measured)
    beside = MEASURED_BESIDE[setting.settings.evaluation.company]
    others, who = family.num_agents - 1, beside.rule == "self_play"
    alone = _seats(first.name, [first.name if who else ""] * others, "young" if who else "bot")
    shown = wanted - wanted // 2 if names else 0
    which = measured[: wanted - shown]
    episodes = _recorded(
        family, generation.outcomes[0], [alone] * len(which), number, "eval", which
    )
    if not shown:
        return episodes
    outcome = exhibit(setting, first, generation.lesson, generation.rows[:shown], number)
    seated = generation.lesson.roster(shown, family.num_agents)[:, 1:] - 1
    agents = [_seats(first.name, _named(names, seats), role) for seats in seated]
    return episodes + _recorded(family, outcome, agents, number, "example", range(shown))


def _owners(generation: Generation, episodes: int) -> np.ndarray:
    """[episodes, N - 1] numbers of the elders shown in an episodic generation; the first had a script."""
    if generation.owners is None:
        return np.zeros((episodes, generation.family.num_agents - 1), int)
    return generation.owners


def _named(names: Sequence[str], seats: np.ndarray) -> list[str]:
    """Who sits there: one of the `names` by its number, a script where there is one, or nobody."""
    scripted = names[0] if len(names) == 1 else ""
    return [names[seat] if 0 <= seat < len(names) else scripted for seat in seats.tolist()]


def _seats(young: str, others: Sequence[str], role: str) -> tuple[Agent, ...]:
    """A young member as agent_0, and who played each further agent."""
    rest = [Agent(f"agent_{n}", other, role) for n, other in enumerate(others, 1)]
    return (Agent("agent_0", young, "young"), *rest)


def _recorded(
    family: Family,
    outcome: Played,
    agents: Sequence[Sequence[Agent]],
    generation: int,
    split: str,
    which: Sequence[int],
) -> list[Episode]:
    rows, actions, visible = outcome.rows, outcome.actions, outcome.visible
    if rows is None or actions is None or visible is None:
        raise ValueError("the outcome was played without recording its actions")
    return record(family, rows, actions, visible, agents, generation, split, which)
