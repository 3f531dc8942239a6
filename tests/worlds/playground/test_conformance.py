"""The playground is a family like any other: batches, slots and the face of PettingZoo."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pettingzoo
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test
from pettingzoo.test.max_cycles_test import max_cycles_test
from pettingzoo.test.render_test import render_test
from pettingzoo.utils import parallel_to_aec

import worlds
from worlds import rng
from worlds.check import check, check_family
from worlds.episode import Agent, record, replay
from worlds.playground.suites import probe, probe_names

SETTINGS = pytest.mark.parametrize(
    "settings",
    [
        {"trial_length": 30},
        {
            **{"height": 9, "width": 12, "agents": 4, "trials": 3, "trial_length": 12},
            **{"presence": "random", "trial_end": "any_goal", "reward_mode": "flip"},
            **{"depth": [1, 2], "freeze": 50, "tag": 50, "hide_rules": 50, "view": 5},
        },
        {"agents": 1, "trials": 2, "trial_length": 15, "reward_mode": "first"},
    ],
    ids=["plain", "rich", "alone"],
)


@SETTINGS
def test_the_playground_conforms(settings: dict[str, Any]) -> None:
    assert check(lambda: worlds.parallel_env("playground", **settings)) == []
    assert check_family(worlds.make("playground", **settings), steps=60) == []


@SETTINGS
def test_the_playground_passes_the_tests_of_pettingzoo(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(**more: Any) -> Any:
        return worlds.parallel_env("playground", **settings, **more)

    parallel_api_test(make(), num_cycles=80)
    parallel_seed_test(make, num_cycles=40)
    max_cycles_test(
        SimpleNamespace(
            parallel_env=make, env=lambda max_cycles: parallel_to_aec(make(max_cycles=max_cycles))
        )
    )
    pytest.importorskip("pygame", reason="needs the extra: pip install 'ratchet[viewer]'")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    render_test(lambda render_mode: parallel_to_aec(make(render_mode=render_mode)))


@pytest.mark.parametrize("name", probe_names())
def test_every_probe_passes_the_tests_of_pettingzoo(name: str) -> None:
    def make(**more: Any) -> Any:
        return worlds.parallel_env("playground", task=name, **more)

    world = make()
    parallel_api_test(world, num_cycles=20)
    parallel_seed_test(make, num_cycles=10)
    assert len(world.possible_agents) == probe(name).bodies
    cut = make(max_cycles=3)
    cut.reset(seed=0)
    for _ in range(3):
        *_, truncations, _ = cut.step(dict.fromkeys(cut.agents, 1))
    assert all(truncations.values()) and not cut.agents
    drawn = make(render_mode="rgb_array")
    drawn.reset(seed=0)
    assert drawn.render().std() > 0


def test_an_unknown_probe_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="hide_and_seek"):
        worlds.parallel_env("playground", task="hide_and_sek")
    with pytest.raises(ValueError, match="no tasks with names"):
        worlds.parallel_env("goal_sequence", task="tag")


@SETTINGS
def test_episodes_of_a_batch_are_replayed_alone_bit_for_bit(settings: dict[str, Any]) -> None:
    family = worlds.make("playground", **settings)
    rows = family.space.sample(3, 5)
    shape = (family.horizon, 5, family.num_agents)
    actions = rng.below(rng.words(4, np.arange(np.prod(shape))), 7).reshape(shape).astype(np.int8)
    agents = [Agent(f"agent_{n}", "", "bot") for n in range(family.num_agents)]
    for episode in record(family, rows, actions, np.ones(shape[:2], np.uint8), agents):
        replay(episode).check()


def test_the_playground_is_registered_with_pettingzoo() -> None:
    world = pettingzoo.make("parallel", "ratchet/playground-v0", trial_length=5)
    world.reset(seed=1)
    assert world.metadata["name"] == "playground_v0" and len(world.agents) == 2


def test_a_family_is_made_again_from_its_settings() -> None:
    family = worlds.make("playground", agents=3, depth=(1, 1))
    again = worlds.make("playground", **family.settings)
    assert again.settings == family.settings
    assert (again.space.sample(1, 3) == family.space.sample(1, 3)).all()
    with pytest.raises(ValueError, match="sizes is 3"):
        worlds.make("playground", sizes=3)
