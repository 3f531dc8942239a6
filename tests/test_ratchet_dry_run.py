"""`ratchet run --dry-run`: says what a run would be, and writes nothing."""

from pathlib import Path

import pytest

import ratchet as door
from configs.load import load
from culture.records import Records
from tests.culture.small_runs import contents
from tests.test_ratchet import document
from viewer.library import Run


def test_a_dry_run_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert door.main(["run", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "agent-steps" in shown and "nothing was written" in shown
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("folder", "code"),
    [("s3://bucket", 2), ("thesis.txt", 2), ("thesis.txt/run", 2), ("full", 2), ("run", 2)],
)
def test_a_dry_run_refuses_what_a_run_refuses(
    folder: str,
    code: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("thesis.txt").write_text("mine")
    Path("full").mkdir()
    Path("full/thesis.txt").write_text("mine")
    Records.create("run", load("debug", ["seed=9"])).close()
    before = contents(tmp_path)
    words = ["run", "debug", f"run.dir={folder}"]
    assert door.main([*words, "--dry-run"]) == code
    told = capsys.readouterr().err
    assert door.main(words) == code
    assert capsys.readouterr().err == told and told.startswith(folder.removesuffix("/run"))
    assert contents(tmp_path) == before


def test_a_dry_run_counts_what_the_run_then_does(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.main(["run", "debug", "--dry-run", "--json"]) == 0
    facts = document(capsys.readouterr().out)
    run = Run(finished / "runs" / "first")
    last = run.metrics()[-1]
    assert facts["agent_steps_learned"] == last["steps"] + last["lone_steps"]
    played = run.table("metrics")["name"].count("heldout_return")
    assert facts["held_out_episodes"] == played * facts["settings"]["evaluation"]["episodes"]


def test_in_an_episodic_experiment_lone_learners_are_measured_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    episodic = ["culture.mode=episodic", "culture.generations=4"]
    assert door.main(["run", "debug", *episodic, "--dry-run", "--json"]) == 0
    facts = document(capsys.readouterr().out)
    assert facts["agent_steps_learned"] == 2 * 2 * 2560
    assert facts["held_out_episodes"] == (4 * 2 + 2) * 16 * 2


def test_a_dry_run_says_what_a_worker_will_hold(capsys: pytest.CaptureFixture[str]) -> None:
    def told(*words: str) -> int:
        assert door.main(["run", *words, "--dry-run", "--json"]) == 0
        return document(capsys.readouterr().out)["estimated_worker_mib"]

    assert 590 <= told("debug") <= 620
    few, many = told("playground"), told("playground", "population.worlds=1024")
    assert few < 700 and 1250 <= many <= 1450  # 1355 measured
    assert door.main(["run", "debug", "--dry-run"]) == 0
    assert " MiB each (rough estimates)\n" in capsys.readouterr().out


def test_a_dry_run_counts_one_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert door.main(["run", "debug", "culture.generations=1", "--dry-run"]) == 0
    assert "\n1 generation of 2 members" in capsys.readouterr().out
