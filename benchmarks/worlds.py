"""How fast the worlds are: kernels against their plain Python references, resets, the PettingZoo
face.

Agent-steps per CPU-second. A full step observes and moves all agents of 256 worlds; the kernels
write every observation straight into a rollout buffer of one episode, `[T, B, N, D]`.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import memory, playground
from benchmarks.harness import Row, main, rate_row
from worlds import make, parallel_env, rng
from worlds.family import Family
from worlds.sequences.goal_sequence.reference import ReferenceWorld
from worlds.sequences.travelling_salesperson.reference import ReferenceWorld as TourReference

WORLDS = 256
EPISODES = 50  # of the kernels in one repeat
FEW = 4  # worlds of the reference, for one episode


def rows() -> list[Row]:
    """All rows of the benchmark."""
    found = []
    for size in (5, 7):
        family = make("goal_sequence", size=size, order_key=1)
        name = f"goal_sequence {size}x{size} full"
        found.append(_full(name, family, *_episode(family), _play_reference))
    family = make("travelling_salesperson", cities=9, trials=4)
    name = "travelling_salesperson 9 cities full"
    found.append(_full(name, family, *_complete_tours(family), _play_tours))
    family = make("goal_sequence", size=5, order_key=1)
    own = [_reset(family), _plans(family), _sample(family), _face(family)]
    return [*playground.rows(), *found, *own, *memory.rows()]


def _full(
    name: str,
    family: Family,
    tasks: np.ndarray,
    actions: np.ndarray,
    play_reference: Callable[[Family, np.ndarray, np.ndarray], None],
) -> Row:
    """Whole episodes of the horizon's length, by the actions `[T, B, N]`."""
    state = family.state(WORLDS)
    shape = (family.horizon, WORLDS, family.num_agents, family.observation_size)
    buffer = np.zeros(shape, dtype=np.uint8)

    def kernels() -> None:
        for _ in range(EPISODES):
            family.reset(state, tasks)
            for t in range(family.horizon):
                if len(family.turns) > 1:
                    state.shown[:] = actions[t, :, 1:]
                family.observe(state, buffer[t])
                family.step(state, actions[t])

    def reference() -> None:
        for i in range(FEW):
            play_reference(family, tasks[i], actions[:, i])

    steps = family.horizon * family.num_agents
    counts = (EPISODES * WORLDS * steps, FEW * steps)
    return rate_row(name, "agent-steps/CPU-s", counts, kernels, reference)


def _reset(family: Family) -> Row:
    tasks, _ = _episode(family)
    state = family.state(WORLDS)

    def kernels() -> None:
        for _ in range(EPISODES):
            family.reset(state, tasks)

    def reference() -> None:
        for task in tasks:
            ReferenceWorld(task, family.settings["view"], family.settings["wrong_penalty"])

    counts = (EPISODES * WORLDS, WORLDS)
    return rate_row("goal_sequence 5x5 reset", "resets/CPU-s", counts, kernels, reference)


def _plans(family: Family) -> Row:
    """A reset and the first action of an oracle, for which the ways to all goals are searched."""
    tasks, _ = _episode(family)
    state = family.state(WORLDS)

    def kernels() -> None:
        for _ in range(10):
            family.reset(state, tasks)
            family.oracle(state, 1, 0)

    def reference() -> None:
        for task in tasks[:FEW]:
            world = ReferenceWorld(task, family.settings["view"], 0)
            for colour in range(3):
                world.plan(colour)

    counts = (10 * WORLDS, FEW)
    return rate_row("goal_sequence 5x5 reset and plans", "resets/CPU-s", counts, kernels, reference)


def _sample(family: Family) -> Row:
    """Fresh tasks, against what a creator pays for edited ones."""
    tasks, _ = _episode(family)

    def fresh() -> None:
        for _ in range(10):
            family.space.sample(1, WORLDS)

    def edited() -> None:
        for _ in range(10):
            family.space.mutate(tasks, 1, 2)

    counts = (10 * WORLDS, 10 * WORLDS)
    return rate_row("goal_sequence 5x5 sample vs mutate", "tasks/CPU-s", counts, fresh, edited)


def _face(family: Family) -> Row:
    world = parallel_env("goal_sequence", size=5, order_key=1)
    tasks, actions = _episode(family)
    moves = [{"agent_0": int(one), "agent_1": int(other)} for one, other in actions[:, 0]]

    def face() -> None:
        world.reset(seed=1)
        for move in moves:
            world.step(move)

    def reference() -> None:
        _play_reference(family, tasks[0], actions[:, 0])

    steps = family.horizon * family.num_agents
    name, unit = "goal_sequence 5x5 PettingZoo", "agent-steps/CPU-s"
    return rate_row(name, unit, (steps, steps), face, reference, repeats=15)


def _play_reference(family: Family, task: np.ndarray, actions: np.ndarray) -> None:
    settings = family.settings
    world = ReferenceWorld(task, settings["view"], settings["wrong_penalty"])
    for move in actions.tolist():
        for agent in range(family.num_agents):
            world.observe(agent, True)
        world.step(move)


def _play_tours(family: Family, task: np.ndarray, actions: np.ndarray) -> None:
    settings = family.settings
    world = TourReference(task, settings["demonstrators"], settings["wrong_penalty"], False, False)
    for move in actions.tolist():
        for agent in range(family.num_agents):
            world.observe(agent, move[1:], True)
        world.step(move[0])


def _complete_tours(family: Family) -> tuple[np.ndarray, np.ndarray]:
    """Tasks, and actions without mistakes: only so is every episode as long as it can be."""
    tasks, actions = _episode(family)
    order = 1 + np.argsort(
        rng.words(1, np.arange(WORLDS * (family.num_actions - 1))).reshape(WORLDS, -1)
    )
    actions[:, :, 0] = np.tile(order, family.trials).T
    return tasks, actions


def _episode(family: Family) -> tuple[np.ndarray, np.ndarray]:
    """Tasks `[B, width]` and random actions `[T, B, N]`."""
    shape: tuple[Any, ...] = (family.horizon, WORLDS, family.num_agents)
    words = rng.words(rng.key("benchmark"), np.arange(np.prod(shape)))
    moves = rng.below(words, family.num_actions).reshape(shape).astype(np.int8)
    return family.space.sample(rng.key("benchmark"), WORLDS), moves


if __name__ == "__main__":
    sys.exit(main("worlds", __doc__.splitlines()[0], rows))
