"""The plain playground does what its rules say, in scenes small enough to follow by eye."""

from random import Random
from typing import Any

import pytest

from tests.worlds.playground.scenes import BRANCHES, OBJECTS, SIDE, busy, random_scene, scene
from tests.worlds.playground.tasks import LARGER, SIZES, random_task
from worlds.playground.constants import (
    ABSENT,
    AGENT,
    ANY_AGENT,
    AWAY_STEPS,
    BACK,
    CUBE,
    EMPTY,
    FLIP,
    FLOOR,
    FORWARD,
    FREEZE,
    FROZEN_STEPS,
    GADGET,
    HAND,
    HOLD,
    LEFT,
    NEAR,
    NO_OBJECT,
    ON,
    PYRAMID,
    RIGHT,
    SEE,
    SLAB,
    SPHERE,
    STAY,
    TAG,
    TOUCH,
    kind,
)
from worlds.playground.reference import ReferenceWorld, ahead
from worlds.playground.reference_sight import between
from worlds.playground.task import fit

NORTH, EAST, SOUTH, WEST = range(4)
VIEW = 9


def world(**given: Any) -> ReferenceWorld:
    return ReferenceWorld(scene(**given), VIEW)


def play(one: ReferenceWorld, *actions: int) -> ReferenceWorld:
    """Agent 0 does these, the others wait."""
    for action in actions:
        one.step([action] + [STAY] * (one.bodies - 1))
    return one


def agent(one: ReferenceWorld, number: int = 0) -> tuple[int, int]:
    row, column = one.cells[OBJECTS + number]
    return row, column


def test_an_agent_turns_walks_and_stops_at_the_border() -> None:
    one = play(world(agents=[(1, 1, NORTH)]), RIGHT, FORWARD, FORWARD, LEFT, FORWARD, FORWARD)
    assert agent(one) == (0, 3)
    assert agent(play(one, BACK)) == (1, 3)
    assert one.facings[OBJECTS] == NORTH


@pytest.mark.parametrize(
    ("shape", "at", "ends"),
    [(CUBE, (4, 5), (4, 6)), (PYRAMID, (4, 4), (4, 5)), (SLAB, (4, 5), (4, 5))],
)
def test_cubes_are_pushed_pyramids_block_and_slabs_are_walked_on(
    shape: int, at: tuple[int, int], ends: tuple[int, int]
) -> None:
    one = play(world(agents=[(4, 4, EAST)], objects=[(4, 5, kind(shape, 0), WEST)]), FORWARD)
    blocked = shape == SLAB  # the slab rises towards the west: its head is a step too high
    assert agent(one) == ((4, 4) if blocked else at)
    assert one.cells[0] == ends
    if blocked:
        eastward = world(agents=[(4, 4, EAST)], objects=[(4, 5, kind(SLAB, 0), EAST)])
        assert agent(play(eastward, FORWARD)) == (4, 5)


def test_a_pushed_sphere_rolls_four_cells_and_a_frozen_one_does_not_move() -> None:
    ball = [(4, 2, kind(SPHERE, 1))]
    one = play(world(agents=[(4, 1, EAST)], objects=ball), FORWARD)
    assert one.cells[0] == (4, 4)  # pushed one cell, rolled one in the same step
    assert play(one, STAY, STAY, STAY, STAY).cells[0] == (4, 7)
    assert one.rolls[0] == (0, 0)
    anchor = world(agents=[(4, 1, EAST)], objects=[(4, 2, kind(SPHERE, 1), 0, 1)])
    assert agent(play(anchor, FORWARD)) == (4, 1)


def test_ramps_lead_up_ledges_can_only_be_dropped_from() -> None:
    task = scene(agents=[(4, 1, EAST)])
    for row in range(SIDE):
        for column in range(3, SIDE):
            task.height[row][column] = 1
    one = ReferenceWorld(task, VIEW)
    assert agent(play(one, FORWARD, FORWARD)) == (4, 2)
    assert "too steep" in one.branches
    task.ramp[4][2] = 1 + EAST
    one = ReferenceWorld(task, VIEW)
    assert agent(play(one, FORWARD, FORWARD, FORWARD)) == (4, 4)
    assert agent(play(one, LEFT, FORWARD, LEFT, FORWARD, FORWARD)) == (3, 2)


