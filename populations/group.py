"""One group of members as an RLlib `Algorithm`, for Ray Tune: the rollout and the update are the population's own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from ray.rllib.algorithms.algorithm_config import NotProvided
from ray.rllib.algorithms.ppo import PPO, PPOConfig
from ray.rllib.core import COMPONENT_RL_MODULE
from ray.rllib.core.rl_module.multi_rl_module import MultiRLModule, MultiRLModuleSpec
from ray.rllib.env.env_runner import EnvRunner
from ray.rllib.utils.checkpoints import Checkpointable
from ray.rllib.utils.metrics import (
    ENV_RUNNER_RESULTS,
    ENV_RUNNER_SAMPLING_TIMER,
    LEARNER_RESULTS,
    LEARNER_UPDATE_TIMER,
    SYNCH_WORKER_WEIGHTS_TIMER,
    TIMERS,
)
from ray.rllib.utils.metrics.metrics_logger import MetricsLogger
from safetensors.numpy import save_file

from configs.rules import BLOCK
from configs.schema import Learner
from populations import ppo, quarantine
from populations.learner import MemberLearner, module_spec
from populations.member import Member, born, card, tensors
from populations.networks import pack
from populations.rollout import Played, Ticket, Trajectory, join, roll
from populations.rosters import ALL_LEARN, Cast, draw
from populations.units import family_of, one_thread
from worlds import formats, rng
from worlds.family import Family

# What RLlib's settings are called in the section `learner` of our experiments.
NAMES = {
    "lr": "learning_rate",
    "gamma": "gamma",
    "lambda_": "gae_lambda",
    "clip_param": "clip",
    "vf_loss_coeff": "value_weight",
    "entropy_coeff": "entropy_weight",
    "num_epochs": "epochs",
    "grad_clip": "max_grad_norm",
}
LIFETIME = "num_env_steps_sampled_lifetime"
TRAINED = "num_module_steps_trained_lifetime"


class GroupConfig(PPOConfig):
    """Settings of a `Group`: RLlib's own names where it has one, with the defaults of our experiments."""

    def __init__(self, algo_class: type | None = None) -> None:
        super().__init__(algo_class=algo_class or Group)
        self.world_name, self.world_settings = "goal_sequence", dict[str, Any]()
        self.members, self.worlds, self.roster = 4, 256, "self_play"
        self.member_settings = dict[str, Any]()
        self.framework("torch").debugging(seed=0, log_level="ERROR")
        self.env_runners(env_runner_cls=WorldRunner, num_env_runners=0)
        self.learners(num_learners=0, num_gpus_per_learner=0)
        ours = Learner()
        self.training(
            learner_class=MemberLearner,
            **{theirs: getattr(ours, name) for theirs, name in NAMES.items()},
        )

    def world(self, name: str, **settings: Any) -> GroupConfig:
        """The family of worlds and its settings, as in `worlds.make`."""
        self.world_name, self.world_settings = name, settings
        return self

    def population(
        self,
        members: int = NotProvided,
        worlds: int = NotProvided,
        roster: str = NotProvided,
        **learner: Any,
    ) -> GroupConfig:
        """Members of the group, the worlds of each, a multiple of 32, and who fills the seats beside a
        member: itself (`self_play`) or the others (`population`).

        Further settings are those of `learner` in docs/configuration.md that RLlib has no name for,
        as `hidden` and `minibatches`.
        """
        given = {"members": members, "worlds": worlds, "roster": roster}
        for name, value in given.items():
            if value is not NotProvided:
                setattr(self, name, value)
        self.member_settings = {**self.member_settings, **learner}
        return self

    @property
    def names(self) -> list[str]:
        """The members' names, which are their RLModules' ids."""
        return [f"member_{index}" for index in range(self.members)]

    def family(self) -> Family:
        """The family of worlds, built once per process; raises ValueError for one that there is not."""
        return family_of(self.world_name, tuple(sorted(self.world_settings.items())))

    def learner_settings(self) -> Learner:
        """The section `learner` of an experiment that learns like this."""
        told = {name: getattr(self, theirs) for theirs, name in NAMES.items()}
        return Learner(**told, **self.member_settings)

    def get_multi_rl_module_spec(self, **given: Any) -> MultiRLModuleSpec:
        """An RLModule for each member, whatever RLlib knows of agents and spaces."""
        spec = module_spec(self.family(), self.learner_settings())
        return MultiRLModuleSpec(rl_module_specs=dict.fromkeys(self.names, spec))

    def validate(self) -> None:
        """Raises ValueError naming a setting that a group does not have, or that is out of range.

        RLlib's checks of batch sizes count other things than whole episodes, so they are left out.
        """
        super(PPOConfig, self).validate()
        known = {field.name for field in fields(Learner)} - set(NAMES.values())
        if unknown := set(self.member_settings) - known:
            raise ValueError(
                f"population() has no {sorted(unknown)[0]}; allowed are {', '.join(sorted(known))}"
            )
        if self.roster not in ALL_LEARN:
            raise ValueError(f"roster is {self.roster!r}, allowed are {', '.join(ALL_LEARN)}")
        if self.members < 1 or (self.roster == "population" and self.members < 2):
            raise ValueError(f"members is {self.members}, too few for roster {self.roster}")
        if self.worlds < BLOCK or self.worlds % BLOCK:
            raise ValueError(f"worlds is {self.worlds}, allowed are multiples of {BLOCK}")
        for name in ("num_learners", "num_env_runners", "evaluation_interval"):
            if getattr(self, name):
                raise ValueError(
                    f"{name} is {getattr(self, name)}; a Group works in one process: write 0"
                )
        if not isinstance(self.lr, float | int) or not isinstance(self.entropy_coeff, float | int):
            raise ValueError("lr and entropy_coeff are numbers; for schedules use Tune")


