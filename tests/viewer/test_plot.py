"""Charts of runs: what they show, as pictures and as tables; damaged and empty runs are told in a sentence."""

from __future__ import annotations

import builtins
import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

import ratchet as door
from tests.culture.small_runs import play
from viewer import charts, plot
from viewer.charts import Chart, Line, Panel
from viewer.library import Run
from viewer.output import ExportError, ExportUsageError

CHART = Chart(
    "generation",
    "return",
    [
        Panel("left", [Line("a", [0, 1], [1, 2], [0, 1], [2, 3])]),
        Panel("right", [Line("b", [0], [1])]),
    ],
)


def _points(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_generations_show_members_and_single_lifetimes_with_intervals(finished: Path) -> None:
    run = Run(finished / "runs" / "first")
    (panel,) = plot.generations([run]).panels
    culture, lone = panel.lines
    told = run.metrics()
    assert list(culture.y) == [line["return"] for line in told]
    assert list(culture.low) == [line["low"] for line in told]
    assert list(lone.high) == [line["lone_high"] for line in told]
    assert lone.second and not culture.second and lone.look == culture.look


def test_the_mean_over_runs_has_an_interval_over_runs(finished: Path) -> None:
    run = Run(finished / "runs" / "first")
    (panel,) = plot.mean_generations([run, run]).panels
    assert list(panel.lines[0].y) == list(panel.lines[0].low)  # the same run twice
    with pytest.raises(ExportError, match="at least two"):
        plot.mean_generations([run])


def test_learning_curves_go_on_from_generation_to_generation(finished: Path) -> None:
    run = Run(finished / "runs" / "first")
    (panel,) = plot.curves([run]).panels
    lived = {card["generation"]: card["lived"] for card in run.members()}
    assert len(panel.lines) == len(lived) == 3
    ends = [line.x[-1] for line in panel.lines]
    assert all(first < second for first, second in zip(ends, ends[1:], strict=False))
    assert panel.lines[1].x[0] == pytest.approx(lived[0])
    for line in panel.lines:
        assert all(a <= b <= c for a, b, c in zip(line.low, line.y, line.high, strict=True))


def _evaluation(*runs: str) -> dict[str, Any]:
    lines = [
        {"run": run, "generation": generation, "curve": [0.1 * generation] * 50}
        for run in runs
        for generation in (0, 1)
    ]
    return {
        "runs": list(runs),
        "members": lines,
        "scripts": [{"member": "noise", "curve": [0] * 50}],
    }


def test_percentiles_show_generations_of_one_run_and_the_last_of_several() -> None:
    (panel,) = plot.percentiles(_evaluation("a")).panels
    assert [line.name for line in panel.lines] == ["generation 0", "generation 1", "noise"]
    assert list(panel.lines[0].x) == list(range(1, 51))
    (panel,) = plot.percentiles(_evaluation("x/a", "x/b")).panels
    assert [(line.name, line.y[0]) for line in panel.lines[:2]] == [("a", 0.1), ("b", 0.1)]
    found = _evaluation("a")
    del found["members"][0]["curve"]
    with pytest.raises(ExportError, match="no task is worth a reward"):
        plot.percentiles(found)


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_a_picture_is_the_same_again(ending: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("one", "two"):
        charts.write(CHART, tmp_path / f"{name}{ending}")
    first, second = (tmp_path / f"{name}{ending}" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes() and first.stat().st_size > 1000


def test_names_of_folders_are_no_formulas(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    lines = [Line(name, [0], [1]) for name in (r"$\frac$", "_hidden", "$", "a & <b>")]
    charts.write(Chart("x", "y", [Panel("", lines)]), tmp_path / "chart.svg")
    assert (tmp_path / "chart.svg").read_text().count("<!--") >= len(lines)


def test_a_table_has_a_row_for_each_point(tmp_path: Path) -> None:
    charts.write(CHART, tmp_path / "chart.csv")
    rows = _points(tmp_path / "chart.csv")
    assert [(row["panel"], row["line"], row["low"]) for row in rows] == [
        ("left", "a", "0"),
        ("left", "a", "1"),
        ("right", "b", ""),
    ]


def test_without_matplotlib_pictures_are_refused_and_tables_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name.split(".")[0] == "matplotlib":
            raise ImportError(name)
        return original(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ExportError, match=r"pip install 'ratchet\[plot\]', or write \.csv"):
        charts.write(CHART, tmp_path / "chart.png")
    charts.write(CHART, tmp_path / "chart.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["chart.csv"]


def test_wrong_files_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(ExportUsageError, match=r"unknown ending '\.gif'; known are \.png"):
        charts.write(CHART, tmp_path / "chart.gif")
    with pytest.raises(ExportError, match="cannot be written here"):
        charts.write(CHART, tmp_path / "nowhere" / "chart.csv")
    assert not list(tmp_path.iterdir())


def test_numbers_that_are_none_are_left_out(tmp_path: Path) -> None:
    play(tmp_path / "run", 3)  # tells returns without intervals, and nobody who lived
    (run,) = plot.open_runs([tmp_path / "run"])
    with pytest.raises(ExportError, match="tell of no returns"):
        plot.generations([run])
    with pytest.raises(ExportError, match="no learning curves"):
        plot.curves([run])
    journal = tmp_path / "run" / "metrics.jsonl"
    journal.write_text('{"generation": 0, "return": "x", "low": [], "high": {}}\n')
    with pytest.raises(ExportError, match="tell of no returns"):
        plot.generations(plot.open_runs([tmp_path / "run"]))
    journal.write_text("")
    with pytest.raises(ExportError, match="no generation is over yet"):
        plot.open_runs([tmp_path / "run"])


def test_the_command_draws_what_is_asked_for(
    finished: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(finished / "runs" / "first", tmp_path / "again")
    runs = [str(finished / "runs" / "first"), "again"]
    for what in ("generations", "curves"):
        assert door.main(["plot", *runs, "--what", what, "-o", f"{what}.csv"]) == 0
        names = {row["line"] for row in _points(tmp_path / f"{what}.csv")}
        assert {"first", "again"} <= names
    assert door.main(["plot", *runs, "--mean", "-o", "mean.csv"]) == 0
    assert _points(tmp_path / "mean.csv")[0]["line"] == "mean of 2 runs"
    capsys.readouterr()
    assert door.main(["plot", *runs, "--mean", "--what", "curves"]) == 2
    assert "--mean goes with" in capsys.readouterr().err
    assert door.main(["plot", "nowhere"]) == 1
    assert "is not a run folder" in capsys.readouterr().err


def test_the_command_evaluates_for_percentiles_and_reads_what_evaluate_kept(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = str(finished / "runs" / "first")
    assert door.main(["evaluate", run, "--best", "--workers", "0", "--out", "kept.parquet"]) == 0
    for words in (["kept.parquet"], [run]):
        assert (
            door.main(["plot", *words, "--what", "percentiles", "-o", f"{len(words[0])}.csv"]) == 0
        )
    one, other = (tmp_path / f"{len(name)}.csv" for name in ("kept.parquet", run))
    assert one.read_text() == other.read_text()
