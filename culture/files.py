"""How a run folder is written: operations through one small object, failures as RunErrors."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from configs.limits import MIB

TEMPORARY = ".tmp-"  # begins the name of everything that is not whole yet
RESERVE = 64 * MIB  # free space that a commit leaves untouched


class RunError(Exception):
    """A run folder cannot be used: one sentence with the cure; `exit_code` is the command's."""

    exit_code = 1


class DamagedError(RunError):
    """Files of the run are damaged, refused, or not ours."""


class SettingsDifferError(RunError):
    """The folder holds a run with other settings."""

    exit_code = 2


class DiskError(RunError):
    """The disk is full or cannot be written."""

    exit_code = 74


class InUseError(RunError):
    """Another driver writes this run."""

    exit_code = 75


class Files:
    """The operations a commit is made of, on local files. Tests record, fail or crash each of them.

    All raise OSError. Nothing is durable before `fsync` (contents) and `fsync_dir` (names).
    """

    def mkdir(self, path: Path) -> None:
        """Makes one folder."""
        os.mkdir(path)

    def create(self, path: Path, data: bytes) -> None:
        """Writes a new file, or an old temporary one anew; never through a symbolic link."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        self._write(path, flags, data)

    def append(self, path: Path, data: bytes) -> None:
        """Adds to the end of a file, which is made if it does not exist."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._write(path, flags, data)

    def fsync(self, path: Path) -> None:
        """Makes the contents of a file durable."""
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Gives a file or folder its final name, in place of a file of that name."""
        os.replace(source, target)

    def fsync_dir(self, path: Path) -> None:
        """Makes the names in a folder durable; Windows has no such call and needs none."""
        if os.name == "nt":
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def unlink(self, path: Path) -> None:
        """Removes a file."""
        os.unlink(path)

    def rmdir(self, path: Path) -> None:
        """Removes an empty folder."""
        os.rmdir(path)

    def list(self, path: Path) -> list[str]:
        """The names in a folder, sorted."""
        return sorted(os.listdir(path))

    def free(self, path: Path) -> int:
        """Bytes that may still be written where `path` lies."""
        return shutil.disk_usage(path).free

    def _write(self, path: Path, flags: int, data: bytes) -> None:
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags, 0o644), "wb", buffering=0) as file:
            view = memoryview(data)
            while view:
                view = view[file.write(view) :]


def replace(files: Files, path: Path, data: bytes) -> None:
    """Writes a whole file durably; at every moment the old or the new one bears its name."""
    put(files, path, data)
    files.fsync_dir(path.parent)


def put(files: Files, path: Path, data: bytes) -> None:
    """As `replace`, but the name is durable only after the caller's `fsync_dir` of the folder."""
    temporary = path.parent / (TEMPORARY + path.name)
    try:
        files.create(temporary, data)
        files.fsync(temporary)
        files.rename(temporary, path)
    except BaseException:
        with suppress(OSError):
            files.unlink(temporary)
        raise


def make_folder(files: Files, path: Path) -> None:
    """Makes a folder durable under its name, with the folders above it that are missing."""
    if path.is_dir():
        return
    make_folder(files, path.parent)
    files.mkdir(path)
    files.fsync_dir(path.parent)


def remove(files: Files, path: Path, first: str = "") -> None:
    """Removes a file, a link, or a folder with all in it, the file named `first` first."""
    if path.is_symlink() or not path.is_dir():
        files.unlink(path)
        return
    names = files.list(path)
    if first in names:
        files.unlink(path / first)
        files.fsync_dir(path)
        names.remove(first)
    for name in names:
        remove(files, path / name)
    files.rmdir(path)


def remove_temporaries(files: Files, folder: Path) -> None:
    """Removes what was left half written in a folder and those below it; links are not followed."""
    for name in files.list(folder):
        path = folder / name
        if name.startswith(TEMPORARY):
            remove(files, path)
        elif path.is_dir() and not path.is_symlink():
            remove_temporaries(files, path)


def check_space(files: Files, path: Path, need: int) -> None:
    """DiskError unless `need` bytes can be written where `path` lies."""
    with disk_errors(files, path, need):
        free = files.free(path)
    if free < need:
        raise DiskError(_full(path, need, free))


@contextmanager
def disk_errors(files: Files, path: Path, need: int = 0) -> Iterator[None]:
    """Turns an OSError inside into one DiskError with path, bytes needed (if known) and free."""
    try:
        yield
    except OSError as problem:
        at = Path(os.fsdecode(problem.filename)) if problem.filename else path
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            free = None
            with suppress(OSError):
                free = files.free(path)
            raise DiskError(_full(at, need, free)) from problem
        reason = (problem.strerror or str(problem)).lower()
        raise DiskError(
            f"{at}: cannot be written ({reason}): make it writable, or choose another run.dir"
        ) from problem


def _full(path: Path, need: int, free: int | None) -> str:
    needs = f"needs {_size(need)}, " if need else ""
    has = "unknown" if free is None else _size(free)
    return (
        f"{path}: disk full: {needs}free {has}: free some space, then give the same command again"
    )


def _size(count: int) -> str:
    return f"{count / MIB:.1f} MiB"
