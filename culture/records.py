"""The run folder and its one writer: each generation is committed whole, or not at all."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from filelock import BaseFileLock

from configs import limits
from configs.load import difference, only_resumable, to_yaml
from configs.load import digest as settings_digest
from configs.problems import masked
from configs.schema import Settings
from culture import checkpoint, encode, identity, lock
from culture.checkpoint import BEST, HELDOUT, JOURNAL, NOTHING, RECORDS, digest
from culture.encode import FORMAT, Columns, Commit, Piece
from culture.files import (
    RESERVE,
    DamagedError,
    DiskError,
    Files,
    InUseError,
    RunError,
    SettingsDifferError,
    check_space,
    disk_errors,
    make_folder,
    put,
    remove,
    remove_temporaries,
    replace,
)
from worlds import formats
from worlds.formats import FormatError

__all__ = [
    "NOTHING",
    "Commit",
    "DamagedError",
    "DiskError",
    "Files",
    "InUseError",
    "Records",
    "RunError",
    "SettingsDifferError",
    "digest",
]

STATES = ("running", "done", "failed", "stopped")


class Records:
    """A run folder open for writing; one process at a time holds it, until `close` or its end.

    settings     those the run goes on with
    generation   the newest committed one, NOTHING before the first
    fingerprint  of the numerics that made it
    finished     the run ended well, and all its generations are there
    warnings     what `open` found damaged and mended, one sentence each
    info         run.json
    """

    def __init__(self, path: str | Path, files: Files | None = None) -> None:
        """Use `create`, `open` or `open_or_create`."""
        self.path = lock.local(path)
        self.files = files or Files()
        self.settings = Settings()
        self.generation = NOTHING
        self.fingerprint = ""
        self.finished = False
        self.warnings: list[str] = []
        self.info: dict[str, Any] = {}
        self._lock: BaseFileLock | None = None
        self._journal = b""  # metrics.jsonl as committed
        self._journal_whole = True  # the file holds these bytes and no others
        self._best: dict[str, Any] | None = None
        self._heldout: str | None = None  # SHA-256 in the newest manifest
        self._last_size = 0  # bytes of the newest commit
        self._digests: dict[str, str] = {}  # SHA-256 of record files, which never change

    @classmethod
    def create(
        cls,
        path: str | Path,
        settings: Settings,
        command: Sequence[str] = (),
        source_text: str = "",
        overrides: Sequence[str] = (),
        files: Files | None = None,
    ) -> Self:
        """A new run in a folder that does not exist or holds only the beginnings of a run.

        `source_text` is the user's settings file, `overrides` the settings on the command line, as
        typed. Raises RunError.
        """
        records = cls(path, files)
        if (records.path / "run.json").exists():
            raise SettingsDifferError(f"{path}: holds a run: resume it, or choose another run.dir")
        with records._taking():
            records._begin(settings, command, source_text, overrides)
        return records

    @classmethod
    def open(
        cls, path: str | Path, settings: Settings | None = None, files: Files | None = None
    ) -> Self:
        """A run at its newest whole generation; what came after is removed and made again.

        `settings` may differ from the stored ones in resumable settings only; None takes those
        stored. Raises RunError: in use, damaged, other settings, not writable.
        """
        records = cls(path, files)
        if not (records.path / "run.json").exists():
            raise DamagedError(f"{path}: is not a run folder (it has no run.json)")
        with records._taking():
            records._continue(settings)
        return records

    @classmethod
    def open_or_create(
        cls,
        path: str | Path,
        settings: Settings,
        command: Sequence[str] = (),
        source_text: str = "",
        overrides: Sequence[str] = (),
        files: Files | None = None,
    ) -> Self:
        """The run in that folder, or a new one: the same command given twice continues."""
        if (lock.local(path) / "run.json").exists():
            return cls.open(path, settings, files)
        return cls.create(path, settings, command, source_text, overrides, files)

    @classmethod
    def check(cls, path: str | Path, settings: Settings) -> None:
        """Raises what `open_or_create` would, as far as reading tells; changes nothing."""
        records = cls(path)
        with disk_errors(records.files, records.path):
            if (records.path / "run.json").exists():
                info = identity.read(records.path)
                records._check_settings(identity.read_settings(records.path, info), settings)
            else:
                lock.check_vacant(records.files, records.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def commit(self, generation: int, commit: Commit) -> None:
        """Makes a generation durable; when this returns, no crash can lose it.

        Generations follow each other. Raises ValueError for content a run does not take, DiskError;
        then the run stands at the generation before, with nothing temporary left.
        """
        self._check_open()
        if generation != self.generation + 1:
            raise ValueError(f"commit of generation {generation} after {self.generation}")
        with disk_errors(self.files, self.path):
            records = encode.record_files(generation, commit)
        state = encode.state_files(commit)
        line = encode.journal_line(generation, commit.metrics)
        best = self._best_of(generation, commit)
        pieces = (*records.values(), *state.values())
        size = sum(len(piece.data) for piece in pieces) + len(line)
        need = 2 * max(size, self._last_size) + RESERVE
        check_space(self.files, self.path, need)
        manifest = self._manifest(generation, commit, records, state, self._journal + line, best)
        with disk_errors(self.files, self.path, need):
            try:
                self._write_records(records)
                self._append(line)
                checkpoint.write(self.files, self.path, generation, state, manifest)
            except BaseException:
                self._undo(generation)
                raise
            self.generation, self.fingerprint = generation, commit.fingerprint
            self._journal, self._best, self._last_size = self._journal + line, best, size
            self._digests |= {name: piece.digest for name, piece in records.items()}
            self._write_best()
            checkpoint.prune(self.files, self.path, self.settings.run.keep)
            self._save_info()

    def latest(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]] | None:
        """Generation, tensors and data of the newest state, read from the disk; None before it."""
        if self.generation == NOTHING:
            return None
        folder = self.path / checkpoint.name_of(self.generation)
        try:
            tensors = formats.read_tensors(folder / "state.safetensors")
            return self.generation, tensors, formats.read_json(folder / "state.json")
        except FormatError as problem:
            raise DamagedError(str(problem)) from None

    def write_heldout(self, columns: Columns) -> None:
        """Writes the held-out tasks (columns of the table `tasks`); the same again does nothing.

        Raises DamagedError if the run began with other tasks, DiskError, ValueError.
        """
        self._check_open()
        piece = Piece(encode.table_bytes("tasks", columns, 0))
        path = self.path / HELDOUT
        if self._heldout not in (None, piece.digest):
            raise DamagedError(f"{path}: the run began with other held-out tasks: start a new run")
        with suppress(FormatError):
            if checkpoint.file_digest(path)[1] == piece.digest:
                return
        with disk_errors(self.files, path, len(piece.data)):
            replace(self.files, path, piece.data)
        self._digests.pop(HELDOUT, None)

    def set_state(self, state: str, problem: str = "") -> None:
        """Says in run.json how the run stands: running, done, failed or stopped, and why."""
        self._check_open()
        if state not in STATES:
            raise ValueError(f"state {state!r} is not one of {', '.join(STATES)}")
        self.info |= {"state": state, "problem": masked(problem)}
        with disk_errors(self.files, self.path / "run.json"):
            self._save_info()
        self.finished = state == "done"

    def digest(self) -> str:
        """`checkpoint.digest` of the run; files this process has written are not read again."""
        return digest(self.path, self.generation, self._digests)

    def close(self) -> None:
        """Lets go of the folder; nothing more can be written."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @contextmanager
    def _taking(self) -> Iterator[None]:
        """Holds the lock from here on, lets go if the body fails, and raises only RunErrors."""
        with disk_errors(self.files, self.path):
            self._lock = lock.take(self.files, self.path)
            try:
                yield
            except BaseException as problem:
                with suppress(OSError):
                    remove_temporaries(self.files, self.path)
                self.close()
                if isinstance(problem, FormatError):
                    raise DamagedError(str(problem)) from problem
                raise

    def _check_open(self) -> None:
        if self._lock is None:
            raise RuntimeError(f"{self.path}: these records are closed")

    def _begin(
        self,
        settings: Settings,
        command: Sequence[str],
        source_text: str,
        overrides: Sequence[str],
    ) -> None:
        if (self.path / "run.json").exists():  # made by another before we had the lock
            self._continue(settings)
            return
        self._prepare()
        self.settings = settings
        texts = {
            "config.yaml": to_yaml(settings),
            "config.source.yaml": masked(source_text),
            "overrides.txt": "".join(f"{masked(override)}\n" for override in overrides),
            JOURNAL: "",
        }
        for name, text in texts.items():
            replace(self.files, self.path / name, text.encode())
        planned = settings.culture.generations
        self.info = identity.describe(
            self.path, command, settings.seed, settings_digest(settings), planned
        )
        self._save_info()  # from here on it is a run

    def _continue(self, settings: Settings | None) -> None:
        self.info = identity.read(self.path)
        stored = identity.read_settings(self.path, self.info)
        self.settings = settings or stored
        self._check_settings(stored, self.settings)
        self._prepare()
        owner = checkpoint.Identity(self.info["id"], self.info["settings"])
        recorded = self.info["generations"]
        whole, self.warnings = checkpoint.newest_whole(self.files, self.path, owner, recorded)
        self._stand_at(whole)
        self.finished = self.info["state"] == "done" and self.generation + 1 >= recorded
        if self.finished:
            return
        if self.settings != stored:
            replace(self.files, self.path / "config.yaml", to_yaml(self.settings).encode())
        epoch = self.info["epoch"] + 1
        self.info |= {"state": "running", "problem": "", "epoch": epoch}
        self._save_info()

    def _check_settings(self, stored: Settings, settings: Settings) -> None:
        """SettingsDifferError unless a run of `stored` may go on with `settings`."""
        if not only_resumable(stored, settings):
            lines = "".join(f"\n  {line}" for line in difference(stored, settings))
            raise SettingsDifferError(
                f"{self.path}: holds a run with other settings: choose another run.dir, or give "
                f"its settings (there -> here):{lines}"
            )

    def _prepare(self) -> None:
        """Makes the folders that are missing and removes what was left half written."""
        for folder in checkpoint.FOLDERS:
            formats.below(self.path, folder)
            make_folder(self.files, self.path / folder)
        remove_temporaries(self.files, self.path)

    def _stand_at(self, whole: checkpoint.Whole | None) -> None:
        """Makes the folder what it was when a checkpoint was committed, and that durable."""
        if whole is not None:
            self.generation = whole.generation
            self.fingerprint = str(whole.manifest.get("fingerprint", ""))
            self._journal = checkpoint.journal_prefix(self.path, whole.manifest)
            self._best = whole.manifest.get("best")
            entries = whole.manifest["files"]
            self._heldout = entries.get(HELDOUT, {}).get("sha256")
            self._last_size = sum(entry["size"] for entry in entries.values())
        self._journal_whole = False
        self._mend_journal()
        self._remove_later()
        self._write_best()
        for folder in (*RECORDS, checkpoint.FOLDER, "."):
            self.files.fsync_dir(self.path / folder)

    def _remove_later(self) -> None:
        """Removes record files of generations after the one the run stands at."""
        for folder in RECORDS:
            for name in self.files.list(self.path / folder):
                generation = formats.generation_of(name)
                if generation is not None and generation > self.generation:
                    remove(self.files, self.path / folder / name)
                    self._digests.clear()

    def _write_records(self, pieces: Mapping[str, Piece]) -> None:
        for folder in sorted({Path(name).parent for name in pieces}):
            make_folder(self.files, self.path / folder)
            for name in sorted(name for name in pieces if Path(name).parent == folder):
                put(self.files, self.path / name, pieces[name].data)
            self.files.fsync_dir(self.path / folder)

    def _append(self, line: bytes) -> None:
        self._mend_journal()
        self._journal_whole = False  # until the commit is done
        self.files.append(self.path / JOURNAL, line)
        self.files.fsync(self.path / JOURNAL)
        self._journal_whole = True

    def _mend_journal(self) -> None:
        """Makes metrics.jsonl what is committed, as a new file: no failed fsync is repeated."""
        if self._journal_whole:
            return
        path = self.path / JOURNAL
        found = None
        with suppress(FormatError):
            found = formats.read_bytes(path, limits.PARQUET_BYTES)
        if found != self._journal:
            replace(self.files, path, self._journal)
        self._journal_whole = True

    def _undo(self, generation: int) -> None:
        """Removes what a failed commit wrote, as far as the disk allows; `open` does the rest."""
        self._journal_whole = False
        for step in (
            lambda: checkpoint.undo(self.files, self.path, generation),
            self._remove_later,
            self._mend_journal,
        ):
            with suppress(OSError):
                step()

    def _manifest(
        self,
        generation: int,
        commit: Commit,
        records: Mapping[str, Piece],
        state: Mapping[str, Piece],
        journal: bytes,
        best: dict[str, Any] | None,
    ) -> dict[str, Any]:
        folder = checkpoint.name_of(generation)
        pieces = {**records, **{f"{folder}/{name}": piece for name, piece in state.items()}}
        if (self.path / HELDOUT).exists():
            data = formats.read_bytes(self.path / HELDOUT, limits.PARQUET_BYTES)
            pieces[HELDOUT] = Piece(data, needed=False)
        return checkpoint.manifest(
            generation,
            checkpoint.Identity(self.info["id"], self.info["settings"]),
            pieces,
            (len(journal), hashlib.sha256(journal).hexdigest()),
            fingerprint=commit.fingerprint,
            best=best,
        )

    def _best_of(self, generation: int, commit: Commit) -> dict[str, Any] | None:
        """What members/best.json shall say: the member the commit names, else as before."""
        if not commit.best:
            return self._best
        if commit.best not in commit.members:
            raise ValueError(f"best member {commit.best} is not among {', '.join(commit.members)}")
        weights = f"members/{formats.generation_name(generation)}/{commit.best}.safetensors"
        about = {"generation": generation, "member": commit.best, "weights": weights}
        return {"format": FORMAT, **about}

    def _write_best(self) -> None:
        """Makes members/best.json say what the newest commit says."""
        path = self.path / BEST
        wanted = None if self._best is None else formats.to_json(self._best, indent=2)
        found = None
        with suppress(FormatError):
            found = formats.read_bytes(path, limits.JSON_BYTES)
        if wanted is not None and wanted != found:
            replace(self.files, path, wanted)
        elif wanted is None and path.exists():
            self.files.unlink(path)
        self._digests.pop(BEST, None)

    def _save_info(self) -> None:
        standing = {"generations": self.generation + 1, "digest": self.digest()}
        self.info |= {"heartbeat": identity.now(), **standing}
        replace(self.files, self.path / "run.json", formats.to_json(self.info, indent=2))
