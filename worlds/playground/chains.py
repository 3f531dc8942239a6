"""Chains of production rules that lead to a goal, dead ends beside them, and what agents may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from worlds.playground.games import check_range
from worlds.playground.constants import KINDS, LARGEST, PREDICATES
from worlds.playground.task import Atom, Rule
from worlds.playground.terrain import check, check_all


@dataclass(frozen=True)
class ChainSettings:
    """What rules may be like; pairs are ranges, both ends included."""

    depth: tuple[int, int] = (0, 3)  # rules that must fire before the goal can hold
    dead_ends: tuple[int, int] = (0, 2)  # rules that lead nowhere
    distractors: tuple[int, int] = (0, 3)  # objects that no goal needs
    kinds: tuple[int, ...] = tuple(range(KINDS))  # in use; see `kinds_of`
    predicates: tuple[int, ...] = (3, 2, 2, 1, 1)  # weights of near, touch, hold, see, on in rules
    two_objects: int = 60  # percent of rules that consume two objects
    named: int = 20  # percent of atoms about an agent that name one, with two or more agents
    shared: int = 50  # percent of chains with one goal for all agents
    hide_rules: int = 10  # percent, for each agent and rule
    hide_kinds: int = 0  # percent, for each agent and kind in the rules
    hide_predicates: int = 0  # percent, for each agent and predicate in the rules


class Chain(NamedTuple):
    """Rules that lead from start objects to a goal, and what else lies about."""

    goals: tuple[Atom, ...]  # of each agent: the atom about what the chain makes
    rules: tuple[Rule, ...]  # of the chain and dead ends, in drawn order
    needed: tuple[int, ...]  # kinds of the start objects that the goal takes
    distractors: tuple[int, ...]  # kinds of the other start objects
    depth: int


def draw_chain(
    key: int, agents: int, floors: Sequence[int], slots: int, settings: ChainSettings
) -> Chain:
    """A chain whose depth is drawn from the settings; `solvable` finds the same depth.

    floors: colours of painted floors that atoms may name. slots: room for objects; the start
    objects fit it. `chain.rules` are at most settings.depth[1] + settings.dead_ends[1].
    """
    raise NotImplementedError


def draw_hidden(
    key: int, rules: Sequence[Rule], agents: int, settings: ChainSettings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """hidden_rules uint32 [agents], hidden_kinds uint32 [agents], hidden_predicates uint8 [agents]."""
    raise NotImplementedError
