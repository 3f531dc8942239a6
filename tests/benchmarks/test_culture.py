"""The benchmark of culture runs what is not run yet, and says of a gain what its interval allows."""

import json
from pathlib import Path

import pytest

from benchmarks import culture_speed
from benchmarks.evidence import SERIES, GainRow, gather, kept, verdict
from benchmarks.series import Series, run_all

TINY = ("population.members=2", "population.worlds=32", "learner.hidden=8", "creator.capacity=64")
SHORT = ("culture.generations=2", "culture.steps=640", "evaluation.tasks=16", "run.replays=0")
CONTROLS = ("culture.placebo=true",)
SMALL = Series("goal_sequence", "train-time", "debug", (*TINY, *SHORT, *CONTROLS))


def test_there_is_a_series_for_each_family_and_kind_of_generations() -> None:
    families = ("goal_sequence", "memory_sequence", "travelling_salesperson")
    kinds = ("episodic", "train-time")
    assert {*SERIES} == {f"{family}-{kind}" for family in families for kind in kinds}


def test_a_series_leaves_a_result_and_a_picture_and_does_not_run_again(tmp_path: Path) -> None:
    runs, out = tmp_path / "runs", tmp_path / "out"
    row = gather(SMALL, [3], runs, 1, out, out)
    assert row.name == "goal_sequence train-time" and row.seeds == 1 and row.gain is not None
    assert row.gain_low <= row.gain <= row.gain_high and row.cpu_seconds > 0
    found = json.loads((out / "culture-goal_sequence-train-time.json").read_text())
    assert found["benchmark"] == "culture" and found["seeds"] == [3] and found["machine"]
    assert (
        found["commands"][0].startswith("ratchet run debug ")
        and found["settings"]["creator.capacity"] == 64
    )
    assert {"ratchet", "gain", "placebo_gap"} <= {each["metric"] for each in found["metrics"]}
    assert (out / "culture-goal_sequence-train-time.png").stat().st_size > 1000
    assert kept(out) == [GainRow(**found["rows"][0])] == [row]
    assert gather(SMALL, [3], runs, 1, out, out) == row  # the same time too


def test_a_run_that_fails_says_why_and_no_other_begins(tmp_path: Path) -> None:
    wrong = Series("goal_sequence", "train-time", "debug", ("culture.steps=none",))
    with pytest.raises(RuntimeError, match=r"(?s)s00 ended with exit code 2:.*culture\.steps"):
        run_all(wrong, [0, 1], tmp_path, jobs=1)
    assert not (tmp_path / wrong.name / "s01.cost.json").exists()


def test_an_interval_with_nothing_in_it_is_no_gain() -> None:
    assert verdict({"low": -0.1, "high": 2.0}, 5) == "no gain measured"
    assert verdict({"low": 0.1, "high": 2.0}, 5).startswith("beats")
    assert verdict({"low": -2.0, "high": -0.1}, 5).startswith("is worse")
    assert verdict({"low": 0.1, "high": 2.0}, 4).startswith("too few seeds")


def test_a_stopwatch_tells_when_a_fresh_process_had_learned_what() -> None:
    began, events = culture_speed.timed(["debug", *SHORT, "learner.hidden=8"])
    learned = [event for event in events if event["kind"] == "iteration"]
    assert [event["generation"] for event in learned] == [0, 1]
    assert learned[0]["steps"] >= 2 * 640
    assert 0 < learned[0]["cpu"] <= learned[1]["cpu"]
    assert learned[0]["clock"] - began < 60
