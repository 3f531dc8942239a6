"""What each creator gains over uniform draws on toys: the second part of `benchmarks/creators.py`.

Every arm is one line of `ARMS` and plays on every toy in turn. Steps of probes count, and where elders are
known by sample only, theirs too. `plr random_score` is the placebo: a buffer that follows noise.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Row, document, half_width
from configs.creator_schema import Creator as Settings
from configs.creator_schema import Schedule, Sfl
from populations.creators.creator import Creator
from populations.creators.make import make
from tests.populations.creators.cells import Cells, Settler
from tests.populations.creators.ladders import Climber, Ladders
from tests.populations.creators.toys import Course, Learner, live
from viewer import charts, skill
from worlds import rng

NAME = "creators-toy"
SEEDS = 5
ELDER = 0.96  # their chance of success on each rung they know
UNIFORM = "uniform"


def _plr(score: str, edits: int = 0, **more: Any) -> dict[str, Any]:
    return {"name": "plr", "score": score, "edits": edits, **more}


def _eva(score: str, **more: Any) -> dict[str, Any]:
    return {"name": "eva", "score": score, **more}


_accel = partial(_plr, edits=2)

# Settings of creators beside their defaults; a buffer holds two thirds of the tasks that there are.
ARMS: dict[str, dict[str, Any]] = {
    UNIFORM: {"name": "uniform"},
    "plr random_score": _plr("random_score"),
    "plr positive_value_loss": _plr("positive_value_loss"),
    "robust plr positive_value_loss": _plr("positive_value_loss", robust=True),
    "plr max_mc": _plr("max_mc"),
    "plr learnability": _plr("learnability"),
    "plr learning_progress": _plr("learning_progress"),
    "plr elder_gap": _plr("elder_gap"),
    "accel positive_value_loss": _accel("positive_value_loss"),
    "accel learning_progress": _accel("learning_progress"),
    "accel elder_gap": _accel("elder_gap"),
    "accel frontier": _accel("frontier"),
    "eva positive_value_loss": _eva("positive_value_loss"),
    "eva max_minus_min": _eva("max_minus_min", repeats=4),
    "eva elder_gap": _eva("elder_gap"),
    "eva frontier": _eva("frontier"),
    "sfl learnability": {
        "name": "sfl",
        "score": "learnability",
        "repeats": 4,
        "sfl": Sfl(pool=128, top=16),
    },
    "alp_gmm": {"name": "alp_gmm"},
    "omni learning_progress": {"name": "omni", "score": "learning_progress", "edits": 0},
    "dynamic": {"name": "dynamic", "repeats": 4},
    "poet": {"name": "poet", "repeats": 4},
    "schedule zipfian": {"name": "schedule", "schedule": Schedule("zipfian")},
}
# They live by what a toy of one learner has not: other members, co-players, earlier generations.
ELSEWHERE = ("paired", "maestro", "again", "mix")
BY_ELDERS = (UNIFORM, "accel learning_progress", "accel elder_gap", "accel frontier")


@dataclass(frozen=True)
class Toy:
    """A family of tasks, who learns on them, and for how long."""

    world: str
    space: Any
    learner: Callable[[int], Learner]  # of a key
    steps: int  # agent-steps of a life
    capacity: int  # of a buffer
    arms: Sequence[str] = tuple(ARMS)
    young: bool = False  # measured are those after a first generation, whom nobody shows anything


def _ladders(**climber: Any) -> Callable[[int], Learner]:
    return lambda key: Climber(Ladders(), key, **{"elder": ELDER, **climber})


def _settler(key: int) -> Learner:
    return Settler(Cells(), elder=1.0)


_among_coins = partial(Toy, "ladders", Ladders(), steps=300_000, capacity=128)
FEW = Ladders(ladders=2, rungs=3, hopeless=False)
TOYS: dict[str, Toy] = {
    "ladders": Toy("ladders", Ladders(), _ladders(), 300_000, 128),
    "ladders with coins": _among_coins(_ladders(coins=True)),
    "ladders with coins (weak elders)": _among_coins(
        _ladders(coins=True, elder=0.91, knows=6), arms=BY_ELDERS
    ),
    "ladders with coins (8 episodes of elders)": _among_coins(
        _ladders(coins=True, rollouts=8), arms=BY_ELDERS
    ),
    "ladders with coins (2 episodes of elders)": _among_coins(
        _ladders(coins=True, rollouts=2), arms=BY_ELDERS
    ),
    "ladders with coins (second generation)": _among_coins(
        _ladders(coins=True, elder=None), arms=BY_ELDERS, young=True
    ),
    "cells": Toy("cells", Cells(), _settler, 20_000, 64),
    # The negative control: who wins here is wrong.
    "ladders, all learnable": Toy(
        "ladders", FEW, lambda key: Climber(FEW, key, elder=ELDER), 20_000, 4
    ),
}


@dataclass(frozen=True)
class SkillRow(Row):
    """An arm on a toy: its mean final skill over the seeds, beside that of uniform draws with the same seeds.

    Intervals are of 95 %, Student's t over the seeds.
    """

    low: float = 0.0  # of the value
    high: float = 0.0
    error: float = 0.0  # standard error of the value
    gain: float = 0.0  # value - baseline
    gain_low: float = 0.0  # of the gain, paired by seed
    gain_high: float = 0.0
    area: float = 0.0  # mean skill over the course
    learnable: float = 0.0  # share of the training episodes whose task had something to teach
    hopeless: float = 0.0  # share of the steps on tasks that teach nothing: among coins, on those
    reached: float | None = (
        None  # median agent-steps to the final skill of uniform; None: most never
    )


def rows(
    names: Sequence[str] = tuple(TOYS),
    arms: Sequence[str] | None = None,
    seeds: Sequence[int] = tuple(range(SEEDS)),
    jobs: int = 1,
) -> list[SkillRow]:
    """One row per toy and creator; `arms` are those to run, None: all. Uniform draws are always among them.

    Raises ValueError for an unknown arm.
    """
    if unknown := sorted({*(arms or ())} - {*ARMS}):
        raise ValueError(f"arm {unknown[0]!r} is unknown; known are {', '.join(ARMS)}")
    asked = {
        toy: [arm for arm in TOYS[toy].arms if arms is None or arm in (UNIFORM, *arms)]
        for toy in names
    }
    lives = [(toy, arm, seed) for toy in names for arm in asked[toy] for seed in seeds]
    with ProcessPoolExecutor(jobs, get_context("forkserver")) as pool:
        found = dict(zip(lives, pool.map(lived, *zip(*lives, strict=True)), strict=True))
    return [
        row(
            f"{toy}: {arm}",
            [found[toy, arm, seed] for seed in seeds],
            [found[toy, UNIFORM, seed][0] for seed in seeds],
        )
        for toy in names
        for arm in asked[toy]
    ]


def lived(toy: str, arm: str, seed: int) -> tuple[Course, float]:
    """The course of one learner, and what it cost in CPU-seconds."""
    began, told = time.process_time(), TOYS[toy]
    creator = made(told, ARMS[arm], rng.key("creator", seed))
    learner = told.learner(rng.key("climber", seed))
    repeats = ARMS[arm].get("repeats", 1)
    course = live(creator, learner, told.steps, repeats)
    if told.young:
        assert isinstance(learner, Climber)
        creator.graduate()
        course = live(creator, learner.young(rng.key("young", seed)), told.steps, repeats)
    return course, time.process_time() - began


def made(toy: Toy, settings: dict[str, Any], key: int) -> Creator:
    """The creator of an arm."""
    told = Settings(**{"repeats": 1, "capacity": toy.capacity, **settings})
    return make(toy.world, toy.space, key, told)


def row(name: str, lives: Sequence[tuple[Course, float]], uniform: Sequence[Course]) -> SkillRow:
    """The row of an arm, from its lives and those of uniform draws, seed by seed."""
    courses = [course for course, _ in lives]
    skills = [course.skill for course in courses]
    value, baseline = _mean(skills), _mean([course.skill for course in uniform])
    gains = [mine.skill - its.skill for mine, its in zip(courses, uniform, strict=True)]
    half, apart = half_width(skills), half_width(gains)
    reached = np.array([course.reached(baseline) for course in courses])
    reached = np.where(np.isnan(reached), np.inf, reached)
    median = float(np.median(reached))
    return SkillRow(
        name=name,
        value=value,
        unit="skill",
        baseline=baseline,
        ratio=value / baseline,
        cpu_seconds=_mean([cost for _, cost in lives]),
        repeats=len(lives),
        low=value - half,
        high=value + half,
        error=float(np.std(skills, ddof=1) / np.sqrt(len(skills))),
        gain=value - baseline,
        gain_low=_mean(gains) - apart,
        gain_high=_mean(gains) + apart,
        area=_mean([course.area for course in courses]),
        learnable=_mean([course.learnable for course in courses]),
        hopeless=_mean([course.hopeless for course in courses]),
        reached=median if np.isfinite(median) else None,
    )


def keep(found: Sequence[SkillRow], results: Path, pictures: Path) -> None:
    """Writes `creators-toy.json` and `creators-toy.png`; what was not run now stays there as it was."""
    for place in (results, pictures):
        place.mkdir(parents=True, exist_ok=True)
    file = results / f"{NAME}.json"
    before = json.loads(file.read_text())["rows"] if file.exists() else []
    known = {told["name"]: SkillRow(**told) for told in before} | {
        each.name: each for each in found
    }
    order = [f"{toy}: {arm}" for toy, told in TOYS.items() for arm in told.arms]
    told = document("creators", [known[name] for name in order if name in known])
    file.write_text(json.dumps(told, indent=2) + "\n")
    charts.write(skill.separation(told), pictures / f"{NAME}.png")


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
