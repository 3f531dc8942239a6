"""Several seeds of one experiment in a table: does the gain of culture hold beyond one run?

How to run:      .venv/bin/python examples/compare_seeds.py RUN RUN ... [gain.png]
What to expect:  per generation the mean over runs of the young's return, of the single lifetime's
                 and of their gap, with a 95 % Student t interval over runs; and a plot if asked.
                 Without single lifetimes (culture.single_lifetime=false) there is the first alone.
"""

import json
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

COLUMNS = {"return": "culture", "lone_return": "single lifetime", "gain": "gain"}


def interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and half width of its 95 % interval, each [generations], of [runs, generations]."""
    runs = len(values)
    return values.mean(0), stats.t.ppf(0.975, runs - 1) * stats.sem(values, axis=0)


def main(runs: list[Path], picture: Path | None) -> None:
    """Prints one line per generation; draws the returns into the picture."""
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
    if picture is None:
        return
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name in shared[:2]:
        axes.errorbar(range(generations), *found[name], fmt="o-", capsize=4, label=COLUMNS[name])
    axes.set(xlabel="generation", ylabel="return on held-out tasks", xticks=range(generations))
    axes.legend()
    figure.savefig(picture, dpi=150)


if __name__ == "__main__":
    pictures = [Path(name) for name in sys.argv[1:] if name.endswith(".png")]
    folders = [Path(name) for name in sys.argv[1:] if not name.endswith(".png")]
    if len(folders) < 2:
        sys.exit("usage: compare_seeds.py RUN RUN ... [gain.png] (an interval needs two runs)")
    main(folders, pictures[-1] if pictures else None)
