"""Recordings: what elders did, alone, in tasks of training; tasks and actions, which outlive those who acted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from configs.rules import BLOCK
from culture.setting import Setting, play
from populations.member import Member
from populations.rollout import NOBODY, REPLAY, Ticket
from populations.units import Roll
from worlds import rng
from worlds.episode import Agent, Episode
from worlds.episode import record as simulated
from worlds.family import Family


@dataclass(frozen=True)
class Recordings:
    """R recorded episodes; in each an elder plays in seat `seat`, and nobody else is there."""

    family: Family
    seat: int
    rows: np.ndarray  # [R, width] int16, their tasks
    actions: np.ndarray  # [T, R, N] int8
    elders: tuple[str, ...]  # [R] names of who plays
    steps: int  # agent-steps that the elders lived for them

    def drawn(self, key: int, count: int) -> np.ndarray:
        """The numbers of so many of them, int64 [count], drawn from `key`: as evenly as can be."""
        words = rng.words(rng.key(key, "recordings"), np.arange(len(self.rows), dtype=np.uint64))
        return np.resize(np.argsort(words, kind="stable"), count)

    def lesson(self, setting: Setting, name: str, key: int) -> Roll:
        """A unit that plays a block of them again; its one part is what their elders lived through."""
        chosen = self.drawn(key, BLOCK)
        ticket = Ticket(
            key=key,
            rows=self.rows[chosen],
            roster=_roster(self.family, self.seat, np.full(BLOCK, REPLAY)),
            visibility=np.zeros(self.family.trials),
            learning=(REPLAY,),
            replays=self.actions[:, chosen],
        )
        return play(setting, name, self.family, ticket, ())

    def episodes(self, generation: int) -> list[Episode]:
        """Them as records of episodes, shown to the young of a generation."""
        seats = [
            [
                Agent(f"agent_{n}", *((elder, "elder") if n == self.seat else ("", "bot")))
                for n in range(self.family.num_agents)
            ]
            for elder in self.elders
        ]
        visible = np.zeros(self.actions.shape[:2], np.uint8)
        return simulated(self.family, self.rows, self.actions, visible, seats, generation, "train")


class Recorder:
    """Records the elders of a generation, once, if anybody asks."""

    def __init__(self, setting: Setting, elders: Sequence[Member], generation: int) -> None:
        self.setting, self.elders, self.generation = setting, elders, generation
        self.made: Recordings | None = None  # what somebody asked for

    @property
    def recordings(self) -> Recordings | None:
        """What they did; None if there are no elders."""
        if self.elders and self.made is None:
            self.made = _record(self.setting, self.elders, self.generation)
        return self.made


def _record(setting: Setting, elders: Sequence[Member], generation: int) -> Recordings:
    """The elders in turn, each in a task of its own drawn from those of training."""
    family, count = setting.family, setting.settings.transmission.recordings
    key = setting.key("recordings", generation)
    # Where demonstrators have bodies, the elder has one of theirs: so its recording can be watched.
    seat = 1 if len(family.turns) == 1 and family.num_agents > 1 else 0
    players = np.arange(count) % len(elders)
    ticket = Ticket(
        key=key,
        rows=family.space.sample(rng.key(key, "tasks"), count),
        roster=_roster(family, seat, players),
        visibility=np.zeros(family.trials),
        record=count,
    )
    weights = [elder.weights for elder in elders]
    name = f"recordings for generation {generation}"
    (played,) = setting.pool.perform([play(setting, name, family, ticket, weights)])
    names = tuple(elders[player].name for player in players.tolist())
    return Recordings(family, seat, ticket.rows, played.actions, names, played.steps)


def _roster(family: Family, seat: int, players: np.ndarray) -> np.ndarray:
    """[B, N] int16: these in one seat, nobody in all others."""
    roster = np.full((len(players), family.num_agents), NOBODY, np.int16)
    roster[:, seat] = players
    return roster
