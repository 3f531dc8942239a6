"""The task space: what it draws is valid, solvable, new, and the same whoever asks."""

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from worlds import rng
from worlds.family import TaskError, identity
from worlds.playground.constants import EMPTY, SLAB, shape_of
from worlds.playground.making import edit_level
from worlds.playground.making.metrics import metrics
from worlds.playground.making.solvable import SOLVABLE, solvable
from worlds.playground.making.tiles import edge_errors
from worlds.playground.reference import ReferenceWorld
from worlds.playground.settings import SpaceSettings
from worlds.playground.space import BANDS, PlaygroundSpace
from worlds.playground.suites import probe, probe_names
from worlds.playground.task import Task, digest, from_row, goals_of, in_use, rules_of, to_row

PLAIN = PlaygroundSpace(SpaceSettings())
RICH = PlaygroundSpace(
    SpaceSettings(
        height=10,
        width=13,
        agents=4,
        slots=20,
        trials=3,
        trial_length=40,
        presence="random",
        floors=3,
        colours=4,
        depth=(1, 3),
        dead_ends=(0, 2),
        hide_rules=30,
    )
)
SPACES = pytest.mark.parametrize("space", [PLAIN, RICH], ids=["plain", "rich"])


def _tasks(space: PlaygroundSpace, n: int, key: int = 1) -> list[Task]:
    return [from_row(row, space.sizes) for row in space.sample(rng.key("tasks", key), n)]


def _solved(task: Task, agent: int) -> Any:
    kinds = task.kinds[task.kinds != EMPTY].tolist()
    return solvable(kinds, rules_of(task), [goals_of(task)[agent]], task.slots)


@SPACES
def test_sampled_tasks_are_valid_and_their_edges_fit(space: PlaygroundSpace) -> None:
    rows = space.sample(1, 40)
    assert rows.dtype == np.int16 and rows.shape == (40, space.width)
    for row in rows:
        assert space.problems(row) == []
        task = from_row(row, space.sizes)
        assert not list(edge_errors(task.height, task.ramp, space.settings.cliff))
        assert edit_level.stranded(task) == 0


@SPACES
def test_sampled_tasks_use_what_the_settings_say(space: PlaygroundSpace) -> None:
    chosen, tasks = space.settings, _tasks(space, 60)
    for task in tasks:
        used = in_use(task)
        assert task.bodies == chosen.agents and task.slots == chosen.slots
        assert task.trials == chosen.trials and task.trial_length == chosen.trial_length
        kinds = task.kinds[: used.objects].tolist()
        assert set(kinds) <= set(chosen.kinds)
        assert chosen.objects[0] <= used.objects <= chosen.slots
        assert all(len(goal) <= chosen.goal_options[1] for goal in goals_of(task))
        slabs = np.array([shape_of(kind) == SLAB for kind in kinds])
        assert not task.facings[: used.objects][~slabs].any()
        assert (task.present[: task.trials].max(axis=1) == task.trial_length).all()
    facings = {facing for task in tasks for facing in task.facings[: chosen.slots].tolist()}
    assert facings == {0, 1, 2, 3}
    assert {int(gadget) for task in tasks for gadget in task.gadgets} == {0, 1, 2}
    assert 0 < np.mean([task.fixed.sum() / in_use(task).objects for task in tasks]) < 0.2


@SPACES
def test_rules_lead_to_every_goal_in_the_asked_depth(space: PlaygroundSpace) -> None:
    depths = set()
    for task in _tasks(space, 60, key=2):
        found = [_solved(task, agent) for agent in range(task.bodies)]
        assert all(each.verdict == SOLVABLE for each in found)
        depths.add(min(each.depth for each in found))
    least, most = space.settings.depth
    assert depths == set(range(least, most + 1))


@SPACES
def test_at_the_start_no_goal_holds_and_no_rule_is_ready(space: PlaygroundSpace) -> None:
    for task in _tasks(space, 40, key=3):
        world = ReferenceWorld(task, space.sizes.view)
        assert not any(world.holds(agent) for agent in range(task.bodies))
        assert not any(world.truth >> atom & 1 for atom in task.rules[:, 0].tolist() if atom >= 0)


