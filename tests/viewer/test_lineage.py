"""The lineage shows who had what from whom, and nobody who was not there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.culture.small_runs import commit_of, start
from viewer.charts import Line
from viewer.library import Run
from viewer.lineage import lineage
from viewer.output import ExportError
from worlds.formats import FormatError


def _born(member: str, value: float, **more: Any) -> dict[str, Any]:
    return {"member": member, "how": "born", "return": value, "weights": "members/x", **more}


def _shown(member: str, elder: str, how: str = "shown", **facts: float) -> dict[str, Any]:
    return {
        "member": member,
        "demonstrators": [elder],
        "how": how,
        "return": float("nan"),
        "changes": json.dumps(facts),
    }


GENERATIONS = (
    [_born("a", 1.0), _born("b", 2.0), _born("lone", 9.0, weights="")],
    [
        _born("c", 3.0, demonstrators=["a", "b"]),
        _born("d", 4.0, how="copied", parents=["b"]),
        {"member": "d", "how": "copied", "parents": ["c"], "iteration": 5, "return": float("nan")},
        _shown("c", "b", steps=10, seen=0.25),
        _shown("d", "b", steps=30, seen=0.75),
        _shown("d", "oracle", steps=30, seen=0.75),
        _shown("d", "a", "distilled", updates=7),
    ],
)
DEFAULTS = {"parents": [], "demonstrators": [], "iteration": 0, "changes": "", "weights": ""}


def _run(path: Path, *generations: list[dict[str, Any]]) -> Run:
    with start(path) as records:
        for number, rows in enumerate(generations):
            whole = [{**DEFAULTS, **row} for row in rows]
            columns = {name: [row[name] for row in whole] for name in whole[0]}
            commit = commit_of(number)
            records.commit(
                number, replace(commit, tables={**commit.tables, "lineage": columns}, best="")
            )
    return Run(path)


def _lines(run: Run) -> dict[str, Line]:
    (panel,) = lineage([run]).panels
    return {line.name: line for line in panel.lines}


def _pairs(line: Line) -> set[tuple[str, str]]:
    return set(zip(line.names[::2], line.names[1::2], strict=True))


def test_strokes_join_those_who_had_something_from_each_other(tmp_path: Path) -> None:
    lines = _lines(_run(tmp_path / "run", *GENERATIONS))
    assert sorted(lines) == [
        "copied",
        "distilled (updates 7)",
        "members",
        "shown (seen 0.5, steps 20)",
    ]
    assert _pairs(lines["copied"]) == {("b", "d"), ("c", "d")}
    # Of all whom c might have been shown, only b was there; scripts have no place.
    assert _pairs(lines["shown (seen 0.5, steps 20)"]) == {("b", "c"), ("b", "d")}
    assert _pairs(lines["distilled (updates 7)"]) == {("a", "d")}


def test_members_stand_at_their_generation_and_return(tmp_path: Path) -> None:
    members = _lines(_run(tmp_path / "run", *GENERATIONS))["members"]
    told = set(zip(members.names, members.x, members.y, strict=True))
    assert told == {("a", 0, 1.0), ("b", 0, 2.0), ("c", 1, 3.0), ("d", 1, 4.0)}
    assert not members.joined


def test_members_of_the_same_name_follow_each_other(tmp_path: Path) -> None:
    """In context the same weights live again in each generation."""
    again = [_born("a", 2.0, demonstrators=["a"])]
    lines = _lines(_run(tmp_path / "run", [_born("a", 1.0)], again))
    assert list(lines["shown"].x) == [0, 1] and list(lines["shown"].y) == [1.0, 2.0]


def test_what_is_no_lineage_is_refused(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", [_born("lone", 9.0, weights="")])
    with pytest.raises(ExportError, match="tells of nobody"):
        lineage([run])
    with pytest.raises(ExportError, match="of one run"):
        lineage([run, run])
    bad = {**_shown("c", "b"), "changes": "{"}
    run = _run(tmp_path / "bad", [_born("b", 1.0)], [_born("c", 1.0), bad])
    with pytest.raises(FormatError, match="not JSON"):
        lineage([run])
