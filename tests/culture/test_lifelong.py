"""Each lifelong metric is that of a matrix or curve worked by hand, and NaN where its source does not define it."""

from __future__ import annotations

import numpy as np
import pytest

from culture.lifelong import (
    NEVER,
    fwt,
    generations,
    recovery,
    relative_performance,
    sample_efficiency,
    steps_to,
    transfer,
)

# Three tasks learned one after the other, and a fourth that never is.
C = np.array(
    [
        [0.6, 0.2, 0.1, 0.1],
        [0.4, 0.8, 0.3, 0.1],
        [0.5, 0.6, 0.9, 0.2],
    ]
)
BEFORE = np.array([0.2, 0.1, 0.1, 0.1])
LEARNED = np.array([0, 1, 2])


def _of(c: np.ndarray, **more: np.ndarray) -> dict[str, float]:
    return {name: float(value) for name, value in transfer(c, **more).items()}


def test_forward_transfer_is_of_tasks_that_were_not_learned_yet() -> None:
    """New 2022: block 0 on tasks 1, 2, 3; block 1 on 2, 3; block 2 on 3."""
    found = _of(C, learned=LEARNED, before=BEFORE)
    contrasts = [0.1 / 0.3, 0, 0, 0.2 / 0.4, 0, 0.1 / 0.3]
    assert found["forward_transfer"] == pytest.approx(np.mean(contrasts))
    assert found["forward_ratio"] == pytest.approx(np.mean([2, 1, 1, 3, 1, 2]))


def test_backward_transfer_is_of_tasks_that_were_learned_before() -> None:
    """New 2022: block 1 on task 0; block 2 on tasks 0 and 1."""
    found = _of(C, learned=LEARNED)
    contrasts = [-0.2 / 1.0, 0.1 / 0.9, -0.2 / 1.4]
    assert found["backward_transfer"] == pytest.approx(np.mean(contrasts))
    assert found["backward_ratio"] == pytest.approx(np.mean([0.4 / 0.6, 0.5 / 0.4, 0.6 / 0.8]))


def test_maintenance_is_against_what_was_reached_when_last_learned() -> None:
    """New 2022: task 0 -0.2 and -0.1, task 1 -0.2; means over blocks, then over tasks."""
    assert _of(C, learned=LEARNED)["maintenance"] == pytest.approx(np.mean([-0.15, -0.2]))
    again = np.array([[0.5, 0.0], [0.3, 0.8], [0.9, 0.8], [0.8, 0.6]])
    found = _of(again, learned=np.array([0, 1, 0, NEVER]))
    task_0, task_1 = [0.3 - 0.5, 0.8 - 0.9], [0.8 - 0.8, 0.6 - 0.8]
    assert found["maintenance"] == pytest.approx((np.mean(task_0) + np.mean(task_1)) / 2)


def test_what_gradient_episodic_memory_reports() -> None:
    """Lopez-Paz 2017; the task that is never learned counts in none of them."""
    found = _of(C, learned=LEARNED, before=BEFORE)
    assert found["acc"] == pytest.approx(np.mean([0.5, 0.6, 0.9]))
    assert found["bwt"] == pytest.approx(np.mean([0.5 - 0.6, 0.6 - 0.8]))
    assert found["zero_shot"] == pytest.approx(np.mean([0.2 - 0.1, 0.3 - 0.1]))


def test_what_libero_reports() -> None:
    """Liu 2023: of the last task nothing can be lost, but it has an area."""
    found = _of(C, learned=LEARNED)
    assert found["nbt"] == pytest.approx(np.mean([np.mean([0.2, 0.1]), 0.2]))
    assert found["auc"] == pytest.approx(np.mean([np.mean([0.6, 0.4, 0.5]), 0.7, 0.9]))
    assert fwt(np.array([0.1, 0.5, 0.3, 0.2])) == pytest.approx(np.mean([0.1, 0.5, 0.5, 0.5]))


def test_by_default_task_i_is_learned_in_block_i() -> None:
    assert _of(C, before=BEFORE) == _of(C, learned=LEARNED, before=BEFORE)
    long = np.concatenate([C[:, :2], np.ones((2, 2))])  # more blocks than tasks
    learned = np.array([0, 1, NEVER, NEVER, NEVER])
    assert _of(long) == pytest.approx(_of(long, learned=learned), nan_ok=True)


def test_draws_are_worked_out_together_as_each_alone() -> None:
    draws = np.random.default_rng(0).random((5, 3, 4))
    before = draws[:, 0] / 2
    together = transfer(draws, before=before)
    for index, one in enumerate(draws):
        alone = transfer(one, before=before[index])
        for name, values in together.items():
            assert values.shape == (5,)
            assert values[index] == pytest.approx(alone[name])


