"""A whole experiment on the playground in miniature: learned, measured on the way, and on held-out tasks and probes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from configs.load import load
from culture import experiment
from culture.evaluation import Asked, evaluate
from culture.measuring import SCRIPTS
from culture.records import Records
from culture.scores import scores
from viewer.library import Run
from worlds.formats import FormatError

TINY = (
    "workers=0",
    "world.size=8",
    "world.view=5",
    "world.trial_length=8",
    "world.trials=2",
    "population.worlds=32",
    "learner.hidden=16",
    "learner.minibatches=2",
    "culture.steps=2048",
    "evaluation.tasks=16",
    "evaluation.points=2",
    "run.replays=2",
)


def _run(path: Path, *more: str) -> str:
    given = {word.split("=")[0] for word in more}
    settings = load("playground", [*(w for w in TINY if w.split("=")[0] not in given), *more])
    with Records.open_or_create(path, settings) as records:
        experiment.run(settings, records, lambda event: None)
        records.set_state("done")
        return records.digest()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("playground") / "run"
    _run(path)
    return path


def test_the_young_and_the_scripts_are_measured_on_the_way(finished: Path) -> None:
    table = Run(finished).table("metrics")
    rows = zip(*(table[name] for name in ("iteration", "member", "name", "value")), strict=True)
    found = {row[:3]: row[3] for row in rows if row[2].startswith("heldout_p")}
    steps = {iteration for iteration, member, _ in found if member == "g0_m0"}
    assert steps == {0, 1, 2}  # at birth, on the way, at the end
    assert {member for _, member, _ in found} == {"g0_m0", "g0_m1", *SCRIPTS}
    assert all(0 <= value <= 1 for value in found.values())
    assert (
        found[0, "nobody", "heldout_participation"] <= found[0, "oracle", "heldout_participation"]
    )
    last = Run(finished).metrics()[-1]
    assert last["participation"] >= 0 and "oracle_return" not in last


def test_a_run_is_the_same_again_whatever_was_measured(finished: Path, tmp_path: Path) -> None:
    digest = json.loads((finished / "run.json").read_text())["digest"]
    assert _run(tmp_path / "again") == digest
    _run(tmp_path / "unmeasured", "evaluation.points=0")
    for name in ("g0_m0", "g0_m1"):
        one, other = Run(finished).weights(0, name), Run(tmp_path / "unmeasured").weights(0, name)
        assert all(np.array_equal(one[key], other[key]) for key in one)


def test_replays_show_all_bodies(finished: Path) -> None:
    for episode in Run(finished).episodes(0):
        assert [agent.member for agent in episode.agents] == ["g0_m0", "g0_m0"] or [
            agent.member for agent in episode.agents
        ] == ["g0_m1", "g0_m1"]


@pytest.mark.parametrize("suite", ["heldout", "probes"])
def test_members_are_measured_by_shares_of_what_a_task_is_worth(
    finished: Path, suite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = ("elder_leaves", "hide_and_seek", "relay_3")  # all of them take half a minute
    monkeypatch.setattr("worlds.playground.suites.probe_names", lambda: few)
    found = scores(evaluate([finished], Asked(suite=suite, member="g0_m0", workers=0)))
    (line,) = found["members"]
    assert found["suite"] == suite and found["company"] == "self_play"
    assert found["tasks"] == (16 if suite == "heldout" else len(few))
    for name in ("p10", "p50", "p90", "participation"):
        assert 0 <= line[f"{name}_low"] <= line[name] <= line[f"{name}_high"] <= 1, name
    assert found["worth"]["mean_return"] > 0
    if suite == "probes":  # whoever plays the solution gets all there is, in whatever trial it does
        (solution,) = [line for line in found["scripts"] if line["member"] == "solution"]
        assert found["tasks_counted"] == len(few) and solution["participation"] == 1


def test_scripts_are_measured_beside_the_same_members(finished: Path) -> None:
    found = evaluate([finished], Asked(company="population", workers=0))
    assert [who.name for who in found.who] == ["g0_m0", "g0_m1", *SCRIPTS]
    assert found.table.shape == (5, 1, 16, 1)  # members and scripts, the best of each generation


def test_an_unknown_suite_is_refused(finished: Path) -> None:
    with pytest.raises(FormatError, match="is not a suite of playground; known: heldout, probes"):
        evaluate([finished], Asked(suite="exams", workers=0))


@pytest.mark.parametrize(
    "more",
    [
        ("population.roster=population", "culture.generations=2"),
        ("population.roster=elders", "culture.generations=2", "evaluation.company=alone"),
        ("population.roster=elders", "culture.first_generation=oracle", "playground.agents=3"),
        ("playground.agents=1", "creator.name=plr"),
        ("playground.presence=random", "playground.trial_end=any_goal", "creator.name=eva"),
        ("evaluation.company=noise", "culture.single_lifetime=true"),
        ("playground.depth_max=2", "playground.hide_rules=50", "playground.objects_max=10"),
        ("culture.mode=episodic", "population.roster=elders", "culture.generations=2"),
        (
            *("culture.mode=episodic", "population.roster=elders", "culture.generations=3"),
            *("culture.placebo=true", "culture.isolated=true", "culture.single_lifetime=true"),
            *("transmission.fade=presence", "transmission.heirlooms=false"),
            *("creator.name=eva", "evaluation.company=alone"),
        ),
    ],
    ids=lambda more: f"{more[0]} {len(more)}",
)
def test_every_way_to_live_runs_to_its_end(more: tuple[str, ...], tmp_path: Path) -> None:
    short = ("culture.steps=1024", "evaluation.episodes=2", "evaluation.points=0")
    _run(tmp_path / "run", *short, *more)
    assert Run(tmp_path / "run").metrics()
