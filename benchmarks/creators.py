"""How fast the task buffer is, what each creator gains over uniform draws, and where.

    python benchmarks/creators.py [--json]          speed, all toys, and what is kept of worlds
    python benchmarks/creators.py speed|table [--json]
    python benchmarks/creators.py toys [TOY ...] [--arms ARM,ARM] [--seeds N] [--first-seed S] [--jobs 2]
    python benchmarks/creators.py worlds [WORLD ...] [--arms ARM,ARM] [--seeds N] [--first-seed S] [--jobs 2]

On Ladders (8 ladders of 12 rungs, half of all tasks hopeless) a row's value is the mean exact skill after 300,000
agent-steps, on Cells (10 x 10, one opens the way to the next) the share of cells mastered after 20,000; its baseline
is that of uniform draws with the same seeds. All toys take ten minutes of one core. `toys` writes
benchmarks/results/creators-toy.json and docs/pictures/creators-toy.png.

Of worlds a row's value is the return on held-out tasks after equal agent-steps, in whole experiments, each
`ratchet run` for some minutes of one core. Their run folders stay in `--runs`; what is finished there is not run
again. Words with `=` are settings, put on top of the world's. It writes benchmarks/results/creators-WORLD.json and
docs/pictures/creators-worlds.png.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import creators_share, creators_speed, creators_toy, creators_worlds  # noqa: E402
from benchmarks.creators_toy import TOYS  # noqa: E402
from benchmarks.creators_worlds import WORLDS  # noqa: E402
from benchmarks.evidence import PICTURES, RESULTS  # noqa: E402
from benchmarks.harness import Row, document, show  # noqa: E402


def main() -> int:
    """The command line: a table, or with `--json` one JSON document on stdout."""
    asked = parser().parse_intermixed_args()
    places = asked.out or RESULTS, asked.out or PICTURES
    if asked.part == "table":
        print(creators_worlds.table(places[0]))
        return 0
    rows: list[Row] = []
    arms = asked.arms.split(",") if asked.arms else None
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    if asked.part in (None, "speed"):
        rows += [*creators_speed.rows(), *creators_share.rows()]
    if asked.part in (None, "toys"):
        found = creators_toy.rows(named(asked, TOYS), arms, seeds, asked.jobs)
        rows += found
        if asked.part:
            creators_toy.keep(found, *places)
    if asked.part is None:
        rows += creators_worlds.kept(places[0])
    if asked.part == "worlds":
        try:
            rows += creators_worlds.gather(
                named(asked, WORLDS),
                arms,
                tuple(word for word in asked.words if "=" in word),
                *(seeds, asked.runs, asked.jobs, *places),
            )
        except RuntimeError as problem:  # of a run, which is told with what it printed
            print(problem, file=sys.stderr)
            return 1
    if asked.json:
        json.dump(document("creators", rows), sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        show("creators", rows)
    return 0


def named(asked: argparse.Namespace, known: dict[str, object]) -> list[str]:
    """The toys or worlds on the command line, all of them if none."""
    names = [word for word in asked.words if "=" not in word] or list(known)
    if unknown := sorted({*names} - {*known}):
        raise SystemExit(f"{unknown[0]}: unknown; known are {', '.join(known)}")
    return names


def parser() -> argparse.ArgumentParser:
    """Of the command line."""
    made = argparse.ArgumentParser(
        prog="benchmarks/creators.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = ("speed", "toys", "worlds", "table")
    made.add_argument("part", nargs="?", choices=parts, help="all that take minutes if left out")
    made.add_argument("words", nargs="*", metavar="NAME", help="toys or worlds; all if none")
    made.add_argument("--json", action="store_true", help="one JSON document on stdout")
    made.add_argument("--arms", default="", help="creators to run, with commas (default all)")
    made.add_argument("--seeds", type=int, default=5, help="seeds, at least 2 (default 5)")
    made.add_argument("--first-seed", type=int, default=0, help="the first of them (default 0)")
    made.add_argument("--jobs", type=int, default=2, help="processes at a time (default 2)")
    made.add_argument("--runs", type=Path, default=Path("runs/creators"), help="where runs stay")
    made.add_argument("--out", type=Path, help="where results and pictures go")
    return made


if __name__ == "__main__":
    sys.exit(main())
