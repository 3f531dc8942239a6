"""Rule chains: as deep as drawn, valid, spoiled by dead ends alone, hidden with the given chances."""

from typing import Any

import numpy as np
import pytest

from tests.worlds.playground.tasks import LARGER
from worlds.family import TaskError
from worlds.playground.constants import AGENT, ANY_AGENT, FLOOR, KINDS, NEAR, PREDICATES, TOUCH
from worlds.playground.making.chains import Chain, ChainSettings, draw_chain, draw_hidden
from worlds.playground.making.solvable import SOLVABLE, Solvability, solvable
from worlds.playground.problems import problems
from worlds.playground.task import Option, Rule, blank, with_goals

KEYS = range(200)
DEEP = ChainSettings(depth=(0, 4), dead_ends=(0, 3))
FLOORS = (0, 3)


def _chain(key: int, settings: ChainSettings = DEEP, agents: int = 2, slots: int = 16) -> Chain:
    return draw_chain(key, agents, FLOORS, slots, settings)


def _solved(chain: Chain, slots: int = 16) -> Solvability:
    goals = [(Option(frozenset({atom}), frozenset()),) for atom in chain.goals]
    return solvable([*chain.needed, *chain.distractors], chain.rules, goals, slots)


@pytest.mark.parametrize("slots", [1, 4, 16])
def test_chains_are_solvable_at_the_drawn_depth(slots: int) -> None:
    for key in KEYS:
        chain = _chain(key, slots=slots)
        assert len(chain.needed) + len(chain.distractors) <= slots
        assert _solved(chain, slots)[:2] == (SOLVABLE, chain.depth)
    assert {_chain(key).depth for key in KEYS} == {0, 1, 2, 3, 4}


def test_nothing_that_a_chain_needs_is_too_much() -> None:
    settings = ChainSettings(depth=(1, 4), dead_ends=(0, 0))
    for key in range(50):
        chain = _chain(key, settings)
        for index in range(len(chain.needed)):
            less = chain.needed[:index] + chain.needed[index + 1 :]
            assert _solved(chain._replace(needed=less)).verdict != SOLVABLE


def test_only_dead_ends_make_dead_multisets() -> None:
    without = ChainSettings(depth=(1, 4), dead_ends=(0, 0))
    assert all(_solved(_chain(key, without)).dead_share == 0 for key in KEYS)
    some = ChainSettings(depth=(1, 4), dead_ends=(2, 2))
    assert sum(_solved(_chain(key, some)).dead_share > 0 for key in KEYS) > 100


@pytest.mark.parametrize("agents", [1, 2, 8])
def test_a_chain_makes_a_valid_task(agents: int) -> None:
    for key in range(60):
        chain = _chain(key, agents=agents)
        kinds = [*chain.needed, *chain.distractors]
        task = blank(LARGER)._replace(bodies=agents, slots=len(kinds), trials=1, trial_length=9)
        task.floor[0, 0], task.floor[0, 1] = 1 + FLOORS[0], 1 + FLOORS[1]
        task.kinds[: len(kinds)] = kinds
        task.present[0, :agents] = 9
        room = LARGER.objects
        for thing, slot in enumerate([*range(len(kinds)), *range(room, room + agents)]):
            task.cells[slot] = divmod(thing, 8)
        goals = [(Option(frozenset({atom}), frozenset()),) for atom in chain.goals]
        assert problems(with_goals(task, goals, chain.rules), LARGER) == []


def test_goals_are_shared_or_the_agents_own() -> None:
    own = ChainSettings(shared=0, predicates=(0, 0, 1, 0, 0))
    for key in range(20):
        assert [goal[1] for goal in _chain(key, own).goals] == [AGENT, AGENT + 1]
        assert len(set(_chain(key, ChainSettings(shared=100)).goals)) == 1
        assert len(set(_chain(key, own, agents=8).goals)) == 1


def test_dead_ends_can_be_avoided() -> None:
    """They need two things side by side, or one on a floor, not just an agent that passes."""
    for key in KEYS:
        lengthening = set(_chain(key, ChainSettings(depth=(2, 2), dead_ends=(0, 0))).rules)
        both = _chain(key, ChainSettings(depth=(2, 2), dead_ends=(3, 3)))
        dead = [rule for rule in both.rules if rule not in lengthening]
        assert len(dead) == len(both.rules) - 2
        for predicate, a, b in (rule.atom for rule in dead):
            assert b >= FLOOR or predicate in (NEAR, TOUCH) and max(a, b) < KINDS


