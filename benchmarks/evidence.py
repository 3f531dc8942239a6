"""What culture gains over seeds: from experiments and their tables of trials to results and pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import Row, document
from benchmarks.series import ROOT, Done, Series, run_all, settings_told
from culture import gains
from culture.trials import CULTURE
from viewer import charts, inheritance

RESULTS = ROOT / "benchmarks" / "results"
PICTURES = ROOT / "docs" / "pictures"
CORES = 2  # that times are told for
ENOUGH = 5  # seeds; an interval over fewer says little

LONE = "culture.single_lifetime=true"
EPISODIC = (LONE, "culture.placebo=true", "culture.isolated=true", "culture.untaught=true")
TRAIN_TIME = (LONE, "culture.placebo=true", "culture.inherit=true")
SERIES = {
    series.name: series
    for series in (
        Series("memory_sequence", "episodic", "memory_in_context", EPISODIC),
        Series("memory_sequence", "train-time", "memory_in_weights", TRAIN_TIME),
        Series("travelling_salesperson", "episodic", "tour_in_context", EPISODIC),
        Series("travelling_salesperson", "train-time", "tour_in_weights", TRAIN_TIME),
        Series("goal_sequence", "episodic", "in_context", EPISODIC),
        Series("goal_sequence", "train-time", "in_weights", TRAIN_TIME),
    )
}


@dataclass(frozen=True)
class GainRow(Row):
    """The last generation beside a single lifetime of the same experience; the interval is over seeds."""

    seeds: int = 0
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None
    verdict: str = ""


def gather(
    series: Series, seeds: Sequence[int], folder: Path, jobs: int, results: Path, pictures: Path
) -> GainRow:
    """Runs what is not run yet of a series, and writes `culture-NAME.json` and `culture-NAME.png`; -> its row."""
    done = run_all(series, seeds, folder, jobs)
    found = told(series, done, jobs)
    for place in (results, pictures):
        place.mkdir(parents=True, exist_ok=True)
    (results / f"culture-{series.name}.json").write_text(json.dumps(found, indent=2) + "\n")
    charts.write(inheritance.accumulation(found), pictures / f"culture-{series.name}.png")
    return GainRow(**found["rows"][0])


def told(series: Series, done: Sequence[Done], jobs: int) -> dict[str, Any]:
    """The document of a series: its row, all metrics and curves, and how to come to them again."""
    found = gains.of([each.run for each in done])
    return {
        **document("culture", [row(series, done, found)]),
        "commands": [each.command for each in done],
        "settings": settings_told(series),
        "seeds": [each.seed for each in done],
        "cpu_seconds": [each.cpu_seconds for each in done],
        "wall_seconds": [each.wall_seconds for each in done],
        "jobs": jobs,
        "minutes_on_2_cores": sum(each.cpu_seconds for each in done) / CORES / 60,
        **found,
    }


def row(series: Series, done: Sequence[Done], found: Mapping[str, Any]) -> GainRow:
    """Means of the last trial in the last generation."""
    last = found["generations"] - 1
    ends = {
        curve["condition"]: curve["value"]
        for curve in found["curves"]
        if curve["generation"] == last and curve["trial"] == found["trials"] - 1
    }
    gain = next(
        (
            each
            for each in found["metrics"]
            if each["metric"] == "gain" and each["generation"] == last
        ),
        None,
    )
    value, lone = ends[CULTURE], ends.get("lone")
    return GainRow(
        name=f"{series.family} {series.kind}",
        value=value,
        unit=f"{'share' if found['ends'] else 'measure'}, last trial of generation {last}",
        baseline=lone,
        ratio=value / lone if lone and lone > 0 else None,
        cpu_seconds=sum(each.cpu_seconds for each in done) / len(done),
        repeats=len(done),
        seeds=len(done),
        gain=gain and gain["value"],
        gain_low=gain and gain["low"],
        gain_high=gain and gain["high"],
        verdict=verdict(gain, len(done)),
    )


def verdict(gain: Mapping[str, float] | None, seeds: int) -> str:
    """A few words; an interval that holds 0 is no gain, and one over few seeds none to rely on."""
    if gain is None:
        return "no single lifetime was run"
    if seeds < ENOUGH:
        return f"too few seeds to tell: {ENOUGH} are needed"
    if gain["low"] > 0:
        return "beats a single lifetime of the same experience"
    if gain["high"] < 0:
        return "is worse than a single lifetime of the same experience"
    return "no gain measured"


def kept(results: Path = RESULTS) -> list[GainRow]:
    """The rows of all series that were run, from what was kept of them."""
    files = (results / f"culture-{name}.json" for name in SERIES)
    return [GainRow(**json.loads(file.read_text())["rows"][0]) for file in files if file.exists()]


def table(results: Path = RESULTS) -> str:
    """What is kept of all series as a table in Markdown: gains of the last generation over each control."""
    gaps = ("gain", "placebo_gap", "isolated_gap", "untaught_gap", "inherit_gap")
    head = ("series", "seeds", "generations, last trial", *gaps, "minutes on 2 cores")
    lines = [head, ("---",) * len(head)]
    for name in SERIES:
        file = results / f"culture-{name}.json"
        if file.exists():
            found = json.loads(file.read_text())
            minutes = f"{found['minutes_on_2_cores']:.0f}"
            metrics = [_metric(found, gap) for gap in gaps]
            lines.append((name, str(found["runs"]), _generations(found), *metrics, minutes))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _generations(found: Mapping[str, Any]) -> str:
    """The measure in the last trial, generation by generation."""
    return ", ".join(
        f"{curve['value']:.2f}"
        for curve in sorted(found["curves"], key=lambda curve: curve["generation"])
        if curve["condition"] == CULTURE and curve["trial"] == found["trials"] - 1
    )


def _metric(found: Mapping[str, Any], metric: str) -> str:
    """A difference in the last generation, bold if its interval over enough seeds leaves 0 out; a dash if not known."""
    for each in found["metrics"]:
        if each["metric"] == metric and each["generation"] == found["generations"] - 1:
            told = f"{each['value']:+.2f} [{each['low']:+.2f}, {each['high']:+.2f}]"
            separated = found["runs"] >= ENOUGH and (each["low"] > 0 or each["high"] < 0)
            return f"**{told}**" if separated else told
    return "-"
