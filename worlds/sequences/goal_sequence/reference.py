"""Goal Sequence once more, in plain Python and one world at a time: the oracle of the kernels'
tests.

Written from the rules alone: it shares the names of headings, actions and columns with the kernels,
and no table, search or trick of theirs.
"""

from collections import deque
from collections.abc import Sequence

from worlds.family import NO_ACTION
from worlds.rng_reference import word
from worlds.sequences.goal_sequence.columns import (
    EAST,
    FORWARD,
    GOALS,
    LEFT,
    NORTH,
    NUM_AGENTS,
    NUM_GOALS,
    ORDER,
    ORDER_LENGTH,
    RIGHT,
    SIZE,
    SOUTH,
    STARTS,
    TRIAL_LENGTH,
    TRIALS,
    WEST,
)

_AHEAD = {EAST: (0, 1), SOUTH: (1, 0), WEST: (0, -1), NORTH: (-1, 0)}

Pose = tuple[int, int, int]  # row, column, heading


class ReferenceWorld:
    """One world; all that is public is a plain number or list, to compare with a state."""

    def __init__(self, row: Sequence[int], view: int, wrong_penalty: int) -> None:
        row = [int(value) for value in row]
        self.size, self.trials, self.trial_length = row[SIZE], row[TRIALS], row[TRIAL_LENGTH]
        self.order = row[ORDER : ORDER + ORDER_LENGTH]
        self.goals = [divmod(cell, self.size) for cell in row[GOALS : GOALS + NUM_GOALS]]
        self.starts = [
            (row[i], row[i + 1], row[i + 2]) for i in range(STARTS, STARTS + 3 * NUM_AGENTS, 3)
        ]
        self._plans: dict[int, dict[Pose, int]] = {}
        self.view = view
        self.wrong_penalty = wrong_penalty  # what reported returns lose
        self.penalty = wrong_penalty  # what rewards lose
        self.trial = 0
        self.over = False
        self.trial_over = False
        self.last_action = [NO_ACTION] * NUM_AGENTS
        self.last_reward = [0] * NUM_AGENTS
        self.trial_returns = [[0] * self.trials for _ in range(NUM_AGENTS)]
        self._start_trial()

    def _start_trial(self) -> None:
        self.position = 0
        self.poses = list(self.starts)
        self.pointers = [0] * NUM_AGENTS
        self.aims: list[int | None] = [None] * NUM_AGENTS

    def step(self, actions: Sequence[int]) -> tuple[list[int], int]:
        """Rewards of all agents in thousandths, and ends: bit 0 the trial, bit 1 the episode."""
        if self.over:
            return [0] * NUM_AGENTS, 0
        self.trial_over = False
        rewards = []
        for agent in range(NUM_AGENTS):
            action = int(actions[agent])
            before = self.poses[agent]
            self.poses[agent] = self._moved(before, action)
            self.last_action[agent] = action if action in (LEFT, RIGHT, FORWARD) else NO_ACTION
            rewards.append(self._pay(agent, before[:2]))
        self.position += 1
        if self.position < self.trial_length:
            return rewards, 0
        self.trial_over = True
        if self.trial == self.trials - 1:
            self.over = True
            return rewards, 3
        self.trial += 1
        self._start_trial()
        return rewards, 1

    def _moved(self, pose: Pose, action: int) -> Pose:
        row, column, heading = pose
        if action == LEFT:
            return row, column, {EAST: NORTH, NORTH: WEST, WEST: SOUTH, SOUTH: EAST}[heading]
        if action == RIGHT:
            return row, column, {EAST: SOUTH, SOUTH: WEST, WEST: NORTH, NORTH: EAST}[heading]
        if action == FORWARD:
            down, right = _AHEAD[heading]
            if 0 <= row + down < self.size and 0 <= column + right < self.size:
                return row + down, column + right, heading
        return pose

    def _pay(self, agent: int, before: tuple[int, int]) -> int:
        here = self.poses[agent][:2]
        self.last_reward[agent] = 0
        if here == before or here not in self.goals:
            return 0
        self.aims[agent] = None
        if self.goals.index(here) == self._due(agent):
            self.last_reward[agent] = 1
            self.pointers[agent] += 1
            self.trial_returns[agent][self.trial] += 1000
            return 1000
        self.last_reward[agent] = -1
        self.trial_returns[agent][self.trial] -= self.wrong_penalty
        return -self.penalty

    def _due(self, agent: int) -> int:
        return self.order[self.pointers[agent] % ORDER_LENGTH]

    def observe(self, agent: int, visible: bool) -> list[int]:
        """The observation of one agent, D zeros and ones; agent_1 never sees agent_0."""
        row, column, heading = self.poses[agent]
        other = self.poses[1][:2] if agent == 0 and visible else None
        down, right = _AHEAD[heading]
        observation = []
        for ahead in range(self.view - 1, -1, -1):  # the farthest cells come first
            for aside in range(-(self.view // 2), self.view // 2 + 1):
                # To the right of somebody who looks (down, right) lies (right, -down).
                cell = (
                    row + ahead * down + aside * right,
                    column + ahead * right - aside * down,
                )
                inside = 0 <= cell[0] < self.size and 0 <= cell[1] < self.size
                observation += [not inside, *(cell == goal for goal in self.goals), cell == other]
        observation += [heading == h for h in (EAST, SOUTH, WEST, NORTH)]
        observation += [self.trial == x for x in range(self.trials)]
        observation += [self.last_reward[agent] == r for r in (-1, 0, 1)]
        observation += [self.last_action[agent] == a for a in (LEFT, RIGHT, FORWARD)]
        return [int(value) for value in observation]

    def oracle(self, agent: int, key: int, noise: float, world: int = 0) -> int:
        """The action of the scripted agent, which draws a new aim where it has none."""
        aim = self.aims[agent]
        if aim is None:
            steps = self.trial * self.trial_length + self.position
            drawn = word(word(key, world), steps * NUM_AGENTS + agent)
            aim = self._due(agent)
            if drawn >> 32 < round(noise * 2**32):
                aim = (aim + 1 + drawn % 2) % NUM_GOALS
            self.aims[agent] = aim
        return self.plan(aim)[self.poses[agent]]

    def plan(self, colour: int) -> dict[Pose, int]:
        """The action to take from every pose on the way to a goal; see `worlds.….plans`."""
        if colour not in self._plans:
            others = [goal for goal in self.goals if goal != self.goals[colour]]
            plan = self._search(colour, others)
            for pose, action in self._search(colour, []).items():
                plan.setdefault(pose, action)
            self._plans[colour] = plan
        return self._plans[colour]

    def _search(self, colour: int, avoided: list[tuple[int, int]]) -> dict[Pose, int]:
        """Breadth first, backwards from the moves that arrive; forward before left before right."""
        poses = [
            (row, column, heading)
            for row in range(self.size)
            for column in range(self.size)
            for heading in (EAST, SOUTH, WEST, NORTH)
        ]
        goal = self.goals[colour]
        leads_to: dict[Pose, list[Pose]] = {pose: [] for pose in poses}
        distance: dict[Pose, int] = {}
        for pose in poses:
            for action in (FORWARD, LEFT, RIGHT):
                after = self._moved(pose, action)
                if after == pose or (action == FORWARD and after[:2] in avoided):
                    continue
                if action == FORWARD and after[:2] == goal:
                    distance[pose] = 1
                else:
                    leads_to[after].append(pose)
        queue = deque(distance)
        while queue:
            pose = queue.popleft()
            for before in leads_to[pose]:
                if before not in distance:
                    distance[before] = distance[pose] + 1
                    queue.append(before)
        return {pose: self._best(pose, goal, avoided, distance) for pose in distance}

    def _best(
        self,
        pose: Pose,
        goal: tuple[int, int],
        avoided: list[tuple[int, int]],
        distance: dict[Pose, int],
    ) -> int:
        for action in (FORWARD, LEFT, RIGHT):
            after = self._moved(pose, action)
            if action == FORWARD:
                if after == pose or after[:2] in avoided:
                    continue
                if after[:2] == goal:
                    return FORWARD
            if distance.get(after, -1) == distance[pose] - 1:
                return action
        raise AssertionError(f"no way on from {pose}")
