"""Drive a world through PettingZoo with random actions.

How to run:      .venv/bin/python examples/play_a_world.py
What to expect:  the task in words, then the return of each agent over one episode.
"""

import pettingzoo

import worlds  # noqa: F401  makes ratchet/goal_sequence-v0 known to pettingzoo


def main() -> None:
    """Plays one episode of Goal Sequence."""
    world = pettingzoo.make("parallel", "ratchet/goal_sequence-v0", size=5, trial_length=20)
    world.reset(seed=0)
    print(world.unwrapped.describe())
    for number, agent in enumerate(world.possible_agents):
        world.action_space(agent).seed(number)
    returns = dict.fromkeys(world.possible_agents, 0.0)
    while world.agents:
        actions = {agent: world.action_space(agent).sample() for agent in world.agents}
        _, rewards, _, _, _ = world.step(actions)
        for agent, reward in rewards.items():
            returns[agent] += reward
    for agent, return_ in returns.items():
        print(f"{agent}: return {return_:+.1f}")


if __name__ == "__main__":
    main()
