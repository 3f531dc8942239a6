"""Experiments over several seeds, each as `ratchet run` in a process of its own; an interrupted series goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from configs.environment import FIXED
from viewer.library import Run

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Series:
    """What is run for a family and a kind of generations."""

    family: str
    kind: str  # "episodic" or "train-time"
    preset: str
    overrides: tuple[str, ...] = ()  # beside the preset, for all seeds

    @property
    def name(self) -> str:
        """As files are called."""
        return f"{self.family}-{self.kind}"

    def but(self, overrides: Sequence[str]) -> Series:
        """With these settings, which go before its own."""
        told = {word.partition("=")[0]: word for word in (*self.overrides, *overrides)}
        return replace(self, overrides=tuple(told.values()))

    def words(self, seed: int) -> list[str]:
        """What follows `ratchet run`, but for the folder."""
        return [self.preset, *self.overrides, f"seed={seed}", "workers=0"]


@dataclass(frozen=True)
class Done:
    """A finished run of a series, and what it cost in all the processes that worked at it."""

    seed: int
    run: Run
    command: str
    cpu_seconds: float
    wall_seconds: float


def run_all(series: Series, seeds: Sequence[int], folder: Path, jobs: int) -> list[Done]:
    """The runs of all seeds, `jobs` at a time, in `folder/NAME/sSEED`; what is finished there is not run again.

    Raises RuntimeError, with the end of what it printed, for the first run that failed; no further one begins then.
    """
    failed = Event()

    def attempt(seed: int) -> Done | None:
        if failed.is_set():
            return None
        try:
            return run_one(series, seed, folder / series.name / f"s{seed:02}")
        except RuntimeError:
            failed.set()
            raise

    with ThreadPoolExecutor(jobs) as pool:
        return [done for done in pool.map(attempt, seeds) if done is not None]


def run_one(series: Series, seed: int, path: Path) -> Done:
    """Begins a run, or goes on with it; what it costs is added up in a file beside its folder."""
    words, ledger = series.words(seed), path.with_suffix(".cost.json")
    spent = json.loads(ledger.read_text()) if ledger.exists() else {"cpu": 0.0, "wall": 0.0}
    if not _finished(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        code, said, cpu, wall = _carry_out([*words, f"run.dir={path}"])
        spent = {"cpu": spent["cpu"] + cpu, "wall": spent["wall"] + wall}
        ledger.write_text(json.dumps(spent))
        if code:
            raise RuntimeError(f"{path} ended with exit code {code}:\n{said[-2000:]}")
        print(f"{path}: done in {spent['wall'] / 60:.1f} minutes", file=sys.stderr, flush=True)
    command = " ".join(["ratchet", "run", *words])
    return Done(seed, Run(path), command, spent["cpu"], spent["wall"])


def _finished(path: Path) -> bool:
    return (path / "run.json").exists() and Run(path).info["state"] == "done"


def _carry_out(words: Sequence[str]) -> tuple[int, str, float, float]:
    """`ratchet run WORDS` with one thread: exit code, what it printed, CPU-seconds, seconds."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "ratchet", "run", *words],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)  # as `wait`, and tells the time of this child alone
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, said, used.ru_utime + used.ru_stime, time.monotonic() - began


def environment() -> dict[str, str]:
    """The environment of a process of this checkout with one thread."""
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, **FIXED, "PYTHONPATH": paths}


def settings_told(series: Series) -> dict[str, Any]:
    """The settings of the series that are not as the schema has them, by key."""
    from configs.keys import SETTINGS, flat
    from configs.load import load

    values = flat(load(series.preset, list(series.overrides)))
    return {key: value for key, value in values.items() if value != SETTINGS[key].default}
