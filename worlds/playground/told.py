"""What an agent is told of its goal and of the rules; it stays the same for a whole episode."""

import numpy as np

from worlds.playground import record as at
from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    FLOOR,
    KINDS,
    PREDICATES,
    PRODUCTS,
    SHAPES,
    Sizes,
)
from worlds.playground.goals import asked_atoms
from worlds.playground.kernels import plain, inlined
from worlds.playground.record import NOTHING, Batch, Room
from worlds.playground.things import NONE, ONE, one
from worlds.rng import Whole

AGENT_SHAPE, FLOOR_SHAPE, HIDDEN_SHAPE = (len(SHAPES) + i for i in (1, 2, 3))  # 0 none, 1.. shapes
REQUIRED, FORBIDDEN = 1, 2  # an atom in an option; 0 not in it
SHOWN, HIDDEN = 1, 2  # a rule; 0 none
HIDDEN_PREDICATE = len(PREDICATES) + 3  # plus its number, from 1
ATOM_WIDTH = 5  # 1 + predicate, shape and colour of a, of b
RULE_WIDTH = 1 + ATOM_WIDTH + 2 * PRODUCTS
_COLOURS = 6


def told_size(sizes: Sizes) -> int:
    """Bytes of goal_atoms, goal_options and rules."""
    goal = sizes.goal_atoms * (ATOM_WIDTH + sizes.options)
    return goal + sizes.rules * RULE_WIDTH


@plain
def tell(w: Batch, room: Room, b: Whole) -> None:
    """Writes what each agent of a world is told."""
    w.told[b] = 0
    for n in range(np.int64(w.r8[b, at.BODIES])):
        _tell_goal(w, room, b, n)
        _tell_rules(w, room, b, n)


@inlined
def double(w: Batch, b: Whole, start: Whole, index: Whole) -> np.uint64:
    """The 32-bit number with this index in the field of a task row that begins at `start`."""
    low = np.uint64(w.rows[b, start + 2 * index]) & np.uint64(0xFFFF)
    high = np.uint64(w.rows[b, start + 2 * index + 1]) & np.uint64(0xFFFF)
    return low | high << np.uint64(16)


@inlined
def _tell_goal(w: Batch, room: Room, b: Whole, n: Whole) -> None:
    told = w.told[b, n]
    asked = asked_atoms(w, b, n)
    place = 0
    for m in range(np.int64(w.r8[b, at.ATOMS])):
        if asked & one(m) == NONE:
            continue
        atom = told[ATOM_WIDTH * place : ATOM_WIDTH * (place + 1)]
        atom[0] = 1 + w.r8[b, at.PREDICATE + m]
        atom[1], atom[2] = _symbol(w, b, n, w.r8[b, at.FIRST_THING + m])
        atom[3], atom[4] = _symbol(w, b, n, w.r8[b, at.SECOND_THING + m])
        for k in range(np.int64(w.r8[b, at.OPTIONS + n])):
            option = w.r64[b, at.GOAL + n * at.MOST_OPTIONS + k]
            part = REQUIRED * (option >> np.uint64(m) & ONE)
            part += FORBIDDEN * (option >> np.uint64(32 + m) & ONE)
            told[room.goal_atoms * (ATOM_WIDTH + k) + place] = np.uint8(part)
        place += 1


@inlined
def _symbol(w: Batch, b: Whole, n: Whole, selector: Whole) -> tuple[Whole, Whole]:
    """Shape and colour that name what a selector stands for, as agent n is told."""
    if selector < KINDS:
        return 1 + selector // _COLOURS, 1 + selector % _COLOURS
    if selector >= FLOOR:
        return FLOOR_SHAPE, 1 + selector - FLOOR
    if selector == ANY_AGENT:
        return AGENT_SHAPE, 0
    bodies = np.int64(w.r8[b, at.BODIES])
    return AGENT_SHAPE, 1 + (selector - AGENT - n + bodies) % bodies


@plain
def _tell_rules(w: Batch, room: Room, b: Whole, n: Whole) -> None:
    """Hidden kinds and predicates are numbered by their first appearance in the rules that show."""
    rules = w.told[b, n, room.goal_atoms * (ATOM_WIDTH + room.options) :]
    hidden_rules = double(w, b, room.in_hidden_rules, n)
    hidden_kinds = double(w, b, room.in_hidden_kinds, n)
    hidden_predicates = np.uint64(w.rows[b, room.in_hidden_predicates + n])
    kind_numbers = np.zeros(KINDS + 1, dtype=np.uint8)  # the last is how many there are
    predicate_numbers = np.zeros(len(PREDICATES) + 1, dtype=np.uint8)
    for r in range(np.int64(w.r8[b, at.RULES])):
        rule = rules[RULE_WIDTH * r : RULE_WIDTH * (r + 1)]
        if hidden_rules & one(r) != NONE:
            rule[0] = HIDDEN
            continue
        rule[0] = SHOWN
        here = at.RULE + (1 + PRODUCTS) * r
        m = w.r8[b, here]
        predicate = np.int64(w.r8[b, at.PREDICATE + m])
        rule[1] = 1 + predicate
        if hidden_predicates & one(predicate) != NONE:
            rule[1] = HIDDEN_PREDICATE + _number(predicate_numbers, predicate)
        first, second = w.r8[b, at.FIRST_THING + m], w.r8[b, at.SECOND_THING + m]
        rule[2], rule[3] = _rule_symbol(w, b, n, first, hidden_kinds, kind_numbers)
        rule[4], rule[5] = _rule_symbol(w, b, n, second, hidden_kinds, kind_numbers)
        for j in range(PRODUCTS):
            product = w.r8[b, here + 1 + j]
            if product != NOTHING:
                pair = _rule_symbol(w, b, n, product, hidden_kinds, kind_numbers)
                rule[6 + 2 * j], rule[7 + 2 * j] = pair


@inlined
def _rule_symbol(
    w: Batch, b: Whole, n: Whole, selector: Whole, hidden: np.uint64, numbers: np.ndarray
) -> tuple[Whole, Whole]:
    if selector < KINDS and hidden & one(selector) != NONE:
        return HIDDEN_SHAPE, _number(numbers, selector)
    return _symbol(w, b, n, selector)


@inlined
def _number(numbers: np.ndarray, hidden: Whole) -> Whole:
    """The number of something hidden: the next one if it has none yet."""
    if numbers[hidden] == 0:
        numbers[-1] += 1
        numbers[hidden] = numbers[-1]
    return np.int64(numbers[hidden])
