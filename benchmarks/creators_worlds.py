"""What each creator gains over uniform draws in whole experiments: the third part of `benchmarks/creators.py`.

Every arm lives as many agent-steps as every other, those of probes among them, in two generations: the second goes
on with the weights of the best one, and creators know what the first could do. What is compared is the return on
held-out tasks, which no creator may propose. `plr random_score` is the placebo; `goal_sequence` is the negative
control, whose tasks all teach the same order of goals: who wins by much there is suspicious.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Row, document
from benchmarks.series import Done, Series, run_all, settings_told
from viewer import charts, skill
from worlds import rng

UNIFORM = "uniform"
ENOUGH = 5  # seeds; an interval over fewer says little
DRAWS = 10_000  # of the bootstrap
LEARNABLE = (0.02, 0.98)  # shares of the best return between which there is something to learn
PICTURE = "creators-worlds.png"


def _plr(score: str, edits: int = 0) -> tuple[str, ...]:
    return ("creator.name=plr", f"creator.edits={edits}", f"creator.score={score}")


def _eva(score: str) -> tuple[str, ...]:
    return ("creator.name=eva", f"creator.score={score}")


# Settings beside the world's; a creator of another name is one more line.
ARMS: dict[str, tuple[str, ...]] = {
    UNIFORM: ("creator.name=uniform",),
    "plr random_score": _plr("random_score"),
    "plr positive_value_loss": _plr("positive_value_loss"),
    "plr learnability": _plr("learnability"),
    "accel learning_progress": _plr("learning_progress", 2),
    "accel elder_gap": _plr("elder_gap", 2),
    "accel frontier": _plr("frontier", 2),
    "eva max_minus_min": _eva("max_minus_min"),
}

TWICE = (
    *("culture.generations=2", "culture.reset_layers=1", "culture.single_lifetime=false"),
    *("creator.capacity=512", "run.replays=0", "evaluation.tasks=96", "evaluation.episodes=4"),
)
PLAYGROUND = (
    *("world.name=playground", "world.size=8", "world.view=7", "world.trial_length=32"),
    *("playground.heights=1", "playground.freeze=0", "playground.tag=0", "playground.options=1"),
    *("playground.objects_min=3", "playground.negate=0", "playground.dead_ends=0"),
    *("playground.reward=first", "population.members=1", "population.worlds=64"),
    *("learner.hidden=64", "learner.learning_rate=2.5e-3", "learner.gamma=0.97"),
    *("learner.entropy_weight=0.003", "learner.epochs=2", "learner.minibatches=8"),
    *(*TWICE, "culture.steps=150000", "culture.visibility_end=1"),
)
WORLDS: dict[str, tuple[str, ...]] = {
    # Alone, chains of up to two rules and goals of one or two atoms: a beginner fails nearly everywhere.
    "playground": (
        *(*PLAYGROUND, "playground.agents=1", "population.roster=self_play"),
        *("evaluation.company=self_play", "playground.objects_max=6", "playground.floors=2"),
        *("playground.atoms=4", "playground.option_atoms=2", "playground.depth_max=2"),
    ),
    # Goals are that somebody, or something, stands on a floor, and three others move at random: where the goal is
    # about one of them, chance decides, and of the tasks that ever pay a beginner these are more than half.
    "playground-coins": (
        *(*PLAYGROUND, "playground.agents=4", "population.roster=random"),
        *("evaluation.company=noise", "playground.objects_max=4", "playground.floors=2"),
        *("playground.atoms=3", "playground.option_atoms=1", "playground.depth_max=1"),
        *("playground.near_weight=0", "playground.touch_weight=0", "playground.hold_weight=0"),
        "playground.see_weight=0",
    ),
    # The negative control: one order of goals to be learned, and any task teaches it.
    "goal_sequence": (
        *("population.members=2", "population.worlds=128", "world.wrong_penalty=0.6"),
        *("learner.hidden=64", "learner.learning_rate=2.5e-3", "learner.minibatches=4"),
        *(*TWICE, "culture.steps=200000"),
    ),
}


@dataclass(frozen=True)
class WorldRow(Row):
    """An arm in a world: its mean held-out return, beside that of uniform draws with the same seeds.

    Intervals are of 95 %, by bootstrap over the seeds; that of the gain is paired by seed.
    """

    low: float = 0.0  # of the value
    high: float = 0.0
    gain: float = 0.0  # value - baseline
    gain_low: float = 0.0
    gain_high: float = 0.0
    learnable: float = 0.0  # share of the held-out tasks where its members succeeded at times
    steps: int = 0  # agent-steps of a run, those of probes among them
    probe_steps: float = 0.0  # of them, of the last generation
    verdict: str = ""


def gather(
    names: Sequence[str],
    arms: Sequence[str] | None,
    settings: Sequence[str],
    seeds: Sequence[int],
    folder: Path,
    jobs: int,
    results: Path,
    pictures: Path,
) -> list[WorldRow]:
    """Runs what is not run yet, and writes `creators-WORLD.json` and the picture of all; -> rows.

    `arms` are those to run, None: all; uniform draws are always among them. Raises RuntimeError for a
    run that failed, and ValueError for an unknown arm.
    """
    if unknown := sorted({*(arms or ())} - {*ARMS}):
        raise ValueError(f"arm {unknown[0]!r} is unknown; known are {', '.join(ARMS)}")
    for place in (results, pictures):
        place.mkdir(parents=True, exist_ok=True)
    found: list[WorldRow] = []
    for name in names:
        series = {
            arm: Series(f"creators-{name}", arm.replace(" ", "-"), "debug", WORLDS[name]).but(
                [*ARMS[arm], *settings]
            )
            for arm in ARMS
            if arms is None or arm in (UNIFORM, *arms)
        }
        done = {arm: run_all(each, seeds, folder, jobs) for arm, each in series.items()}
        rows = [row(name, arm, done[arm], done[UNIFORM]) for arm in series]
        told = {
            **document("creators", rows),
            "seeds": list(seeds),
            "settings": settings_told(series[UNIFORM]),
            "commands": [each.command for runs in done.values() for each in runs],
            "minutes_of_a_core": sum(each.cpu_seconds for runs in done.values() for each in runs)
            / 60,
        }
        (results / f"creators-{name}.json").write_text(json.dumps(told, indent=2) + "\n")
        found += rows
    drawn = {"rows": [asdict(each) for each in kept(results)]}
    charts.write(skill.separation(drawn), pictures / PICTURE)
    return found


def row(name: str, arm: str, done: Sequence[Done], uniform: Sequence[Done]) -> WorldRow:
    """The row of an arm, from its runs and those of uniform draws, seed by seed."""
    values, theirs = (np.array([_return(each) for each in runs]) for runs in (done, uniform))
    key = rng.key("creators", name, arm)
    low, high = interval(values, key)
    gain_low, gain_high = interval(values - theirs, key)
    value, baseline = float(values.mean()), float(theirs.mean())
    last = [each.run.metrics()[-1] for each in done]
    return WorldRow(
        name=f"{name}: {arm}",
        value=value,
        unit="held-out return",
        baseline=baseline,
        ratio=value / baseline if baseline > 0 else None,
        cpu_seconds=float(np.mean([each.cpu_seconds for each in done])),
        repeats=len(done),
        low=low,
        high=high,
        gain=value - baseline,
        gain_low=gain_low,
        gain_high=gain_high,
        learnable=float(np.mean([_learnable(each) for each in done])),
        steps=round(float(np.mean([line["steps"] for line in last]))),
        probe_steps=float(np.mean([line["creator_probe_steps"] for line in last])),
        verdict=verdict(gain_low, gain_high, len(done)),
    )


def interval(values: np.ndarray, key: int) -> tuple[float, float]:
    """95 % interval of the mean of [S], by bootstrap over the seeds."""
    counters = np.arange(DRAWS * len(values), dtype=np.uint64)
    drawn = rng.below(rng.words(key, counters), len(values)).reshape(DRAWS, -1)
    low, high = np.quantile(values[drawn].mean(1), [0.025, 0.975])
    return float(low), float(high)


def verdict(low: float, high: float, seeds: int) -> str:
    """A few words on the interval of a gain."""
    if seeds < ENOUGH:
        return f"too few seeds to tell: {ENOUGH} are needed"
    if low > 0:
        return "beats uniform"
    return "is worse than uniform" if high < 0 else "no difference measured"


def kept(results: Path) -> list[WorldRow]:
    """The rows of all worlds that were run, from what was kept of them."""
    files = (results / f"creators-{name}.json" for name in WORLDS)
    return [
        WorldRow(**each)
        for file in files
        if file.exists()
        for each in json.loads(file.read_text())["rows"]
    ]


def table(results: Path) -> str:
    """What is kept of toys and worlds as a table in Markdown; bold: the interval of the gain leaves 0 out."""
    head = ("where: creator", "value", "gain over uniform", "learnable", "seeds", "CPU s a run")
    lines: list[Sequence[str]] = [head, ("---",) * len(head)]
    files = [results / f"creators-{name}.json" for name in ("toy", *WORLDS)]
    for each in (row for file in files if file.exists() for row in _rows(file)):
        gain = f"{each['gain']:+.3f} [{each['gain_low']:+.3f}, {each['gain_high']:+.3f}]"
        apart = each["repeats"] >= ENOUGH and (each["gain_low"] > 0 or each["gain_high"] < 0)
        told = (each["name"], f"{each['value']:.3f}", f"**{gain}**" if apart else gain)
        shown = f"{each['learnable']:.2f}", str(each["repeats"]), f"{each['cpu_seconds']:.0f}"
        lines.append((*told, *shown))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _rows(file: Path) -> list[Mapping[str, Any]]:
    return list(json.loads(file.read_text())["rows"])


def _return(done: Done) -> float:
    """Of the last generation on the held-out tasks."""
    return float(done.run.metrics()[-1]["return"])


def _learnable(done: Done) -> float:
    """Share of the held-out tasks whose mean return lies between hopeless and certain."""
    found = done.run.table("metrics")
    mine = np.array(found["name"]) == "heldout_return"
    mine &= found["generation"] == found["generation"].max()
    returns = np.asarray(found["value"])[mine]
    low, high = (share * max(float(returns.max()), 1e-9) for share in LEARNABLE)
    return float(((returns > low) & (returns < high)).mean())
