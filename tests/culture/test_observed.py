"""A creator is told of every agent in whose seat a member learned, of elders and of random actions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.load import load
from culture import experiment, living
from culture.records import Records
from populations.creators.creator import Outcomes
from populations.creators.plr import PLR

TINY = (
    *("workers=0", "learner.hidden=8", "evaluation.tasks=8", "evaluation.episodes=4"),
    *("culture.single_lifetime=false", "run.replays=0", "culture.steps=640"),
    "world.trial_length=10",
    *("creator.name=plr", "creator.repeats=4", "creator.min_fill=0"),
)
Told = list[tuple[Any, Any, Outcomes]]  # the plan of an iteration, what was played, what was told


def _told(path: Path, monkeypatch: pytest.MonkeyPatch, *overrides: str) -> Told:
    """Of each iteration of an experiment, in order."""
    told: Told = []
    observed = living.observed

    def watched(plan: Any, played: Any, alone: Any, learned: Any) -> Outcomes:
        told.append((plan, played, observed(plan, played, alone, learned)))
        return told[-1][2]

    monkeypatch.setattr(living, "observed", watched)
    with Records.open_or_create(path, load("debug", [*TINY, *overrides])) as records:
        experiment.run(records.settings, records, lambda event: None)
    return told


def test_where_all_learn_every_seat_has_an_entry_with_its_own_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = _told(tmp_path / "run", monkeypatch, "population.roster=population")
    for plan, played, outcomes in told:
        members, worlds = len(played), len(played[0].returns)
        assert len(outcomes.task) == members * worlds * 2
        assert (np.bincount(outcomes.agent) == members * worlds).all()
        assert outcomes.agent.tolist() == sorted(outcomes.agent)
        for host, roll in enumerate(played):
            for agent in (0, 1):
                mine = (outcomes.agent == agent) & _of_world(outcomes, host, members, worlds)
                np.testing.assert_array_equal(outcomes.returns[mine], roll.returns[:, agent])
                others = plan.company.seats[host, :, agent]
                np.testing.assert_array_equal(outcomes.member[mine], others)
                np.testing.assert_array_equal(outcomes.roster[mine], plan.company.beside[host])
        assert np.isnan(outcomes.elder_returns).all()
        assert np.isfinite(outcomes.signals["pvl"]).all() and outcomes.signals["pvl"].any()


def test_beside_elders_agent_0_alone_has_entries_and_the_elders_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = _told(tmp_path / "run", monkeypatch, "culture.generations=2")
    for _, played, outcomes in told:
        assert not outcomes.agent.any()
        for host, roll in enumerate(played):
            np.testing.assert_array_equal(outcomes.returns[host :: len(played)], roll.returns[:, 0])
    _, played, last = told[-1]
    np.testing.assert_array_equal(last.elder_returns[:: len(played)], played[0].returns[:, 1])


def test_random_actions_play_the_same_tasks_where_a_creator_asks_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = list(_told(tmp_path / "plain", monkeypatch, "culture.generations=1"))
    propose = PLR.propose

    def asking(self: PLR, n: int) -> Any:
        return replace(propose(self, n), control=True)

    monkeypatch.setattr(PLR, "propose", asking)
    told = _told(tmp_path / "asking", monkeypatch, "culture.generations=1")
    for (_, _, without), (_, _, outcomes) in zip(plain, told, strict=True):
        np.testing.assert_array_equal(outcomes.returns, without.returns)  # and change nothing else
        assert np.isnan(without.control_returns).all()
        assert np.isfinite(outcomes.control_returns).all()
        assert (outcomes.control_returns != outcomes.returns).any()
        assert outcomes.steps.sum() == 2 * without.steps.sum()


def test_at_the_end_of_a_generation_what_it_could_do_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graduates: list[tuple[int, int]] = []
    graduate = PLR.graduate

    def watched(self: PLR) -> None:
        played = int(self.buffer["visits"].sum())
        graduate(self)
        graduates.append((played, len(self.past)))
        assert not self.buffer["visits"].any()

    monkeypatch.setattr(PLR, "graduate", watched)
    _told(tmp_path / "run", monkeypatch, "culture.generations=3")
    (first, known), (second, more) = graduates
    assert first and second and 0 < known < more


def _of_world(outcomes: Outcomes, host: int, members: int, worlds: int) -> np.ndarray:
    """Which entries are of a member's own tickets: entries of an agent stand by world, then by ticket."""
    return np.arange(len(outcomes.task)) % (members * worlds) % members == host