def test_a_slab_laid_before_a_ledge_is_a_ramp() -> None:
    task = scene(agents=[(4, 1, EAST)], objects=[(3, 1, kind(SLAB, 0))])
    for row in range(SIDE):
        for column in range(3, SIDE):
            task.height[row][column] = 1
    one = play(ReferenceWorld(task, VIEW), LEFT, HAND, RIGHT, HAND, FORWARD, FORWARD)
    assert one.facings[0] == EAST and one.cells[0] == (4, 2)
    assert agent(one) == (4, 3)


def test_a_sphere_rolls_down_a_ramp_and_never_up() -> None:
    task = scene(agents=[(0, 0, NORTH)], objects=[(4, 4, kind(SPHERE, 0))])
    task.ramp[4][4] = 1 + WEST
    task.height[4][3] = 1
    one = play(ReferenceWorld(task, VIEW), STAY)
    assert one.cells[0] == (4, 5) and one.rolls[0] == (EAST, 3)
    task = scene(agents=[(4, 2, EAST)], objects=[(4, 3, kind(SPHERE, 0))])
    task.ramp[4][5] = 1 + EAST
    assert play(ReferenceWorld(task, VIEW), FORWARD, STAY, STAY).cells[0] == (4, 4)


def test_a_hand_takes_carries_and_puts_down() -> None:
    one = play(world(agents=[(4, 4, EAST)], objects=[(4, 5, kind(PYRAMID, 2))]), HAND)
    assert one.hands == [0] and one.cells[0] == (4, 4) and not one.object_at
    play(one, FORWARD, FORWARD)
    assert one.cells[0] == (4, 6)
    play(one, RIGHT, HAND)
    assert one.hands == [EMPTY] and one.cells[0] == (5, 6) and one.facings[0] == SOUTH


def test_freeze_lasts_sixteen_steps() -> None:
    one = world(agents=[(4, 4, EAST)], objects=[(4, 7, kind(CUBE, 0))], gadgets=[FREEZE, 0, 0, 0])
    play(one, GADGET)
    assert one.frozen[0] == FROZEN_STEPS - 1 and one.cooldowns[0] == 3
    play(one, FORWARD, FORWARD, *[FORWARD] * (FROZEN_STEPS - 3))
    assert agent(one) == (4, 6) and one.frozen[0] == 0
    assert agent(play(one, FORWARD)) == (4, 7)


def test_a_tagged_agent_drops_what_it_holds_and_comes_back_where_it_began() -> None:
    one = world(
        agents=[(4, 1, EAST), (4, 4, WEST)],
        objects=[(3, 4, kind(CUBE, 0))],
        gadgets=[TAG, 0, 0, 0],
    )
    for action in (RIGHT, HAND, LEFT, FORWARD):
        one.step([STAY, action])
    assert one.hands[1] == 0 and agent(one, 1) == (4, 3)
    one.step([GADGET, STAY])
    assert one.away[OBJECTS + 1] == AWAY_STEPS - 1 and one.cells[0] == (4, 3)
    assert not any(map(any, one.seen[1]))
    for _ in range(AWAY_STEPS - 2):
        one.step([STAY, FORWARD])
    assert one.away[OBJECTS + 1] == 1
    one.step([STAY, FORWARD])
    assert agent(one, 1) == (4, 4) and one.last_actions[1] == STAY
    assert one.agent_at[4, 4] == 1


def test_cubes_and_ledges_hide_what_is_behind_them_pyramids_do_not() -> None:
    def sees(shape: int) -> bool:
        things = [(4, 5, kind(shape, 0)), (4, 7, kind(PYRAMID, 3))]
        return (4, 7) in world(agents=[(4, 4, EAST)], objects=things).sights[0]

    assert [sees(shape) for shape in (SLAB, CUBE, SPHERE, PYRAMID)] == [False, False, True, True]
    task = scene(agents=[(4, 4, EAST)])
    for row in range(SIDE):
        task.height[row][6] = 1
    one = ReferenceWorld(task, VIEW)
    assert (4, 6) in one.sights[0] and (4, 7) not in one.sights[0]


