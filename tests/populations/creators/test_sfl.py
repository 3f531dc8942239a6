"""SFL trains on what one probing found learnable, and on nothing it only remembers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from configs.creator_schema import Creator as Settings
from configs.creator_schema import Sfl as Section
from populations.creators.creator import NEW, REPLAYED, Outcomes, Proposal, identities
from populations.creators.make import make
from populations.creators.scored import Kit
from populations.creators.sfl import Sfl
from tests.populations.creators.ladders import LADDER, Climber, Ladders, built, climb
from worlds import rng

SPACE: Any = Ladders(ladders=4, rungs=8)
POOL, TOP, EVERY = 16, 4, 3


def sfl(share: float = 0.5, seats: int = 1, **settings: Any) -> Any:
    section = Section(pool=POOL, top=TOP, every=EVERY, share=share)
    told = {"name": "sfl", "score": "learnability", "sfl": section, **settings}
    return make("ladders", SPACE, 5, Settings(**told), agents=seats)


def even_on(proposal: Proposal, ladder: int) -> Outcomes:
    """Four episodes of each task: half of them succeed on one ladder, all on lower, none on higher ones."""
    outcomes = Climber(SPACE, 9).play(proposal, 4)
    of = proposal.rows[outcomes.task, LADDER]
    half = np.arange(len(of)) % 2
    returns = np.where(of == ladder, half, of < ladder).astype(np.float32)
    return replace(outcomes, returns=returns)


def test_a_probing_is_followed_by_proposals_for_training_and_they_by_the_next() -> None:
    creator = sfl()
    trained = []
    for _ in range(12):
        proposal = creator.propose(8)
        assert proposal.train.all() or not proposal.train.any()
        trained.append(bool(proposal.train[0]))
        creator.observe(Climber(SPACE, 9).play(proposal, 2))
    assert trained == 2 * ([False] * 2 + [True] * EVERY) + [False] * 2
    assert creator.metrics()["probe_steps"] > 0 < creator.metrics()["train_steps"]


def test_a_pool_that_proposals_do_not_fill_evenly_is_probed_to_the_last_task() -> None:
    creator = sfl()
    trained = []
    for _ in range(3):
        proposal = creator.propose(15)
        trained.append(bool(proposal.train[0]))
        creator.observe(Climber(SPACE, 9).play(proposal, 2))
    assert trained == [False, False, True]


def test_training_draws_its_share_from_the_highest_scores_and_the_rest_anew() -> None:
    creator = sfl(share=0.75)
    for _ in range(2):
        creator.observe(even_on(creator.propose(8), ladder=2))
    scores, rows = creator.buffer["score"], creator.buffer["rows"]
    np.testing.assert_array_equal(scores, np.where(rows[:, LADDER] == 2, 0.25, 0.0))
    proposal = creator.propose(8)
    assert proposal.how.tolist() == [REPLAYED] * 6 + [NEW] * 2
    assert len(creator.kept) == TOP
    learnable = min(TOP, int((scores > 0).sum()))
    assert learnable and (creator.kept[:learnable, LADDER] == 2).all()
    kept = set(identities("ladders", creator.kept).tolist())
    assert {*identities("ladders", proposal.rows[:6]).tolist()} <= kept


def test_a_probing_forgets_what_was_known_of_its_tasks() -> None:
    creator = sfl()
    for _ in range(2 + EVERY):
        creator.observe(even_on(creator.propose(8), ladder=1))
    for _ in range(2):
        creator.observe(even_on(creator.propose(8), ladder=2))
    ladders = creator.buffer["rows"][:, LADDER]
    # Mixed with the means of before, tasks of ladder 1 would have p between 1/2 and 1.
    assert (ladders == 1).any()
    np.testing.assert_array_equal(creator.buffer["score"], np.where(ladders == 2, 0.25, 0.0))


def test_learnability_is_of_all_episodes_of_a_task_in_whatever_company() -> None:
    creator = sfl()
    proposal = creator.propose(8)
    outcomes = even_on(proposal, ladder=2)
    company = np.arange(len(outcomes.task), dtype=np.uint64)  # another one in each episode
    creator.observe(replace(outcomes, roster=company))
    assert creator.buffer.size == len(np.unique(proposal.rows, axis=0))
    assert creator.buffer["score"].max() == 0.25


def test_learnability_is_summed_over_the_agents_that_learn() -> None:
    creator = sfl(seats=2, agents="sum")
    outcomes = even_on(creator.propose(8), ladder=2)
    both = outcomes.of(outcomes.proposal, np.tile(np.arange(32), 2), np.tile(outcomes.task, 2))
    agent = np.repeat([0, 1], 32).astype(np.int16)
    returns = np.where(agent == 0, both.returns, np.arange(64) % 4 == 0).astype(np.float32)
    creator.observe(replace(both, agent=agent, returns=returns))
    ladders = creator.buffer["rows"][:, LADDER]
    np.testing.assert_allclose(
        creator.buffer["score"], np.where(ladders == 2, 0.25, 0.0) + 0.25 * 0.75
    )


def test_a_new_generation_is_probed_anew_also_in_the_midst_of_a_probing() -> None:
    for before in (1, 3):
        creator = sfl()
        for _ in range(before):
            creator.observe(even_on(creator.propose(8), ladder=2))
        creator.graduate()
        for _ in range(2):
            proposal = creator.propose(8)
            assert not proposal.train.any()
            creator.observe(even_on(proposal, ladder=2))
        assert creator.propose(8).train.all()


def test_without_any_score_all_tasks_are_new() -> None:
    creator = sfl()
    for _ in range(2):
        outcomes = even_on(creator.propose(8), ladder=2)
        creator.observe(replace(outcomes, returns=np.full(32, np.nan, np.float32)))
    proposal = creator.propose(8)
    assert proposal.train.all() and (proposal.how == NEW).all()


def test_sampling_for_learnability_climbs_above_uniform_draws() -> None:
    found = {}
    for name in ("uniform", "sfl"):
        key = rng.key("ladders", 0)
        section = Section(pool=64, top=8, every=30, share=1.0) if name == "sfl" else Section()
        creator = built(SPACE, key, name=name, score="learnability", sfl=section)
        found[name] = climb(creator, Climber(SPACE, key), 30_000, 4)["skill"]
    assert found["sfl"] > found["uniform"] + 0.1


def test_settings_out_of_range_are_refused() -> None:
    kit = Kit("ladders", SPACE, 5, "learnability", sfl().buffer)
    for wrong, words in (
        ({"top": POOL + 1}, f"top is {POOL + 1}; keep from 1 to all {POOL}"),
        ({"every": 0}, "every is 0"),
        ({"share": 1.5}, "share is 1.5"),
    ):
        with pytest.raises(ValueError, match=words):
            Sfl(kit, **{"top": TOP, **wrong})
