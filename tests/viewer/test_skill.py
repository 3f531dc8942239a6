"""A chart of what creators gain has a panel for each place and a named row for each creator."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from viewer import charts
from viewer.skill import LOST, separation


def _row(name: str, value: float, hopeless: float = 0.0) -> dict[str, Any]:
    ends = {"low": value - 0.1, "high": value + 0.1}
    return {"name": name, "value": value, **ends, "unit": "skill", "hopeless": hopeless}


DOCUMENT = {
    "rows": [
        _row("toy: uniform", 0.4),
        _row("toy: plr", 0.9),
        _row("coins: uniform", 0.3, hopeless=0.5),
        _row("coins: accel", 0.8, hopeless=0.2),
        _row("coins (weak elders): uniform", 0.3, hopeless=0.5),
        _row("coins (weak elders): accel", 0.6, hopeless=0.4),
    ]
}


def test_places_are_panels_and_creators_rows_in_which_uniform_is_a_line() -> None:
    chart = separation(DOCUMENT)
    assert list(chart.rows) == ["uniform", "plr", "accel"] and chart.x == "skill"
    toy, coins = chart.panels
    uniform, skill = toy.lines
    assert uniform.reference and list(uniform.x) == [0.4]
    assert list(skill.x) == [0.4, 0.9] and list(skill.y) == [0, 1]
    assert list(skill.low) == [value - 0.1 for value in skill.x]
    names = [line.name for line in coins.lines]
    assert names == ["uniform", "skill", LOST, "weak elders"]
    assert list(coins.lines[2].x) == [0.5, 0.2] and list(coins.lines[3].y) == [0, 2]


def test_the_chart_is_a_picture_and_a_table(tmp_path: Path) -> None:
    chart = separation(DOCUMENT)
    charts.write(chart, tmp_path / "skill.png")
    assert (tmp_path / "skill.png").stat().st_size > 1000
    charts.write(chart, tmp_path / "skill.csv")
    with (tmp_path / "skill.csv").open(newline="") as file:
        points = [point for point in csv.DictReader(file) if point["line"] == "weak elders"]
    assert [point["skill"] for point in points] == ["0.3", "0.6"]
