"""Who learned from whom, as a chart: members by generation and return, joined to those they had something from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from viewer.charts import Chart, Line, Panel
from viewer.library import Run
from viewer.output import ExportError
from worlds import formats

ORIGINS = ("born", "copied", "mutated")  # how a member came to be; all else are channels
STYLES = {"shown": "-", "copied": "--", "mutated": "-."}  # other channels are dotted
OTHER = ":"
# In the order of generations and of rows: (generation, member) -> return.
Places = dict[tuple[int, str], float]


class Edge(NamedTuple):
    """From whom to whom: generation and name."""

    elder: tuple[int, str]
    young: tuple[int, str]


def lineage(runs: Sequence[Run]) -> Chart:
    """The lineage of one run, with a kind of strokes for each way in which something is handed on.

    Raises ExportError for more than one run, or one whose lineage tells of nobody, and FormatError
    where it is damaged.
    """
    if len(runs) > 1:
        raise ExportError("a lineage is of one run")
    (run,) = runs
    table: dict[str, Any] = run.table("lineage")
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    places: Places = {
        (int(row["generation"]), row["member"]): float(row["return"])
        for row in rows
        if row["iteration"] == 0 and row["weights"] and row["return"] == row["return"]
    }
    if not places:
        raise ExportError(f"{run.path}: its lineage tells of nobody with a return")
    told = {(row["generation"], row["member"]) for row in rows if row["how"] not in ORIGINS}
    edges: dict[str, dict[Edge, str]] = {}  # of each kind, with what is told of it, as JSON
    for row in rows:
        # Whom a member might have been shown stands at its birth; better is who was there.
        closely = row["how"] in ORIGINS and (row["generation"], row["member"]) in told
        for kind, edge in _edges(row, places, [] if closely else row["demonstrators"]):
            edges.setdefault(kind, {})[edge] = "" if row["how"] in ORIGINS else row["changes"]
    lines = [
        _strokes(f"{kind}{_facts(found.values(), str(run.path))}", list(found), places, look)
        for look, (kind, found) in enumerate(sorted(edges.items()), 1)
    ]
    x, names = zip(*places, strict=True)
    lines.append(Line("members", x, list(places.values()), joined=False, names=names))
    return Chart(
        "generation", "return on held-out tasks", [Panel("", lines)], whole=True, bands=True
    )


def _edges(
    row: dict[str, Any], places: Places, demonstrators: Iterable[str]
) -> Iterator[tuple[str, Edge]]:
    """Kind and edge of each of whom a member had something; nobody is left out but scripts and lone learners."""
    young = (int(row["generation"]), row["member"])
    came = row["how"] in ORIGINS
    channel = "shown" if came else row["how"]
    others = [(row["how"], name) for name in row["parents"] if came]
    others += [(channel, name) for name in demonstrators]
    for kind, name in others:
        # A copy in mid-life is of one of the same generation.
        newest = young[0] - (row["iteration"] == 0)
        known = [(g, name) for g in range(newest, -1, -1) if (g, name) in places]
        if known and young in places:
            yield kind, Edge(known[0], young)


def _strokes(name: str, edges: Sequence[Edge], places: Places, look: int) -> Line:
    points = [end for edge in edges for end in edge]
    return Line(
        name,
        [generation for generation, _ in points],
        [places[point] for point in points],
        look=look,
        reference=STYLES.get(name.split(" ")[0], OTHER),
        pairs=True,
        names=[who for _, who in points],
    )


def _facts(changes: Iterable[str], where: str) -> str:
    """What is told of a kind, the mean over those of whom it is told."""
    told: dict[str, list[float]] = {}
    for text in filter(None, changes):
        facts = formats.parse_json(text.encode(), f"{where}: lineage")
        for name, value in facts.items() if isinstance(facts, dict) else ():
            if type(value) in (int, float):
                told.setdefault(name, []).append(value)
    means = [f"{name} {sum(values) / len(values):.3g}" for name, values in sorted(told.items())]
    return f" ({', '.join(means)})" if means else ""
