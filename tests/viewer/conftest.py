"""Replays for the viewer's tests: two oracles play Goal Sequence, recorded through the worlds' own API."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import worlds
from tests.culture.small_runs import commit_of, start
from worlds.episode import Agent, Episode, record
from worlds.shards import write

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"size": 5, "trials": 2, "trial_length": 20}


def play(count: int = 3, key: int = 7, noise: float = 0.3, **settings) -> list[Episode]:
    """`count` episodes of different tasks in which the oracle plays both agents."""
    family = worlds.make("goal_sequence", **{**SETTINGS, **settings})
    rows = family.space.sample(key, count)
    state = family.state(count)
    family.reset(state, rows)
    actions = np.zeros((family.horizon, count, family.num_agents), dtype=np.int8)
    visible = np.ones((family.horizon, count), dtype=np.uint8)
    visible[::3] = 0
    for step in range(family.horizon):
        for agent in range(family.num_agents):
            actions[step, :, agent] = family.oracle(state, agent, key + agent, noise * (agent == 0))
        family.step(state, actions[step])
    agents = (Agent("agent_0", "g0002_m1", "young"), Agent("agent_1", "oracle", "oracle"))
    return record(family, rows, actions, visible, agents, generation=2, split="eval")


@pytest.fixture(scope="session")
def episodes() -> list[Episode]:
    """Three episodes of two trials."""
    return play()


@pytest.fixture
def run_with_damage(episodes, tmp_path) -> tuple[Path, Path]:
    """A run that is going on, with the replays of generation 1, and its damaged shard of generation 0."""
    path = tmp_path / "run"
    with start(path) as records:
        for generation in range(2):
            recorded = [replace(episode, generation=generation) for episode in episodes]
            records.commit(generation, replace(commit_of(generation), replays=recorded))
    (shard,) = (path / "replays").glob("g0000*.parquet")
    shard.write_bytes(b"PAR1")
    return path, shard


@pytest.fixture(scope="session")
def replay_file(episodes, tmp_path_factory) -> Path:
    """A file of three replays."""
    path = tmp_path_factory.mktemp("replays") / "g0002-0001.parquet"
    write(path, episodes)
    return path
