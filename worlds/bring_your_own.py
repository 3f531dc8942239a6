"""Any PettingZoo `ParallelEnv` as a family of worlds: the slow path, B copies behind the same interface."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pettingzoo
from pettingzoo import ParallelEnv

from worlds.family import EPISODE_ENDED, NO_ACTION, TRIAL_ENDED, TaskSpace, layout_of
from worlds.family import version as family_version
from worlds.foreign_spaces import Sight, moves
from worlds.seeds import SeedSpace, seeds

MOST_REWARD = 32.767  # rewards are int16 thousandths


class ForeignState:
    """B environments and what became of them; they themselves keep the rest of their state."""

    def __init__(self, family: BringYourOwn, num_worlds: int) -> None:
        agents = family.num_agents
        self.num_worlds = num_worlds
        self.worlds_of = [family.make_env() for _ in range(num_worlds)]
        self.rows = np.zeros((num_worlds, family.space.width), np.int16)
        self.observations = np.zeros((num_worlds, agents, family.observation_size), np.uint8)
        self.rewards = np.zeros((num_worlds, agents), np.int16)
        self.ends = np.zeros(num_worlds, np.uint8)
        self.trial_returns = np.zeros((num_worlds, agents, 1), np.int32)
        self.trial = np.zeros(num_worlds, np.int16)
        self.over = np.zeros(num_worlds, np.uint8)
        self.steps = 0
        self.visible = np.ones(num_worlds, np.uint8)  # not read: what is seen is the maker's choice
        self.worlds = np.arange(num_worlds, dtype=np.uint64)
        self.penalty = 0  # not read


class BringYourOwn:
    """The worlds that `make_env` makes, each reset with its task, a seed.

    An episode ends when all agents have left, by termination or truncation, or after `trial_length`
    steps; rewards are multiplied by `reward_scale`. Observations are described in `Sight`. Their part
    `body` says whether an agent is there, and which one it is, so that one member can play them all.
    An agent that nobody moves takes action 0. One that has fewer actions than others takes its last
    for those it lacks. There is no oracle, and nobody can be hidden from anybody.

    Equal seeds must give equal episodes, whatever was played before: `worlds.check.check(make_env)`
    says whether they do. Raises ValueError naming agent and space for what cannot be brought here.
    """

    name = "bring_your_own"
    version = family_version("bring_your_own")
    trials = 1
    knowing, has_oracle = False, False
    by_position: np.ndarray | None = None

    def __init__(
        self,
        make_env: Callable[[], ParallelEnv],
        trial_length: int,
        reward_scale: float,
        bound: float,
        settings: dict[str, Any],
    ) -> None:
        self.make_env, self.settings = make_env, settings
        self.horizon, self.reward_scale = trial_length, reward_scale
        world = make_env()
        self.agents = list(getattr(world, "possible_agents", []))
        if not self.agents:
            raise ValueError(f"{world} has no possible_agents, which say how many there may be")
        self.num_agents = len(self.agents)
        self.turns: tuple[tuple[int, ...], ...] = (tuple(range(self.num_agents)),)
        self._number = {agent: number for number, agent in enumerate(self.agents)}
        self._sights = [
            Sight(agent, world.observation_space(agent), bound) for agent in self.agents
        ]
        self._moves = [moves(agent, world.action_space(agent)) for agent in self.agents]
        self.num_actions = max(count for count, _ in self._moves)
        self.action_names = tuple(f"action {number}" for number in range(self.num_actions))
        cardinality = _largest([sight.cardinality for sight in self._sights])
        body = {"body": np.full(1 + self.num_agents, 2)}
        self.layout = layout_of({name: part.shape for name, part in (body | cardinality).items()})
        flat = [part.reshape(-1) for part in (body | cardinality).values()]
        self.cardinality = np.concatenate(flat).astype(np.uint8)
        self.observation_size = len(self.cardinality)
        self.social = np.zeros(self.observation_size, bool)
        self.space: TaskSpace = SeedSpace(settings.get("env") or str(world), trial_length)

    def state(self, num_worlds: int) -> ForeignState:
        """Fresh environments, so that nothing of what was played before can matter."""
        return ForeignState(self, num_worlds)

    def reset(self, state: ForeignState, rows: np.ndarray) -> None:
        """Starts an episode of task `rows[i]`, int16 `[B, 2]`, in every environment i."""
        state.rows[:] = rows
        for array in (state.trial_returns, state.over, state.observations):
            array[:] = 0
        state.steps = 0
        for index, seed in enumerate(seeds(state.rows)):
            observations, _ = state.worlds_of[index].reset(seed=int(seed))
            self._see(state, index, observations)

    def step(self, state: ForeignState, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Moves all agents; actions int8 `[B, N]`. -> rewards int16 `[B, N]` thousandths, ends uint8 `[B]`."""
        state.rewards[:], state.ends[:] = 0, 0
        state.steps += 1
        for index in np.flatnonzero(state.over == 0):
            world = state.worlds_of[index]
            chosen = {
                agent: self._action(self._number[agent], int(actions[index, self._number[agent]]))
                for agent in world.agents
            }
            observations, rewards, *_ = world.step(chosen)
            for agent, reward in rewards.items():
                state.rewards[index, self._number[agent]] = self._thousandths(agent, reward)
            self._see(state, int(index), observations)
            if not world.agents or state.steps == self.horizon:
                state.over[index], state.ends[index] = 1, TRIAL_ENDED | EPISODE_ENDED
        state.trial_returns[:, :, 0] += state.rewards
        return state.rewards, state.ends

    def observe(self, state: ForeignState, out: np.ndarray) -> None:
        """Writes what every agent sees into `out`, uint8 `[B, N, D]`: all 0 for one that is not there."""
        out[:] = state.observations

    def oracle(self, state: ForeignState, agent: int, key: int, noise: float = 0.0) -> np.ndarray:
        """There is none: raises ValueError."""
        raise ValueError(f"{self.name} has no oracle: nobody here knows other people's worlds")

    def oracle_returns(self, rows: np.ndarray, noise: float = 0.0) -> np.ndarray:
        """There is no oracle: raises ValueError."""
        raise ValueError(f"{self.name} has no oracle: nobody here knows other people's worlds")

    def yardsticks(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Nothing is known of what can be earned at best."""
        return {}

    def bytes_of(self, state: ForeignState, index: int) -> bytes:
        """What is known of world `index`: its task, what its agents see, and their returns so far."""
        known = (state.rows, state.observations, state.over, state.trial_returns.astype("<i4"))
        return b"".join(array[index].tobytes() for array in known)

    def progress(self, state: ForeignState) -> np.ndarray:
        """float32 `[B, N]`: nothing is known of how far agents have come, so 0."""
        return np.zeros((state.num_worlds, self.num_agents), np.float32)

    def scene(self, state: ForeignState, index: int) -> Any:
        """Raises ValueError: the environment itself can be rendered."""
        raise ValueError(f"{self.name} draws no pictures: use the environment's own render()")

    def view_scene(self, observation: np.ndarray) -> Any:
        """Raises ValueError, as `scene`."""
        raise ValueError(f"{self.name} draws no pictures: use the environment's own render()")

    def text(self, state: ForeignState, index: int) -> str:
        """One world as a line: its task and returns."""
        returns = state.trial_returns[index, :, 0] / 1000
        return f"{self.space.describe(state.rows[index])} Returns {returns.tolist()}."

    def _see(self, state: ForeignState, index: int, observations: dict[str, Any]) -> None:
        """Agents that have left see nothing."""
        world, seen = state.worlds_of[index], state.observations[index]
        seen[:] = 0
        for agent in world.agents:
            number = self._number[agent]
            seen[number, 0] = seen[number, 1 + number] = 1
            for part, codes in self._sights[number].parts(observations[agent]).items():
                start = self.layout[part][0].start
                seen[number, start : start + codes.size] = codes.reshape(-1)

    def _action(self, number: int, action: int) -> Any:
        count, own = self._moves[number]
        return own(0 if action == NO_ACTION else min(action, count - 1))

    def _thousandths(self, agent: str, reward: float) -> int:
        scaled = float(reward) * self.reward_scale
        if not abs(scaled) <= MOST_REWARD:  # not a number, too
            raise ValueError(
                f"{agent} was rewarded with {reward:g}, times reward_scale {self.reward_scale:g} that"
                f" is {scaled:g}, allowed are ±{MOST_REWARD}: lower reward_scale"
            )
        return round(1000 * scaled)


def family(
    make_env: Callable[[], ParallelEnv],
    trial_length: int = 100,
    reward_scale: float = 1.0,
    bound: float = 0.0,
) -> BringYourOwn:
    """The family of the worlds that `make_env` makes, to roll out in this process.

    Workers find an environment by its id alone: register it with `pettingzoo.register` and use `of`.
    """
    numbers = _numbers(trial_length, reward_scale, bound)
    return BringYourOwn(make_env, **numbers, settings=numbers)


def of(
    env: str,
    options: str = "",
    trial_length: int = 100,
    reward_scale: float = 1.0,
    bound: float = 0.0,
) -> BringYourOwn:
    """The family of an environment of PettingZoo's registry, `env` as sisl/pursuit-v5.

    `options` are its own arguments, a JSON object. Raises ValueError for an id that is not
    registered (never imports what an id may name), options that are no object, and an environment
    that cannot be made.
    """
    if env not in pettingzoo.parallel_registry:
        known = ", ".join(sorted(pettingzoo.parallel_registry))
        raise ValueError(f"env is {env!r}, allowed are the parallel ones of PettingZoo: {known}")
    try:
        given = json.loads(options or "{}")
    except json.JSONDecodeError as problem:
        raise ValueError(f"options are {options!r}, allowed is a JSON object: {problem}") from None
    if not isinstance(given, dict):
        raise ValueError(f"options are {options!r}, allowed is a JSON object")
    make_env = partial(pettingzoo.make, "parallel", env, **given)
    try:
        make_env()
    except Exception as problem:  # other people's code may fail in any way
        raise ValueError(f"env {env} cannot be made with options {given}: {problem}") from problem
    numbers = _numbers(trial_length, reward_scale, bound)
    return BringYourOwn(make_env, **numbers, settings={"env": env, "options": options, **numbers})


def _numbers(trial_length: int, reward_scale: float, bound: float) -> dict[str, Any]:
    if isinstance(trial_length, bool) or not isinstance(trial_length, int) or trial_length < 1:
        raise ValueError(f"trial_length is {trial_length!r}, allowed are whole numbers from 1")
    if not reward_scale > 0:
        raise ValueError(f"reward_scale is {reward_scale!r}, allowed are numbers above 0")
    if not bound >= 0:
        raise ValueError(f"bound is {bound!r}, allowed are numbers from 0")
    return {"trial_length": trial_length, "reward_scale": reward_scale, "bound": bound}


def _largest(cardinalities: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Room for the parts of every agent, and for the largest value of each byte."""
    room: dict[str, np.ndarray] = {}
    for part in ("flags", "numbers", "pixels"):
        found = [each[part] for each in cardinalities if part in each]
        if len({each.shape for each in found}) > 1 and part == "pixels":
            raise ValueError(f"agents see pictures of several sizes: {[f.shape for f in found]}")
        if found:
            room[part] = np.ones(max(found, key=np.size).shape, int)
            for each in found:
                part_of = room[part].reshape(-1)[: each.size]
                np.maximum(part_of, each.reshape(-1), out=part_of)
    return room
