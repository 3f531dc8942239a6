"""Disks for tests: one that records, one that fills up, one that kills; and all states a crash can leave."""

import errno
import itertools
import os
import random
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.culture.small_runs import QuickFiles

CONTENTS = ("none", "half", "all", "zeros")  # what a crash leaves of bytes not yet synced


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """A folder on a file system in memory where there is one, for tests that write thousands."""
    if os.access("/dev/shm", os.W_OK):
        with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="ratchet-test-") as folder:
            yield Path(folder)
    else:
        yield otherwise


class Recording(QuickFiles):
    """Does every operation and writes it down, paths relative to `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.operations: list[tuple[Any, ...]] = []

    def _note(self, name: str, path: Path, *more: Any) -> None:
        self.operations.append((name, path.relative_to(self.root).as_posix(), *more))

    def acknowledge(self, generation: int) -> None:
        self.operations.append(("acknowledge", generation))

    def mkdir(self, path: Path) -> None:
        super().mkdir(path)
        self._note("mkdir", path)

    def create(self, path: Path, data: bytes) -> None:
        super().create(path, data)
        self._note("create", path, bytes(data))

    def append(self, path: Path, data: bytes) -> None:
        super().append(path, data)
        self._note("append", path, bytes(data))

    def fsync(self, path: Path) -> None:
        self._note("fsync", path)

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        self._note("rename", source, target.relative_to(self.root).as_posix())

    def fsync_dir(self, path: Path) -> None:
        if path.resolve() != self.root.parent.resolve():
            self._note("fsync_dir", path)

    def unlink(self, path: Path) -> None:
        super().unlink(path)
        self._note("unlink", path)

    def rmdir(self, path: Path) -> None:
        super().rmdir(path)
        self._note("unlink", path)


class Counting(QuickFiles):
    """Calls `at(number, name)` before each operation that writes."""

    def __init__(self) -> None:
        self.count = 0

    def at(self, number: int, name: str) -> None:
        """Nothing; a test's disk does something."""

    def _next(self, name: str) -> None:
        self.count += 1
        self.at(self.count, name)

    def mkdir(self, path: Path) -> None:
        self._next("mkdir")
        super().mkdir(path)

    def create(self, path: Path, data: bytes) -> None:
        try:
            self._next("create")
        except OSError:
            super().create(path, data[: len(data) // 2])
            raise
        super().create(path, data)

    def append(self, path: Path, data: bytes) -> None:
        try:
            self._next("append")
        except OSError:
            super().append(path, data[: len(data) // 2])
            raise
        super().append(path, data)

    def fsync(self, path: Path) -> None:
        self._next("fsync")

    def rename(self, source: Path, target: Path) -> None:
        self._next("rename")
        super().rename(source, target)

    def fsync_dir(self, path: Path) -> None:
        self._next("fsync_dir")

    def unlink(self, path: Path) -> None:
        self._next("unlink")
        super().unlink(path)


class FillingUp(Counting):
    """Full from operation `fails_at` on: for that one only, or for all that need space."""

    def __init__(self, stays_full: bool, code: int = errno.ENOSPC) -> None:
        super().__init__()
        self.fails_at = 0
        self.stays_full = stays_full
        self.code = code

    def at(self, number: int, name: str) -> None:
        needs_space = name not in ("unlink", "fsync_dir")
        later = self.stays_full and number > self.fails_at and needs_space
        if self.fails_at and (number == self.fails_at or later):
            raise OSError(self.code, os.strerror(self.code))


class Killing(Counting):
    """Ends the process by SIGKILL before operation `kills_at`."""

    def __init__(self, kills_at: int) -> None:
        super().__init__()
        self.kills_at = kills_at

    def at(self, number: int, name: str) -> None:
        if number == self.kills_at:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class _File:
    data: bytes = b""
    synced: bytes = b""

    def after_crash(self, kind: str) -> bytes:
        """What is left: the synced bytes and, of those after them, `kind`; a file rewritten since
        its sync may have lost the old bytes too."""
        start = len(self.synced) if self.data.startswith(self.synced) else 0
        tail = self.data[start:]
        left = {"none": b"", "half": tail[: len(tail) // 2], "all": tail, "zeros": bytes(len(tail))}
        return self.data[:start] + left[kind]


@dataclass
class _Folder:
    durable: dict[str, Any] = field(default_factory=dict)
    now: dict[str, Any] = field(default_factory=dict)
    waiting: list[tuple[Any, ...]] = field(default_factory=list)  # changes of names, unsynced

    def change(self, *change: Any) -> None:
        _apply(self.now, change)
        self.waiting.append(change)


def _apply(names: dict[str, Any], change: tuple[Any, ...]) -> None:
    if change[0] == "add":
        names[change[1]] = change[2]
    elif change[0] == "drop":
        names.pop(change[1], None)
    else:
        thing = names.pop(change[1], None)
        if thing is not None:
            names[change[2]] = thing


def crash_states(
    operations: list[tuple[Any, ...]], most: int = 64
) -> Iterator[tuple[int, dict[str, bytes | None]]]:
    """Every state a crash can leave, with the last generation acknowledged before it.

    A state is path -> bytes, None for a folder: for each point of the recording, each prefix of the
    unsynced names of each folder (at most `most` combinations, drawn with a fixed seed), each kind
    of unsynced content. Equal states come once.
    """
    draw = random.Random(0)
    root, acknowledged = _Folder(), -1
    seen: set[int] = set()
    for operation in [*operations, ("end",)]:
        waiting = [folder for folder in _folders(root) if folder.waiting]
        choices = [range(len(folder.waiting) + 1) for folder in waiting]
        combinations: Any = itertools.product(*choices)
        total = 1
        for choice in choices:
            total *= len(choice)
        if total > most:
            combinations = ([draw.choice(choice) for choice in choices] for _ in range(most))
        for lengths in combinations:
            cut = {id(folder): length for folder, length in zip(waiting, lengths, strict=True)}
            for kind in CONTENTS:
                state: dict[str, bytes | None] = {}
                _collect(root, "", cut, kind, state)
                mark = hash((acknowledged, tuple(state.items())))
                if mark not in seen:
                    seen.add(mark)
                    yield acknowledged, state
        if operation[0] == "acknowledge":
            acknowledged = operation[1]
        else:
            _perform(root, operation)


def build(state: dict[str, bytes | None], path: Path) -> None:
    """Writes a crash state to a real folder."""
    path.mkdir()
    for name, data in state.items():
        if data is None:
            (path / name).mkdir()
        else:
            (path / name).write_bytes(data)


def _folders(folder: _Folder) -> Iterator[_Folder]:
    yield folder
    for thing in folder.now.values():
        if isinstance(thing, _Folder):
            yield from _folders(thing)


def _collect(
    folder: _Folder, prefix: str, cut: dict[int, int], kind: str, state: dict[str, bytes | None]
) -> None:
    names = dict(folder.durable)
    for change in folder.waiting[: cut.get(id(folder), 0)]:
        _apply(names, change)
    for name, thing in sorted(names.items()):
        if isinstance(thing, _Folder):
            state[prefix + name] = None
            _collect(thing, f"{prefix}{name}/", cut, kind, state)
        else:
            state[prefix + name] = thing.after_crash(kind)


def _perform(root: _Folder, operation: tuple[Any, ...]) -> None:
    name, *arguments = operation
    if name == "end" or (arguments[0] == "." and name != "fsync_dir"):
        return
    parent, last = _find(root, arguments[0])
    if name == "mkdir":
        parent.change("add", last, _Folder())
    elif name in ("create", "append"):
        file = parent.now.get(last)
        if file is None:
            file = _File()
            parent.change("add", last, file)
        file.data = arguments[1] if name == "create" else file.data + arguments[1]
    elif name == "fsync":
        parent.now[last].synced = parent.now[last].data
    elif name == "rename":
        parent.change("move", last, _find(root, arguments[1])[1])
    elif name == "unlink":
        parent.change("drop", last)
    else:
        folder = root if arguments[0] == "." else parent.now[last]
        folder.durable, folder.waiting = dict(folder.now), []


def _find(root: _Folder, path: str) -> tuple[_Folder, str]:
    *parts, last = path.split("/")
    folder = root
    for part in parts:
        folder = folder.now[part]
    return folder, last
