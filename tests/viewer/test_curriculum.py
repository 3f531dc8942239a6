"""The map shows the tasks that were played, how they came about and how well they went; foreign logs are refused."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ratchet as door
from culture.encode import table_bytes
from viewer.curriculum import curriculum
from viewer.library import Run
from viewer.output import ExportError
from worlds.tables import read_table


@pytest.fixture
def run(finished: Path) -> Run:
    return Run(finished / "runs" / "first")


def _log(run: Run, generation: int) -> dict[str, Any]:
    table = run.table("curriculum")
    among = np.asarray(table["generation"]) == generation
    return {name: np.array(column, object)[among] for name, column in table.items()}


def test_a_map_of_each_generation_shows_every_task_once_with_its_episodes(run: Run) -> None:
    maps = curriculum([run]).maps
    assert [panel.title for panel in maps] == [f"generation {g}" for g in run.generations]
    for generation, panel in enumerate(maps):
        told = _log(run, generation)
        assert sum(len(cloud.x) for cloud in panel.clouds) == len(set(told["task"]))
        assert sum(sum(cloud.times) for cloud in panel.clouds) == len(told["task"])


def test_shares_are_of_the_best_return_on_any_task(run: Run) -> None:
    top = max(run.table("curriculum")["return"])
    for generation, panel in enumerate(curriculum([run]).maps):
        told = _log(run, generation)
        shares = np.clip(told["return"].astype(float) / top, 0, 1)
        episodes = [(c.times[at], c.shares[at]) for c in panel.clouds for at in range(len(c.x))]
        assert sum(n * share for n, share in episodes) == pytest.approx(shares.sum())


def test_strokes_lead_from_parents_to_children(run: Run) -> None:
    panel = curriculum([run]).maps[1]
    (strokes,) = panel.lines
    evolved = next(cloud for cloud in panel.clouds if cloud.name == "evolved")
    assert strokes.pairs and strokes.x
    assert set(strokes.x[1::2]) <= set(evolved.x)


def test_lines_tell_how_the_curriculum_went_on(run: Run) -> None:
    lines = {line.name: line for panel in curriculum([run]).panels for line in panel.lines}
    table = run.table("curriculum")
    first = (np.asarray(table["generation"]) == 0) & (np.asarray(table["proposal"]) == 0)
    assert lines["return"].y[0] == pytest.approx(float(np.asarray(table["return"])[first].mean()))
    assert lines["new tasks"].y[0] == 1 and "probes" not in lines
    assert all(value > 0 for value in lines["from its parent"].y)
    shares = [lines[f"{how} tasks"].y for how in ("new", "replayed", "evolved")]
    np.testing.assert_allclose(np.sum(shares, 0), 1)


def test_of_a_single_generation_there_is_a_map_of_each_quarter(mine: Path) -> None:
    for generation in (1, 2):
        for file in (mine / "curriculum").glob(f"g{generation:04d}*"):
            file.unlink()
    maps = curriculum([Run(mine)]).maps
    assert [panel.title.split()[0] for panel in maps] == ["first", "second", "third", "last"]


def test_what_is_no_log_of_this_world_is_refused(run: Run, mine: Path) -> None:
    with pytest.raises(ExportError, match="of one run"):
        curriculum([run, run])
    file = next((mine / "curriculum").glob("g0000*"))
    table: dict[str, Any] = dict(read_table(file, "curriculum"))
    table["row"] = [row[:-1] for row in table["row"]]
    file.write_bytes(table_bytes("curriculum", table, 0))
    with pytest.raises(ExportError, match="tells of tasks of another world"):
        curriculum([Run(mine)])
    shutil.rmtree(mine / "curriculum")
    with pytest.raises(ExportError, match=r"no log of its curriculum \(run\.curriculum=false\)"):
        curriculum([Run(mine)])


def test_the_command_draws_and_tells_every_point(mine: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("one.png", "two.png", "points.csv"):
        words = ["plot", str(mine), "--what", "curriculum", "-o", str(tmp_path / name)]
        assert door.main(words) == 0
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    with (tmp_path / "points.csv").open(newline="") as file:
        points = [row for row in csv.DictReader(file) if row["times"]]
    assert {row["line"] for row in points} == {"new", "replayed", "evolved"}
    assert all(0 <= float(row["share"]) <= 1 for row in points)
