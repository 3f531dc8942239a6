"""What was handed on, as charts: accumulation over generations, and how far the young rely on elders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from viewer.charts import Chart, Line, Panel
from viewer.output import ExportError

CULTURE = "culture"
CONTROLS = {  # conditions to compare with, and how they are told
    "lone": "single lifetime",
    "isolated": "nobody shown",
    "placebo": "placebo elders",
    "untaught": "never shown anybody",
    "inherit": "inherited weights",
    "oracle": "oracle shown",
}
YARDSTICKS = ("--", ":", "-.")  # how they are drawn
FAR = 3  # times the highest line: yardsticks beyond would press all others flat, and are told only
PANELS = {  # title -> (label of its axis, metrics in it with their names)
    "what elders are worth to the young": (
        "share",
        {
            "reliance": "lost when elders are hidden",
            "surpassing": "tasks with more than the elders'",
            "followed_right": "right comments followed",
            "followed_wrong": "wrong comments followed",
        },
    ),
    "how the young choose": (
        "nats per step",
        {
            "attention": "attention to others",
            "exploration": "exploration (entropy)",
            "diversity": "diversity between members",
        },
    ),
}


def accumulation(found: dict[str, Any]) -> Chart:
    """The measure by trial, a line for each generation, and of the last trial by generation, beside all controls.

    `found` is a document of `culture.gains`. Where an episode is one trial there is no first panel.
    """
    lines = [row for row in found["curves"] if not row["yardstick"]]
    known = [row for row in found["curves"] if row["yardstick"]]
    last = found["trials"] - 1
    by_trial = [
        _line(f"generation {generation}", _of(lines, CULTURE, generation), "trial", look)
        for look, generation in enumerate(_generations(lines, CULTURE))
    ]
    for look, (condition, name) in enumerate(CONTROLS.items()):
        for generation in _generations(lines, condition)[-1:]:
            rows = _of(lines, condition, generation)
            by_trial.append(_line(name, rows, "trial", look + 1, second=True))
    by_generation = [_line(CULTURE, _at(lines, CULTURE, last), "generation", 0)]
    for look, (condition, name) in enumerate(CONTROLS.items()):
        if rows := _at(lines, condition, last):
            if len(rows) == 1:  # the same in all generations
                rows = [{**rows[0], "generation": each} for each in range(found["generations"])]
            by_generation.append(_line(name, rows, "generation", look + 1, second=True))
    yardsticks = dict.fromkeys(row["condition"] for row in known)
    reach = FAR * max(row["high"] for row in lines)
    ends = {name: _at(known, name, last)[0]["value"] for name in yardsticks}
    beyond = [name for name in yardsticks if 0 < reach < ends[name]]
    for number, name in enumerate(name for name in yardsticks if name not in beyond):
        style, told = YARDSTICKS[number % len(YARDSTICKS)], name.replace("_", " ")
        by_trial.append(_line(told, _of(known, name, 0), "trial", 0, reference=style))
        by_generation.append(_line(told, _at(known, name, last), "generation", 0, reference=style))
    trials = [Panel("", by_trial, x="trial")] if last else []
    title = "last trial" if last else ""
    between = " to ".join(found["ends"] or ()).replace("_", " ")
    what = f"share from {between},\n" if between else "measure, "
    y = f"{what}held-out tasks (95 %)"
    y += "".join(f"\n{name.replace('_', ' ')}: {ends[name]:.1f}, not drawn" for name in beyond)
    return Chart("generation", y, [*trials, Panel(title, by_generation)], whole=True)


def reliance(found: dict[str, Any]) -> Chart:
    """How much the young depend on their elders, and how they choose, by generation.

    `found` is a document of `culture.gains`. Raises ExportError where nothing of it was measured.
    """
    panels, looks = [], [metric for _, names in PANELS.values() for metric in names]
    for title, (label, names) in PANELS.items():
        lines = []
        for metric, name in names.items():
            rows = [row for row in found["metrics"] if row["metric"] == metric]
            if rows:
                lines.append(_line(name, rows, "generation", looks.index(metric)))
        if lines:
            panels.append(Panel(title, lines, y=label))
    if not panels:
        raise ExportError("nothing was measured of how the young choose")
    return Chart("generation", "value", panels, whole=True)


def _generations(rows: Iterable[dict[str, Any]], condition: str) -> list[int]:
    return sorted({row["generation"] for row in rows if row["condition"] == condition})


def _of(rows: Iterable[dict[str, Any]], condition: str, generation: int) -> list[dict[str, Any]]:
    return [
        row for row in rows if row["condition"] == condition and row["generation"] == generation
    ]


def _at(rows: Iterable[dict[str, Any]], condition: str, trial: int) -> list[dict[str, Any]]:
    return [row for row in rows if row["condition"] == condition and row["trial"] == trial]


def _line(
    name: str,
    rows: Sequence[dict[str, Any]],
    axis: str,
    look: int,
    second: bool = False,
    reference: str = "",
) -> Line:
    """Rows with value, low and high over one of their numbers; trials count from 1."""
    x = [row[axis] + (axis == "trial") for row in rows]
    known = all(row["low"] is not None for row in rows)
    low, high = ([row[end] for row in rows] if known else [] for end in ("low", "high"))
    return Line(name, x, [row["value"] for row in rows], low, high, look, second, reference)
