"""The benchmark of creators leaves no creator out, compares seed by seed, and runs what is not run yet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from benchmarks import creators_toy, creators_worlds
from benchmarks.creators_toy import ARMS, ELSEWHERE, TOYS, UNIFORM, SkillRow
from benchmarks.series import Done, Series
from configs.load import load
from populations.creators.make import CREATORS
from tests.populations.creators.toys import Course
from viewer.library import Run


def _course(*skills: float) -> tuple[Course, float]:
    steps = 100 * np.arange(len(skills))
    return Course(steps, np.array(skills), learnable=0.5, hopeless=0.25), 2.0


def test_every_creator_has_an_arm_on_the_toys() -> None:
    assert {*CREATORS} - {*ELSEWHERE} == {told["name"] for told in ARMS.values()}
    for name in ("ladders", "ladders with coins", "cells", "ladders, all learnable"):
        assert list(TOYS[name].arms) == list(ARMS)


@pytest.mark.parametrize("name", TOYS)
def test_every_arm_of_a_toy_can_be_made_and_those_of_elders_have_some(name: str) -> None:
    toy = TOYS[name]
    assert toy.arms[0] == UNIFORM
    for arm in toy.arms:
        proposal = creators_toy.made(toy, ARMS[arm], 1).propose(8)
        outcomes = toy.learner(1).play(proposal, ARMS[arm].get("repeats", 1))
        assert np.isfinite(outcomes.elder_returns).any() != toy.young


def test_a_row_tells_the_gain_seed_by_seed() -> None:
    uniform = [_course(0.0, 0.2)[0], _course(0.0, 0.4)[0]]
    row = creators_toy.row("toy: arm", [_course(0.0, 0.4, 0.6), _course(0.0, 0.8, 0.8)], uniform)
    assert row.value == pytest.approx(0.7) and row.baseline == pytest.approx(0.3)
    assert row.gain == pytest.approx(0.4)
    assert (row.gain_low, row.gain_high) == pytest.approx((0.4, 0.4))  # the same with either seed
    assert row.low < row.value < row.high and row.error == pytest.approx(0.1)
    assert row.area == pytest.approx((0.35 + 0.6) / 2)
    assert row.reached == pytest.approx((75 + 37.5) / 2)  # where 0.3 is passed, in agent-steps
    assert row.learnable == 0.5 and row.hopeless == 0.25 and row.cpu_seconds == 2.0


def test_a_skill_that_most_seeds_never_reach_has_no_steps() -> None:
    lives = [_course(0.0, 0.1), _course(0.0, 0.1), _course(0.0, 0.9)]
    uniform = [_course(0.0, 0.5)[0]] * 3
    assert creators_toy.row("toy: arm", lives, uniform).reached is None


def test_a_toy_leaves_rows_and_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "ladders, all learnable"
    few = replace(TOYS[name], arms=(UNIFORM, "eva frontier"))
    monkeypatch.setattr(creators_toy, "TOYS", {name: few})
    found = creators_toy.rows([name], seeds=[3, 4])
    assert [row.name for row in found] == [f"{name}: {UNIFORM}", f"{name}: eva frontier"]
    assert found[0].gain == found[0].gain_low == found[0].gain_high == 0
    creators_toy.keep(found, tmp_path, tmp_path)
    kept = json.loads((tmp_path / "creators-toy.json").read_text())
    assert [SkillRow(**row) for row in kept["rows"]] == found and kept["machine"]
    assert (tmp_path / "creators-toy.png").stat().st_size > 1000
    again = creators_toy.rows([name], [UNIFORM], seeds=[3, 4])
    assert len(again) == 1 and again[0].value == found[0].value
    creators_toy.keep(again, tmp_path, tmp_path)  # beside what was there
    kept = json.loads((tmp_path / "creators-toy.json").read_text())
    assert [SkillRow(**row) for row in kept["rows"]] == [again[0], found[1]]


@pytest.mark.parametrize("arm", creators_worlds.ARMS)
@pytest.mark.parametrize("world", creators_worlds.WORLDS)
def test_every_arm_may_be_run_in_every_world(world: str, arm: str) -> None:
    overrides = [*creators_worlds.WORLDS[world], *creators_worlds.ARMS[arm]]
    assert load("debug", overrides).culture.generations == 2


def _done(seed: int, return_: float, learned: Sequence[float]) -> Done:
    """A finished run of two generations with these held-out returns in its last one."""
    last = {"return": return_, "steps": 640, "creator_probe_steps": 64.0}
    told = {
        "name": ["heldout_return"] * (1 + len(learned)) + ["return"],
        "generation": np.array([0, *([1] * len(learned)), 1]),
        "value": np.array([1.0, *learned, 0.5]),
    }
    run = SimpleNamespace(metrics=lambda: [{}, last], table=lambda name: told)
    return Done(seed, cast(Run, run), f"ratchet run debug seed={seed}", 90.0, 100.0)


def test_a_world_leaves_results_and_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    returns = {UNIFORM: (0.2, 0.4), "accel frontier": (0.5, 0.6)}

    def run_all(series: Series, seeds: Sequence[int], folder: Path, jobs: int) -> list[Done]:
        values = returns[series.kind.replace("-", " ")]
        return [_done(seed, values[seed], (0.0, 0.4, 0.8, 0.8)) for seed in seeds]

    monkeypatch.setattr(creators_worlds, "run_all", run_all)
    told = ["playground"], ["accel frontier"], (), [0, 1], tmp_path, 1, tmp_path, tmp_path
    uniform, frontier = creators_worlds.gather(*told)
    assert uniform.name == "playground: uniform" and frontier.name == "playground: accel frontier"
    assert uniform.gain == 0 and frontier.value == pytest.approx(0.55)
    assert frontier.gain == pytest.approx(0.25)
    assert (frontier.gain_low, frontier.gain_high) == pytest.approx((0.2, 0.3))
    assert frontier.learnable == 0.25  # one of four held-out tasks is neither hopeless nor certain
    assert frontier.steps == 640 and frontier.verdict.startswith("too few seeds")
    assert creators_worlds.kept(tmp_path) == [uniform, frontier]
    assert (tmp_path / "creators-worlds.png").stat().st_size > 1000
    assert "+0.250 [+0.200, +0.300]" in creators_worlds.table(tmp_path)
    with pytest.raises(ValueError, match="arm 'nobody' is unknown"):
        creators_worlds.gather(*(told[0], ["nobody"], *told[2:]))


def test_only_an_interval_without_nothing_in_it_over_enough_seeds_is_a_difference() -> None:
    assert creators_worlds.verdict(0.01, 0.2, 5) == "beats uniform"
    assert creators_worlds.verdict(-0.2, -0.01, 5) == "is worse than uniform"
    assert creators_worlds.verdict(-0.1, 0.2, 5) == "no difference measured"
    assert creators_worlds.verdict(0.1, 0.2, 4).startswith("too few seeds")
