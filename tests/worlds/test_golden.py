"""Golden digests: rules, draws and observations of every family are what they were.

A difference means that old replays no longer play: raise the version of the family, and write the
file anew with `python -m tests.worlds.test_golden`.
"""

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import worlds
from worlds import rng

GOLDEN = Path(__file__).parents[1] / "golden" / "worlds.json"
STEPS = 200
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "goal_sequence episodic": ("goal_sequence", {"size": 5, "trials": 10, "trial_length": 20}),
    "goal_sequence train-time": (
        "goal_sequence",
        {"size": 7, "size_min": 3, "trials": 4, "trial_length": 50, "order_key": 7},
    ),
    "goal_sequence wide": (
        "goal_sequence",
        {"size": 15, "trials": 1, "trial_length": 200, "order_key": 7, "view": 9},
    ),
    "memory_sequence episodic": ("memory_sequence", {"digits": 4, "length": 12, "trials": 6}),
    "memory_sequence train-time": (
        "memory_sequence",
        {
            **{"digits": 10, "length": 20, "trials": 1, "demonstrators": 5},
            **{"end_on_mistake": False, "sequence_key": 7, "observe_clock": True},
        },
    ),
    "playground": ("playground", {"trial_length": 100, "trials": 2, "freeze": 40, "tag": 40}),
    "playground crowd": (
        "playground",
        {
            **{"height": 12, "width": 10, "agents": 5, "view": 11, "trial_length": 60},
            **{"trials": 3, "presence": "random", "reward_mode": "flip", "hide_kinds": 30},
        },
    ),
    "travelling_salesperson episodic": (
        "travelling_salesperson",
        {"cities": 9, "trials": 25},
    ),
    "travelling_salesperson wide": (
        "travelling_salesperson",
        {"cities": 24, "trials": 9, "demonstrators": 8, "wrong_penalty": 300},
    ),
}


def digests(name: str, settings: dict[str, Any], seed: int) -> dict[str, str]:
    """Digests of the tasks, of 200 steps of world and observation, and of the oracle's actions."""
    family = worlds.make(name, **settings)
    space = family.space
    rows = space.sample(rng.key("golden", seed), 8)
    tasks = blake2b(digest_size=8)
    for part in (rows, space.mutate(rows, seed, 2), space.suite("heldout", 8)):
        tasks.update(part.astype("<i2").tobytes())
    tasks.update(space.from_vector(space.vector(rows), seed).astype("<i2").tobytes())
    play, oracle = blake2b(digest_size=8), blake2b(digest_size=8)
    state = family.state(len(rows))
    family.reset(state, rows)
    out = np.zeros((len(rows), family.num_agents, family.observation_size), np.uint8)
    for t in range(STEPS):
        words = rng.words(rng.key("golden", seed, t), np.arange(len(rows)))
        state.visible[:] = words & np.uint64(1)
        moves = [
            family.oracle(state, agent, seed, 0.3).copy() for agent in range(family.num_agents)
        ]
        actions = np.stack(moves, axis=1)
        if len(family.turns) > 1:
            state.shown[:] = actions[:, 1:]
        family.observe(state, out)
        oracle.update(actions.tobytes())
        turned = words % np.uint64(5) == 0
        actions[turned, 0] = 0
        rewards, ends = family.step(state, actions)
        play.update(out.tobytes() + rewards.astype("<i2").tobytes() + ends.tobytes())
        for i in range(len(rows)):
            play.update(family.bytes_of(state, i))
    return {
        "tasks": tasks.hexdigest(),
        "play": play.hexdigest(),
        "oracle": oracle.hexdigest(),
    }


def _all() -> dict[str, dict[str, str]]:
    return {
        f"{case} v{worlds.version(name)} seed {seed}": digests(name, settings, seed)
        for case, (name, settings) in CASES.items()
        for seed in range(3)
    }


def test_every_family_has_golden_digests() -> None:
    assert {name for name, _ in CASES.values()} == set(worlds.names())


@pytest.mark.parametrize("case", CASES)
def test_digests_are_golden(case: str) -> None:
    golden = json.loads(GOLDEN.read_text())
    name, settings = CASES[case]
    for seed in range(3):
        key = f"{case} v{worlds.version(name)} seed {seed}"
        assert digests(name, settings, seed) == golden[key], key


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(_all(), indent=2) + "\n")
