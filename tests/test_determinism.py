"""The number of workers changes no byte of what a run leaves behind."""

from pathlib import Path

import pytest

from tests.conftest import Command

# Three members that meet each other: trajectories go from the worker that played to the one that learns.
WORDS = (
    *("run", "debug", "population.members=3", "population.roster=population"),
    *("creator.capacity=128", "culture.generations=2", "culture.steps=3840", "seed=5"),
)


@pytest.mark.ray
def test_runs_with_and_without_workers_are_the_same_bytes(ratchet: Command, tmp_path: Path) -> None:
    """With one worker a run has the same digest, too: see the job in `test_ratchet_submit.py`."""
    found = []
    for number in (0, 2):
        done = ratchet(*WORDS, f"workers={number}", f"run.dir=run{number}")
        assert done.returncode == 0, done.stderr
        found.append(learned(tmp_path / f"run{number}"))
    assert found[0] == found[1]
    assert len(found[0]) == 1 + 2 * (1 + 2 * 3)  # metrics; tables of metrics, weights and cards


def learned(run: Path) -> dict[str, bytes]:
    """Metrics and members of a run, by path."""
    files = [run / "metrics.jsonl", *run.glob("metrics/*.parquet"), *run.glob("members/g*/*")]
    return {str(file.relative_to(run)): file.read_bytes() for file in files}
