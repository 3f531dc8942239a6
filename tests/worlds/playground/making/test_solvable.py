"""Solvability: known chains, a plain search, and exhaustive play of tiny worlds."""

from collections import Counter, deque
from copy import copy
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    FLOOR,
    FORWARD,
    HAND,
    HOLD,
    KINDS,
    NEAR,
    NO_KIND,
    NO_OBJECT,
    NO_RULE,
    ON,
    PRODUCTS,
    RIGHT,
    SEE,
    TOUCH,
)
from worlds.playground.making.solvable import (
    NO_DEPTH,
    SOLVABLE,
    UNKNOWN,
    UNSOLVABLE,
    Solvability,
    solvable,
)
from worlds.playground.reference import ReferenceWorld
from worlds.playground.task import Atom, Goal, Option, Rule

A, B, C, D, E = range(5)  # kinds
SLOTS = 6


def _goal(*atoms: Atom) -> list[Goal]:
    return [(Option(frozenset(atoms), frozenset()),)]


HOLD_E = _goal((HOLD, ANY_AGENT, E))
TO_D, TO_E = Rule((NEAR, A, B), (D,)), Rule((TOUCH, C, D), (E,))


def test_a_chain_is_as_deep_as_it_has_rules() -> None:
    assert solvable([A, B, C], [TO_E, TO_D], HOLD_E, SLOTS) == Solvability(SOLVABLE, 2, 0.0)
    assert solvable([C, D], [TO_E, TO_D], HOLD_E, SLOTS).depth == 1
    assert solvable([E], [], HOLD_E, SLOTS).depth == 0


def test_a_missing_ingredient_is_certain() -> None:
    assert solvable([A, C], [TO_D, TO_E], HOLD_E, SLOTS) == Solvability(UNSOLVABLE, NO_DEPTH, 1.0)


def test_ingredients_that_can_be_spoiled_leave_dead_multisets() -> None:
    spoil = Rule((NEAR, B, C), ())
    found = solvable([A, B, C], [TO_D, TO_E, spoil], HOLD_E, SLOTS)
    assert found == Solvability(SOLVABLE, 2, 1 / 4)  # {A, B, C}, {C, D}, {E}, and {A}


def test_products_without_a_slot_are_lost() -> None:
    make = Rule((HOLD, AGENT, A), (B, E))
    assert solvable([A, C], [make], HOLD_E, slots=3).verdict == SOLVABLE
    assert solvable([A, C], [make], HOLD_E, slots=2).verdict == UNSOLVABLE


def test_a_kind_is_needed_as_often_as_one_atom_needs_it() -> None:
    two_hands = _goal((HOLD, AGENT, A), (HOLD, AGENT + 1, A))
    assert solvable([A], [], two_hands, SLOTS).verdict == SOLVABLE
    pair = _goal((NEAR, A, A), (HOLD, AGENT, A))
    assert solvable([A], [], pair, SLOTS).verdict == UNSOLVABLE
    assert solvable([A, A], [], pair, SLOTS).verdict == SOLVABLE


def test_any_option_of_any_goal_is_enough_and_none_is_not() -> None:
    goals = [*HOLD_E, *_goal((ON, A, FLOOR))]
    assert solvable([A], [], goals, SLOTS).depth == 0
    assert solvable([A], [], [()], SLOTS).verdict == UNSOLVABLE
    assert solvable([], [], [(Option(frozenset(), frozenset({(SEE, A, B)})),)], 1).depth == 0


def test_a_search_past_its_limit_does_not_know() -> None:
    grow = [Rule((NEAR, AGENT, AGENT + 1), (kind,)) for kind in (A, B, C)]
    found = solvable([], grow, HOLD_E, slots=20, limit=100)
    assert found == Solvability(UNKNOWN, NO_DEPTH, 0.0)
    late = [*grow, TO_D]
    assert solvable([], late, _goal((HOLD, AGENT, D)), 20, limit=100).depth == 3


def test_more_objects_than_slots_are_refused() -> None:
    with pytest.raises(ValueError, match="slots"):
        solvable([A, B], [], HOLD_E, slots=1)


def _plain(kinds: list[int], rules: list[Rule], wanted: Counter[int], slots: int) -> Solvability:
    """The same search over counters, for a goal of one option."""
    start = frozenset(Counter(kinds).items())
    depths, after = {start: 0}, {}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        after[state] = []
        for rule in rules:
            left, takes = Counter(dict(state)), [kind for kind in rule.atom[1:] if kind < KINDS]
            left.subtract(takes)
            if min(left.values(), default=0) < 0:
                continue
            left.update(rule.products[: slots - left.total()])
            found = frozenset((+left).items())
            after[state].append(found)
            if found not in depths:
                depths[found] = depths[state] + 1
                queue.append(found)
    alive = {state for state in depths if wanted <= Counter(dict(state))}
    depth = min((depths[state] for state in alive), default=NO_DEPTH)
    for _ in depths:
        alive |= {state for state in depths if alive & set(after[state])}
    verdict = SOLVABLE if depth != NO_DEPTH else UNSOLVABLE
    return Solvability(verdict, depth, 1 - len(alive) / len(depths))


