"""What all tests share: the command as a user starts it, and one finished run of the debug preset."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent

Command = Callable[..., subprocess.CompletedProcess[str]]


def command_line(*words: str) -> list[str]:
    """`ratchet WORDS` as a process of this Python."""
    return [sys.executable, "-m", "ratchet", *words]


def code_of(page: str) -> list[str]:
    """The blocks of Python in a page of docs."""
    return re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.M | re.S)


def environment(**more: str) -> dict[str, str]:
    """The environment of such a process: this checkout, no cluster, no colour."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("RAY_")}
    path = os.pathsep.join([str(ROOT), *filter(None, [inherited.get("PYTHONPATH")])])
    return {**inherited, "PYTHONPATH": path, **more}


@pytest.fixture
def ratchet(tmp_path: Path) -> Command:
    """Runs `ratchet WORDS` in an empty folder (or `cwd`) and returns what came of it."""

    def start(
        *words: str, cwd: Path | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command_line(*words),
            cwd=cwd or tmp_path,
            env=environment(**more),
            capture_output=True,
            text=True,
            timeout=240,
            stdin=subprocess.DEVNULL,
        )

    return start


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `runs/first`, a finished run of the debug preset; what it printed is in stdout and stderr.

    Made once for all processes of pytest-xdist. Do not write into it; `mine` is a copy to spoil.
    """
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = base / "finished"
    with FileLock(base / "finished.lock"):
        if not (folder / "whole").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            done = subprocess.run(
                command_line("run", "debug", "run.dir=runs/first"),
                cwd=folder,
                env=environment(),
                capture_output=True,
                text=True,
                timeout=240,
                stdin=subprocess.DEVNULL,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            (folder / "stdout").write_text(done.stdout)
            (folder / "stderr").write_text(done.stderr)
            (folder / "whole").touch()
    return folder


@pytest.fixture
def mine(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished run that a test may change."""
    shutil.copytree(finished / "runs", tmp_path / "runs")
    return tmp_path / "runs" / "first"
