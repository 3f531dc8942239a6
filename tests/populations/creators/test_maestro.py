"""A buffer for each company: MAESTRO goes where the tasks of a co-player score highest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from populations.creators import maestro
from populations.creators.creator import NEW, NO_CHOICE, REPLAYED, Outcomes, Proposal
from tests.populations.creators.ladders import Climber, Ladders, built

SPACE: Any = Ladders(ladders=4, rungs=8)
WEAK, STRONG, GONE = 11, 12, 13  # companies
REGRETS = {WEAK: 0.1, STRONG: 0.5, GONE: 0.9}


def creator_of(key: int = 5, **settings: Any) -> Any:
    told = {"capacity": 16, "min_fill": 0.25, "edits": 0, **settings}
    return built(SPACE, key, name="maestro", **told)


def played(proposal: Proposal, offered: list[int], regrets: dict[int, float] = REGRETS) -> Outcomes:
    """One episode of each task in the company it asks for, if that is offered, or else in one after the other."""
    outcomes = Climber(SPACE, 9).play(proposal, 1)
    turn = np.resize(np.array(offered, np.uint64), len(outcomes.task))
    assert proposal.company is not None
    company = np.where(np.isin(proposal.company, turn), proposal.company, turn)
    pvl = np.array([regrets.get(one, 0.0) for one in company.tolist()], np.float32)
    return replace(outcomes, roster=company, signals={**outcomes.signals, "pvl": pvl})


def asked(proposal: Proposal) -> int:
    """The company of a proposal, one for all its tasks."""
    assert proposal.company is not None
    (company,) = set(proposal.company.tolist())
    return company


def test_a_co_player_nobody_knows_is_not_asked_for() -> None:
    creator = creator_of()
    proposal = creator.propose(8)
    assert asked(proposal) == NO_CHOICE
    assert (proposal.how == NEW).all() and not proposal.train.any()
    assert creator.metrics()["companies"] == 0


def test_every_company_has_the_tasks_that_were_played_in_it() -> None:
    creator = creator_of()
    proposal = creator.propose(8)
    creator.observe(played(proposal, [WEAK, STRONG]))
    assert creator.rosters.tolist() == [NO_CHOICE, WEAK, STRONG]
    for part, first, regret in ((1, 0, 0.1), (2, 1, 0.5)):
        rows = creator.parts[part].rows()
        np.testing.assert_array_equal(rows, _distinct(proposal.rows[first::2]))
        np.testing.assert_allclose(creator.parts[part].table()["score"], regret)
        assert set(creator.parts[part].table()["roster"]) == {f"{creator.rosters[part]:016x}"}
    assert len(creator.parts[0].rows()) == 0
    assert creator.metrics()["companies"] == 2
    assert creator.metrics()["buffer_size"] == len(creator.rows())


def test_the_company_of_the_highest_mean_score_is_chosen_and_now_and_then_any() -> None:
    creator, counts = creator_of(), dict.fromkeys((NO_CHOICE, WEAK, STRONG), 0)
    creator.observe(played(creator.propose(8), [WEAK, STRONG]))
    for _ in range(600):
        proposal = creator.propose(8)
        counts[asked(proposal)] += 1
        creator.observe(played(proposal, [WEAK, STRONG]))
    # One in ten is drawn evenly of three: 20 each, standard deviation 4.4.
    assert 5 < counts[WEAK] < 35 and 5 < counts[NO_CHOICE] < 35
    assert counts[STRONG] == 600 - counts[WEAK] - counts[NO_CHOICE]


def test_the_choice_follows_the_scores() -> None:
    creator = creator_of()
    creator.observe(played(creator.propose(8), [WEAK, STRONG]))
    for _ in range(60):  # the strong one is mastered, the weak one taught something new
        regrets = {WEAK: 0.6, STRONG: 0.0}
        creator.observe(played(creator.propose(8), [WEAK, STRONG], regrets))
    assert asked(creator.propose(8)) == WEAK


def test_members_learn_from_replayed_tasks_only_and_those_are_of_that_company() -> None:
    creator, replays = creator_of(), 0
    for _ in range(60):
        proposal = creator.propose(8)
        assert (proposal.train == (proposal.how == REPLAYED)).all()
        if proposal.how[0] == REPLAYED:
            replays += 1
            held = creator.parts[creator.turn].rows().tolist()
            assert all(row in held for row in proposal.rows.tolist())
        creator.observe(played(proposal, [WEAK, STRONG]))
    assert replays > 20
    metrics = creator.metrics()
    assert metrics["share_replayed"] + metrics["share_new"] == pytest.approx(1)
    assert metrics["probe_steps"] > 0 < metrics["train_steps"]


def test_who_was_asked_for_in_vain_is_not_asked_again_before_it_is_seen_again() -> None:
    creator = creator_of()
    creator.observe(played(creator.propose(8), [WEAK, GONE]))
    later = []
    for _ in range(40):
        proposal = creator.propose(8)
        later.append(asked(proposal))
        creator.observe(played(proposal, [WEAK]))
    assert later.count(GONE) == 1
    creator.observe(played(creator.propose(8), [GONE]))
    found = []
    for _ in range(20):
        proposal = creator.propose(8)
        found.append(asked(proposal))
        creator.observe(played(proposal, [WEAK, GONE]))
    assert GONE in found


def test_of_too_many_companies_the_one_not_seen_for_longest_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(maestro, "MOST", 3)
    creator = creator_of()
    for company in (1, 2, 3, 1, 4):
        creator.turn, proposal = 0, creator.parts[0].propose(4)
        asking = replace(proposal, company=np.full(4, NO_CHOICE, np.uint64))
        creator.observe(played(asking, [company]))
    assert creator.rosters.tolist() == [NO_CHOICE, 1, 4, 3]
    assert set(creator.parts[2].table()["roster"]) == {f"{4:016x}"}


def test_saved_parts_come_back_and_go_on_bit_for_bit() -> None:
    creator, other = creator_of(edits=2), creator_of(edits=2)
    other.observe(played(other.propose(8), [99]))  # parts of its own, which are replaced
    for batch in range(15):
        offered = [WEAK, STRONG] if batch < 8 else [WEAK, GONE]
        creator.observe(played(creator.propose(8), offered))
    other.load(load(save(creator.state())))
    assert other.rosters.tolist() == [NO_CHOICE, WEAK, STRONG, GONE]
    for _ in range(15):
        one, two = creator.propose(8), other.propose(8)
        np.testing.assert_array_equal(one.rows, two.rows)
        np.testing.assert_array_equal(one.company, two.company)
        creator.observe(played(one, [WEAK, GONE]))
        other.observe(played(two, [WEAK, GONE]))
    assert save(creator.state()) == save(other.state())
    with pytest.raises(ValueError, match="each company"):
        other.load(built(SPACE, 5, name="plr").state())


def test_what_a_company_is_played_does_not_depend_on_when_it_was_met() -> None:
    one, two = creator_of(), creator_of()
    one.observe(played(one.propose(8), [WEAK, STRONG]))
    two.observe(played(two.propose(8), [STRONG, GONE]))
    seeds = [creator.parts[place].state()["key"] for creator, place in ((one, 2), (two, 1))]
    np.testing.assert_array_equal(*seeds)


def test_an_empty_batch_changes_nothing() -> None:
    creator = creator_of()
    creator.observe(played(creator.propose(8), [WEAK, STRONG]))
    proposal = creator.propose(8)
    before = save(creator.state())
    creator.observe(Climber(SPACE, 9).play(proposal, 0))
    assert save(creator.state()) == before


def _distinct(rows: np.ndarray) -> np.ndarray:
    _, first = np.unique(rows, axis=0, return_index=True)
    return rows[np.sort(first)]
