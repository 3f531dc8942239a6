"""A small environment of other people's kind: agents of two sorts that see and do different things, and leave."""

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces
from pettingzoo import ParallelEnv

LIFE = {"cat": 4, "mouse": 2}  # steps until each leaves by itself
SEEN = {
    "cat": spaces.Dict(
        {
            "near": spaces.Discrete(3, start=1),
            "speed": spaces.Box(-2.0, 2.0, (2,), np.float32),
            "lives": spaces.Box(0, 9, (1,), np.int64),
        }
    ),
    "mouse": spaces.Tuple((spaces.MultiBinary(2), spaces.Box(-np.inf, np.inf, (1,), np.float64))),
}
DONE = {"cat": spaces.Discrete(4, start=-1), "mouse": spaces.MultiDiscrete([2, 3])}


class Chase(ParallelEnv):
    """The cat's reward is its action, the mouse's 0.25; what the cat sees depends on the seed alone."""

    metadata = {"name": "chase"}

    def __init__(self, reward: float = 0.25) -> None:
        self.possible_agents = list(LIFE)
        self.reward = reward
        self.done: list[dict[str, Any]] = []  # actions as they arrived

    def observation_space(self, agent: str) -> spaces.Space:
        return SEEN[agent]

    def action_space(self, agent: str) -> spaces.Space:
        return DONE[agent]

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[dict, dict]:
        self.agents, self.steps = list(LIFE), 0
        self.near = np.random.default_rng(seed).integers(1, 4)
        return self._see(), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, Any]) -> tuple[dict, dict, dict, dict, dict]:
        assert set(actions) == set(self.agents)
        assert all(DONE[agent].contains(action) for agent, action in actions.items())
        self.done.append(actions)
        self.steps += 1
        rewards = {"cat": float(actions["cat"]), "mouse": self.reward}
        seen, gone = self._see(), {agent: self.steps >= LIFE[agent] for agent in self.agents}
        rewards = {agent: rewards[agent] for agent in self.agents}
        never = dict.fromkeys(self.agents, False)
        self.agents = [agent for agent in self.agents if not gone[agent]]
        return seen, rewards, gone, never, {agent: {} for agent in seen}

    def _see(self) -> dict[str, Any]:
        cat = {
            "near": self.near,
            "speed": np.array([-2.0, 1.0], np.float32),
            "lives": np.array([9 - self.steps]),
        }
        mouse = (np.array([0, 1], np.int8), np.array([-1e9]))
        return {agent: {"cat": cat, "mouse": mouse}[agent] for agent in self.agents}


def seeing(space: spaces.Space) -> Callable[[], ParallelEnv]:
    """What makes an environment in which the cat sees `space`."""

    class Other(Chase):
        def observation_space(self, agent: str) -> spaces.Space:
            return space if agent == "cat" else SEEN[agent]

    return Other
