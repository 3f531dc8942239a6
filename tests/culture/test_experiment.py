"""A whole experiment in miniature: what it hands on, what it never touches, and that it can always be continued."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs import limits
from configs.load import load
from configs.schema import Settings
from culture import experiment
from culture.records import Records
from culture.setting import iterations, prepare, worlds_of
from populations.workers import open_pool
from viewer.library import Run

TINY = (
    "workers=0",
    "world.trial_length=10",
    "culture.steps=640",
    "evaluation.tasks=8",
    "evaluation.episodes=4",
    "learner.hidden=16",
)


def _settings(overrides: Sequence[str]) -> Settings:
    """`debug`, smaller still, with the overrides on top."""
    given = {word.split("=")[0] for word in overrides}
    return load("debug", [*(word for word in TINY if word.split("=")[0] not in given), *overrides])


def _run(path: Path, overrides: Sequence[str] = ()) -> str:
    """Runs an experiment to its end; -> its digest."""
    with Records.open_or_create(path, _settings(overrides)) as records:
        experiment.run(records.settings, records, lambda event: None)
        records.set_state("done")
        return records.digest()


def _run_cut_short(path: Path, overrides: Sequence[str] = ()) -> None:
    """Begins an experiment and breaks it off after its first generation."""

    class Cut(Exception):
        pass

    def stop(event: dict[str, Any]) -> None:
        if event["kind"] == "generation":
            raise Cut

    with pytest.raises(Cut), Records.open_or_create(path, _settings(overrides)) as records:
        experiment.run(records.settings, records, stop)


def _column(run: Path, table: str, name: str) -> list[Any]:
    return list(Run(run).table(table)[name])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("train_time") / "run"
    _run(path)
    return path


EPISODIC = ("culture.mode=episodic", "world.trials=2", "culture.steps=1280")


@pytest.fixture(scope="module")
def episodic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("episodic") / "run"
    _run(path, EPISODIC)
    return path


def test_every_generation_is_committed_with_members_replays_and_lineage(finished: Path) -> None:
    run = Run(finished)
    assert run.generations == [0, 1, 2]
    assert not run.problems
    assert len(run.members()) == 3 * 2
    assert {episode.generation for episode in run.episodes()} == {0, 1, 2}


def test_the_young_begin_anew_and_watch_the_best_of_the_generation_before(finished: Path) -> None:
    lineage = Run(finished).table("lineage")
    for generation, member, parents, watched in zip(
        lineage["generation"],
        lineage["member"],
        lineage["parents"],
        lineage["demonstrators"],
        strict=True,
    ):
        if member.startswith("lone"):
            assert not parents and not watched
        elif generation:
            assert not parents
            assert [name.split("_")[0] for name in watched] == [f"g{generation - 1}"]


def test_no_creator_ever_holds_a_held_out_task(finished: Path) -> None:
    held = set(_column(finished, "heldout", "task"))
    assert len(held) == 8
    assert not held & set(_column(finished, "tasks", "task"))


def test_the_creator_estimates_regret_and_evolves_tasks(finished: Path) -> None:
    tasks = Run(finished).table("tasks")
    assert np.isfinite(np.asarray(tasks["regret"])).all()
    assert any(parent for parent in tasks["parent"])
    assert Run(finished).metrics()[-1]["creator_share_evolved"] > 0


def test_lone_learners_live_on_while_the_young_are_born_anew(finished: Path) -> None:
    lines = Run(finished).metrics()
    assert [line["lone_steps"] for line in lines] == [lines[0]["steps"] * (g + 1) for g in range(3)]
    assert [line["steps"] for line in lines] == [line["lone_steps"] for line in lines]
    assert [line["elder_steps"] for line in lines] == [0, lines[0]["steps"], lines[1]["steps"]]


def test_the_best_member_is_the_elder_that_validation_tasks_chose(finished: Path) -> None:
    lineage = Run(finished).table("lineage")
    eldest = [
        member
        for generation, member in zip(lineage["generation"], lineage["member"], strict=True)
        if generation == 2
    ]
    assert json.loads((finished / "members" / "best.json").read_text())["member"] == eldest[0]
    watched = {tuple(names) for names in lineage["demonstrators"]}
    first = [member for member in lineage["member"] if member.startswith("g")][:4:2]
    assert {(name,) for name in first} <= watched


@pytest.mark.parametrize("worlds", [32, 64, 128, 256])
def test_a_single_lifetime_in_longer_episodes_has_the_same_experience(worlds: int) -> None:
    overrides = (*EPISODIC[:2], "culture.generations=3", "culture.steps=30720")
    settings = _settings([*overrides, f"population.worlds={worlds}", "creator.capacity=128"])
    setting = prepare(settings, open_pool(0), lambda event: None)
    for family in (setting.family, setting.lone_family):
        rollout = worlds_of(setting, family) * family.horizon
        assert abs(iterations(setting, family) * rollout - 30720) <= rollout / 2  # whole ones
    halved = iterations(setting, setting.family, seats=2)
    assert abs(2 * halved - iterations(setting, setting.family)) <= 1


def test_long_learning_curves_are_told_by_the_means_of_their_pieces(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def curve(run: Path) -> dict[int, float]:
        table = Run(run).table("metrics")
        rows = zip(*(table[name] for name in COLUMNS), strict=True)
        return {row[0]: row[1] for row in rows if row[2:] == (0, "g0_m0", "return")}

    whole = curve(finished)
    monkeypatch.setattr(limits, "PARQUET_ROWS", 96)  # of any table, that of the curriculum too
    _run(tmp_path / "run", ("culture.generations=1", "run.curriculum=false"))
    assert sorted(whole) == [0, 1]
    assert curve(tmp_path / "run") == {1: pytest.approx((whole[0] + whole[1]) / 2)}


COLUMNS = ("iteration", "value", "generation", "member", "name")


def test_a_damaged_table_of_held_out_tasks_is_mended_by_a_resume(
    finished: Path, tmp_path: Path
) -> None:
    _run_cut_short(tmp_path / "run")
    heldout = tmp_path / "run" / "tasks" / "heldout.parquet"
    heldout.write_bytes(heldout.read_bytes()[:-10] + bytes(10))
    digest = _run(tmp_path / "run")
    assert digest == json.loads((finished / "run.json").read_text())["digest"]


@pytest.mark.parametrize("mode", ["finished", "episodic"])
def test_a_run_cut_after_its_first_generation_ends_with_the_same_digest(
    mode: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    whole: Path = request.getfixturevalue(mode)
    overrides = EPISODIC if mode == "episodic" else ()

    _run_cut_short(tmp_path / "run", overrides)
    digest = _run(tmp_path / "run", overrides)
    assert digest == json.loads((whole / "run.json").read_text())["digest"]


def test_weights_stay_and_memories_pass_on_in_an_episodic_experiment(episodic: Path) -> None:
    run = Run(episodic)
    assert run.generations == [0, 1, 2]
    for name in ("g0_m0", "g0_m1"):
        first, last = run.weights(0, name), run.weights(2, name)
        assert all(np.array_equal(first[key], last[key]) for key in first)
    elders = {
        agent.member
        for episode in run.episodes(2)
        for agent in episode.agents
        if agent.role == "elder"
    }
    assert elders and elders <= {"g0_m0", "g0_m1"}
    assert all("lone_return" in line for line in run.metrics())


@pytest.mark.parametrize(
    "overrides",
    [
        ("population.roster=self_play",),
        ("population.roster=population",),
        ("population.roster=previous", "transmission.distil=1.0"),
        ("culture.reset_layers=2", "culture.single_lifetime=false"),
        ("creator.name=plr", "creator.score=elder_gap"),
        ("creator.name=plr", "creator.robust=true", "creator.edits=0", "creator.min_fill=0.1"),
        ("creator.name=uniform", "culture.first_generation=oracle"),
        ("run.replays=68", "evaluation.tasks=68", "evaluation.episodes=8"),
    ],
    ids=lambda overrides: overrides[0],
)
def test_every_way_to_live_runs_to_its_end(overrides: tuple[str, ...], tmp_path: Path) -> None:
    _run(tmp_path / "run", ("culture.generations=2", *overrides))
    run = Run(tmp_path / "run")
    assert run.generations == [0, 1]
    if "culture.reset_layers=2" in overrides:
        lineage = run.table("lineage")
        parents = [
            found
            for found, g, how in zip(
                *(lineage[name] for name in ("parents", "generation", "how")), strict=True
            )
            if g and how != "shown"
        ]
        assert parents == [[lineage["member"][0]]] * 2  # both are copies of the best elder
        assert "gain" not in run.metrics()[-1]
    else:
        assert [line["steps"] for line in run.metrics()] == [
            line["lone_steps"] for line in run.metrics()
        ]
    if "run.replays=68" in overrides:
        assert [len(run.episodes(generation)) for generation in (0, 1)] == [68, 68]
    probes = [line["creator_probe_steps"] for line in run.metrics()]
    assert (probes[-1] > 0) == ("creator.robust=true" in overrides)
