"""Population-based training changes only what its rules allow, by keys and places alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from configs.keys import SETTINGS
from configs.schema import Learner
from populations.member import Member
from populations.population_training import (
    Exploit,
    check,
    copied,
    dominates,
    due,
    hyper_of,
    mutated,
    spread,
)
from populations.quarantine import RETIRING
from worlds import rng

LEARNER = Learner(learning_rate=1e-3, entropy_weight=0.03, clip=0.2, gamma=0.99)
MEMBERS, TASKS = 9, 20
HYPER = (
    ("creator.evolved", 0.2),
    ("creator.temperature", 0.3),
    ("learner.clip", 0.2),
    ("learner.gamma", 0.99),
    ("learner.learning_rate", 1e-3),
)
KEYS = [rng.key("population training", number) for number in range(40)]


def member(number: int, **more: Any) -> Member:
    weights = np.full(3, number, np.float32)
    about = {"updates": 10 + number, "lived": 100, "parents": (f"elder {number}",)}
    return Member(f"m{number}", weights, weights + 100, weights + 200, **{**about, **more})


def population(**more: Any) -> list[Member]:
    return [member(number, **more) for number in range(MEMBERS)]


def ladder(step: float = 0.1) -> np.ndarray:
    """Returns [P, K]: every member is better by a step on every task than the one before."""
    return np.repeat(0.1 + step * np.arange(MEMBERS)[:, None], TASKS, 1)


def checked(
    key: int,
    members: list[Member] | None = None,
    fitness: np.ndarray | None = None,
    settled: np.ndarray | None = None,
    margin: float = 0.02,
) -> list[Exploit]:
    members = population() if members is None else members
    hypers = [hyper_of(each, LEARNER) for each in members]
    fitness = ladder() if fitness is None else fitness
    settled = np.ones(len(members), bool) if settled is None else settled
    return check(key, members, fitness, settled, hypers, margin)


@pytest.mark.parametrize("key", KEYS)
def test_of_disjoint_pairs_the_dominated_becomes_the_child(key: int) -> None:
    exploits = checked(key)
    everybody = [place for each in exploits for place in (each.child, each.parent)]
    assert len(everybody) == len(set(everybody))
    assert len(exploits) == MEMBERS // 2  # on a ladder every pair has a better one
    assert all(each.parent > each.child for each in exploits)


def test_every_pair_meets_under_some_key() -> None:
    keys = [rng.key("pairs", number) for number in range(300)]
    met = {(each.child, each.parent) for key in keys for each in checked(key)}
    assert met == {(child, parent) for parent in range(MEMBERS) for child in range(parent)}


def test_ties_and_differences_within_the_margin_change_nobody() -> None:
    assert not checked(KEYS[0], fitness=ladder(0.0))
    assert not checked(KEYS[0], fitness=ladder(0.001), margin=0.02)
    assert checked(KEYS[0], fitness=ladder(0.001), margin=0.0)


def test_a_parent_is_nowhere_worse_and_somewhere_better_by_the_margin() -> None:
    child = np.array([0.1, 0.2, 0.5])
    assert dominates(np.array([0.1, 0.2, 0.53]), child, 0.02)
    assert dominates(np.array([0.13, 0.2, 0.5]), child, 0.02)
    assert not dominates(np.array([0.09, 0.4, 0.9]), child, 0.02)
    assert not dominates(np.array([0.11, 0.21, 0.51]), child, 0.02)


def test_the_mean_does_not_count_but_the_percentiles_do() -> None:
    """A specialist with the higher mean is not better at the hard tasks."""
    general, special = np.full(TASKS, 0.4), np.repeat([0.0, 1.0], TASKS // 2)
    pair = [member(0), member(1)]
    assert special.mean() > general.mean()
    for key in KEYS:
        assert not checked(key, pair, np.stack([general, special]))


def test_while_nobody_earns_at_any_percentile_participation_decides() -> None:
    fitness = np.zeros((2, TASKS))
    fitness[1, :3] = 0.9  # below half of the tasks: every percentile is 0
    (exploit,) = checked(KEYS[0], [member(0), member(1)], fitness)
    assert (exploit.child, exploit.parent) == (0, 1)
    assert not checked(KEYS[0], [member(0), member(1)], np.zeros((2, TASKS)))


@pytest.mark.parametrize("key", KEYS[:10])
def test_who_has_not_rested_is_no_child_but_may_be_a_parent(key: int) -> None:
    settled = np.arange(MEMBERS) % 2 == 0
    exploits = checked(key, settled=settled)
    assert all(settled[each.child] for each in exploits)
    anywhere = [each for key in KEYS for each in checked(key, settled=settled)]
    assert any(not settled[each.parent] for each in anywhere)


def test_who_is_in_quarantine_is_a_child_at_once_and_never_a_parent() -> None:
    members = population()
    members[0] = replace(members[0], rest=1, faults=2)
    members[8] = replace(members[8], rest=0, faults=RETIRING)
    nobody = np.zeros(MEMBERS, bool)
    found = [each for key in KEYS for each in checked(key, members, settled=nobody)]
    assert {each.child for each in found} == {0}
    assert 8 not in {each.parent for each in found}
    (after,) = {copied(members, [each])[0].faults for each in found}
    assert after == 0 and copied(members, found[:1])[0].rest == 0


def test_a_child_keeps_its_name_age_and_birth_and_takes_all_else() -> None:
    before = population()
    exploits = checked(KEYS[0], before)
    after = copied(before, exploits)
    parents = {each.child: each for each in exploits}
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        if place not in parents:
            assert new is old
            continue
        parent = before[parents[place].parent]
        assert (new.name, new.lived, new.parents) == (old.name, old.lived, old.parents)
        for array, taken in zip(new.arrays().values(), parent.arrays().values(), strict=True):
            np.testing.assert_array_equal(array, taken)
        assert new.updates == parent.updates
        assert {f"learner.{name}": value for name, value in new.hyper} == dict(parents[place].after)


def test_an_exploit_tells_versions_and_values_before_and_after() -> None:
    members = [
        replace(each, hyper=(("clip", 0.1 + place / 100),))
        for place, each in enumerate(population())
    ]
    for each in checked(KEYS[0], members):
        assert each.versions == (10 + each.child, 10 + each.parent)
        assert each.before == hyper_of(members[each.child], LEARNER)
        assert each.copied == hyper_of(members[each.parent], LEARNER)
        assert dict(each.copied)["learner.clip"] == 0.1 + each.parent / 100
        assert each.mutated == (each.copied != each.after)


def test_each_value_is_mutated_half_of_the_time_as_often_up_as_down() -> None:
    hyper = HYPER
    drawn = [dict(mutated(rng.key("mutate", number), hyper)) for number in range(4000)]
    for name, value in hyper:
        values = np.array([each[name] for each in drawn])
        if name == "learner.gamma":  # by its horizon
            value, values = 1 / (1 - value), 1 / (1 - values)
        for share, factor in ((0.5, 1.0), (0.25, 1.25), (0.25, 1 / 1.25)):
            assert np.isclose(values / value, factor).mean() == pytest.approx(share, abs=0.03)
        assert np.isclose(values[:, None] / value, [1.0, 1.25, 0.8]).any(1).all()


def test_values_stay_in_the_range_of_the_schema_however_often_they_mutate() -> None:
    for start in (LEARNER, Learner(learning_rate=1.0, clip=1.0, entropy_weight=0.0, gamma=0.0)):
        hyper = hyper_of(member(0), start)
        for number in range(300):
            hyper = mutated(rng.key("again", number), hyper)
            for name, value in hyper:
                about = SETTINGS[name]
                assert about.low is not None and about.high is not None
                assert about.low <= value <= about.high
                assert value > about.low or not about.open


def test_newborns_are_spread_evenly_by_orders_of_magnitude() -> None:
    drawn = [dict(spread(rng.key("spread", number), HYPER, 4)) for number in range(2000)]
    for name, value in HYPER:
        values = np.array([each[name] for each in drawn])
        if name == "learner.gamma":
            value, values = 1 / (1 - value), 1 / (1 - values)
        steps = np.log(values / value) / np.log(4)
        if name != "learner.clip":  # cut off at 1
            assert np.histogram(steps, 4, (-1, 1))[0] == pytest.approx(500, rel=0.2)
        assert steps.min() >= -1 - 1e-9 and steps.max() <= 1 + 1e-9
    assert spread(1, HYPER, 1) == HYPER


@pytest.mark.parametrize("key", KEYS[:10])
def test_names_decide_nothing(key: int) -> None:
    renamed = [
        replace(each, name=f"other {11 * place % 9}") for place, each in enumerate(population())
    ]
    assert checked(key) == checked(key, renamed)


def test_checks_end_the_warm_up_and_then_come_every_so_many_steps() -> None:
    each = 640
    found = [
        n for n in range(1, 40) if due((n - 1) * each, n * each, warm_up=5000, check_every=2500)
    ]
    assert [n * each for n in found] == [5120, 7680, 10240, 12800, 15360, 17920, 20480, 23040]
    assert not any(due(n, n + 1, warm_up=5000, check_every=10) for n in range(4999))
    assert due(0, each, warm_up=0, check_every=10)
