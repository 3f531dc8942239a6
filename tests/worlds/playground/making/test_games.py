"""Drawn games keep to their settings, make sense, and come near the wanted metrics."""

from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

from tests.worlds.playground.tasks import SIZES, changed, example, random_task
from worlds.family import TaskError
from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    CUBE,
    FLOOR,
    HOLD,
    NEAR,
    ON,
    SEE,
    SLAB,
    SPHERE,
    TOUCH,
    kind,
)
from worlds.playground.making.games import (
    GameSettings,
    Pool,
    atom_pool,
    clashes,
    draw_atoms,
    draw_goals,
    implies,
)
from worlds.playground.making.metrics import balance, metrics
from worlds.playground.problems import problems
from worlds.playground.task import Atom, Goal, Option, Task, goals_of, ordered, with_goals

KEYS = range(100)
BLACK_CUBE, RED_SPHERE = kind(CUBE, 0), kind(SPHERE, 4)


def _task() -> Task:
    """Two agents among seven kinds of things, with two floors."""
    task = random_task(0)._replace(bodies=2, slots=SIZES.objects)
    task.kinds[:7] = [kind(CUBE, c) for c in range(3)] + [kind(SPHERE, c) for c in range(4)]
    task.floor[0, :2] = 1, 2
    return task


POOL = atom_pool(_task(), GameSettings())


def _game(key: int, settings: GameSettings, agents: int = 2, **other: Any) -> list[Goal]:
    pool = draw_atoms(key, POOL, settings, other.get("core", ()))
    goals = draw_goals(key, pool, agents, settings, **other)
    assert goals is not None
    return goals


def _atoms(pool: Pool) -> list[Atom]:
    return [(predicate, a, b) for predicate, a, b in pool.atoms.tolist()]


def _options(goals: list[Goal]) -> list[Option]:
    return [option for goal in goals for option in goal]


def _holds(goal: Goal, true: set[Atom]) -> bool:
    return any(option.require <= true and not option.forbid & true for option in goal)


@pytest.mark.parametrize("seed", range(20))
def test_every_atom_of_a_pool_is_valid_in_its_task(seed: int) -> None:
    task = with_goals(random_task(seed), [], [])
    task.hidden_rules[:] = 0
    atoms = _atoms(atom_pool(task, GameSettings()))
    assert len(set(atoms)) == len(atoms) and list(map(ordered, atoms)) == atoms
    for first in range(0, len(atoms), SIZES.goal_atoms):
        few = Option(frozenset(atoms[first : first + SIZES.goal_atoms]), frozenset())
        assert problems(with_goals(task, [(few,)], []), SIZES) == []


def test_pools_name_what_rules_produce_and_nobody_who_is_not_there() -> None:
    one = example()._replace(bodies=1)
    atoms = _atoms(atom_pool(one, GameSettings()))
    assert (HOLD, AGENT, kind(3, 4)) in atoms  # the red pyramid that a rule makes
    selectors = {selector for atom in atoms for selector in atom[1:]}
    assert not selectors & {ANY_AGENT, AGENT + 1, FLOOR + 1}
    assert FLOOR in selectors


def test_anchors_are_not_to_be_held() -> None:
    atoms = _atoms(atom_pool(changed(example(), "fixed", 0, 1), GameSettings()))
    assert (HOLD, AGENT, BLACK_CUBE) not in atoms
    assert (HOLD, AGENT, kind(SLAB, 0)) in atoms
    assert (NEAR, BLACK_CUBE, AGENT) in atoms


def test_a_thing_is_near_another_of_its_kind_only_if_there_are_two() -> None:
    twice = changed(example(), "kinds", 1, BLACK_CUBE)
    pair = (NEAR, BLACK_CUBE, BLACK_CUBE)
    assert pair in _atoms(atom_pool(twice, GameSettings()))
    assert pair not in _atoms(atom_pool(example(), GameSettings()))


