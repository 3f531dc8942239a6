"""Creators that work climb well above uniform draws, and those that must not, do not; the toys are as they say."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from configs.creator_schema import Creator as Settings
from populations.creators.make import make
from tests.populations.creators.cells import BIT, Cells, Settler
from tests.populations.creators.ladders import CLIMB, HOPELESS, Climber, Ladders, built, climb
from tests.populations.creators.toys import live
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


def test_where_one_task_opens_the_way_to_the_next_progress_tells_where_to_stay() -> None:
    found = {}
    for name, score in (
        ("uniform", "learning_progress"),
        ("plr", "learning_progress"),
        ("plr", "random_score"),
    ):
        space = Cells(side=5)
        settings = Settings(name=name, score=score, edits=0, capacity=16, repeats=1)
        course = live(make("cells", space, 1, settings), Settler(space), 4_000)
        found[name, score] = course.skill
        assert course.hopeless == 0
    assert found["plr", "learning_progress"] > found["uniform", "learning_progress"] + 0.3
    assert found["plr", "random_score"] < found["uniform", "learning_progress"] + 0.1


def test_a_cell_opens_once_one_beside_it_is_mastered() -> None:
    space = Cells(side=3)
    settler, creator = Settler(space), make("cells", space, 1, Settings(name="uniform", repeats=1))
    proposal = creator.propose(1)
    corner = replace(proposal, rows=np.array([[0, 0]], np.int16))
    beside = replace(proposal, rows=np.array([[1, 1]], np.int16))
    assert settler.teaches(corner.rows).all() and not settler.teaches(beside.rows).any()
    assert settler.play(beside, 10).returns.tolist() == [0.0] * 10
    returns = settler.play(corner, 75).returns  # each episode brings as much as the one before
    np.testing.assert_allclose(returns, BIT * np.arange(75), rtol=1e-6)
    assert settler.skill() == 1 / 9 and settler.teaches(beside.rows).all()
    probe = replace(corner, train=np.zeros(1, bool))
    settler.play(probe, 5)
    np.testing.assert_allclose(settler.competence[0, 0], 0.75)  # nobody learns from a probe


def test_elders_known_by_sample_are_seen_so_often_and_cost_steps() -> None:
    space: Any = Ladders(ladders=2, rungs=4)
    climber = Climber(space, 1, coins=True, elder=1.0, knows=2, rollouts=3)
    proposal = built(space, 1, name="uniform", repeats=1).propose(3)
    tasks = np.array([[0, 2, CLIMB], [0, 3, CLIMB], [1, 2, HOPELESS]], np.int16)
    first = climber.play(replace(proposal, rows=tasks), 2)
    assert first.elder_returns[:4].tolist() == [1, 1, 0, 0]  # the elder knows two rungs
    assert {*first.elder_returns[4:].tolist()} <= {0.0, 1.0}
    assert first.steps.tolist() == [4, 4, 6, 6, 4, 4]  # its own as many as the learner's
    second = climber.play(replace(proposal, rows=tasks), 2)
    assert np.isnan(second.elder_returns).tolist() == [False, True] * 3
    assert second.steps.tolist() == [4, 2, 6, 3, 4, 2]


def test_the_young_stand_before_the_ladders_of_their_elders_and_know_nothing() -> None:
    space: Any = Ladders(ladders=2, rungs=3, hopeless=False)
    elder = Climber(space, 1, elder=1.0)
    before = elder.skill()
    climb(built(space, 1, name="uniform"), elder, 5_000)
    young = elder.young(2)
    assert young.skill() == before < elder.skill() - 0.3
    np.testing.assert_array_equal(young.right, elder.right)
    assert np.isnan(young.play(built(space, 1, name="uniform").propose(4), 1).elder_returns).all()
