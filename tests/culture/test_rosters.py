"""Every roster lives through whole experiments, seats whom it names, and can be continued at any generation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.load import load
from configs.schema import ROSTERS
from culture import experiment, living
from culture.company import Company
from culture.records import Records
from populations.creators.creator import NO_CHOICE
from viewer.library import Run

TINY = (
    *("workers=0", "learner.hidden=8", "evaluation.tasks=8", "evaluation.episodes=4"),
    *("culture.single_lifetime=false", "run.replays=0", "world.trial_length=10"),
)
EVERYTHING = (  # every rule at once, in a block each
    *("population.roster=mixture", f"population.worlds={32 * len(ROSTERS)}"),
    *(f"mixture.{name}=0.5" for name in ROSTERS if name not in ("self_play", "previous")),
    *("mixture.self_play=0.5", "mixture.previous=0.5"),
    *("population.history=2", "population.snapshot_every=2880", "culture.steps=5760"),
    *("creator.rosters=true", "creator.capacity=288", "creator.repeats=4"),
)


class Cut(Exception):
    """The end of a run before its time."""


def _run(path: Path, *overrides: str, until: int | None = None) -> str:
    """Runs an experiment, or goes on with it, to its end or to the end of a generation; -> its digest."""

    def stop(event: dict[str, Any]) -> None:
        if event["kind"] == "generation" and event["generation"] == until:
            raise Cut

    with Records.open_or_create(path, load("debug", [*TINY, *overrides])) as records:
        if until is None:
            experiment.run(records.settings, records, stop)
            records.set_state("done")
        else:
            with pytest.raises(Cut):
                experiment.run(records.settings, records, stop)
        return records.digest()


@pytest.fixture
def companies(monkeypatch: pytest.MonkeyPatch) -> list[Company]:
    """The company of each iteration that is played from now on."""
    met: list[Company] = []
    gather = living.gather

    def watched(*arguments: Any) -> Company:
        met.append(gather(*arguments))
        return met[-1]

    monkeypatch.setattr(living, "gather", watched)
    return met


def _beside(company: Company, learner: int) -> set[str]:
    entries = np.unique(company.seats[learner, :, 1:]).tolist()
    return {company.names[entry] if entry >= 0 else "script" for entry in entries}


def test_a_run_with_every_rule_is_the_same_if_it_is_continued_after_each_generation(
    tmp_path: Path,
) -> None:
    whole = _run(tmp_path / "whole", *EVERYTHING)
    for until in (0, 1, None):
        continued = _run(tmp_path / "parts", *EVERYTHING, until=until)
    assert continued == whole
    run = Run(tmp_path / "whole")
    lived = run.table("lineage")
    births = zip(lived["member"], lived["how"], lived["demonstrators"], strict=True)
    watched = {member: shown for member, how, shown in births if how == "born"}
    assert {name.split("_")[0] for name in watched["g2_m0"]} == {"g0", "g1"}


def test_a_league_meets_peers_and_the_generations_of_its_history(
    tmp_path: Path, companies: list[Company]
) -> None:
    few = ("culture.steps=5120", "population.worlds=128", "creator.capacity=64")
    _run(tmp_path / "run", "population.roster=league", "population.history=2", *few)
    per_generation = len(companies) // 3
    last = companies[-per_generation:]
    met = set().union(*(_beside(company, 0) for company in last))
    assert met <= {"g2_m1", "g1_m0", "g1_m1", "g0_m0", "g0_m1"} and len(met) >= 4
    assert set().union(*(_beside(each, 0) for each in companies[:per_generation])) == {"g0_m1"}


def test_fictitious_self_play_meets_random_moves_and_then_former_selves(
    tmp_path: Path, companies: list[Company]
) -> None:
    one = ("population.roster=fictitious", "population.snapshot_every=640", "culture.steps=2560")
    _run(tmp_path / "run", "culture.generations=1", *one)
    assert _beside(companies[0], 1) == {"script"}
    assert [company.names[2:] for company in companies[1:3]] == [
        [],
        ["g0_m0@640", "g0_m1@640"],
    ]
    met = set().union(*(_beside(company, 1) for company in companies))
    assert met <= {"script", *(f"g0_m1@{lived}" for lived in (640, 1280, 1920))}
    assert met > {"script"}


def test_replayed_and_evolved_tasks_are_played_in_the_company_they_were_scored_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[np.ndarray, np.ndarray]] = []
    grant = Company.granted

    def watched(company: Company, wanted: np.ndarray) -> Company:
        granted = grant(company, wanted)
        asked.append((wanted, granted.beside))
        return granted

    monkeypatch.setattr(Company, "granted", watched)
    two = ("population.roster=league", "population.worlds=64", "culture.generations=2")
    _run(tmp_path / "run", *two, "creator.rosters=true", "culture.steps=2560", "learner.gamma=0.9")
    wanted, beside = (np.concatenate(each) for each in zip(*asked[-3:], strict=True))
    chosen = wanted != NO_CHOICE
    assert len(np.unique(wanted[chosen])) > 1
    assert (wanted == beside)[chosen].mean() > 0.4  # of the others, some are current members


@pytest.mark.parametrize("roster", ["noop", "random", "oracle"])
def test_bots_are_all_there_is(roster: str, tmp_path: Path, companies: list[Company]) -> None:
    short = ("culture.generations=1", "culture.steps=640")
    _run(tmp_path / "run", f"population.roster={roster}", *short)
    assert all(_beside(company, 0) == {"script"} for company in companies)


def test_every_learner_of_a_mixture_lives_the_same_number_of_steps(tmp_path: Path) -> None:
    mixed = ("population.roster=mixture", "population.worlds=128", "culture.steps=10240")
    _run(tmp_path / "run", *mixed, "culture.generations=1", "creator.capacity=64")
    state = json.loads((tmp_path / "run/checkpoints/g0000/state.json").read_text())
    first, second = (member["lived"] for member in state["members"])
    # Two blocks in which both bodies learn and two in which one does: 6 x 32 x 10 steps an iteration.
    assert first == second == round(10240 / 1920) * 1920
