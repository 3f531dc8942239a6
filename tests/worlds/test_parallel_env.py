"""The PettingZoo face: its conventions, its tasks, and every misuse named."""

import copy
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pettingzoo
import pytest
from pettingzoo.test import max_cycles_test, render_test
from pettingzoo.utils import parallel_to_aec

import worlds
from worlds.family import TaskError


def _world(**settings: Any) -> Any:
    return worlds.parallel_env("goal_sequence", **settings)


def _play(world: Any, action: int = 2) -> list[float]:
    total = []
    while world.agents:
        total.append(world.step(dict.fromkeys(world.agents, action))[1]["agent_0"])
    return total


def test_the_world_is_known_to_pettingzoo_by_name_and_version() -> None:
    for name in ("ratchet/goal_sequence-v0", "ratchet/goal_sequence"):
        world = pettingzoo.make("parallel", name, size=7, trials=2)
        assert world.metadata["name"] == "goal_sequence_v0"
        assert world.metadata["is_parallelizable"] is True
        assert world.family.settings["size"] == 7


def test_importing_worlds_is_enough_to_register_and_loads_no_torch_ray_or_pygame() -> None:
    code = (
        "import sys, worlds, pettingzoo\n"
        "pettingzoo.make('parallel', 'ratchet/goal_sequence-v0').reset(seed=1)\n"
        "print([name for name in ('torch', 'ray', 'pygame', 'pyarrow') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout == "[]\n", answer.stderr


def test_the_module_and_the_function_answer_to_one_name() -> None:
    from worlds.parallel_env import parallel_env

    assert _world().metadata == parallel_env("goal_sequence").metadata
    assert worlds.parallel_env("goal_sequence", "ansi", 3).render_mode == "ansi"


def test_an_episode_has_exactly_its_length_and_ends_with_termination() -> None:
    world = _world(trials=3, trial_length=7)
    for _ in range(2):
        world.reset(seed=1)
        for t in range(21):
            answer = world.step(dict.fromkeys(world.agents, 0))
            assert set(answer[2].values()) == {t == 20}
            assert set(answer[3].values()) == {False}
        assert world.agents == []
        assert world.step({}) == ({}, {}, {}, {}, {})
        assert set(answer[0]) == set(answer[4]) == {"agent_0", "agent_1"}


def test_max_cycles_test_of_pettingzoo_passes() -> None:
    module = SimpleNamespace(
        parallel_env=_world, env=lambda max_cycles: parallel_to_aec(_world(max_cycles=max_cycles))
    )
    max_cycles_test(module)


def test_max_cycles_counts_turns() -> None:
    world = _turns(max_cycles=3)
    world.reset(seed=1)
    cuts = [any(world.step(dict.fromkeys(world.agents, 0))[3].values()) for _ in range(3)]
    assert cuts == [False, False, True] and not world.agents


def test_max_cycles_cuts_with_truncation_but_an_end_in_time_is_termination() -> None:
    for cycles, terminated in ((5, False), (20, True), (21, True)):
        world = pettingzoo.make("parallel", "ratchet/goal_sequence-v0", max_cycles=cycles)
        world.reset(seed=1)
        while world.agents:
            answer = world.step(dict.fromkeys(world.agents, 1))
        assert set(answer[2].values()) == {terminated}
        assert set(answer[3].values()) == {not terminated}
    for cycles in (0, 2.5, True, "3"):
        with pytest.raises(ValueError, match=f"max_cycles is {cycles!r}, allowed are None and "):
            _world(max_cycles=cycles)


def test_render_test_of_pettingzoo_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygame", reason="needs the extra: pip install 'ratchet[viewer]'")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    render_test(lambda render_mode: parallel_to_aec(_world(render_mode=render_mode)))


def test_human_mode_without_pygame_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    world = _world(render_mode="human")
    world.reset(seed=1)
    monkeypatch.setitem(sys.modules, "pygame", None)
    for name in [name for name in sys.modules if name.startswith("viewer")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(RuntimeError, match=r"pip install 'ratchet\[viewer\]'"):
        world.render()


def test_tasks_follow_the_seed_and_the_count_of_episodes() -> None:
    def texts(world: Any) -> list[str]:
        found = []
        for seed in (4, None, None):
            world.reset(seed=seed)
            found.append(world.family.space.to_json(world.state().view("<i2")[16:92]))
        return found

    one = texts(_world())
    used = _world()
    used.reset(seed=9)
    used.step(dict.fromkeys(used.agents, 1))
    assert one == texts(used)
    assert one[0] != one[1] != one[2]


def test_a_task_can_be_given_as_json_or_row_and_is_checked() -> None:
    world = _world()
    row = world.family.space.sample(77, 1)[0]
    task = world.family.space.to_json(row)
    for given in (row, task):
        world.reset(options={"task": given})
        assert world.family.space.to_json(world.state().view("<i2")[16:92]) == task
        assert world.describe() == world.family.space.describe(row)
    before = world.state()
    with pytest.raises(TaskError, match="^size is 9, allowed"):
        world.reset(options={"task": task | {"size": 9}})
    with pytest.raises(ValueError, match=r"task: row is int16 \(3,\)"):
        world.reset(options={"task": row[:3]})
    assert (world.state() == before).all()


def test_visibility_is_the_chance_that_the_young_sees_the_other() -> None:
    seen = {}
    for visibility in (0.0, 0.5, 1.0):
        world = _world(trial_length=256)
        observations, _ = world.reset(seed=1, options={"visibility": visibility})
        window, shape = world.family.layout["view"]
        count = 0
        while world.agents:
            count += observations["agent_0"][window].reshape(shape)[..., 4].sum()
            observations = world.step({"agent_0": 0, "agent_1": 0})[0]
            if world.agents:
                assert observations["agent_1"][window].reshape(shape)[..., 4].sum() == 0
        seen[visibility] = count
    # Both turn on one spot, so the other is in view whenever it is visible.
    assert seen[0.0] == 0 and seen[1.0] == 256 and 96 < seen[0.5] < 160
    for wrong in (1.5, None, "1", float("nan")):
        with pytest.raises(ValueError, match=f"visibility is {wrong!r}, allowed are numbers 0..1"):
            world.reset(options={"visibility": wrong})


def test_a_bad_seed_or_options_change_nothing() -> None:
    world = _world()
    world.reset(seed=1)
    before = world.state()
    for seed in ("3", 1.0, True):
        with pytest.raises(ValueError, match=f"seed is {seed!r}, allowed are None and whole"):
            world.reset(seed=seed)
    with pytest.raises(ValueError, match="options are .1., allowed are None and a dict"):
        world.reset(options=[1])
    assert (world.state() == before).all()


def test_a_copy_of_a_world_lives_on_by_itself() -> None:
    world = _world(render_mode="ansi")
    world.reset(seed=1)
    twin = copy.deepcopy(world)
    first = world.render()
    actions = {"agent_0": 2, "agent_1": 1}
    told = world.step(actions)[0]
    assert twin.render() == first != world.render()
    np.testing.assert_equal(twin.step(actions)[0], told)
    assert twin.render() == world.render()


def test_infos_tell_the_progress_towards_the_goals() -> None:
    world = _world()
    _, infos = world.reset(seed=1)
    assert infos == {"agent_0": {"goal_progress": 0.0}, "agent_1": {"goal_progress": 0.0}}


def _turns(**settings: Any) -> Any:
    return worlds.parallel_env("memory_sequence", length=5, trials=2, **settings)


def test_a_step_of_a_family_with_two_turns_is_a_turn() -> None:
    world = _turns()
    observations, infos = world.reset(seed=1)
    assert [info["turn"] for info in infos.values()] == [False, True, True, True]
    assert not observations["agent_0"][world.family.layout["shown"][0]].any()
    # agent_0 need not act now, and what it does is ignored.
    observations, rewards, ends, cuts, infos = world.step(
        {"agent_0": 0, "agent_1": 2, "agent_2": 1, "agent_3": 0}
    )
    assert set(rewards.values()) == {0.0} and not any([*ends.values(), *cuts.values()])
    assert [info["turn"] for info in infos.values()] == [True, False, False, False]
    shown = observations["agent_0"][world.family.layout["shown"][0]].reshape(3, 3)
    assert shown.argmax(axis=1).tolist() == [2, 1, 0]
    before = world.state()
    rewards = world.step({"agent_0": 0})[1]
    assert rewards["agent_0"] in (1.0, -1.0) and rewards["agent_1"] == 0.0
    assert (world.state() != before).any()
    with pytest.raises(ValueError, match="agent_2 has no action"):
        world.step({"agent_0": 0, "agent_1": 1, "agent_3": 0})


def test_the_end_of_an_episode_comes_with_its_last_turn() -> None:
    world = _turns()
    world.reset(seed=1)
    ends, steps = [], 0
    while world.agents:
        answer = world.step(dict.fromkeys(world.agents, 0))
        ends.append(answer[2]["agent_0"])
        steps += 1
    assert steps % 2 == 0 and ends == [False] * (steps - 1) + [True]
    assert 4 <= steps <= 2 * world.family.horizon


def test_what_is_shown_stays_hidden_where_nobody_is_visible() -> None:
    world = _turns()
    world.reset(seed=1, options={"visibility": 0.0})
    while world.agents:
        observations = world.step(dict.fromkeys(world.agents, 1))[0]
        assert not observations["agent_0"][world.family.social].any()


MISUSE = [
    ({}, "agent_0 has no action, allowed are whole numbers 0..2"),
    ({"agent_0": 1}, "agent_1 has no action"),
    ({"agent_0": 1, "agent_1": 1, "agent_7": 1}, "'agent_7' cannot act, allowed are agent_0, agen"),
    ({"agent_0": 3, "agent_1": 1}, "agent_0 was given 3, allowed are whole numbers 0..2"),
    ({"agent_0": -1, "agent_1": 1}, "agent_0 was given -1"),
    ({"agent_0": 1, "agent_1": 1.0}, "agent_1 was given 1.0"),
    ({"agent_0": 1, "agent_1": float("nan")}, "agent_1 was given nan"),
    ({"agent_0": True, "agent_1": 1}, "agent_0 was given True"),
    ({"agent_0": "2", "agent_1": 1}, "agent_0 was given '2'"),
    ({"agent_0": None, "agent_1": 1}, "agent_0 was given None"),
    ({"agent_0": np.array([1]), "agent_1": 1}, r"agent_0 was given array\(\[1\]\)"),
    ([1, 1], r"actions are \[1, 1\], allowed is a dict"),
]


@pytest.mark.parametrize(("actions", "text"), MISUSE)
def test_wrong_actions_are_named_and_change_nothing(actions: Any, text: str) -> None:
    world = _world()
    world.reset(seed=1)
    before = world.state()
    with pytest.raises(ValueError, match=text):
        world.step(actions)
    assert (world.state() == before).all()
    assert world.agents == ["agent_0", "agent_1"]


def test_whole_numbers_of_numpy_are_actions() -> None:
    world = _world()
    world.reset(seed=1)
    world.step({"agent_0": np.int64(1), "agent_1": np.array(2)})


def test_step_and_render_before_reset_are_refused() -> None:
    world = _world(render_mode="ansi")
    for call in (lambda: world.step({}), world.render, world.describe):
        with pytest.raises(RuntimeError, match=r"before reset: call reset\(\)"):
            call()


def test_step_after_the_end_is_refused() -> None:
    world = _world()
    world.reset(seed=1)
    _play(world)
    with pytest.raises(ValueError, match=r"'agent_0' cannot act, allowed are none, the episode is"):
        world.step({"agent_0": 1})


def test_close_may_be_called_twice() -> None:
    world = _world()
    world.close()
    world.reset(seed=1)
    world.close()
    world.close()


def test_render_modes_are_checked() -> None:
    with pytest.raises(ValueError, match="render_mode is 'svg', allowed are None, human"):
        _world(render_mode="svg")
    world = _world(render_mode="rgb_array")
    world.reset(seed=1)
    assert world.render().dtype == np.uint8
