"""The PettingZoo face of every family: one world, on the same kernels, as a `ParallelEnv`."""

import sys
from types import ModuleType
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from pettingzoo import ParallelEnv

from worlds import family as families
from worlds import rng
from worlds.family import EPISODE_ENDED, NO_ACTION
from worlds.render import render


class FamilyEnv(ParallelEnv):
    """One world of a family under the rules of PettingZoo.

    Observations are uint8 `[D]`, each byte below its `family.cardinality`, rewards floats, and every episode ends with
    termination after at most `family.horizon` steps, for its length is part of the task; `max_cycles` cuts
    it with truncation before that. In a family with two turns a step of this face is one turn: all
    agents stay in `agents`, `infos[agent]["turn"]` says whether its action counts now, those of others
    are ignored, and rewards and ends come with the last turn. Tasks are drawn
    from the seed and the number of episodes since it was given; a first `reset` without a seed uses
    seed 0. With a `task` (its JSON form or row, or the name of a hand-authored one) every episode is
    of that. `reset(options=...)` takes `task` (the JSON form or the row of a task) and `visibility`
    (chance per step that agent_0 sees the others, 0..1, default 1); other options are ignored.

    Raises ValueError for a `max_cycles`, `render_mode` or `task` that is not allowed.
    """

    def __init__(
        self,
        name: str,
        render_mode: str | None = None,
        max_cycles: int | None = None,
        task: Any = None,
        **settings: Any,
    ) -> None:
        if max_cycles is not None and not (_whole(max_cycles) and max_cycles >= 1):
            allowed = "None and whole numbers from 1"
            raise ValueError(f"max_cycles is {max_cycles!r}, allowed are {allowed}")
        self._max_cycles = max_cycles
        if isinstance(task, str):
            room, task = families.named_task(name, task)
            settings = room | settings
        self.family = families.make(name, **settings)
        self._always = None if task is None else self._task(task, 0)
        modes = ["human", "rgb_array", "ansi"]
        self.metadata: dict[str, Any] = {
            "name": f"{name}_v{self.family.version}",
            "render_modes": modes,
            "render_fps": 8,
            "is_parallelizable": True,
        }
        if render_mode is not None and render_mode not in modes:
            raise ValueError(
                f"render_mode is {render_mode!r}, allowed are None, {', '.join(modes)}"
            )
        self.render_mode = render_mode
        self.possible_agents = [f"agent_{n}" for n in range(self.family.num_agents)]
        self.agents: list[str] = []
        highest = self.family.cardinality - np.uint8(1)
        self.observation_spaces = {
            agent: spaces.Box(np.zeros_like(highest), highest, dtype=np.uint8)
            for agent in self.possible_agents
        }
        self.action_spaces: dict[str, spaces.Discrete] = {
            agent: spaces.Discrete(self.family.num_actions) for agent in self.possible_agents
        }
        self._worlds = self.family.state(1)
        self._seed, self._episode = 0, 0
        self._steps: int | None = None  # calls of `step`; None until the first reset
        self._visibility = 1.0
        self._window: Any = None
        # What was chosen in the turns of a step before this one, int8 [1, N].
        self._chosen = np.full((1, self.family.num_agents), NO_ACTION, dtype=np.int8)
        self.state_space = spaces.Box(0, 255, self.state().shape, np.uint8)

    def observation_space(self, agent: str) -> spaces.Space:
        """The same space object on every call."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space:
        """The same space object on every call."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, dict[str, Any]]]:
        """Starts an episode; a bad seed, option or task raises ValueError and changes nothing."""
        options = {} if options is None else options
        if not isinstance(options, dict):
            raise ValueError(f"options are {options!r}, allowed are None and a dict")
        visibility = options.get("visibility", 1.0)
        number = isinstance(visibility, int | float | np.number)
        if not number or not 0.0 <= visibility <= 1.0:
            raise ValueError(f"visibility is {visibility!r}, allowed are numbers 0..1")
        if seed is not None and not _whole(seed):
            raise ValueError(f"seed is {seed!r}, allowed are None and whole numbers")
        new_seed = self._seed if seed is None else int(seed)
        episode = self._episode + 1 if seed is None and self._steps is not None else 0
        key = rng.key("parallel_env", self.family.name, new_seed, episode)
        row = self._task(options.get("task"), key)
        self._seed, self._episode, self._key = new_seed, episode, key
        self._visibility, self._steps = float(visibility), 0
        self._chosen[:] = NO_ACTION
        self.agents = list(self.possible_agents)
        self.family.reset(self._worlds, row[None])
        return self._observations(), self._infos()

    def step(
        self, actions: dict[str, Any]
    ) -> tuple[
        dict[str, np.ndarray],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """Moves every agent, or those of a turn; a finished world answers `step({})` with five empty dicts.

        Raises RuntimeError before the first reset, ValueError naming the agent for a wrong action;
        then the world is as before.
        """
        if self._steps is None:
            raise RuntimeError("step before reset: call reset() first")
        moves = self._moves(actions)
        if not self.agents:
            return {}, {}, {}, {}, {}
        acting = list(self._acting())
        self._chosen[:, acting] = moves[:, acting]
        self._steps += 1
        rewards, ended = [0] * self.family.num_agents, False
        if self._steps % len(self.family.turns) == 0:
            given, ends = self.family.step(self._worlds, self._chosen)
            self._chosen[:] = NO_ACTION
            rewards, ended = given[0].tolist(), bool(ends[0] & EPISODE_ENDED)
        agents = self.agents
        cut = not ended and self._steps == self._max_cycles
        answer = (
            self._observations(),
            {agent: rewards[n] / 1000 for n, agent in enumerate(agents)},
            dict.fromkeys(agents, ended),
            dict.fromkeys(agents, cut),
            self._infos(),
        )
        if ended or cut:
            self.agents = []
        if self.render_mode == "human":
            self.render()
        return answer

    def state(self) -> np.ndarray:
        """All that the world is, as uint8; equal worlds have equal bytes."""
        known = self.family.bytes_of(self._worlds, 0)
        if len(self.family.turns) > 1:
            known += self._chosen.tobytes()
        return np.frombuffer(known, dtype=np.uint8)

    def render(self) -> np.ndarray | str | None:
        """rgb_array: uint8 `[H, W, 3]`; ansi: text; human: shows a window and returns None."""
        if self.render_mode is None:
            gymnasium.logger.warn("render() does nothing: choose render_mode when making the world")
            return None
        if self._steps is None:
            raise RuntimeError("render before reset: call reset() first")
        if self.render_mode == "ansi":
            return self.family.text(self._worlds, 0)
        frame = render(self.family, self._worlds, 0)
        if self.render_mode == "rgb_array":
            return frame
        self._show(frame)
        return None

    def close(self) -> None:
        """Closes the window, if there is one; may be called again."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def describe(self) -> str:
        """The task of this episode in plain sentences."""
        if self._steps is None:
            raise RuntimeError("describe before reset: call reset() first")
        return self.family.space.describe(self._worlds.rows[0])

    def _task(self, task: Any, key: int) -> np.ndarray:
        space = self.family.space
        if task is None and self._always is not None:
            return self._always
        if task is None:
            return space.sample(rng.key(key, "task"), 1)[0]
        if isinstance(task, np.ndarray):
            if problems := space.problems(task):
                raise ValueError(f"task: {problems[0]}")
            return task.astype(np.int16)
        return space.from_json(task)

    def _moves(self, actions: dict[str, Any]) -> np.ndarray:
        """int8 `[1, N]`, or an error that names the agent, what was given and what is allowed."""
        if not isinstance(actions, dict):
            raise ValueError(f"actions are {actions!r}, allowed is a dict of agents and actions")
        for agent in actions:
            if agent not in self.agents:
                allowed = ", ".join(self.agents) or "none, the episode is over: call reset()"
                raise ValueError(f"{agent!r} cannot act, allowed are {allowed}")
        moves = np.zeros((1, self.family.num_agents), dtype=np.int8)
        for n, agent in enumerate(self.agents):
            allowed = f"allowed are whole numbers 0..{self.family.num_actions - 1}"
            if agent not in actions:
                if n not in self._acting():
                    continue
                raise ValueError(f"{agent} has no action, {allowed}")
            moves[0, n] = _action(agent, actions[agent], self.family.num_actions, allowed)
        return moves

    def _observations(self) -> dict[str, np.ndarray]:
        # One draw per step of the world; the key's purpose keeps it apart from all others.
        step = (self._steps or 0) // len(self.family.turns)
        drawn = rng.words(rng.key(self._key, "visible"), np.array([step]))
        self._worlds.visible[0] = int(drawn[0] >> np.uint64(32)) < self._visibility * 2**32
        if len(self.family.turns) > 1:
            self._worlds.shown[:] = self._chosen[:, 1:]
        shape = (1, self.family.num_agents, self.family.observation_size)
        out = np.zeros(shape, dtype=np.uint8)
        self.family.observe(self._worlds, out)
        return {agent: out[0, n] for n, agent in enumerate(self.agents)}

    def _acting(self) -> tuple[int, ...]:
        """Numbers of the agents whose turn it is."""
        return self.family.turns[(self._steps or 0) % len(self.family.turns)]

    def _infos(self) -> dict[str, dict[str, Any]]:
        progress = self.family.progress(self._worlds)[0]
        infos: dict[str, dict[str, Any]] = {
            agent: {"goal_progress": float(progress[n])} for n, agent in enumerate(self.agents)
        }
        if len(self.family.turns) > 1:
            for n, agent in enumerate(self.agents):
                infos[agent]["turn"] = n in self._acting()
        return infos

    def _show(self, frame: np.ndarray) -> None:
        if self._window is None:
            try:
                # The one import against the arrows: only a person who asks for a window pays for
                # it.
                from viewer.live import LiveWindow

                self._window = LiveWindow(self.metadata["name"])
            except ModuleNotFoundError as missing:
                raise RuntimeError(
                    f"render_mode 'human' needs {missing.name}: pip install 'ratchet[viewer]'"
                ) from missing
        self._window.show(frame)


def parallel_env(
    name: str,
    render_mode: str | None = None,
    max_cycles: int | None = None,
    task: Any = None,
    **settings: Any,
) -> FamilyEnv:
    """One world of the family `name` under the rules of PettingZoo; `settings` as in `make`."""
    return FamilyEnv(name, render_mode, max_cycles, task, **settings)


def _action(agent: str, given: Any, num_actions: int, allowed: str) -> int:
    if isinstance(given, np.ndarray) and given.shape == ():
        given = given[()]
    if not _whole(given) or not 0 <= given < num_actions:
        raise ValueError(f"{agent} was given {given!r}, {allowed}")
    return int(given)


def _whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


class _CallableModule(ModuleType):
    """`worlds.parallel_env` names this module and the function in it; both can be called."""

    def __call__(self, *arguments: Any, **settings: Any) -> FamilyEnv:
        return parallel_env(*arguments, **settings)


sys.modules[__name__].__class__ = _CallableModule
