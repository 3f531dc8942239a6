"""Pictures of the playground show what is there, and an agent's picture what it sees."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.worlds.playground.stand_in import layout_of, observation_of, state_of
from tests.worlds.playground.tasks import SIZES, example, random_task
from worlds.playground import picture
from worlds.playground.constants import ABSENT, EMPTY, FOREVER, NO_OBJECT, STEPS, TAG
from worlds.playground.reference import ReferenceWorld
from worlds.playground.task import Task
from worlds.render import draw
from worlds.scene import Scene, unseen

EAST_FIRST = (3, 0, 1, 2)  # a direction of the playground as a scene has it
SEEDS = range(12)


def _played(seed: int) -> tuple[Task, ReferenceWorld]:
    """A random task after some random steps."""
    task = random_task(seed)
    task.gadgets[:] = 1 + np.arange(len(task.gadgets)) % 2
    one = ReferenceWorld(task, SIZES.view)
    draws = np.random.default_rng(seed)
    for _ in range(int(draws.integers(0, 60))):
        one.step(draws.integers(0, 7, one.bodies).tolist())
    return task, one


def _scene(task: Task, one: ReferenceWorld) -> Scene:
    return picture.scene(SIZES, state_of(task, SIZES, one), 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_on_the_board_is_in_the_picture_once(seed: int) -> None:
    task, one = _played(seed)
    scene = _scene(task, one)
    marks = {(mark.row, mark.column): mark for mark in scene.marks}
    assert len(marks) == len(scene.marks)
    assert set(marks) == set(one.object_at)
    for cell, slot in one.object_at.items():
        assert marks[cell].pinned == (one.frozen[slot] == FOREVER)
        assert marks[cell].frozen == (one.frozen[slot] > 0)
        assert marks[cell].uphill == EAST_FIRST[one.facings[slot]]
    assert {body.number: (body.row, body.column) for body in scene.bodies} == {
        agent: cell for cell, agent in one.agent_at.items()
    }
    for body in scene.bodies:
        assert (body.held is not None) == (one.hands[body.number] != EMPTY)
        assert body.ready == (one.cooldowns[body.number] == 0)
    draw(scene, 8, "okabe_ito")


@pytest.mark.parametrize("seed", SEEDS)
def test_strips_tell_which_ways_to_the_goal_are_complete(seed: int) -> None:
    task, one = _played(seed)
    strips = _scene(task, one).strips
    assert len(strips) == one.bodies
    for agent, strip in enumerate(strips):
        holds = [one.option_holds(option) for option in one.options[agent]]
        assert [all(option) for option in strip.options] == holds
        assert strip.gone == (one.away[one.slots_total + agent] != 0)
        assert strip.reached == int(one.last_rewards[agent] > 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_agent_sees_the_cells_that_its_view_shows(seed: int) -> None:
    for agent, one, board, view in _views(seed):
        seen = np.argwhere(~unseen(board, view, agent)).tolist()
        assert {(row, column) for row, column in seen} == one.sights[agent]
        if not seen:
            assert view.bodies == view.marks == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_view_shows_the_terrain_of_the_board(seed: int) -> None:
    for agent, one, board, view in _views(seed):
        assert board.terrain is not None and view.terrain is not None
        for row, column in np.argwhere(view.floor).tolist():
            at = _on_board(one, agent, row, column)
            assert view.terrain.height[row, column] == board.terrain.height[at]
            assert view.terrain.paint[row, column] == board.terrain.paint[at]
            ramps = int(view.terrain.ramp[row, column]), int(board.terrain.ramp[at])
            assert ramps == (0, 0) or _as_seen(one, agent, ramps[1] - 1) == ramps[0] - 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_view_shows_the_objects_and_agents_of_the_board(seed: int) -> None:
    for agent, one, board, view in _views(seed):
        for mark in view.marks:
            at = _on_board(one, agent, mark.row, mark.column)
            (same,) = (other for other in board.marks if (other.row, other.column) == at)
            assert (mark.shape, mark.colour) == (same.shape, same.colour)
            assert mark.frozen == (same.frozen or same.pinned)
            assert mark.shape != "slab" or mark.uphill == _as_seen(one, agent, same.uphill)
        for body in view.bodies:
            number = (agent + max(body.number, 0)) % one.bodies
            (met,) = (other for other in board.bodies if other.number == number)
            assert (met.row, met.column) == _on_board(one, agent, body.row, body.column)
            assert body.heading == _as_seen(one, agent, met.heading)
            assert body.held == met.held


def _views(seed: int) -> Iterator[tuple[int, ReferenceWorld, Scene, Scene]]:
    """Every agent of a played world, the board, and what the agent sees."""
    task, one = _played(seed)
    for agent in range(one.bodies):
        view = picture.view_scene(observation_of(one, agent), layout_of(SIZES))
        yield agent, one, _scene(task, one), view


def _on_board(one: ReferenceWorld, agent: int, row: int, column: int) -> tuple[int, int]:
    """The cell of the board that stands in a place of an agent's window."""
    own, heading = one.cells[one.slots_total + agent], one.facings[one.slots_total + agent]
    ahead, aside = STEPS[heading], STEPS[(heading + 1) % 4]
    forward, right = one.view - 1 - row, column - one.view // 2
    return (
        own[0] + forward * ahead[0] + right * aside[0],
        own[1] + forward * ahead[1] + right * aside[1],
    )


