"""A whole experiment, top to bottom: tasks go down, episodes come back; regret goes to the creator,
elders to the young."""

from __future__ import annotations

from contextlib import closing
from dataclasses import fields, replace
from typing import Any

import numpy as np

from configs.schema import Settings
from culture import accumulation, reports
from culture.generations import (
    Class,
    Progress,
    Setting,
    episode_generation,
    evaluate,
    iterations,
    live,
)
from culture.records import Records
from culture.state import State
from culture.transmission import ALONE, Lesson, lesson_of
from populations.creators.creator import Creator
from populations.creators.make import make as make_creator
from populations.member import Member, born, born_of
from populations.rollout import NOISE, ORACLE
from populations.workers import Pool, open_pool
from worlds.family import Family
from worlds.family import make as make_family


def run(settings: Settings, records: Records, progress: Progress) -> dict[str, Any]:
    """Run or continue an experiment to its last generation; every generation is committed before the next begins."""
    with closing(open_pool(settings.workers, settings.ray.address)) as pool:
        setting = prepare(settings, pool, progress)
        saved = records.latest()
        if saved is None:
            records.write_heldout(
                reports.heldout(setting.family, heldout_rows(setting.family, settings))
            )
            state = beginning(setting)
        else:
            state = State.load(saved[1], saved[2], creators(setting))
        generation_of = {"train_time": train_time, "episodic": episodic}[settings.culture.mode]
        for generation in range(state.generation + 1, settings.culture.generations):
            outcome = generation_of(setting, state, generation)
            state = outcome.state
            records.commit(generation, reports.commit(outcome))
            progress({"kind": "generation", **state.rows[-1]})
    return {"rows": state.rows}


def train_time(setting: Setting, state: State, generation: int) -> reports.Generation:
    """The young begin anew, learn among frozen elders who fade, and the best of them become elders (in-weights)."""
    culture, family = setting.settings.culture, setting.family
    lesson = lesson_of(generation, state.members, setting.settings)
    count = iterations(setting.settings, family)
    steps = (
        count * setting.settings.population.worlds * family.horizon
    )  # agent-steps of one lifetime
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
                Class("lone", setting.long_family, state.lone, state.creators["lone"], ALONE, steps)
            )
        live(setting, classes, generation, count)
        lone = classes[1].members if state.lone else []
        state = State(-1, social.members, lone, state.creators)
        if lone:
            long_rows = heldout_rows(setting.long_family, settings)
            state.lone_trials, _ = evaluate(
                setting, lone, setting.long_family, long_rows, "heldout"
            )
    repeated, owners = np.repeat(rows, settings.evaluation.episodes, 0), None
    if state.heirlooms is not None:
        owners = state.heirlooms.owner
    trials, heirlooms, outcomes = episode_generation(
        setting, state.members, repeated, state.heirlooms, generation
    )
    returns = trials[..., -1].reshape(len(state.members), len(rows), -1).mean(2)
    lone_returns = np.zeros((0, len(rows)), np.float32)
    if (
        state.lone_trials is not None
    ):  # the trial at which the lone learner has had the same experience
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


def prepare(settings: Settings, pool: Pool, progress: Progress) -> Setting:
    """The worlds of an experiment and who works in them."""
    seed_free = Setting(settings, pool, None, None, progress)  # type: ignore[arg-type]
    return replace(
        seed_free,
        family=family_of(seed_free, settings.world.trials),
        long_family=family_of(seed_free, settings.world.trials * settings.culture.generations),
    )


def family_of(setting: Setting, trials: int) -> Family:
    """The family that the settings ask for.

    In train-time all tasks share one order of goals: that is what the culture comes to know.
    """
    world = setting.settings.world
    fixed = setting.settings.culture.mode == "train_time"
    return make_family(
        world.name,
        size=world.size,
        trials=trials,
        trial_length=world.trial_length,
        view=world.view,
        wrong_penalty=round(1000 * world.wrong_penalty),
        order_key=setting.key("order") if fixed else None,
    )


def beginning(setting: Setting) -> State:
    """Before the first generation: nobody but the lone learners is born."""
    settings, lone = setting.settings, []
    if settings.culture.single_lifetime:
        family = setting.family if settings.culture.mode == "train_time" else setting.long_family
        lone = [
            born(f"lone_m{index}", family, settings.learner, setting.key("born", "lone", index))
            for index in range(settings.population.members)
        ]
    return State(-1, [], lone, creators(setting))


def creators(setting: Setting) -> dict[str, Creator]:
    """Fresh creators of the same kind for the culture and for the lone learners."""
    settings = setting.settings
    parts = {part.name: getattr(settings.creator, part.name) for part in fields(settings.creator)}
    lone_family = setting.family if settings.culture.mode == "train_time" else setting.long_family
    spaces = {"culture": setting.family.space}
    if settings.culture.single_lifetime:
        spaces["lone"] = lone_family.space
    return {
        name: make_creator(settings.world.name, space, setting.key("creator", name), **parts)
        for name, space in spaces.items()
    }


def newborn(setting: Setting, generation: int, elders: list[Member]) -> list[Member]:
    """The young of a generation: fresh weights, or with `reset_layers` the best elder's with its last layers anew."""
    settings = setting.settings
    names = [f"g{generation}_m{index}" for index in range(settings.population.members)]
    keys = [setting.key("born", generation, index) for index in range(len(names))]
    if elders and settings.culture.reset_layers:
        layers = settings.culture.reset_layers
        return [
            born_of(elders[0], name, setting.family, settings.learner, key, layers)
            for name, key in zip(names, keys, strict=True)
        ]
    return [
        born(name, setting.family, settings.learner, key)
        for name, key in zip(names, keys, strict=True)
    ]


def heldout_rows(family: Family, settings: Settings) -> np.ndarray:
    """The tasks that no creator can propose, on which every generation is measured."""
    return family.space.suite("heldout", settings.evaluation.tasks)


def validation_rows(setting: Setting) -> np.ndarray:
    """Tasks of the training distribution, on which elders are chosen; held-out tasks choose nobody."""
    return setting.family.space.sample(setting.key("validation"), setting.settings.evaluation.tasks)


def table(summary: dict[str, Any]) -> str:
    """The table that ends a run."""
    return accumulation.table(summary["rows"])
