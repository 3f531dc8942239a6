"""One generation of each kind: train-time (in-weights) and episodic (in-context) (Cook 2024)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from configs.rules import BLOCK
from culture import reports
from culture.channels import opened
from culture.living import Cohort, Heirlooms, episode, heirlooms, live
from culture.measuring import evaluate, known_returns
from culture.recordings import Recorder
from culture.setting import (
    Setting,
    heldout_rows,
    iterations,
    newborn,
    validation_rows,
    worlds_of,
)
from culture.state import State
from culture.transmission import ALONE, FIRST_DEMONSTRATORS, Lesson, lesson_of
from populations.member import Member
from populations.rollout import NOBODY, ORACLE
from populations.rosters import seats_learned


def train_time(setting: Setting, state: State, generation: int) -> reports.Generation:
    """The young begin anew, learn among frozen elders who fade, and the best of them become elders (in-weights)."""
    culture, family = setting.settings.culture, setting.family
    ranked = len(family.turns) > 1
    lesson = lesson_of([*state.members, *state.earlier], setting.settings, ranked)
    blocks = worlds_of(setting, family) // BLOCK
    seats = seats_learned(lesson.rule, blocks, family.num_agents) / blocks
    recorder = Recorder(setting, lesson.elders, generation)
    channels = opened(setting, lesson, recorder)
    young = Cohort(
        "culture",
        family,
        newborn(setting, generation, state.members),
        state.creators["culture"],
        lesson,
        iterations(setting, family, seats),
        culture.steps,
        elders=generation / culture.generations,
        share=1 / culture.generations,
        channels=channels,
        recordings=recorder.made,
    )
    lone = Cohort(
        "lone",
        family,
        state.lone,
        state.creators.get("lone", young.creator),
        ALONE,
        iterations(setting, family),
        culture.steps,
        generations=culture.generations,
        lived=generation,
    )
    cohorts = [young, lone] if lone.members else [young]
    live(setting, cohorts, generation)
    members = [
        replace(member, demonstrators=lesson.names) for member in _ranked(setting, young.members)
    ]
    rows = heldout_rows(family, setting.settings)
    trials, outcomes = evaluate(
        setting, members + lone.members, family, rows, "heldout", setting.settings.run.replays
    )
    kept = (setting.settings.population.history - 1) * len(members)
    earlier = [member.frozen(member.name) for member in state.members] + state.earlier
    state = State(
        *(generation, members, lone.members, state.creators),
        earlier=earlier[:kept],
        rows=list(state.rows),
    )
    known = known_returns(setting, family, rows, "heldout")
    told = {"culture": trials[: len(members), :, 0], "lone": trials[len(members) :, :, 0]}
    return reports.Generation(
        setting, state, cohorts, lesson, trials[..., -1], outcomes, rows, known, told
    )


def episodic(setting: Setting, state: State, generation: int) -> reports.Generation:
    """Weights are learned once; then a generation lives one episode among its elders (in-context)."""
    settings, family = setting.settings, setting.family
    cohorts: list[Cohort] = []
    if generation == 0:
        state, cohorts = _learn_to_learn(setting, state)
    rows = heldout_rows(family, settings)
    repeated = np.repeat(rows, settings.evaluation.episodes, 0)
    first = FIRST_DEMONSTRATORS[settings.culture.first_generation]
    beside = first if state.heirlooms is None else state.heirlooms
    record = settings.run.replays * settings.evaluation.episodes
    told, outcomes = {}, {}
    for condition, company in _conditions(setting, generation, beside).items():
        trials, outcomes[condition] = episode(
            setting, state.members, repeated, company, generation, record
        )
        told[condition] = trials.reshape(len(trials), len(rows), -1, family.trials).mean(2)
        record = 0  # only culture, which comes first, is watched
    returns = told["culture"][..., -1]
    if state.lone_trials is not None:  # its trial after the same experience
        lone = state.lone_trials[..., (generation + 1) * family.trials - 1]
        returns = np.concatenate([returns, lone])
        if generation == 0:
            told["lone"] = state.lone_trials
    known = {
        name: table[:, :1]
        for name, table in known_returns(setting, family, rows, "heldout").items()
    }
    lesson = Lesson(elders=tuple(state.members)) if generation else Lesson(scripted=first)
    owners = None if isinstance(beside, int) else beside.owner
    handed = heirlooms(outcomes["culture"], settings.culture.elders, family.num_agents - 1)
    state = replace(state, generation=generation, heirlooms=handed, rows=list(state.rows))
    played = outcomes["culture"]
    return reports.Generation(
        setting, state, cohorts, lesson, returns[..., None], played, rows, known, told, owners
    )


def _conditions(
    setting: Setting, generation: int, beside: Heirlooms | int
) -> dict[str, Heirlooms | int]:
    """Beside whom a generation is measured, by condition: its elders first, then the controls that are asked for."""
    culture, episodes = setting.settings.culture, setting.settings.evaluation.episodes
    asked: dict[str, Heirlooms | int] = {"culture": beside}
    if isinstance(beside, Heirlooms) and culture.placebo:
        asked["placebo"] = beside.of_other_tasks(episodes)
    if culture.isolated:
        asked["isolated"] = NOBODY
    if generation == 0 and culture.demonstrator == "oracle":
        asked["oracle"] = ORACLE
    return asked


def _learn_to_learn(setting: Setting, state: State) -> tuple[State, list[Cohort]]:
    """Meta-training: whole episodes among oracles that fade; the lone learners are never shown anybody."""
    family, lone_family = setting.family, setting.lone_family
    oracles = Lesson(scripted=FIRST_DEMONSTRATORS[setting.settings.culture.demonstrator])
    young, made = newborn(setting, 0, []), state.creators
    count, lone_count = iterations(setting, family), iterations(setting, lone_family)
    steps = setting.settings.culture.steps
    channels = opened(setting, oracles, Recorder(setting, (), 0))
    cohorts = [
        Cohort("culture", family, young, made["culture"], oracles, count, steps, channels=channels)
    ]
    if state.lone:
        life = (made["lone"], ALONE, lone_count, steps)
        cohorts.append(Cohort("lone", lone_family, state.lone, *life))
    live(setting, cohorts, 0)
    members = _ranked(setting, cohorts[0].members)
    if not state.lone:
        return replace(state, members=members), cohorts
    lone, rows = cohorts[1].members, heldout_rows(lone_family, setting.settings)
    trials, _ = evaluate(setting, lone, lone_family, rows, "heldout")
    return replace(state, members=members, lone=lone, lone_trials=trials[:, :, 0]), cohorts


def _ranked(setting: Setting, members: list[Member]) -> list[Member]:
    """Best first, by their returns alone on validation tasks: held-out tasks choose nobody."""
    rows = validation_rows(setting)
    trials, _ = evaluate(setting, members, setting.family, rows, "validation")
    order = np.argsort(-trials[:, :, 0, -1].mean(1), kind="stable")
    return [members[index] for index in order]