def test_there_are_no_more_objects_than_slots() -> None:
    space = PlaygroundSpace(SpaceSettings(slots=4, depth=(0, 1)))
    for task in _tasks(space, 20):
        assert in_use(task).objects == task.slots == 4


def test_tasks_do_not_depend_on_how_many_are_asked_for() -> None:
    whole = PLAIN.sample(5, 30)
    assert (PLAIN.sample(5, 11) == whole[:11]).all()
    assert PLAIN.sample(5, 0).shape == (0, PLAIN.width)
    assert (PLAIN.sample(6, 30) != whole).any(axis=1).all()
    with pytest.raises(ValueError, match="n is -1"):
        PLAIN.sample(5, -1)


def test_tasks_are_the_same_in_another_process() -> None:
    code = (
        "from worlds.family import identity\n"
        "from worlds.playground.space import PlaygroundSpace, SpaceSettings\n"
        "space = PlaygroundSpace(SpaceSettings())\n"
        "rows = space.sample(9, 3)\n"
        "print(identity('playground', rows), identity('playground', space.mutate(rows, 2)))\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rows = PLAIN.sample(9, 3)
    own = identity("playground", rows), identity("playground", PLAIN.mutate(rows, 2))
    assert told.stdout.strip() == f"{own[0]} {own[1]}"


def test_digests_are_the_same_in_a_larger_space() -> None:
    larger = SpaceSettings(slots=32, atoms=32, options=8, rules=16, trials=8, agents=8)
    for task in _tasks(PLAIN, 10, key=4):
        there = from_row(to_row(task, larger.sizes), larger.sizes)
        assert digest(there) == digest(task)
        assert PLAIN.held_out(to_row(task, PLAIN.sizes)) == PlaygroundSpace(larger).held_out(
            to_row(task, larger.sizes)
        )


def test_all_tasks_of_a_sample_differ() -> None:
    assert len({digest(task) for task in _tasks(PLAIN, 400, key=5)}) == 400


def test_sampled_and_mutated_tasks_are_never_held_out() -> None:
    rows = PLAIN.sample(6, 150)
    assert not PLAIN.held_out(rows).any()
    children = PLAIN.mutate(rows, 7, 2)
    assert not PLAIN.held_out(children).any()
    assert (children != rows).any(axis=1).all()


def test_the_held_out_suite_is_held_out_and_goes_through_bands_and_depths() -> None:
    rows = PLAIN.suite("heldout", 24)
    assert (PLAIN.suite("heldout", 5) == rows[:5]).all()
    assert PLAIN.held_out(rows).all()
    for index, row in enumerate(rows):
        assert PLAIN.problems(row) == []
        task = from_row(row, PLAIN.sizes)
        low, high = BANDS[index % 4]
        assert low - 5 <= 100 * metrics(goals_of(task)).competitiveness <= high + 5
        depth = min(_solved(task, agent).depth for agent in range(task.bodies))
        assert depth == index // 4 % 3


def test_the_probes_for_which_there_is_room_are_a_suite() -> None:
    space = PlaygroundSpace(SpaceSettings(height=10, width=10))
    rows = space.suite("probes", 100)
    told = [digest(from_row(row, space.sizes)) for row in rows]
    fitting = [task for task in map(probe, probe_names()) if task.height.shape == (10, 10)]
    assert told and set(told) <= {digest(task) for task in fitting}
    assert space.held_out(rows).all()
    assert all(space.problems(row) == [] for row in rows)
    assert (space.suite("probes", 1) == rows[:1]).all()


def test_suites_by_other_names_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown suite 'exam', known are heldout, probes"):
        PLAIN.suite("exam", 3)


def test_points_of_tasks_lead_back_to_tasks_alike() -> None:
    rows = PLAIN.sample(10, 60)
    points = PLAIN.vector(rows)
    assert points.dtype == np.float32 and points.shape == (60, PLAIN.dim)
    assert points.min() >= 0 and points.max() <= 1
    again = PLAIN.from_vector(points, 3)
    assert all(PLAIN.problems(row) == [] for row in again)
    assert not PLAIN.held_out(again).any()
    alike = PLAIN.vector(again)
    varied = points.std(axis=0) > 0.02
    correlation = [
        np.corrcoef(points[:, part], alike[:, part])[0, 1] for part in np.flatnonzero(varied)
    ]
    assert min(correlation) > 0.2 and np.mean(correlation) > 0.6
    assert (PLAIN.from_vector(points[:5], 3) == again[:5]).all()


def test_any_point_is_a_task() -> None:
    draws = np.random.default_rng(0)
    corners = np.concatenate([draws.integers(0, 2, (30, PLAIN.dim)), np.eye(PLAIN.dim)])
    for space in (PLAIN, RICH):
        assert all(space.problems(row) == [] for row in space.from_vector(corners, 1))
    with pytest.raises(ValueError, match=r"shape \(2, 3\)"):
        PLAIN.from_vector(np.zeros((2, 3)), 1)
    with pytest.raises(ValueError, match="finite"):
        PLAIN.from_vector(np.full((1, PLAIN.dim), np.nan), 1)


@SPACES
def test_json_leads_back_to_the_row(space: PlaygroundSpace) -> None:
    for row in space.sample(11, 10):
        told = json.loads(json.dumps(space.to_json(row)))
        assert (space.from_json(told) == row).all()


def test_hostile_rows_are_refused_with_field_and_reason() -> None:
    (row,) = PLAIN.sample(12, 1)
    assert "row is 'int16 (3,)'" in PLAIN.problems(row[:3])[0]
    assert "row is 'float64" in PLAIN.problems(row.astype(float))[0]
    draws = np.random.default_rng(1)
    for _ in range(200):
        bad = row.copy()
        bad[draws.integers(0, row.size, 3)] = draws.integers(-(2**15), 2**15, 3)
        for told in PLAIN.problems(bad):
            assert "allowed" in told
    steep = row.copy()
    steep[: 16 * 16] = 0
    steep[16 * 16 : 16 * 16 + 3] = (2, 0, 0)  # a ramp that leads nowhere
    assert any(told.startswith("map[0, 0] is '>0 west of .0'") for told in PLAIN.problems(steep))
    with pytest.raises(ValueError, match="rows have shape"):
        PLAIN.held_out(row[:5])


def test_rows_in_another_order_are_not_canonical() -> None:
    for row in PLAIN.sample(13, 20):
        task = from_row(row, PLAIN.sizes)
        if len(goals_of(task)[0]) > 1:
            task.require[0, :2] = task.require[0, 1::-1]
            task.forbid[0, :2] = task.forbid[0, 1::-1]
            told = PLAIN.problems(to_row(task, PLAIN.sizes))
            assert any("canonical" in each for each in told)
            return
    raise AssertionError("no task with two options")


def test_hostile_json_is_refused_with_field_and_reason() -> None:
    told = PLAIN.to_json(PLAIN.sample(14, 1)[0])
    told["map"] = [">0" * 16] + [".3" * 16] * 15
    told["agents"] = [{**agent, "cell": [5, n]} for n, agent in enumerate(told["agents"])]
    told["objects"], told["goals"], told["rules"] = [], ["nothing"] * 2, []
    with pytest.raises(TaskError) as caught:
        PLAIN.from_json(told)
    assert caught.value.field == "map[0, 0]" and str(caught.value.found).startswith(">0")
    with pytest.raises(TaskError, match="goals"):
        PLAIN.from_json({**PLAIN.to_json(PLAIN.sample(14, 1)[0]), "goals": ["fly(me)"]})


def test_settings_that_allow_no_task_are_named() -> None:
    # Every pair of agents holds everything there is, and there is nothing to hold.
    space = PlaygroundSpace(
        SpaceSettings(objects=(1, 1), anchors=100, predicates=(0, 0, 0, 0, 1), patches=0)
    )
    with pytest.raises(ValueError, match="predicates"):
        space.sample(1, 1)
