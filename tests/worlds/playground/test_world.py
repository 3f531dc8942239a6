"""The kernels play as the plain Python playground does, whatever shares their batch."""

import copy
import subprocess
import sys

import numpy as np
import pytest

from tests.worlds.playground.engine.agreement import random_actions
from tests.worlds.playground.engine.soak import play
from tests.worlds.playground.scenes import BRANCHES
from tests.worlds.playground.tasks import LARGER, SIZES, changed, example, random_task
from worlds.family import TaskError
from worlds.playground.columns import columns
from worlds.playground.constants import Sizes
from worlds.playground.engine.state import State
from worlds.playground.task import Task, fit, to_row
from worlds.playground.world import Playground

STEPS = 80


def rows_of(tasks: list[Task], sizes: Sizes = SIZES) -> np.ndarray:
    return np.array([to_row(fit(task, sizes), sizes) for task in tasks])


def started(tasks: list[Task], sizes: Sizes = SIZES) -> tuple[Playground, State]:
    family = Playground.of(sizes)
    state = family.state(len(tasks))
    family.reset(state, rows_of(tasks, sizes))
    return family, state


def trace(
    family: Playground, state: State, actions: np.ndarray, world: int = 0
) -> list[tuple[bytes, ...]]:
    """All that one world of a batch shows while it is played."""
    out = np.empty((state.num_worlds, family.num_agents, family.observation_size), dtype=np.uint8)
    found = []
    for move in actions:
        rewards, ends = family.step(state, move)
        family.observe(state, out)
        parts = (rewards[world], ends[world : world + 1], out[world])
        shown = tuple(part.tobytes() for part in parts)
        found.append((*shown, family.bytes_of(state, world)))
    return found


def actions_for(worlds: int, sizes: Sizes = SIZES, seed: int = 1) -> np.ndarray:
    draws = np.random.default_rng(seed)
    return np.array([random_actions(draws, worlds, sizes.agents) for _ in range(STEPS)])


def test_kernels_agree_with_the_plain_playground_and_every_branch_is_taken() -> None:
    assert play(0, 40, 80) | play(96, 40, 80) == BRANCHES


def test_a_world_plays_alike_alone_and_in_slot_7_of_32() -> None:
    tasks = [random_task(seed) for seed in range(100, 132)]
    actions = actions_for(32)
    together = trace(*started(tasks), actions, world=7)
    assert together == trace(*started(tasks[7:8]), actions[:, 7:8])


def test_a_task_plays_alike_in_larger_arrays() -> None:
    larger = LARGER._replace(view=SIZES.view)
    tasks = [random_task(seed) for seed in range(140, 156)]
    actions = actions_for(16, larger)
    small, large = started(tasks), started(tasks, larger)
    n, a = SIZES.agents, SIZES.objects
    for move in actions:
        rewards, _ = small[0].step(small[1], move[:, :n])
        others, _ = large[0].step(large[1], move)
        assert np.array_equal(rewards, others[:, :n])
        assert np.array_equal(small[1].truth, large[1].truth)
        assert np.array_equal(small[1].cells[:, :a], large[1].cells[:, :a])
    views = []
    for family, state in (small, large):
        shape = (state.num_worlds, family.num_agents, family.observation_size)
        out = np.empty(shape, dtype=np.uint8)
        family.observe(state, out)
        views.append(out[:, :n, : family.layout["body"][0].stop])
    assert np.array_equal(*views)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(threads: int) -> None:
    tasks = [random_task(seed) for seed in range(160, 171)]
    actions = actions_for(11)
    family, state = started(tasks)
    state.threads = threads
    assert trace(family, state, actions, 10) == trace(*started(tasks), actions, 10)


def test_a_copy_goes_its_own_way() -> None:
    family, state = started([random_task(5)])
    actions = actions_for(1)
    twin = copy.deepcopy(state)
    expected = trace(family, state, actions)
    before = family.bytes_of(twin, 0)
    assert before != family.bytes_of(state, 0)
    assert trace(family, twin, actions) == expected


def test_a_used_state_plays_as_a_fresh_one() -> None:
    family, state = started([random_task(seed) for seed in range(8)])
    actions = actions_for(8)
    trace(family, state, actions)
    tasks = [random_task(seed) for seed in (9, 3, 3, 12, 5, 14, 15, 2)]
    family.reset(state, rows_of(tasks))
    assert trace(family, state, actions, 4) == trace(*started(tasks), actions, 4)


def test_another_process_plays_alike() -> None:
    code = (
        "from tests.worlds.playground.test_world import *\n"
        "import hashlib\n"
        "found = trace(*started([random_task(21)]), actions_for(1))\n"
        "print(hashlib.sha256(repr(found).encode()).hexdigest())"
    )
    runs = {subprocess.check_output([sys.executable, "-c", code], text=True) for _ in range(2)}
    assert len(runs) == 1


def test_levels_are_shared_and_forgotten() -> None:
    tasks = [random_task(seed) for seed in (1, 2, 1, 1)]
    family, state = started(tasks)
    assert state.level[0] == state.level[2] == state.level[3] != state.level[1]
    family.reset(state, rows_of([random_task(seed) for seed in (2, 2, 2, 2)]))
    assert len(state.levels.slots) == 1


