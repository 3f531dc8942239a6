"""Rosters: lanes are balanced, the same key draws the same, and each rule names whom it says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populations.rollout import NOBODY, NOISE, ORACLE
from populations.rosters import RULES, Cast, apportion, company, draw, seats_learned

EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True)
CAST = Cast(
    learners=3,
    previous=(3, 4, 5, 6),
    snapshots=((7, 8), (9,), ()),
    peers=(10, 11, 12),
    elders=2,
    script=NOISE,
)
ODDS = np.ones((3, 13))
MIXTURE = {"population": 0.5, "self_play": 0.25, "previous": 0.2, "random": 0.05}
keys = st.integers(0, 2**64 - 1)
rules = st.sampled_from(sorted(RULES)) | st.dictionaries(
    st.sampled_from(sorted(RULES)), st.floats(0.01, 1), min_size=1, max_size=4
)


@EXAMPLES
@given(keys, rules, st.integers(4, 9), st.integers(1, 5))
def test_the_learner_is_agent_0_and_the_same_key_draws_the_same(key, rule, blocks, agents):
    rosters = draw(key, rule, CAST, blocks, agents, ODDS)
    assert rosters.shape == (3, blocks, agents) and rosters.dtype == np.int16
    assert (rosters[:, :, 0] == np.arange(3)[:, None]).all()
    assert (draw(key, rule, CAST, blocks, agents, ODDS) == rosters).all()


@EXAMPLES
@given(keys, rules, st.integers(4, 9), st.integers(1, 5), st.integers(1, 6))
def test_every_learner_fills_every_seat_equally_often(key, rule, blocks, agents, learners):
    cast = Cast(learners, script=NOISE)
    rosters = draw(key, rule, cast, blocks, agents, np.ones((learners, learners)))
    learned = np.array([(rosters == learner).sum((0, 1)) for learner in range(learners)])
    assert (learned == learned[0]).all()
    assert learned[0].sum() == seats_learned(rule, blocks, agents)


@EXAMPLES
@given(keys, st.integers(1, 6), st.integers(2, 6), st.integers(2, 8))
def test_in_a_population_co_players_differ_while_there_are_enough(key, blocks, agents, learners):
    rosters = draw(key, "population", Cast(learners), blocks, agents)
    others = np.sort(rosters[:, :, 1:], -1)
    assert (rosters[:, :, 1:] != rosters[:, :, :1]).all()
    if agents <= learners:
        assert (np.diff(others) > 0).all()


def test_over_many_keys_everybody_in_a_population_meets_everybody_equally_often():
    met = np.zeros((5, 5))
    for key in range(4000):
        for learner, other in draw(key, "population", Cast(5), 1, 2)[:, 0]:
            met[learner, other] += 1
    assert met.diagonal().sum() == 0
    assert chi_squared(met[~np.eye(5, dtype=bool)], 1000) < 45.3  # 19 degrees, p = .001


def test_alone_in_its_population_a_member_meets_itself():
    assert (draw(1, "population", Cast(1), 2, 3) == 0).all()


@pytest.mark.parametrize(("rule", "named"), [("previous", {3, 4, 5, 6}), ("elders", {3, 4})])
@EXAMPLES
@given(keys, st.integers(2, 9), st.integers(3, 5))
def test_frozen_members_come_in_turn_and_alike_for_all_learners(rule, named, key, blocks, agents):
    others = draw(key, rule, CAST, blocks, agents)[:, :, 1:]
    entries, counts = np.unique(others[0], return_counts=True)
    assert set(entries) == named and np.ptp(counts) <= 1
    assert (others == others[0]).all()


@pytest.mark.parametrize("script", [NOISE, NOBODY, ORACLE])
@pytest.mark.parametrize("rule", ["previous", "elders", "league"])
def test_without_anybody_a_learner_is_beside_the_script(rule, script):
    cast = Cast(2, script=script)
    assert (draw(1, rule, cast, 3, 3, np.ones((2, 2)))[:, :, 1:] == script).all()


@pytest.mark.parametrize(
    ("rule", "script"), [("noop", NOBODY), ("random", NOISE), ("oracle", ORACLE)]
)
def test_bots_are_scripts_whoever_else_there_is(rule, script):
    assert (draw(1, rule, CAST, 3, 3)[:, :, 1:] == script).all()


def test_a_league_draws_by_the_odds_and_never_the_learner_itself():
    odds = np.arange(39.0).reshape(3, 13)
    others = draw(5, "league", CAST, 20_000, 6, odds)[:, :, 1:]  # 10^5 draws a learner
    for learner in range(3):
        entries = [*CAST.previous, *(peer for peer in CAST.peers if peer != 10 + learner)]
        counts = np.array([(others[learner] == entry).sum() for entry in entries])
        assert counts.sum() == others[learner].size
        expected = odds[learner, entries] / odds[learner, entries].sum() * counts.sum()
        assert chi_squared(counts, expected) < 20.5  # 5 degrees, p = .001


def test_own_former_selves_are_equally_likely_and_the_first_moves_at_random():
    others = draw(5, "fictitious", CAST, 20_000, 6)[:, :, 1:]
    for learner, entries in enumerate([(NOISE, 7, 8), (NOISE, 9), (NOISE,)]):
        counts = np.array([(others[learner] == entry).sum() for entry in entries])
        assert counts.sum() == others[learner].size
        assert chi_squared(counts, counts.mean()) < 13.8  # at most 2 degrees, p = .001


@EXAMPLES
@given(keys, st.integers(4, 40))
def test_a_mixture_gives_each_rule_its_number_of_blocks_in_all_tickets(key, blocks):
    cast = Cast(4, previous=(4, 5, 6))
    others = draw(key, MIXTURE, cast, blocks, 2)[:, :, 1]
    counts = apportion(MIXTURE, blocks)
    assert sum(counts.values()) == blocks
    own = others == np.arange(4)[:, None]
    for told, name in (
        (own, "self_play"),
        (others == NOISE, "random"),
        (others >= 4, "previous"),
        ((others >= 0) & (others < 4) & ~own, "population"),
    ):
        assert (told == told[0]).all() and told[0].sum() == counts[name]


def test_blocks_are_apportioned_by_largest_remainder_but_at_least_one():
    assert apportion(MIXTURE, 20) == {
        "population": 10,
        "self_play": 5,
        "previous": 4,
        "random": 1,
    }
    assert apportion(MIXTURE, 8) == {"population": 4, "self_play": 2, "previous": 1, "random": 1}
    assert apportion({"noop": 1, "random": 2.2, "oracle": 3.3}, 13) == {
        "noop": 2,
        "random": 4,
        "oracle": 7,
    }
    assert apportion({"noop": 1, "random": 0}, 2) == {"noop": 2}


@pytest.mark.parametrize("mixture", [MIXTURE, {"noop": 0.0}])
def test_a_mixture_that_does_not_fit_its_blocks_is_refused(mixture):
    with pytest.raises(ValueError, match="rules"):
        apportion(mixture, 3)


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="'friends'; choose one of elders"):
        draw(1, "friends", CAST, 1, 2)


def test_company_is_told_by_name_and_seat():
    names = ["ada", "bo", "cy", "elder"]
    rosters = np.array([[[0, 1, 3], [0, 0, NOISE]], [[1, 3, 1], [1, 1, NOISE]]], np.int16)
    digests = company(names, rosters)
    assert digests.shape == (2, 2) and digests.dtype == np.uint64
    assert digests[0, 1] == digests[1, 1]  # itself and noise
    assert len({*digests.reshape(-1).tolist()}) == 3
    moved = company(["bo", "ada", "cy", "elder"], np.array([[[1, 0, 3]]], np.int16))
    assert moved[0, 0] == digests[0, 0]  # entries may change, names count
    assert len(np.unique(company(names, rosters[:, :, :1]))) == 1  # nobody is nobody


def chi_squared(counts, expected):
    return (((counts - expected) ** 2) / expected).sum()
