"""What a run folder holds, who may open it, and that it goes on where it stopped."""

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest

from configs.schema import Settings
from culture.records import (
    NOTHING,
    Commit,
    DamagedError,
    Files,
    InUseError,
    Records,
    RunError,
    SettingsDifferError,
)
from tests.culture.small_runs import (
    HELDOUT,
    QuickFiles,
    commit_of,
    contents,
    play,
    start,
    state_of,
    temporaries,
)


def changed(**culture: object) -> Settings:
    settings = Settings()
    return dataclasses.replace(settings, culture=dataclasses.replace(settings.culture, **culture))


def test_a_run_holds_the_files_of_the_contract(tmp_path: Path) -> None:
    play(tmp_path / "run", 3)
    members = {f"members/g{g:04d}/{n}.{e}" for g in range(3) for n in ("ada", "bo")
               for e in ("json", "safetensors")}  # fmt: skip
    tables = {f"{t}/g{g:04d}.parquet" for g in range(3) for t in ("metrics", "lineage", "tasks")}
    state = {f"checkpoints/g{g:04d}/{name}" for g in (1, 2)
             for name in ("complete", "manifest.json", "state.json", "state.safetensors")}  # fmt: skip
    others = {"run.json", "lock", "config.yaml", "config.source.yaml", "overrides.txt"}
    others |= {"metrics.jsonl", "tasks/heldout.parquet", "members/best.json"}
    assert set(contents(tmp_path / "run")) == members | tables | state | others


def test_the_newest_state_comes_back_bit_equal(tmp_path: Path) -> None:
    play(tmp_path / "run", 2, Files())
    with Records.open(tmp_path / "run") as records:
        latest = records.latest()
        assert latest is not None
        generation, tensors, data = latest
        assert (generation, data, records.fingerprint) == (1, state_of(1)[1], "numerics-1")
        for name, expected in state_of(1)[0].items():
            assert tensors[name].dtype == expected.dtype
            np.testing.assert_array_equal(tensors[name], expected)


def test_a_new_run_has_no_state(tmp_path: Path) -> None:
    with start(tmp_path / "run") as records:
        assert (records.latest(), records.generation, records.finished) == (None, NOTHING, False)


def test_a_run_cut_after_any_generation_ends_as_one_that_was_not(tmp_path: Path) -> None:
    whole = play(tmp_path / "whole", 4)
    for cut in range(5):
        play(tmp_path / f"cut{cut}", cut)
        assert play(tmp_path / f"cut{cut}", 4) == whole


def test_the_digest_is_equal_wherever_the_run_lies_and_differs_with_its_content(
    tmp_path: Path,
) -> None:
    assert play(tmp_path / "a", 2) == play(tmp_path / "b" / "c", 2)
    assert play(tmp_path / "a", 3) != play(tmp_path / "b" / "c", 2)
    info = json.loads((tmp_path / "a" / "run.json").read_text())
    with Records.open(tmp_path / "a") as records:
        assert info["digest"] == records.digest()


def test_what_the_digest_covers_tells_neither_time_nor_place(tmp_path: Path) -> None:
    play(tmp_path / "here", 2)
    play(tmp_path / "there", 2)
    here, there = contents(tmp_path / "here"), contents(tmp_path / "there")
    own = {"run.json", "lock"}
    own |= {name for name in here if Path(name).name in ("manifest.json", "complete")}
    assert {name for name in here if here[name] != there[name]} <= own
    assert not any(str(tmp_path).encode() in data for name, data in here.items() if name not in own)


def test_the_same_generation_is_not_committed_twice_nor_one_left_out(tmp_path: Path) -> None:
    with start(tmp_path / "run") as records:
        records.commit(0, commit_of(0))
        for generation in (0, 2):
            with pytest.raises(ValueError, match=f"generation {generation} after 0"):
                records.commit(generation, commit_of(generation))


