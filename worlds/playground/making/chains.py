"""Chains of production rules that lead to a goal, dead ends beside them, and what agents may read.

The idea of Adaptive Agent Team 2023; how chains are drawn is ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from worlds.family import TaskError
from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    FLOOR,
    KINDS,
    LARGEST,
    NEAR,
    ON,
    PREDICATES,
    SEE,
    TOUCH,
)
from worlds.playground.making.draws import Draws
from worlds.playground.making.games import check_range
from worlds.playground.making.terrain import check, check_all
from worlds.playground.making.truth_tables import WORD_ATOMS
from worlds.playground.task import Atom, Rule, ordered
from worlds.rng import below, words

_SPARE = 3  # kinds that distractors are of, at most
_RULES, _KINDS, _PREDICATES = 0, LARGEST.rules, LARGEST.rules + KINDS  # counters of `draw_hidden`


@dataclass(frozen=True)
class ChainSettings:
    """What rules may be like; pairs are ranges, both ends included."""

    depth: tuple[int, int] = (0, 3)  # rules that must fire before the goal can hold
    dead_ends: tuple[int, int] = (0, 2)  # rules that lead nowhere
    distractors: tuple[int, int] = (0, 3)  # start objects that no goal needs
    kinds: tuple[int, ...] = tuple(range(KINDS))  # in use
    predicates: tuple[int, ...] = (3, 2, 2, 1, 1)  # weights of near, touch, hold, see, on
    two_objects: int = 60  # percent of near, touch and see that are about two objects
    by_products: int = 20  # percent of the chain's rules that also make a distractor
    named: int = 20  # percent of agents in rules that are one of several, not any
    shared: int = 50  # percent of chains after which all agents have the same goal
    hide_rules: int = 10  # percent, for each agent and rule
    hide_kinds: int = 0  # percent, for each agent and kind
    hide_predicates: int = 0  # percent, for each agent and predicate

    def __post_init__(self) -> None:
        check_range("depth", self.depth, 0, LARGEST.rules)
        check_range("dead_ends", self.dead_ends, 0, LARGEST.rules - self.depth[1])
        check_range("distractors", self.distractors, 0, LARGEST.objects)
        # One kind for the goal, at least one for each rule, and two so that there is a choice.
        check_all("kinds", self.kinds, self.depth[1] + 3, KINDS, KINDS - 1)
        if len(set(self.kinds)) < len(self.kinds):
            raise TaskError("kinds", self.kinds, "is no kind twice")
        check_all("predicates", self.predicates, len(PREDICATES), len(PREDICATES), 100)
        if not any(self.predicates[:ON]):
            raise TaskError("predicates", self.predicates, "is a weight above 0 that is not of on")
        for name in ("two_objects", "by_products", "named", "shared"):
            check(name, getattr(self, name), 0, 100)
        for name in ("hide_rules", "hide_kinds", "hide_predicates"):
            check(name, getattr(self, name), 0, 100)


class Chain(NamedTuple):
    """Rules that lead from start objects to a goal, and what else lies about."""

    goals: tuple[Atom, ...]  # of each agent: an atom about what the chain makes
    rules: tuple[Rule, ...]  # of the chain and dead ends, in drawn order
    needed: tuple[int, ...]  # kinds of the start objects that the goal takes
    distractors: tuple[int, ...]  # kinds of the other start objects
    depth: int


def draw_chain(
    key: int, agents: int, floors: Sequence[int], slots: int, settings: ChainSettings
) -> Chain:
    """A chain whose depth is drawn from the settings; `solvable` finds the same depth.

    floors: colours of painted floors that atoms may name. slots: room for the start objects, at
    least one; where it is short there are fewer distractors. Where kinds are short there may be
    fewer dead ends. The goals are one atom for all agents, or one each if there are at most six.
    """
    if slots < 1:
        raise TaskError("slots", slots, "are at least 1")
    return _Drawing(key, agents, floors, slots, settings).chain()


def draw_hidden(
    key: int, rules: Sequence[Rule], agents: int, settings: ChainSettings
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What agents may not read of the rules: bits of rules, kinds and predicates.

    uint32, uint32 and uint8, each [agents]; kinds and predicates that no rule speaks of are not
    hidden.
    """
    drawn = below(words(key, np.arange(64 * agents).reshape(agents, 64)), 100)
    kinds = {kind for rule in rules for kind in (*rule.atom[1:], *rule.products) if kind < KINDS}
    predicates = {rule.atom[0] for rule in rules}
    masks = [
        (drawn[:, np.array(list(bits), dtype=np.int64) + first] < percent)
        @ (1 << np.array(list(bits), dtype=np.int64))
        for bits, first, percent in (
            (range(len(rules)), _RULES, settings.hide_rules),
            (kinds, _KINDS, settings.hide_kinds),
            (predicates, _PREDICATES, settings.hide_predicates),
        )
    ]
    return masks[0].astype(np.uint32), masks[1].astype(np.uint32), masks[2].astype(np.uint8)