def test_a_line_is_the_same_from_both_ends() -> None:
    for end in range(-4, 5):
        for steps in range(1, 5):
            there = [between(0, end, k, steps) for k in range(steps + 1)]
            back = [between(end, 0, steps - k, steps) for k in range(steps + 1)]
            assert there == back


def test_atoms_have_their_first_pair_as_witness() -> None:
    cube = kind(CUBE, 1)
    one = world(
        agents=[(4, 4, EAST), (7, 7, SOUTH)],
        objects=[(1, 1, cube), (4, 5, cube), (5, 5, kind(SPHERE, 0))],
        atoms=[
            (NEAR, cube, AGENT),
            (TOUCH, cube, kind(SPHERE, 0)),
            (SEE, AGENT + 1, cube),
            (NEAR, ANY_AGENT, ANY_AGENT),
            (HOLD, ANY_AGENT, cube),
        ],
    )
    assert one.truth == 0b00011
    assert one.witness[:2] == [(1, OBJECTS), (1, 2)]
    play(one, HAND)
    assert one.truth >> 4 & 1 and one.witness[4] == (OBJECTS, 1)


def test_goals_pay_on_every_step_they_hold() -> None:
    task = scene(
        agents=[(4, 4, EAST), (0, 0, EAST)],
        atoms=[(ON, AGENT, FLOOR), (ON, AGENT + 1, FLOOR)],
        goals=[[(1, 2)], [(0, 1)]],
    )
    task.floor[4][5] = 1
    one = ReferenceWorld(task, VIEW)
    paid = []
    for action in (STAY, FORWARD, STAY, FORWARD):
        play(one, action)
        paid.append(one.rewards)
    assert paid == [[0, 1000], [1000, 0], [1000, 0], [0, 1000]]


def test_reward_modes_and_ends_of_trials() -> None:
    given: dict[str, Any] = {
        "agents": [(4, 4, EAST)],
        "atoms": [(ON, AGENT, FLOOR)],
        "goals": [[(1, 0)]],
        "trial_length": 10,
    }

    def rewards(actions: list[int], **more: Any) -> tuple[list[int], ReferenceWorld]:
        task = scene(**given, **more)
        task.floor[4][5] = 1
        one = ReferenceWorld(task, VIEW)
        return [play(one, action).rewards[0] for action in actions], one

    walk = [FORWARD, STAY, FORWARD, BACK]
    assert rewards(walk, reward_mode=1)[0] == [910, 0, 0, 0]
    assert rewards(walk, reward_mode=FLIP)[0] == [1000, 0, 1000, 1000]
    paid, one = rewards([STAY, FORWARD, FORWARD], trial_end=1, trials=2)
    assert paid == [0, 1000, 1000] and (one.trial, one.over) == (1, 1)
    paid, one = rewards([STAY] * 11)
    assert (one.over, one.time, one.trial_over) == (2, 10, 0)


def test_rules_turn_what_touches_into_something_else() -> None:
    cube, ball, made = kind(CUBE, 0), kind(SPHERE, 1), kind(PYRAMID, 3)
    task = scene(
        agents=[(4, 3, EAST)],
        objects=[(4, 4, cube), (4, 6, ball)],
        atoms=[(TOUCH, cube, ball)],
        rules=[[0, made]],
    )
    one = play(ReferenceWorld(task, VIEW), FORWARD)
    assert one.kinds[:2] == [made, NO_OBJECT] and one.cells[0] == (4, 5)
    assert one.truth == 0 and one.object_at == {(4, 5): 0}


def test_products_go_into_the_hand_beside_agents_and_get_lost_without_a_slot() -> None:
    cube, made = kind(CUBE, 0), kind(PYRAMID, 3)
    task = scene(
        agents=[(4, 3, EAST)],
        objects=[(4, 4, cube)],
        atoms=[(HOLD, AGENT, cube)],
        rules=[[0, made, made, made]],
        slots=2,
    )
    one = play(ReferenceWorld(task, VIEW), HAND)
    assert one.hands == [0] and one.kinds[:3] == [made, made, NO_OBJECT]
    assert one.cells[1] == (3, 2) and one.lost == 1


