"""What an agent is told of its goal and of the rules; it stays the same for a whole episode."""

import numpy as np

from worlds.kernels import allocating, inlined, plain
from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    FLOOR,
    KINDS,
    NO_KIND,
    PREDICATES,
    PRODUCTS,
    SHAPES,
    Sizes,
)
from worlds.playground.engine.record import Room
from worlds.playground.engine.rows import ATOM, RULE, double, used
from worlds.playground.engine.things import NONE, one
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


@allocating
def tell(rows: np.ndarray, room: Room, told: np.ndarray) -> None:
    """Writes into told uint8 [B, N, S] what each agent is told in tasks rows int16 [B, width]."""
    told[:] = 0
    for b in range(len(rows)):
        for n in range(rows[b, room.in_numbers]):
            _tell_goal(rows[b], room, n, told[b, n])
            _tell_rules(
                rows[b], room, n, told[b, n, room.goal_atoms * (ATOM_WIDTH + room.options) :]
            )


@plain
def _tell_goal(row: np.ndarray, room: Room, n: Whole, told: np.ndarray) -> None:
    asked = NONE
    for k in range(n * room.options, (n + 1) * room.options):
        asked |= double(row, room.in_require, k) | double(row, room.in_forbid, k)
    place = 0
    for m in range(room.atoms):
        if asked & one(m) == NONE:
            continue
        atom = told[ATOM_WIDTH * place : ATOM_WIDTH * (place + 1)]
        predicate, first, second = _atom(row, room, m)
        atom[0] = 1 + predicate
        atom[1], atom[2] = _symbol(row, room, n, first)
        atom[3], atom[4] = _symbol(row, room, n, second)
        for k in range(room.options):
            part = told[room.goal_atoms * (ATOM_WIDTH + k) + place :]
            if double(row, room.in_require, n * room.options + k) & one(m) != NONE:
                part[0] = REQUIRED
            elif double(row, room.in_forbid, n * room.options + k) & one(m) != NONE:
                part[0] = FORBIDDEN
        place += 1


@plain
def _atom(row: np.ndarray, room: Room, m: Whole) -> tuple[Whole, Whole, Whole]:
    start = room.in_atoms + ATOM * m
    return np.int64(row[start]), np.int64(row[start + 1]), np.int64(row[start + 2])


@inlined
def _symbol(row: np.ndarray, room: Room, n: Whole, selector: Whole) -> tuple[Whole, Whole]:
    """Shape and colour that name what a selector stands for, as agent n is told."""
    if selector < KINDS:
        return 1 + selector // _COLOURS, 1 + selector % _COLOURS
    if selector >= FLOOR:
        return FLOOR_SHAPE, 1 + selector - FLOOR
    if selector == ANY_AGENT:
        return AGENT_SHAPE, 0
    bodies = np.int64(row[room.in_numbers])
    return AGENT_SHAPE, 1 + (selector - AGENT - n + bodies) % bodies


@plain
def _tell_rules(row: np.ndarray, room: Room, n: Whole, told: np.ndarray) -> None:
    """Hidden kinds and predicates are numbered by their first appearance in the rules that show."""
    hidden_rules = double(row, room.in_hidden_rules, n)
    hidden_kinds = double(row, room.in_hidden_kinds, n)
    hidden_predicates = np.uint64(row[room.in_hidden_predicates + n])
    kind_numbers = np.zeros(KINDS + 1, dtype=np.uint8)  # the last is how many there are
    predicate_numbers = np.zeros(len(PREDICATES) + 1, dtype=np.uint8)
    for r in range(used(row, room.in_rules, RULE, room.rules)):
        rule = told[RULE_WIDTH * r : RULE_WIDTH * (r + 1)]
        if hidden_rules & one(r) != NONE:
            rule[0] = HIDDEN
            continue
        rule[0] = SHOWN
        start = room.in_rules + RULE * r
        predicate, first, second = _atom(row, room, row[start])
        rule[1] = 1 + predicate
        if hidden_predicates & one(predicate) != NONE:
            rule[1] = HIDDEN_PREDICATE + _number(predicate_numbers, predicate)
        place = 2
        for selector in (first, second, *_products(row, start)):
            if selector != NO_KIND:
                pair = _rule_symbol(row, room, n, selector, hidden_kinds, kind_numbers)
                rule[place], rule[place + 1] = pair
            place += 2


@inlined
def _products(row: np.ndarray, start: Whole) -> tuple[Whole, Whole, Whole]:
    return np.int64(row[start + 1]), np.int64(row[start + 2]), np.int64(row[start + 3])


@plain
def _rule_symbol(
    row: np.ndarray,
    room: Room,
    n: Whole,
    selector: Whole,
    hidden: np.uint64,
    numbers: np.ndarray,
) -> tuple[Whole, Whole]:
    if selector < KINDS and hidden & one(selector) != NONE:
        return HIDDEN_SHAPE, _number(numbers, selector)
    return _symbol(row, room, n, selector)


@inlined
def _number(numbers: np.ndarray, hidden: Whole) -> Whole:
    """The number of something hidden: the next one if it has none yet."""
    if numbers[hidden] == 0:
        numbers[-1] += 1
        numbers[hidden] = numbers[-1]
    return np.int64(numbers[hidden])
