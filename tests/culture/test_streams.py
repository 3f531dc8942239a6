"""Runs are told as streams: what each generation learned, how good all are on it, and how they learned."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from culture.evaluation import Asked
from culture.lifelong_report import document, table
from culture.streams import Column, Curve, Stream, likeness, streams
from tests.culture.small_runs import contents
from tests.culture.whole_runs import finished
from viewer.library import Run
from worlds.formats import FormatError
from worlds.tables import read_table

TINY = (
    "workers=0",
    "world.trial_length=10",
    "culture.steps=640",
    "culture.single_lifetime=false",
    "evaluation.tasks=16",
    "evaluation.episodes=2",
    "evaluation.points=2",
    "learner.hidden=16",
    "run.replays=0",
)
HERE = Asked(workers=0)


def _run(path: Path, *more: str) -> Path:
    return finished(path, *TINY, *more)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two seeds, the second one of which has a generation less."""
    folder = tmp_path_factory.mktemp("runs")
    return [
        _run(folder / f"s{seed}", f"seed={seed}", f"culture.generations={3 - seed}")
        for seed in (0, 1)
    ]


@pytest.fixture(scope="module")
def unplayed(runs: list[Path]) -> dict[str, bytes]:
    """What the first of them holds before anybody plays."""
    return contents(runs[0])


@pytest.fixture(scope="module")
def told(runs: list[Path], unplayed: dict[str, bytes]) -> list[Stream]:
    return streams(runs[:1], HERE, 4)


def test_runs_are_told_on_the_same_suite_for_the_generations_that_all_have(
    runs: list[Path], told: list[Stream]
) -> None:
    both = streams(runs, HERE, 4)
    assert [one.run for one in both] == [str(run) for run in runs]
    assert both[0].suites[0].tasks == both[1].suites[0].tasks
    for one in both:
        assert one.suites[0].shares.shape == (3, 16)  # a newborn and two generations
        assert len(one.learned) == len(one.curves) == 2
        assert 0 <= one.suites[0].shares.min() <= one.suites[0].shares.max() <= 1
    assert told[0].suites[0].shares.shape == (4, 16)


def test_a_generation_learns_what_was_new_in_its_creators_buffer(
    runs: list[Path], told: list[Stream]
) -> None:
    for generation, column in enumerate(told[0].learned):
        kept = read_table(runs[0] / "tasks" / f"g{generation:04d}.parquet", "tasks")
        new = {
            task
            for task, born in zip(kept["task"], kept["created"], strict=True)
            if born == generation
        }
        assert column.name == f"g{generation}" and column.learned
        assert 0 < len(column.tasks) <= 16 and set(column.tasks) <= new
        assert column.shares.shape == (4, len(column.tasks))
    assert not set(told[0].learned[0].tasks) & set(told[0].learned[1].tasks)


def test_learning_curves_are_of_the_best_of_a_generation_over_what_it_lived(
    runs: list[Path], told: list[Stream]
) -> None:
    lineage = Run(runs[0]).table("lineage")
    for generation, curve in enumerate(told[0].curves):
        assert len(curve.steps) == 3 and curve.steps[0] == 0
        assert curve.steps[-1] == 640
        best = lineage["member"][lineage["generation"].tolist().index(generation)]
        at = lineage["member"].index(best)
        assert curve.returns[-1] == pytest.approx(lineage["return"][at], abs=1e-6)


def test_a_suite_falls_into_kinds_of_tasks_that_are_alike(told: list[Stream]) -> None:
    (suite,) = told[0].suites
    kinds = suite.of_kinds()
    assert [kind.name for kind in kinds] == [f"heldout {n + 1}" for n in range(len(kinds))]
    assert sorted(task for kind in kinds for task in kind.tasks) == sorted(suite.tasks)


def test_likeness_joins_what_lies_close() -> None:
    points = np.array([[0.9, 0.9], [0.1, 0.1], [0.11, 0.1], [0.9, 0.91]] * 2)
    assert likeness(points, 2).tolist() == [0, 1, 1, 0] * 2
    assert likeness(points, 50).tolist() == [0, 1, 1, 0] * 2  # no kind of less than four on average
    assert not likeness(points[:7], 2).any()
    assert not likeness(np.zeros((0, 2)), 2).size


def test_playing_changes_nothing_in_a_run(
    runs: list[Path], unplayed: dict[str, bytes], told: list[Stream]
) -> None:
    assert contents(runs[0]) == unplayed


def test_runs_that_cannot_be_told_are_refused(runs: list[Path], tmp_path: Path) -> None:
    other = _changed(runs[0], tmp_path / "other", "wrong_penalty: 1.0", "wrong_penalty: 0.25")
    with pytest.raises(FormatError, match="world.wrong_penalty is 0.25, not 1.0"):
        streams([runs[0], other], HERE, 4)
    with pytest.raises(FormatError, match="'nonsense' is not a suite of goal_sequence"):
        streams(runs, Asked(suite="heldout,nonsense", workers=0), 4)
    other = _changed(runs[0], tmp_path / "episodic", 'mode: "train_time"', "mode: episodic")
    with pytest.raises(FormatError, match="culture.mode is episodic: its generations share"):
        streams([other], HERE, 4)


