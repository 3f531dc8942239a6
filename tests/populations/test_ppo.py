"""The arithmetic of PPO equals a plain reference, and bad minibatches do no harm."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from configs.schema import Learner
from populations import ppo
from populations.encoders import Flags
from populations.losses import LOSSES, Prepared
from populations.minibatches import Batch
from populations.networks import ActorCritic, initialise, pack
from populations.rollout import Trajectory

T, L, D, A = 7, 8, 11, 3
SETTINGS = Learner(hidden=8, minibatches=2, epochs=2, clip=0.2, entropy_weight=0.03)


def network(seed: int = 1) -> ActorCritic:
    made = ActorCritic(Flags(D, 8), A, 8)
    initialise(made, seed)
    with torch.no_grad():
        made.output["policy"].weight.mul_(60)  # far from uniform, so that every term counts
    return made


def trajectory(seed: int = 0) -> Trajectory:
    """Random experience, with ends in the middle of lanes and one at the end of each."""
    draw = np.random.default_rng(seed)
    ends = (draw.random((T, L)) < 0.25).astype(np.uint8)
    ends[-1] = 1
    return Trajectory(
        observations=draw.integers(0, 2, (T, L, D), dtype=np.uint8),
        actions=draw.integers(0, A, (T, L)),
        log_probs=np.log(draw.uniform(0.1, 0.9, (T, L))).astype(np.float32),
        values=draw.normal(size=(T, L)).astype(np.float32),
        rewards=draw.normal(size=(T, L)).astype(np.float32),
        ends=ends,
        lived=np.ones((T, L), bool),
        seats=np.arange(L),
    )


def batch(seed: int = 0) -> Batch:
    lived = trajectory(seed)
    return ppo.prepare(lived, ppo.advantages(lived, 0.9, 0.8))


def adam(made: ActorCritic) -> torch.optim.Adam:
    return torch.optim.Adam(made.parameters(), lr=1e-2)


@pytest.mark.parametrize(("gamma", "gae_lambda"), [(0.9, 0.8), (1.0, 1.0), (0.99, 0.0)])
def test_advantages_equal_a_plain_double_loop(gamma: float, gae_lambda: float) -> None:
    lived = trajectory()
    found = ppo.advantages(lived, gamma, gae_lambda)
    assert lived.ends[:-1].sum() > 5
    for lane in range(L):
        for t in range(T):
            expected, weight = 0.0, 1.0
            for later in range(t, T):
                end = lived.ends[later, lane]
                following = 0.0 if end else lived.values[later + 1, lane]
                delta = lived.rewards[later, lane] + gamma * following - lived.values[later, lane]
                expected += weight * float(delta)
                weight *= gamma * gae_lambda
                if end:
                    break
            assert found[t, lane] == pytest.approx(expected, abs=1e-5)


def test_steps_that_were_not_lived_are_left_out() -> None:
    lived = trajectory()
    draw = np.random.default_rng(1)
    lived.lived[:] = draw.random((T, L)) < 0.7
    found = ppo.advantages(lived, 0.9, 0.8)
    assert (found[~lived.lived] == 0).all()
    for lane in range(L):
        kept = np.flatnonzero(lived.lived[:, lane])
        ends = np.cumsum(lived.ends[:, lane])  # an end in a step that was left out still ends
        short = Trajectory(
            observations=lived.observations[kept, lane : lane + 1],
            actions=lived.actions[kept, lane : lane + 1],
            log_probs=lived.log_probs[kept, lane : lane + 1],
            values=lived.values[kept, lane : lane + 1],
            rewards=lived.rewards[kept, lane : lane + 1],
            ends=(np.diff(ends[kept] - lived.ends[kept, lane], append=T) > 0)[:, None],
            lived=np.ones((len(kept), 1), bool),
            seats=lived.seats[:1],
        )
        expected = ppo.advantages(short, 0.9, 0.8)[:, 0]
        np.testing.assert_allclose(found[kept, lane], expected, atol=1e-5)


def test_a_loss_is_a_mean_over_the_steps_that_were_lived() -> None:
    lived = trajectory()
    lived.lived[:, ::2] = False  # every other lane was never there
    made, whole = network(), list(range(L))
    estimates = ppo.advantages(lived, 0.9, 0.8)
    masked = ppo.prepare(lived, estimates)
    assert masked.steps == T * L // 2
    kept = replace(masked, lived=None)
    total, _ = ppo.loss(made, masked, torch.tensor(whole), SETTINGS)
    expected, _ = ppo.loss(made, kept, torch.tensor(whole[1::2]), SETTINGS)
    assert total.item() == pytest.approx(expected.item(), abs=1e-6)
    told = masked.advantages[:, 1::2]
    assert told.mean().item() == pytest.approx(0, abs=1e-6)
    assert told.std(unbiased=False).item() == pytest.approx(1, abs=1e-5)


def test_a_batch_that_nobody_lived_teaches_nothing() -> None:
    lived = trajectory()
    lived.lived[:] = False
    made = network()
    report = ppo.update(
        made, adam(made), ppo.prepare(lived, ppo.advantages(lived, 0.9, 0.8)), SETTINGS, seed=3
    )
    assert pack(made).tobytes() == pack(network()).tobytes()
    assert report["value_error"] == 0


def test_a_batch_is_normalised_and_its_targets_are_returns() -> None:
    lived = trajectory()
    estimates = ppo.advantages(lived, 1.0, 1.0)
    made = ppo.prepare(lived, estimates)
    assert made.advantages.mean().item() == pytest.approx(0, abs=1e-6)
    assert made.advantages.std(unbiased=False).item() == pytest.approx(1, abs=1e-5)
    for lane in range(L):  # without discount, the target is what is still earned in the episode
        for t in range(T):
            until = t + int(np.argmax(lived.ends[t:, lane])) + 1
            earned = lived.rewards[t:until, lane].sum()
            assert made.targets[t, lane].item() == pytest.approx(earned, abs=1e-5)


def reference(made: ActorCritic, of: Batch, lanes: list[int]) -> Tensor:
    """The loss in plain double-precision loops, one step of one lane at a time; a term is of `distil`."""
    weights = {name: tensor.double() for name, tensor in made.named_parameters()}

    def linear(x: Tensor, name: str) -> Tensor:
        return weights[f"{name}.weight"] @ x + weights[f"{name}.bias"]

    def gru(x: Tensor, h: Tensor) -> Tensor:
        into = weights["memory.weight_ih_l0"] @ x + weights["memory.bias_ih_l0"]
        back = weights["memory.weight_hh_l0"] @ h + weights["memory.bias_hh_l0"]
        size = len(h)
        reset = 1 / (1 + torch.exp(-(into[:size] + back[:size])))
        update = 1 / (1 + torch.exp(-(into[size : 2 * size] + back[size : 2 * size])))
        fresh = torch.tanh(into[2 * size :] + reset * back[2 * size :])
        return (1 - update) * fresh + update * h

    total = torch.zeros((), dtype=torch.float64)
    for lane in lanes:
        memory = torch.zeros(made.hidden, dtype=torch.float64)
        for t in range(T):
            seen = of.observations[t, lane].double()
            memory = gru(torch.tanh(linear(seen, "encoder")), memory)
            policy, worth = torch.tanh(linear(memory, "head.both")).split(64)
            logits = linear(policy, "output.policy")
            value = linear(worth, "output.value")[0]
            chances = torch.exp(logits) / torch.exp(logits).sum()
            ratio = chances[of.actions[t, lane]] / torch.exp(of.log_probs[t, lane].double())
            advantage = of.advantages[t, lane].double()
            low, high = 1 - SETTINGS.clip, 1 + SETTINGS.clip
            clipped = low if ratio < low else high if ratio > high else ratio
            gain = min(ratio * advantage, clipped * advantage)
            error = (value - of.targets[t, lane].double()) ** 2
            entropy = -sum(chance * torch.log(chance) for chance in chances)
            total = total - gain + SETTINGS.value_weight * error
            total = total - SETTINGS.entropy_weight * entropy
            for term in of.terms:
                taught = term.targets[t, lane].double()
                total = total - term.weight * (taught * torch.log(chances)).sum()
    return total / (T * len(lanes))


@pytest.mark.parametrize("distil", [0.0, 0.7])
def test_loss_and_gradients_equal_the_plain_reference(distil: float) -> None:
    made, other, given, lanes = network(), network(), batch(), [6, 1, 3, 0]
    if distil:
        taught = torch.softmax(torch.randn(T, L, A), -1)
        given = replace(given, terms=[Prepared("distil", distil, LOSSES["distil"], taught)])
    found, parts = ppo.loss(made, given, torch.tensor(lanes), SETTINGS)
    expected = reference(other, given, lanes)
    assert found.item() == pytest.approx(expected.item(), abs=1e-6)
    found.backward()
    expected.backward()
    pairs = zip(made.named_parameters(), other.parameters(), strict=True)
    for (name, one), two in pairs:
        assert two.grad.abs().max() > 1e-4, name
        torch.testing.assert_close(one.grad, two.grad, rtol=1e-5, atol=1e-6, msg=name)
    assert parts["entropy"] > 0 and parts["value_error"] > 0


def test_a_minibatch_that_is_not_finite_is_skipped_and_counted() -> None:
    made, given = network(), batch()
    given.advantages[2, 5] = float("nan")
    report = ppo.update(made, adam(made), given, SETTINGS, seed=3)
    assert report["skipped"] == SETTINGS.epochs  # one of two minibatches in each epoch
    assert np.isfinite(pack(made)).all()
    assert pack(made).tobytes() != pack(network()).tobytes()
    assert all(np.isfinite(value) for value in report.values())


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_nothing_is_learned_from_nothing_finite(bad: float) -> None:
    made, given = network(), batch()
    given.targets[:] = bad
    report = ppo.update(made, adam(made), given, SETTINGS, seed=3)
    assert report["skipped"] == SETTINGS.epochs * SETTINGS.minibatches
    assert pack(made).tobytes() == pack(network()).tobytes()


def test_the_order_depends_on_the_seed_only() -> None:
    def after(seed: int, global_seed: int) -> bytes:
        torch.manual_seed(global_seed)
        made = network()
        ppo.update(made, adam(made), batch(), SETTINGS, seed)
        return pack(made).tobytes()

    assert after(1, 1) == after(1, 2)
    assert after(1, 1) != after(2, 1)


def test_each_epoch_visits_every_lane_once(monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[list[int]] = []

    def noting(made: ActorCritic, of: Batch, lanes: Tensor, *more: object) -> object:
        visits.append(lanes.tolist())
        return loss(made, of, lanes, *more)

    loss = ppo.loss
    monkeypatch.setattr(ppo, "loss", noting)
    made = network()
    ppo.update(made, adam(made), batch(), SETTINGS, 1)
    assert [len(lanes) for lanes in visits] == [L // 2] * 4
    for epoch in (0, 2):
        assert sorted(visits[epoch] + visits[epoch + 1]) == list(range(L))


def test_a_step_is_no_longer_than_the_settings_allow() -> None:
    short = replace(SETTINGS, max_grad_norm=1e-4, epochs=1, minibatches=1)
    made = network()
    before = pack(made).copy()
    ppo.update(made, torch.optim.SGD(made.parameters(), lr=1.0), batch(), short, 1)
    assert np.linalg.norm(pack(made) - before) == pytest.approx(1e-4, rel=1e-2)
