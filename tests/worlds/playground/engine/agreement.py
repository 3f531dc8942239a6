"""Plays the kernels and the plain Python playground side by side and says where they differ."""

from collections.abc import Sequence

import numpy as np

from worlds.playground.constants import Sizes
from worlds.playground.engine.state import State
from worlds.playground.reference import ReferenceWorld
from worlds.playground.reference_told import observation
from worlds.playground.task import Task, to_row
from worlds.playground.world import Playground


class Sides:
    """The same tasks in a batch of kernels and in one plain world each."""

    def __init__(self, tasks: Sequence[Task], sizes: Sizes) -> None:
        self.family, self.tasks, self.sizes = Playground.of(sizes), tasks, sizes
        self.plain = [ReferenceWorld(task, sizes.view) for task in tasks]
        self.state = self.family.state(len(tasks))
        self.family.reset(self.state, np.array([to_row(task, sizes) for task in tasks]))
        shape = (len(tasks), sizes.agents, self.family.observation_size)
        self.out = np.empty(shape, dtype=np.uint8)

    def step(self, actions: np.ndarray) -> None:
        """Plays one step on both sides."""
        before = [world.over for world in self.plain]
        rewards, ends = self.family.step(self.state, actions)
        for i, world in enumerate(self.plain):
            world.step(actions[i, : world.bodies].tolist())
            assert rewards[i].tolist() == _padded(world.rewards, self.sizes.agents, 0)
            ended = bool(world.over) and not before[i]
            assert ends[i] == world.trial_over + 2 * ended

    def compare(self) -> None:
        """Raises AssertionError if any array of the state or any observation differs."""
        self.state.visible[:] = np.arange(len(self.plain)) % 3 != 0
        self.out[:] = 255
        self.family.observe(self.state, self.out)
        assert (self.out < self.family.cardinality).all()
        for i, world in enumerate(self.plain):
            check_state(self.state, i, world, self.sizes)
            for agent in range(world.bodies):
                shown = agent > 0 or bool(self.state.visible[i])
                task = self.tasks[i]
                expected = observation(world, task, self.sizes, agent, shown)
                if self.out[i, agent].tolist() != expected:
                    raise AssertionError(self._difference(i, agent, expected))
            assert not self.out[i, world.bodies :].any()

    def _difference(self, i: int, agent: int, expected: list[int]) -> str:
        found = self.out[i, agent]
        for name, (part, shape) in self.family.layout.items():
            one, other = found[part].reshape(shape), np.array(expected)[part].reshape(shape)
            if (one != other).any():
                return f"world {i}, agent {agent}, {name}:\n{one}\nshould be\n{other}"
        return "unequal lengths"


def check_state(state: State, i: int, world: ReferenceWorld, sizes: Sizes) -> None:
    """Raises AssertionError if an array of world i is not as in the plain world."""
    bodies, n, o = world.bodies, sizes.agents, sizes.objects
    for name in ("kinds", "facings", "frozen", "cells", "homes", "rolls"):
        found = getattr(state, name)[i].tolist()
        assert found == [
            list(one) if isinstance(one, tuple) else one for one in getattr(world, name)
        ], name
    assert state.away[i, : o + bodies].tolist() == world.away[: o + bodies]
    for name in ("hands", "cooldowns", "achieved", "wants", "last_actions", "last_rewards"):
        assert getattr(state, name)[i, :bodies].tolist() == getattr(world, name), name
    for name in ("num_slots", "truth", "time", "trial", "lost", "over", "trial_over"):
        assert getattr(state, name)[i] == getattr(world, name), name
    assert state.witness[i].tolist() == [list(pair) for pair in world.witness]
    for name in ("object_at", "agent_at"):
        expected = np.zeros((sizes.height, sizes.width), dtype=np.int8)
        for cell, number in getattr(world, name).items():
            expected[cell] = number + 1
        assert np.array_equal(getattr(state, name)[i], expected), name
    assert (state.away[i, o + bodies : o + n] == -1).all()


def _padded(values: list[int], size: int, empty: int) -> list[int]:
    return values + [empty] * (size - len(values))


def random_actions(draws: np.random.Generator, worlds: int, agents: int) -> np.ndarray:
    """int8 [worlds, agents]: anything, but more walking and using than waiting."""
    weights = (0.05, 0.3, 0.1, 0.12, 0.13, 0.15, 0.15)
    return draws.choice(len(weights), (worlds, agents), p=weights).astype(np.int8)
