"""Controls differ from the culture in what is handed on and in nothing else, and leave it as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from configs.load import load
from configs.schema import Settings
from culture import experiment
from culture.generations import episodic, train_time
from culture.lines import lines
from culture.records import Records
from culture.reports import Generation
from culture.setting import Setting, creators, lone_learners, prepare
from culture.state import State
from populations.workers import open_pool
from viewer.library import Run

TINY = (
    *("workers=0", "culture.generations=2", "culture.steps=320", "learner.hidden=8"),
    "world.trial_length=10",
    *("evaluation.tasks=8", "evaluation.episodes=4", "run.replays=0"),
)
ALL = tuple(f"culture.{name}=true" for name in ("placebo", "untaught", "inherit"))
EPISODIC = ("culture.mode=episodic", "world.trials=2", "culture.steps=640")


def _settings(overrides: Sequence[str]) -> Settings:
    """`debug`, smaller still, with the overrides on top."""
    given = {word.split("=")[0] for word in overrides}
    return load("debug", [*(word for word in TINY if word.split("=")[0] not in given), *overrides])


def _prepared(overrides: Sequence[str]) -> tuple[Setting, State]:
    """An experiment before its first generation."""
    settings = _settings(overrides)
    setting = prepare(settings, open_pool(0), lambda event: None)
    return setting, State(-1, [], lone_learners(setting), creators(setting))


@pytest.fixture(scope="module")
def first() -> tuple[Setting, Generation]:
    """The first train-time generation with all controls."""
    setting, state = _prepared(ALL)
    return setting, train_time(setting, state, 0)


def test_all_lines_begin_with_the_same_first_generation(first: tuple[Setting, Generation]) -> None:
    setting, born = first
    assert {*born.trials} == {"culture", "lone"}
    parent = born.state.members[0]
    culture, placebo, untaught, inherit = lines(setting, born.state, 1)
    assert culture.lesson.elders[0] is parent
    (stranger,) = placebo.lesson.elders
    assert stranger.weights.shape == parent.weights.shape and stranger.updates == 0
    assert (stranger.weights != parent.weights).any()
    assert untaught.lesson.alone and inherit.lesson.alone
    for line in (culture, placebo, untaught):
        assert all(not member.parents for member in line.members)
    for member in inherit.members:
        assert member.parents == (parent.name,) and (member.weights == parent.weights).all()
    assert len({(line.count, line.steps) for line in (culture, placebo, untaught, inherit)}) == 1


def test_every_control_is_measured_on_all_tasks_in_the_second(
    first: tuple[Setting, Generation],
) -> None:
    setting, born = first
    later = train_time(setting, born.state, 1)
    assert {*later.trials} == {"culture", "lone", "placebo", "untaught", "inherit"}
    assert {values.shape for values in later.trials.values()} == {(2, 8, 1)}
    assert {*later.state.controls} == {"placebo", "untaught", "inherit"}
    assert len(later.returns) == 4  # of members and lone learners alone


def test_lines_with_resets_go_on_with_their_own_best() -> None:
    setting, state = _prepared([*ALL[:2], "culture.reset_layers=1", "culture.generations=3"])
    state = train_time(setting, state, 0).state
    state = train_time(setting, state, 1).state
    for line in lines(setting, state, 2)[1:]:
        best = state.controls[line.name][0]
        assert best.name.startswith(f"{line.name}_g1_")
        assert {member.parents for member in line.members} == {(best.name,)}


def test_a_run_with_controls_can_be_continued_and_leaves_the_culture_as_it_is(
    tmp_path: Path,
) -> None:
    whole, plain = _run(tmp_path / "whole", ALL), _run(tmp_path / "plain", ())
    with pytest.raises(Cut):
        _run(tmp_path / "cut", ALL, cut=True)
    assert _run(tmp_path / "cut", ALL) == whole != plain
    told = [Run(tmp_path / name).metrics() for name in ("whole", "plain")]
    assert json.dumps(told[0]) == json.dumps(told[1])


def test_the_untaught_are_never_shown_anybody_and_live_as_long() -> None:
    setting, state = _prepared([*EPISODIC, "culture.untaught=true"])
    born = episodic(setting, state, 0)
    culture, lone, untaught = born.cohorts
    assert untaught.lesson.alone and not culture.lesson.alone
    assert untaught.family is culture.family is not lone.family
    lived = [sum(member.lived for member in one.members) for one in born.cohorts]
    assert lived[0] == lived[2]
    assert born.trials["untaught"].shape == born.trials["culture"].shape
    assert "untaught" not in episodic(setting, born.state, 1).trials


def test_a_lone_life_is_cut_into_pieces_as_long_as_a_generation() -> None:
    setting, state = _prepared(EPISODIC)
    born = episodic(setting, state, 0)
    later = episodic(setting, born.state, 1)
    whole = born.state.lone_trials
    assert whole is not None and whole.shape == (2, 8, 4)
    pieces = [born.trials["lone"], later.trials["lone"]]
    np.testing.assert_array_equal(np.concatenate(pieces, 2), whole)


class Cut(Exception):
    """The experiment was broken off."""


def _run(path: Path, overrides: Sequence[str], cut: bool = False) -> str:
    """Runs an experiment, or with `cut` its first generation; -> its digest."""

    def tell(event: dict[str, object]) -> None:
        if cut and event["kind"] == "generation":
            raise Cut

    with Records.open_or_create(path, _settings(overrides)) as records:
        experiment.run(records.settings, records, tell)
        records.set_state("done")
        return records.digest()
