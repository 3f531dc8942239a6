"""What was gained: each generation on held-out tasks, against one lifetime of equal experience, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from worlds import rng

DRAWS = 1000  # bootstrap draws


def row(
    generation: int,
    culture: np.ndarray,
    lone: np.ndarray | None,
    yardstick: np.ndarray,
    solved_share: float,
    seed: int,
) -> dict[str, Any]:
    """One line of the table.

    `culture` and `lone` are [P, K] mean returns of each member on each held-out task, `yardstick`
    [K] is the oracle's return.
    A task counts as solved when the members' mean return reaches `solved_share` of the oracle's.
    """
    key = rng.key(seed, "bootstrap", generation)
    low, high = interval(culture, key)
    line: dict[str, Any] = {
        "generation": generation,
        "members": len(culture),
        "return": float(culture.mean()),
        "low": low,
        "high": high,
        "tasks": culture.shape[1],
        "solved": int((culture.mean(0) >= solved_share * yardstick).sum()),
    }
    if lone is not None:
        line["lone_return"] = float(lone.mean())
        line["lone_low"], line["lone_high"] = interval(lone, rng.key(key, "lone"))
        line["gain"] = line["return"] - line["lone_return"]
        line["gain_low"], line["gain_high"] = difference(culture, lone, rng.key(key, "gain"))
        line["lone_solved"] = int((lone.mean(0) >= solved_share * yardstick).sum())
    return line


def interval(table: np.ndarray, key: int) -> tuple[float, float]:
    """95 % interval of the mean of [P, K] by bootstrap over members and tasks, both drawn anew."""
    members, tasks = _draws(len(table), table.shape[1], key)
    return _bounds(
        np.array([table[np.ix_(m, t)].mean() for m, t in zip(members, tasks, strict=True)])
    )


def difference(first: np.ndarray, second: np.ndarray, key: int) -> tuple[float, float]:
    """95 % interval of mean(first) - mean(second), paired by task; members of the two are drawn separately."""
    members, tasks = _draws(len(first), first.shape[1], key)
    others, _ = _draws(len(second), second.shape[1], rng.key(key, "others"))
    gaps = [
        first[np.ix_(m, t)].mean() - second[np.ix_(o, t)].mean()
        for m, o, t in zip(members, others, tasks, strict=True)
    ]
    return _bounds(np.array(gaps))


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The table that ends an experiment; never prettified: an interval with 0 in it says so."""
    header = (
        "gen",
        "members",
        "return (95 % CI)",
        "single lifetime",
        "gain (95 % CI)",
        "tasks solved",
    )
    lines = [header, *(_cells(line) for line in rows)]
    return f"{aligned(lines)}\n{verdict(rows)}"


def aligned(lines: Sequence[tuple[str, ...]]) -> str:
    """Cells in columns, flushed right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )


def verdict(rows: Sequence[dict[str, Any]]) -> str:
    """One sentence on the last generation."""
    last = rows[-1]
    if "gain" not in last:
        return "no single lifetime was run, so that no gain can be given"
    if last["gain_low"] > 0:
        return f"generation {last['generation']} beats a single lifetime of the same experience"
    if last["gain_high"] < 0:
        return f"generation {last['generation']} is worse than a single lifetime of the same experience"
    return "no gain measured: the interval of the last generation's gain includes 0"


def _cells(line: dict[str, Any]) -> tuple[str, ...]:
    lone, gain = "-", "-"
    if "gain" in line:
        lone = _spread(line["lone_return"], line["lone_low"], line["lone_high"])
        gain = f"{line['gain']:+.2f} [{line['gain_low']:+.2f}, {line['gain_high']:+.2f}]"
    return (
        str(line["generation"]),
        str(line["members"]),
        _spread(line["return"], line["low"], line["high"]),
        lone,
        gain,
        f"{line['solved']} / {line['tasks']}",
    )


def _spread(mean: float, low: float, high: float) -> str:
    return f"{mean:.2f} ± {(high - low) / 2:.2f}"


def _draws(members: int, tasks: int, key: int) -> tuple[np.ndarray, np.ndarray]:
    def draw(purpose: str, n: int) -> np.ndarray:
        counters = np.arange(DRAWS * n, dtype=np.uint64)
        return rng.below(rng.words(rng.key(key, purpose), counters), n).reshape(DRAWS, n)

    return draw("members", members), draw("tasks", tasks)


def _bounds(values: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
