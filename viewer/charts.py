"""Lines with intervals, drawn with matplotlib or written as a table: the only file that imports it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewer.output import ExportError, ExportUsageError, replace_file

COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#000000",
)  # Okabe and Ito 2008
MARKERS = "osD^vPX"  # of the same colour, so that no line is told by its colour alone
# What a format would write of the time, so that no picture were the same again.
DATES: dict[str, dict[str, Any]] = {
    ".png": {},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}
ENDINGS = (*DATES, ".csv")
PANEL = (4.6, 3.6)  # inches
LETTER, LINE = 0.075, 0.2  # inches of the legend
ROW = 0.22  # inches of a named row
DOTS = 160  # per inch
NAMED = 40  # most points whose names find room beside them
SMALLEST, LARGEST = 8.0, 70.0  # areas of points on a map, square points
COLOUR_MAP = "cividis"  # looks alike with and without deficiency of colour vision (Nuñez 2018)
ASIDE, APART = 0.05, 0.3  # from bars to the next ones, and from the first to the last at most


@dataclass(frozen=True)
class Line:
    """One line of a panel; `low` and `high` are its 95 % interval, empty if it has none."""

    name: str  # in the legend, once for all lines of that name
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    look: int = 0  # number of its colour and marker
    second: bool = False  # dashed with hollow markers: what the others are compared with
    reference: str = (
        ""  # grey, in this style of line and without markers; of one point it is a level
    )
    pairs: bool = False  # every two points are a stroke of their own: who is joined to whom
    joined: bool = True  # points are joined by a line
    names: Sequence[str] = ()  # of the points, in the table and, unless joined, beside them


@dataclass(frozen=True)
class Cloud:
    """Points of a map; their colour is a share in [0, 1], their area how often."""

    name: str  # in the legend
    x: Sequence[float]
    y: Sequence[float]
    shares: Sequence[float]
    times: Sequence[int]
    look: int = 0  # number of its marker


@dataclass(frozen=True)
class Panel:
    """Lines above one axis, or points on a map."""

    title: str
    lines: Sequence[Line]
    x: str = ""  # label, where it is not the chart's
    y: str = ""  # the same; then the panel has a scale of its own
    clouds: Sequence[Cloud] = ()
    marks: Sequence[float] = ()  # x of thin upright lines: where something begins


@dataclass(frozen=True)
class Chart:
    """Panels side by side, with the same axes unless they say otherwise."""

    x: str
    y: str
    panels: Sequence[Panel]
    whole: bool = False  # x counts in whole numbers; otherwise thousands and millions are k and M
    bands: bool = False  # intervals are bands, not bars
    shares: bool = False  # y is a share: from 0 to 1
    rows: Sequence[str] = ()  # names that y counts, from the top; x is measured, with intervals
    maps: Sequence[Panel] = ()  # in a row of their own above the panels, all with the same axes
    colour: str = ""  # what the shares of their points are


def write(chart: Chart, out: Path) -> None:
    """The chart as a picture (.png, .svg, .pdf), or as a table with a row per point (.csv).

    Raises ExportError where the file cannot be written, or for pictures without matplotlib.
    """
    ending = out.suffix.lower()
    if ending not in ENDINGS:
        raise ExportUsageError(f"{out}: unknown ending {ending!r}; known are {', '.join(ENDINGS)}")
    replace_file(out, lambda part: (_table if ending == ".csv" else _picture)(chart, part))


def style(look: int) -> dict[str, Any]:
    """Colour and marker of a line: no two of 49 looks are alike, for markers shift with each round of colours."""
    shifted = look + look // len(COLOURS)
    return {"color": COLOURS[look % len(COLOURS)], "marker": MARKERS[shifted % len(MARKERS)]}


def _table(chart: Chart, part: Path) -> None:
    with part.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        more = ["share", "times"] if chart.maps else []
        header = ["panel", "line", "compared", chart.x, chart.y, "low", "high", "point"]
        rows.writerow([*header, *more])
        for panel in chart.maps:
            for cloud in panel.clouds:
                for point in zip(cloud.x, cloud.y, cloud.shares, cloud.times, strict=True):
                    rows.writerow([panel.title, cloud.name, 0, *point[:2], "", "", "", *point[2:]])
        for panel in [*chart.maps, *chart.panels]:
            for line in panel.lines:
                nothing = [""] * len(line.x)
                about = (line.low or nothing, line.high or nothing, line.names or nothing)
                for x, y, *told in zip(line.x, line.y, *about, strict=True):
                    title = panel.title or panel.y
                    rows.writerow([title, line.name, int(line.second), x, y, *told])


def _picture(chart: Chart, part: Path) -> None:
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise ExportError(
            "pictures of results need matplotlib: pip install 'ratchet[plot]', or write .csv"
        ) from None
    rows = [row for row in (chart.maps, chart.panels) if row]
    sizes = [_size(row, chart.rows) for row in rows]
    width, heights = max(size[0] for size in sizes), [size[1] for size in sizes]
    # random names in an SVG would make every picture another one
    with rc_context({"svg.hashsalt": "ratchet", "font.size": 9}):
        figure = Figure(figsize=(width, sum(heights)), layout="constrained")
        parts = figure.subfigures(len(rows), 1, height_ratios=heights, squeeze=False)[:, 0]
        for part_of, row in zip(parts if len(rows) > 1 else [figure], rows, strict=True):
            _row(part_of, row, chart, width)
        figure.savefig(part, dpi=DOTS, metadata=DATES[part.suffix.lower()])


def _names(row: Sequence[Panel]) -> set[str]:
    """What stands in the legend of a row."""
    lines = {line.name for panel in row for line in panel.lines}
    return lines | {cloud.name for panel in row for cloud in panel.clouds}


def _columns(row: Sequence[Panel], width: float) -> int:
    """Of its legend, in a figure of that width."""
    names = _names(row)
    return max(1, min(len(names), int(width / (0.7 + LETTER * max(map(len, names))))))


def _size(row: Sequence[Panel], names: Sequence[str]) -> tuple[float, float]:
    """Inches that a row of panels takes with its legend, and with the `names` along y."""
    width, height = PANEL[0] * len(row), max(PANEL[1], 1 + ROW * len(names))
    return width, height + LINE * -(-len(_names(row)) // _columns(row, width))


def _row(figure: Any, row: Sequence[Panel], chart: Chart, width: float) -> None:
    """Panels side by side and their common legend; maps share their axes, and the meaning of their colours."""
    maps = row is chart.maps
    own = any(panel.y for panel in row) and not maps
    every = figure.subplots(1, len(row), sharex=maps, sharey=not own, squeeze=False)[0]
    handles: dict[str, Any] = {}
    for panel, axes in zip(row, every, strict=True):
        (_scatter if maps else _fill)(axes, panel, chart)
        drawn, labels = axes.get_legend_handles_labels()
        handles |= dict(zip(labels, drawn, strict=True))
    if maps:
        _colours(figure, every, chart.colour)
    if not own:
        every[0].set_ylabel(row[0].y or chart.y)
    if len(handles) > 1:
        place: dict[str, Any] = {"loc": "outside lower left", "ncols": _columns(row, width)}
        look: dict[str, Any] = {"frameon": False, "handlelength": 3}
        figure.legend(list(handles.values()), list(handles), **place, **look)


def _scatter(axes: Any, panel: Panel, chart: Chart) -> None:
    """A map: points over the strokes that join them, those played most at the bottom, so that none hides another."""
    for line in panel.lines:
        gap = float("nan")
        x, y = (
            [each for pair in zip(ends[::2], ends[1::2], strict=True) for each in (*pair, gap)]
            for ends in (line.x, line.y)
        )
        axes.plot(x, y, color="0.6", linewidth=0.5, alpha=0.6, zorder=1, label=_label(line))
    most = max((max(cloud.times, default=1) for cloud in panel.clouds), default=1)
    for cloud in panel.clouds:
        order = sorted(range(len(cloud.x)), key=lambda at, times=cloud.times: -times[at])  # type: ignore[misc]
        axes.scatter(
            [cloud.x[at] for at in order],
            [cloud.y[at] for at in order],
            c=[cloud.shares[at] for at in order],
            s=[SMALLEST + (LARGEST - SMALLEST) * cloud.times[at] / most for at in order],
            marker=MARKERS[cloud.look],
            cmap=COLOUR_MAP,
            vmin=0,
            vmax=1,
            edgecolors="white",
            linewidths=0.4,
            zorder=2,
        )
        grey = {"color": "0.5", "linestyle": ""}
        axes.plot([], [], marker=MARKERS[cloud.look], **grey, label=f" {cloud.name}")
    axes.set(title=panel.title, xlabel=panel.x)
    axes.spines[["top", "right"]].set_visible(False)


def _colours(figure: Any, every: Any, label: str) -> None:
    from matplotlib.cm import ScalarMappable

    bar = figure.colorbar(ScalarMappable(cmap=COLOUR_MAP), ax=list(every), aspect=30, pad=0.01)
    bar.set_label(label)


def _fill(axes: Any, panel: Panel, chart: Chart) -> None:
    """The lines of a panel, and quiet axes around them."""
    from matplotlib.ticker import EngFormatter, MaxNLocator

    for number, line in enumerate(panel.lines):
        step = 0 if chart.bands else min(ASIDE, APART / len(panel.lines))
        aside = step * (number - (len(panel.lines) - 1) / 2)
        if chart.rows:
            _beside(axes, line)
        elif line.pairs:
            _strokes(axes, line, ASIDE * number)
        else:
            _draw(axes, line, chart.bands, aside)
    for mark in panel.marks:
        axes.axvline(mark, color="0.8", linewidth=0.8, zorder=0)
    axes.set(title=panel.title, xlabel=panel.x or chart.x)
    if panel.y:
        axes.set_ylabel(panel.y)
    if chart.rows:
        axes.set_yticks(range(len(chart.rows)), chart.rows)
        axes.set_ylim(len(chart.rows) - 0.5, -0.5)
    axes.grid(axis="x" if chart.rows else "y", color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if chart.whole:
        ticks = MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10])
        axes.xaxis.set_major_locator(ticks)
    elif not chart.rows:  # steps go into the millions; what stands beside rows is small
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    if chart.shares:
        axes.set_ylim(-0.02, 1.04)


def _draw(axes: Any, line: Line, band: bool, aside: float) -> None:
    """One line, `aside` of where it belongs, so that bars do not hide each other; long ones get few markers."""
    if line.reference:
        grey = {"color": "0.45", "linestyle": line.reference, "label": _label(line), "zorder": 1}
        axes.plot(line.x, line.y, **grey) if len(line.y) > 1 else axes.axhline(line.y[0], **grey)
        return
    look = style(line.look)
    look |= {
        "markersize": 4.5,
        "markevery": max(1, len(line.x) // 8) if line.joined else 1,
        "linestyle": ("--" if line.second else "-") if line.joined else "",
        "markerfacecolor": "white" if line.second else look["color"],
        "label": _label(line),
    }
    x = [each + aside for each in line.x]
    if line.low and band:
        axes.fill_between(x, line.low, line.high, color=look["color"], alpha=0.18, linewidth=0)
    if line.low and not band:
        below = [y - low for y, low in zip(line.y, line.low, strict=True)]
        above = [high - y for y, high in zip(line.y, line.high, strict=True)]
        axes.errorbar(x, line.y, [below, above], capsize=3, elinewidth=1, **look)
    else:
        axes.plot(x, line.y, **look)
    if not line.joined and len(line.names) <= NAMED:
        for name, *place in zip(line.names, x, line.y, strict=True):
            text = name.replace("$", r"\$")
            axes.annotate(text, place, (4, 3), textcoords="offset points", fontsize=6)


def _beside(axes: Any, line: Line) -> None:
    """Points in named rows, with intervals along x; a line of reference is a level of x."""
    if line.reference:
        axes.axvline(line.x[0], color="0.45", linestyle=line.reference, label=_label(line))
        return
    look = style(line.look)
    face = "white" if line.second else look["color"]
    look |= {"markersize": 4.5, "linestyle": "", "markerfacecolor": face, "label": _label(line)}
    ends = [line.low, line.x], [line.x, line.high]
    spans = [[b - a for a, b in zip(*each, strict=True)] for each in ends] if line.low else None
    axes.errorbar(line.x, line.y, xerr=spans, capsize=2, elinewidth=1, **look)


def _strokes(axes: Any, line: Line, aside: float) -> None:
    """Thin lines from the first to the second point of each pair, which is `aside`: kinds do not hide each other."""
    gap = float("nan")
    ends = [x + aside * (number % 2) for number, x in enumerate(line.x)]
    x, y = (
        [each for pair in zip(values[::2], values[1::2], strict=True) for each in (*pair, gap)]
        for values in (ends, line.y)
    )
    colour = style(line.look)["color"]
    thin: dict[str, Any] = {"linewidth": 1.0, "alpha": 0.7, "zorder": 1}
    axes.plot(x, y, color=colour, linestyle=line.reference or "-", label=_label(line), **thin)


def _label(line: Line) -> str:
    """Its name as it is: a dollar begins no formula, and a name may begin with an underscore."""
    return f" {line.name}".replace("$", r"\$")
