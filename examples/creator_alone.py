"""A creator and a PettingZoo environment, and nothing else: propose, play, observe.

How to run:      .venv/bin/python examples/creator_alone.py
What to expect:  seconds, once the world is compiled: random actions play Goal Sequence, of which eva evolves
                 the tasks that now bring much, now little. The mean return of each proposal, then the
                 task with the widest spread in words.
"""

import numpy as np

from configs.creator_schema import Creator as Settings
from populations.creators.creator import Outcomes
from populations.creators.make import make
from worlds import parallel_env

PROPOSALS, TASKS, REPEATS = 12, 16, 2


def play(world: object, row: np.ndarray, rng: np.random.Generator) -> tuple[float, int]:
    """Return of agent_0 and steps of an episode of one task, with random actions."""
    world.reset(seed=0, options={"task": row})
    return_, steps = 0.0, 0
    while world.agents:
        actions = {a: rng.integers(world.action_space(a).n) for a in world.agents}
        return_, steps = return_ + world.step(actions)[1]["agent_0"], steps + 1
    return return_, steps


def main() -> None:
    """Lets the creator look for tasks on which random actions do now well, now badly."""
    world = parallel_env("goal_sequence", size=5, trial_length=20)
    space, rng = world.family.space, np.random.default_rng(0)
    settings = Settings(name="eva", score="max_minus_mean", capacity=64, repeats=REPEATS)
    creator = make("goal_sequence", space, 1, settings)
    for number in range(PROPOSALS):
        proposal = creator.propose(TASKS)
        episodes = [[play(world, row, rng) for row in proposal.rows] for _ in range(REPEATS)]
        returns, steps = np.moveaxis(np.array(episodes), 2, 0)
        creator.observe(Outcomes.played(proposal, returns, steps))
        print(f"proposal {number:2}: return {returns.mean():+.2f}")
    best = creator.rows()[creator.table()["score"].argmax()]
    print(f"most informative: {space.describe(best)}")


if __name__ == "__main__":
    main()
