"""Goals that all agents share: each wants with things of its own what agent 0 wants with its own."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from worlds.playground.constants import AGENT, ANY_AGENT
from worlds.playground.making.chains import ChainSettings
from worlds.playground.making.games import Pool
from worlds.playground.task import Atom, Goal, Option, ordered


def sharing(settings: ChainSettings) -> ChainSettings:
    """Chains that anybody can go through alone: goals name each agent, rules name none."""
    return replace(settings, shared=0, named=0)


def is_own(atom: Atom) -> bool:
    """Whether an atom is about agent 0 and no other agent: nobody can make it true for agent 0."""
    return [thing for thing in atom[1:] if AGENT <= thing <= ANY_AGENT] == [AGENT]


def own(pool: Pool) -> Pool:
    """The atoms of the pool that are agent 0's own."""
    kept = np.array([is_own((p, a, b)) for p, a, b in pool.atoms.tolist()], dtype=bool)
    return Pool(pool.atoms[kept], pool.weights[kept], pool.counts)


def renamed(atoms: Iterable[Atom], agent: int) -> list[Atom]:
    """The atoms with an agent in the place of agent 0."""
    who = AGENT + agent
    return [
        ordered((predicate, who if a == AGENT else a, who if b == AGENT else b))
        for predicate, a, b in atoms
    ]


def handed(goal: Goal, agent: int) -> Goal:
    """Agent 0's goal as that of another agent."""
    return tuple(Option(*(frozenset(renamed(atoms, agent)) for atoms in option)) for option in goal)
