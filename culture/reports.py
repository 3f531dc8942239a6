"""What a generation leaves behind: its line of the table, metrics, lineage, tasks, members, replays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from configs import limits
from culture import accumulation
from culture.encode import Columns, Commit
from culture.living import Cohort, exhibit
from culture.setting import Setting
from culture.state import State
from culture.transmission import Lesson
from populations.fingerprint import fingerprint
from populations.member import card, tensors
from populations.units import Outcome
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
    )  # [P + lone, K] float32, on the held-out tasks: members best first, then the lone learners
    outcomes: Sequence[Outcome]  # the plays behind `returns`, in the same order of members
    rows: np.ndarray  # [K, width] the held-out tasks
    owners: np.ndarray | None = (
        None  # episodic: [K * episodes] int16, whose memory each young one was shown
    )

    @property
    def family(self) -> Family:
        return self.setting.family


def commit(generation: Generation) -> Commit:
    """Everything to be written of a generation; adds its line to the state's table."""
    setting, state = generation.setting, generation.state
    settings, number = setting.settings, state.generation
    members, lone = (
        generation.returns[: len(state.members)],
        generation.returns[len(state.members) :],
    )
    yardstick = generation.family.oracle_returns(generation.rows) / generation.family.trials
    line = accumulation.row(
        number,
        members,
        lone if len(lone) else None,
        yardstick,
        settings.evaluation.solved,
        settings.seed,
    )
    line |= _experience(generation)
    line["oracle_return"] = float(yardstick.mean())
    state.rows.append(line)
    creator = state.creators["culture"].metrics()
    return Commit(
        metrics={**line, **{f"creator_{name}": value for name, value in creator.items()}},
        tables={
            "metrics": _metrics(generation),
            "lineage": _lineage(generation),
            "tasks": _tasks(generation),
        },
        members={
            member.name: (
                tensors(member, generation.family, settings.learner),
                card(member, generation.family, settings.learner, number, frozen=True),
            )
            for member in state.members
        },
        replays=_replays(generation),
        state=state.save(),
        best=state.members[0].name,
        fingerprint=fingerprint(),
    )


def _experience(generation: Generation) -> dict[str, int]:
    """What the line of elders and the lone learners have lived and learned so far, all members together.

    Agent-steps of the learners themselves; apart from them those of the elders and oracles that
    moved beside them, and those spent on choosing elders. Updates are steps of the optimiser.
    """
    state, settings = generation.state, generation.setting.settings
    found = {"steps": 0, "elder_steps": 0, "validation_steps": 0, "updates": 0}
    if state.rows:
        found = {name: state.rows[-1][name] for name in found}
    if generation.cohorts:
        young = generation.cohorts[0]
        lived = sum(member.lived for member in young.members)
        tasks, evaluation = len(young.members) * settings.evaluation.tasks, settings.evaluation
        found["steps"] += lived
        found["elder_steps"] += lived * (young.family.num_agents - 1) * young.lesson.knowing
        found["validation_steps"] += tasks * evaluation.episodes * young.family.horizon
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


def _metrics(generation: Generation) -> dict[str, list[Any]]:
    """Learning curves and held-out returns in long form: one number a row."""
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
        learner: sorted(set().union(*curve))  # imitation has a loss of its own, while it lasts
        for learner, curve in curves.items()
    }
    # A rule keeps the other half for the returns; a longer curve is told by means of its pieces.
    points = limits.PARQUET_ROWS // 2 // max(sum(map(len, names_of.values())), 1)
    for learner, curve in curves.items():
        for piece in np.array_split(np.arange(len(curve)), min(len(curve), max(points, 1))):
            for name in names_of[learner]:
                values = [curve[at][name] for at in piece if name in curve[at]]
                if values:
                    add(int(piece[-1]), learner, "", name, np.mean(values))
    tasks = identity(generation.family.name, generation.rows)
    everybody = generation.state.members + generation.state.lone
    for member, returns in zip(everybody, generation.returns, strict=True):
        for task, value in zip(tasks, returns, strict=True):
            add(-1, member.name, task, "heldout_return", value)
    return table


def _lineage(generation: Generation) -> dict[str, list[Any]]:
    state, number = generation.state, generation.state.generation
    everybody = [*state.members, *state.lone]
    return {
        "generation": [number] * len(everybody),
        "member": [member.name for member in everybody],
        "parents": [list(member.parents) for member in everybody],
        "demonstrators": [list(member.demonstrators) for member in everybody],
        "how": ["copied" if member.parents else "born" for member in everybody],
        "seed": [generation.setting.key("born", member.name) for member in everybody],
        "return": [float(value) for value in generation.returns.mean(1)],
        "weights": [
            f"members/g{number:04d}/{member.name}.safetensors" if member in state.members else ""
            for member in everybody
        ],
    }


def _tasks(generation: Generation) -> Columns:
    """The creator's buffer as it stands."""
    state, family = generation.state, generation.family
    creator, space = state.creators["culture"], family.space
    kept, rows = creator.table(), creator.rows()
    # Episodic: generation 0 learned for all.
    batches = generation.cohorts[0].count if generation.cohorts else kept["created"] + 1
    return {
        "generation": np.full(len(rows), state.generation),
        "task": identity(family.name, rows),
        "parent": list(kept["parent"]),
        "task_json": [json.dumps(space.to_json(row)) for row in rows],
        "created": kept["created"] // batches,
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
    first, scripted = generation.state.members[0], not generation.lesson.elders
    rows = np.repeat(generation.rows, repeats, 0)
    alone = range(0, wanted * repeats, repeats)  # one episode of each task
    young = Agent("agent_0", first.name, "young")
    if setting.settings.culture.mode == "episodic":
        names = generation.lesson.names
        owners = (
            np.zeros(wanted, np.int16)
            if generation.owners is None
            else generation.owners[list(alone)]
        )
        agents = [
            (young, Agent("agent_1", names[owner], "bot" if scripted else "elder"))
            for owner in owners
        ]
        return _recorded(family, rows, generation.outcomes[0], agents, number, "eval", alone)
    if not generation.lesson.names:
        return _recorded(
            family,
            rows,
            generation.outcomes[0],
            [(young, NOBODY_THERE)] * wanted,
            number,
            "eval",
            alone,
        )
    episodes = _recorded(
        family,
        rows,
        generation.outcomes[0],
        [(young, NOBODY_THERE)] * (wanted // 2),
        number,
        "eval",
        alone[: wanted // 2],
    )
    half = wanted - wanted // 2
    tasks, names = generation.rows[:half], generation.lesson.names
    outcome = exhibit(setting, first, generation.lesson, tasks, number)
    agents = [
        (young, Agent("agent_1", names[i % len(names)], "bot" if scripted else "elder"))
        for i in range(half)
    ]
    return episodes + _recorded(family, tasks, outcome, agents, number, "example", range(half))


NOBODY_THERE = Agent("agent_1", "", "bot")


def _recorded(
    family: Family,
    rows: np.ndarray,
    outcome: Outcome,
    agents: Sequence[Sequence[Agent]],
    generation: int,
    split: str,
    which: Sequence[int],
) -> list[Episode]:
    actions, visible = outcome.played.actions, outcome.played.visible
    if actions is None or visible is None:
        raise ValueError("the outcome was played without recording its actions")
    return record(
        family, rows[: actions.shape[1]], actions, visible, agents, generation, split, which
    )
