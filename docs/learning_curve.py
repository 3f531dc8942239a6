"""Draws learning curves of runs on held-out tasks: shares of the best return known.

How to run:      .venv/bin/python docs/learning_curve.py RUN [RUN ...] curve.png
What to expect:  a line per member with its shares at birth and at the end, and the picture of all: a
                 colour per run, dashed what the planner reaches, dotted what random actions do.
                 The runs need evaluation.points of at least 1; their first generation is read.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as parquet
from matplotlib.figure import Figure

SHOWN = {"p50": "median", "p80": "80th percentile", "participation": "tasks with any reward"}
SCRIPTS = {"oracle": "--", "noise": ":", "nobody": ""}

Curve = dict[int, float]  # iterations lived -> value


def curves(run: Path) -> dict[str, dict[str, Curve]]:
    """Who -> name in SHOWN -> curve."""
    found: dict[str, dict[str, Curve]] = defaultdict(lambda: defaultdict(dict))
    for row in parquet.read_table(run / "metrics" / "g0000.parquet").to_pylist():
        name = row["name"].removeprefix("heldout_")
        if name in SHOWN:
            found[row["member"]][name][row["iteration"]] = row["value"]
    return found


def main(runs: list[Path], picture: Path) -> None:
    """Prints what the members gained, and draws how."""
    figure = Figure(figsize=(10, 3.5), layout="constrained")
    panels = dict(zip(SHOWN, figure.subplots(1, len(SHOWN), sharey=True), strict=True))
    for number, run in enumerate(runs):
        for who, found in curves(run).items():
            for name, curve in found.items():
                if who in SCRIPTS:
                    panels[name].axhline(curve[0], color="grey", linestyle=SCRIPTS[who], alpha=0.4)
                else:
                    card = json.loads((run / "members" / "g0000" / f"{who}.json").read_text())
                    steps = [card["lived"] / max(curve) / 1e6 * iteration for iteration in curve]
                    panels[name].plot(steps, list(curve.values()), color=f"C{number}")
            ends = ((name, curve[0], curve[max(curve)]) for name, curve in found.items())
            told = (f"{name} {first:.2f} -> {last:.2f}" for name, first, last in ends)
            print(f"{run.name} {who}:", ", ".join(told))
    for name, panel in panels.items():
        panel.set(title=SHOWN[name], xlabel="million agent-steps", ylim=(0, 1.02))
    panels["p50"].set_ylabel("share of the best return known")
    figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    *folders, last = map(Path, sys.argv[1:])
    if not folders or last.suffix != ".png":
        sys.exit("usage: learning_curve.py RUN [RUN ...] curve.png")
    main(folders, last)