def test_rules_name_agents_as_often_as_asked_for() -> None:
    def named(percent: int) -> set[int]:
        settings = ChainSettings(named=percent, depth=(2, 2), two_objects=0)
        atoms = [rule.atom for key in range(50) for rule in _chain(key, settings).rules]
        return {s for atom in atoms for s in atom[1:] if AGENT <= s <= ANY_AGENT}

    assert named(0) == {ANY_AGENT}
    assert named(100) == {AGENT, AGENT + 1}


def test_chains_use_the_given_kinds_and_floors_alone() -> None:
    used = (0, 1, 6, 7, 12, 13, 18)
    settings = ChainSettings(depth=(0, 4), kinds=used)
    for key in KEYS:
        chain = _chain(key, settings)
        atoms = [*chain.goals, *(rule.atom for rule in chain.rules)]
        selectors = {selector for atom in atoms for selector in atom[1:]}
        kinds = {*chain.needed, *chain.distractors, *(s for s in selectors if s < KINDS)}
        assert kinds <= set(used)
        assert {s for s in selectors if s >= FLOOR} <= {FLOOR + colour for colour in FLOORS}
        bare = draw_chain(key, 2, (), 16, settings)
        assert all(max(rule.atom) < FLOOR for rule in bare.rules)


def test_chains_depend_on_their_key_alone() -> None:
    chains = [_chain(key) for key in KEYS]
    assert [_chain(key) for key in reversed(KEYS)] == chains[::-1]
    assert len(set(chains)) > 190


RULES = [Rule((NEAR, 3, 9), (20,)), Rule((TOUCH, 9, 20), ())]


def test_hiding_is_as_frequent_as_asked_for() -> None:
    settings = ChainSettings(hide_rules=30, hide_kinds=0, hide_predicates=100)
    drawn = [draw_hidden(key, RULES, 4, settings) for key in range(300)]
    rules, kinds, predicates = (np.array(part) for part in zip(*drawn, strict=True))
    assert np.bitwise_count(rules).mean() == pytest.approx(0.6, abs=0.06)
    assert not kinds.any() and (predicates == 1 << NEAR | 1 << TOUCH).all()


def test_only_what_rules_speak_of_is_hidden() -> None:
    settings = ChainSettings(hide_rules=100, hide_kinds=100, hide_predicates=100)
    rules, kinds, predicates = draw_hidden(0, RULES, 2, settings)
    assert rules.tolist() == [3, 3] and kinds.tolist() == [1 << 3 | 1 << 9 | 1 << 20] * 2
    assert (rules.dtype, kinds.dtype, predicates.dtype) == (np.uint32, np.uint32, np.uint8)
    assert [part.tolist() for part in draw_hidden(0, [], 2, settings)] == [[0, 0]] * 3


def test_what_one_agent_may_read_does_not_depend_on_how_many_there_are() -> None:
    settings = ChainSettings(hide_rules=50, hide_kinds=50, hide_predicates=50)
    for few, many in zip(
        draw_hidden(5, RULES, 2, settings), draw_hidden(5, RULES, 8, settings), strict=True
    ):
        assert few.tolist() == many[:2].tolist()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("depth", (3, 2)),
        ("dead_ends", (0, 14)),
        ("distractors", (0, 33)),
        ("kinds", (0, 1, 2, 3, 4)),
        ("kinds", (0, 1, 2, 3, 4, 4)),
        ("kinds", (0, 1, 2, 3, 4, 24)),
        ("predicates", (0, 0, 0, 0, 3)),
        ("predicates", (1,) * (len(PREDICATES) + 1)),
        ("hide_rules", -1),
        ("shared", True),
    ],
)
def test_settings_that_make_no_sense_are_refused(field: str, value: Any) -> None:
    with pytest.raises(TaskError) as error:
        ChainSettings(**{field: value})
    assert error.value.field.startswith(field)
    with pytest.raises(TaskError, match="slots"):
        _chain(0, slots=0)
