"""How far a cohort is in its life, how hard its world is by then, and what a diverged member changes."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from torch import Tensor

from configs.load import load
from configs.schema import Settings
from culture.living import Cohort, live
from culture.setting import Setting, creators, newborn, prepare
from culture.transmission import ALONE
from populations import learner, ppo
from populations.member import Member
from populations.quarantine import DivergedError
from populations.workers import open_pool
from tests.populations.small import same


def _cohort(iterations: int, **life: Any) -> Cohort:
    """A cohort of four iterations a generation, so many of which are over in this one."""
    nobody: Any = None
    bodies: Any = SimpleNamespace(turns=((0, 1),))
    return Cohort("one", bodies, [], nobody, ALONE, 4, 100, reports=[[]] * iterations, **life)


def _commented(*lived: int, **life: Any) -> Cohort:
    """A cohort in a family of comments, whose members have lived so many of 100 agent-steps a generation."""
    nobody: Any = None
    comments: Any = SimpleNamespace(turns=((1,), (0,)))
    members: Any = [SimpleNamespace(lived=steps) for steps in lived]
    return Cohort("one", comments, members, nobody, ALONE, 4, 100, **life)


def test_a_life_is_spread_over_its_generations() -> None:
    assert [_cohort(done).progress(0) for done in (0, 1, 4)] == [0, 0.25, 1]
    lone = [
        _cohort(done, generations=2, lived=lived).progress(0) for lived in (0, 1) for done in (0, 2)
    ]
    assert lone == [0, 0.25, 0.5, 0.75]


def test_where_episodes_differ_in_length_each_member_lives_its_own_steps() -> None:
    young = _commented(0, 25, 110)
    assert [young.progress(index) for index in range(3)] == [0, 0.25, 1]
    assert young.going == [0, 1]
    assert young.mean == pytest.approx(1.25 / 3)
    lone = _commented(110, 200, generations=2, lived=1)
    assert [lone.progress(index) for index in range(2)] == [0.55, 1]
    assert lone.going == [0]


def test_the_world_hardens_for_the_young_as_for_a_lone_learner_of_the_same_experience() -> None:
    for generation in (0, 1):
        for done in range(4):
            young = _cohort(done, elders=generation / 2, share=1 / 2)
            lone = _cohort(done, generations=2, lived=generation)
            assert young.hardship(0, 0.5) == pytest.approx(lone.hardship(0, 0.5))
    assert [_cohort(done).hardship(0, 0.5) for done in (0, 1, 2, 3)] == [0, 0.5, 1, 1]
    assert _cohort(0).hardship(0, 0.0) == 1


def _young(settings: Settings) -> tuple[Setting, Cohort]:
    setting = prepare(settings, open_pool(0), lambda event: None)
    members = newborn(setting, 0)
    creator = creators(setting)["culture"]
    return setting, Cohort(
        "culture", setting.family, members, creator, ALONE, 4, settings.culture.steps
    )


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of members all of whose losses are not a number."""
    names: set[str] = set()
    learn = learner.learn

    def learns(built: object, member: Member, *more: object) -> object:
        loss = ppo.loss
        if member.name in names:
            monkeypatch.setattr(ppo, "loss", lambda *given: _not_a_number(*loss(*given)))
        after = learn(built, member, *more)
        monkeypatch.setattr(ppo, "loss", loss)
        return after

    monkeypatch.setattr(learner, "learn", learns)
    return names


def _not_a_number(total: Tensor, parts: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    return total * float("nan"), parts


DEBUG = ["learner.epochs=2", "learner.minibatches=2", "culture.single_lifetime=false"]


def test_a_member_that_diverges_is_told_of_and_the_others_live_as_if_nothing_happened(
    poisoned: set[str], caplog: pytest.LogCaptureFixture
) -> None:
    lives = []
    for names in ({}, {"g0_m1"}):
        setting, cohort = _young(load("debug", [*DEBUG, "creator.name=uniform"]))
        poisoned |= set(names)
        live(setting, [cohort], 0)
        lives.append(cohort)
    sound, disturbed = lives
    assert same(disturbed.members[0], sound.members[0])
    ill = disturbed.members[1]
    assert (ill.faults, ill.rest, ill.lived) == (2, 0, sound.members[1].lived)  # at 0 and 2
    assert same(ill.weights, _young(setting.settings)[1].members[1].weights)
    assert [report[1].get("faults") for report in disturbed.reports] == [1, None, 2, None]
    assert [report[0]["faults"] for report in disturbed.reports] == [0] * 4
    assert "iteration 2, member g0_m1: learning broke down; its faults: 2" in caplog.text


def test_most_members_diverged_end_the_run_with_their_names(poisoned: set[str]) -> None:
    setting, cohort = _young(load("debug", DEBUG))
    poisoned |= {"g0_m0", "g0_m1"}
    with pytest.raises(DivergedError, match="g0_m0 .* g0_m1"):
        live(setting, [cohort], 0)


def test_what_is_not_finite_is_told_with_all_it_takes_to_play_it_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    setting, cohort = _young(load("debug", [*DEBUG, "creator.name=uniform"]))
    cohort.members[1].weights[:] = float("nan")
    cohort.count = 1
    live(setting, [cohort], 0)
    assert cohort.members[1].faults == 1 and cohort.members[0].faults == 0
    key = setting.key("live", "culture", 0, 0, 1)
    told = f"member g0_m1: values at step 0, seat 0 are not finite; .*, key {key}, task [0-9a-f]+"
    assert re.search(told, caplog.text)