class _Drawing:
    """A chain while it is drawn: backwards from the goal, always with kinds not used before."""

    def __init__(
        self, key: int, agents: int, floors: Sequence[int], slots: int, settings: ChainSettings
    ) -> None:
        self.draws = Draws(key)
        self.agents, self.slots, self.settings = agents, slots, settings
        self.floors = [FLOOR + colour for colour in floors]
        self.fresh = self.draws.some(settings.kinds, len(settings.kinds))
        self.needed: list[int] = []
        self.rules: list[Rule] = []

    def chain(self) -> Chain:
        """The whole, in the order in which it is drawn."""
        depth = self.draws.between(*self.settings.depth)
        goals = self._goals(depth)
        for left in range(depth, 0, -1):
            self._lengthen(left)
        needed = tuple(self.needed)
        spare = self.fresh[:_SPARE]
        wanted = min(self.draws.between(*self.settings.distractors), self.slots - len(needed))
        distractors = [self.draws.one(spare) for _ in range(wanted if spare else 0)]
        if spare:
            self._add_by_products(spare)
        self._add_dead_ends(goals, distractors, spare)
        return Chain(
            goals,
            tuple(self.draws.some(self.rules, len(self.rules))),
            needed,
            tuple(distractors),
            depth,
        )

    def _goals(self, depth: int) -> tuple[Atom, ...]:
        shared = self.agents > WORD_ATOMS or self.draws.chance(self.settings.shared)
        predicate, kinds = self._predicate_and_kinds(depth)
        self.needed = kinds
        if shared or self.agents == 1:
            who = [ANY_AGENT if self.agents > 1 else AGENT] * self.agents
        else:
            who = [AGENT + agent for agent in range(self.agents)]
        floor = self.draws.one(self.floors) if predicate == ON else 0
        return tuple(_atom(predicate, kinds, agent, floor) for agent in who)

    def _lengthen(self, left: int) -> None:
        """One more rule makes a needed kind; what it takes is needed instead."""
        made = self.needed.pop(self.draws.below(len(self.needed)))
        predicate, kinds = self._predicate_and_kinds(left - 1)
        self.rules.append(Rule(self._rule_atom(predicate, kinds), (made,)))
        self.needed += kinds

    def _predicate_and_kinds(self, left: int) -> tuple[int, list[int]]:
        """A predicate, and one or two fresh kinds for it; `left` rules still need one each."""
        weights = self.settings.predicates[: ON + bool(self.floors)]
        predicate = self.draws.weighted(weights)
        pair = predicate in (NEAR, TOUCH, SEE) and self.draws.chance(self.settings.two_objects)
        room = len(self.fresh) - left >= 2 and len(self.needed) + 2 <= self.slots
        return predicate, [self.fresh.pop() for _ in range(1 + (pair and room))]

    def _add_by_products(self, spare: list[int]) -> None:
        for index, (atom, products) in enumerate(self.rules):
            if self.draws.chance(self.settings.by_products):
                self.rules[index] = Rule(atom, (*products, self.draws.one(spare)))

    def _add_dead_ends(
        self, goals: tuple[Atom, ...], distractors: list[int], spare: list[int]
    ) -> None:
        """Rules that spoil what the chain needs, or lead from distractors to distractors.

        They bring two kinds together, or one on a floor: a rule that merely asks for an agent
        near a needed thing could not be avoided. Nor do they take a pair that the chain takes, or
        that one rule makes side by side.
        """
        taken = {_pair(atom) for atom in (*goals, *(rule.atom for rule in self.rules))}
        useful = {kind for pair in taken for kind in pair if kind < KINDS}
        taken |= {_pair((NEAR, *rule.products)) for rule in self.rules if len(rule.products) == 2}
        kinds = sorted(useful | set(distractors))
        pairs = [(a, b) for i, a in enumerate(kinds) for b in kinds[i + 1 :]]
        pairs += [(kind, floor) for kind in kinds for floor in self.floors]
        free = [pair for pair in pairs if pair not in taken]
        wanted = self.draws.between(*self.settings.dead_ends)
        for a, b in self.draws.some(free, min(wanted, len(free))):
            predicate = ON if b >= FLOOR else (NEAR, TOUCH)[self.draws.below(2)]
            made = (self.draws.one(spare),) if spare and self.draws.chance(50) else ()
            self.rules.append(Rule((predicate, a, b), made))

    def _rule_atom(self, predicate: int, kinds: list[int]) -> Atom:
        who = AGENT
        if self.agents > 1:
            named = self.draws.chance(self.settings.named)
            who = AGENT + self.draws.below(self.agents) if named else ANY_AGENT
        floor = self.draws.one(self.floors) if predicate == ON else 0
        return _atom(predicate, kinds, who, floor)


def _atom(predicate: int, kinds: list[int], agent: int, floor: int) -> Atom:
    """An atom about these kinds; of one kind alone, about an agent or a floor besides."""
    if len(kinds) == 2:
        return ordered((predicate, kinds[0], kinds[1]))
    if predicate == ON:
        return (predicate, kinds[0], floor)
    return ordered((predicate, agent, kinds[0]))


def _pair(atom: Atom) -> tuple[int, int]:
    """What an atom is about, in rising order."""
    return min(atom[1:]), max(atom[1:])
