"""Every hand-authored probe is a task of its own, solved by its scripts and not by standing still."""

import numpy as np
import pytest

from worlds.family import make, named_task
from worlds.playground.constants import PYRAMID, STAY, STEPS, shape_of
from worlds.playground.making.game_identity import game_digest
from worlds.playground.making.place import walk_and_parts
from worlds.playground.making.solvable import SOLVABLE, solvable
from worlds.playground.making.tiles import edge_errors
from worlds.playground.probe_file import VIEW, own_sizes
from worlds.playground.problems import problems
from worlds.playground.reference import ReferenceWorld
from worlds.playground.suites import (
    held_out_digests,
    held_out_games,
    probe,
    probe_about,
    probe_names,
    probe_scripts,
)
from worlds.playground.task import Task, canonical, digest, goals_of, rules_of, same

NAMES = probe_names()
HALVES = (  # probes whose agents cannot get to each other
    *("pass_over_the_wall", "coordinated_production_1", "coordinated_production_2"),
    *("coordinated_exchange", "combine_outputs", "overcooked_forced"),
    *("information_asymmetry", "two_machines"),
)
AT_REST = {"dont_act"}  # probes whose goal holds as long as nobody does anything

every_probe = pytest.mark.parametrize("name", NAMES)


@every_probe
def test_a_probe_is_a_valid_task_in_canonical_form(name: str) -> None:
    task = probe(name)
    assert problems(task, own_sizes(task)) == []
    assert [str(error) for error in edge_errors(task.height, task.ramp)] == []
    assert same(task, canonical(task))
    assert probe_about(name).endswith(".")


@every_probe
def test_the_scripts_earn_exactly_what_is_written(name: str) -> None:
    for script in probe_scripts(name):
        assert len(script.actions) <= probe(name).trials * probe(name).trial_length
        assert played(probe(name), script.actions) == script.earns


@every_probe
def test_the_kernels_pay_what_the_scripts_earn(name: str) -> None:
    settings, task = named_task("playground", name)
    family = make("playground", **settings)
    row = family.space.from_json(task)[None]
    state = family.state(1)
    for script in probe_scripts(name):
        family.reset(state, row)
        for actions in script.actions:
            family.step(state, actions[None])
        assert state.trial_returns[0].sum(axis=-1).tolist() == list(script.earns)


@every_probe
def test_every_agent_reaches_its_goal_in_some_script(name: str) -> None:
    best = np.max([script.earns for script in probe_scripts(name)], axis=0)
    for agent, goal in enumerate(goals_of(probe(name))):
        assert not goal or best[agent] > 0, f"agent_{agent}"


@every_probe
def test_whoever_stands_still_loses(name: str) -> None:
    """Of agents that share one goal it is enough that some must act; the others play on."""
    task, must_act = probe(name), set()
    for script in probe_scripts(name):
        for agent, goal in enumerate(goals_of(task)):
            still = played(task, stilled(script.actions, agent))
            if still[agent] < script.earns[agent]:
                must_act.add(frozenset(goal))
    assert name in AT_REST or must_act == {frozenset(goal) for goal in goals_of(task) if goal}


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("tool_use")])
def test_without_tools_the_pyramid_is_out_of_reach(name: str) -> None:
    task = probe(name)
    row, column = next(
        cell
        for cell, kind in zip(task.cells.tolist(), task.kinds.tolist(), strict=False)
        if kind >= 0 and shape_of(kind) == PYRAMID
    )
    for down, right in STEPS:
        cell = row + down, column + right
        if cell in within_walk(task, agent=0):
            assert abs(int(task.height[cell]) - int(task.height[row, column])) > 1


@pytest.mark.parametrize("name", [name for name in NAMES if rules_of(probe(name))])
def test_rules_can_lead_to_the_goal(name: str) -> None:
    task = probe(name)
    kinds = [kind for kind in task.kinds.tolist() if kind >= 0]
    assert solvable(kinds, rules_of(task), goals_of(task), task.slots).verdict == SOLVABLE


@pytest.mark.parametrize("name", HALVES)
def test_feet_do_not_get_from_one_half_to_the_other(name: str) -> None:
    task = probe(name)
    assert not within_walk(task, agent=0) & within_walk(task, agent=1)


def test_tasks_of_the_same_signature_differ_in_hidden_rules_alone() -> None:
    first, *others = (probe(name) for name in NAMES if name.startswith("same_signature"))
    assert len(others) == 3
    for other in others:
        alike = {field: getattr(first, field) for field in ("atoms", "require", "rules")}
        assert same(first, other._replace(**alike))
        assert len(rules_of(first)) == len(rules_of(other))
        assert other.hidden_rules.tolist() == [(1 << len(rules_of(other))) - 1]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("relay")])
def test_a_relay_hands_over_between_two_agents_at_a_time(name: str) -> None:
    task = probe(name)
    there = [np.flatnonzero(steps).tolist() for steps in task.present]
    agents = range(task.bodies)
    assert there == [[0], *([agent, agent + 1] for agent in agents[:-1]), [agents[-1]]]
    assert [bool(hidden) for hidden in task.hidden_rules] == [agent > 0 for agent in agents]


def test_no_two_probes_are_the_same_task() -> None:
    assert len(held_out_digests()) == len(NAMES)
    assert {digest(probe(name)) for name in NAMES} == held_out_digests()


def test_a_game_is_held_out_whatever_its_agents_are_called() -> None:
    first, second = goals_of(probe("counter_yellow_sphere"))
    assert game_digest([first, second], []) not in held_out_games()  # held out in its level alone
    fence = goals_of(probe("ridge_fencing"))
    assert game_digest(fence, []) in held_out_games()
    assert game_digest(fence[::-1], []) not in held_out_games()  # then each is about the other


def within_walk(task: Task, agent: int) -> set[tuple[int, int]]:
    """The cells to which terrain and anchors let an agent walk from its start."""
    blocked = np.zeros_like(task.height)
    blocked[tuple(task.cells[np.flatnonzero(task.fixed)].T)] = 1
    walk, _, _ = walk_and_parts(task.height[None], task.ramp[None], blocked[None])
    start = tuple(task.cells[len(task.kinds) + agent].tolist())
    reached, grown = {start}, [start]
    while grown:
        row, column = grown.pop()
        for direction, (down, right) in enumerate(STEPS):
            there = row + down, column + right
            if walk[0, row, column] >> direction & 1 and there not in reached:
                reached.add(there)
                grown.append(there)
    return reached


def stilled(actions: np.ndarray, agent: int) -> np.ndarray:
    """The same script in which one agent stays all the time."""
    still = actions.copy()
    still[:, agent] = STAY
    return still


def played(task: Task, actions: np.ndarray) -> tuple[int, ...]:
    """Thousandths that each agent earns over these steps [T, N]."""
    world = ReferenceWorld(task, VIEW)
    total = np.zeros(task.bodies, dtype=int)
    for row in actions.tolist():
        world.step(row)
        total += world.rewards
    return tuple(total.tolist())
