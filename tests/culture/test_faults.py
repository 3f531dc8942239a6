"""Kills, full disks, damaged files: one sentence, the last commit, the same end as without."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.schema import Settings
from culture import identity
from culture.records import DamagedError, DiskError, Records
from tests.culture.disks import FillingUp, in_memory
from tests.culture.small_runs import (
    QuickFiles,
    commit_of,
    contents,
    play,
    start,
    temporaries,
)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    with in_memory(tmp_path) as folder:
        yield folder


@pytest.fixture
def stored_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading YAML hundreds of times is not what is tested here."""
    monkeypatch.setattr(identity, "read_settings", lambda path, info: Settings())


@pytest.mark.parametrize("stays_full", [False, True])
@pytest.mark.usefixtures("stored_settings")
def test_a_disk_full_at_any_operation_leaves_the_last_commit_and_nothing_temporary(
    tmp_path: Path, stays_full: bool
) -> None:
    expected = play(tmp_path / "whole", 3, QuickFiles())
    number, failures = 0, 0
    while failures == number:
        number += 1
        path = tmp_path / f"run{number}"
        disk = FillingUp(stays_full)
        records = start(path, disk)
        records.commit(0, commit_of(0))
        disk.count, disk.fails_at = 0, number
        try:
            records.commit(1, commit_of(1))
        except DiskError as problem:
            failures += 1
            assert problem.exit_code == 74
            assert str(path) in str(problem) and "needs" in str(problem) and "free" in str(problem)
            assert temporaries(path) == []
        disk.fails_at = 0
        if number % 2:  # half of them go on in the same process, half in a new one
            records.close()
            records = start(path, QuickFiles())
            assert records.generation in (0, 1)
        for generation in range(records.generation + 1, 3):
            records.commit(generation, commit_of(generation))
        assert records.digest() == expected
        records.close()
        shutil.rmtree(path)
    assert number > 30


@pytest.mark.usefixtures("stored_settings")
def test_a_disk_full_at_the_start_leaves_a_folder_that_can_be_started_again(tmp_path: Path) -> None:
    for number in range(1, 12):
        path = tmp_path / f"run{number}"
        disk = FillingUp(stays_full=True)
        disk.fails_at = number
        with pytest.raises(DiskError, match="disk full"):
            start(path, disk)
        assert not path.exists() or temporaries(path) == []
        start(path, QuickFiles()).close()


def test_too_little_space_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = QuickFiles()
    with start(tmp_path / "run", disk) as records:
        before = contents(tmp_path / "run")
        monkeypatch.setattr(disk, "free", lambda path: 2**20)
        with pytest.raises(DiskError, match=r"run: disk full: needs 64\.0 MiB, free 1\.0 MiB"):
            records.commit(0, commit_of(0))
        assert contents(tmp_path / "run") == before


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EIO])
def test_a_folder_that_cannot_be_written_is_named_with_the_cure(tmp_path: Path, code: int) -> None:
    disk = FillingUp(stays_full=True, code=code)
    disk.fails_at = 1
    with pytest.raises(DiskError, match="run: cannot be written .* choose another run.dir"):
        start(tmp_path / "run", disk)


KILLED = """
import os, sys
from pathlib import Path
from tests.culture.disks import Killing
from tests.culture.small_runs import commit_of, start

path, generations = Path(sys.argv[1]), int(sys.argv[2])
for operation in [int(word) for word in sys.argv[3:]]:
    child = os.fork()
    if not child:
        records = start(path, Killing(operation))
        os.write(1, f"open {records.generation}\\n".encode())
        for generation in range(records.generation + 1, generations):
            records.commit(generation, commit_of(generation))
            os.write(1, f"done {generation}\\n".encode())
        os._exit(0)
    os.write(1, f"killed {os.waitpid(child, 0)[1]}\\n".encode())
"""


def test_kill_9_of_a_committing_process_loses_nothing_it_had_acknowledged(tmp_path: Path) -> None:
    kills = [5, 12, 20, 33, 40, 47, 54, 52, 58, 61, 66, 45, 36]
    words = [sys.executable, "-c", KILLED, str(tmp_path / "run"), "6", *map(str, [*kills, 0])]
    root = Path(__file__).parents[2]
    done = subprocess.run(words, capture_output=True, text=True, cwd=root, timeout=100, check=True)
    newest, ends = -1, []
    for line in done.stdout.splitlines():
        word, number = line.split()
        if word == "killed":
            ends.append(int(number))
        else:
            assert int(number) >= newest
            newest = int(number)
    assert ends.count(9) >= 10 and ends[-1] == 0
    assert newest == 5
    with Records.open(tmp_path / "run") as records:
        assert records.warnings == []
        assert records.digest() == play(tmp_path / "undisturbed", 6)
    assert temporaries(tmp_path / "run") == []


NEEDED = [
    "checkpoints/g0002/state.safetensors",
    "checkpoints/g0002/state.json",
    "checkpoints/g0002/manifest.json",
    "checkpoints/g0002/complete",
    "metrics/g0002.parquet",
    "lineage/g0002.parquet",
    "members/g0002/ada.safetensors",
]


