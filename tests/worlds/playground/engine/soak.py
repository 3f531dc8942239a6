"""Plays kernels and plain Python side by side for as long as one likes: `soak.py --steps 100000`.

Steps are world-steps. Prints which branches of the rules the random play never took.
"""

import argparse
import sys
from pathlib import Path
from random import Random

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[4]))

from tests.worlds.playground import scenes
from tests.worlds.playground.engine.agreement import Sides, random_actions
from tests.worlds.playground.tasks import LARGER, SIZES, random_task


def play(first: int, tasks: int, steps: int) -> set[str]:
    """Plays random tasks from number `first` on, in batches of 8; the branches that were taken.

    Every other batch is of small scenes with busy agents, every fourth lies in the largest arrays.
    """
    met: set[str] = set()
    for start in range(first, first + tasks, 8):
        seeds = range(start, start + 8)
        if start // 8 % 2 == 0:
            sides = Sides([scenes.as_task(scenes.random_scene(s), s) for s in seeds], scenes.SIZES)
        else:
            sizes = LARGER if start // 8 % 4 == 1 else SIZES
            sides = Sides([random_task(seed, sizes) for seed in seeds], sizes)
        randoms, draws = [Random(seed) for seed in seeds], np.random.default_rng(start)
        sides.compare()
        for _ in range(steps):
            actions = random_actions(draws, 8, sides.sizes.agents)
            if start // 8 % 2 == 0:
                for i, world in enumerate(sides.plain):
                    for agent in range(world.bodies):
                        actions[i, agent] = scenes.busy(world, agent, randoms[i])
            sides.step(actions)
            sides.compare()
        met.update(*(world.branches for world in sides.plain))
    return met


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=100_000, help="world-steps")
    parser.add_argument("--first", type=int, default=0, help="number of the first task")
    arguments = parser.parse_args()
    tasks = max(8, arguments.steps // 100)
    met = play(arguments.first, tasks, 100)
    print(f"{tasks} tasks agree for 100 steps each; never met: {sorted(scenes.BRANCHES - met)}")


if __name__ == "__main__":
    main()
