"""The designer's gradient is right, it draws what it says, and it finds what is rewarded."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from safetensors.numpy import load, save

from populations.creators.designer import CLIP, Designer
from populations.creators.draws import Draws

GOAL = np.array([2, 0, 3])  # the steps that pay


def small(**more: float) -> Designer:
    return Designer(3, 7, **{"bins": 4, "hidden": 16, **more})


def stirred(**more: float) -> Designer:
    """One that does not draw uniformly."""
    designer = small(**more)
    designer.parameters += (Draws(2).units(designer.parameters.size) - 0.5).astype(np.float32)
    return designer


def chance(designer: Designer, steps: np.ndarray) -> float:
    """The probability of one design."""
    return float(np.exp(designer.log_chances(steps[None])[np.arange(3), 0, steps].sum()))


def taught(designer: Designer, proposals: int, n: int = 64) -> Designer:
    """After proposals of which GOAL alone pays."""
    draws = Draws(4)
    for _ in range(proposals):
        steps, _ = designer.design(n, draws)
        designer.learn(steps, (steps == GOAL).all(1).astype(np.float64))
    return designer


def entropy(designer: Designer) -> float:
    logs = designer.log_chances(designer.design(256, Draws(8))[0])
    return float(-(np.exp(logs) * logs).sum(2).mean() / np.log(designer.bins))


def test_the_gradient_is_that_of_finite_differences() -> None:
    designer = stirred(entropy_weight=0.3, hidden=4)
    steps, _ = designer.design(9, Draws(3))
    units = Draws(5)
    advantages = 2 * units.units(9) - 1
    logs = designer.log_chances(steps).astype(np.float64)
    drawn = np.take_along_axis(logs, steps.T[:, :, None], 2)[:, :, 0]
    drawn += 0.6 * units.units(drawn.size).reshape(drawn.shape) - 0.3  # some ratios are clipped
    assert (np.abs(np.expm1(drawn - drawn.mean())) > CLIP).any()

    at = designer.parameters.astype(np.float64)
    _, gradient = designer.loss(at, steps, drawn, advantages)
    found = np.empty_like(at)
    for place in range(len(at)):
        ahead, behind = at.copy(), at.copy()
        ahead[place] += 1e-6
        behind[place] -= 1e-6
        rise = designer.loss(ahead, steps, drawn, advantages)[0]
        found[place] = (rise - designer.loss(behind, steps, drawn, advantages)[0]) / 2e-6
    assert np.abs(found).max() > 0.01
    np.testing.assert_allclose(gradient, found, atol=1e-8)


def test_the_loss_is_that_of_ppo_worked_by_hand() -> None:
    designer = Designer(1, 7, bins=2, hidden=1, entropy_weight=0.5)
    designer.parts(designer.parameters).logits[:] = np.log([0.75, 0.25])
    steps = np.array([[0], [1]])
    drawn = np.log([[0.5, 0.5]])  # ratios 1.5, of which PPO counts 1.2, and .5
    loss, _ = designer.loss(designer.parameters, steps, drawn, np.array([1.0, -1.0]))
    entropy_there = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    # min(.5 * -1, .8 * -1): what became less likely than it should is not pushed on.
    np.testing.assert_allclose(loss, -((1.2 - 0.8) / 2 + 0.5 * entropy_there), rtol=1e-6)


def test_designs_come_as_often_as_the_designer_says() -> None:
    designer = stirred()
    steps, _ = designer.design(20_000, Draws(6))
    everything = np.array(list(product(range(4), repeat=3)))
    counts = np.bincount(np.ravel_multi_index(tuple(steps.T), (4, 4, 4)), minlength=64)
    expected = [chance(designer, one) for one in everything]
    np.testing.assert_allclose(sum(expected), 1, rtol=1e-5)
    assert max(expected) > 2 * min(expected)
    np.testing.assert_allclose(counts / 20_000, expected, atol=0.006)


def test_points_lie_anywhere_within_their_steps() -> None:
    steps, points = small().design(500, Draws(6))
    np.testing.assert_array_equal(np.floor(points * 4), steps)
    within = points * 4 - steps
    assert within.min() < 0.02 and within.max() > 0.98


def test_a_newborn_designer_draws_everything_alike() -> None:
    np.testing.assert_allclose(chance(small(), GOAL), 4.0**-3, rtol=1e-5)
    np.testing.assert_allclose(entropy(small()), 1, rtol=1e-5)


def test_it_finds_the_one_design_that_pays() -> None:
    assert chance(taught(small(), 100), GOAL) > 0.9


def test_it_learns_that_two_coordinates_must_go_together() -> None:
    designer, draws = small(), Draws(4)
    for _ in range(150):
        steps, _ = designer.design(64, draws)
        designer.learn(steps, (steps[:, 1] == steps[:, 0]).astype(np.float64))
    steps, _ = designer.design(1000, Draws(9))
    assert (steps[:, 1] == steps[:, 0]).mean() > 0.9
    assert np.bincount(steps[:, 0], minlength=4).max() < 750  # whatever the first one is


def test_where_nothing_pays_more_it_becomes_even_again() -> None:
    designer, draws = taught(small(), 30), Draws(10)
    before = entropy(designer)
    for _ in range(200):
        designer.learn(designer.design(64, draws)[0], np.full(64, 0.5))
    assert before < 0.8 < 0.95 < entropy(designer)


def test_the_bonus_for_entropy_keeps_it_from_following_luck() -> None:
    found = {}
    for weight in (0.0, 0.05):
        designer, draws = small(entropy_weight=weight, learning_rate=3e-3), Draws(10)
        for _ in range(200):
            steps, _ = designer.design(64, draws)
            designer.learn(steps, (draws.units(64) < 0.3).astype(np.float64))
        found[weight] = entropy(designer)
    assert found[0.05] > 0.9 > found[0.0] + 0.1


def test_learning_returns_the_entropy_of_what_was_drawn() -> None:
    designer = taught(small(), 20)
    steps, _ = designer.design(256, Draws(8))
    expected = entropy(designer)
    np.testing.assert_allclose(designer.learn(steps, np.zeros(256)), expected)


def test_a_loaded_designer_goes_on_bit_for_bit() -> None:
    one, other = taught(small(), 5), small()
    other.load(load(save(one.state())))
    assert save(taught(one, 3).state()) == save(taught(other, 3).state())
    with pytest.raises(ValueError, match="hidden"):
        small(hidden=8).load(one.state())


def test_settings_out_of_range_are_refused() -> None:
    for wrong in ({"bins": 1}, {"hidden": 0}, {"epochs": 0}, {"learning_rate": -1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            small(**wrong)
