"""Several seeds of one experiment in a table: does the gain of culture hold beyond one run?

How to run:      .venv/bin/python examples/compare_seeds.py RUN RUN ...
What to expect:  per generation the mean over runs of the young's return, of the single lifetime's
                 and of their gap, with a 95 % Student t interval over runs. Without single lifetimes
                 (culture.single_lifetime=false) there is the first alone. A picture of the same:
                 ratchet plot --mean RUN RUN ...
"""

import json
import sys
from pathlib import Path

import numpy as np
from scipy import stats

COLUMNS = {"return": "culture", "lone_return": "single lifetime", "gain": "gain"}


def interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and half width of its 95 % interval, each [generations], of [runs, generations]."""
    runs = len(values)
    return values.mean(0), stats.t.ppf(0.975, runs - 1) * stats.sem(values, axis=0)


def main(runs: list[Path]) -> None:
    """Prints one line per generation."""
    lines = [(run / "metrics.jsonl").read_text().splitlines() for run in runs]
    rows = [[json.loads(line) for line in run] for run in lines]
    generations = min(map(len, rows))
    shared = [name for name in COLUMNS if all(name in row for run in rows for row in run)]
    found = {
        name: interval(np.array([[row[name] for row in run[:generations]] for run in rows]))
        for name in shared
    }
    for generation in range(generations):
        cells = [
            f"{COLUMNS[name]} {mean[generation]:+.2f} ± {half[generation]:.2f}"
            for name, (mean, half) in found.items()
        ]
        print(f"generation {generation}, {len(runs)} runs:", ", ".join(cells))


if __name__ == "__main__":
    folders = [Path(name) for name in sys.argv[1:]]
    if len(folders) < 2:
        sys.exit("usage: compare_seeds.py RUN RUN ... (an interval needs two runs)")
    main(folders)
