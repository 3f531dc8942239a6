"""What `run.json` says of a run: who made it, when, with what, and how it stands."""

import hashlib
import os
import platform
import socket
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from configs.load import SettingsError, load
from configs.load import digest as settings_digest
from configs.problems import masked
from configs.schema import Settings
from culture.encode import FORMAT
from culture.files import DamagedError
from worlds import formats
from worlds.formats import FormatError

LIBRARIES = (
    "numpy",
    "numba",
    "torch",
    "ray",
    "pettingzoo",
    "gymnasium",
    "pyarrow",
    "safetensors",
    "omegaconf",
)


def describe(
    path: Path, command: Sequence[str], seed: int, settings: str, planned: int
) -> dict[str, Any]:
    """The first `run.json`; `settings` is their digest, `planned` the generations asked for."""
    started = now()
    origin = "\0".join([socket.gethostname(), str(os.getpid()), started, str(path.absolute())])
    return {
        "format": FORMAT,
        "id": hashlib.sha256(origin.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        "version": version(),
        "git": _git(Path(__file__).resolve().parent.parent),
        "command": [masked(word) for word in command],
        "seed": seed,
        "settings": settings,
        "planned": planned,
        "python": platform.python_version(),
        "libraries": {name: found for name in LIBRARIES if (found := _installed(name))},
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "started": started,
        "heartbeat": started,
        "epoch": 0,
        "state": "running",
        "problem": "",
        "generations": 0,
        "digest": "",
    }


def read(path: Path) -> dict[str, Any]:
    """The `run.json` of a run folder; DamagedError if it is not one, or of a newer format."""
    try:
        info = formats.read_json(formats.below(path, "run.json"))
    except FormatError as problem:
        raise DamagedError(str(problem)) from None
    if isinstance(info, dict) and type(info.get("format")) is int and info["format"] > FORMAT:
        raise DamagedError(
            f"{path}: run format {info['format']}; this ratchet reads {FORMAT}: update ratchet"
        )
    if not isinstance(info, dict) or any(type(info.get(key)) is not kind for key, kind in _KINDS):
        raise DamagedError(f"{path / 'run.json'}: is damaged: put back a copy of it")
    return info


def read_settings(path: Path, info: dict[str, Any]) -> Settings:
    """The settings in a run folder; DamagedError if they are not those the run began with."""
    file = formats.below(path, "config.yaml")
    try:
        stored = load(file, [], trusted=False)
    except (SettingsError, OSError) as problem:
        raise DamagedError(f"{file}: is damaged: {problem}") from None
    if settings_digest(stored) != info["settings"]:
        raise DamagedError(f"{file}: was changed since the run began: put it back as it was")
    return stored


def now() -> str:
    """The time as ISO 8601 in UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def version() -> str:
    """The installed version of ratchet, `unknown` from a bare checkout."""
    return _installed("ratchet") or "unknown"


def holder() -> bytes:
    """The text of a lock: host, process and start."""
    return f"host {socket.gethostname()}\npid {os.getpid()}\nstart {now()}\n".encode()


_KINDS = (
    ("format", int),
    ("id", str),
    ("settings", str),
    ("planned", int),
    ("epoch", int),
    ("state", str),
    ("generations", int),
)


@cache
def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


@cache
def _git(folder: Path) -> dict[str, Any] | None:
    """Commit of the checkout this code lies in, and whether it was changed; None outside one."""
    if not (folder / ".git").exists():
        return None
    try:
        commit = _run(folder, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_run(folder, "status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _run(folder: Path, *words: str) -> str:
    command = ["git", "--no-optional-locks", "-C", str(folder), *words]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=10, check=True, stdin=subprocess.DEVNULL
    )
    return done.stdout.strip()