def test_of_one_block_only_what_looks_ahead_is_defined() -> None:
    found = _of(C[:1], before=BEFORE)
    known = {name for name, value in found.items() if np.isfinite(value)}
    assert known == {"forward_transfer", "forward_ratio", "acc", "auc"}
    assert not np.isfinite(_of(C[:1])["forward_transfer"])  # nor that, without what was before


def test_where_nobody_earns_anything_there_is_no_transfer_and_nothing_is_forgotten() -> None:
    found = _of(np.zeros((3, 3)), before=np.zeros(3))
    for name in ("forward_transfer", "forward_ratio", "backward_transfer", "backward_ratio"):
        assert np.isnan(found[name])
    for name in ("maintenance", "bwt", "nbt", "zero_shot", "acc", "auc"):
        assert found[name] == 0


def test_where_nothing_changes_transfer_is_none() -> None:
    found = _of(np.full((3, 3), 0.5), before=np.full(3, 0.5))
    assert found["forward_transfer"] == found["backward_transfer"] == 0
    assert found["forward_ratio"] == found["backward_ratio"] == 1


def test_what_nobody_measured_is_left_out() -> None:
    hole = C.copy()
    hole[1, 0] = np.nan
    found = _of(hole, learned=LEARNED, before=BEFORE)
    assert found["maintenance"] == pytest.approx(np.mean([-0.1, -0.2]))
    assert np.isfinite(list(found.values())).all()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"c": np.zeros(3)}, r"c has shape \(3,\)"),
        ({"learned": [0, 1]}, r"learned is \[0, 1\], allowed are 3 tasks -1\.\.3"),
        ({"learned": [0, 1, 4]}, "allowed are 3 tasks"),
        ({"before": np.zeros(3)}, r"before has shape \(3,\), allowed is \(4,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(more: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        transfer(**{"c": C, **more})


def test_generations_are_compared_with_the_one_before_and_with_the_best_before() -> None:
    c = np.array([[0.5, 0.5], [0.7, 0.4], [0.6, 0.495]])
    found = generations(c)
    np.testing.assert_allclose(found["accumulation"], [[np.nan] * 2, [0.2, -0.1], [-0.1, 0.095]])
    np.testing.assert_allclose(found["slippage"], [[np.nan] * 2, [-0.2, 0.1], [0.1, 0.005]])
    np.testing.assert_allclose(found["ratchet_share"], [np.nan, 0.5, 0.5])  # 0.495 is as good
    np.testing.assert_allclose(generations(c, 0.0)["ratchet_share"], [np.nan, 0.5, 0.0])
    assert np.isnan(generations(c[:1])["ratchet_share"]).all()


def test_performance_relative_to_a_reference_is_over_the_shorter_life() -> None:
    assert relative_performance(np.array([1, 2, 3]), np.array([1, 1])) == pytest.approx(1.5)
    assert np.isnan(relative_performance(np.array([1.0]), np.zeros(2)))


STEPS = np.array([0, 10, 20, 30])


@pytest.mark.parametrize(
    ("curve", "reference", "wanted"),
    [
        ([0, 4, 4, 4], [0, 1, 2, 4], 3.0),  # as good in a third of the experience
        ([0, 2, 4, 8], [0, 1, 2, 4], 2.0),  # twice as good in the same
        ([0, 0, 0.1, 0.2], [0, 1, 2, 4], 0.0),  # below a fifth of it
        ([4, 3, 2, 1], [0, 1, 2, 4], 0.0),  # falls
        ([4, 4, 4, 4], [0, 1, 2, 4], np.nan),  # had nothing to learn
        ([0, 1, 2, 4], [2, 2, 2, 2], np.nan),  # nor had the reference
        ([0, 1, 2, 4], [0, 0, 0, 0], np.nan),
    ],
)
def test_sample_efficiency_is_how_much_and_how_soon(
    curve: list[float], reference: list[float], wanted: float
) -> None:
    found = sample_efficiency(np.array(curve), STEPS, np.array(reference), STEPS)
    assert found == pytest.approx(wanted, nan_ok=True)


def test_steps_to_a_level_are_those_of_the_first_point_there() -> None:
    curve = np.array([0.1, 0.4, 0.2, 0.5])
    assert steps_to(curve, STEPS, 0.4) == 10
    assert steps_to(curve, STEPS, 0.45) == 30
    assert steps_to(curve, STEPS, 0.6) == np.inf


def test_recovery_is_the_median_slope_of_times() -> None:
    assert recovery(np.array([100, 80, 60])) == 20
    assert recovery(np.array([100, 80, 60, 1000])) == pytest.approx(
        -np.median([-20, -20, -20, 300, 460, 940])
    )
    assert recovery(np.array([5.0, 5.0])) == 0
    assert np.isnan(recovery(np.array([100.0])))
