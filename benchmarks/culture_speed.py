"""How fast social learners learn: rows of `culture.py`, for each family and kind of generations."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks import culture_worlds
from benchmarks.harness import REPEATS, Row
from benchmarks.series import ROOT, environment

# Of issue 5: the code of the authors (Cook 2024, JAX), repaired, on 2 cores. Environment steps a
# second of wall time, except Goal's: a network of our size, and seconds of compilation before it begins.
PUBLISHED = "the authors' JAX code, repaired, on 2 other cores: published, not measured here"
LEARNED = "agent-steps learned/CPU-second"


@dataclass(frozen=True)
class Social:
    """Learners of a preset, shortened until its speed shows."""

    name: str  # FAMILY KIND
    preset: str
    steps: int  # agent-steps of a member that suffice
    generation: int  # whose speed is taken: in train-time the first that has elders
    published: float | None = None  # steps a second
    compiling: float | None = None  # published seconds before the first step

    def words(self) -> list[str]:
        """What `stopwatch` is told."""
        generations = f"culture.generations={self.generation + 1}"
        short = [f"culture.steps={self.steps}", "evaluation.tasks=32", "evaluation.episodes=1"]
        controls = ("single_lifetime", "placebo", "isolated", "untaught", "inherit")
        without = [f"culture.{name}=false" for name in controls]
        return [self.preset, generations, *short, *without, "run.replays=0"]


@dataclass(frozen=True)
class Told(Row):
    """A row that says what its baseline is."""

    against: str = ""


LEARNERS = (
    Social("memory_sequence episodic", "memory_in_context", 200_000, 0, 7_000, 21),
    Social("memory_sequence train-time", "memory_in_weights", 20_000, 1, 440, 21),
    Social("travelling_salesperson episodic", "tour_in_context", 200_000, 0, 2_000, 21),
    Social("travelling_salesperson train-time", "tour_in_weights", 20_000, 1),
    Social("goal_sequence episodic", "in_context", 240_000, 0, 10_000, 36),
    Social("goal_sequence train-time", "in_weights", 60_000, 1),
)


def rows(jax: str = "") -> list[Row]:
    """Of each family its worlds, of each kind its rate and the seconds until it has learned from a first batch.

    With `jax`, an interpreter that has it, social learners of Memory Sequence are compared with such ones in JAX.
    """
    found = [
        *culture_worlds.rows(),
        *(row for one in LEARNERS for row in (rate(one), first_batch(one))),
    ]
    if jax:
        found += [beside_jax(one, one.name.split()[1], jax) for one in LEARNERS[:2]]
    return found


def beside_jax(one: Social, kind: str, python: str) -> Told:
    """Its rate beside that of `jax_memory.py`, run after it by an interpreter that has jax."""
    command = [python, str(ROOT / "benchmarks" / "jax_memory.py"), "--kind", kind]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    against = f"benchmarks/jax_memory.py in the same run, {found['first']:.0f} s after its start"
    row = replace(rate(one), baseline=found["rate"], against=against)
    return replace(row, name=f"{row.name} vs plain JAX", ratio=row.value / found["rate"])


def rate(one: Social) -> Told:
    """Agent-steps learned from, from propose to learn, per CPU-second: the median of five pieces of a lifetime."""
    _, events = timed(one.words())
    mine = [
        event
        for event in events
        if event["kind"] == "iteration" and event["generation"] == one.generation
    ]
    ends = [mine[len(mine) * piece // (REPEATS + 1)] for piece in range(1, REPEATS + 1)]
    ends.append(mine[-1])  # the first sixth warms up
    pieces = [
        (after["steps"] - before["steps"], after["cpu"] - before["cpu"])
        for before, after in zip(ends, ends[1:], strict=False)
    ]
    value = statistics.median(steps / seconds for steps, seconds in pieces)
    return Told(
        name=f"{one.name}: training",
        value=value,
        unit=LEARNED,
        baseline=one.published,
        ratio=value / one.published if one.published else None,
        cpu_seconds=statistics.median(seconds for _, seconds in pieces),
        against=PUBLISHED if one.published else "",
    )


def first_batch(one: Social) -> Told:
    """Seconds from the start of a process until its first batch is learned, compiled kernels being kept on disk."""
    times = [until_first_batch(one) for _ in range(REPEATS)]
    value = statistics.median(seconds for seconds, _ in times)
    return Told(
        name=f"{one.name}: first batch learned",
        value=value,
        unit="seconds after start",
        baseline=one.compiling,
        ratio=one.compiling / value if one.compiling else None,
        cpu_seconds=statistics.median(cpu for _, cpu in times),
        against=PUBLISHED if one.compiling else "",
    )


def until_first_batch(one: Social, **more: str) -> tuple[float, float]:
    """Seconds and CPU-seconds of a fresh process until its first batch is learned."""
    began, events = timed(one.words(), stop=True, **more)
    return events[-1]["clock"] - began, events[-1]["cpu"]


def timed(words: Sequence[str], stop: bool = False) -> tuple[float, list[dict[str, Any]]]:
    """When a stopwatch was started, and what it told until its experiment, or with `stop` its first iteration, ended.

    Raises RuntimeError if it failed.
    """
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.stopwatch", *words],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        events: list[dict[str, Any]] = []
        for line in process.stdout:
            events.append(json.loads(line))
            if stop and events[-1]["kind"] == "iteration":
                process.terminate()
                return began, events
    if process.returncode:
        raise RuntimeError(
            f"{' '.join(words)} ended with exit code {process.returncode}; see above"
        )
    return began, events
