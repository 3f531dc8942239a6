"""No crash, whatever the disk kept, corrupts a run or loses what it acknowledged."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from configs.schema import Settings
from culture import checkpoint, files, identity
from culture.records import Commit, Records, RunError, digest
from tests.culture.disks import Recording, build, crash_states, in_memory
from tests.culture.small_runs import COMMAND, HELDOUT, QuickFiles, commit_of, state_of

GENERATIONS = 3


def small_commit(generation: int) -> Commit:
    """One member and one table: fewer states, the same steps."""
    whole = commit_of(generation)
    members = {"ada": whole.members["ada"]}
    tables = {"lineage": whole.tables["lineage"]}
    about = {"state": whole.state, "best": "ada", "fingerprint": whole.fingerprint}
    return Commit(whole.metrics, tables, members, **about)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    with in_memory(tmp_path) as folder:
        yield folder


@pytest.fixture(autouse=True)
def stored_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading YAML hundreds of times is not what is tested here."""
    monkeypatch.setattr(identity, "read_settings", lambda path, info: Settings())


def record(root: Path, disk: Recording) -> list[str]:
    """Records a run; returns its digest after each generation."""
    digests = []
    with Records.create(root, Settings(), COMMAND, files=disk) as records:
        records.write_heldout(HELDOUT)
        for generation in range(GENERATIONS):
            records.commit(generation, small_commit(generation))
            disk.acknowledge(generation)
            digests.append(digest(root, generation))
    return digests


def fault(path: Path, acknowledged: int, digests: list[str]) -> str:
    """What is wrong with the run after the crash, empty if nothing is."""
    try:
        records = Records.open_or_create(path, Settings(), COMMAND, files=QuickFiles())
    except RunError as problem:
        return f"refused: {problem}"
    with records:
        found = records.latest()
        if records.generation < acknowledged:
            return f"generation {acknowledged} lost, at {records.generation}"
        if found is None:
            return ""
        generation, tensors, data = found
        expected, about = state_of(generation)
        same = data == about and all((tensors[name] == expected[name]).all() for name in expected)
        if not same or digest(path, generation) != digests[generation]:
            return f"generation {generation} is not what was committed"
    return ""


def faults(tmp_path: Path, disk: Recording, most: int) -> Iterator[str]:
    """What is wrong after each crash, the latest crashes first."""
    digests = record(tmp_path / "run", disk)
    for acknowledged, state in reversed(list(crash_states(disk.operations, most))):
        path = tmp_path / "state"
        build(state, path)
        yield fault(path, acknowledged, digests)
        shutil.rmtree(path)


def test_no_crash_state_is_corrupt_or_has_lost_an_acknowledged_generation(tmp_path: Path) -> None:
    found = list(faults(tmp_path, Recording(tmp_path / "run"), 64))
    assert len(found) > 300
    assert [problem for problem in found if problem] == []


def without(*names: str, kinds: tuple[str, ...]) -> type[Recording]:
    """A disk whose syncs of these names (none: of all) never happen."""

    class Forgetful(Recording):
        def _note(self, name: str, path: Path, *more: object) -> None:
            if name not in kinds or (names and path.name not in names):
                super()._note(name, path, *more)

    return Forgetful


def in_place(files: files.Files, root: Path, generation: int, state: dict, manifest: dict) -> None:
    """As RLlib and others save: straight into the folder of the final name."""
    target = root / checkpoint.name_of(generation)
    files.mkdir(target)
    for name, piece in state.items():
        files.create(target / name, piece.data)
    text = checkpoint.formats.to_json(manifest, indent=2)
    files.create(target / "manifest.json", text)
    complete = checkpoint.hashlib.sha256(text).hexdigest().encode() + b"\n"
    files.create(target / "complete", complete)


MUTANTS: dict[str, Callable[[Path], Recording]] = {
    "no fsync of any file": without(kinds=("fsync",)),
    "no fsync of any folder": without(kinds=("fsync_dir",)),
    "no fsync of record folders": without("lineage", "g0000", "g0001", kinds=("fsync_dir",)),
    "no fsync of the journal": without("metrics.jsonl", kinds=("fsync",)),
    "no fsync of the temporary folder": without(
        ".tmp-g0000", ".tmp-g0001", ".tmp-g0002", kinds=("fsync_dir",)
    ),
    "no fsync of checkpoints/": without("checkpoints", kinds=("fsync_dir",)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_protocol_without_one_of_its_syncs_is_caught(tmp_path: Path, name: str) -> None:
    assert any(faults(tmp_path, MUTANTS[name](tmp_path / "run"), 8))


def test_a_checkpoint_written_in_place_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "write", in_place)
    assert any(faults(tmp_path, Recording(tmp_path / "run"), 8))


def test_a_journal_that_is_not_cut_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Records, "_mend_journal", lambda self: None)
    assert any(faults(tmp_path, Recording(tmp_path / "run"), 8))
