"""Normalised values: statistics follow the returns, and no prediction changes with them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from populations import ppo
from populations.member import born, born_of, network_for, tensors
from populations.networks import ActorCritic, pack, unpack
from populations.popart import LEAST_SPREAD, RATE
from tests.populations.small import FAMILY, LEARNER, WORLDS, played, ticket
from worlds import rng

SETTINGS = replace(LEARNER, normalise_values=True)


def network() -> ActorCritic:
    made = network_for(FAMILY, SETTINGS)
    unpack(made, born("ada", FAMILY, SETTINGS, rng.key(1)).weights)
    return made


def batch(scale: float) -> ppo.Batch:
    (lived,) = played(ticket()).trajectories
    lived.rewards += np.random.default_rng(0).normal(1, 1, lived.rewards.shape).astype(np.float32)
    lived.rewards *= scale
    return ppo.prepare(lived, ppo.advantages(lived, LEARNER.gamma, LEARNER.gae_lambda))


def follow(made: ActorCritic, returns: torch.Tensor) -> None:
    assert made.popart is not None
    made.popart.follow(returns, made.output["value"])


@pytest.mark.parametrize("scale", [0.02, 1.0, 300.0])
def test_new_statistics_change_no_prediction(scale: float) -> None:
    made, given = network(), batch(scale)
    for _ in range(3):
        before = made.sequence(given.observations, made.start(WORLDS))[1].detach()
        follow(made, given.targets)
        after = made.sequence(given.observations, made.start(WORLDS))[1].detach()
        spread = made.popart.spread
        torch.testing.assert_close(after / spread, before / spread, rtol=1e-5, atol=1e-5)
        given.targets.mul_(-2).add_(scale)


def test_statistics_are_those_of_the_first_returns_then_follow_slowly() -> None:
    made = network()
    first, second = torch.tensor([1.0, 3.0, 8.0]), torch.tensor([100.0, 140.0])
    follow(made, first)
    assert made.popart.mean.item() == pytest.approx(4.0)
    assert made.popart.spread.item() == pytest.approx(first.std(unbiased=False).item())
    follow(made, second)
    share = RATE / (1 - (1 - RATE) ** 2)
    mean = (1 - share) * 4 + share * 120
    square = (1 - share) * (1 + 9 + 64) / 3 + share * (100**2 + 140**2) / 2
    assert made.popart.mean.item() == pytest.approx(mean, rel=1e-5)
    assert made.popart.spread.item() == pytest.approx((square - mean**2) ** 0.5, rel=1e-4)


def test_returns_that_are_all_alike_or_not_finite_do_no_harm() -> None:
    made = network()
    follow(made, torch.full((5,), 7.0))
    assert made.popart.spread.item() == pytest.approx(LEAST_SPREAD)
    before = pack(made)
    follow(made, torch.tensor([1.0, float("nan")]))
    assert pack(made).tobytes() == before.tobytes()


def test_the_loss_does_not_depend_on_the_scale_of_rewards() -> None:
    """A network that predicts the mean has the same value error in its own units."""
    errors = []
    for scale in (1.0, 300.0):
        made, given = network(), batch(scale)
        with torch.no_grad():
            made.output["value"].weight.zero_()
        follow(made, given.targets)
        with torch.no_grad():
            made.output["value"].bias.zero_()
        _, parts = ppo.loss(made, given, torch.arange(WORLDS), SETTINGS)
        errors.append(parts["value_error"].item())
    assert errors[0] == pytest.approx(1, rel=0.02)
    assert errors[1] == pytest.approx(errors[0], rel=0.02)


def test_statistics_live_with_the_weights() -> None:
    made, plain = network(), network_for(FAMILY, LEARNER)
    follow(made, torch.tensor([10.0, 30.0]))
    grown = replace(born("ada", FAMILY, SETTINGS, 1), weights=pack(made))
    child = born_of(grown, "bo", FAMILY, SETTINGS, 2, reset_layers=1)
    named = tensors(child, FAMILY, SETTINGS)
    assert float(named["weights/popart.mean"]) == 20
    assert float(named["weights/popart.spread"]) == pytest.approx(10)
    assert len(child.weights) == len(pack(plain)) + 3 == len(child.exp_avg) + 3


def test_a_step_says_what_a_sequence_says_in_units_of_reward() -> None:
    made, given = network(), batch(1.0)
    follow(made, torch.tensor([1000.0, 3000.0]))
    with torch.no_grad():
        _, values, _ = made.step(given.observations[0], made.start(WORLDS))
        expected = made.sequence(given.observations, made.start(WORLDS))[1][0]
    torch.testing.assert_close(values, expected)
    assert made.popart.mean == 2000
