"""What runs came to, as charts: returns over generations, learning curves, percentiles of an evaluation."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from viewer.charts import Chart, Line, Panel, write
from viewer.curriculum import curriculum
from viewer.inheritance import accumulation, reliance
from viewer.library import Run
from viewer.lineage import lineage
from viewer.output import ExportError

__all__ = [
    "accumulation",
    "curriculum",
    "curves",
    "generations",
    "lineage",
    "mean_generations",
    "open_runs",
    "percentiles",
    "reliance",
    "write",
]

SHARES = {"p50": "median task", "p80": "80th percentile", "participation": "tasks with any reward"}
SCRIPTS = {"oracle": "--", "noise": ":", "nobody": "-."}  # how they are drawn
RETURNS = {"return": "", "lone_return": ", single lifetime"}  # of a line of metrics.jsonl
MOST_POINTS = 100  # of a learning curve; longer ones are told by the means of their pieces

Curves = dict[str, dict[str, dict[int, float]]]  # name of a number -> member -> iteration -> value


def open_runs(paths: Sequence[Path]) -> list[Run]:
    """The runs. Raises RunFormatError, and ExportError for one without a finished generation."""
    runs = [Run(path) for path in paths]
    for run in runs:
        if not run.generations:
            raise ExportError(f"{run.path}: no generation is over yet")
    return runs


def generations(runs: Sequence[Run]) -> Chart:
    """Returns on held-out tasks by generation, with their 95 % intervals, and those of single lifetimes."""
    lines = []
    for look, (name, run) in enumerate(zip(_names(runs), runs, strict=True)):
        for key, more in RETURNS.items():
            end = key.removesuffix("return")
            points = [
                (line["generation"], *values)
                for line in run.metrics()
                if (values := _numbers(line, key, f"{end}low", f"{end}high"))
            ]
            if points:
                x, y, low, high = zip(*points, strict=True)
                lines.append(Line(name + more, x, y, low, high, look, second=bool(more)))
    return _over_generations(lines)


def mean_generations(runs: Sequence[Run]) -> Chart:
    """The mean over runs of their returns by generation, with a 95 % Student t interval over runs.

    Raises ExportError for fewer than two runs.
    """
    from scipy import stats  # slow to load

    if len(runs) < 2:
        raise ExportError("a mean over runs needs at least two of them")
    journals = [run.metrics() for run in runs]
    lines: list[Line] = []
    for key, more in RETURNS.items():
        points = []
        for generation, told in enumerate(zip(*journals, strict=False)):
            values = [found[0] for line in told if (found := _numbers(line, key))]
            if len(values) == len(runs):
                mean = float(np.mean(values))
                half = float(stats.t.ppf(0.975, len(runs) - 1) * stats.sem(values))
                points.append((generation, mean, mean - half, mean + half))
        if points:
            x, y, low, high = zip(*points, strict=True)
            name = f"mean of {len(runs)} runs{more}"
            lines.append(Line(name, x, y, low, high, look=len(lines), second=bool(more)))
    return _over_generations(lines)


def curves(runs: Sequence[Run]) -> Chart:
    """Learning curves: of shares on held-out tasks if members were measured on the way, else of returns in training.

    A line is the mean over a generation's members, its band reaches from the least to the most of them.
    """
    found = [list(_lifetimes(run)) for run in runs]
    measured = all("heldout_p50" in told for lives in found for _, told, _ in lives[:1])
    shown = {f"heldout_{name}": title for name, title in SHARES.items()}
    if not measured:
        shown = {"return": "tasks of the creator"}
    panels: dict[str, list[Line]] = {name: [] for name in shown}
    for look, (run, lives) in enumerate(zip(_names(runs), found, strict=True)):
        before = 0.0
        for generation, told, lived in lives:
            for name in shown:
                members = told.get(name, {})
                if not look and not generation:
                    panels[name] += _levels(members)
                panels[name] += _life(run, look, members, lived, before)
            before += max(lived.values(), default=0.0)
    y = "share of the best return known" if measured else "return in training"
    y += " (mean and range)"
    drawn = [Panel(shown[name], lines) for name, lines in panels.items() if lines]
    if not drawn:
        raise ExportError("the runs have no learning curves: their members learned nothing")
    return Chart("agent-steps of a member", y, drawn, bands=True, shares=measured)


def percentiles(found: dict[str, Any]) -> Chart:
    """The percentiles of an evaluation, a document of `ratchet evaluate`, from the worst task to the median one.

    Of one run there is a colour for each generation; of several runs the last generation is shown.
    """
    lines, runs = [], list(found["runs"])
    for line in [*found["members"], *found["scripts"]]:
        if "curve" not in line:
            raise ExportError("no task is worth a reward to anybody: there are no percentiles")
        x = range(1, len(line["curve"]) + 1)
        if "run" not in line:
            if line["member"] in SCRIPTS:
                style = SCRIPTS[line["member"]]
                lines.append(Line(line["member"], x, line["curve"], reference=style))
            continue
        number, last = runs.index(line["run"]), _last(found, line["run"])
        name, look = f"generation {line['generation']}", line["generation"]
        if len(runs) > 1:
            name, look = Path(line["run"]).name, number
        if len(runs) == 1 or line["generation"] == last:
            lines.append(Line(name, x, line["curve"], look=look))
    y = "share of what a task is worth"
    return Chart(
        "percentile of held-out tasks", y, [Panel("", lines)], whole=True, bands=True, shares=True
    )


def _over_generations(lines: Sequence[Line]) -> Chart:
    if not lines:
        raise ExportError("the runs tell of no returns")
    panels = [Panel("", lines)]
    y = "return on held-out tasks (95 % intervals)"
    return Chart("generation", y, panels, whole=True)


def _lifetimes(run: Run) -> Iterator[tuple[int, Curves, dict[str, float]]]:
    """Generation, its curves, and the agent-steps that each of its members has lived."""
    table: dict[str, Any] = run.table("metrics")
    told: dict[int, Curves] = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    columns = ("generation", "iteration", "member", "name", "value", "task")
    for generation, iteration, member, name, value, task in zip(
        *(table[column] for column in columns), strict=True
    ):
        if not task and math.isfinite(value):
            told[int(generation)][name][member][int(iteration)] = float(value)
    cards = run.members()
    for generation in run.generations:
        lived = {
            str(card["name"]): found[0]
            for card in cards
            if card["generation"] == generation and (found := _numbers(card, "lived"))
        }
        if told[generation]:
            yield generation, told[generation], lived


def _levels(members: dict[str, dict[int, float]]) -> list[Line]:
    """What scripts reach, who do not learn."""
    return [
        Line(name, [0], [next(iter(members[name].values()))], reference=style)
        for name, style in SCRIPTS.items()
        if members.get(name)
    ]


def _life(
    run: str,
    look: int,
    members: dict[str, dict[int, float]],
    lived: dict[str, float],
    before: float,
) -> list[Line]:
    """One generation's line, which begins after `before` agent-steps; none if nobody of it was measured."""
    mine = {name: curve for name, curve in members.items() if name in lived}
    shared = sorted(set.intersection(*(set(curve) for curve in mine.values()))) if mine else []
    if not shared:
        return []
    values = np.array([[curve[at] for at in shared] for curve in mine.values()])  # [P, points]
    pieces = np.array_split(np.arange(len(shared)), min(len(shared), MOST_POINTS))
    values = np.stack([values[:, piece].mean(1) for piece in pieces], 1)
    ends = [shared[piece[-1]] for piece in pieces]
    scale = float(np.mean([lived[name] for name in mine])) / max(ends[-1], 1)
    x = [before + scale * at for at in ends]
    low, high = values.min(0).tolist(), values.max(0).tolist()
    return [Line(run, x, values.mean(0).tolist(), low, high, look)]


def _last(found: dict[str, Any], run: str) -> int:
    return max(line["generation"] for line in found["members"] if line["run"] == run)


def _names(runs: Sequence[Run]) -> list[str]:
    """The names of their folders, with the way to them where two are called the same."""
    names = [run.name for run in runs]
    return [
        name if names.count(name) == 1 else str(run.path)
        for name, run in zip(names, runs, strict=True)
    ]


def _numbers(line: dict[str, Any], *keys: str) -> tuple[float, ...]:
    """The values of these keys as numbers; nothing if one of them is none."""
    values = [line.get(key) for key in keys]
    if all(type(value) in (int, float) for value in values):
        return tuple(float(value) for value in values)  # type: ignore[arg-type]
    return ()
