"""What was gained is what the numbers say, and nothing is prettified."""

from __future__ import annotations

import numpy as np
import pytest

from culture import accumulation


def _row(culture: np.ndarray, lone: np.ndarray | None, generation: int = 1) -> dict:
    return accumulation.row(generation, culture, lone, np.full(culture.shape[1], 2.0), 0.5, seed=0)


def test_means_gain_and_solved_tasks_are_those_of_a_table_worked_by_hand() -> None:
    culture = np.array([[1.0, 0.0, 2.0, 0.5], [1.0, 1.0, 2.0, 0.5]])
    lone = np.array([[0.0, 0.0, 2.0, 0.0], [0.0, 0.0, 2.0, 0.0]])
    line = _row(culture, lone)
    assert line["return"] == pytest.approx(1.0)
    assert line["lone_return"] == pytest.approx(0.5)
    assert line["gain"] == pytest.approx(0.5)
    assert line["solved"] == 2  # tasks 0 and 2 reach half of the oracle's 2.0
    assert line["lone_solved"] == 1
    assert line["low"] <= line["return"] <= line["high"]
    assert line["gain_low"] <= line["gain"] <= line["gain_high"]


def test_equal_groups_show_no_gain_and_say_so() -> None:
    noise = np.random.default_rng(0).normal(size=(4, 64))
    line = _row(noise, noise[::-1].copy())
    assert line["gain"] == pytest.approx(0.0)
    assert accumulation.verdict([line]).startswith("no gain measured")


def test_a_worse_culture_is_called_worse() -> None:
    noise = np.random.default_rng(0).normal(size=(4, 64))
    assert "worse" in accumulation.verdict([_row(noise - 5, noise)])


def test_the_interval_of_normal_returns_is_about_two_standard_errors_wide() -> None:
    table = np.random.default_rng(1).normal(size=(1, 400))
    low, high = accumulation.interval(table, key=3)
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(400), rel=0.15)


def test_members_who_differ_widen_the_interval() -> None:
    alike = np.random.default_rng(2).normal(size=(4, 64))
    differing = alike + np.array([[-2.0], [-1.0], [1.0], [2.0]])
    widths = [high - low for low, high in (accumulation.interval(t, 5) for t in (alike, differing))]
    assert widths[1] > 2 * widths[0]


def test_the_same_seed_gives_the_same_interval() -> None:
    table = np.random.default_rng(3).normal(size=(3, 10))
    assert accumulation.interval(table, 9) == accumulation.interval(table, 9)
    assert accumulation.interval(table, 9) != accumulation.interval(table, 10)


def test_the_table_names_every_column_and_generation() -> None:
    culture = np.ones((4, 8))
    text = accumulation.table([_row(culture, None, 0), _row(culture, culture * 0, 1)])
    lines = text.splitlines()
    assert " ".join(lines[0].split()) == (
        "gen members return (95 % CI) single lifetime gain (95 % CI) tasks solved"
    )
    assert lines[1].split()[:2] == ["0", "4"]
    assert "+1.00" in lines[2]
    assert lines[2].endswith("8 / 8")


def test_without_a_baseline_no_gain_is_claimed() -> None:
    assert "no single lifetime" in accumulation.verdict([_row(np.ones((2, 4)), None)])
