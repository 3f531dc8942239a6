"""The tables of a generation that tell what it came to beside whom: trials, and the classroom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from culture.classroom import ALONE, SHOWN, Classroom
from culture.encode import Columns
from culture.reliance import Reliance, measure
from culture.transmission import MEASURED_BESIDE
from culture.trials import NO_MEMBER, columns, joined
from populations.rollout import NOBODY
from populations.rosters import company
from worlds.family import identity

if TYPE_CHECKING:
    from culture.reports import Generation


def social(generation: Generation) -> Reliance:
    """How members chose beside their elders; those in weights are played for it, those in context were watched."""
    members = generation.state.members
    if generation.setting.settings.culture.mode == "episodic":
        return Reliance({}, [one.notes for one in generation.outcomes[: len(members)]])
    number = generation.state.generation
    return measure(generation.setting, members, generation.lesson, generation.rows, number)


def trials(generation: Generation, reliance: Reliance) -> Columns:
    """Everybody on the held-out tasks, and with the first generation the yardsticks."""
    state, family, number = generation.state, generation.family, generation.state.generation
    tasks = identity(family.name, generation.rows)
    groups = {one.name: one.members for one in generation.cohorts}
    groups |= {"lone": state.lone, **state.controls, "culture": state.members}
    parts = [
        columns(number, name, [m.name for m in groups.get(name, state.members)], tasks, values)
        for name, values in {**generation.trials, **reliance.trials}.items()
        if len(values)
    ]
    if number == 0:
        for name, line in family.yardsticks(generation.rows).items():
            parts.append(columns(0, name, [NO_MEMBER], tasks, line[None]))
    return joined(parts)


def classroom(generation: Generation) -> Columns:
    """Elders on the young's tasks that the creator still keeps, and everybody as measured on held-out ones."""
    state, family = generation.state, generation.family
    known = np.concatenate([state.creators["culture"].rows(), generation.rows])
    found = generation.cohorts[0].classroom if generation.cohorts else Classroom()
    seats = _measured_beside(generation)
    mode = SHOWN if (seats[:, 1:] != NOBODY).any() else ALONE
    rosters = company([member.name for member in state.members], seats[None])[0]
    rows = np.repeat(generation.rows, len(seats) // len(generation.rows), 0)
    for member, played in zip([*state.members, *state.lone], generation.outcomes, strict=False):
        found.add(family, rows, rosters, [member.name] * len(rows), mode, played.returns[:, 0])
    found.forget_all_but(identity(family.name, known))
    return found.columns(family.space)


def _measured_beside(generation: Generation) -> np.ndarray:
    """[B, N] int16 who sat in the worlds of `outcomes`: numbers of members, or scripts."""
    settings, agents = generation.setting.settings, generation.family.num_agents
    worlds, members = len(generation.outcomes[0].returns), len(generation.state.members)
    if settings.culture.mode == "train_time":
        return MEASURED_BESIDE[settings.evaluation.company].roster(worlds, agents)
    owners, scripted = generation.owners, generation.lesson.scripted
    seats = np.full((worlds, agents), members, np.int16)  # the young, apart from its elders
    seats[:, 1:] = scripted if owners is None else owners
    return seats