def test_predicates_are_drawn_by_their_weights() -> None:
    settings = GameSettings(predicates=(0, 0, 3, 0, 1), atoms=(1, 1), objects_only=0, any_agent=0)
    pool = atom_pool(_task(), settings)
    drawn = [draw_atoms(key, pool, settings).atoms[0] for key in range(400)]
    assert {int(atom[0]) for atom in drawn} == {HOLD, ON}
    assert np.mean([atom[0] == HOLD for atom in drawn]) == pytest.approx(0.75, abs=0.06)
    assert all(AGENT <= atom[1] < ANY_AGENT for atom in drawn)


def test_a_pool_with_nothing_in_it_is_refused() -> None:
    bare = example()
    bare.floor[:] = 0
    with pytest.raises(TaskError, match="predicates"):
        atom_pool(bare, GameSettings(predicates=(0, 0, 0, 0, 1)))


def test_drawn_atoms_differ_and_are_as_many_as_asked_for() -> None:
    settings = GameSettings(atoms=(3, 5))
    for key in KEYS:
        atoms = _atoms(draw_atoms(key, POOL, settings))
        assert 3 <= len(set(atoms)) == len(atoms) <= 5
        assert set(atoms) <= set(_atoms(POOL))


def test_core_atoms_come_first_and_only_once() -> None:
    core = [_atoms(POOL)[3], _atoms(POOL)[5], _atoms(POOL)[3]]
    settings = GameSettings(atoms=(1, 6))
    for key in KEYS:
        atoms = _atoms(draw_atoms(key, POOL, settings, core))
        assert atoms[:2] == core[:2] and len(set(atoms)) == len(atoms)


def test_goals_keep_to_their_settings() -> None:
    settings = GameSettings(atoms=(3, 6), options=(2, 4), option_atoms=(2, 3))
    for key in KEYS:
        goals = _game(key, settings, agents=3)
        assert all(2 <= len(goal) <= 4 for goal in goals)
        assert all(2 <= len(yes) + len(no) <= 3 for yes, no in _options(goals))


def test_canonical_form_keeps_every_option() -> None:
    for key in KEYS:
        goals = _game(key, GameSettings())
        assert [len(goal) for goal in goals_of(with_goals(_task(), goals, []))] == [
            len(goal) for goal in goals
        ]


def test_goals_are_neither_always_nor_never_true() -> None:
    for key in KEYS:
        goals = _game(key, GameSettings(atoms=(1, 4)))
        atoms = sorted({atom for part in _options(goals) for side in part for atom in side})
        for goal in goals:
            truths = [
                _holds(goal, {atom for atom, value in zip(atoms, values, strict=True) if value})
                for values in product((False, True), repeat=len(atoms))
            ]
            assert any(truths) and not all(truths)


def test_no_hand_needs_two_kinds_and_nothing_is_asked_against_itself() -> None:
    settings = GameSettings(predicates=(1, 1, 8, 1, 1), negate=40)
    for key in KEYS:
        for option in _options(_game(key, settings)):
            assert not any(
                clashes(one, other, POOL.counts) for one, other in combinations(option.require, 2)
            )
            assert not any(implies(one, other) for one, other in product(*option))


def test_goals_do_not_hold_at_the_start() -> None:
    settings = GameSettings(atoms=(4, 6))
    held = 0
    for key in KEYS:
        pool = draw_atoms(key, POOL, settings)
        start = [key >> bit & 1 for bit in range(len(pool.atoms))]
        true = {atom for atom, on in zip(_atoms(pool), start, strict=True) if on}
        free = draw_goals(key, pool, 2, settings)
        goals = draw_goals(key, pool, 2, settings, start_truth=start)
        assert goals and not any(_holds(goal, true) for goal in goals)
        held += any(_holds(goal, true) for goal in free or ())
    assert held > 10


def test_atoms_that_allow_no_game_give_none() -> None:
    settings = GameSettings(atoms=(3, 3), negate=0)
    assert draw_goals(0, draw_atoms(0, POOL, settings), 1, settings, start_truth=[1, 1, 1]) is None


