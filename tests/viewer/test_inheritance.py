"""Charts of what was handed on show what was measured, beside every control that was run."""

from __future__ import annotations

from typing import Any

import pytest

from viewer.inheritance import accumulation, reliance
from viewer.output import ExportError


def _row(condition: str, generation: int, trial: int, value: float, **more: Any) -> dict[str, Any]:
    about = {"condition": condition, "generation": generation, "trial": trial, "yardstick": False}
    return {**about, "value": value, "low": value - 1, "high": value + 1, **more}


def _document(trials: int = 2) -> dict[str, Any]:
    curves = [
        _row(condition, generation, trial, 10 * generation + trial)
        for condition, count in (("culture", 3), ("lone", 3), ("isolated", 1), ("shown", 3))
        for generation in range(count)
        for trial in range(trials)
    ]
    curves += [_row("ceiling", 0, trial, 5.0 + trial, yardstick=True) for trial in range(trials)]
    return {
        "runs": 1,
        "generations": 3,
        "trials": trials,
        "ends": None,
        "curves": curves,
        "metrics": [],
    }


def test_a_yardstick_out_of_reach_is_told_and_not_drawn() -> None:
    found = _document()
    found["curves"] += [_row("oracle", 0, trial, 240.0, yardstick=True) for trial in range(2)]
    chart = accumulation(found)
    assert "oracle: 240.0" in chart.y
    for panel in chart.panels:
        names = [line.name for line in panel.lines]
        assert "ceiling" in names and "oracle" not in names


def test_accumulation_is_told_by_trial_and_by_generation() -> None:
    by_trial, by_generation = accumulation(_document()).panels
    lines = {line.name: line for line in by_trial.lines}
    assert list(lines) == [
        *("generation 0", "generation 1", "generation 2"),
        *("single lifetime", "nobody shown", "ceiling"),
    ]
    assert list(lines["generation 2"].x) == [1, 2] and list(lines["generation 2"].y) == [20, 21]
    assert list(lines["generation 2"].low) == [19, 20]
    assert list(lines["single lifetime"].y) == [20, 21]  # the piece after the same experience
    assert lines["ceiling"].reference and lines["nobody shown"].second
    lines = {line.name: line for line in by_generation.lines}
    assert list(lines["culture"].x) == [0, 1, 2] and list(lines["culture"].y) == [1, 11, 21]
    assert list(lines["nobody shown"].y) == [1, 1, 1]  # does not change
    assert list(lines["ceiling"].y) == [6.0]


def test_an_episode_of_one_trial_has_one_panel() -> None:
    (panel,) = accumulation(_document(trials=1)).panels
    assert [line.name for line in panel.lines][0] == "culture"


def test_shares_say_between_what() -> None:
    found = {**_document(), "ends": ("random_order", "optimal")}
    assert "share from random order to optimal" in accumulation(found).y


def test_generations_beyond_the_colours_differ_by_their_markers() -> None:
    from viewer.charts import COLOURS, MARKERS, style

    looks = {(style(look)["color"], style(look)["marker"]) for look in range(49)}
    assert len(looks) == 49 == len(COLOURS) * len(MARKERS)


def test_reliance_shows_what_was_measured_and_no_more() -> None:
    metrics = [
        {"metric": "reliance", "generation": 1, "value": 0.5, "low": 0.4, "high": 0.6},
        {"metric": "attention", "generation": 1, "value": 0.1, "low": None, "high": None},
        {"metric": "gain", "generation": 1, "value": 9.0, "low": 8.0, "high": 10.0},
    ]
    first, second = reliance({**_document(), "metrics": metrics}).panels
    assert [line.name for line in first.lines] == ["lost when elders are hidden"]
    assert first.y == "share" and list(first.lines[0].low) == [0.4]
    assert list(second.lines[0].y) == [0.1] and not second.lines[0].low
    assert first.lines[0].look != second.lines[0].look
    with pytest.raises(ExportError, match="nothing was measured"):
        reliance(_document())
