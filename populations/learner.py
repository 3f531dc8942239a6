"""RLlib's face of learning: the only file that knows RLlib's Learner and RLModule.

The Learner is built without an Algorithm, which starts no Ray; it owns the module and the optimiser,
and `ppo.py` does the arithmetic.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import gymnasium
import numpy as np
import torch
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.columns import Columns
from ray.rllib.core.learner.torch.torch_learner import TorchLearner
from ray.rllib.core.rl_module.apis import ValueFunctionAPI
from ray.rllib.core.rl_module.multi_rl_module import MultiRLModuleSpec
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.core.rl_module.torch.torch_rl_module import TorchRLModule

from configs.schema import Learner as LearnerSettings
from populations import ppo, quarantine
from populations.member import Member, network_for
from populations.minibatches import Batch
from populations.networks import ActorCritic, pack, unpack
from worlds.family import Family

for _name in ("ray", "ray.rllib", "ray._common.deprecation"):
    logging.getLogger(_name).setLevel(logging.ERROR)

MODULE = "member"
ADAM_EPSILON = 1e-5  # Cook 2024, paper and code


class MemberModule(TorchRLModule, ValueFunctionAPI):
    """An `ActorCritic` as an RLModule. Batches are [L, T, D] as in RLlib, with the memory in STATE_IN.

    `make` in its model_config gives the network.
    """

    def setup(self) -> None:
        self.network: ActorCritic = self.model_config["make"]()

    def get_initial_state(self) -> dict[str, np.ndarray]:
        return {"h": self.network.start(1)[0].numpy()}

    def _forward(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        observations = batch[Columns.OBS].transpose(0, 1)
        states, logits, values = batch[Columns.STATE_IN]["h"], [], []
        for moment in observations:
            logit, value, states = self.network.step(moment, states)
            logits.append(logit)
            values.append(value)
        return {
            Columns.ACTION_DIST_INPUTS: torch.stack(logits, 1),
            Columns.VF_PREDS: torch.stack(values, 1),
            Columns.STATE_OUT: {"h": states},
        }

    def compute_values(self, batch: dict[str, Any], embeddings: Any = None) -> torch.Tensor:
        return self.network.sequence(
            batch[Columns.OBS].transpose(0, 1), batch[Columns.STATE_IN]["h"]
        )[1].transpose(0, 1)


class MemberLearner(TorchLearner):
    """Our minibatch loop on the module and the optimiser that RLlib's Learner owns.

    RLlib's own loop visits every module's optimiser at each minibatch and cuts recurrent batches. One
    process learns alone here; more RLlib learners are refused, as their replicas would drift apart
    without notice.
    """

    def build(self) -> None:
        if self.config.num_learners > 1:
            raise ValueError(
                f"num_learners is {self.config.num_learners}; members are learned by one learner each"
            )
        super().build()

    def configure_optimizers_for_module(self, module_id: str, config: Any = None) -> None:
        parameters = list(self.module[module_id].parameters())
        optimiser = torch.optim.Adam(parameters, lr=self.config.lr, eps=ADAM_EPSILON, fused=True)
        self.register_optimizer(module_id=module_id, optimizer=optimiser, params=parameters)

    def compute_loss_for_module(self, **kwargs: Any) -> Any:
        raise RuntimeError(
            "MemberLearner learns through `update`; RLlib's per-minibatch hooks are not used"
        )

    def update(
        self,
        batch: Batch,
        *,
        settings: LearnerSettings,
        learning_rate: float,
        seed: int,
        module_id: str = MODULE,
    ) -> dict[str, float]:
        """Learn from one iteration's batch of one member; returns means of loss parts."""
        optimiser = self.get_optimizer(module_id)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate
        network = self.module[module_id].network
        return ppo.update(network, optimiser, batch, settings, seed)

    def load_member(self, member: Member, module_id: str = MODULE) -> None:
        """Take over the member's weights and Adam's state, bit for bit."""
        network: ActorCritic = self.module[module_id].network
        unpack(network, member.weights)
        optimiser, offset = self.get_optimizer(module_id), 0
        for parameter in network.parameters():
            part = slice(offset, offset + parameter.numel())
            optimiser.state[parameter] = {
                "step": torch.tensor(float(member.updates)),
                "exp_avg": torch.from_numpy(member.exp_avg[part].copy()).view_as(parameter),
                "exp_avg_sq": torch.from_numpy(member.exp_avg_sq[part].copy()).view_as(parameter),
            }
            offset = part.stop

    def saved_member(self, member: Member, lived: int, module_id: str = MODULE) -> Member:
        """The member as it is after learning from `lived` more agent-steps."""
        network: ActorCritic = self.module[module_id].network
        optimiser = self.get_optimizer(module_id)
        states = [optimiser.state[parameter] for parameter in network.parameters()]
        return replace(
            member,
            weights=pack(network),
            exp_avg=torch.cat([state["exp_avg"].reshape(-1) for state in states]).numpy(),
            exp_avg_sq=torch.cat([state["exp_avg_sq"].reshape(-1) for state in states]).numpy(),
            updates=int(states[0]["step"]),
            lived=member.lived + lived,
        )


def module_spec(family: Family, settings: LearnerSettings) -> RLModuleSpec:
    """How RLlib makes the network of a member of this family."""
    return RLModuleSpec(
        module_class=MemberModule,
        observation_space=gymnasium.spaces.Box(0, family.cardinality - 1, dtype=np.uint8),
        action_space=gymnasium.spaces.Discrete(family.num_actions),
        model_config={"make": lambda: network_for(family, settings)},
    )


def build(family: Family, settings: LearnerSettings) -> MemberLearner:
    """A Learner for members of this family; starts no Ray."""
    config = PPOConfig().framework("torch").learners(num_learners=0, num_gpus_per_learner=0)
    config = config.training(lr=settings.learning_rate)
    learner = MemberLearner(
        config=config,
        module_spec=MultiRLModuleSpec(rl_module_specs={MODULE: module_spec(family, settings)}),
    )
    learner.build()
    return learner


def learn(
    learner: MemberLearner,
    member: Member,
    batch: Batch,
    settings: LearnerSettings,
    learning_rate: float,
    seed: int,
) -> tuple[Member, dict[str, float]]:
    """One PPO iteration of one member: -> (the member after it, means of the loss parts).

    Where learning broke down, the member is as it was before, in quarantine.
    """
    learner.load_member(member)
    report = learner.update(batch, settings=settings, learning_rate=learning_rate, seed=seed)
    return quarantine.after(member, learner.saved_member(member, batch.steps), report, settings)


__all__: Sequence[str] = ("MemberLearner", "MemberModule", "build", "learn", "module_spec")
