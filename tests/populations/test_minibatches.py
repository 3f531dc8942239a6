"""Steps after a lane's end are not computed, and nothing that is learned shows it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from configs.schema import Learner
from populations import ppo
from populations.encoders import Flags, Numbers
from populations.losses import LOSSES, Prepared
from populations.minibatches import Batch, choose, lengths_of
from populations.networks import ActorCritic, initialise, pack
from populations.rollout import Trajectory

T, L, D, A = 12, 8, 11, 3
SETTINGS = Learner(hidden=8, minibatches=2, epochs=2, clip=0.2, entropy_weight=0.03)


def network(memory: str = "gru", numbers: bool = False) -> ActorCritic:
    encoder = Numbers(np.full(D, 2, np.int64), 8) if numbers else Flags(D, 8)
    made = ActorCritic(encoder, A, 8, memory=memory)
    initialise(made, 1)
    with torch.no_grad():
        made.output["policy"].weight.mul_(60)  # far from uniform, so that every term counts
    return made


def trajectory(lengths: np.ndarray) -> Trajectory:
    draw = np.random.default_rng(0)
    lived = np.arange(T)[:, None] < lengths
    return Trajectory(
        observations=draw.integers(0, 2, (T, L, D), dtype=np.uint8),
        actions=draw.integers(0, A, (T, L)),
        log_probs=np.log(draw.uniform(0.1, 0.9, (T, L))).astype(np.float32),
        values=draw.normal(size=(T, L)).astype(np.float32),
        rewards=draw.normal(size=(T, L)).astype(np.float32),
        ends=(np.arange(T)[:, None] == lengths - 1).astype(np.uint8),
        lived=lived,
        seats=np.arange(L),
    )


def batch(lengths: list[int]) -> Batch:
    given = trajectory(np.array(lengths))
    return ppo.prepare(given, ppo.advantages(given, 0.9, 0.8))


MIXED = [3, 12, 1, 7, 7, 2, 1, 10]


@pytest.mark.parametrize("numbers", [False, True])
def test_loss_and_gradients_are_those_of_the_masked_rectangle(numbers: bool) -> None:
    packed = batch(MIXED)
    assert packed.lengths is not None
    taught = torch.softmax(torch.randn(T, L, A, generator=torch.Generator().manual_seed(1)), -1)
    packed = replace(packed, terms=[Prepared("distil", 0.7, LOSSES["distil"], taught)])
    found, expected = network(numbers=numbers), network(numbers=numbers)
    lanes = torch.tensor([6, 1, 3, 0])
    one, parts = ppo.loss(found, packed, lanes, SETTINGS)
    two, others = ppo.loss(expected, replace(packed, lengths=None), lanes, SETTINGS)
    assert one.item() == pytest.approx(two.item(), abs=1e-6)
    assert set(parts) == {"value_error", "entropy", "distil"}
    for name, value in parts.items():
        assert value.item() == pytest.approx(others[name].item(), abs=1e-5), name
    one.backward()
    two.backward()
    pairs = zip(found.named_parameters(), expected.parameters(), strict=True)
    for (name, ours), theirs in pairs:
        assert theirs.grad.abs().max() > 1e-4, name
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-5, atol=1e-6, msg=name)


def test_only_steps_that_were_lived_are_computed_longest_lanes_first() -> None:
    packed, lanes = batch(MIXED), torch.tensor([6, 1, 3, 0])
    chosen = choose(packed, lanes, packs=True)
    assert chosen.lanes.tolist() == [1, 3, 0, 6]
    assert chosen.counts == (4, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1)
    actions = [
        packed.actions[t, lane] for t in range(T) for lane in (1, 3, 0, 6) if t < MIXED[lane]
    ]
    assert chosen.of(packed.actions).tolist() == actions
    assert chosen.of(packed.observations).shape == (sum(MIXED[i] for i in lanes), D)


def test_networks_that_read_whole_rectangles_learn_the_same_from_a_batch_with_lengths() -> None:
    packed, made = batch(MIXED), network("s5")
    lanes = torch.arange(L)
    assert not made.packs
    one, _ = ppo.loss(made, packed, lanes, SETTINGS)
    two, _ = ppo.loss(made, replace(packed, lengths=None), lanes, SETTINGS)
    assert one.item() == two.item()


def test_whole_episodes_are_a_rectangle() -> None:
    whole = batch([T] * L)
    assert whole.lived is None and whole.lengths is None
    assert choose(whole, torch.arange(L), packs=True).counts is None


def test_bodies_that_come_back_or_never_were_there_keep_the_rectangle() -> None:
    lived = np.ones((T, L), bool)
    lived[5:, 2] = False
    lengths = lengths_of(lived)
    assert lengths is not None and lengths.tolist() == [T, T, 5, *[T] * 5]
    lived[7, 2] = True
    assert lengths_of(lived) is None
    lived[:, 2] = False
    assert lengths_of(lived) is None


def test_updates_end_with_the_weights_of_masked_rectangles() -> None:
    given, weights = batch(MIXED), []
    for each in (given, replace(given, lengths=None)):
        made = network()
        report = ppo.update(made, torch.optim.Adam(made.parameters(), lr=1e-3), each, SETTINGS, 3)
        assert report["skipped"] == 0
        weights.append(pack(made))
    assert np.abs(weights[0] - pack(network())).max() > 1e-3
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-5)
