"""What every benchmark shares: alternating timing, one JSON document, one table."""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

REPEATS = 5


@dataclass(frozen=True)
class Row:
    """One line: a value in a unit, and its ratio to what was timed alternately with it."""

    name: str
    value: float
    unit: str
    baseline: float | None = None  # the same figure of the other thing
    ratio: float | None = None  # value / baseline, above 1 is better for rates
    cpu_seconds: float = 0.0  # of one repeat
    repeats: int = REPEATS


@dataclass(frozen=True)
class Timing:
    """Medians over the repeats, CPU-seconds of this process per call."""

    first: float
    second: float
    repeats: int


def alternate(
    first: Callable[[], Any], second: Callable[[], Any], repeats: int = REPEATS
) -> Timing:
    """Times two callables in turn, so that other load of the machine falls on both; median CPU
    time.

    Both are called once before the clock starts, for compilers and caches.
    """
    if repeats < REPEATS:
        raise ValueError(f"repeats is {repeats}, allowed are whole numbers from {REPEATS}")
    first()
    second()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for call, spent in zip((first, second), times, strict=True):
            before = time.process_time()
            call()
            spent.append(time.process_time() - before)
    return Timing(statistics.median(times[0]), statistics.median(times[1]), repeats)


def measure(call: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Median CPU-seconds of one call, after a first one that is not counted."""
    call()
    times = []
    for _ in range(repeats):
        before = time.process_time()
        call()
        times.append(time.process_time() - before)
    return statistics.median(times)


def rate_row(
    name: str,
    unit: str,
    counts: tuple[float, float],
    first: Callable[[], Any],
    second: Callable[[], Any],
    repeats: int = REPEATS,
) -> Row:
    """Rates: counts[0] things per call of `first`, counts[1] per call of `second`."""
    timing = alternate(first, second, repeats)
    value, baseline = counts[0] / timing.first, counts[1] / timing.second
    return Row(name, value, unit, baseline, value / baseline, timing.first, repeats)


def half_width(values: Sequence[float]) -> float:
    """Half of the 95 % interval of their mean, one value a seed (Student's t)."""
    from scipy import stats

    return float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values))


def document(benchmark: str, rows: Sequence[Row]) -> dict[str, Any]:
    """The JSON document of a benchmark; the machine is described, never named."""
    machine = {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": _versions(),
    }
    return {"benchmark": benchmark, "machine": machine, "rows": [asdict(row) for row in rows]}


def main(benchmark: str, about: str, rows: Callable[[], Sequence[Row]]) -> int:
    """The command line of a benchmark: a table, or with `--json` one JSON document on stdout."""
    parser = argparse.ArgumentParser(prog=f"benchmarks/{benchmark}.py", description=about)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    arguments = parser.parse_args()
    found = rows()
    if arguments.json:
        json.dump(document(benchmark, found), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        show(benchmark, found)
    return 0


def show(benchmark: str, rows: Sequence[Row]) -> None:
    """The rows as a table on stdout."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"benchmark {benchmark}", title_justify="left")
    for column in ("row", "value", "unit", "baseline", "ratio", "CPU s", "repeats"):
        table.add_column(column, justify="left" if column in ("row", "unit") else "right")
    for row in rows:
        numbers = [_number(row.value), row.unit, _number(row.baseline), _number(row.ratio)]
        table.add_row(row.name, *numbers, _number(row.cpu_seconds), str(row.repeats))
    Console(width=max(100, Console().width)).print(table)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if abs(value) >= 1e6:
        return f"{value / 1e6:.1f} M"
    if abs(value) >= 1e4:
        return f"{value / 1e3:.1f} k"
    return f"{value:.3g}"


def _versions() -> dict[str, str]:
    """Versions of the libraries that decide speed, as far as they are loaded."""
    return {
        name: str(getattr(sys.modules[name], "__version__", "?"))
        for name in ("numpy", "numba", "torch", "ray", "pettingzoo", "pyarrow")
        if name in sys.modules
    }
