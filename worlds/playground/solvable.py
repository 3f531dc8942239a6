"""Whether rules can turn the start objects into what a goal needs."""

from collections.abc import Sequence
from typing import NamedTuple

from worlds.playground.task import Goal, Rule

SOLVABLE, UNSOLVABLE, UNKNOWN = range(3)


class Solvability(NamedTuple):
    """What a search over multisets of kinds found."""

    verdict: int  # SOLVABLE, UNSOLVABLE or UNKNOWN (the limit came first)
    depth: int  # rules that fire before some option finds its kinds; -1 unless SOLVABLE
    dead_share: float  # of the multisets that were reached, those that lead to no goal


def solvable(
    kinds: Sequence[int],
    rules: Sequence[Rule],
    goals: Sequence[Goal],
    slots: int,
    limit: int = 20_000,
) -> Solvability:
    """Whether some option of some goal can find the kinds it requires; agents are helpful.

    kinds are those of the start objects; slots is the room for objects (products beyond are lost).
    SOLVABLE is optimistic, since geometry and forbidden atoms are left out; UNSOLVABLE is certain.
    """
    raise NotImplementedError
