"""`ratchet evaluate --lifelong`: what it prints, its document, and what it refuses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ratchet as door
from culture import lifelong_report
from culture.streams import Stream
from tests.test_ratchet import document


@pytest.fixture(scope="module")
def played_once() -> Iterator[None]:
    """Who asks for the same runs in the same way gets what the first one got."""
    play = lifelong_report.streams
    played: dict[str, list[Stream]] = {}

    def streams(*asked: Any) -> list[Stream]:
        if repr(asked) not in played:
            played[repr(asked)] = play(*asked)
        return played[repr(asked)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifelong_report, "streams", streams)
        yield


@pytest.mark.usefixtures("played_once")
def test_it_prints_matrices_and_metrics_with_their_meaning(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.main(["evaluate", str(finished / "runs" / "first"), "--lifelong"]) == 0
    told = capsys.readouterr()
    assert not told.err
    assert "a newborn" in told.out and "generation 2" in told.out
    assert "maintenance" in told.out and "below 0: forgotten" in told.out
    assert "no learning curves: with evaluation.points=10" in told.out
    assert max(map(len, told.out.splitlines())) <= 120


@pytest.mark.usefixtures("played_once")
def test_its_document_has_every_generation(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.main(["evaluate", str(finished / "runs" / "first"), "--lifelong", "--json"]) == 0
    found = document(capsys.readouterr().out)
    assert [line["generation"] for line in found["matrix"]] == [-1, 0, 1, 2]
    assert {"heldout", "g0", "g1", "g2"} <= set(found["matrix"][0]["shares"])
    told = {(row["metric"], row["generation"]) for row in found["metrics"]}
    assert {("accumulation", 1), ("accumulation", 2), ("maintenance", None)} <= told


@pytest.mark.parametrize(
    "more",
    [
        ["--out", "x.parquet"],
        ["--company", "population"],
        ["--scenario", "all"],
        ["--best"],
        ["--member", "g0_m0"],
    ],
)
def test_what_does_not_go_with_it_is_one_line_and_2(
    more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.main(["evaluate", "nowhere", "--lifelong", *more]) == 2
    told = capsys.readouterr()
    assert not told.out and len(told.err.splitlines()) == 1 and "--lifelong" in told.err


def test_a_kept_table_or_no_run_is_one_line_and_1(capsys: pytest.CaptureFixture[str]) -> None:
    for what in ("nowhere", "nowhere.parquet"):
        assert door.main(["evaluate", what, "--lifelong"]) == 1
        told = capsys.readouterr()
        assert not told.out and told.err == f"{what}: is not a run folder (it has no run.json)\n"
