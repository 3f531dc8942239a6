"""RLlib's Learner learns one member exactly as our arithmetic says, and starts no Ray."""

from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import ray
import torch
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.multi_rl_module import MultiRLModuleSpec
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from safetensors.numpy import load, save

from populations import learner, ppo
from populations.member import Member, network_for
from populations.networks import pack, unpack
from tests.populations.small import FAMILY, LEARNER, WORLDS, member, network, played, ticket


@pytest.fixture(scope="module")
def built() -> learner.MemberLearner:
    return learner.build(FAMILY, LEARNER)


def batch(key: int = 1) -> ppo.Batch:
    lived = played(ticket(key)).trajectories[0]
    assert lived is not None
    return ppo.prepare(lived, ppo.advantages(lived, LEARNER.gamma, LEARNER.gae_lambda))


def learn(built: learner.MemberLearner, who: Member, seed: int = 1) -> Member:
    return learner.learn(built, who, batch(), LEARNER, 1e-3, seed)[0]


def same(one: Member, other: Member) -> bool:
    pairs = zip(one.arrays().values(), other.arrays().values(), strict=True)
    return one.facts() == other.facts() and all(a.tobytes() == b.tobytes() for a, b in pairs)


def test_a_learner_without_an_algorithm_starts_no_ray(built: learner.MemberLearner) -> None:
    learn(built, member())
    assert not ray.is_initialized()


def test_learning_counts_steps_and_changes_every_parameter(built: learner.MemberLearner) -> None:
    young = member()
    before = young.weights.copy()
    grown = learn(built, young)
    assert grown.updates == LEARNER.epochs * LEARNER.minibatches
    assert grown.lived == WORLDS * FAMILY.horizon
    assert (grown.weights != before).mean() > 0.5  # bytes that are never seen teach nothing
    np.testing.assert_array_equal(young.weights, before)


def test_learning_equals_plain_torch(built: learner.MemberLearner) -> None:
    plain = network(member())
    adam = torch.optim.Adam(plain.parameters(), lr=1e-3, eps=learner.ADAM_EPSILON, fused=True)
    ppo.update(plain, adam, batch(), LEARNER, seed=1)
    assert pack(plain).tobytes() == learn(built, member()).weights.tobytes()


def test_a_member_passes_through_a_learner_unchanged(built: learner.MemberLearner) -> None:
    grown = learn(built, member())
    learn(built, member("another"))
    built.load_member(grown)
    assert same(built.saved_member(grown, lived=0), grown)


def test_who_learned_before_leaves_no_trace(built: learner.MemberLearner) -> None:
    alone = learn(learner.build(FAMILY, LEARNER), member())
    learn(built, member("another"))
    assert same(learn(built, member()), alone)


def test_a_saved_member_takes_the_same_next_step_in_a_fresh_learner(
    built: learner.MemberLearner,
) -> None:
    grown = learn(built, member())
    expected = learn(built, grown, seed=2)
    restored = replace(grown, **load(save(grown.arrays())))
    assert same(learn(learner.build(FAMILY, LEARNER), restored, seed=2), expected)

    nothing = np.zeros_like(grown.weights)
    forgetful = replace(grown, exp_avg=nothing, exp_avg_sq=nothing, updates=0)
    assert np.abs(learn(built, forgetful, seed=2).weights - expected.weights).max() > 1e-4


def test_the_learning_rate_is_that_of_each_call(built: learner.MemberLearner) -> None:
    still, _ = learner.learn(built, member(), batch(), LEARNER, 0.0, 1)
    assert still.weights.tobytes() == member().weights.tobytes()
    assert still.updates > 0


def test_more_than_one_rllib_learner_is_refused() -> None:
    spec = RLModuleSpec(
        module_class=learner.MemberModule,
        observation_space=gymnasium.spaces.Box(0, 1, (FAMILY.observation_size,), np.uint8),
        action_space=gymnasium.spaces.Discrete(FAMILY.num_actions),
        model_config={"make": lambda: network_for(FAMILY, LEARNER)},
    )
    config = PPOConfig().framework("torch").learners(num_learners=2)
    modules = MultiRLModuleSpec(rl_module_specs={learner.MODULE: spec})
    with pytest.raises(ValueError, match="num_learners is 2"):
        learner.MemberLearner(config=config, module_spec=modules).build()


def test_the_module_says_what_the_network_says(built: learner.MemberLearner) -> None:
    module, plain = built.module[learner.MODULE], network(member("x"))
    unpack(module.network, member("x").weights)
    lived = played(ticket()).trajectories[0]
    assert lived is not None
    observations = torch.from_numpy(lived.observations)
    state = torch.randn(WORLDS, 32, generator=torch.Generator().manual_seed(1))
    given = {Columns.OBS: observations.transpose(0, 1), Columns.STATE_IN: {"h": state}}
    with torch.no_grad():
        logits, values = plain.sequence(observations, state)
        said = module.forward_inference(given)
        torch.testing.assert_close(
            said[Columns.ACTION_DIST_INPUTS], logits.transpose(0, 1), rtol=1e-5, atol=1e-6
        )
        torch.testing.assert_close(
            said[Columns.VF_PREDS], values.transpose(0, 1), rtol=1e-5, atol=1e-6
        )
        torch.testing.assert_close(module.compute_values(given), values.transpose(0, 1))
        _, _, following = plain.step(observations[0], state)
    first = {Columns.OBS: given[Columns.OBS][:, :1], Columns.STATE_IN: {"h": state}}
    with torch.no_grad():
        torch.testing.assert_close(module.forward_inference(first)["state_out"]["h"], following)
    assert module.get_initial_state()["h"].shape == (32,)