def test_record_files_of_a_generation_never_committed_are_removed(tmp_path: Path) -> None:
    play(tmp_path / "run", 2)
    before = contents(tmp_path / "run")
    for name in ("metrics/g0002.parquet", "replays/g0002-0.parquet", "members/g0002/ada.json"):
        (tmp_path / "run" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "run" / name).write_bytes(b"half")
    (tmp_path / "run" / "replays" / "human-1.parquet").write_bytes(b"kept")
    with (tmp_path / "run" / "metrics.jsonl").open("a") as journal:
        journal.write('{"generation": 2, "ret')
    (tmp_path / "run" / "checkpoints" / ".tmp-g0002").mkdir()
    Records.open(tmp_path / "run").close()
    after = contents(tmp_path / "run")
    assert after.pop("replays/human-1.parquet") == b"kept"
    assert set(after) == set(before)
    assert after["metrics.jsonl"] == before["metrics.jsonl"]
    assert temporaries(tmp_path / "run") == []


def test_best_says_what_the_newest_commit_said(tmp_path: Path) -> None:
    play(tmp_path / "run", 2)
    best = tmp_path / "run" / "members" / "best.json"
    expected = best.read_bytes()
    assert json.loads(expected)["weights"] == "members/g0001/bo.safetensors"
    best.write_text("{}")
    Records.open(tmp_path / "run").close()
    assert best.read_bytes() == expected


def test_keep_says_how_many_checkpoints_stay(tmp_path: Path) -> None:
    settings = dataclasses.replace(Settings(), run=dataclasses.replace(Settings().run, keep=3))
    with start(tmp_path / "run", settings=settings) as records:
        for generation in range(5):
            records.commit(generation, commit_of(generation))
    names = sorted(os.listdir(tmp_path / "run" / "checkpoints"))
    assert names == ["g0002", "g0003", "g0004"]


def test_a_second_driver_is_refused_by_name_and_changes_nothing(tmp_path: Path) -> None:
    with start(tmp_path / "run") as records:
        records.commit(0, commit_of(0))
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}
        for opening in (Records.open, lambda path: start(path)):
            with pytest.raises(InUseError, match=rf"in use by process {os.getpid()} on \S+ since "):
                opening(tmp_path / "run")
        assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}
        records.commit(1, commit_of(1))
    Records.open(tmp_path / "run").close()
    assert InUseError.exit_code == 75


def test_other_settings_are_refused_with_the_differences(tmp_path: Path) -> None:
    play(tmp_path / "run", 1)
    before = contents(tmp_path / "run")
    with pytest.raises(SettingsDifferError, match="culture.steps: 300000 -> 7") as caught:
        Records.open_or_create(tmp_path / "run", changed(steps=7))
    assert caught.value.exit_code == 2
    after = contents(tmp_path / "run")
    assert {name for name in after if after[name] != before[name]} <= {"lock"}


def test_resumable_settings_may_differ_and_are_kept(tmp_path: Path) -> None:
    play(tmp_path / "run", 1)
    kept = dataclasses.replace(Settings().run, keep=5)
    settings = dataclasses.replace(Settings(), workers=0, run=kept)
    Records.open_or_create(tmp_path / "run", settings).close()
    with Records.open(tmp_path / "run") as records:
        assert (records.settings, records.generation) == (settings, 0)


def test_a_finished_run_stays_as_it_is_unless_its_end_is_damaged(tmp_path: Path) -> None:
    with start(tmp_path / "run") as records:
        for generation in range(3):
            records.commit(generation, commit_of(generation))
        records.set_state("done")
    before = contents(tmp_path / "run")
    with Records.open_or_create(tmp_path / "run", Settings()) as records:
        assert records.finished
    after = contents(tmp_path / "run")
    assert {name for name in after if after[name] != before[name]} <= {"lock"}
    (tmp_path / "run" / "checkpoints" / "g0002" / "state.json").write_text("{}")
    with Records.open_or_create(tmp_path / "run", Settings()) as records:
        assert (records.finished, records.generation) == (False, 1)
        assert records.info["state"] == "running"


def test_the_end_of_a_run_is_told(tmp_path: Path) -> None:
    with start(tmp_path / "run") as records:
        records.set_state("failed", "learner: s3://user:secret@store is gone")
    info = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (info["state"], info["generations"]) == ("failed", 0)
    assert "secret" not in info["problem"]
    with Records.open(tmp_path / "run") as records:
        assert (records.info["state"], records.info["epoch"]) == ("running", 1)


