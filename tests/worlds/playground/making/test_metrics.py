"""Metrics of games: known values, and the same as plain Python that tries every assignment."""

from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worlds.playground.constants import AGENT, FLOOR, ON
from worlds.playground.making.metrics import balance, metrics
from worlds.playground.task import Atom, Goal, Option

FEW = settings(max_examples=30, deadline=None, derandomize=True)
A, B, C = range(3)
Assignment = tuple[bool, ...]


def _atom(index: int) -> Atom:
    return (ON, AGENT + index // 6, FLOOR + index % 6)


def _option(
    require: set[int] | range = frozenset(), forbid: set[int] | range = frozenset()
) -> Option:
    return Option(frozenset(map(_atom, require)), frozenset(map(_atom, forbid)))


def _games(atoms: int, agents: int) -> st.SearchStrategy[list[Goal]]:
    """Goals that are no contradictions, over so many atoms."""
    signs = st.lists(st.sampled_from([-1, 0, 1]), min_size=atoms, max_size=atoms).filter(any)
    option = signs.map(
        lambda found: _option(
            {i for i, sign in enumerate(found) if sign > 0},
            {i for i, sign in enumerate(found) if sign < 0},
        )
    )
    goal = st.lists(option, min_size=1, max_size=3).map(tuple)
    return st.lists(goal, min_size=agents, max_size=agents)


def _holds(goal: Goal, truth: dict[Atom, bool]) -> bool:
    return any(
        all(truth[atom] for atom in option.require)
        and not any(truth[atom] for atom in option.forbid)
        for option in goal
    )


def _truths(atoms: list[Atom]) -> list[dict[Atom, bool]]:
    return [
        dict(zip(atoms, values, strict=True))
        for values in product((False, True), repeat=len(atoms))
    ]


def _atoms(goals: list[Goal]) -> list[Atom]:
    return sorted({atom for goal in goals for option in goal for part in option for atom in part})


def _plain_overlap(one: Goal, other: Goal, atoms: list[Atom]) -> float:
    found = []
    for names in permutations(atoms):
        for signs in product((False, True), repeat=len(atoms)):
            both = either = 0
            for truth in _truths(atoms):
                moved = {
                    atom: truth[name] ^ sign
                    for atom, name, sign in zip(atoms, names, signs, strict=True)
                }
                wins = (_holds(one, truth), _holds(other, moved))
                both += all(wins)
                either += any(wins)
            found.append(both / either)
    return max(found)


SEE_AND_NOT_SEE: list[Goal] = [(_option({A}),), (_option(forbid={A}),)]
ANY_AND_NONE: list[Goal] = [
    (_option({A}), _option({B}), _option({C})),
    (_option(forbid={A, B, C}),),
]


def test_opposite_goals_are_fully_competitive_and_balanced() -> None:
    assert metrics(SEE_AND_NOT_SEE).competitiveness == 1
    assert metrics(SEE_AND_NOT_SEE).exploration == 0
    assert balance(SEE_AND_NOT_SEE) == 1


@given(_games(4, 1))
@FEW
def test_a_shared_goal_is_fully_cooperative_and_balanced(goals: list[Goal]) -> None:
    assert metrics(goals * 3).cooperativeness == 1
    assert balance(goals * 3) == 1


def test_one_of_three_against_none_of_three_has_balance_one_seventh() -> None:
    assert balance(ANY_AND_NONE) == 1 / 7
    assert metrics(ANY_AND_NONE).options == 2


@given(st.integers(1, 3).flatmap(lambda agents: _games(5, agents)))
@FEW
def test_metrics_are_those_of_counting_every_assignment(goals: list[Goal]) -> None:
    wins = [[_holds(goal, truth) for goal in goals] for truth in _truths(_atoms(goals))]
    some, every = sum(map(any, wins)), sum(map(all, wins))
    found = metrics(goals)
    assert found.options == sum(map(len, goals)) / len(goals)
    assert found.exploration == pytest.approx(1 - some / len(wins))
    assert found.cooperativeness == pytest.approx(every / some)
    assert found.cooperativeness + found.competitiveness == pytest.approx(1)


@given(_games(3, 2))
@FEW
def test_balance_is_the_best_of_all_renamings_and_negations(goals: list[Goal]) -> None:
    assert balance(goals) == pytest.approx(_plain_overlap(*goals, _atoms(goals)))


@given(_games(6, 2), st.permutations(range(6)))
@FEW
def test_balance_is_symmetric_and_does_not_know_names(goals: list[Goal], names: list[int]) -> None:
    new = {_atom(old): _atom(name) for old, name in enumerate(names)}
    renamed: list[Goal] = [
        tuple(
            Option(frozenset(new[atom] for atom in yes), frozenset(new[atom] for atom in no))
            for yes, no in goal
        )
        for goal in goals
    ]
    assert balance(goals) == pytest.approx(balance(renamed[::-1]))
    assert balance(goals) >= metrics(goals).cooperativeness - 1e-9


@given(_games(8, 2))
@settings(max_examples=5, deadline=None, derandomize=True)
def test_balance_over_many_atoms_is_a_lower_bound(goals: list[Goal]) -> None:
    sizes = [sum(_holds(goal, truth) for truth in _truths(_atoms(goals))) for goal in goals]
    assert balance([goals[0], goals[0]]) == 1
    assert metrics(goals).cooperativeness - 1e-9 <= balance(goals)
    assert balance(goals) <= min(sizes) / max(sizes) + 1e-9


def test_more_than_sixteen_atoms_are_counted_over_drawn_assignments() -> None:
    goals: list[Goal] = [
        (_option(range(20)), _option({A}, {B})),
        (_option(forbid=range(2, 20)), _option({A, B})),
    ]
    assert metrics(goals, key=1).exploration == pytest.approx(1 / 2, abs=0.01)
    assert metrics(goals, key=1).competitiveness == pytest.approx(1, abs=0.01)
    assert metrics(goals, key=1) == metrics(goals, key=1) != metrics(goals, key=2)


def test_a_game_that_nobody_can_win_has_no_metrics() -> None:
    with pytest.raises(ValueError, match="hold in no assignment"):
        metrics([(), ()])


def test_balance_with_somebody_who_never_wins_is_none() -> None:
    assert balance([(_option({A}),), ()]) == 0
