"""Who may write a run folder: one process, by a lock that ends with it."""

import os
import re
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from configs import limits
from configs.problems import masked
from culture import checkpoint, identity
from culture.files import (
    TEMPORARY,
    DiskError,
    Files,
    InUseError,
    SettingsDifferError,
    make_folder,
)
from worlds import formats
from worlds.formats import FormatError


def take(files: Files, path: Path) -> BaseFileLock:
    """The lock of a run folder, made if it does not exist; its text is host, process and start.

    Raises InUseError, nothing changed, if another process holds it; RunError if the folder is not
    for a run; OSError.
    """
    if not (path / "run.json").exists():
        check_vacant(files, path)
        make_folder(files, path)
    lock = FileLock(path / "lock", timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise InUseError(
            f"{path}: in use by {_holder(path / 'lock')}: wait for it, or choose another run.dir"
        ) from None
    try:
        files.create(path / "lock", identity.holder())
    except BaseException:
        lock.release()
        raise
    return lock


def local(path: str | Path) -> Path:
    """The path as it is; RunError for the address of an object store."""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://?", str(path))
    if scheme and len(scheme[1]) > 1:
        raise SettingsDifferError(
            f"{masked(str(path))}: runs are written to local folders, not to {scheme[1]}: "
            "set run.dir to a folder"
        )
    if "\0" in str(path):
        raise SettingsDifferError("run.dir holds a NUL character: set run.dir to a folder")
    return Path(path)


def check_vacant(files: Files, path: Path) -> None:
    """RunError if no run can begin there, as far as reading tells: changes nothing.

    A folder without run.json may hold the beginnings of a run and nothing else.
    """
    above = nearest(path)
    if not above.is_dir():
        raise SettingsDifferError(f"{above}: is not a folder: choose another run.dir")
    if not os.access(above, os.W_OK | os.X_OK):
        raise DiskError(f"{above}: cannot be written: make it writable, or choose another run.dir")
    if above != path:
        return
    ours = {
        *checkpoint.FOLDERS,
        "lock",
        "config.yaml",
        "config.source.yaml",
        "overrides.txt",
        checkpoint.JOURNAL,
    }
    strange = [
        name for name in files.list(path) if name not in ours and not name.startswith(TEMPORARY)
    ]
    for folder in (*checkpoint.RECORDS, checkpoint.FOLDER):
        if (path / folder).is_dir():
            strange += [f"{folder}/{name}" for name in files.list(path / folder)]
    if strange:
        raise SettingsDifferError(
            f"{path}: is not a run folder and not empty ({strange[0]}): choose another run.dir"
        )


def nearest(path: Path) -> Path:
    """The path, or what there is of those above it."""
    while not path.exists():
        path = path.parent
    return path


def _holder(path: Path) -> str:
    """Who holds a lock, in words."""
    try:
        text = formats.read_bytes(path, limits.KIB).decode("utf-8", "replace")
    except FormatError:
        text = ""
    found = re.fullmatch(r"host (\S{1,255})\npid (\d{1,10})\nstart (\S{1,40})\n", text)
    return f"process {found[2]} on {found[1]} since {found[3]}" if found else "another process"
