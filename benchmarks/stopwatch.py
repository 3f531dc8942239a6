"""An experiment in a fresh process that says when it had done what: one line of JSON for each event.

    python -m benchmarks.stopwatch CONFIG [key=value ...]

A line has the event's kind, generation, iteration and steps as far as it has them, `cpu`, CPU-seconds of this
process so far, and `clock`, of the machine's monotonic clock, which who started the process can read too.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Runs what the command line names in a folder that goes with the process."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # what libraries print is no answer
    from configs.load import load
    from culture import experiment
    from culture.records import Records

    def tell(event: dict[str, Any]) -> None:
        facts = {key: event.get(key) for key in ("kind", "generation", "iteration", "steps")}
        now = {"cpu": time.process_time(), "clock": time.monotonic()}
        print(json.dumps({**facts, **now}), file=answers, flush=True)

    settings = load(sys.argv[1], ["workers=0", *sys.argv[2:]])
    with (
        tempfile.TemporaryDirectory() as folder,
        Records.create(Path(folder) / "run", settings) as records,
    ):
        experiment.run(settings, records, tell)


if __name__ == "__main__":
    main()