def damages(data: bytes, other: bytes) -> dict[str, bytes | None]:
    """Ways to damage a file: None removes it."""
    size = len(data)
    made: dict[str, bytes | None] = {"empty": b"", "missing": None, "longer": data + b"\n"}
    if other != data:
        made["of another run"] = other
    for cut in range(1, 5):
        made[f"cut at {cut}/5"] = data[: size * cut // 5]
    for flip in range(8):
        at = size * flip // 8
        made[f"bit of byte {at}"] = data[:at] + bytes([data[at] ^ (1 << flip)]) + data[at + 1 :]
    return made


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.usefixtures("stored_settings")
def test_damage_is_found_named_and_mended_from_the_generation_before(
    tmp_path: Path, name: str
) -> None:
    expected = play(tmp_path / "run", 3, QuickFiles())
    with start(tmp_path / "other", QuickFiles()) as records:
        for generation in range(3):
            records.commit(generation, commit_of(generation + 1 if generation else 0))
    whole, other = tmp_path / "run" / name, tmp_path / "other" / name
    for kind, data in damages(whole.read_bytes(), other.read_bytes()).items():
        path = tmp_path / "damaged"
        shutil.copytree(tmp_path / "run", path)
        (path / name).unlink()
        if data is not None:
            (path / name).write_bytes(data)
        with start(path, QuickFiles()) as records:
            assert records.generation == 1, kind
            (warning,) = records.warnings
            shown = warning.split(": generation 2 is now checkpoints/damaged-g0002")[0]
            assert Path(name).name in shown or Path(name).parent.as_posix() in shown
            assert (path / "checkpoints" / "damaged-g0002").is_dir()
            records.commit(2, commit_of(2))
            assert records.digest() == expected
        shutil.rmtree(path)


def test_a_file_too_many_or_a_link_in_a_checkpoint_is_damage(tmp_path: Path) -> None:
    for number, spoil in enumerate(
        [
            lambda folder: (folder / "extra.pkl").write_bytes(b"\x80\x04."),
            lambda folder: (
                os.rename(folder / "state.json", folder.parent.parent / "s.json")
                or os.symlink("../../s.json", folder / "state.json")
            ),
        ]
    ):
        path = tmp_path / f"run{number}"
        play(path, 2)
        spoil(path / "checkpoints" / "g0001")
        with Records.open(path) as records:
            assert (records.generation, len(records.warnings)) == (0, 1)


def test_a_damaged_file_that_no_resume_needs_is_named_and_passed_over(tmp_path: Path) -> None:
    play(tmp_path / "run", 2)
    (tmp_path / "run" / "tasks" / "heldout.parquet").write_bytes(b"")
    with Records.open(tmp_path / "run") as records:
        assert records.generation == 1
        assert records.warnings == [
            f"tasks/heldout.parquet: 0 bytes, {records.warnings[0].split()[3]} were committed: "
            "the run goes on without it"
        ]


def test_a_run_whose_commits_are_all_damaged_is_refused_and_not_begun_anew(tmp_path: Path) -> None:
    play(tmp_path / "run", 3)
    for generation in (1, 2):
        (tmp_path / "run" / "checkpoints" / f"g000{generation}" / "state.json").write_text("{}")
    before = contents(tmp_path / "run")
    with pytest.raises(DamagedError, match="3 generations were committed, none is whole") as caught:
        Records.open(tmp_path / "run")
    assert caught.value.exit_code == 1
    assert "g0001/state.json" in str(caught.value) and "g0002/state.json" in str(caught.value)
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    with pytest.raises(DamagedError, match="there is no checkpoint"):
        Records.open(tmp_path / "run")
    after = contents(tmp_path / "run")
    assert all(after[name] == before[name] for name in after if name != "lock")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("run.json", "{", "run.json: not JSON"),
        ("run.json", "[]", "run.json: is damaged"),
        ("run.json", '{"format": 2}', "run format 2; this ratchet reads 1: update ratchet"),
        ("config.yaml", "extends: debug\n", "config.yaml: is damaged: (?s:.)*extends"),
        ("config.yaml", "seed: 5\n", "config.yaml: was changed since the run began"),
        ("config.yaml", "sede: 5\n", "config.yaml: is damaged"),
    ],
)
def test_a_run_that_no_longer_says_what_it_is_is_refused(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    play(tmp_path / "run", 1)
    (tmp_path / "run" / name).write_text(text)
    with pytest.raises(DamagedError, match=message):
        Records.open(tmp_path / "run")


def test_a_link_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    play(tmp_path / "run", 1)
    shutil.move(tmp_path / "run" / "members", tmp_path / "elsewhere")
    (tmp_path / "run" / "members").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DamagedError, match="members: is a symbolic link"):
        Records.open(tmp_path / "run")
    assert (tmp_path / "elsewhere" / "g0000").is_dir()
