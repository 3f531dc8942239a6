"""Learning curves of runs on held-out tasks: shares of the best return known, with what scripts reach.

How to run:      .venv/bin/python docs/learning_curve.py RUN [RUN ...] curve.png
What to expect:  a line per member with its shares at birth and at the end, and the picture of all.
                 The runs need evaluation.points of at least 1; only their first generation is read.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as parquet
from matplotlib.figure import Figure

SHOWN = {"p50": "median", "p80": "80th percentile", "participation": "tasks with any reward"}
SCRIPTS = {"oracle": "--", "noise": ":"}

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
    for run in runs:
        for who, found in curves(run).items():
            for name, curve in found.items():
                if who in SCRIPTS:
                    panels[name].axhline(curve[0], color="grey", linestyle=SCRIPTS[who], alpha=0.4)
                    continue
                if who == "nobody":
                    continue
                card = json.loads((run / "members" / "g0000" / f"{who}.json").read_text())
                millions = card["lived"] / max(curve) / 1e6
                panels[name].plot(
                    [i * millions for i in sorted(curve)], [curve[i] for i in sorted(curve)]
                )
            told = (
                f"{name} {list(c.values())[0]:.2f} -> {c[max(c)]:.2f}" for name, c in found.items()
            )
            print(f"{run.name} {who}:", ", ".join(told))
    for name, panel in panels.items():
        panel.set(title=SHOWN[name], xlabel="million agent-steps", ylim=(0, 1.02))
    panels["p50"].set_ylabel("share of the best return known")
    figure.savefig(picture, dpi=150)


if __name__ == "__main__":
    *folders, last = map(Path, sys.argv[1:])
    if not folders or last.suffix != ".png":
        sys.exit("usage: learning_curve.py RUN [RUN ...] curve.png")
    main(folders, last)
