"""One generation of each kind: train-time (in-weights) and episodic (in-context) (Cook 2024)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from culture import reports
from culture.living import Cohort, episode, evaluate, live
from culture.setting import Setting, heldout_rows, iterations, newborn, validation_rows
from culture.state import State
from culture.transmission import ALONE, Lesson, lesson_of
from populations.rollout import NOISE, ORACLE


def train_time(setting: Setting, state: State, generation: int) -> reports.Generation:
    """The young begin anew, learn among frozen elders who fade, and the best of them become elders (in-weights)."""
    culture, family = setting.settings.culture, setting.family
    lesson = lesson_of(generation, state.members, setting.settings)
    count = iterations(setting.settings, family)
    steps = count * setting.settings.population.worlds * family.horizon  # of one lifetime
    young = Cohort(
        "culture",
        family,
        newborn(setting, generation, state.members),
        state.creators["culture"],
        lesson,
        steps,
        before=generation * steps,
        whole=culture.generations * steps,
    )
    lone = Cohort(
        "lone",
        family,
        state.lone,
        state.creators.get("lone", young.creator),
        ALONE,
        lifetime=culture.generations * steps,
    )
    live(setting, [young, lone] if lone.members else [young], generation, count)

    validation, _ = evaluate(setting, young.members, family, validation_rows(setting), "validation")
    order = np.argsort(-validation[..., -1].mean(1), kind="stable")
    members = [replace(young.members[index], demonstrators=lesson.names) for index in order]
    rows = heldout_rows(family, setting.settings)
    trials, outcomes = evaluate(
        setting, members + lone.members, family, rows, "heldout", setting.settings.run.replays
    )
    cohorts = [young, lone] if lone.members else [young]
    state = State(generation, members, lone.members, state.creators, rows=list(state.rows))
    return reports.Generation(setting, state, cohorts, lesson, trials[..., -1], outcomes, rows)


def episodic(setting: Setting, state: State, generation: int) -> reports.Generation:
    """Weights are learned once; then a generation lives one episode among its elders (in-context)."""
    settings, family = setting.settings, setting.family
    cohorts: list[Cohort] = []
    if generation == 0:
        state, cohorts = _learn_to_learn(setting, state)
    rows = heldout_rows(family, settings)
    repeated = np.repeat(rows, settings.evaluation.episodes, 0)
    owners = state.heirlooms.owner if state.heirlooms else None
    trials, heirlooms, outcomes = episode(
        setting, state.members, repeated, state.heirlooms, generation
    )
    returns = trials[..., -1].reshape(len(state.members), len(rows), -1).mean(2)
    if state.lone_trials is not None:  # its trial after the same experience
        lone = state.lone_trials[..., (generation + 1) * family.trials - 1]
        returns = np.concatenate([returns, lone])
    lesson = Lesson(elders=tuple(state.members)) if generation else Lesson(scripted=NOISE)
    state = replace(state, generation=generation, heirlooms=heirlooms, rows=list(state.rows))
    return reports.Generation(setting, state, cohorts, lesson, returns, outcomes, rows, owners)


def _learn_to_learn(setting: Setting, state: State) -> tuple[State, list[Cohort]]:
    """Meta-training: whole episodes among oracles that fade; the lone learners are never shown anybody."""
    settings, family, lone_family = setting.settings, setting.family, setting.lone_family
    count = iterations(settings, family)
    steps = count * settings.population.worlds * family.horizon
    oracles = Lesson(scripted=ORACLE)
    young, made = newborn(setting, 0, []), state.creators
    cohorts = [Cohort("culture", family, young, made["culture"], oracles, steps)]
    if state.lone:
        cohorts.append(Cohort("lone", lone_family, state.lone, made["lone"], ALONE, steps))
    live(setting, cohorts, 0, count)
    if not state.lone:
        return replace(state, members=cohorts[0].members), cohorts
    lone, rows = cohorts[1].members, heldout_rows(lone_family, settings)
    trials, _ = evaluate(setting, lone, lone_family, rows, "heldout")
    return replace(state, members=cohorts[0].members, lone=lone, lone_trials=trials), cohorts
