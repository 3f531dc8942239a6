"""Creators that work climb well above uniform draws, and those that must not, do not."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from tests.populations.creators.ladders import Climber, Ladders, built, climb
from worlds import rng

SEEDS = 2
STEPS = 30_000  # agent-steps, probes included
ELDER = 0.96  # the elder's chance on every task that can be climbed


@cache
def skill(name: str, score: str = "positive_value_loss", coins: bool = False, **more: Any) -> float:
    """Mean final skill over the seeds; four episodes of a task where the score compares them."""
    repeats = 4 if score == "max_minus_min" else 1
    edits = 2 if name == "eva" else 0
    found = []
    for seed in range(SEEDS):
        space: Any = Ladders(ladders=4, rungs=8)
        key = rng.key("ladders", seed)
        settings = {"edits": edits, "capacity": 32, "repeats": repeats, **more}
        creator = built(space, key, name=name, score=score, **settings)
        climber = Climber(space, key, coins, elder=ELDER)
        found.append(climb(creator, climber, STEPS, repeats)["skill"])
    return float(np.mean(found))


def test_plr_accel_and_eva_beat_uniform_draws() -> None:
    uniform = skill("uniform")
    assert skill("plr") > uniform + 0.3
    assert skill("plr", edits=2) > uniform + 0.3
    assert skill("eva") > uniform + 0.3
    assert skill("eva", "max_minus_min") > uniform + 0.3


def test_robust_plr_beats_uniform_draws_although_it_trains_on_less() -> None:
    assert skill("plr", robust=True) > skill("uniform") + 0.15


def test_a_random_score_helps_nobody() -> None:
    assert skill("plr", "random_score") < skill("uniform") + 0.06
    assert skill("eva", "random_score") < skill("uniform") + 0.06


def test_where_tasks_are_coin_flips_only_the_elder_tells_them_from_the_frontier() -> None:
    uniform = skill("uniform", coins=True)
    assert skill("eva", "elder_gap", coins=True) > uniform + 0.3
    assert skill("plr", "elder_gap", coins=True, edits=2) > uniform + 0.3
    assert skill("eva", "max_minus_min", coins=True) < uniform + 0.1


def test_where_everything_is_learnable_no_creator_wins() -> None:
    found = {}
    for name in ("uniform", "plr", "eva"):
        space: Any = Ladders(ladders=2, rungs=3, hopeless=False)
        creator = built(space, 1, name=name, capacity=4)
        found[name] = climb(creator, Climber(space, 2), 20_000)["skill"]
    assert abs(found["plr"] - found["uniform"]) < 0.02
    assert abs(found["eva"] - found["uniform"]) < 0.02
