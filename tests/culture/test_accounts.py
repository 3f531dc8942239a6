"""What a run keeps of who came to what, beside whom, and how it chose there."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.load import load
from culture import experiment, gains
from culture.classroom import best_known
from culture.records import Records
from culture.trials import collect
from viewer.library import Run


@pytest.fixture(scope="module")
def in_weights(finished: Path) -> Run:
    return Run(finished / "runs" / "first")


@pytest.fixture(scope="module")
def in_context(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Three generations of Memory Sequence with every control."""
    path = tmp_path_factory.mktemp("accounts") / "run"
    settings = load(
        "debug",
        [
            *(
                "culture.steps=600",
                "world.name=memory_sequence",
                "culture.mode=episodic",
                "world.trials=3",
            ),
            *("sequence.length=6", "culture.placebo=true", "culture.isolated=true"),
            *("evaluation.tasks=8", "evaluation.episodes=4", "learner.hidden=16"),
        ],
    )
    with Records.open_or_create(path, settings) as records:
        experiment.run(settings, records, lambda event: None)
        records.set_state("done")
    return Run(path)


def _rows(run: Run, table: str) -> list[dict[str, Any]]:
    columns: dict[str, Any] = run.table(table)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def test_trials_hold_every_condition_and_the_journal_tells_their_means(in_weights: Run) -> None:
    told = collect(in_weights.table("trials"), "run")
    assert set(told.blocks) == {"culture", "lone", "shown", "hidden"}
    assert list(told.yardsticks) == ["oracle"]
    lines = in_weights.metrics()
    for name, key in (("culture", "return"), ("lone", "lone_return")):
        means = [block.values[..., -1].mean() for block in told.blocks[name].values()]
        assert means == pytest.approx([line[key] for line in lines], abs=1e-6)
    assert len(lines) == told.generations == 3


def test_nobody_is_shown_where_there_is_nobody(in_weights: Run) -> None:
    """The preset's first generation sees noise; those after it see elders."""
    blocks = collect(in_weights.table("trials"), "run").blocks
    assert sorted(blocks["shown"]) == sorted(blocks["hidden"]) == [0, 1, 2]
    assert any(
        not np.array_equal(blocks["shown"][g].values, blocks["hidden"][g].values) for g in range(3)
    )


def test_how_members_chose_is_told_of_each_and_of_all(in_weights: Run) -> None:
    table = _rows(in_weights, "metrics")
    for line in in_weights.metrics():
        mine = [row for row in table if row["generation"] == line["generation"]]
        for name in ("attention", "exploration"):
            values = [row["value"] for row in mine if row["name"] == name]
            assert len(values) == line["members"]
            assert line[name] == pytest.approx(np.mean(values))
        assert line["diversity"] > 0 and 0 < line["exploration"] <= np.log(4)
        assert "followed_right" not in line  # a body shows no symbols


def test_the_lineage_tells_who_was_there_and_how_visibly(in_weights: Run) -> None:
    rows = [row for row in _rows(in_weights, "lineage") if row["how"] == "shown"]
    lived = {card["name"]: card["lived"] for card in in_weights.members()}
    best = {card["name"] for card in in_weights.members()}
    assert {row["generation"] for row in rows} == {1, 2}
    for row in rows:
        facts = json.loads(row["changes"])
        assert set(row["demonstrators"]) <= best
        assert 0 < facts["steps"] <= lived[row["member"]]
        assert 0.4 < facts["seen"] < 0.7  # from 1 to 0 over a lifetime of few steps


def test_the_classroom_counts_episodes_of_finished_units_by_company(in_weights: Run) -> None:
    rows = _rows(in_weights, "classroom")
    keys = Counter(
        (row["generation"], row["task"], row["roster"], row["member"], row["mode"]) for row in rows
    )
    assert max(keys.values()) == 1
    heldout = set(in_weights.table("heldout")["task"])
    kept = set(in_weights.table("tasks")["task"])
    for row in rows:
        assert row["task"] in (heldout if row["mode"] == "alone" else kept)
        assert 0 <= row["successes"] <= row["episodes"]
        if row["mode"] == "shown":  # an elder on a task of the young, never a learner
            assert row["member"].startswith(f"g{row['generation'] - 1}_")
    assert {row["mode"] for row in rows} == {"alone", "shown"}
    table = in_weights.table("classroom")
    means = table["return_sum"] / table["episodes"]
    for key, value in best_known(table).items():
        assert value <= max(
            mean
            for mean, task, roster in zip(means, table["task"], table["roster"], strict=True)
            if (task, roster) == key
        )


def test_episodic_generations_tell_of_every_control(in_context: Run) -> None:
    told = collect(in_context.table("trials"), "run")
    assert set(told.blocks) == {"culture", "lone", "placebo", "isolated", "oracle"}
    assert sorted(told.blocks["lone"]) == [0, 1, 2]  # a piece of its life each
    assert sorted(told.blocks["placebo"]) == [1, 2]
    assert told.trials == 3 and set(told.yardsticks) == {"oracle", "ceiling"}
    names = {row["metric"] for row in gains.of([in_context])["metrics"]}
    assert names >= {"gain", "placebo_gap", "isolated_gap", "sight", "head_start", "diversity"}


def test_following_is_told_where_demonstrators_show_symbols(in_context: Run) -> None:
    for line in in_context.metrics():
        assert 0 <= line["followed_right"] <= 1 and 0 <= line["followed_wrong"] <= 1


def test_in_context_the_lineage_tells_whose_memory_was_shown(in_context: Run) -> None:
    shown = [row for row in _rows(in_context, "lineage") if row["how"] == "shown"]
    later = [row for row in shown if row["generation"]]
    assert {row["generation"] for row in later} == {1, 2}
    assert all(0 < json.loads(row["changes"])["tasks"] <= 1 for row in later)
    oracles = [row for row in shown if row["generation"] == 0]
    assert {tuple(row["demonstrators"]) for row in oracles} == {("oracle",)}


def test_gains_over_runs_pair_them_by_seed(in_context: Run) -> None:
    one, two = gains.of([in_context]), gains.of([in_context, in_context])
    values = [
        [row["value"] for row in found["metrics"] if row["metric"] == "gain"]
        for found in (one, two)
    ]
    assert values[0] == pytest.approx(values[1])
    assert all(row["low"] == row["value"] for row in two["metrics"] if row["metric"] == "gain")
