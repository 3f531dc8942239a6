"""Which games are the same game, whatever their agents and colours are called."""

from collections.abc import Sequence

from worlds.playground.task import Goal, Rule


def game_digest(goals: Sequence[Goal], rules: Sequence[Rule]) -> str:
    """32 hexadecimal digits: equal for games that differ in names of agents and colours alone.

    goals, one per agent, and rules are those of a canonical task; floors have colours of their own.
    """
    raise NotImplementedError


def game_signature(goals: Sequence[Goal], rules: Sequence[Rule]) -> tuple[object, ...]:
    """Counts of predicates and sizes of options: cheap, and equal for equal games."""
    raise NotImplementedError
