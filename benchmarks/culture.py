"""What culture gains, and how fast social learners learn.

    python benchmarks/culture.py [--json]             speed, and the evidence that is kept
    python benchmarks/culture.py speed [--json] [--jax PYTHON]
    python benchmarks/culture.py evidence [FAMILY-KIND ...] [--seeds N] [--first-seed S] [--jobs 2] [--json]

Evidence are whole experiments, each `ratchet run PRESET` for some minutes to an hour of one core. Their run
folders stay in `--runs`; what is finished there is not run again, so an interrupted series goes on when the same
command is given. It writes benchmarks/results/culture-FAMILY-KIND.json and docs/pictures/culture-FAMILY-KIND.png, or
both to `--out`. Words with `=` are settings, put on top of the presets.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import culture_speed, evidence  # noqa: E402
from benchmarks.evidence import SERIES, GainRow  # noqa: E402
from benchmarks.harness import Row, document, show  # noqa: E402


def main() -> int:
    """The command line: a table, or with `--json` one JSON document on stdout."""
    asked = parser().parse_intermixed_args()
    rows: list[Row] = []
    if asked.part != "evidence":
        rows += culture_speed.rows(asked.jax)
    if asked.part is None:
        rows += evidence.kept()
    if asked.part == "evidence":
        try:
            rows += experiments(asked)
        except RuntimeError as problem:  # of a run, which is told with what it printed
            print(problem, file=sys.stderr)
            return 1
    if asked.json:
        json.dump(document("culture", rows), sys.stdout, indent=2)
        sys.stdout.write("\n")
        return 0
    show("culture", rows)
    for row in rows:
        if isinstance(row, GainRow):
            print(sentence(row))
    return 0


def experiments(asked: argparse.Namespace) -> list[GainRow]:
    """The rows of the series that the command line names, all of them if none."""
    settings = tuple(word for word in asked.words if "=" in word)
    names = [word for word in asked.words if "=" not in word] or list(SERIES)
    if unknown := sorted({*names} - {*SERIES}):
        raise SystemExit(f"{unknown[0]}: unknown; known are {', '.join(SERIES)}")
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    places = (asked.out or evidence.RESULTS, asked.out or evidence.PICTURES)
    return [
        evidence.gather(
            SERIES[name].but(settings),
            *(seeds, asked.runs, asked.jobs, *places),
        )
        for name in names
    ]


def sentence(row: GainRow) -> str:
    """The gain of a row with its interval."""
    if row.gain is None:
        return f"{row.name}: {row.verdict}"
    span = f"{row.gain:+.2f} [{row.gain_low:+.2f}, {row.gain_high:+.2f}]"
    return f"{row.name}: gain {span} over {row.seeds} seeds: {row.verdict}"


def parser() -> argparse.ArgumentParser:
    """Of the command line."""
    made = argparse.ArgumentParser(
        prog="benchmarks/culture.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("part", nargs="?", choices=("speed", "evidence"), help="both if left out")
    made.add_argument("words", nargs="*", metavar="FAMILY-KIND", help=", ".join(SERIES))
    made.add_argument("--json", action="store_true", help="one JSON document on stdout")
    made.add_argument("--jax", default="", help="a Python that has jax, to be compared with")
    made.add_argument("--seeds", type=int, default=5, help="training seeds (default 5)")
    made.add_argument("--first-seed", type=int, default=0, help="the first of them (default 0)")
    made.add_argument("--jobs", type=int, default=2, help="experiments at a time (default 2)")
    made.add_argument("--runs", type=Path, default=Path("runs/culture"), help="where runs stay")
    made.add_argument("--out", type=Path, help="where results and pictures go")
    return made


if __name__ == "__main__":
    sys.exit(main())
