"""The benchmark of culture runs what is not run yet, and says of a gain what its interval allows."""

from pathlib import Path

import pytest

from benchmarks import culture_speed
from benchmarks.evidence import SERIES, verdict
from benchmarks.series import Series, run_all

TINY = ("population.members=2", "population.worlds=32", "learner.hidden=8", "creator.capacity=64")
SHORT = ("culture.generations=2", "culture.steps=640", "evaluation.tasks=16", "run.replays=0")
SMALL = Series("goal_sequence", "train-time", "debug", (*TINY, *SHORT))


def test_there_is_a_series_for_each_family_and_kind_of_generations() -> None:
    families = ("goal_sequence", "memory_sequence", "travelling_salesperson")
    kinds = ("episodic", "train-time")
    assert {*SERIES} == {f"{family}-{kind}" for family in families for kind in kinds}


def test_what_is_finished_is_not_run_again(tmp_path: Path) -> None:
    (first,) = run_all(SMALL, [3], tmp_path, jobs=1)
    assert first.run.generations == [0, 1] and first.cpu_seconds > 0
    assert first.command.startswith("ratchet run debug ") and "seed=3" in first.command
    assert run_all(SMALL, [3], tmp_path, jobs=1)[0].cpu_seconds == first.cpu_seconds


def test_a_run_that_fails_says_why_and_no_other_begins(tmp_path: Path) -> None:
    wrong = Series("goal_sequence", "train-time", "debug", ("culture.steps=none",))
    with pytest.raises(RuntimeError, match=r"(?s)s00 ended with exit code 2:.*culture\.steps"):
        run_all(wrong, [0, 1], tmp_path, jobs=1)
    assert not (tmp_path / wrong.name / "s01.cost.json").exists()


def test_an_interval_with_nothing_in_it_is_no_gain() -> None:
    assert verdict({"low": -0.1, "high": 2.0}) == "no gain measured"
    assert verdict({"low": 0.1, "high": 2.0}).startswith("beats")
    assert verdict({"low": -2.0, "high": -0.1}).startswith("is worse")


def test_a_stopwatch_tells_when_a_fresh_process_had_learned_what() -> None:
    began, events = culture_speed.timed(["debug", *SHORT, "learner.hidden=8"])
    learned = [event for event in events if event["kind"] == "iteration"]
    assert [event["generation"] for event in learned] == [0, 1]
    assert learned[0]["steps"] >= 2 * 640
    assert 0 < learned[0]["cpu"] <= learned[1]["cpu"]
    assert learned[0]["clock"] - began < 60
