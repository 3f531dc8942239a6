"""Shares are of the best that anybody is known to have earned, their percentiles are over tasks."""

import numpy as np
import pytest

from culture.percentiles import PERCENTILES, best_known, intervals, shares, summary


def test_the_best_known_is_the_most_of_anybody_in_each_seat() -> None:
    members = np.array([[[1.0, 0.0], [0.0, 3.0]], [[0.5, 2.0], [0.0, 1.0]]])  # [P, K, N]
    script = np.array([[[0.0, 5.0], [0.0, 0.0]]])
    np.testing.assert_array_equal(best_known([members, script]), [[1, 5], [0, 3]])


def test_a_share_is_the_mean_over_seats_in_which_anybody_was_ever_rewarded() -> None:
    best = np.array([[4.0, 2.0], [0.0, 2.0], [0.0, 0.0]])
    returns = np.array([[1.0, 1.0], [7.0, 1.0], [0.0, 0.0]])
    np.testing.assert_allclose(shares(returns, best), [(1 / 4 + 1 / 2) / 2, 1 / 2, 0])
    np.testing.assert_allclose(shares(np.stack([returns, best]), best)[1], [1, 1, 0])


def test_percentiles_are_over_tasks_and_participation_counts_rewarded_ones() -> None:
    found = summary(np.arange(101) / 100)
    assert [found[f"p{p}"] for p in PERCENTILES] == pytest.approx([p / 100 for p in PERCENTILES])
    assert found["participation"] == pytest.approx(100 / 101)
    assert PERCENTILES[0] == 10 and PERCENTILES[-1] == 90


def test_intervals_hold_the_value_and_narrow_with_more_tasks() -> None:
    draw = np.random.default_rng(0)
    few, many = draw.random(16), draw.random(1600)
    widths = []
    for found in (few, many):
        told, bounds = summary(found), intervals(found, key=1)
        for name, value in told.items():
            assert bounds[f"{name}_low"] <= value <= bounds[f"{name}_high"], name
        widths.append(bounds["p50_high"] - bounds["p50_low"])
    assert widths[1] < widths[0] / 3
    assert intervals(few, key=1) == intervals(few, key=1) != intervals(few, key=2)
