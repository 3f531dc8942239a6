"""Memory Sequence once more, in plain Python and one world at a time: the oracle of the kernels' tests.

Written from the rules alone: it shares the columns of a task with the kernels, and no trick of theirs.
"""

from collections.abc import Sequence

from worlds.family import NO_ACTION
from worlds.rng_reference import word
from worlds.sequences.memory_sequence.columns import DIGITS, TRIALS


class ReferenceWorld:
    """One world; all that is public is a plain number or list, to compare with a state."""

    def __init__(
        self, row: Sequence[int], num_digits: int, demonstrators: int, end_on_mistake: bool
    ) -> None:
        row = [int(value) for value in row]
        self.trials, self.digits = row[TRIALS], row[DIGITS:]
        self.num_digits, self.demonstrators = num_digits, demonstrators
        self.end_on_mistake = end_on_mistake
        self.penalty = 1000  # what a mistake costs, thousandths
        self.trial = self.position = 0
        self.over = self.trial_over = False
        self.last_action = NO_ACTION
        self.last_reward = 0  # 1 right, -1 wrong, 0 at the start
        self.correct = [0] * self.trials

    def step(self, actions: Sequence[int]) -> tuple[list[int], int]:
        """Rewards of all agents in thousandths, and ends: bit 0 the trial, bit 1 the episode."""
        others = [0] * self.demonstrators
        if self.over:
            return [0, *others], 0
        action = int(actions[0])
        right = action == self.digits[self.position]
        self.last_action = action if 0 <= action < self.num_digits else NO_ACTION
        self.last_reward = 1 if right else -1
        self.correct[self.trial] += right
        reward = 1000 if right else -self.penalty
        last = self.position == len(self.digits) - 1
        self.trial_over = last or (self.end_on_mistake and not right)
        if not self.trial_over:
            self.position += 1
            return [reward, *others], 0
        if self.trial == self.trials - 1:
            self.over = True
            return [reward, *others], 3
        self.trial += 1
        self.position = 0
        return [reward, *others], 1

    def observe(self, agent: int, visible: bool, shown: Sequence[int]) -> list[int]:
        """The episodic observation of one agent, D zeros and ones.

        A demonstrator sees what agent_0 did as if in its own last trial, and no comments.
        """
        watches = agent == 0
        trial = self.trial if watches else self.trials - 1
        flags = [self.last_action == digit for digit in range(self.num_digits)]
        flags.append(watches and self.trial_over)
        flags += [self.last_reward == 1, self.last_reward == -1]
        flags += self.comments(agent, visible, shown)
        flags += [trial == x for x in range(self.trials)]
        return [int(flag) for flag in flags]

    def comments(self, agent: int, visible: bool, shown: Sequence[int]) -> list[bool]:
        """What one agent sees of comments: all that a train-time observation without a clock holds."""
        seen = agent == 0 and visible
        return [
            *(seen and one == digit for one in shown for digit in range(self.num_digits)),
            seen,
        ]

    def oracle(self, agent: int, key: int, noise: float, world: int = 0) -> int:
        """What the scripted agent says or shows."""
        own, agents = word(key, world), 1 + self.demonstrators
        drawn = [(word(own, n) >> 11) / 2**53 for n in range(agents)]
        known = [drawn[0], *sorted(drawn[1:])][agent]
        odds = (1 - noise) * known
        chance = odds / (noise + odds) if noise else 1.0
        at = self.trial * len(self.digits) + self.position
        choice = word(own, agents * (1 + at) + agent)
        if (choice >> 32) < chance * 2**32:
            return self.digits[self.position]
        return ((choice & 0xFFFFFFFF) * self.num_digits) >> 32