def _changed(run: Path, path: Path, before: str, after: str) -> Path:
    """A copy of a run with other settings."""
    shutil.copytree(run, path)
    config = path / "config.yaml"
    assert before in config.read_text()
    config.write_text(config.read_text().replace(before, after))
    return path


def _stream(run: str, shares: list[list[list[float]]], lives: list[list[float]]) -> Stream:
    """Suites and what was learned by [column, 1 + G, k]; the first column is a suite of two kinds."""
    columns = [
        Column(
            f"g{number - 1}" if number else "heldout",
            tuple(f"t{number}{task}" for task in range(len(values[0]))),
            np.array(values, float),
            None if number else np.array([0, 1]),
            learned=number > 0,
        )
        for number, values in enumerate(shares)
    ]
    steps = np.arange(len(lives[0]) if lives else 0) * 100
    curves = tuple(Curve(steps, np.array(life, float)) for life in lives)
    return Stream(run, (columns[0],), tuple(columns[1:]), curves, 4, "alone")


HELDOUT = [[0.0, 0.0], [0.2, 0.4], [0.4, 0.2]]
G0, G1 = [[0.1], [0.5], [0.4]], [[0.1], [0.1], [0.6]]
LIVES = [[0, 1, 2, 2], [0, 2, 4, 4]]


def _value(found: dict, metric: str, generation: int | None = None) -> dict:
    (row,) = (
        row
        for row in found["metrics"]
        if (row["metric"], row["generation"]) == (metric, generation)
    )
    return row


def test_the_document_is_that_of_a_stream_worked_by_hand() -> None:
    found = document([_stream("r", [HELDOUT, G0, G1], LIVES)])
    assert found["generations"] == 2 and not found["missing"]
    shares = [line["shares"]["heldout"] for line in found["matrix"]]
    assert shares == pytest.approx([0.0, 0.3, 0.3])
    assert _value(found, "accumulation", 1)["value"] == pytest.approx(0)
    assert _value(found, "ratchet_share", 1)["value"] == 0.5  # one of two kinds
    assert _value(found, "maintenance")["value"] == pytest.approx(-0.1)
    assert _value(found, "bwt")["value"] == pytest.approx(-0.1)
    assert _value(found, "forward_transfer")["value"] == pytest.approx(0)
    assert _value(found, "zero_shot")["value"] == pytest.approx(0)
    assert _value(found, "fwt", 1)["value"] == pytest.approx(2.5)
    assert _value(found, "relative_performance", 1)["value"] == pytest.approx(2)
    assert _value(found, "sample_efficiency", 1)["value"] == pytest.approx(2)
    assert _value(found, "recovery_steps", 1)["value"] == 100
    text = table(found)
    for row in found["metrics"]:
        assert row["generation"] == 0 or row["metric"] in text
    assert "below 0: forgotten" in text and "tasks learned by:" in text
    json.dumps(found, allow_nan=False)


def test_of_one_run_intervals_are_over_tasks_and_curves_have_none() -> None:
    found = document([_stream("r", [HELDOUT, G0, G1], LIVES)])
    row = _value(found, "accumulation", 1)
    assert row["low"] == pytest.approx(-0.2) and row["high"] == pytest.approx(0.2)
    assert _value(found, "fwt", 1)["low"] is None


def test_of_several_runs_intervals_are_over_runs() -> None:
    better = [[[share + 0.1 * row for share in line] for row, line in enumerate(HELDOUT)], G0, G1]
    found = document([_stream("a", [HELDOUT, G0, G1], LIVES), _stream("b", better, LIVES)])
    row = _value(found, "accumulation", 1)
    assert row["value"] == pytest.approx(0.05) and row["runs"] == 2
    assert row["low"] == pytest.approx(0) and row["high"] == pytest.approx(0.1)
    assert "means of 2 runs" in table(found)


def test_an_elder_that_is_never_reached_is_told_as_such() -> None:
    lives = [[0, 2, 4, 4], [0, 1, 2, 3]]
    never = _stream("a", [HELDOUT, G0, G1], lives)
    found = document([never])
    assert _value(found, "recovery_steps", 1)["value"] is None
    assert "never  agent-steps" in table(found)
    found = document([never, _stream("b", [HELDOUT, G0, G1], LIVES)])
    row = _value(found, "recovery_steps", 1)
    assert (row["value"], row["never"], row["runs"]) == (100, 1, 2)
    assert "100 (never in 1 of 2)" in table(found)


def test_what_cannot_be_told_is_said() -> None:
    one = document([_stream("r", [HELDOUT[:2], G0[:2]], [])])
    assert any(text.startswith("one generation only") for text in one["missing"])
    assert any("evaluation.points=10" in text for text in one["missing"])
    assert {row["metric"] for row in one["metrics"]} <= {
        *("forward_transfer", "forward_ratio", "acc", "auc"),
    }
    assert "one generation only" in table(one)
    nothing = document([_stream("r", [HELDOUT], LIVES)])
    assert any("kept no new ones" in text for text in nothing["missing"])
    assert "tasks learned by:" not in table(nothing)


def test_tasks_that_are_worth_nothing_to_anybody_leave_a_hole() -> None:
    found = document([_stream("r", [HELDOUT, [[], [], []], G1], [])])
    assert found["matrix"][0]["shares"]["g0"] is None
    assert "-" in table(found).split("tasks learned by:")[1]
