"""RLlib as it comes, for `training.py` to measure against: PPO over the PettingZoo face with our network.

It is given the cheaper choice wherever there is one: a learner in the driver, no KL loss, no checks
of the environment, one pass of `nn.GRU` per minibatch from which the values are taken too, and
sequences that hold the artificial step which RLlib adds to each episode (20 + 1), since at 20 every
episode would be padded to two sequences.
"""

from __future__ import annotations

import logging
from typing import Any

import torch
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
from ray.rllib.utils.metrics import ENV_RUNNER_RESULTS, NUM_ENV_STEPS_SAMPLED_LIFETIME
from ray.tune.registry import register_env

from configs.schema import Settings
from populations.learner import MemberModule
from populations.member import network_for
from worlds.family import Family, make
from worlds.parallel_env import parallel_env

POLICY = "shared"
RUNNERS = 2


class StockModule(MemberModule):
    """The member's network without what only our own learner needs; batches are [L, T, D]."""

    def _forward(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """One step of play: nothing but logits and memory, for RLlib stores whatever is returned."""
        state = batch[Columns.STATE_IN]["h"]
        logits, _, state = self.network.step(batch[Columns.OBS][:, 0], state)
        return {Columns.ACTION_DIST_INPUTS: logits[:, None], Columns.STATE_OUT: {"h": state}}

    def _forward_train(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        logits, values = self.network.sequence(
            batch[Columns.OBS].transpose(0, 1), batch[Columns.STATE_IN]["h"]
        )
        return {
            Columns.ACTION_DIST_INPUTS: logits.transpose(0, 1),
            Columns.EMBEDDINGS: values.transpose(0, 1),
        }

    def compute_values(self, batch: dict[str, Any], embeddings: Any = None) -> torch.Tensor:
        """[L, T]; the loss hands back what `_forward_train` found."""
        return super().compute_values(batch) if embeddings is None else embeddings


class Stock:
    """One PPO Algorithm with two env runners of `worlds` worlds each, on the Ray that this process has started."""

    def __init__(self, settings: Settings, family: Family, worlds: int) -> None:
        for name in ("ray.rllib", "ray.tune"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self.agents = family.num_agents
        learner = settings.learner
        episode = family.horizon + 1  # with the artificial last step
        lanes = settings.population.worlds  # episodes in a batch, as many as our members learn from
        name, arguments = family.name, dict(family.settings)
        register_env(name, lambda _: ParallelPettingZooEnv(parallel_env(name, **arguments)))
        module = RLModuleSpec(
            module_class=StockModule,
            model_config={
                "make": lambda: network_for(make(name, **arguments), learner),
                "max_seq_len": episode,
            },
        )
        config = (
            PPOConfig()
            .environment(name, disable_env_checking=True)
            .env_runners(num_env_runners=RUNNERS, num_envs_per_env_runner=worlds)
            .learners(num_learners=0, num_gpus_per_learner=0)
            .multi_agent(policies={POLICY}, policy_mapping_fn=lambda *_, **__: POLICY)
            .rl_module(rl_module_spec=module)
            .training(
                lr=learner.learning_rate,
                gamma=learner.gamma,
                lambda_=learner.gae_lambda,
                clip_param=learner.clip,
                vf_loss_coeff=learner.value_weight,
                entropy_coeff=learner.entropy_weight,
                use_kl_loss=False,
                grad_clip=learner.max_grad_norm,
                grad_clip_by="global_norm",
                num_epochs=learner.epochs,
                # counted in steps of worlds, of which each gives one episode to every agent
                train_batch_size_per_learner=lanes * family.horizon // self.agents,
                # counted in agent-steps, with the artificial ones
                minibatch_size=lanes * episode // learner.minibatches,
            )
            .debugging(log_level="ERROR")
        )
        self.algorithm = config.build_algo()
        self.sampled = 0

    def learn(self, iterations: int) -> int:
        """`iterations` rounds of sampling and learning; -> agent-steps learned from, of both agents."""
        before = self.sampled
        for _ in range(iterations):
            results = self.algorithm.train()
            sampled = int(results[ENV_RUNNER_RESULTS][NUM_ENV_STEPS_SAMPLED_LIFETIME])
            if sampled <= self.sampled:
                raise RuntimeError(
                    "RLlib's train() returned without new steps; see Ray's worker logs"
                )
            self.sampled = sampled
        return (self.sampled - before) * self.agents

    def close(self) -> None:
        self.algorithm.stop()