class WorldRunner(EnvRunner, Checkpointable):
    """RLlib's view of a rollout: whole episodes of a round of tickets, one for each member."""

    config: GroupConfig
    num_env_steps_sampled_lifetime: int

    def __init__(self, *, config: GroupConfig, **kwargs: Any) -> None:
        super().__init__(config=config, **kwargs)
        self.rounds = 0  # played so far; keys descend from it
        self.make_env()
        self.make_module()

    def make_env(self) -> None:
        self.family = self.config.family()

    def make_module(self) -> None:
        self.module: MultiRLModule = self.config.get_multi_rl_module_spec().build()

    def sample(self, **kwargs: Any) -> dict[str, list[Trajectory]]:
        """What each member lived through in this round, by name: in its own worlds, then in those of others."""
        networks = [self.module[name].network for name in self.config.names]
        asked = tickets(self.config, self.rounds)
        played = [roll(self.family, ticket, networks) for ticket in asked]
        self.rounds += 1
        self._log(played)
        lived: dict[str, list[Trajectory]] = {name: [] for name in self.config.names}
        for home, (ticket, each) in enumerate(zip(asked, played, strict=True)):
            for member, trajectory in zip(ticket.learning, each.trajectories, strict=True):
                mine = lived[self.config.names[member]]
                mine.insert(0 if member == home else len(mine), trajectory)
        return lived

    def get_metrics(self) -> Any:
        return self.metrics.reduce()

    def get_spaces(self) -> dict[str, tuple[Any, Any]]:
        return {
            name: (self.module[name].observation_space, self.module[name].action_space)
            for name in self.config.names
        }

    def assert_healthy(self) -> None:
        assert self.family and self.module, "a WorldRunner needs make_env() and make_module()"

    def get_state(
        self,
        components: str | Collection[str] | None = None,
        *,
        not_components: str | Collection[str] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        state: dict[str, Any] = {
            "rounds": self.rounds,
            LIFETIME: self.num_env_steps_sampled_lifetime,
        }
        if self._check_component(COMPONENT_RL_MODULE, components, not_components):
            state[COMPONENT_RL_MODULE] = self.module.get_state(**kwargs)
        return state

    def set_state(self, state: dict[str, Any]) -> None:
        self.rounds = state.get("rounds", self.rounds)
        self.num_env_steps_sampled_lifetime = state.get(
            LIFETIME, self.num_env_steps_sampled_lifetime
        )
        if COMPONENT_RL_MODULE in state:
            self.module.set_state(state[COMPONENT_RL_MODULE])

    def get_ctor_args_and_kwargs(self) -> tuple[tuple, dict[str, Any]]:
        return (), {"config": self.config}

    def get_checkpointable_components(self) -> list[tuple[str, Checkpointable]]:
        return [(COMPONENT_RL_MODULE, self.module)]

    def _log(self, played: list[Played]) -> None:
        """As RLlib counts: an episode's return is that of all its agents together."""
        returns = np.stack([each.returns for each in played])  # [P, B, N]
        for reduce in ("mean", "min", "max"):
            found = float(getattr(returns.sum(-1), reduce)())
            self.metrics.log_value(f"episode_return_{reduce}", found, window=1)
        for name, own in zip(self.config.names, returns[..., 0].mean(-1), strict=True):
            self.metrics.log_value(("module_episode_return_mean", name), float(own), window=1)
        episodes = returns[..., 0].size
        steps = episodes * self.family.horizon
        self.num_env_steps_sampled_lifetime += steps
        self.metrics.log_value("num_episodes", episodes, reduce="sum")
        self.metrics.log_value("num_env_steps_sampled", steps, reduce="sum")
        self.metrics.log_value(LIFETIME, steps, reduce="lifetime_sum")


class Group(PPO):
    """Members that learn side by side in one process, as an RLlib `Algorithm`.

    An iteration is a round: whole episodes of new tasks for every member, then one PPO update of each
    from all that it lived through. All chance descends from `debugging(seed=...)`.
    """

    config: GroupConfig

    @classmethod
    def get_default_config(cls) -> GroupConfig:
        return GroupConfig()

    def setup(self, config: GroupConfig) -> None:
        one_thread()
        super().setup(config)
        for name in self.config.names:
            self._learner.load_member(newborn(self.config, name), name)
        self._publish()

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Begins anew with other settings in the same process, for `TuneConfig(reuse_actors=True)`."""
        self.cleanup()
        self.config = self.get_default_config().update_from_dict(new_config)
        self.config.validate()
        self.config.freeze()
        self.metrics = MetricsLogger(root=True, stats_cls_lookup=self.config.stats_cls_lookup)
        self.setup(self.config)
        return True

    def training_step(self) -> None:
        """One round.

        Raises RuntimeError if a member lived no step in it, FloatingPointError if learning breaks down.
        """
        number = self.env_runner.rounds
        with self.metrics.log_time((TIMERS, ENV_RUNNER_SAMPLING_TIMER)):
            lived = self.env_runner.sample()
            self.metrics.aggregate([self.env_runner.get_metrics()], key=ENV_RUNNER_RESULTS)
        if not all(any(each.lived.any() for each in mine) for mine in lived.values()):
            raise RuntimeError(f"round {number} has no samples: a member lived no step in it")
        with self.metrics.log_time((TIMERS, LEARNER_UPDATE_TIMER)):
            for index, (name, mine) in enumerate(lived.items()):
                self._learn(name, mine, key_of(self.config, number, index))
        with self.metrics.log_time((TIMERS, SYNCH_WORKER_WEIGHTS_TIMER)):
            self._publish()

    def export_members(self, folder: Path | str) -> list[Path]:
        """Writes NAME.safetensors and NAME.json of every member, as runs have them; -> the JSON files.

        They hold numbers and text only; RLlib's own checkpoints, which Tune makes, run code on loading.
        """
        family, settings = self.config.family(), self.config.learner_settings()
        Path(folder).mkdir(parents=True, exist_ok=True)
        cards = [Path(folder) / f"{name}.json" for name in self.config.names]
        for path in cards:
            member = self.member(path.stem)
            save_file(tensors(member, family, settings), path.with_suffix(".safetensors"))
            about = card(member, family, settings, generation=0, frozen=True)
            path.write_bytes(formats.to_json(about, indent=1))
        return cards

    def member(self, name: str) -> Member:
        """The member of this name as it is now."""
        lived = int(self.metrics.peek((LEARNER_RESULTS, name, TRAINED), default=0))
        return self._learner.saved_member(newborn(self.config, name), lived, name)

    @property
    def _learner(self) -> MemberLearner:
        (here,) = self.learner_group.foreach_learner(lambda learner: learner)
        return here.get()

    def _learn(self, name: str, mine: list[Trajectory], key: int) -> None:
        settings, trajectory = self.config.learner_settings(), join(mine)
        estimates = ppo.advantages(trajectory, settings.gamma, settings.gae_lambda)
        report = self._learner.update(
            ppo.prepare(trajectory, estimates),
            settings=settings,
            learning_rate=settings.learning_rate,
            seed=rng.seed(rng.key(key, "minibatches")),
            module_id=name,
        )
        weights = pack(self._learner.module[name].network)
        sound = report["skipped"] <= quarantine.SKIPS and np.isfinite(weights).all()
        if quarantine.fault(mine) or not sound:
            raise FloatingPointError(f"{name}: learning broke down; lower lr ({self.config.lr:g})")
        for part, value in report.items():
            self.metrics.log_value((LEARNER_RESULTS, name, part), value, window=1)
        steps = int(trajectory.lived.sum())
        self.metrics.log_value((LEARNER_RESULTS, name, TRAINED), steps, reduce="lifetime_sum")

    def _publish(self) -> None:
        """The learner's weights for the next round."""
        self.env_runner_group.sync_weights(from_worker_or_learner_group=self.learner_group)


def newborn(config: GroupConfig, name: str) -> Member:
    """A member of the group as it is at birth."""
    key = rng.key(config.seed, "group", "born", name)
    return born(name, config.family(), config.learner_settings(), key)


def key_of(config: GroupConfig, number: int, index: int) -> int:
    """What all chance of member `index` in a round descends from."""
    return rng.key(config.seed, "group", number, index)


def tickets(config: GroupConfig, number: int) -> list[Ticket]:
    """What is played in a round: worlds of each member's own, beside whom the roster says."""
    family, blocks = config.family(), config.worlds // BLOCK
    key = rng.key(config.seed, "group", number, "roster")
    seats = draw(key, config.roster, Cast(config.members), blocks, family.num_agents)
    return [
        Ticket(
            key=key_of(config, number, index),
            rows=family.space.sample(
                rng.key(key_of(config, number, index), "tasks"), config.worlds
            ),
            roster=np.repeat(seats[index], BLOCK, 0),
            visibility=np.ones(family.trials),
            learning=tuple(int(member) for member in np.unique(seats[index])),
        )
        for index in range(config.members)
    ]