def test_agents_are_there_as_the_table_of_presence_says() -> None:
    task = scene(agents=[(4, 4, EAST), (2, 2, EAST)], trials=2, trial_length=4)
    task.present = [[2, 4, 0, 0], [0, 4, 0, 0]]
    one = ReferenceWorld(task, VIEW)
    there = []
    for _ in range(8):
        there.append(one.away[OBJECTS] != ABSENT)
        play(one, FORWARD)
    assert there == [True, True, True, False, False, False, False, False]
    assert agent(play(ReferenceWorld(task, VIEW), FORWARD, FORWARD)) == (4, 6)
    assert one.over == 2


def test_a_view_shows_heights_objects_and_others_as_seen_from_here() -> None:
    task = scene(agents=[(4, 4, EAST), (4, 6, NORTH)], objects=[(3, 6, kind(SLAB, 2), SOUTH)])
    task.floor[4][5], task.height[2][4] = 2, 1
    view = ReferenceWorld(task, VIEW).view_of(0)
    assert view[8][4] == [4, 0, 0, 0, 0, 0]
    assert view[7][4] == [4, 10, 0, 0, 0, 0]
    assert view[6][4] == [4, 0, 0, 0, 1, 1 + (NORTH - EAST) % 4]
    assert view[6][3] == [4, 0, 1 + kind(SLAB, 2), 2 * (1 + (SOUTH - EAST) % 4), 0, 0]
    assert view[8][2][0] == 5
    assert view[8][0] == [0] * 6  # on the map, behind the ledge
    assert view[3][4] == [0] * 6  # beyond the border


SOAK, STEPS = 250, 80


def test_long_random_play_keeps_the_world_whole_and_meets_every_branch() -> None:
    met: set[str] = set()
    for seed in range(SOAK):
        one, random = ReferenceWorld(random_scene(seed), VIEW), Random(seed)
        for _ in range(STEPS):
            one.step([busy(one, number, random) for number in range(one.bodies)])
            _whole(one)
            _sight_is_mutual(one)
        met |= one.branches
    assert met == BRANCHES


def _whole(one: ReferenceWorld) -> None:
    """One object and one agent a cell, both only where a slab lies; maps and cells agree."""
    for cell, slot in one.object_at.items():
        assert one.cells[slot] == cell and one.kinds[slot] != NO_OBJECT and one.away[slot] == 0
        if cell in one.agent_at:
            assert one.kinds[slot] // 6 == SLAB
    for cell, number in one.agent_at.items():
        assert agent(one, number) == cell and one.away[OBJECTS + number] == 0
    lying, held = set(one.object_at.values()), set(one.hands) - {EMPTY}
    gone = {slot for slot in range(OBJECTS) if one.away[slot] > 0}
    kinds = {slot for slot in range(OBJECTS) if one.kinds[slot] != NO_OBJECT}
    assert lying | held | gone == kinds and len(lying) + len(held) + len(gone) == len(kinds)
    assert all(one.cells[slot] == agent(one, one.hands.index(slot)) for slot in held)


def _sight_is_mutual(one: ReferenceWorld) -> None:
    for a in one.agent_at.values():
        for b in one.agent_at.values():
            windows = [{cell for _, _, cell in one.window(n)} for n in (a, b)]
            if agent(one, b) in windows[0] and agent(one, a) in windows[1]:
                assert (agent(one, b) in one.sights[a]) == (agent(one, a) in one.sights[b])


def test_a_task_is_played_alike_in_larger_arrays() -> None:
    for seed in range(20):
        task, random = random_task(seed, SIZES), Random(seed)
        large = fit(task, LARGER._replace(height=SIZES.height, width=SIZES.width))
        worlds = [ReferenceWorld(task, 5), ReferenceWorld(large, 5)]
        for _ in range(40):
            actions = [random.randrange(7) for _ in range(task.bodies)]
            for one in worlds:
                one.step(actions)
            first, second = ([one.truth, one.rewards, one.time, one.lost] for one in worlds)
            assert first == second
            assert worlds[0].object_at == worlds[1].object_at
            assert worlds[0].agent_at == worlds[1].agent_at
            for number in range(task.bodies):
                assert worlds[0].view_of(number) == worlds[1].view_of(number)
                assert worlds[0].body_marks(number) == worlds[1].body_marks(number)


def test_neighbours_lie_in_the_four_directions() -> None:
    assert [ahead((4, 4), direction) for direction in range(4)] == [(3, 4), (4, 5), (5, 4), (4, 3)]
