"""What this machine offers Ratchet, check by check; only the deep checks load torch and Ray."""

import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from configs.limits import GIB

PACKAGES = ("ray", "torch", "numpy", "numba", "pettingzoo", "gymnasium", "omegaconf", "pyarrow")
OPTIONAL = {"pillow": "viewer", "matplotlib": "plot", "aiohttp": "cluster"}
SOCKET_PATH = 107  # bytes that the path of a Unix socket may have
# what Ray appends to our temporary folder, at its longest
RAY_APPENDS = len("/rr12345678/session_2026-01-01_00-00-00_123456_1234567/sockets/plasma_store")
ENOUGH = 2 * GIB  # free disk for a small run and Ray's session


@dataclass(frozen=True)
class Check:
    """One line of the doctor: what was looked at, what was found, and the cure if that will not do."""

    name: str
    found: str
    cure: str = ""

    @property
    def fine(self) -> bool:
        """True if nothing needs to be done."""
        return not self.cure


def examine(rooms: Sequence[str], deep: bool = False) -> list[dict[str, Any]]:
    """All checks in order as name, found, fine and cure; `deep` imports torch and Ray, looks for a device.

    `rooms` are our own packages.
    """
    checks = [_python(), *map(_package, PACKAGES), _pygame()]
    checks += [_optional(name, extra) for name, extra in OPTIONAL.items()]
    checks += [_room(room) for room in rooms]
    checks += [_cores(), _display(), _ffmpeg(), _disk(), _temporary()]
    checks += _deep() if deep else []
    return [{**asdict(check), "fine": check.fine} for check in checks]


def lines(checks: list[dict[str, Any]]) -> str:
    """One line per check, with the cure where one is needed."""
    width = max(len(check["name"]) for check in checks)
    return "\n".join(
        f"{'ok ' if c['fine'] else 'BAD'}  {c['name']:{width}}  {c['found']}"
        + (f": {c['cure']}" if c["cure"] else "")
        for c in checks
    )


def _python() -> Check:
    found = f"{platform.python_version()} at {sys.executable}"
    fits = (3, 11) <= sys.version_info[:2] < (3, 15)
    return Check("python", found, "" if fits else "use Python 3.11 to 3.14")


def _package(name: str) -> Check:
    version = _version(name)
    return Check(name, version or "missing", "" if version else "install from requirements.lock")


def _optional(name: str, extra: str) -> Check:
    return Check(name, _version(name) or f"not installed (extra {extra})")


def _pygame() -> Check:
    """pygame and pygame-ce write the same folder: one of them, never both."""
    found = {name: version for name in ("pygame", "pygame-ce") if (version := _version(name))}
    text = ", ".join(f"{name} {version}" for name, version in found.items())
    cure = "uninstall both, then install one of them: they overwrite each other"
    return Check("pygame", text or "not installed (extra viewer)", cure if len(found) > 1 else "")


def _room(name: str) -> Check:
    found = importlib.util.find_spec(name)
    origin = "" if found is None or found.origin is None else found.origin
    beside = bool(origin) and Path(origin).parent.parent == Path(__file__).parent.parent
    return Check(f"room {name}", origin or "missing", "" if beside else "another package hides it")


def _cores() -> Check:
    return Check("cores", f"{len(os.sched_getaffinity(0)) if _linux() else os.cpu_count()}")


def _display() -> Check:
    shown = not _linux() or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return Check("display", "yes" if shown else "none: view and export work with --shot and files")


def _ffmpeg() -> Check:
    path = shutil.which("ffmpeg")
    bundled = _version("imageio-ffmpeg")
    found = path or (f"imageio-ffmpeg {bundled}" if bundled else "none (extra video): no mp4")
    return Check("ffmpeg", found)


def _disk() -> Check:
    free = shutil.disk_usage(".").free
    cure = "" if free >= ENOUGH else f"free {ENOUGH / GIB:.0f} GiB, or set run.dir to another disk"
    return Check("disk", f"{free / GIB:.1f} GiB free here", cure)


def _temporary() -> Check:
    """Ray makes Unix sockets below the temporary folder, and their paths must be short."""
    folder = tempfile.gettempdir()
    length = len(os.fsencode(folder)) + RAY_APPENDS
    cure = (
        ""
        if length <= SOCKET_PATH or not _linux()
        else "set TMPDIR to a folder with a shorter path"
    )
    return Check("temporary", f"{folder} (Ray's longest socket path: {length} bytes)", cure)


def _deep() -> list[Check]:
    try:
        import ray
        import torch
    except ImportError as problem:
        return [Check("imports", str(problem), "install from requirements.lock")]
    device = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none, CPU only"
    return [
        Check("import torch", f"{torch.__version__}, {torch.get_num_threads()} threads"),
        Check("import ray", ray.__version__),
        Check("accelerator", device),
    ]


def _version(name: str) -> str:
    """The installed version, "" for none; also of a broken installation without metadata."""
    try:
        return metadata.version(name) or ""
    except metadata.PackageNotFoundError:
        return ""


def _linux() -> bool:
    return sys.platform.startswith("linux")
