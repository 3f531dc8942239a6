"""What the one writer wrote the one reader reads, damaged or not, without changing a run."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from culture.encode import table_bytes
from culture.records import Records
from tests.culture.small_runs import commit_of, play, start
from viewer.library import Run, RunFormatError, runs
from worlds import formats
from worlds.formats import FormatError
from worlds.tables import read_table


@pytest.fixture
def path(tmp_path: Path) -> Path:
    play(tmp_path / "run", 3)
    return tmp_path / "run"


def test_metrics_come_back_line_by_line(path: Path) -> None:
    run = Run(path)
    assert run.generations == [0, 1, 2]
    assert run.metrics()[1] == {
        "generation": 1, "return": 1.5, "gain": None, "members": ["ada", "bo"],
    }  # fmt: skip
    assert (run.name, run.info["state"], run.problems) == ("run", "running", [])


def test_tables_come_back_with_all_generations_united(path: Path) -> None:
    run = Run(path)
    metrics, lineage, tasks = (run.table(name) for name in ("metrics", "lineage", "tasks"))
    np.testing.assert_array_equal(metrics["generation"], [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(metrics["value"], [0.5, np.nan, 1.5, np.nan, 2.5, np.nan])
    assert metrics["member"] == ["ada", "bo"] * 3
    assert lineage["parents"][3] == ["ada0"] and lineage["demonstrators"][2] == []
    np.testing.assert_array_equal(lineage["seed"], np.array([2**64 - 1, 7] * 3, np.uint64))
    assert tasks["parent"] == [""] * 3 and np.isnan(tasks["regret"]).all()
    np.testing.assert_array_equal(tasks["visits"], [0, 1, 2])
    for name, table in (("metrics", metrics), ("lineage", lineage), ("tasks", tasks)):
        assert list(table) == list(formats.TABLES[name])
    assert run.table("heldout")["task"] == ["h0", "h1"]
    with pytest.raises(KeyError, match="notes"):
        run.table("notes")


def test_tables_of_a_run_without_a_generation_are_empty(tmp_path: Path) -> None:
    start(tmp_path / "run").close()
    run = Run(tmp_path / "run")
    assert (run.generations, run.metrics(), run.members(), run.best) == ([], [], [], None)
    assert all(len(column) == 0 for column in run.table("lineage").values())
    assert (run.episodes(), run.problems) == ([], [])


def test_members_and_the_best_come_back(path: Path) -> None:
    run = Run(path)
    members = run.members()
    assert [(card["generation"], card["name"]) for card in members] == [
        (g, name) for g in range(3) for name in ("ada", "bo")
    ]
    assert members[5]["steps"] == 20 and members[5]["path"].is_file()
    np.testing.assert_array_equal(run.weights(2, "bo")["head"], np.full((2, 2), 2, np.float32))
    assert run.best is not None and run.best["member"] == "ada" and run.best["generation"] == 2
    with pytest.raises(RunFormatError, match="no name for a file"):
        run.weights(2, "../../g0000/bo")


def test_replays_come_back(tmp_path: Path) -> None:
    from dataclasses import replace

    from worlds import family as families
    from worlds.episode import Agent, record

    family = families.make("goal_sequence")
    rows = family.space.sample(1, 32)
    actions = np.zeros((family.horizon, 32, family.num_agents), np.uint8)
    visible = np.ones((family.horizon, 32), np.uint8)
    agents = [Agent("agent_0", "ada", "young"), Agent("agent_1", "", "oracle")]
    with start(tmp_path / "run") as records:
        for generation in range(2):
            episodes = record(family, rows, actions, visible, agents, generation, "eval", [0, 5])
            records.commit(generation, replace(commit_of(generation), replays=episodes))
        assert records.digest() == records.digest()
    run = Run(tmp_path / "run")
    assert [episode.generation for episode in run.episodes()] == [0, 0, 1, 1]
    (_, second) = run.episodes(1)
    np.testing.assert_array_equal(second.task, rows[5])
    np.testing.assert_array_equal(second.actions, actions[:, 5])
    shard = tmp_path / "run" / "replays" / "g0000-0.parquet"
    shard.write_bytes(shard.read_bytes()[:-9])
    run = Run(tmp_path / "run")
    assert len(run.episodes()) == 2 and str(shard) in run.problems[0]
    with Records.open(tmp_path / "run") as records:
        assert records.warnings == []  # it is of an older generation, and no resume needs it


def test_reading_changes_no_file_of_a_run_that_is_being_written(path: Path) -> None:
    with start(path) as records:
        before = {
            file: (file.stat().st_mtime_ns, file.stat().st_ctime_ns) for file in path.rglob("*")
        }
        run = Run(path)
        for name in ("metrics", "lineage", "tasks", "heldout"):
            run.table(name)
        _ = run.metrics(), run.members(), run.episodes(), run.best, runs(path.parent)
        after = {
            file: (file.stat().st_mtime_ns, file.stat().st_ctime_ns) for file in path.rglob("*")
        }
        assert before == after
        records.commit(3, commit_of(3))


def test_a_torn_last_line_and_a_half_written_generation_are_left_out(path: Path) -> None:
    whole = Run(path)
    with (path / "metrics.jsonl").open("a") as journal:
        journal.write('{"generation": 3, "return": 3.5}\n{"gener')
    (path / "metrics" / "g0003.parquet").write_bytes(
        (path / "metrics" / "g0002.parquet").read_bytes()
    )
    (path / "lineage" / "g0003.parquet").write_bytes(b"PAR1 half")
    (path / "lineage" / ".tmp-g0004.parquet").write_bytes(b"")
    (path / "members" / "g0003").mkdir()
    (path / "members" / "best.json").write_text('{"generation": 3, "member": "ada"}')
    (path / "checkpoints" / ".tmp-g0003").mkdir()
    run = Run(path)
    assert run.metrics() == whole.metrics() and run.best is None
    assert run.table("metrics")["member"] == whole.table("metrics")["member"]
    assert len(run.table("lineage")["member"]) == 6 and len(run.members()) == 6
    assert run.problems == []


def test_a_commit_that_run_json_does_not_tell_of_yet_is_seen(path: Path) -> None:
    info = json.loads((path / "run.json").read_text())
    (path / "run.json").write_text(json.dumps(info | {"generations": 2}))
    assert Run(path).generations == [0, 1, 2]


def test_damaged_files_are_named_and_passed_over(path: Path) -> None:
    for name in ("metrics/g0001.parquet", "members/g0000/bo.json", "members/best.json"):
        (path / name).write_bytes(b"\x80\x04cposix\nsystem\n")
    lines = (path / "metrics.jsonl").read_bytes().split(b"\n")
    (path / "metrics.jsonl").write_bytes(
        b"\n".join([lines[0], b'{"generation": NaN}', lines[2], b""])
    )
    run = Run(path)
    assert run.generations == [0, 2]
    assert "metrics.jsonl:2: NaN is not a JSON number" in run.problems[0]
    assert run.best is None and len(run.members()) == 3
    (path / "metrics.jsonl").write_bytes(b"\n".join(lines))
    run = Run(path)
    assert len(run.table("metrics")["member"]) == 4
    assert run.problems[0].startswith(f"{path}/metrics/g0001.parquet: cannot be read")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": 2}', "run format 2; this ratchet reads 1: update ratchet"),
        ('{"format": 1}', "does not say how the run stands"),
        ("[]", "does not say what run this is"),
        ("{", "not JSON"),
        ('{"format": 1, "format": 1}', "given twice"),
    ],
)
def test_a_run_json_that_cannot_be_read_is_refused_in_a_sentence(
    path: Path, text: str, message: str
) -> None:
    (path / "run.json").write_text(text)
    with pytest.raises(RunFormatError, match=message) as caught:
        Run(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_runs_lists_those_that_can_be_read_and_names_the_others(tmp_path: Path) -> None:
    for name in ("b", "a", "broken"):
        play(tmp_path / name, 1)
    (tmp_path / "broken" / "run.json").write_text("")
    (tmp_path / "notes").mkdir()
    problems: list[str] = []
    assert [run.name for run in runs(tmp_path, problems)] == ["a", "b"]
    assert len(problems) == 1 and "broken" in problems[0]
    assert runs(tmp_path / "nowhere") == []
    with pytest.raises(RunFormatError, match="is not a run folder"):
        Run(tmp_path / "notes")


def test_a_stray_file_hides_no_member_and_a_file_in_place_of_a_folder_is_named(path: Path) -> None:
    (path / "members" / "g0000.txt").touch()
    run = Run(path)
    assert (len(run.members()), run.problems) == (6, [])
    shutil.rmtree(path / "members" / "g0001")
    (path / "members" / "g0001").touch()
    run = Run(path)
    assert len(run.members()) == 4
    assert run.problems == [f"{path}/members/g0001: cannot be read (Not a directory)"]


def test_links_out_of_a_run_are_not_followed(path: Path) -> None:
    secret = path.parent / "secret.json"
    secret.write_text('{"member": "secret", "generation": 0}')
    for name in ("members/best.json", "members/g0000/ada.json"):
        (path / name).unlink()
        (path / name).symlink_to(secret)
    shutil.move(path / "lineage", path.parent / "lineage")
    (path / "lineage").symlink_to(path.parent / "lineage")
    os.mkfifo(path / "metrics" / "g0002-1.parquet")
    run = Run(path)
    assert run.best is None and len(run.members()) == 5
    assert len(run.table("lineage")["member"]) == 0 and len(run.table("metrics")["member"]) == 6
    assert sum("symbolic link" in problem for problem in run.problems) == 3
    assert any("not a regular file" in problem for problem in run.problems)


def rewritten(path: Path, **changes: object) -> None:
    """A tasks table written by other hands."""
    table = pq.read_table(pa.BufferReader(table_bytes("tasks", {"task": ["a"] * 300}, 0)))
    make = changes.pop("make", lambda table: table)
    pq.write_table(make(table), path, **changes)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"make": lambda t: t.drop_columns(["visits"])}, "its columns are not"),
        ({"make": lambda t: t.append_column("x", t["task"])}, "its columns are not"),
        (
            {"make": lambda t: t.set_column(2, "parent", pa.nulls(300, pa.string()))},
            "parent: 300 values are missing",
        ),
        (
            {"make": lambda t: t.set_column(3, "task_json", pa.array([1] * 300))},
            "its columns are not",
        ),
        ({"make": lambda t: pa.concat_tables([t] * 334)}, "100200 rows; at most 100000"),
        (
            {"make": lambda t: t.set_column(3, "task_json", pa.array(["x" * 300_000] * 300))},
            "unpacks to more than",
        ),
    ],
)
def test_tables_of_another_form_or_size_are_refused(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    path = tmp_path / "g0000.parquet"
    rewritten(path, **{"compression": "zstd", **changes})
    with pytest.raises(FormatError, match=message):
        read_table(path, "tasks")


def test_a_flipped_bit_of_a_table_is_found_or_harmless(path: Path) -> None:
    file = path / "metrics" / "g0001.parquet"
    data = file.read_bytes()
    whole = read_table(file, "metrics")
    silent = 0
    for bit in range(0, 8 * len(data), 101):
        spoiled = bytearray(data)
        spoiled[bit // 8] ^= 1 << bit % 8
        file.write_bytes(spoiled)
        try:
            found = read_table(file, "metrics")
        except FormatError as problem:
            assert str(problem).startswith(str(file)) and "\n" not in str(problem)
            continue
        silent += any(
            not np.array_equal(found[name], whole[name], equal_nan=name == "value")
            for name in whole
        )
    assert silent == 0
