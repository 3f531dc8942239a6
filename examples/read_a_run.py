"""Read a run folder with plain tools: JSON, Parquet and safetensors, nothing of Ratchet.

How to run:      .venv/bin/python examples/read_a_run.py RUN
What to expect:  the return of every generation, the tasks with the highest regret, and the size of
                 the best member's network; nothing of it before the first generation is over.
"""

import json
import sys
from pathlib import Path

import pyarrow.parquet as parquet
from safetensors.numpy import load_file


def main(run: Path) -> None:
    """Prints what a run has learned so far."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    if not lines:
        sys.exit(f"{run}: no generation is over yet")
    for line in lines:
        row = json.loads(line)
        print(f"generation {row['generation']}: return {row['return']:+.3f}")

    newest = sorted((run / "tasks").glob("g*.parquet"))[-1]
    tasks = parquet.read_table(newest).sort_by([("regret", "descending")]).to_pylist()
    for task in tasks[:3]:
        print(f"task {task['task']}: {task['estimator']} {task['regret']:.3f}")

    best = json.loads((run / "members" / "best.json").read_text())
    weights = load_file(run / best["weights"])
    print(f"{best['member']}: {sum(array.size for array in weights.values()):,} parameters")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: read_a_run.py RUN")
    main(Path(sys.argv[1]))
