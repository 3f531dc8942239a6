"""How fast the playground is: whole steps against plain Python and against memory, batches, rooms,
threads, levels.

A full step moves all agents and writes all observations; actions are random, tasks come from the
generator, and episodes are reset when they end.
"""

import statistics
import threading
import time
from functools import cache

import numpy as np

from benchmarks.harness import REPEATS, Row, rate_row
from worlds import make, rng
from worlds.playground.constants import FLOORS, Sizes
from worlds.playground.reference import ReferenceWorld
from worlds.playground.reference_told import observation
from worlds.playground.task import fit, from_row, in_use, to_row
from worlds.playground.world import Playground

UNIT = "agent-steps/CPU-s"
LEVELS = 64
LENGTH = 100  # steps of an episode of one trial
WORLDS = 256
EPISODES = 5  # of a repeat
BUFFER = 48 * 2**20  # bytes of a rollout buffer that no cache holds
ATOMS, RULES, OBJECTS = 6, 3, 10
SMALL = Sizes(16, 16, 2, OBJECTS, ATOMS, 3, ATOMS, RULES, 1, 9)
PAINTS = np.arange(1 + len(FLOORS))
LARGE = SMALL._replace(height=32, width=32, agents=8)


def rows() -> list[Row]:
    """All rows of the playground."""
    small, large = Play(SMALL, WORLDS), Play(LARGE, WORLDS // 4)
    return [
        _against_python("playground 16x16 2 agents full", small),
        _against_python("playground 32x32 8 agents full", large),
        _against_memory("playground 16x16 2 agents vs its bytes alone", small),
        _fresh_buffer(),
        _batches(),
        _many_levels(),
        _room("playground room M32 O32 K8 R16 vs as needed", 2),
        _room("playground room for 8 agents vs as needed", 8),
        *_threads(),
        *_levels(),
    ]


class Play:
    """A batch of worlds of LEVELS tasks, played with random actions for whole episodes."""

    def __init__(self, sizes: Sizes, worlds: int, room: Sizes | None = None) -> None:
        self.sizes, self.worlds = sizes, worlds
        self.family = Playground.of(room or sizes)
        tasks = _tasks(sizes)
        if room is not None:
            tasks = np.array([to_row(fit(from_row(row, sizes), room), room) for row in tasks])
        self.tasks = np.resize(tasks, (worlds, tasks.shape[1]))
        self.state = self.family.state(worlds)
        agents = self.family.num_agents
        shape = (LENGTH, worlds, agents)
        words = rng.words(rng.key("benchmark"), np.arange(np.prod(shape)))
        self.actions = rng.below(words, self.family.num_actions).reshape(shape).astype(np.int8)
        self.out = np.zeros((worlds, agents, self.family.observation_size), dtype=np.uint8)

    def steps(self, episodes: int = 1) -> int:
        """Agent-steps of so many calls of `episode`; agents that are room only do not count."""
        return episodes * LENGTH * self.worlds * self.sizes.agents

    def episode(self) -> None:
        """One episode in all worlds, the levels being known."""
        self.family.reset(self.state, self.tasks)
        self.moves()

    def moves(self) -> None:
        """All steps of an episode that has begun."""
        for move in self.actions:
            self.family.observe(self.state, self.out)
            self.family.step(self.state, move)

    def episodes(self) -> None:
        """EPISODES of them."""
        for _ in range(EPISODES):
            self.episode()


@cache
def _tasks(sizes: Sizes) -> np.ndarray:
    """LEVELS generated tasks with exactly so many atoms and rules."""
    family = make(
        "playground",
        height=sizes.height,
        width=sizes.width,
        agents=sizes.agents,
        slots=OBJECTS,
        objects=(OBJECTS, OBJECTS),
        atoms=ATOMS,
        options=sizes.options,
        rules=RULES,
        game_atoms=(3, 3),
        depth=(2, 2),
        dead_ends=(1, 1),
        trial_length=LENGTH,
    )
    drawn = family.space.sample(rng.key("benchmark"), 3 * LEVELS)
    used = [in_use(from_row(row, sizes)) for row in drawn]
    full = [use.atoms == ATOMS and use.rules == RULES for use in used]
    return drawn[full][:LEVELS]


def _against_python(name: str, play: Play) -> Row:
    tasks = [from_row(row, play.sizes) for row in play.tasks[:2]]

    def plain() -> None:
        for i, task in enumerate(tasks):
            world = ReferenceWorld(task, play.sizes.view)
            for move in play.actions[:50, i].tolist():
                for agent in range(play.sizes.agents):
                    observation(world, task, play.sizes, agent, True)
                world.step(move)

    counts = (play.steps(EPISODES), len(tasks) * 50 * play.sizes.agents)
    return rate_row(name, UNIT, counts, play.episodes, plain)


def _against_memory(name: str, play: Play) -> Row:
    """Against writing as many bytes into the same array and nothing else."""

    def bytes_alone() -> None:
        for t in range(EPISODES * LENGTH):
            play.out[:] = t & 255

    counts = (play.steps(EPISODES), play.steps(EPISODES))
    return rate_row(name, UNIT, counts, play.episodes, bytes_alone)


def _fresh_buffer() -> Row:
    """Every observation into its place of a buffer of 48 MB, against writing the bytes alone."""
    play = Play(SMALL, WORLDS)
    steps = min(LENGTH, BUFFER // play.out.size)
    buffer = np.zeros((steps, *play.out.shape), dtype=np.uint8)

    def kernels() -> None:
        play.family.reset(play.state, play.tasks)
        for t in range(steps):
            play.family.observe(play.state, buffer[t])
            play.family.step(play.state, play.actions[t])

    def bytes_alone() -> None:
        for t in range(steps):
            buffer[t] = t

    count = steps * WORLDS * SMALL.agents
    name = "playground 16x16 2 agents into a 48 MB buffer"
    return rate_row(name, UNIT, (count, count), kernels, bytes_alone)


def _batches() -> Row:
    few, many = Play(SMALL, 64), Play(SMALL, 4096)
    name = "playground 16x16 2 agents 4096 vs 64 worlds"
    return _both(name, many, few, 1, 16)


def _many_levels() -> Row:
    """4,096 worlds on as many levels, which differ in a few cells of paint, against 64 levels."""
    many, few = Play(SMALL, 4096), Play(SMALL, 4096)
    area = SMALL.height * SMALL.width
    for cell in range(5):  # the number of the world in digits 0..6
        digits = np.arange(many.worlds) // len(PAINTS) ** cell % len(PAINTS)
        many.tasks[:, 2 * area + cell] = PAINTS[digits]
    return _both("playground 16x16 2 agents 4096 vs 64 levels", many, few, 1, 1)


def _room(name: str, agents: int) -> Row:
    """The same tasks in arrays with more room: unused rows must cost nothing."""
    if agents > SMALL.agents:
        room = SMALL._replace(agents=agents)
    else:
        room = SMALL._replace(objects=32, atoms=32, options=8, rules=16)
    return _both(name, Play(SMALL, WORLDS, room), Play(SMALL, WORLDS), 4, 4)


def _both(name: str, first: Play, second: Play, times: int, other_times: int) -> Row:
    def one() -> None:
        for _ in range(times):
            first.episode()

    def other() -> None:
        for _ in range(other_times):
            second.episode()

    counts = (first.steps(times), second.steps(other_times))
    return rate_row(name, UNIT, counts, one, other)


def _threads() -> list[Row]:
    """Agent-steps per second of the wall clock, two threads against one; wants two idle cores."""
    plays, large = [Play(SMALL, 1024), Play(SMALL, 1024)], [Play(SMALL, 4096)]
    for play in (*plays, *large):
        play.episode()
    return [
        _wall_row("2 threads with 1024 worlds each vs 1 thread", (plays, 1), (plays[:1], 1)),
        _wall_row("4096 worlds split between 2 threads vs 1 thread", (large, 2), (large, 1)),
    ]


def _wall_row(name: str, ours: tuple[list[Play], int], theirs: tuple[list[Play], int]) -> Row:
    """What `ours` play, a thread for each batch, split between so many, against `theirs`."""
    times = [(_wall(*ours), _wall(*theirs)) for _ in range(REPEATS)]
    value, baseline = (
        sum(play.steps() for play in plays) / statistics.median(spent)
        for (plays, _), spent in zip((ours, theirs), zip(*times, strict=True), strict=True)
    )
    full = f"playground 16x16 2 agents {name}"
    return Row(full, value, "agent-steps/s", baseline, value / baseline)


def _wall(plays: list[Play], split: int) -> float:
    """Seconds of an episode; levels are made by one thread, so the first step begins the clock."""
    for play in plays:
        play.family.reset(play.state, play.tasks)
        play.state.threads = split
    threads = [threading.Thread(target=play.moves) for play in plays]
    before = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - before


def _levels() -> list[Row]:
    """Resets to tasks that were not played before, against resets to the ones that were."""
    return [
        _level_row("playground 16x16 levels", SMALL),
        _level_row("playground 32x32 levels", LARGE),
    ]


def _level_row(name: str, sizes: Sizes) -> Row:
    play = Play(sizes, LEVELS)

    def fresh() -> None:
        play.state.levels.forget()
        play.family.reset(play.state, play.tasks)

    def again() -> None:
        play.family.reset(play.state, play.tasks)

    return rate_row(name, "resets/CPU-s", (LEVELS, LEVELS), fresh, again)
