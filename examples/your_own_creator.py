"""A creator of your own over the parts of ours, for a PettingZoo environment of anybody's.

How to run:      .venv/bin/python examples/your_own_creator.py
What to expect:  seconds, needs pygame: of the seeds of sisl/pursuit-v5 this creator replays those with the
                 lowest return so far. The mean return of each proposal, which tends to fall.
"""

import numpy as np
import pettingzoo

from populations.creators.buffer import Buffer
from populations.creators.creator import NEW, NO_CHOICE, REPLAYED, Outcomes, Proposal
from populations.creators.scored import Kit, Scored
from worlds.bring_your_own import family
from worlds.seeds import seeds

PROPOSALS, TASKS, STEPS = 8, 8, 16


class Hardest(Scored):
    """Half of the tasks are those on which members did worst so far, the others new."""

    def propose(self, n: int) -> Proposal:
        """`n` tasks; `Scored` does the rest: observe, state, load, metrics, table."""
        rows, how = self.space.sample(self.draws.key(), n), np.full(n, NEW)
        parents = np.zeros(n, np.uint64)
        worst = np.argsort(self.buffer["mean"][:, 0])[: n // 2]
        rows[: len(worst)], how[: len(worst)] = self.buffer["rows"][worst], REPLAYED
        parents[: len(worst)] = self.buffer["parent"][worst]
        return self._proposal(rows, how, parents, np.full(n, NO_CHOICE))


def play(world: pettingzoo.ParallelEnv, seed: int, rng: np.random.Generator) -> float:
    """Mean return of the agents over an episode with random actions."""
    world.reset(seed=seed)
    return_ = 0.0
    for _ in range(STEPS):
        actions = {a: rng.integers(world.action_space(a).n) for a in world.agents}
        return_ += sum(world.step(actions)[1].values()) / len(world.possible_agents)
    return return_


def main() -> None:
    """Plays what the creator proposes and tells it how that went."""
    options = {"x_size": 8, "y_size": 8, "n_evaders": 8, "n_pursuers": 3, "n_catch": 1}
    world = pettingzoo.make("parallel", "sisl/pursuit-v5", **options, surround=False)
    space, rng = family(lambda: world, STEPS).space, np.random.default_rng(0)
    buffer = Buffer(space.width, capacity=64)
    creator = Hardest(Kit("pursuit", space, 1, "learnability", buffer))
    for number in range(PROPOSALS):
        proposal = creator.propose(TASKS)
        returns = [play(world, int(seed), rng) for seed in seeds(proposal.rows)]
        creator.observe(Outcomes.played(proposal, returns, np.full(TASKS, STEPS)))
        print(f"proposal {number}: return {np.mean(returns):+.2f}")


if __name__ == "__main__":
    main()
