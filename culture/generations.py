"""One generation of each kind: train-time (in-weights) and episodic (in-context) (Cook 2024)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from configs.control_rules import trained
from culture import reports
from culture.channels import opened
from culture.curriculum import log_of
from culture.lines import lines
from culture.living import Cohort, Heirlooms, episode, heirlooms, live
from culture.measuring import evaluate, known_returns
from culture.recordings import Recorder
from culture.setting import (
    Setting,
    heldout_rows,
    iterations,
    newborn,
    validation_rows,
)
from culture.state import State
from culture.transmission import ALONE, FIRST_DEMONSTRATORS, Lesson
from populations.member import Member
from populations.rollout import NOBODY, ORACLE
from worlds.family import Family


def train_time(setting: Setting, state: State, generation: int) -> reports.Generation:
    """The young begin anew, learn among frozen elders who fade, and the best of them become elders (in-weights)."""
    culture, family = setting.settings.culture, setting.family
    for name, creator in state.creators.items():
        if generation and name != "lone":  # whose one generation goes on
            creator.graduate()
    young, *controls = lines(setting, state, generation)
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
    cohorts = [young, *([lone] if lone.members else []), *controls]
    live(setting, cohorts, generation)
    if not controls:  # they begin with what this generation came to, its creator's tasks too
        for name in trained(setting.settings):
            state.creators[name].load(young.creator.state())
    members = [
        replace(member, demonstrators=young.lesson.names)
        for member in _ranked(setting, young.members)
    ]
    ranked = {one.name: _ranked(setting, one.members) for one in controls}
    everybody = {"culture": members, "lone": lone.members, **ranked}
    rows = heldout_rows(family, setting.settings)
    trials, outcomes = evaluate(
        *(setting, [member for group in everybody.values() for member in group], family, rows),
        *("heldout", setting.settings.run.replays),
    )
    ends = np.cumsum([len(group) for group in everybody.values()])[:-1]
    told = dict(zip(everybody, np.split(trials[:, :, 0], ends), strict=True))
    kept = (setting.settings.population.history - 1) * len(members)
    earlier = [member.frozen(member.name) for member in state.members] + state.earlier
    state = State(
        *(generation, members, lone.members, state.creators),
        earlier=earlier[:kept],
        controls=ranked,
        rows=list(state.rows),
    )
    known = known_returns(setting, family, rows, "heldout")
    told_of = len(members) + len(lone.members)  # of controls the table of trials tells
    returns, played = trials[:told_of, ..., -1], outcomes[:told_of]
    return reports.Generation(
        setting, state, cohorts, young.lesson, returns, played, rows, known, told
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
            setting, state.members, repeated, company, generation, record, condition == "culture"
        )
        told[condition] = trials.reshape(len(trials), len(rows), -1, family.trials).mean(2)
        record = 0  # only culture, which comes first, is watched
    returns = told["culture"][..., -1]
    if state.lone_trials is not None:  # the piece of its life that ends after the same experience
        told["lone"] = np.split(state.lone_trials, settings.culture.generations, 2)[generation]
        returns = np.concatenate([returns, told["lone"][..., -1]])
    if generation == 0 and settings.culture.untaught:
        told["untaught"] = _alone(setting, cohorts[-1].members, family)
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
    young, made = newborn(setting, 0), state.creators
    count, lone_count = iterations(setting, family), iterations(setting, lone_family)
    steps = setting.settings.culture.steps
    channels = opened(setting, oracles, Recorder(setting, (), 0))
    cohorts = [
        Cohort(
            *("culture", family, young, made["culture"], oracles, count, steps),
            channels=channels,
            log=log_of(setting, 0),
        )
    ]
    if state.lone:
        life = (made["lone"], ALONE, lone_count, steps)
        cohorts.append(Cohort("lone", lone_family, state.lone, *life))
    for name in trained(setting.settings):
        members = newborn(setting, 0, line=f"{name}_")
        cohorts.append(Cohort(name, family, members, made[name], ALONE, count, steps))
    live(setting, cohorts, 0)
    state = replace(state, members=_ranked(setting, cohorts[0].members))
    if state.lone:
        lone = cohorts[1].members
        state = replace(state, lone=lone, lone_trials=_alone(setting, lone, lone_family))
    return state, cohorts


def _alone(setting: Setting, members: list[Member], family: Family) -> np.ndarray:
    """[P, K, X] measures of members on the held-out tasks."""
    trials, _ = evaluate(
        setting, members, family, heldout_rows(family, setting.settings), "heldout"
    )
    return trials[:, :, 0]


def _ranked(setting: Setting, members: list[Member]) -> list[Member]:
    """Best first, by their returns alone on validation tasks: held-out tasks choose nobody."""
    rows = validation_rows(setting)
    trials, _ = evaluate(setting, members, setting.family, rows, "validation")
    order = np.argsort(-trials[:, :, 0, -1].mean(1), kind="stable")
    return [members[index] for index in order]
