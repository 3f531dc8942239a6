"""What every creator promises, and what sets each of them apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from configs.creator_schema import Gmm, Schedule, Sfl
from populations.creators.creator import (
    EVOLVED,
    NEW,
    NO_CHOICE,
    NO_PARENT,
    REPLAYED,
    Creator,
    identities,
)
from populations.creators.make import CREATORS
from populations.creators.scores import SCORES
from tests.populations.creators.ladders import Climber, Ladders, built
from worlds.family import identity

SPACE: Any = Ladders(ladders=4, rungs=8)
SMALL = Gmm(every=16, window=16, most=3)
KINDS: dict[str, dict[str, Any]] = {
    "uniform": {"name": "uniform"},
    "plr": {"name": "plr", "edits": 0},
    "robust plr": {"name": "plr", "edits": 0, "robust": True},
    "accel": {"name": "plr", "edits": 2},
    "eva": {"name": "eva", "edits": 2},
    "eva by elders": {"name": "eva", "score": "elder_gap"},
    "paired": {"name": "paired"},
    "plr by progress": {"name": "plr", "edits": 0, "score": "learning_progress"},
    "alp_gmm": {"name": "alp_gmm", "gmm": SMALL},
    "again": {"name": "again", "gmm": SMALL},
    "omni": {"name": "omni", "edits": 0, "score": "learning_progress"},
    "sfl": {"name": "sfl", "sfl": Sfl(pool=16, top=4, every=3)},
    "dynamic": {"name": "dynamic"},
    "poet": {"name": "poet"},
    "maestro": {"name": "maestro"},
    "cyclical": {"name": "schedule", "schedule": Schedule(tasks=40, period=2)},
    "power": {"name": "schedule", "schedule": Schedule("power", tasks=40)},
    "bursty": {"name": "schedule", "schedule": Schedule("bursty", tasks=40)},
}
CHOOSE_COMPANY = ("maestro",)  # whatever the settings say of rosters


def creator_of(kind: str, space: Any = SPACE, key: int = 5) -> Creator:
    return built(space, key, capacity=24, min_fill=0.25, **KINDS[kind])


def live(creator: Creator, climber: Climber, batches: int, n: int = 8) -> list[np.ndarray]:
    """Proposes, plays and observes; returns the rows proposed."""
    rows = []
    for _ in range(batches):
        proposal = creator.propose(n)
        rows.append(proposal.rows)
        creator.observe(climber.play(proposal, 2))
    return rows


@pytest.mark.parametrize("kind", KINDS)
def test_a_loaded_creator_goes_on_bit_for_bit(kind: str) -> None:
    for batches in (0, 1, 6, 7, 25):  # also in the middle of ACCEL's cycle
        creator, climber = creator_of(kind), Climber(SPACE, 9, elder=0.9)
        live(creator, climber, batches)
        saved = save(creator.state())
        other, again = creator_of(kind), Climber(SPACE, 9, elder=0.9)
        other.load(load(saved))
        again.logits, again.values = climber.logits.copy(), climber.values.copy()
        again.draws.counter = climber.draws.counter
        for one, two in zip(live(creator, climber, 8), live(other, again, 8), strict=True):
            np.testing.assert_array_equal(one, two)
        assert save(creator.state()) == save(other.state())
        assert creator.metrics() == other.metrics()


@pytest.mark.parametrize("kind", ["plr", "accel", "eva"])
def test_tasks_ask_for_the_company_they_or_their_parents_were_scored_with(kind: str) -> None:
    creator = built(SPACE, 5, capacity=24, min_fill=0.25, rosters=True, **KINDS[kind])
    climber, seen, replays = Climber(SPACE, 9, elder=0.9), set(), 0
    for batch in range(30):
        proposal = creator.propose(8)
        assert proposal.company is not None and proposal.company.dtype == np.uint64
        tasks = identities("ladders", proposal.rows)
        of = np.where(proposal.how == EVOLVED, proposal.parents, tasks)
        asked = list(zip(of.tolist(), proposal.company.tolist(), strict=True))
        for how, pair in zip(proposal.how, asked, strict=True):
            assert pair[1] == NO_CHOICE if how == NEW else pair in seen
        replays += np.sum(proposal.how != NEW)
        outcomes = climber.play(proposal, 2)
        company = np.full(len(outcomes.task), 100 + batch % 3, np.uint64)
        seen |= {(task, 100 + batch % 3) for task in tasks.tolist()}
        creator.observe(replace(outcomes, roster=company))
    assert replays


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in CHOOSE_COMPANY])
def test_unasked_a_creator_leaves_the_company_to_the_rosters(kind: str) -> None:
    creator, climber = creator_of(kind), Climber(SPACE, 9)
    live(creator, climber, 8)
    assert creator.propose(8).company is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_key_decides_what_is_proposed(kind: str) -> None:
    runs = [
        np.concatenate(live(creator_of(kind, key=key), Climber(SPACE, 9), 8)) for key in (5, 5, 6)
    ]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_proposal_says_how_each_task_came_about(kind: str) -> None:
    creator, climber = creator_of(kind), Climber(SPACE, 9, elder=0.9)
    known: set[int] = set()
    for _ in range(30):
        proposal = creator.propose(8)
        tasks = identities("ladders", proposal.rows).tolist()
        assert proposal.rows.shape == (8, SPACE.width) and proposal.rows.dtype == np.int16
        for how, parent, task in zip(proposal.how, proposal.parents, tasks, strict=True):
            assert how in (NEW, REPLAYED, EVOLVED)
            if how == NEW:
                assert parent == NO_PARENT
            if how == EVOLVED:
                assert int(parent) in known
            if how == REPLAYED:
                assert task in known
        known.update(tasks)
        creator.observe(climber.play(proposal, 2))


@pytest.mark.parametrize("kind", KINDS)
def test_tables_and_metrics_are_plain_columns(kind: str) -> None:
    creator = creator_of(kind)
    assert creator.metrics()["buffer_size"] == 0 and len(creator.rows()) == 0
    live(creator, Climber(SPACE, 9), 60)
    rows, table = creator.rows(), creator.table()
    assert table["task"].tolist() == identity("ladders", rows)
    assert {len(column) for column in table.values()} == {len(rows)}
    assert (table["visits"] > 0).all()
    assert table["solved"].min() >= 0 and 0 < table["solved"].max() <= 1
    assert set(table["estimator"]) == {KINDS[kind].get("score", "positive_value_loss")}
    metrics = creator.metrics()
    assert all(isinstance(value, float) for value in metrics.values())
    np.testing.assert_allclose(
        sum(metrics[f"share_{how}"] for how in ("new", "replayed", "evolved")), 1
    )


class Leaking(Ladders):
    """A space that breaks its promise: it draws tasks that are held out."""

    def held_out(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, 1] == 3


@pytest.mark.parametrize("name", CREATORS)
def test_a_held_out_task_is_never_proposed_nor_kept(name: str) -> None:
    leaking: Any = Leaking(4, 8)
    with pytest.raises(ValueError, match="held-out"):
        for _ in range(20):
            built(leaking, 1, name=name).propose(64)
    honest = built(SPACE, 1, name=name).propose(64)
    creator = built(leaking, 1, name=name)
    with pytest.raises(ValueError, match="held-out"):
        creator.observe(Climber(SPACE, 9).play(honest, 1))
    assert len(creator.rows()) == 0


def test_robust_plr_trains_on_replayed_tasks_only() -> None:
    creator, climber = creator_of("robust plr"), Climber(SPACE, 9)
    kinds = set()
    for _ in range(40):
        proposal = creator.propose(8)
        assert (proposal.train == (proposal.how == REPLAYED)).all()
        kinds.update(proposal.how.tolist())
        creator.observe(climber.play(proposal, 1))
    assert kinds == {NEW, REPLAYED}
    assert creator.metrics()["probe_steps"] > 0


def test_robust_plr_trains_in_a_space_smaller_than_its_fill() -> None:
    small: Any = Ladders(ladders=1, rungs=3)
    creator = built(small, 2, name="plr", edits=0, robust=True, capacity=64, min_fill=1.0)
    live(creator, Climber(small, 9), 40)
    assert creator.metrics()["train_steps"] > 0


def test_accel_edits_what_it_just_replayed() -> None:
    creator, climber = creator_of("accel"), Climber(SPACE, 9)
    replayed: set[int] = set()
    evolved = 0
    for _ in range(40):
        proposal = creator.propose(8)
        if proposal.how[0] == EVOLVED:
            evolved += 1
            assert set(proposal.parents.tolist()) == replayed
        else:
            assert not replayed
        tasks = identities("ladders", proposal.rows).tolist()
        replayed = set(tasks) if proposal.how[0] == REPLAYED else set()
        creator.observe(climber.play(proposal, 1))
    assert evolved > 5


def test_eva_evolves_its_share_and_draws_the_rest() -> None:
    creator, climber = creator_of("eva"), Climber(SPACE, 9)
    for pvl, expected in ((0.0, [20, 0, 0]), (1.0, [20, 0, 0]), (1.0, [2, 2, 16])):
        proposal = creator.propose(20)
        counts = np.bincount(proposal.how, minlength=3)
        assert counts[[NEW, REPLAYED, EVOLVED]].tolist() == expected
        signals = {"pvl": np.full(20, pvl, np.float32)}
        creator.observe(replace(climber.play(proposal, 1), signals=signals))


def test_uniform_draws_everything_from_the_space() -> None:
    creator = creator_of("uniform")
    live(creator, Climber(SPACE, 9), 10)
    assert creator.metrics()["share_new"] == 1


def test_an_empty_batch_changes_nothing() -> None:
    creator = creator_of("eva")
    proposal = creator.propose(4)
    before = save(creator.state())
    creator.observe(Climber(SPACE, 9).play(proposal, 0))
    assert save(creator.state()) == before


@pytest.mark.parametrize("score", SCORES)
def test_every_score_drives_every_creator(score: str) -> None:
    for name in CREATORS:
        creator = built(SPACE, 3, name=name, score=score, capacity=16)
        live(creator, Climber(SPACE, 9, elder=0.9), 6)
        assert np.isfinite(creator.table()["score"]).all()


def test_wrong_settings_are_refused_with_what_is_allowed() -> None:
    for wrong, words in (
        ({"name": "pairs"}, "uniform, plr, eva"),
        ({"score": "fun"}, "elder_gap"),
        ({"name": "plr", "replay": 1.5}, "replay"),
        ({"name": "eva", "evolved": -1}, "evolved"),
        ({"score": "max_minus_min", "repeats": 1}, "repeats"),
    ):
        with pytest.raises(ValueError, match=words):
            built(SPACE, 1, **wrong)


def test_the_state_of_another_creator_is_refused() -> None:
    creator = creator_of("eva")
    live(creator, Climber(SPACE, 9), 5)
    with pytest.raises(ValueError, match="key"):
        creator_of("eva", key=6).load(creator.state())
    with pytest.raises(ValueError, match="edit.rows"):
        creator_of("plr").load(creator.state())
    with pytest.raises(ValueError, match="capacity"):
        built(SPACE, 5, capacity=2).load(creator.state())
