"""Culture with everything else: a creator, population-based training and elders, generation after generation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from configs.load import load
from culture import experiment
from culture.records import Records
from viewer.library import Run

GENERATIONS = 3
TINY = (
    *("workers=0", "world.trial_length=10", "population.members=3", "population.worlds=32"),
    *("population.roster=elders", "culture.first_generation=noise", "culture.elders=2"),
    *("learner.hidden=16", "learner.minibatches=2", "learner.epochs=1"),
    *("creator.name=eva", "creator.capacity=64", "creator.min_fill=0.4"),
    *("pbt.check_every=320", "pbt.warm_up=320", "pbt.rest=0", "pbt.margin=0", "pbt.spread=3"),
    *(f"culture.generations={GENERATIONS}", "culture.steps=1280", "culture.visibility_end=0"),
    *("culture.single_lifetime=false", "evaluation.company=alone", "evaluation.points=0"),
    *("evaluation.tasks=16", "evaluation.episodes=2", "run.replays=2"),
)
WORLDS = {
    "goal_sequence": (None, ()),
    "playground": (
        "playground",
        (
            *("world.size=8", "world.view=5", "transmission.fade=presence"),
            *("playground.shared_goal=100", "playground.hide_from_young=50"),
            "playground.dead_ends=1",
            # Such goals are met by chance, so that members differ from the start.
            *("playground.hold_weight=0", "playground.touch_weight=0", "playground.on_weight=0"),
            *("playground.reward=state", "playground.option_atoms=1"),
        ),
    ),
}


@pytest.fixture(scope="module", params=WORLDS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base, more = WORLDS[request.param]
    path: Path = tmp_path_factory.mktemp(request.param) / "run"
    settings = load(base, [*TINY, *more])
    with Records.open_or_create(path, settings) as records:
        experiment.run(settings, records, lambda event: None)
        records.set_state("done")
    return path


def _lineage(run: Path) -> list[dict[str, Any]]:
    table = Run(run).table("lineage")
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def test_the_young_are_born_and_shown_the_best_of_the_generation_before(run: Path) -> None:
    births = [row for row in _lineage(run) if row["iteration"] == 0 and row["weights"]]
    assert {row["generation"] for row in births} == set(range(GENERATIONS))
    for row in births:
        shown = [name.split("_")[0] for name in row["demonstrators"]]
        before = row["generation"] - 1
        assert list(row["parents"]) == []
        assert shown == (["noise"] if before < 0 else [f"g{before}", f"g{before}"])


def test_copies_are_of_their_own_generation_and_told_apart_from_demonstrators(run: Path) -> None:
    copies = [row for row in _lineage(run) if row["iteration"] > 0]
    assert copies and {row["how"] for row in copies} <= {"copied", "mutated"}
    for row in copies:
        (parent,) = row["parents"]
        own = f"g{row['generation']}_m"
        assert parent.startswith(own) and row["member"].startswith(own) and parent != row["member"]
        assert list(row["demonstrators"]) == []


def test_the_creator_evolves_tasks_through_all_generations(run: Path) -> None:
    tasks = Run(run).table("tasks")
    evolved = [g for g, parent in zip(tasks["generation"], tasks["parent"], strict=True) if parent]
    assert {*evolved} == set(range(GENERATIONS))
    shares = [line["creator_share_evolved"] for line in Run(run).metrics()]
    assert all(share > 0.5 for share in shares)


def test_steps_of_elders_are_counted_apart_from_those_of_the_young(run: Path) -> None:
    lines = Run(run).metrics()
    spent = [line["elder_steps"] for line in lines]
    assert spent[0] == 0 and spent[0] < spent[1] < spent[2]  # noise knows nothing
    assert spent[-1] < lines[-1]["steps"]
