"""One attempt at a task by hand: an episode in the making that knows neither keys nor window."""

from collections.abc import Sequence

import numpy as np

from viewer.co_players import CoPlayer, wait
from worlds import episode as episodes
from worlds import rng
from worlds.episode import Agent, Episode
from worlds.family import EPISODE_ENDED, NO_ACTION, Family
from worlds.scene import Scene


class Attempt:
    """A person plays agent `seat` of one world; nothing moves until it acts.

    Every agent has a co-player, which acts at every step so that its memory is never behind; what it does in the
    person's seat is not carried out. So the person may take another seat at any time.
    """

    def __init__(
        self,
        family: Family,
        row: np.ndarray,
        co_players: Sequence[CoPlayer],
        seat: int = 0,
        key: int = 0,
    ) -> None:
        if len(co_players) != family.num_agents:
            raise ValueError(f"co-players are {len(co_players)}, allowed are {family.num_agents}")
        self.family, self.row = family, row
        self.co_players, self.key = tuple(co_players), key
        self.state = family.state(1)
        family.reset(self.state, row[None])
        self.agents = len(self.scene().strips)  # of the task; the world may have room for more
        self.over = False
        self.rewards = np.zeros((0, family.num_agents), np.int16)  # [t, N] thousandths
        self.observations = np.zeros((family.num_agents, family.observation_size), np.uint8)
        self._actions: list[list[int]] = []
        self._moves = [NO_ACTION] * family.num_agents  # chosen so far in the step that comes
        self._played: set[int] = set()  # seats in which the person has acted
        self._left: set[int] = set()  # and those in which a co-player has
        self._acts = [
            one.start(family, agent, rng.key(key, "play"))
            for agent, one in enumerate(self.co_players)
        ]
        self.take(seat)
        self._observe()

    @property
    def steps(self) -> int:
        """Steps taken."""
        return len(self._actions)

    @property
    def returns(self) -> np.ndarray:
        """The return of each agent so far, int64 [N] thousandths."""
        return self.rewards.sum(axis=0, dtype=np.int64)

    @property
    def trial_returns(self) -> np.ndarray:
        """The return of each agent in each trial so far, int32 [N, X] thousandths."""
        return self.state.trial_returns[0]

    def scene(self) -> Scene:
        """The world as it stands."""
        return self.family.scene(self.state, 0)

    def take(self, seat: int) -> None:
        """Play another agent from now on; raises ValueError if there is none of that number."""
        if seat not in range(self.agents):
            raise ValueError(f"seat is {seat}, allowed are 0..{self.agents - 1}")
        self.seat = seat
        self._show()

    def act(self, action: int | None = None) -> int:
        """The person acts, or waits, and the world goes one step on; returns the person's reward in thousandths.

        Once the episode is over nothing happens.
        """
        if self.over:
            return 0
        chosen = wait(self.family) if action is None else action
        if self.seat not in self.family.turns[-1]:
            self._moves[self.seat] = chosen
            self._show(own=True)
        for agent in self.family.turns[-1]:
            self._moves[agent] = self._acts[agent](self.state, self.observations[agent])
        moves = list(self._moves)
        moves[self.seat] = chosen
        rewards, ends = self.family.step(self.state, np.array([moves], dtype=np.int8))
        self.rewards = np.concatenate([self.rewards, rewards])
        self.over = bool(ends[0] & EPISODE_ENDED)
        self._actions.append(moves)
        self._played.add(self.seat)
        self._left |= set(range(len(moves))) - {self.seat}
        self._observe()
        return int(rewards[0, self.seat])

    def episode(self) -> Episode:
        """The record of what was played so far; raises ValueError before the first step."""
        if not self._actions:
            raise ValueError("nothing was played yet: act first")
        actions = np.array(self._actions, dtype=np.int8)[:, None]
        visible = np.ones((self.steps, 1), dtype=np.uint8)
        who = [self._who(agent, one) for agent, one in enumerate(self.co_players)]
        return episodes.record(self.family, self.row[None], actions, visible, who, split="human")[0]

    def _who(self, agent: int, co_player: CoPlayer) -> Agent:
        name = f"agent_{agent}"
        if agent not in self._played:
            return Agent(name, co_player.name, co_player.role)
        return Agent(name, co_player.name if agent in self._left else "", "human")

    def _observe(self) -> None:
        """What agents see now; those of a turn before the last choose at once, and are seen."""
        self._moves = [NO_ACTION] * self.family.num_agents
        self._show()
        for turn in self.family.turns[:-1] if not self.over else ():
            for agent in turn:
                self._moves[agent] = self._acts[agent](self.state, self.observations[agent])
            self._show()

    def _show(self, own: bool = False) -> None:
        """Shows to agent_0 what others chose; of the person's agent, if it is one, only its `own` choice."""
        if len(self.family.turns) > 1:
            shown = [
                move if own or agent != self.seat else NO_ACTION
                for agent, move in enumerate(self._moves)
            ]
            self.state.shown[0] = shown[1:]
        self.family.observe(self.state, self.observations[None])
