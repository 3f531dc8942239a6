"""One generation of each kind: train-time (in-weights) and episodic (in-context) (Cook 2024)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from culture import reports
from culture.living import Class, episode, evaluate, live
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
    young = Class(
        "culture",
        family,
        newborn(setting, generation, state.members),
        state.creators["culture"],
        lesson,
        steps,
    )
    lone = Class(
        "lone",
        family,
        state.lone,
        state.creators.get("lone", young.creator),
        ALONE,
        steps * culture.generations,
    )
    live(setting, [young, lone] if lone.members else [young], generation, count)

    validation, _ = evaluate(setting, young.members, family, validation_rows(setting), "validation")
    order = np.argsort(-validation[..., -1].mean(1), kind="stable")
    members = [replace(young.members[index], demonstrators=lesson.names) for index in order]
    rows = heldout_rows(family, setting.settings)
    trials, outcomes = evaluate(
        setting, members + lone.members, family, rows, "heldout", setting.settings.run.replays
    )
    classes = [young, lone] if lone.members else [young]
    state = State(generation, members, lone.members, state.creators, rows=list(state.rows))
    return reports.Generation(setting, state, classes, lesson, trials[..., -1], outcomes, rows)


def episodic(setting: Setting, state: State, generation: int) -> reports.Generation:
    """Weights learned once, among oracles; then each generation lives one episode among its elders (in-context)."""
    settings, family = setting.settings, setting.family
    rows = heldout_rows(family, settings)
    classes: list[Class] = []
    if generation == 0:
        count = iterations(settings, family)
        steps = count * settings.population.worlds * family.horizon
        social = Class(
            "culture",
            family,
            newborn(setting, 0, []),
            state.creators["culture"],
            Lesson(scripted=ORACLE),
            steps,
        )
        classes = [social]
        if state.lone:
            classes.append(
                Class("lone", setting.lone_family, state.lone, state.creators["lone"], ALONE, steps)
            )
        live(setting, classes, generation, count)
        lone = classes[1].members if state.lone else []
        state = State(-1, social.members, lone, state.creators)
        if lone:
            long_rows = heldout_rows(setting.lone_family, settings)
            state.lone_trials, _ = evaluate(
                setting, lone, setting.lone_family, long_rows, "heldout"
            )
    repeated, owners = np.repeat(rows, settings.evaluation.episodes, 0), None
    if state.heirlooms is not None:
        owners = state.heirlooms.owner
    trials, heirlooms, outcomes = episode(
        setting, state.members, repeated, state.heirlooms, generation
    )
    returns = trials[..., -1].reshape(len(state.members), len(rows), -1).mean(2)
    lone_returns = np.zeros((0, len(rows)), np.float32)
    if state.lone_trials is not None:  # its trial after the same experience
        lone_returns = state.lone_trials[..., (generation + 1) * family.trials - 1]
    state = State(
        generation,
        state.members,
        state.lone,
        state.creators,
        heirlooms,
        state.lone_trials,
        rows=list(state.rows),
    )
    shown = Lesson(elders=tuple(state.members)) if generation else Lesson(scripted=NOISE)
    return reports.Generation(
        setting,
        state,
        classes,
        shown,
        np.concatenate([returns, lone_returns]),
        outcomes,
        rows,
        owners,
    )
