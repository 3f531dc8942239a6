"""An environment of PettingZoo's registry, trained by a population with the whole machinery.

How to run:      .venv/bin/python examples/bring_your_own.py
What to expect:  under a minute on two cores: two members learn to catch evaders in sisl/pursuit-v5
                 (settings in pursuit.yaml), each beside the other. Their mean return is printed as
                 it rises, from about 5 to above 9.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet

SETTINGS = Path(__file__).parent / "pursuit.yaml"
STEP = 5  # iterations per line


def returns(run: Path) -> np.ndarray:
    """[members, iterations] mean return of agent_0, as the members learned."""
    rows = parquet.read_table(run / "metrics" / "g0000.parquet").to_pylist()
    curve = [row for row in rows if row["name"] == "return"]
    curve.sort(key=lambda row: (row["member"], row["iteration"]))
    return np.array([row["value"] for row in curve]).reshape(len({r["member"] for r in curve}), -1)


def main() -> None:
    """Runs `ratchet run pursuit.yaml` in a folder that is thrown away, and prints its learning curve."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        words = ["run", str(SETTINGS), f"run.dir={run}", "--quiet", *sys.argv[1:]]
        done = subprocess.run(
            [sys.executable, "-m", "ratchet", *words], capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(done.stderr)
        curve = returns(run).mean(0)
    for first in range(0, len(curve), STEP):
        part = curve[first : first + STEP]
        print(f"iterations {first:2} to {first + len(part) - 1:2}: return {part.mean():.2f}")


if __name__ == "__main__":
    main()
