"""Twenty-two faults planted in a sound world; `worlds.check` must find them all."""

import random
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np

import worlds

Answer = list[dict[str, Any]]  # observations, rewards, terminations, truncations, infos


class Mutant:
    """A sound world of 12 steps. Subclasses change what it answers at step t (0 is the reset)."""

    def __init__(self) -> None:
        self.world = worlds.parallel_env("goal_sequence", trial_length=12)
        self.agents: list[str] = []
        self.t = 0

    def observation_space(self, agent: str) -> Any:
        return self.world.observation_space(agent)

    def action_space(self, agent: str) -> Any:
        return self.world.action_space(agent)

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[dict, dict]:
        observations, infos = self.world.reset(seed=seed)
        self.t = 0
        self.agents = list(self.world.agents)
        answer = self.change([observations, {}, {}, {}, infos])
        return answer[0], answer[4]

    def step(self, actions: dict[str, Any]) -> tuple[dict, ...]:
        live = list(self.agents)
        every = {agent: actions.get(agent, 0) for agent in self.world.agents}
        answer = [
            {agent: part[agent] for agent in live if agent in part}
            for part in self.world.step(every)
        ]
        self.t += 1
        self.agents = [agent for agent in live if not answer[2][agent]]
        return tuple(self.change(answer))

    def change(self, answer: Answer) -> Answer:
        return answer


def _noisy(first: int) -> type[Mutant]:
    """From step `first` on, what agent_0 sees is left to chance."""

    class Noisy(Mutant):
        chance = random.SystemRandom()

        def change(self, answer: Answer) -> Answer:
            if self.t >= first and "agent_0" in answer[0]:
                seen = answer[0]["agent_0"]
                bits = [self.chance.randrange(2) for _ in range(seen.size)]
                answer[0]["agent_0"] = np.array(bits, np.uint8)
            return answer

    return Noisy


def _answering(change: Callable[[Mutant, Answer], Any]) -> type[Mutant]:
    """A mutant that changes its answers in place, once it has begun."""

    class Answering(Mutant):
        def change(self, answer: Answer) -> Answer:
            if self.t >= 1 and "agent_0" in answer[0]:
                change(self, answer)
            return answer

    return Answering


class GlobalGenerator(Mutant):
    def change(self, answer: Answer) -> Answer:
        np.random.random()
        return answer


class SeedIgnored(Mutant):
    def reset(self, seed: int | None = None, options: Any = None) -> tuple[dict, dict]:
        return super().reset(seed=5)


class StateLeftOver(Mutant):
    """Counts its steps over all episodes, and shows it."""

    total = 0

    def change(self, answer: Answer) -> Answer:
        self.total += 1
        if self.t >= 1:
            answer[1] = {agent: reward + self.total for agent, reward in answer[1].items()}
        return answer


class SharedBuffer(Mutant):
    def __init__(self) -> None:
        super().__init__()
        self.buffer: dict[str, np.ndarray] = {}

    def change(self, answer: Answer) -> Answer:
        for agent, seen in answer[0].items():
            self.buffer.setdefault(agent, seen.copy())[:] = seen
        answer[0] = {agent: self.buffer[agent] for agent in answer[0]}
        return answer


class NaNObservation(Mutant):
    """Floats all through, and NaN after the first step."""

    def __init__(self) -> None:
        super().__init__()
        shape = self.world.observation_space("agent_0").shape
        self.space = gymnasium.spaces.Box(0, 1, shape, np.float32)

    def observation_space(self, agent: str) -> Any:
        return self.space

    def change(self, answer: Answer) -> Answer:
        answer[0] = {agent: seen.astype(np.float32) for agent, seen in answer[0].items()}
        if self.t == 1:
            answer[0]["agent_0"][3] = np.nan
        return answer


class NeverEnds(Mutant):
    def step(self, actions: dict[str, Any]) -> tuple[dict, ...]:
        if self.t == 11:
            self.world.reset(seed=1)
            self.t = 0
        return super().step(actions)


class DeadKept(Mutant):
    def change(self, answer: Answer) -> Answer:
        if self.t == 5:
            answer[2]["agent_1"] = True
        return answer


class DeadRevived(Mutant):
    def change(self, answer: Answer) -> Answer:
        if self.t == 5:
            answer[2]["agent_1"] = True
            self.agents = ["agent_0"]
        if self.t == 7:
            self.agents = ["agent_0", "agent_1"]
        return answer


class ActionsChanged(Mutant):
    def step(self, actions: dict[str, Any]) -> tuple[dict, ...]:
        answer = super().step(actions)
        actions.clear()
        return answer


class NewSpaces(Mutant):
    def action_space(self, agent: str) -> Any:
        return gymnasium.spaces.Discrete(3)


def _set(part: int, value: Any) -> type[Mutant]:
    return _answering(lambda mutant, answer: answer[part].__setitem__("agent_0", value))


def _turn(change: Callable[[np.ndarray], np.ndarray]) -> type[Mutant]:
    return _answering(
        lambda mutant, answer: answer[0].__setitem__("agent_0", change(answer[0]["agent_0"]))
    )


MUTANTS: dict[str, type[Mutant]] = {
    "chance in step 1": _noisy(1),
    "chance from step 2": _noisy(2),
    "chance from step 6": _noisy(6),
    "global generator used": GlobalGenerator,
    "seed ignored": SeedIgnored,
    "state left over after reset": StateLeftOver,
    "observation out of bounds": _turn(lambda seen: seen + np.uint8(2)),
    "observation of wrong dtype": _turn(lambda seen: seen.astype(np.int64)),
    "observation of wrong shape": _turn(lambda seen: seen[:-1]),
    "observation NaN": NaNObservation,
    "observation shares a buffer": SharedBuffer,
    "reward NaN": _set(1, float("nan")),
    "reward text": _set(1, "1.0"),
    "reward key missing": _answering(lambda mutant, answer: answer[1].pop("agent_0")),
    "never ends": NeverEnds,
    "dead agent kept": DeadKept,
    "dead agent revived": DeadRevived,
    "termination not a bool": _set(2, 0),
    "info missing": _answering(lambda mutant, answer: answer[4].pop("agent_0")),
    "info None": _set(4, None),
    "actions changed": ActionsChanged,
    "new space object per call": NewSpaces,
}
