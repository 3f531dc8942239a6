"""The worlds that the settings of an experiment ask for."""

from __future__ import annotations

from typing import Any

import numpy as np

from configs.problems import Problem, SettingsError
from configs.schema import Settings
from worlds import rng
from worlds.family import Family, make, named_task

HEIGHT_WEIGHTS = (20, 16, 10, 4)  # how often flat ground of each height is drawn, relative


def family_of(settings: Settings, trials: int) -> Family:
    """The family of worlds that the settings ask for, with episodes of so many trials.

    Raises SettingsError for an environment of other people that cannot be brought.
    """
    name = settings.world.name
    try:
        return make(name, **_SETTINGS[name](settings, trials))
    except ValueError as problem:
        if name != "bring_your_own":
            raise  # no setting that passed its rules can be wrong
        raise SettingsError([Problem("", "bring_your_own.env", str(problem))]) from problem


def family_of_probe(settings: Settings, name: str) -> tuple[Family, np.ndarray]:
    """A playground of a probe's own size, which shows what the settings' one shows, and its row."""
    room, task = named_task("playground", name)
    family = make("playground", **room | {"view": settings.world.view})
    return family, family.space.from_json(task)[None]


def _goal_sequence(settings: Settings, trials: int) -> dict[str, Any]:
    """In train-time all tasks share one order of goals: that is what the culture comes to know."""
    world = settings.world
    fixed = settings.culture.mode == "train_time"
    return {
        "size": world.size,
        "trials": trials,
        "trial_length": world.trial_length,
        "view": world.view,
        "wrong_penalty": round(1000 * world.wrong_penalty),
        "order_key": rng.key(settings.seed, "order") if fixed else None,
    }


def _playground(settings: Settings, trials: int) -> dict[str, Any]:
    """The room for options and rules is always the same, so that members can move between spaces."""
    world, asked = settings.world, settings.playground
    return {
        "height": world.size,
        "width": world.size,
        "agents": asked.agents,
        "view": world.view,
        "trials": trials,
        "trial_length": world.trial_length,
        "reward_mode": asked.reward,
        "trial_end": asked.trial_end,
        "presence": asked.presence,
        "height_weights": tuple(
            weight * (height < asked.heights) for height, weight in enumerate(HEIGHT_WEIGHTS)
        ),
        "smooth": asked.smooth,
        "floors": asked.floors,
        "objects": (asked.objects_min, asked.objects_max),
        "colours": asked.colours,
        "freeze": asked.freeze,
        "tag": asked.tag,
        "predicates": (
            asked.near_weight,
            asked.touch_weight,
            asked.hold_weight,
            asked.see_weight,
            asked.on_weight,
        ),
        "game_atoms": (min(2, asked.atoms), asked.atoms),
        "goal_options": (1, asked.options),
        "option_atoms": (1, asked.option_atoms),
        "negate": asked.negate,
        "shared_goal": asked.shared_goal,
        "competitiveness": (asked.competitiveness_min, asked.competitiveness_max),
        "depth": (asked.depth_min, asked.depth_max),
        "dead_ends": (0, asked.dead_ends),
        "hide_rules": asked.hide_rules,
        "hide_from_young": asked.hide_from_young,
        **_edits(settings),
    }


def _edits(settings: Settings) -> dict[str, Any]:
    """What creators may do to tasks, where that is not all: what all share stays shared, and who is
    there is not the task's to say where elders fade by leaving."""
    from worlds.playground.settings import EDIT_NAMES, LEVEL_EDITS

    if settings.playground.shared_goal or settings.playground.hide_from_young:
        return {"edits": LEVEL_EDITS}
    if settings.transmission.fade == "presence":
        return {"edits": tuple(name for name in EDIT_NAMES[:-2] if name != "presence")}
    return {}


def _bring_your_own(settings: Settings, trials: int) -> dict[str, Any]:
    asked = settings.bring_your_own
    return {
        "env": asked.env,
        "options": asked.options,
        "trial_length": settings.world.trial_length,
        "reward_scale": asked.reward_scale,
        "bound": asked.bound,
    }


def _memory_sequence(settings: Settings, trials: int) -> dict[str, Any]:
    """In train-time there is one sequence: that is what the culture comes to know."""
    asked, fixed = settings.sequence, settings.culture.mode == "train_time"
    return {
        "digits": asked.symbols,
        "length": asked.length,
        "trials": trials,
        "demonstrators": asked.demonstrators,
        "end_on_mistake": asked.end_on_mistake,
        "wrong_penalty": round(1000 * settings.world.wrong_penalty),
        "sequence_key": rng.key(settings.seed, "sequence") if fixed else None,
        "observe_clock": asked.observe_clock,
    }


def _travelling_salesperson(settings: Settings, trials: int) -> dict[str, Any]:
    """In train-time there is one map: that is what the culture comes to know."""
    asked, fixed = settings.sequence, settings.culture.mode == "train_time"
    return {
        "cities": asked.symbols,
        "trials": trials,
        "demonstrators": asked.demonstrators,
        "wrong_penalty": round(1000 * settings.world.wrong_penalty),
        "cities_key": rng.key(settings.seed, "sequence") if fixed else None,
        "observe_clock": asked.observe_clock,
    }


_SETTINGS = {
    "bring_your_own": _bring_your_own,
    "goal_sequence": _goal_sequence,
    "memory_sequence": _memory_sequence,
    "playground": _playground,
    "travelling_salesperson": _travelling_salesperson,
}
