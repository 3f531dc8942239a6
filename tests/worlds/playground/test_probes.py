"""Every hand-authored probe is a valid task of its own that its scripts solve, and idling does not."""

import numpy as np
import pytest

from worlds.playground.constants import STAY
from worlds.playground.probe_file import VIEW, edge_errors, own_sizes
from worlds.playground.problems import problems
from worlds.playground.reference import ReferenceWorld
from worlds.playground.suites import (
    held_out_digests,
    probe,
    probe_about,
    probe_names,
    probe_scripts,
)
from worlds.playground.task import Task, canonical, digest, goals_of, same

NAMES = probe_names()
AT_REST = {"dont_act"}  # probes whose goal holds as long as nobody does anything

every_probe = pytest.mark.parametrize("name", NAMES)


@every_probe
def test_a_probe_is_a_valid_task_in_canonical_form(name: str) -> None:
    task = probe(name)
    assert problems(task, own_sizes(task)) == []
    assert [str(error) for error in edge_errors(task)] == []
    assert same(task, canonical(task))
    assert probe_about(name).endswith(".")


@every_probe
def test_the_scripts_earn_exactly_what_is_written(name: str) -> None:
    for script in probe_scripts(name):
        assert len(script.actions) <= probe(name).trials * probe(name).trial_length
        assert played(probe(name), script.actions) == script.earns


@every_probe
def test_every_agent_reaches_its_goal_in_some_script(name: str) -> None:
    best = np.max([script.earns for script in probe_scripts(name)], axis=0)
    for agent, goal in enumerate(goals_of(probe(name))):
        assert not goal or best[agent] > 0, f"agent_{agent}"


@every_probe
def test_idling_earns_less_than_a_script(name: str) -> None:
    for script in probe_scripts(name):
        idle = played(probe(name), np.full_like(script.actions, STAY))
        assert sum(idle) < sum(script.earns) or name in AT_REST


def test_no_two_probes_are_the_same_task() -> None:
    assert len(held_out_digests()) == len(NAMES)
    assert {digest(probe(name)) for name in NAMES} == held_out_digests()


def played(task: Task, actions: np.ndarray) -> tuple[int, ...]:
    """Thousandths that each agent earns over these steps [T, N]."""
    world = ReferenceWorld(task, VIEW)
    total = np.zeros(task.bodies, dtype=int)
    for row in actions.tolist():
        world.step(row)
        total += world.rewards
    return tuple(total.tolist())
