"""How fast Memory Sequence is: kernels against the plain Python reference; rows of `worlds.py`."""

import numpy as np

from benchmarks.harness import Row, rate_row
from worlds import make, rng
from worlds.sequences.memory_sequence.reference import ReferenceWorld

WORLDS = 256
EPISODES = 20  # of the kernels in one repeat
FEW = 4  # worlds of the reference, for one episode


def rows() -> list[Row]:
    """A whole step: demonstrators observe and show, agent_0 observes and acts."""
    # Mistakes do not end trials here, so that all worlds go on to the end.
    family = make("memory_sequence", end_on_mistake=False)
    tasks = family.space.sample(rng.key("benchmark"), WORLDS)
    shape = (family.horizon, WORLDS, family.num_agents)
    words = rng.words(rng.key("benchmark"), np.arange(int(np.prod(shape))))
    actions = rng.below(words, family.num_actions).reshape(shape).astype(np.int8)
    state = family.state(WORLDS)
    buffer = np.zeros((*shape, family.observation_size), np.uint8)

    def kernels() -> None:
        for _ in range(EPISODES):
            family.reset(state, tasks)
            for t in range(family.horizon):
                state.shown[:] = actions[t, :, 1:]
                family.observe(state, buffer[t])
                family.step(state, actions[t])

    def reference() -> None:
        for i in range(FEW):
            world = ReferenceWorld(tasks[i], family.num_actions, family.num_agents - 1, False)
            for move in actions[:, i].tolist():
                for agent in range(family.num_agents):
                    world.observe(agent, True, move[1:])
                world.step(move)

    steps = family.horizon * family.num_agents
    counts = (EPISODES * WORLDS * steps, FEW * steps)
    return [rate_row("memory_sequence full", "agent-steps/CPU-s", counts, kernels, reference)]
