"""How fast the worlds of the sequence families are, kernels against plain Python: rows of `culture.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.harness import Row, rate_row
from worlds import make, rng
from worlds.family import Family
from worlds.sequences.goal_sequence.reference import ReferenceWorld as Goals
from worlds.sequences.memory_sequence.reference import ReferenceWorld as Digits
from worlds.sequences.travelling_salesperson.reference import ReferenceWorld as Tours

WORLDS = 256
EPISODES = 50  # of the kernels in one repeat
FEW = 4  # worlds of plain Python, for one episode


def rows() -> list[Row]:
    """A row of each family: all that is public is moved and seen by all agents, to the end of whole episodes."""
    goal = make("goal_sequence", size=5, trials=4, order_key=1)
    memory = make("memory_sequence")
    tour = make("travelling_salesperson", cities=9, trials=8, demonstrators=3)
    return [_row(goal, _goals), _row(memory, _digits), _row(tour, _tours)]


def _row(family: Family, reference: Callable[[Family, np.ndarray, Any], None]) -> Row:
    tasks = family.space.sample(rng.key("benchmark"), WORLDS)
    actions = _well_played(family, tasks)
    state = family.state(WORLDS)
    state.visible[:] = 1
    out = np.zeros((WORLDS, family.num_agents, family.observation_size), np.uint8)

    def kernels() -> None:
        for _ in range(EPISODES):
            family.reset(state, tasks)
            for moves in actions:
                for _ in family.turns:
                    family.observe(state, out)
                family.step(state, moves)

    def plain() -> None:
        for index in range(FEW):
            reference(family, tasks[index], actions[:, index].tolist())

    counts = (len(actions) * EPISODES * WORLDS, len(actions) * FEW)
    return rate_row(f"{family.name}: worlds", "world steps/CPU-second", counts, kernels, plain)


def _well_played(family: Family, tasks: np.ndarray) -> np.ndarray:
    """[T, B, N] int8 actions by which episodes are as long as they can be: the oracle's, and nothing for the others."""
    state = family.state(len(tasks))
    family.reset(state, tasks)
    actions = []
    while not state.over.all():
        moves = np.zeros((len(tasks), family.num_agents), np.int8)
        moves[:, 0] = family.oracle(state, 0, 0)
        family.step(state, moves)
        actions.append(moves)
    return np.stack(actions)


def _goals(family: Family, task: np.ndarray, actions: Any) -> None:
    world = Goals(task, family.settings["view"], family.settings["wrong_penalty"])
    for moves in actions:
        for agent in range(family.num_agents):
            world.observe(agent, True)
        world.step(moves)


def _digits(family: Family, task: np.ndarray, actions: Any) -> None:
    settings = family.settings
    shown = [0] * settings["demonstrators"]
    world = Digits(task, settings["digits"], settings["demonstrators"], settings["end_on_mistake"])
    for moves in actions:
        for _ in family.turns:
            for agent in range(family.num_agents):
                world.observe(agent, True, shown)
        world.step(moves)


def _tours(family: Family, task: np.ndarray, actions: Any) -> None:
    settings = family.settings
    shown = [0] * settings["demonstrators"]
    world = Tours(task, settings["demonstrators"], settings["wrong_penalty"], False, False)
    for moves in actions:
        for _ in family.turns:
            for agent in range(family.num_agents):
                world.observe(agent, shown, True)
        world.step(moves[0])
