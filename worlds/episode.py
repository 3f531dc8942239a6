"""The record of an episode: its task and actions, from which everything else is simulated again."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from worlds.family import NO_ACTION, Family, identity, make

DIGEST_EVERY = 16  # steps; the last step has a digest too


class ReplayError(ValueError):
    """An episode that cannot be played as it was recorded: one sentence saying what differs."""


@dataclass(frozen=True)
class Agent:
    """Who played one agent."""

    name: str  # agent_0, agent_1 …
    member: str  # name of the member, empty if it was none
    role: str  # young, elder, oracle, bot, human …


@dataclass(frozen=True, eq=False)
class Episode:
    """One episode of T steps and N agents of the world `world`, made with `settings`."""

    world: str
    version: int  # of the world's rules
    settings: dict[str, Any]
    task: np.ndarray  # [width] int16
    actions: np.ndarray  # [T, N] uint8, 255 for none
    visible: np.ndarray  # [T] uint8, were the others shown in agent_0's observation before action t
    rewards: np.ndarray  # [T, N] int16 thousandths, as reported: with the penalty of the settings
    agents: tuple[Agent, ...]
    generation: int
    split: str  # train, eval, human, example
    digests: tuple[str, ...]  # of the world after steps 16, 32 … and the last

    @property
    def returns(self) -> np.ndarray:
        """The return of each agent, float64 `[N]`, reward units."""
        return self.rewards.sum(axis=0, dtype=np.int64) / 1000

    @property
    def length(self) -> int:
        """Steps T."""
        return len(self.actions)

    @property
    def task_id(self) -> str:
        """The identity of the task, 16 hexadecimal digits."""
        return identity(self.world, self.task[None])[0]


def record(
    family: Family,
    rows: np.ndarray,
    actions: np.ndarray,
    visible: np.ndarray,
    agents: Sequence[Agent] | Sequence[Sequence[Agent]],
    generation: int = 0,
    split: str = "train",
    which: Sequence[int] | None = None,
) -> list[Episode]:
    """The episodes of worlds `which` (default all) of a batch that was played, simulated once more.

    Each is as long as its world went on.

    Args:
        rows: the tasks, int16 `[B, width]`.
        actions: what was done, `[T, B, N]`; -1 or 255 for nothing.
        visible: `state.visible` at each observation, `[T, B]`.
        agents: who played, N agents for all worlds or one such sequence per world of `which`.
    """
    chosen = np.arange(len(rows)) if which is None else np.asarray(which, dtype=np.int64)
    who = _who(agents, len(chosen))
    if len(who) != len(chosen) or any(len(one) != family.num_agents for one in who):
        raise ValueError(f"agents name {len(who)} worlds, allowed are {len(chosen)} x N agents")
    tasks = np.ascontiguousarray(np.asarray(rows)[chosen], dtype=np.int16)
    moves = np.ascontiguousarray(np.asarray(actions)[:, chosen]).astype(np.int8)
    seen = np.ascontiguousarray(np.asarray(visible)[:, chosen]).astype(np.uint8)
    state = family.state(len(chosen))
    family.reset(state, tasks)
    rewards = np.zeros(moves.shape, dtype=np.int16)
    digests: list[list[str]] = [[] for _ in chosen]
    lengths = np.zeros(len(chosen), dtype=np.int64)
    for t in range(len(moves)):
        going = np.flatnonzero(state.over == 0)
        lengths[going] = t + 1
        rewards[t], _ = family.step(state, moves[t])
        for i in going.tolist():
            if state.over[i] or _is_checked(t + 1, len(moves)):
                digests[i].append(digest(family, state, i))
    return [
        Episode(
            world=family.name,
            version=family.version,
            settings=dict(family.settings),
            task=tasks[i],
            actions=moves[: lengths[i], i].astype(np.uint8),
            visible=seen[: lengths[i], i],
            rewards=rewards[: lengths[i], i].copy(),
            agents=who[i],
            generation=generation,
            split=split,
            digests=tuple(digests[i]),
        )
        for i in range(len(chosen))
    ]


def digest(family: Family, state: Any, index: int) -> str:
    """16 hexadecimal digits of BLAKE2b over the canonical bytes of one world."""
    return blake2b(family.bytes_of(state, index), digest_size=8).hexdigest()


def replay(episode: Episode) -> "Replay":
    """The episode, ready at its start; raises `ReplayError` if this version cannot play it."""
    return Replay(episode)


class Replay:
    """Steps an episode again. Position p, 0..T, is the world before action p; T is its end.

    `family` and `state` (one world) are those of the position; every digest on the way is compared,
    and a difference raises `ReplayError`.
    """

    def __init__(self, episode: Episode) -> None:
        self.episode = episode
        self.position = 0
        try:
            self.family: Family = make(episode.world, **episode.settings)
        except (TypeError, ValueError) as problem:
            raise ReplayError(f"the world cannot be made: {problem}") from None
        if episode.version != self.family.version:
            raise ReplayError(
                f"recorded with version {episode.version} of {episode.world}, "
                f"this is version {self.family.version}"
            )
        shape = (self.family.horizon, self.family.num_agents)
        if not 0 < episode.length <= shape[0] or episode.actions.shape[1:] != shape[1:]:
            raise ReplayError(
                f"actions have shape {episode.actions.shape}, allowed are up to {shape}"
            )
        if problems := self.family.space.problems(episode.task):
            raise ReplayError(f"the task is not valid: {problems[0]}")
        self.state = self.family.state(1)
        self._restart()

    @property
    def length(self) -> int:
        """Steps T; positions go from 0 to T."""
        return self.episode.length

    def forward(self) -> None:
        """One position on; at the end nothing happens."""
        if self.position == self.length:
            return
        t = self.position
        rewards, _ = self.family.step(self.state, self.episode.actions[t : t + 1].astype(np.int8))
        self.position = t + 1
        self._show()
        if rewards[0].tolist() != self.episode.rewards[t].tolist():
            raise ReplayError(
                f"step {t + 1} pays {rewards[0].tolist()}, recorded is "
                f"{self.episode.rewards[t].tolist()} thousandths"
            )
        if _is_checked(self.position, self.length):
            self._compare()

    def seek(self, position: int) -> None:
        """Goes to a position 0..T, from the start if it lies behind."""
        if not 0 <= position <= self.length:
            raise ValueError(f"position is {position}, allowed are 0..{self.length}")
        if position < self.position:
            self._restart()
        while self.position < position:
            self.forward()

    def observations(self) -> np.ndarray:
        """What the agents see at this position, uint8 `[N, D]`."""
        shape = (1, self.family.num_agents, self.family.observation_size)
        out = np.zeros(shape, dtype=np.uint8)
        self.family.observe(self.state, out)
        return out[0]

    def check(self) -> None:
        """Plays to the end; raises `ReplayError` at the first difference."""
        self.seek(self.length)

    def _restart(self) -> None:
        self.position = 0
        self.family.reset(self.state, self.episode.task[None])
        self._show()

    def _show(self) -> None:
        """What agent_0 sees of others; where they have a turn before it, what they are about to show."""
        self.state.visible[0] = self.episode.visible[min(self.position, self.length - 1)]
        if len(self.family.turns) > 1:
            ended = self.position == self.length
            shown = self.episode.actions[min(self.position, self.length - 1), 1:].astype(np.int8)
            self.state.shown[0] = NO_ACTION if ended else shown

    def _compare(self) -> None:
        index = -(-self.position // DIGEST_EVERY) - 1
        recorded = self.episode.digests[index] if index < len(self.episode.digests) else "none"
        found = digest(self.family, self.state, 0)
        if found != recorded:
            raise ReplayError(
                f"after step {self.position} the world differs from the recorded one "
                f"(digest {found}, recorded {recorded})"
            )


def _who(agents: Sequence[Any], worlds: int) -> list[tuple[Agent, ...]]:
    """The agents of each world, from those of one world for all or from one sequence per world."""
    if all(isinstance(agent, Agent) for agent in agents):
        return [tuple(agents)] * worlds
    return [tuple(one) for one in agents]


def _is_checked(steps: int, length: int) -> bool:
    return steps % DIGEST_EVERY == 0 or steps == length
