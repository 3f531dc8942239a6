"""Population-based training in a run: it can be repeated and continued bit for bit, and is told whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.load import load
from culture import experiment
from culture.records import Records
from viewer.library import Run

ITERATION = 640  # agent-steps of a member
LIFETIME, WARM_UP, EVERY, REST = 6, 2, 1, 2  # iterations
OVERRIDES = (
    "workers=0",
    "population.members=4",
    "learner.hidden=16",
    "creator.capacity=64",
    "culture.generations=2",
    f"culture.steps={LIFETIME * ITERATION}",
    "evaluation.tasks=8",
    "evaluation.episodes=4",
    "run.replays=0",
    "pbt.spread=4",
    "pbt.creators=true",
    f"pbt.warm_up={WARM_UP * ITERATION}",
    f"pbt.check_every={EVERY * ITERATION}",
    f"pbt.rest={REST * ITERATION}",
    "pbt.margin=0",
)
ALONE = "culture.single_lifetime=false"


class Cut(Exception):
    """The run was broken off."""


def run(path: Path, *more: str, until: int | None = None) -> str:
    """Runs an experiment to its end or that of generation `until`; -> its digest."""

    def progress(event: dict[str, Any]) -> None:
        if event["kind"] == "generation" and event["generation"] == until:
            raise Cut

    with Records.open_or_create(path, load("debug", [*OVERRIDES, *more])) as records:
        experiment.run(records.settings, records, progress)
        return records.digest()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("pbt") / "run"
    return path, run(path, ALONE)


def copies(path: Path) -> list[dict[str, Any]]:
    """The rows of lineage that tell of copies in mid-life."""
    table = Run(path).table("lineage")
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return [row for row in rows if row["iteration"]]


def test_a_run_broken_off_and_continued_is_the_same(
    finished: tuple[Path, str], tmp_path: Path
) -> None:
    with pytest.raises(Cut):
        run(tmp_path / "run", ALONE, until=0)
    assert run(tmp_path / "run", ALONE) == finished[1]


def test_nobody_is_copied_in_the_warm_up_nor_before_it_has_rested(
    finished: tuple[Path, str],
) -> None:
    found = copies(finished[0])
    assert {row["generation"] for row in found} == {0, 1}
    moments: dict[str, list[int]] = {}
    for row in found:
        assert (
            WARM_UP <= row["iteration"] < LIFETIME
        )  # at the end of a lifetime nothing is left to learn
        moments.setdefault(row["member"], []).append(row["iteration"])
    apart = [step for times in moments.values() for step in np.diff(times)]
    assert apart and min(apart) >= REST


def test_lineage_tells_whose_copy_a_member_became_and_how_it_mutated(
    finished: tuple[Path, str],
) -> None:
    lineage = Run(finished[0]).table("lineage")
    pairs = zip(lineage["iteration"], lineage["how"], strict=True)
    births = [how for iteration, how in pairs if not iteration and how != "shown"]
    assert births == ["born"] * (2 * 4)
    for row in copies(finished[0]):
        assert (
            row["parents"][0].split("_")[0]
            == row["member"].split("_")[0]
            == f"g{row['generation']}"
        )
        changes = json.loads(row["changes"])
        assert min(changes["updates"]) > 0
        assert row["how"] == ("copied" if changes["copied"] == changes["after"] else "mutated")
        # what it got is what it learned by from then on
        later = values(finished[0], row["generation"], row["iteration"] + 1, row["member"])
        assert not later or later == changes["after"]
        assert (
            values(finished[0], row["generation"], row["iteration"], row["member"])
            == changes["before"]
        )


def values(path: Path, generation: int, iteration: int, member: str) -> dict[str, float]:
    """What a member learned by when it was compared; {} if it was not."""
    names = ("generation", "iteration", "member", "name", "value")
    table = Run(path).table("metrics")
    cells = zip(*(table[name] for name in names), strict=True)
    when = (generation, iteration, member)
    return {
        name: value
        for *about, name, value in cells
        if tuple(about) == when and name.startswith(("learner.", "creator."))
    }


def test_steps_of_comparisons_are_counted(finished: tuple[Path, str]) -> None:
    line = Run(finished[0]).metrics()[0]
    once = 4 * 8 * 4 * 20  # members, tasks, episodes, steps
    assert line["validation_steps"] == once * (1 + 4)  # for elders; after iterations 2, 3, 4 and 5
    assert line["steps"] == 4 * LIFETIME * ITERATION