KIND = st.integers(0, 3)
ATOMS = st.one_of(
    st.tuples(st.just(NEAR), KIND, KIND),
    st.tuples(st.just(HOLD), st.just(AGENT), KIND),
    st.tuples(st.just(NEAR), st.just(AGENT), st.just(AGENT + 1)),
)
RULES = st.builds(Rule, ATOMS, st.lists(KIND, max_size=PRODUCTS).map(tuple))


@given(st.lists(KIND, max_size=4), st.lists(RULES, max_size=4), ATOMS, st.integers(0, 2))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_the_search_is_that_of_plain_python(
    kinds: list[int], rules: list[Rule], atom: Atom, free: int
) -> None:
    slots = len(kinds) + free
    wanted = Counter(kind for kind in atom[1:] if kind < KINDS)
    found = solvable(kinds, rules, _goal(atom), slots)
    expected = _plain(kinds, rules, wanted, slots)
    assert found[:2] == expected[:2]
    assert found.dead_share == pytest.approx(expected.dead_share)


# Exhaustive play: one agent on 2x2 flat cells, the last of them blue, with room for two things.

KINDS_OF_TINY = (6, 12, 18)  # black cube, sphere and pyramid
PLACES = [(0, 1), (1, 0), (1, 1)]


def _tiny(random: Random) -> tuple[list[int], list[Rule], Atom]:
    def atom() -> Atom:
        predicate = random.choice((NEAR, TOUCH, HOLD, SEE, ON))
        first, second = sorted(random.sample(KINDS_OF_TINY, 2))
        if predicate == HOLD:
            return (HOLD, AGENT, first)
        return (ON, first, FLOOR) if predicate == ON else (predicate, first, second)

    rules = [
        Rule(atom(), tuple(random.choices(KINDS_OF_TINY, k=random.randint(0, 2)))) for _ in range(2)
    ]
    return random.choices(KINDS_OF_TINY, k=random.randint(1, 2)), rules, atom()


def _world(kinds: list[int], rules: list[Rule], goal: Atom, places: list[Any]) -> ReferenceWorld:
    atoms = [list(rule.atom) for rule in rules] + [list(goal)]
    slots = 2
    empty = slots - len(kinds)
    task = SimpleNamespace(
        height=[[0, 0]] * 2,
        ramp=[[0, 0]] * 2,
        floor=[[0, 0], [0, 1]],
        cells=[*places, *[(-1, -1)] * empty, (0, 0)],
        kinds=[*kinds, *[NO_OBJECT] * empty],
        facings=[0] * (slots + 1),
        fixed=[0] * slots,
        gadgets=[0],
        atoms=atoms,
        require=[[1 << len(rules)]],
        forbid=[[0]],
        rules=[
            *([i, *rule.products, *[NO_KIND] * 3][: 1 + PRODUCTS] for i, rule in enumerate(rules)),
            [NO_RULE] + [NO_KIND] * PRODUCTS,
        ],
        present=[[1000]],
        bodies=1,
        slots=slots,
        trials=1,
        trial_length=1000,
        reward_mode=0,
        trial_end=0,
    )
    return ReferenceWorld(task, view=5)


def _state(world: ReferenceWorld) -> Any:
    parts = (world.kinds, world.cells, world.facings, world.hands, world.rolls)
    return (*map(tuple, parts), world.truth)


def _stepped(world: ReferenceWorld, action: int) -> ReferenceWorld:
    new = copy(world)
    for name, value in vars(world).items():
        if isinstance(value, list | dict | set):
            setattr(new, name, copy(value))
    new.time = 0
    new.step([action])
    return new


def _can_be_won(world: ReferenceWorld) -> bool:
    """Whether any sequence of actions earns reward: every state that can be reached is visited."""
    seen, queue = {_state(world)}, deque([world])
    while queue:
        now = queue.popleft()
        for action in (FORWARD, RIGHT, HAND):
            after = _stepped(now, action)
            if after.rewards[0]:
                return True
            if _state(after) not in seen:
                seen.add(_state(after))
                queue.append(after)
    return False


def test_what_is_unsolvable_cannot_be_won_by_any_play() -> None:
    verdicts: Counter[tuple[bool, bool]] = Counter()
    for seed in range(60):
        random = Random(seed)
        kinds, rules, goal = _tiny(random)
        found = solvable(kinds, rules, _goal(goal), slots=2)
        won = _can_be_won(_world(kinds, rules, goal, random.sample(PLACES, len(kinds))))
        verdicts[found.verdict == SOLVABLE, won] += 1
        assert not won or found.verdict == SOLVABLE
    assert verdicts[False, False] >= 5 and verdicts[True, True] >= 5