def _as_seen(one: ReferenceWorld, agent: int, direction: int) -> int:
    """A direction on a picture of the board as it is on a picture of what an agent sees."""
    heading = EAST_FIRST[one.facings[one.slots_total + agent]]
    return (direction - heading + 3) % 4  # the agent looks up, which is 3


def test_a_task_is_shown_as_its_first_trial_starts() -> None:
    task = example()
    task.present[0, 1] = 0
    scene = picture.task_scene(task)
    assert [body.number for body in scene.bodies] == [0]
    assert [strip.gone for strip in scene.strips] == [False, True]
    assert len(scene.marks) == int((task.kinds != NO_OBJECT).sum())
    assert scene.told == (
        "be near agent_1 OR (hold the black cube AND NOT be near agent_1)",
        "nothing",
    )
    assert scene.trials == (0.0, 0.0)


def test_others_are_faint_where_agent_0_does_not_see_them() -> None:
    task = example()
    one = ReferenceWorld(task, SIZES.view)
    scene = picture.scene(SIZES, state_of(task, SIZES, one, visible=0), 0)
    assert {body.number: body.faded for body in scene.bodies} == {0: False, 1: True}
    assert [strip.faded for strip in scene.strips] == [False, True]


def test_a_world_as_text_has_a_line_for_each_row_and_agent() -> None:
    task = example()
    one = ReferenceWorld(task, SIZES.view)
    lines = picture.text(SIZES, state_of(task, SIZES, one), 0).split("\n")
    assert len(lines) == 8 + 1 + 2
    board = [[line[at : at + 3].rstrip() for at in range(0, 40, 4)] for line in lines[:8]]
    assert board[0][:4] == ["0 b", "0 b", "0 b", "0"]
    assert (board[1][1], board[2][2]) == ("0b#", "0b=")
    assert (board[3][3], board[4][4]) == ("00^", "01^")
    assert board[7][7] == ">"
    assert lines[8] == "trial 1 of 2, step 0 of 30"
    assert lines[9].startswith("agent_0 at (3, 3) facing north, 0 points: be near agent_1 OR (")


def test_agents_that_are_away_or_absent_are_told_but_not_drawn() -> None:
    task = example()
    task.gadgets[0] = TAG
    task.cells[len(task.kinds) + 1] = (2, 3)  # in front of agent_0
    one = ReferenceWorld(task, SIZES.view)
    one.step([6, 0])
    state = state_of(task, SIZES, one)
    assert "agent_1 away for 9 steps" in picture.text(SIZES, state, 0)
    assert [body.number for body in picture.scene(SIZES, state, 0).bodies] == [0]
    state.away[0, -3] = ABSENT
    assert "agent_1 absent" in picture.text(SIZES, state, 0)


def test_who_leaves_a_trial_early_is_told_from_its_start() -> None:
    task = example()
    task.present[0, 1] = 5
    one = ReferenceWorld(task, SIZES.view)
    left = []
    for _ in range(7):
        state = state_of(task, SIZES, one)
        left.append([strip.leaves for strip in picture.scene(SIZES, state, 0).strips])
        assert ("leaves in" in picture.text(SIZES, state, 0)) == (left[-1][1] is not None)
        one.step([0, 0])
    assert left == [[None, 5], [None, 4], [None, 3], [None, 2], [None, 1], [None, 0], [None, None]]
