"""What population-based training gains over the same population without it, at equal agent-steps.

    python benchmarks/population_training.py [--json] [--quick] [--seeds N]

Both arms begin with the same members, whose settings are spread by the same draws, in the world of
the quickstart; the steps of its comparisons are given to the arm without them as experience. A
row's value and baseline are means over seeds of held-out returns, with and without; `gain` is the
mean of the differences within seeds, `low` to `high` its 95 % interval (Student's t over seeds).
With --quick a tenth of a lifetime is lived, in two seeds: a check that all runs, not a result.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import Row, document, half_width, show  # noqa: E402
from configs.load import load  # noqa: E402
from configs.schema import Settings  # noqa: E402
from culture import experiment  # noqa: E402
from culture.records import Records  # noqa: E402
from viewer.library import Run  # noqa: E402

SEEDS = 5
STEPS, CHECK_EVERY = 150_000, 25_000  # of a lifetime, between comparisons; agent-steps of a member
TASKS = 64  # of a comparison, and held out
SPREAD = 4


@dataclass(frozen=True)
class GainRow(Row):
    """A row whose gain is told with its interval."""

    gain: float = 0.0
    low: float = 0.0
    high: float = 0.0


def arm(seed: int, tasks: int, steps: int, check_every: int) -> Settings:
    """One lifetime of the quickstart's population, alone; without comparisons if `check_every` is 0."""
    training = (
        [
            f"pbt.check_every={check_every}",
            f"pbt.warm_up={2 * check_every}",
            f"pbt.rest={check_every}",
        ]
        if check_every
        else []
    )
    alone = ["culture.first_generation=alone", "culture.reset_layers=0"]
    alone += ["transmission.distil=0", "transmission.until=0.25"]
    short = ["culture.generations=1", "culture.single_lifetime=false", f"culture.steps={steps}"]
    more = ["workers=0", "run.replays=0", f"seed={seed}", f"pbt.spread={SPREAD}"]
    more.append(f"evaluation.tasks={tasks}")
    return load("quickstart", [*training, *alone, *short, *more])


def lived(settings: Settings) -> tuple[np.ndarray, int]:
    """Held-out returns of the members, best on validation tasks first; steps of comparisons per member."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        with Records.open_or_create(path, settings) as records:
            experiment.run(settings, records, lambda event: None)
            records.set_state("done")
        lineage, (line,) = Run(path).table("lineage"), Run(path).metrics()
    returns = np.asarray(lineage["return"])[np.asarray(lineage["iteration"]) == 0]
    once = settings.evaluation.tasks * settings.evaluation.episodes * settings.world.trial_length
    return returns, int(line["validation_steps"]) // len(returns) - once


def compared(seed: int, quick: bool) -> tuple[np.ndarray, np.ndarray]:
    """Returns [P] with population-based training and without."""
    share = 10 if quick else 1
    steps, check_every, tasks = STEPS // share, CHECK_EVERY // share, TASKS // min(share, 4)
    trained, spent = lived(arm(seed, tasks, steps, check_every))
    plain, _ = lived(arm(seed, tasks, steps + spent, 0))
    text = f"seed {seed}: with {_told(trained)}; without, {spent:,} steps more, {_told(plain)}"
    print(text, file=sys.stderr, flush=True)
    return trained, plain


def rows(seeds: int, quick: bool) -> list[Row]:
    """Of all members' mean, of the member chosen on validation tasks, and of the worst member."""
    began = time.process_time()
    pairs = [compared(seed, quick) for seed in range(seeds)]
    spent = (time.process_time() - began) / seeds
    figures = {
        "mean of 8 members": np.mean,
        "chosen member": lambda each: each[0],
        "worst member": np.min,
    }
    return [
        _row(name, [figure(one) for one, _ in pairs], [figure(other) for _, other in pairs], spent)
        for name, figure in figures.items()
    ]


def _row(name: str, trained: Sequence[float], plain: Sequence[float], spent: float) -> GainRow:
    gains = np.subtract(trained, plain)
    half = half_width(gains)
    value, baseline, gain = float(np.mean(trained)), float(np.mean(plain)), float(gains.mean())
    return GainRow(
        name=f"{name}: with population-based training vs without",
        value=value,
        unit="return",
        baseline=baseline,
        ratio=value / baseline,
        cpu_seconds=spent,
        repeats=len(gains),
        gain=gain,
        low=gain - half,
        high=gain + half,
    )


def _told(returns: np.ndarray) -> str:
    return f"{returns.mean():.2f} (chosen {returns[0]:.2f}, worst {returns.min():.2f})"


def main() -> int:
    """The command line: a table, or with `--json` one JSON document on stdout."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--quick", action="store_true", help="a tenth of a lifetime, two seeds")
    parser.add_argument("--seeds", type=int, choices=range(2, 11), default=SEEDS)
    given = parser.parse_args()
    found = rows(2 if given.quick else given.seeds, given.quick)
    if given.json:
        json.dump(document("population_training", found), sys.stdout, indent=2)
        return 0
    show("population_training", found)
    for row in found:
        print(f"{row.name}: gain {row.gain:+.2f} [{row.low:+.2f}, {row.high:+.2f}]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
