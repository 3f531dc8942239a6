"""The benchmark of training keeps its door: one JSON document with the rows that others read."""

import pytest

from tests.benchmarks import printed


@pytest.mark.ray
def test_prints_one_document_with_the_promised_rows() -> None:
    document = printed("training", "--quick", "--hidden", "16", "--steps", "20")
    assert document["benchmark"] == "training" and document["machine"] and document["settings"]
    rows = {row["name"]: row for row in document["rows"]}
    assert {
        "population vs plain loop",
        "population vs stock rllib",
        "ray and driver",
        "rollout",
    } <= set(rows)
    for row in rows.values():
        assert row["unit"].endswith(("/CPU-second", "of CPU")) and row["repeats"] >= 1
        assert row["value"] > 0 and row["baseline"] > 0 and row["cpu_seconds"] > 0
        assert row["ratio"] == pytest.approx(row["value"] / row["baseline"])
