"""Shared goals: everybody wants the same with things of its own, and only elders may read the rules."""

import numpy as np
import pytest

from worlds.family import TaskError
from worlds.playground.constants import AGENT, ANY_AGENT
from worlds.playground.making.sharing import is_own
from worlds.playground.reference import ReferenceWorld
from worlds.playground.settings import LEVEL_EDITS, SpaceSettings
from worlds.playground.space import PlaygroundSpace
from worlds.playground.task import Task, from_row, goals_of, in_use, rules_of

AGENTS = 3
SPACE = PlaygroundSpace(
    SpaceSettings(
        **{"height": 10, "width": 10, "agents": AGENTS, "view": 5, "trial_length": 20},
        **{"objects": (4, 9), "game_atoms": (1, 3), "goal_options": (1, 2), "atoms": 16},
        **{"depth": (0, 2), "dead_ends": (0, 1), "hide_rules": 30, "edits": LEVEL_EDITS},
        **{"shared_goal": 100, "hide_from_young": 50},
    )
)
TASKS = [from_row(row, SPACE.sizes) for row in SPACE.sample(1, 48)]


def _seen_by(task: Task, agent: int) -> set[tuple[int, ...]]:
    """The atoms of an agent's goal, with 32 for the agent itself."""
    atoms = [a for option in goals_of(task)[agent] for part in option for a in part]
    return {tuple(AGENT if thing == AGENT + agent else thing for thing in atom) for atom in atoms}


def test_all_agents_want_the_same_of_themselves() -> None:
    for task in TASKS:
        young, *others = [
            {(p, *sorted(pair)) for p, *pair in _seen_by(task, agent)} for agent in range(AGENTS)
        ]
        assert all(other == young for other in others)


def test_nobody_can_reach_the_goal_of_another() -> None:
    for task in TASKS:
        for agent in range(AGENTS):
            assert all(map(is_own, _seen_by(task, agent)))


def test_everybody_has_things_of_its_own() -> None:
    for task in TASKS:
        counts = np.bincount(task.kinds[: in_use(task).objects])
        assert (counts % AGENTS == 0).all()


def test_no_goal_holds_at_the_start() -> None:
    for task in TASKS:
        plain = ReferenceWorld(task, SPACE.sizes.view)
        assert not any(plain.holds(agent) for agent in range(AGENTS))


def test_rules_name_no_agent() -> None:
    things = {thing for task in TASKS for rule in rules_of(task) for thing in rule.atom[1:]}
    assert not things & set(range(AGENT, ANY_AGENT))


def test_what_is_hidden_from_the_young_is_read_by_all_others() -> None:
    ruled = [task for task in TASKS if rules_of(task)]
    assert len(ruled) > 20
    read_by_elders = [
        task
        for task in ruled
        if int(task.hidden_rules[0]) == (1 << len(rules_of(task))) - 1
        and not task.hidden_rules[1:].any()
    ]
    assert 0.3 < len(read_by_elders) / len(ruled) < 0.75


def test_edits_of_levels_leave_goals_and_things_as_they_are() -> None:
    rows = SPACE.sample(2, 12)
    for before, after in zip(rows, SPACE.mutate(rows, 3, 3), strict=True):
        one, other = from_row(before, SPACE.sizes), from_row(after, SPACE.sizes)
        assert goals_of(one) == goals_of(other) and rules_of(one) == rules_of(other)
        assert np.array_equal(one.kinds, other.kinds)


def test_a_share_of_tasks_may_be_shared() -> None:
    some = PlaygroundSpace(SpaceSettings(game_atoms=(2, 4), shared_goal=50, view=5))
    tasks = [from_row(row, some.sizes) for row in some.sample(1, 40)]
    shared = [
        _seen_by(task, 0) == _seen_by(task, 1) and all(map(is_own, _seen_by(task, 0)))
        for task in tasks
    ]
    assert 8 <= sum(shared) <= 32


def test_held_out_tasks_are_shared_as_well() -> None:
    rows = SPACE.suite("heldout", 6)
    for row in rows:
        task = from_row(row, SPACE.sizes)
        assert all(map(is_own, _seen_by(task, 1)))


def test_atoms_of_all_agents_need_room() -> None:
    with pytest.raises(TaskError, match="agents x game_atoms"):
        SpaceSettings(agents=4, game_atoms=(2, 4), shared_goal=10)