def test_what_agent_0_may_not_see_of_others_is_what_social_marks() -> None:
    family, state = started([random_task(seed) for seed in range(32)])
    actions = actions_for(32)
    shape = (32, family.num_agents, family.observation_size)
    seen, unseen = np.empty(shape, dtype=np.uint8), np.empty(shape, dtype=np.uint8)
    ever = np.zeros(family.observation_size, dtype=bool)
    for move in actions:
        family.step(state, move)
        state.visible[:] = 1
        family.observe(state, seen)
        state.visible[:] = 0
        family.observe(state, unseen)
        assert not unseen[:, 0, family.social].any()
        told = np.zeros_like(family.social)
        for name in ("atom_truth", "option_truth"):
            told[family.layout[name][0]] = True
        plain = ~(family.social | told)
        assert np.array_equal(seen[..., plain], unseen[..., plain])
        assert np.array_equal(seen[:, 1:], unseen[:, 1:])
        ever |= seen[:, 0].any(axis=0)
    assert ever[family.social].any()


def test_hidden_others_hide_what_is_true_of_them_and_nothing_else() -> None:
    family, state = started([random_task(seed) for seed in range(64)])
    out = np.empty((64, family.num_agents, family.observation_size), dtype=np.uint8)

    def young(name: str) -> np.ndarray:
        part, shape = family.layout[name]
        return out[:, 0, part].reshape(-1, *shape)

    changed = 0
    for move in actions_for(64):
        family.step(state, move)
        state.visible[:] = 1
        family.observe(state, out)
        atoms, options = young("atom_truth").copy(), young("option_truth").copy()
        state.visible[:] = 0
        family.observe(state, out)
        # Shape and colour of both things: agents are shape 5, one's own colour is 1, that of any 0.
        things = young("goal_atoms")[..., 1:].reshape(*atoms.shape, 2, 2)
        social = ((things[..., 0] == 5) & (things[..., 1] != 1)).any(-1)
        assert np.array_equal(young("atom_truth"), np.where(social, 0, atoms))
        about = (young("goal_options") > 0) & social[:, None]
        assert np.array_equal(young("option_truth"), np.where(about.any(-1), 0, options))
        changed += int((atoms[social] > 0).sum())
    assert changed


def test_any_buffer_is_written_wholly() -> None:
    family, state = started([random_task(seed) for seed in range(4)])
    shape = (4, family.num_agents, family.observation_size)
    plain = np.empty(shape, dtype=np.uint8)
    family.observe(state, plain)
    wide = np.full((4, family.num_agents, 2 * family.observation_size), 77, dtype=np.uint8)
    family.observe(state, wide[..., : family.observation_size])
    assert np.array_equal(wide[..., : family.observation_size], plain)
    assert (wide[..., family.observation_size :] == 77).all()


def test_nothing_is_written_beside_the_buffer() -> None:
    family, state = started([random_task(seed) for seed in range(4)])
    size = 4 * family.num_agents * family.observation_size
    memory = np.full(size + 128, 77, dtype=np.uint8)
    family.observe(state, memory[64:-64].reshape(4, family.num_agents, -1))
    assert (memory[:64] == 77).all() and (memory[-64:] == 77).all()


def test_unknown_actions_are_waits() -> None:
    tasks = [random_task(3)]
    moves = np.array([[7, 100, -1, -128]], dtype=np.int8)[:, : SIZES.agents]
    strange, waiting = started(tasks), started(tasks)
    for _ in range(20):
        strange[0].step(strange[1], moves)
        waiting[0].step(waiting[1], np.zeros_like(moves))
    assert strange[0].bytes_of(strange[1], 0) == waiting[0].bytes_of(waiting[1], 0)


@pytest.mark.parametrize(
    ("name", "where", "value"),
    [
        ("cells", (0, 0), 8),
        ("cells", (1,), (1, 1)),
        ("kinds", 0, 24),
        ("facings", -3, 4),
        ("height", (0, 0), 4),
        ("ramp", (3, 3), 5),
        ("floor", (3, 3), 7),
        ("gadgets", 0, 3),
        ("atoms", (0, 1), 99),
        ("atoms", (0, 0), 5),
        ("require", (0, 0), 1 << 20),
        ("rules", (0, 0), 9),
        ("rules", (0, 1), 24),
        ("present", (0, 0), 31),
    ],
)
def test_what_would_lead_kernels_astray_is_refused(name: str, where: object, value: object) -> None:
    family, state = started([example()])
    before = family.bytes_of(state, 0)
    row = to_row(example(), SIZES)
    bad = changed(example(), name, where, value)
    column = columns(SIZES)[name]
    flat = np.asarray(getattr(bad, name)).reshape(-1)
    row[column.where] = flat.view(np.int16) if flat.dtype == np.uint32 else flat
    with pytest.raises(TaskError):
        family.reset(state, row[None])
    assert family.bytes_of(state, 0) == before


def test_wrong_shapes_are_refused_with_what_is_allowed() -> None:
    family, state = started([example()])
    with pytest.raises(ValueError, match="allowed are whole numbers"):
        family.step(state, np.zeros((2, 4), dtype=np.int8))
    with pytest.raises(ValueError, match="allowed are whole numbers"):
        family.step(state, np.zeros((1, 4)))
    with pytest.raises(ValueError, match="allowed is uint8"):
        family.observe(state, np.zeros((1, 4, 3), dtype=np.uint8))
    with pytest.raises(ValueError, match="rows"):
        family.reset(state, np.zeros((2, 3), dtype=np.int16))
    with pytest.raises(RuntimeError, match="call reset first"):
        family.step(family.state(1), np.zeros((1, 4), dtype=np.int8))
