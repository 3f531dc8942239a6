"""A member whose learning breaks down is set back and rests, and those who never met it do not notice."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from configs.schema import Learner
from populations import ppo, quarantine
from populations.member import Member
from populations.rollout import Trajectory
from populations.units import perform
from populations.workers import open_pool
from tests.populations.small import FAMILY, LEARNER, WORLDS, learns, member, rolls, same

OWN = ((0, 0),)  # the first part of the first unit
POOL = open_pool(0)
LIVED = WORLDS * FAMILY.horizon
NAMES = ("rewards", "values", "log_probs")
SOUND = {"skipped": 0.0, "entropy": 1.0}


def grown(**more: object) -> Member:
    """A member in the middle of its life."""
    young = member()
    moments = np.full_like(young.exp_avg, 0.5)
    return replace(young, exp_avg=moments, exp_avg_sq=moments, updates=9, lived=100, **dict(more))


def learned(before: Member) -> Member:
    return replace(before, weights=before.weights + 1, updates=13, lived=228)


def spoilt(before: Member, bad: float) -> Member:
    after = learned(before)
    after.weights[7] = bad
    return after


def trajectory() -> Trajectory:
    """Whole and sound, of arrays of its own."""
    _, (made,) = perform(rolls())
    return replace(made, **{name: getattr(made, name).copy() for name in NAMES})


def test_what_was_learned_stays_and_is_reported() -> None:
    before = grown()
    after, report = quarantine.after(before, learned(before), SOUND, LEARNER)
    assert same(after, learned(before))
    assert report == {**SOUND, "faults": 0.0}
    few = {"skipped": float(quarantine.SKIPS)}
    assert same(quarantine.after(before, learned(before), few, LEARNER)[0], learned(before))


@pytest.mark.parametrize("how", ["skips", "nan", "inf"])
def test_after_a_fault_a_member_is_as_before_but_slower_and_rests(how: str) -> None:
    before = grown()
    after = learned(before) if how == "skips" else spoilt(before, float(how))
    report = {"skipped": 4.0 if how == "skips" else 0.0, "entropy": float("nan")}
    back, told = quarantine.after(before, after, report, LEARNER)
    assert same(back.weights, before.weights)
    assert not back.exp_avg.any() and not back.exp_avg_sq.any() and back.updates == 0
    assert back.settings(LEARNER).learning_rate == LEARNER.learning_rate / 2
    assert (back.faults, back.rest, back.lived) == (1, 1, 228)
    assert told == {"skipped": report["skipped"], "faults": 1.0}
    assert not quarantine.may_learn(back)
    rejoined = quarantine.rested(back, 128)
    assert quarantine.may_learn(rejoined) and rejoined.lived == 228 + 128


def test_each_fault_halves_the_rate_again_and_the_third_retires() -> None:
    who = grown(hyper=(("entropy_weight", 0.1), ("learning_rate", 0.08)))
    for faults, rate in enumerate((0.04, 0.02, 0.01), 1):
        who = quarantine.set_back(who, who.lived, LEARNER)
        assert dict(who.hyper) == {"entropy_weight": 0.1, "learning_rate": rate}
        who = quarantine.rested(who, 0)
        assert quarantine.retired(who) == (faults == 3) == (not quarantine.may_learn(who))


def test_a_fault_is_saved_with_the_member() -> None:
    back = quarantine.set_back(grown(), 100, LEARNER)
    assert same(Member.restored(back.facts(), back.arrays()), back)


def test_a_cohort_of_which_most_no_longer_learn_is_an_error_that_names_them() -> None:
    fine, resting = grown(name="ada"), grown(name="bo", faults=1, rest=1)
    retired = grown(name="cy", faults=3)
    quarantine.check([fine, resting])
    with pytest.raises(quarantine.DivergedError, match=r"2 of 3 .*bo \(resting.*cy \(retired"):
        quarantine.check([fine, resting, retired])


@pytest.mark.parametrize("name", NAMES)
def test_a_trajectory_that_is_not_finite_is_refused_and_named(name: str) -> None:
    sound, bad = trajectory(), trajectory()
    assert quarantine.fault([sound, sound]) is None
    getattr(bad, name)[5, 3] = np.inf
    seat = int(bad.seats[3])
    assert quarantine.fault([sound, bad]) == quarantine.Fault(name, part=1, step=5, seat=seat)


def test_who_plays_what_is_not_finite_is_set_back_and_others_do_not_notice() -> None:
    mad = member("member 0")
    mad.weights[:] = np.nan
    batch = [
        replace(rolls(), weights=(mad.weights, member("member 1").weights)),
        rolls(1),
        learns(0, *OWN, member=mad),
        learns(1, (1, 0)),
    ]
    _, _, broken, sound = POOL.perform(batch)
    assert broken.fault is not None and broken.fault.part == 0 and broken.fault.step == 0
    assert broken.member.faults == 1 and broken.member.lived == LIVED
    assert broken.report == {"faults": 1.0}
    assert all(np.isfinite(signal).all() for signal in broken.signals.values())
    _, undisturbed = POOL.perform([rolls(1), learns(1, (0, 0))])
    assert same(sound, undisturbed)


def test_a_gradient_that_is_not_finite_sets_only_its_member_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = [rolls(), rolls(1), learns(0, *OWN), learns(1, (1, 0)), learns(2, *OWN)]
    *_, expected, _ = POOL.perform(batch)
    loss, calls = ppo.loss, iter(range(100))

    def poisoned(*given: object) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        total, parts = loss(*given)
        first = next(calls) < LEARNER.epochs * LEARNER.minibatches  # of the first to learn
        return total * (float("nan") if first else 1.0), parts

    monkeypatch.setattr(ppo, "loss", poisoned)
    _, _, broken, sound, again = POOL.perform(batch)
    assert (broken.member.faults, broken.report["skipped"]) == (1, 4.0)
    assert same(broken.member.weights, member("member 0").weights)
    assert same(sound, expected)
    assert again.member.faults == 0 and not same(again.member.weights, broken.member.weights)


def test_a_member_that_rests_plays_on_and_learns_nothing() -> None:
    resting = replace(member("member 0"), rest=1, faults=1)
    _, after = POOL.perform([rolls(), learns(0, *OWN, member=resting, probe=True)])
    assert same(after.member.weights, resting.weights)
    assert (after.member.rest, after.member.lived) == (0, LIVED)


def test_a_learning_rate_of_its_own_is_halved_from_where_it_was() -> None:
    fast = Learner(learning_rate=0.1)
    assert dict(quarantine.set_back(grown(), 0, fast).hyper) == {"learning_rate": 0.05}
