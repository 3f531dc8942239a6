"""What a stream of generations comes to: the document and the table of `ratchet evaluate --lifelong`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from culture import lifelong
from culture.accumulation import aligned
from culture.evaluation import Asked
from culture.gains import DRAWS, KEY, counts, mean_of_draws
from culture.scores import COMPANY
from culture.streams import Column, Curve, Stream, streams
from worlds import rng

KINDS = 4  # of tasks that are alike, in a suite
LEVELS = (
    "ratchet_share",
    "forward_ratio",
    "backward_ratio",
    "acc",
    "auc",
)  # 0 is no "none" in them

# What each metric says, by what it is taken of.
ON_SUITES = {
    "accumulation": "more than the generation before",
    "slippage": "what the best earlier generation had and this one lost",
    "ratchet_share": "part of the kinds of tasks on which it is no worse than all before",
}
ON_STREAM = {
    "forward_transfer": "effect of a generation on what later ones learn, -1 to 1",
    "forward_ratio": "the same, after it / before it",
    "backward_transfer": "effect of a generation on what earlier ones learned, -1 to 1",
    "backward_ratio": "the same, after it / before it",
    "maintenance": "later on, less when it was learned; below 0: forgotten",
    "acc": "share at the end, of what all learned",
    "bwt": "at the end, less when it was learned; below 0: forgotten",
    "zero_shot": "share of what the next one will learn, more than a newborn's",
    "nbt": "what later ones lost of what one learned; below 0: gained",
    "auc": "share of what one learned, from then to the end",
}
IN_LIFE = {
    "fwt": "return over a life, kept at its best once reached",
    "relative_performance": "return summed over a life, as a share of generation 0's",
    "sample_efficiency": "as much, as soon as generation 0; 2: twice as much, or twice as soon",
    "recovery_steps": "agent-steps until it is as good as its elder was in the end",
    "recovery": "how many agent-steps sooner than the generation before",
}
Told = Iterator[
    tuple[dict[str, Any], np.ndarray]
]  # which metric, and its values [U]; NaN: not defined


def evaluate(runs: Sequence[Path], asked: Asked) -> dict[str, Any]:
    """The `document` of runs that are played. Raises FormatError as `streams` does."""
    return document(streams(runs, asked, KINDS))


def document(told: Sequence[Stream]) -> dict[str, Any]:
    """Matrix and metrics of one run, or the means over several (training seeds), ready for JSON.

    `matrix` has a line for a newborn (generation -1) and for each generation: the mean share of each
    column's tasks. Intervals are 95 %: of one run by draws of each column's tasks, of several by
    draws of runs; what learning curves of one run tell has none. What some runs lack is left out,
    and `missing` says so; a metric that is not defined has no row.
    """
    generations = len(told[0].suites[0].shares) - 1
    learned = all(len(one.learned) == generations for one in told)
    curves = all(len(one.curves) == generations for one in told)
    columns = [_columns(one, learned) for one in told]  # of each run
    names = list(columns[0])
    whole = {
        name: np.stack([_means(run[name].shares) for run in columns]) for name in names
    }  # [S, 1 + G]
    drawn = whole if len(told) > 1 else {name: _drawn(columns[0][name]) for name in names}
    metrics = [
        about | row
        for (about, values), (_, draws) in zip(
            _of_columns(told[0], whole, learned),
            _of_columns(told[0], drawn, learned),
            strict=True,
        )
        if (row := _spread(values, draws if len(told) == 1 else None))
    ]
    if curves:
        metrics += [
            about | row for about, values in _in_lives(told) if (row := _spread(values, None))
        ]
    return {
        "format": 1,
        "runs": [one.run for one in told],
        "generations": generations,
        "episodes": told[0].episodes,
        "company": told[0].company,
        "columns": [_about(name, [run[name] for run in columns]) for name in names],
        "matrix": [
            {
                "generation": row - 1,
                "shares": {name: _known(np.mean(whole[name][:, row])) for name in names},
            }
            for row in range(1 + generations)
        ],
        "metrics": metrics,
        "missing": list(_missing(generations, learned, curves)),
    }


def table(found: Mapping[str, Any]) -> str:
    """The document for people: the matrix, the metrics of the last generation, and what each of them says."""
    last, runs = found["generations"] - 1, len(found["runs"])
    rows = [row for row in found["metrics"] if row["generation"] in (None, last)]
    over = f"means of {runs} runs, intervals over them" if runs > 1 else "intervals over tasks"
    parts = [_matrix(found, learned=False)]
    parts += _group(f"generation {last} on held-out tasks", rows, ON_SUITES)
    if any(column["learned"] for column in found["columns"]):
        parts.append(_matrix(found, learned=True))
    parts += _group("generations on the tasks that each of them learned", rows, ON_STREAM)
    parts += _group(f"generation {last} learning, on held-out tasks", rows, IN_LIFE)
    company = COMPANY.get(found["company"], found["company"])
    about = f"shares of what tasks are worth; {found['episodes']} or more episodes each, {company}; {over}"
    return "\n\n".join([*parts, "\n".join([about, *found["missing"]])])


def _matrix(found: Mapping[str, Any], learned: bool) -> str:
    """Suites and their kinds, or what each generation learned, in columns."""
    columns = [column for column in found["columns"] if column["learned"] == learned]
    first = "tasks learned by:" if learned else "best of"
    lines: list[tuple[str, ...]] = [
        (first, *(f"{column['name']} ({column['tasks']})" for column in columns))
    ]
    for line in found["matrix"]:
        who = "a newborn" if line["generation"] < 0 else f"generation {line['generation']}"
        lines.append((who, *(_cell(line["shares"][column["name"]]) for column in columns)))
    return aligned(lines)


def _group(title: str, rows: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> list[str]:
    """One text of the metrics that `words` explain; none where there are none."""
    mine = [row for row in rows if row["metric"] in words]
    suites = {row["suite"] for row in mine}
    names = [
        f"{row['metric']}, {row['suite']}" if len(suites) > 1 else row["metric"] for row in mine
    ]
    numbers = aligned(list(zip(names, map(_value, mine), strict=True))).splitlines() if mine else []
    told = [words[row["metric"]] + _verdict(row) for row in mine]
    lines = [f"  {number}  {text}" for number, text in zip(numbers, told, strict=True)]
    return ["\n".join([f"{title} [95 % CI]", *lines])] if mine else []


def _columns(one: Stream, learned: bool) -> dict[str, Column]:
    """All columns of a run by name: suites, each followed by its kinds, then what each generation learned."""
    found = {}
    for suite in one.suites:
        found[suite.name] = suite
        found |= {kind.name: kind for kind in suite.of_kinds()}
    return found | {column.name: column for column in (one.learned if learned else ())}


def _of_columns(one: Stream, values: Mapping[str, np.ndarray], learned: bool) -> Told:
    """The metrics of shares [U, 1 + G] by column, of U runs or draws like this one."""
    for suite in one.suites:
        names = [kind.name for kind in suite.of_kinds()] or [suite.name]
        whole = lifelong.generations(values[suite.name][:, 1:, None])
        kinds = lifelong.generations(np.stack([values[name][:, 1:] for name in names], -1))
        told = {name: whole[name][..., 0] for name in ("accumulation", "slippage")}
        for metric, found in (told | {"ratchet_share": kinds["ratchet_share"]}).items():
            for generation, of_one in enumerate(found.T):
                yield {"metric": metric, "suite": suite.name, "generation": generation}, of_one
    if learned:
        c = np.stack([values[column.name] for column in one.learned], -1)  # [U, 1 + G, G]
        for metric, found in lifelong.transfer(c[:, 1:], before=c[:, 0]).items():
            yield {"metric": metric, "suite": None, "generation": None}, found


def _in_lives(told: Sequence[Stream]) -> Told:
    """The metrics of learning curves, of each run. Where returns can be negative, ratios begin at the least one."""
    lives = [_life(one.curves) for one in told]
    for metric in IN_LIFE:
        for generation in range(len(told[0].curves)):
            about = {"metric": metric, "suite": None, "generation": generation}
            yield about, np.array([life[metric][generation] for life in lives])


def _life(curves: Sequence[Curve]) -> dict[str, list[float]]:
    """Of each generation of a run."""
    least = min(0.0, *(curve.returns.min() for curve in curves))
    first, found = curves[0], {name: [float("nan")] * len(curves) for name in IN_LIFE}
    times: list[float] = []
    for number, curve in enumerate(curves):
        found["fwt"][number] = float(lifelong.fwt(curve.returns))
        if not number:
            continue
        mine, others = curve.returns - least, first.returns - least
        found["relative_performance"][number] = lifelong.relative_performance(mine, others)
        found["sample_efficiency"][number] = lifelong.sample_efficiency(
            mine, curve.steps, others, first.steps
        )
        level = curves[number - 1].returns[-1]
        needed = lifelong.steps_to(curve.returns, curve.steps, level)
        found["recovery_steps"][number] = needed
        times.append(min(needed, 2 * curve.steps[-1] - curve.steps[-2]))  # never: a point too late
        found["recovery"][number] = lifelong.recovery(np.array(times))
    return found


def _drawn(column: Column) -> np.ndarray:
    """[DRAWS, 1 + G] mean shares of a column's tasks drawn anew: the same ones for everybody."""
    tasks = len(column.tasks)
    if not tasks:
        return np.full((DRAWS, len(column.shares)), np.nan)
    return np.asarray(counts(rng.key(KEY, column.name), tasks, DRAWS) @ column.shares.T)


