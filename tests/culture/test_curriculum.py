"""Every proposal of a creator follows from its log, bit for bit, and a log that was changed is found out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ratchet as door
from configs.load import load
from culture import curriculum
from culture.curriculum import Log
from culture.encode import table_bytes
from culture.rederive import CurriculumError, Derived, rederive
from culture.setting import creators, prepare
from populations.creators.creator import Outcomes, Proposal
from populations.creators.draws import Draws
from populations.units import SIGNALS
from populations.workers import open_pool
from tests.culture.small_runs import QuickFiles, Records, commit_of
from viewer.library import Run
from worlds.tables import read_table

TASKS, REPEATS, AGENTS = 8, 2, 2
PROPOSALS = 12
# Of every kind of creator, with settings under which it does all that it can.
KINDS: dict[str, tuple[str, ...]] = {
    "uniform": ("creator.name=uniform",),
    "plr": ("creator.name=plr", "creator.min_fill=0.1", "creator.edits=0"),
    "accel": ("creator.name=plr", "creator.min_fill=0.1", "creator.robust=true"),
    "eva": ("creator.name=eva", "creator.score=elder_gap"),
    "company": ("creator.name=eva", "creator.rosters=true"),
    "mix": (
        *("creator.name=mix", "creator.mix.plr=0.5", "creator.mix.eva=1"),
        *("creator.mix.uniform=0.5", "creator.min_fill=0.1"),
    ),
    "cycle": (
        *("creator.name=mix", "creator.mix.plr=1", "creator.mix.uniform=1"),
        *("creator.mix.period=2", "creator.min_fill=0.1"),
    ),
}


def _played(proposal: Proposal, draws: Draws) -> Outcomes:
    """Made-up episodes with all that may befall a number: elders are not always there, critics explode."""
    task = np.tile(np.repeat(np.arange(len(proposal.rows)), REPEATS), AGENTS)
    count = len(task)
    returns, elders, *signals = draws.units(5 * count).reshape(5, -1).astype(np.float32)
    elders[::3] = np.nan
    signals[0][:2] = np.inf, np.nan
    return Outcomes(
        proposal,
        task=task.astype(np.int32),
        agent=np.repeat(np.arange(AGENTS, dtype=np.int16), count // AGENTS),
        member=(np.arange(count) % 2).astype(np.int16),
        roster=draws.below(3, count).astype(np.uint64) + np.uint64(2**63),
        returns=returns,
        elder_returns=elders,
        control_returns=np.full(count, np.nan, np.float32),
        signals=dict(zip(SIGNALS, signals, strict=True)),
        steps=draws.below(20, count).astype(np.int32),
        train=proposal.train[task],
    )


def _run(path: Path, overrides: tuple[str, ...], generations: int = 2) -> Path:
    """A run whose creator was at work, though nobody learned."""
    settings = load("debug", [*overrides, "creator.capacity=32", "culture.generations=2"])
    setting = prepare(settings, open_pool(0), lambda event: None)
    creator, draws = creators(setting)["culture"], Draws(7)
    with Records.create(path, settings, files=QuickFiles()) as records:
        for generation in range(generations):
            if generation:
                creator.graduate()
            log = Log(setting.family.name, generation)
            for _ in range(PROPOSALS):
                outcomes = _played(creator.propose(TASKS), draws)
                log.watch(outcomes)
                creator.observe(outcomes)
            state = {f"creators/culture/{name}": array for name, array in creator.state().items()}
            commit = replace(commit_of(generation), curriculum=log.files(), state=(state, {}))
            records.commit(generation, commit)
    return path


def _change(run: Path, spoil: Callable[[dict[str, Any]], None], generation: int = 1) -> None:
    """The log of a generation with something else in it."""
    file = run / "curriculum" / f"g{generation:04d}-00000.parquet"
    table: dict[str, Any] = {
        name: list(column) for name, column in read_table(file, "curriculum").items()
    }
    spoil(table)
    file.write_bytes(table_bytes("curriculum", table, generation))


@pytest.mark.parametrize("kind", KINDS)
def test_every_proposal_follows_from_the_log_and_from_no_other(kind: str, tmp_path: Path) -> None:
    run = _run(tmp_path / "run", KINDS[kind])
    assert rederive(run) == Derived(2, 2 * PROPOSALS, 2 * PROPOSALS * TASKS, 2)

    def spoil(table: dict[str, Any]) -> None:
        for entry in range(64):
            table["pvl"][entry] = table["return"][entry] = table["elder_return"][entry] = 7.0

    _change(run, spoil, 0)
    with pytest.raises(CurriculumError, match=r"generation [01].*the log was changed"):
        rederive(run)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _run(tmp_path_factory.mktemp("uniform") / "run", KINDS["uniform"])


@pytest.fixture
def uniform(made: Path, tmp_path: Path) -> Path:
    """A run of uniform draws, to be spoiled."""
    return Path(shutil.copytree(made, tmp_path / "run"))


def test_the_last_outcome_is_found_out_by_the_state_it_led_to(uniform: Path) -> None:
    _change(uniform, lambda table: table["steps"].__setitem__(-1, 99))
    with pytest.raises(CurriculumError, match=r"g0001/state\.safetensors: steps of the creator"):
        rederive(uniform)


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("how", "evolved", "how was logged as evolved, the creator proposes new"),
        ("parent", "0" * 15 + "1", "parent was logged as 0000000000000001, .* proposes none"),
        ("train", 0, "train was logged as 0, the creator proposes 1"),
        ("proposal", 1, r"generation 1, proposal 0: is not in the log"),
    ],
)
def test_the_first_difference_is_told(column: str, value: Any, told: str, uniform: Path) -> None:
    rows = range(TASKS * REPEATS * AGENTS) if column == "proposal" else range(5, 6)

    def spoil(table: dict[str, Any]) -> None:
        for row in rows:
            table[column][row] = value

    _change(uniform, spoil)
    with pytest.raises(CurriculumError, match=told):
        rederive(uniform)


def test_a_task_in_the_log_cannot_be_exchanged(uniform: Path) -> None:
    def spoil(table: dict[str, Any]) -> None:
        table["row"][0] = [*table["row"][0][:-1], table["row"][0][-1] + 1]

    _change(uniform, spoil)
    with pytest.raises(CurriculumError, match=r"generation 1, proposal 0, row 0: row was logged"):
        rederive(uniform)


def test_a_long_log_lies_in_several_files_each_of_which_tells_of_its_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curriculum, "ROWS", 50)
    run = _run(tmp_path / "run", KINDS["plr"])
    files = sorted((run / "curriculum").iterdir())
    assert len(files) >= 2 * PROPOSALS * TASKS * REPEATS * AGENTS // 50
    for file in files:
        table = read_table(file, "curriculum")
        told = {task for task, row in zip(table["task"], table["row"], strict=True) if row}
        assert told == set(table["task"]) and len(table["task"]) <= 50
    assert rederive(run).proposals == 2 * PROPOSALS


def test_a_log_that_is_not_there_is_told_with_the_setting(uniform: Path) -> None:
    (uniform / "curriculum" / "g0001-00000.parquet").unlink()
    with pytest.raises(CurriculumError, match=r"no log of generation 1: .* run\.curriculum=false"):
        rederive(uniform)


def test_a_real_run_is_derived_again_by_the_command(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    info = json.loads((mine / "run.json").read_text())
    table = Run(mine).table("curriculum")
    assert door.main(["inspect", str(mine), "--curriculum"]) == 0
    told = capsys.readouterr().out
    proposals = sum(
        int(np.max(np.asarray(table["proposal"])[np.asarray(table["generation"]) == g])) + 1
        for g in range(info["generations"])
    )
    assert f"{proposals} proposals of" in told and "and 2 states" in told
    _change(mine, lambda table: table["how"].__setitem__(0, "replayed"), 0)
    assert door.main(["inspect", str(mine), "--curriculum", "--json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert "generation 0, proposal 0, row 0: how was logged as replayed" in problem
