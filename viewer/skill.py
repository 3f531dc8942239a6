"""What creators gain, as a chart: a panel for each toy or world, a named row for each creator."""

from __future__ import annotations

from typing import Any

from viewer.charts import Chart, Line, Panel

UNIFORM = "uniform"  # the creator that all others are compared with
LOST = "share of steps on hopeless tasks"


def separation(found: dict[str, Any]) -> Chart:
    """Means with 95 % intervals beside where uniform draws come to, and hollow what went into hopeless tasks.

    `found` is a document of `benchmarks/creators.py`, its rows named "PLACE: CREATOR" or "PLACE
    (VARIANT): CREATOR". Variants share a panel; the line of uniform draws is of the place itself.
    Creators stand in the order in which they come first.
    """
    told: dict[str, dict[str, dict[str, Any]]] = {}  # place -> creator -> row
    for row in found["rows"]:
        place, creator = row["name"].split(": ")
        told.setdefault(place, {})[creator] = row
    creators = list(dict.fromkeys(creator for rows in told.values() for creator in rows))
    panels: dict[str, list[Line]] = {}
    for place, rows in told.items():
        title, _, variant = place.rstrip(")").partition(" (")
        lines = panels.setdefault(title, [])
        y = [creators.index(creator) for creator in rows]
        value, low, high = (
            [row[name] for row in rows.values()] for name in ("value", "low", "high")
        )
        lost = [row.get("hopeless", 0.0) for row in rows.values()]
        if not variant and UNIFORM in rows:
            lines.append(Line(UNIFORM, [rows[UNIFORM]["value"]], [0], reference="--"))
        look = 2 * sum(not line.reference and not line.second for line in lines)
        lines.append(Line(variant or found["rows"][0]["unit"], value, y, low, high, look))
        if any(lost) and not variant:
            lines.append(Line(LOST, lost, y, look=1, second=True))
    made = [Panel(title, lines) for title, lines in panels.items()]
    return Chart(found["rows"][0]["unit"], "creator", made, rows=creators)