def _means(shares: np.ndarray) -> np.ndarray:
    """[1 + G] over tasks; NaN where there are none."""
    return shares.mean(1) if shares.size else np.full(len(shares), np.nan)


def _spread(values: np.ndarray, draws: np.ndarray | None) -> dict[str, Any]:
    """The mean over the runs in which a metric is defined, [S], with an interval of `draws` [D] or over runs.

    Infinite is what never happened: a mean is over the others, and `never` says in how many runs.
    Empty if it is defined nowhere.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return {}
    finite = known[np.isfinite(known)]
    row: dict[str, Any] = {"value": _known(finite.mean()) if len(finite) else None}
    row |= {"low": None, "high": None, "runs": len(known), "never": len(known) - len(finite)}
    if draws is None and len(finite) > 1:
        draws = mean_of_draws(finite, KEY)
    if draws is not None and len(draws := draws[np.isfinite(draws)]):
        row["low"], row["high"] = (float(bound) for bound in np.quantile(draws, [0.025, 0.975]))
    return row


def _about(name: str, of_runs: Sequence[Column]) -> dict[str, Any]:
    """A column: its tasks in each run, once where they are the same."""
    tasks = [list(column.tasks) for column in of_runs]
    same = all(each == tasks[0] for each in tasks)
    about = {"name": name, "learned": of_runs[0].learned, "tasks": min(map(len, tasks))}
    return about | {"of_runs": tasks[:1] if same else tasks}


def _missing(generations: int, learned: bool, curves: bool) -> Iterator[str]:
    if generations < 2:
        yield "one generation only: nothing can be told that compares it with earlier ones"
    if not learned:
        yield "no tasks of each generation: the creator kept no new ones, so there is no transfer between them"
    if not curves:
        yield "no learning curves: with evaluation.points=10 a run measures its members on the way"


def _value(row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        return "never"
    digits = 0 if row["metric"] in ("recovery_steps", "recovery") else 2
    text = f"{row['value']:,.{digits}f}"
    if row["low"] is not None:
        text += f" [{row['low']:,.{digits}f}, {row['high']:,.{digits}f}]"
    return text + (f" (never in {row['never']} of {row['runs']})" if row["never"] else "")


def _verdict(row: Mapping[str, Any]) -> str:
    """A difference whose interval holds 0 is told as none."""
    if row["metric"] in (*LEVELS, *IN_LIFE) or row["low"] is None:
        return ""
    return "" if row["low"] > 0 or row["high"] < 0 else ": none measured"


def _cell(share: float | None) -> str:
    return "-" if share is None else f"{share:.2f}"


def _known(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
