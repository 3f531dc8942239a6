"""`ratchet inspect` says what each file of a run is, and calls none of them damaged that is whole."""

from pathlib import Path

import pytest

from viewer.inspect import inspect, lines


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("tasks/heldout.parquet", "table of tasks"),
        ("tasks/g0001.parquet", "table of tasks"),
        ("metrics/g0001.parquet", "table of metrics"),
        ("lineage/g0001.parquet", "table of lineage"),
        ("replays/g0001-0.parquet", "replays"),
        ("checkpoints/g0002/state.safetensors", "state of a checkpoint"),
        ("members/g0001/g1_m0.safetensors", "member"),
    ],
)
def test_every_file_of_a_run_is_recognised(name: str, what: str, finished: Path) -> None:
    facts = inspect(finished / "runs" / "first" / name)
    assert (facts["what"], facts["problems"]) == (what, [])


def test_a_table_is_told_by_rows_and_columns(finished: Path) -> None:
    facts = inspect(finished / "runs" / "first" / "tasks" / "heldout.parquet")
    assert facts["rows"] == 16
    assert facts["columns"][:3] == ["generation", "task", "parent"]


def test_tensors_are_told_one_a_line(finished: Path) -> None:
    shown = lines(inspect(finished / "runs" / "first" / "members/g0001/g1_m0.safetensors"))
    assert "  weights/encoder.weight        [32, 136]" in shown.splitlines()


def test_a_member_without_its_card_is_damaged_and_a_stranger_without_one_is_not(
    mine: Path, tmp_path: Path
) -> None:
    weights = mine / "members/g0001/g1_m0.safetensors"
    weights.with_suffix(".json").write_text("{}")
    stranger = tmp_path / "state_of_mind.safetensors"
    stranger.write_bytes(weights.read_bytes())
    assert "card of this member is missing" in inspect(weights)["problems"][0]
    facts = inspect(stranger)
    assert (facts["what"], facts["problems"]) == ("tensors", [])
