"""Who is there in an iteration: the young, their elders, peers and former selves, and where everybody sits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from configs.rules import BLOCK
from culture.transmission import Lesson
from populations.creators.creator import NO_CHOICE
from populations.league import Records, odds
from populations.member import Member
from populations.rollout import NOBODY, NOISE, ORACLE
from populations.rosters import Cast, company, draw


@dataclass(frozen=True)
class Company:
    """The cast of an iteration and its seats; only the first P of the cast learn."""

    cast: tuple[Member, ...]  # P learners, the same as peers where a league needs them, frozen ones
    frozen: int  # entry of the first frozen member
    elders: range  # entries of members of earlier generations
    seats: np.ndarray  # [P, B, N] int16, entries of the cast, or ORACLE, NOISE, NOBODY

    @property
    def names(self) -> list[str]:
        return [member.name for member in self.cast]

    @property
    def beside(self) -> np.ndarray:
        """[P, B] uint64: in each world a digest of who is there beside agent_0."""
        return company(self.names, self.seats)

    @property
    def knowing(self) -> np.ndarray:
        """[P, B, N - 1] bool: where an elder or an oracle sits, who knows better than the learner."""
        others = self.seats[:, :, 1:]
        return np.isin(others, [*self.elders, ORACLE])

    def granted(self, wanted: np.ndarray) -> Company:
        """With the company that a creator asks for, [P, B] uint64 as in `beside`, where it can be had.

        That is one frozen member or script in all seats beside the learner, in worlds where no
        co-player learns: experience stays balanced between learners, whatever a creator asks.
        """
        entries = [*range(self.frozen, len(self.cast)), ORACLE, NOISE, NOBODY]
        learner = 0  # any will do: it is told apart from the frozen ones only
        rows = np.full((len(entries), self.seats.shape[2]), learner, np.int16)
        rows[:, 1:] = np.array(entries)[:, None]
        offers = dict(zip(company(self.names, rows[None])[0].tolist(), rows[:, 1:], strict=True))
        others = self.seats[:, :, 1:]
        free = ~((others >= 0) & (others < len(self.seats))).any(2)
        seats = self.seats.copy()
        for world in zip(*np.nonzero(free & (wanted != NO_CHOICE)), strict=True):
            seats[world][1:] = offers.get(int(wanted[world]), seats[world][1:])
        return replace(self, seats=seats)


def gather(
    key: int,
    lesson: Lesson,
    members: Sequence[Member],
    selves: Sequence[Sequence[Member]],
    records: Records,
    worlds: int,
    agents: int,
) -> Company:
    """The company of `members` by the rules of their lesson; `selves` are their former selves, oldest first."""
    peers = members if "league" in lesson.rules else ()
    cast = (*members, *peers, *lesson.elders, *(one for own in selves for one in own))
    frozen = len(members) + len(peers)
    elders = range(frozen, frozen + len(lesson.elders))
    ends = elders.stop + np.cumsum([0, *(len(own) for own in selves)])
    entries = Cast(
        learners=len(members),
        previous=tuple(elders),
        snapshots=tuple(tuple(range(*pair)) for pair in zip(ends, ends[1:], strict=False)),
        peers=tuple(range(len(members), frozen)),
        elders=lesson.best,
        script=lesson.scripted,
        ranked=lesson.ranked,
    )
    names = [member.name for member in cast]
    chances = odds(records, names, len(members), lesson.league) if peers else None
    blocks = draw(key, lesson.rule, entries, worlds // BLOCK, agents, chances)
    return Company(cast, frozen, elders, np.repeat(blocks, BLOCK, axis=1))