@pytest.mark.parametrize("agents", [2, 3, 5])
@pytest.mark.parametrize("percent", [0, 30, 70, 100])
def test_games_come_near_the_wanted_competitiveness(agents: int, percent: int) -> None:
    settings = GameSettings(atoms=(6, 6), competitiveness=(percent, percent))
    misses = [
        abs(metrics(_game(key, settings, agents)).competitiveness - percent / 100) for key in KEYS
    ]
    assert np.mean(misses) < 0.02
    assert np.quantile(misses, 0.95) < 0.05


@pytest.mark.parametrize(("low", "high"), [(85, 100), (0, 40)])
def test_games_come_near_the_wanted_balance(low: int, high: int) -> None:
    wanted = GameSettings(atoms=(5, 6), balance=(low, high))
    off = 0.0
    for key in range(40):
        goals = _game(key, wanted)
        found = balance(goals)
        off += max(low / 100 - found, found - high / 100, 0)
    assert off / 40 < 0.03


def test_every_option_requires_the_core() -> None:
    core = (HOLD, AGENT, BLACK_CUBE), (HOLD, AGENT + 1, BLACK_CUBE)
    for key in KEYS:
        goals = _game(key, GameSettings(atoms=(3, 6)), core=core)
        for agent, goal in enumerate(goals):
            assert all(core[agent] in option.require for option in goal)
        shared = _game(key, GameSettings(atoms=(3, 6)), core=core[:1])
        assert all(core[0] in option.require for option in _options(shared))


def test_games_depend_on_their_key_alone() -> None:
    games = [_game(key, GameSettings()) for key in KEYS]
    assert games[::-1] == [_game(key, GameSettings()) for key in reversed(KEYS)]
    assert len({str(game) for game in games}) > 90


def test_a_hand_holds_one_thing_and_a_thing_lies_in_one_place() -> None:
    hold, other = (HOLD, AGENT, BLACK_CUBE), (HOLD, AGENT + 1, BLACK_CUBE)
    one, many = np.ones(24, dtype=np.int64), np.full(24, 2)
    assert clashes(hold, (HOLD, AGENT, RED_SPHERE), many)
    assert clashes(hold, other, one) and not clashes(hold, other, many)
    assert clashes(hold, (ON, BLACK_CUBE, FLOOR), one)
    assert clashes((ON, AGENT, FLOOR), (ON, AGENT, FLOOR + 1), many)
    assert not clashes((ON, ANY_AGENT, FLOOR), (ON, ANY_AGENT, FLOOR + 1), one)


def test_what_is_held_is_near_touched_and_seen() -> None:
    hold, near = (HOLD, AGENT, BLACK_CUBE), (NEAR, BLACK_CUBE, AGENT)
    for implied in (near, (TOUCH, BLACK_CUBE, AGENT), (SEE, AGENT, BLACK_CUBE)):
        assert implies(hold, implied) and not implies(implied, hold)
    assert implies((TOUCH, BLACK_CUBE, AGENT), near)
    assert implies(near, (NEAR, BLACK_CUBE, ANY_AGENT))
    assert not implies((NEAR, BLACK_CUBE, AGENT + 1), near)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("atoms", (2, 7)),
        ("atoms", (4, 3)),
        ("options", (0, 2)),
        ("option_atoms", 2),
        ("negate", 101),
        ("competitiveness", (-1, 20)),
        ("balance", (50, 101)),
        ("predicates", (1, 1, 1)),
        ("predicates", (0, 0, 0, 0, 0)),
        ("any_agent", 90),
    ],
)
def test_settings_that_make_no_sense_are_refused(field: str, value: Any) -> None:
    with pytest.raises(TaskError) as error:
        GameSettings(**{field: value})
    assert error.value.field.startswith(field)


def test_pools_that_do_not_fit_a_word_are_refused() -> None:
    with pytest.raises(TaskError, match="draw_atoms"):
        draw_goals(0, POOL, 2, GameSettings())
    with pytest.raises(TaskError, match="core"):
        draw_atoms(0, POOL, GameSettings(), core=_atoms(POOL)[:7])
    pool = draw_atoms(0, POOL, GameSettings())
    with pytest.raises(TaskError, match="pool"):
        draw_goals(0, pool, 2, GameSettings(), core=[(HOLD, AGENT + 7, RED_SPHERE)])