def test_what_the_user_typed_is_kept_without_passwords(tmp_path: Path) -> None:
    command = ["ratchet", "run", "my.yaml", "ray.address=ray://me:secret@host"]
    records = Records.create(
        tmp_path / "run", Settings(), command, "seed: 0  # mine\n", ["ray.address=ray://a:secret@h"]
    )
    records.close()
    files = contents(tmp_path / "run")
    assert files["config.source.yaml"] == b"seed: 0  # mine\n"
    assert files["overrides.txt"] == b"ray.address=ray://***@h\n"
    assert not any(b"secret" in data for data in files.values())


def test_heldout_tasks_are_written_once(tmp_path: Path) -> None:
    play(tmp_path / "run", 1)
    path = tmp_path / "run" / "tasks" / "heldout.parquet"
    expected = path.read_bytes()
    with Records.open(tmp_path / "run") as records:
        with pytest.raises(DamagedError, match="began with other held-out tasks"):
            records.write_heldout({"task": ["x"]})
        path.write_bytes(b"damaged")
        records.write_heldout(HELDOUT)
    assert path.read_bytes() == expected


@pytest.mark.parametrize(
    ("commit", "message"),
    [
        (Commit({"loss": float("inf")}), "loss: inf is not finite"),
        (Commit({1: 2}), "key 1 is not text"),  # type: ignore[dict-item]
        (Commit({"generation": 5}), "metrics of generation 5"),
        (Commit({}, {"notes": {}}), "table notes is not one of"),
        (Commit({}, {"tasks": {"level": [1]}}), "no column level"),
        (Commit({}, {"tasks": {"task": ["a"], "visits": [1, 2]}}), "different length"),
        (Commit({}, {"tasks": {"regret": [float("inf")]}}), "column regret: infinite"),
        (Commit({}, {"tasks": {"visits": [None]}}), "column visits: 1 values are missing"),
        (Commit({}, {"tasks": {"visits": ["many"]}}), "column visits: not int64"),
        (Commit({}, members={"../evil": ({}, {})}), "'../evil': no name"),
        (Commit({}, members={"ada": ({"w": np.array([np.nan])}, {})}), "tensor w .*not finite"),
        (Commit({}, state=({}, {"loss": float("nan")})), "loss: nan is not finite"),
        (Commit({}, state=({}, {"key": 2**63})), "key: integer .* beyond 2\\^63"),
        (Commit({}, state=({"w": np.array([1j])}, {})), "type complex128"),
        (Commit({}, best="ada"), "best member ada is not among"),
    ],
)
def test_content_that_cannot_be_kept_is_refused_before_anything_is_written(
    tmp_path: Path, commit: Commit, message: str
) -> None:
    with start(tmp_path / "run", QuickFiles()) as records:
        before = contents(tmp_path / "run")
        with pytest.raises(ValueError, match=message):
            records.commit(0, commit)
        assert contents(tmp_path / "run") == before
        records.commit(0, commit_of(0))


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SettingsDifferError, match=r"not empty \(thesis.txt\)"):
        start(tmp_path)
    assert os.listdir(tmp_path) == ["thesis.txt"]
    with pytest.raises(SettingsDifferError, match="is not a folder"):
        start(tmp_path / "thesis.txt")
    with pytest.raises(DamagedError, match="is not a run folder"):
        Records.open(tmp_path)


@pytest.mark.parametrize("address", ["s3://bucket/run", "file:///tmp/run", "hdfs://h/run"])
def test_object_stores_are_refused_in_one_sentence(address: str) -> None:
    with pytest.raises(RunError, match="local folders") as caught:
        start(Path(address) if address.startswith("file") else address)  # type: ignore[arg-type]
    assert caught.value.exit_code == 2


def test_closed_records_write_nothing(tmp_path: Path) -> None:
    records = start(tmp_path / "run")
    records.close()
    records.close()
    with pytest.raises(RuntimeError, match="closed"):
        records.commit(0, commit_of(0))


def test_no_file_of_a_run_is_a_pickle(tmp_path: Path) -> None:
    play(tmp_path / "run", 2)
    for name, data in contents(tmp_path / "run").items():
        assert not name.endswith((".pkl", ".pickle", ".pt", ".npy", ".npz"))
        assert not data.startswith(tuple(b"\x80" + bytes([protocol]) for protocol in range(6)))
        assert b"csafetensors\n" not in data and b"c__builtin__\n" not in data
