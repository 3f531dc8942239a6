"""What generations gained, by whom and against what, with bootstrap intervals: of one run, or over seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from culture.accumulation import aligned
from culture.trials import CULTURE, NO_MEMBER, Block, Trials, collect
from worlds import rng
from worlds.formats import FormatError

DRAWS = 1_000  # bootstrap draws of members and tasks, of one run
SEED_DRAWS = 10_000  # of seeds, over several runs

# Condition -> [U, G, X], U draws or seeds; NaN where nothing is known.
Means = Mapping[str, np.ndarray]
Metric = Callable[
    [Means], np.ndarray | None
]  # [U, G]; None where a condition that it needs is missing


def ratchet(means: Means) -> np.ndarray:
    """The last trial of each generation less that of the first one."""
    return _since_first(_last(means, CULTURE))


def gap(control: str) -> Metric:
    """The last trial of each generation less that of a control in the same generation."""
    return lambda means: _last(means, CULTURE) - _last(means, control) if control in means else None


def head_start(means: Means) -> np.ndarray | None:
    """The first trial of each generation less that of the first one; None where it is also the last."""
    first = means[CULTURE][:, :, 0]
    return _since_first(first) if means[CULTURE].shape[2] > 1 else None


def retention(means: Means) -> np.ndarray | None:
    """The last trial, alone, as a share of the best one before; NaN where that is nothing."""
    if means[CULTURE].shape[2] == 1:
        return None
    return _share(_last(means, CULTURE), means[CULTURE][:, :, :-1].max(2))


def innovation(means: Means) -> np.ndarray:
    """The last trial less that of the elders, the generation before."""
    last = _last(means, CULTURE)
    return last - _of_earlier(last)


def slippage(means: Means) -> np.ndarray:
    """The best last trial of earlier generations less this one's."""
    last = _last(means, CULTURE)
    return _of_earlier(np.maximum.accumulate(last, 1)) - last


def surpassing(means: Means) -> np.ndarray:
    """The share of tasks on which the young came to more than their elders in the last trial; equal counts half."""
    return _last(means, SURPASSED)


def spread(means: Means) -> np.ndarray:
    """The standard deviation between the members of a generation in the last trial of a task, the mean over tasks."""
    return _last(means, SPREAD)


def sight(means: Means) -> np.ndarray | None:
    """What the young come to when they see their elders, less what they do when these are hidden, mean over trials.

    In context, where elders are seen in an episode, those who see none are `isolated`.
    """
    seen, unseen = _seen_and_not(means)
    return None if seen is None or unseen is None else (seen - unseen).mean(2)


def reliance(means: Means) -> np.ndarray | None:
    """`sight` as a share of what the young come to when they see their elders; NaN where that is nothing."""
    seen, unseen = _seen_and_not(means)
    if seen is None or unseen is None:
        return None
    return _share((seen - unseen).mean(2), seen.mean(2))


SURPASSED, SPREAD = (
    "surpassed",
    "spread",
)  # conditions that are worked out of the culture's, task by task

METRICS: dict[str, tuple[Metric, str]] = {  # how it is computed, what it says
    "ratchet": (ratchet, "last trial, more than generation 0"),
    "gain": (gap("lone"), "more than a single lifetime of the same experience"),
    "placebo_gap": (gap("placebo"), "more than with elders who know nothing of use"),
    "isolated_gap": (gap("isolated"), "more than the same network with nobody shown"),
    "untaught_gap": (gap("untaught"), "more than without anybody shown, ever"),
    "inherit_gap": (gap("inherit"), "more than training on from the elder's weights"),
    "head_start": (head_start, "first trial, more than generation 0"),
    "innovation": (innovation, "last trial, more than the elders'"),
    "slippage": (slippage, "what the best earlier generation had and this one lost"),
    "retention": (retention, "last trial as a share of the best trial before"),
    "sight": (sight, "more when elders are seen than when they are hidden"),
    "reliance": (reliance, "share that is lost when elders are hidden"),
    "surpassing": (surpassing, "share of tasks with more than the elders'"),
    "spread": (spread, "standard deviation between members on a task"),
}
NO_DIFFERENCES = ("retention", "surpassing", "spread")
# Of metrics.jsonl, see `populations.behaviour`: attention and so on, one number a generation.
BEHAVIOUR = ("attention", "exploration", "diversity", "followed_right", "followed_wrong")
KEY = rng.key("gains")  # intervals are the same each time


class Run(Protocol):
    """What is read of a run folder."""

    path: Path

    def table(self, name: str) -> Mapping[str, Any]:
        """The columns of a table, all generations united."""

    def metrics(self) -> Sequence[Mapping[str, Any]]:
        """The lines of metrics.jsonl."""


def of(runs: Sequence[Run]) -> dict[str, Any]:
    """The `document` of runs that were read. Raises FormatError as it does, and for damaged tables."""
    told = [collect(run.table("trials"), str(run.path)) for run in runs]
    return document(told, journals=[run.metrics() for run in runs])


def document(
    runs: Sequence[Trials], key: int = KEY, journals: Sequence[Sequence[Mapping[str, Any]]] = ()
) -> dict[str, Any]:
    """Metrics and curves of one run, or the means over several (training seeds), ready for JSON.

    `journals` are the lines of metrics.jsonl of each run. Intervals are 95 %. Of one run they are by
    DRAWS of members and tasks: the same tasks in all conditions, and members of the same name
    together. Over runs they are by SEED_DRAWS of runs, each the mean over its members and tasks;
    differences are taken within a run, so paired by task and seed. Generations that some runs lack
    are left out, and so are conditions. Raises FormatError where runs have other numbers of trials.
    """
    shown = [run.as_shares() for run in runs]
    generations = min(run.generations for run in shown)
    if len({run.trials for run in shown}) > 1 or len({run.ends for run in runs}) > 1:
        raise FormatError("runs whose episodes have other trials or yardsticks cannot be compared")
    names = [name for name in shown[0].blocks if all(name in run.blocks for run in shown)]
    told = [_compared(run) for run in shown]
    every = [*names, SURPASSED, SPREAD]
    whole = _stacked([_means(run, every, generations) for run in told])
    units = _drawn(told[0], every, generations, key) if len(runs) == 1 else whole

    def drawn(values: np.ndarray) -> np.ndarray:
        """[draws, ...] of values [U, ...]."""
        return values if len(runs) == 1 else mean_of_draws(values, key)

    metrics = [
        {"metric": name, "generation": generation, **row}
        for name, (metric, _) in METRICS.items()
        if (values := metric(whole)) is not None and (spreads := metric(units)) is not None
        for generation, row in _intervals(values, drawn(spreads))
    ]
    metrics += _behaviour(journals, generations, key)
    curves = [
        {"condition": name, "yardstick": False, "generation": generation, "trial": trial, **row}
        for name in names
        for trial in range(shown[0].trials)
        for generation, row in _intervals(whole[name][..., trial], drawn(units[name][..., trial]))
        if generation in (0, *shown[0].blocks[name])
    ]
    curves += _yardsticks(shown, key)
    return {
        "format": 1,
        "runs": len(runs),
        "generations": generations,
        "trials": shown[0].trials,
        "tasks": min(len(run.tasks) for run in shown),
        "ends": runs[0].ends,  # of shares, None where measures are told as they are
        "metrics": metrics,
        "curves": curves,
    }


def table(found: Mapping[str, Any]) -> str:
    """The metrics of the last generation for people; a difference whose interval holds 0 is called none."""
    last = found["generations"] - 1
    rows = [r for r in found["metrics"] if r["generation"] == last and r["metric"] in METRICS]
    cells = [
        (row["metric"], f"{row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]") for row in rows
    ]
    numbers = aligned([("metric", "value [95 % CI]"), *cells]).splitlines()
    words = ["", *(METRICS[row["metric"]][1] + _verdict(row) for row in rows)]
    lines = [f"{cell}  {text}".rstrip() for cell, text in zip(numbers, words, strict=True)]
    over = f"{found['runs']} runs" if found["runs"] > 1 else "members and tasks of one run"
    about = f"generation {last}, {found['tasks']} held-out tasks; intervals over {over}"
    return "\n".join([*lines, about])


def _verdict(row: Mapping[str, Any]) -> str:
    if row["metric"] in NO_DIFFERENCES or row["low"] > 0 or row["high"] < 0:
        return ""
    return f": no {row['metric'].replace('_', ' ')} measured"


def _yardsticks(runs: Sequence[Trials], key: int) -> list[dict[str, Any]]:
    """Rows of `curves` for what nobody played, as generation 0; the interval is that of runs, if there are several."""
    rows = []
    for name in runs[0].yardsticks:
        if all(name in run.yardsticks for run in runs):
            values = np.stack([run.yardsticks[name].mean(0) for run in runs])  # [S, X]
            for trial, row in _intervals(values, mean_of_draws(values, key)):
                about = {"condition": name, "yardstick": True, "generation": 0, "trial": trial}
                rows.append(about | row)
    return rows


def _behaviour(
    journals: Sequence[Sequence[Mapping[str, Any]]], generations: int, key: int
) -> list[dict[str, Any]]:
    """Rows of `metrics` for what metrics.jsonl tells of behaviour; of one run without an interval."""
    rows = []
    for name in BEHAVIOUR:
        told = [[line.get(name) for line in lines[:generations]] for lines in journals]
        values = np.array(told, float)  # [S, G], NaN for what is not told
        for generation, row in _intervals(values, mean_of_draws(values, key)) if told else []:
            bounds = row if len(told) > 1 else {"value": row["value"], "low": None, "high": None}
            rows.append({"metric": name, "generation": generation, **bounds})
    return rows


def _compared(run: Trials) -> Trials:
    """With what is to be said task by task before means are taken, as conditions of their own."""
    values = {generation: block.values for generation, block in run.blocks[CULTURE].items()}

    def told(of: Callable[[int], np.ndarray], generations: Iterable[int]) -> dict[int, Block]:
        return {each: Block((NO_MEMBER,), of(each)[None]) for each in generations}

    def above(generation: int) -> np.ndarray:
        more = values[generation].mean(0) - values[generation - 1].mean(0)
        return (1 + np.sign(more)) / 2

    first = {
        0: Block((NO_MEMBER,), np.full((1, *values[0].shape[1:]), np.nan))
    }  # nobody came before
    surpassed = first | told(above, range(1, run.generations))
    apart = told(lambda generation: _between(values[generation]), values)
    return Trials(run.tasks, {**run.blocks, SURPASSED: surpassed, SPREAD: apart})


def _between(values: np.ndarray) -> np.ndarray:
    """[K, X] the standard deviation between the members of [P, K, X]; NaN of one alone."""
    return values.std(0) if len(values) > 1 else np.full(values.shape[1:], np.nan)


def _last(means: Means, condition: str) -> np.ndarray:
    return means[condition][:, :, -1]


def _seen_and_not(means: Means) -> tuple[np.ndarray | None, np.ndarray | None]:
    in_weights = "shown" in means
    pair = ("shown", "hidden") if in_weights else (CULTURE, "isolated")
    return means.get(pair[0]), means.get(pair[1])


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """`part` / `whole`; NaN where the whole is nothing."""
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _since_first(values: np.ndarray) -> np.ndarray:
    """[U, G] more than in the first generation, of which there is nothing to say: NaN."""
    return np.concatenate([np.full_like(values[:, :1], np.nan), values[:, 1:] - values[:, :1]], 1)


def _of_earlier(values: np.ndarray) -> np.ndarray:
    """[U, G] of the generation before; NaN in the first."""
    return np.concatenate([np.full_like(values[:, :1], np.nan), values[:, :-1]], 1)


def _means(run: Trials, names: Sequence[str], generations: int) -> dict[str, np.ndarray]:
    """[1, G, X] over members and tasks."""
    return _each(run, names, generations, lambda block: block.values.mean((0, 1))[None])


def _drawn(run: Trials, names: Sequence[str], generations: int, key: int) -> dict[str, np.ndarray]:
    """[DRAWS, G, X] over members and tasks drawn anew with replacement."""
    tasks = counts(rng.key(key, "tasks"), len(run.tasks), DRAWS)

    def draw(block: Block) -> np.ndarray:
        members = counts(rng.key(key, "members", *block.members), len(block.members), DRAWS)
        by_member = np.einsum("dk,pkx->dpx", tasks, block.values, optimize=True)
        return np.einsum("dp,dpx->dx", members, by_member, optimize=True)

    return _each(run, names, generations, draw)


def _each(
    run: Trials, names: Sequence[str], generations: int, of: Callable[[Block], np.ndarray]
) -> dict[str, np.ndarray]:
    """What `of` [U, X] says of each generation: [U, G, X]; of one that stands for all, the same in all."""
    found = {}
    for name in names:
        blocks = {generation: of(block) for generation, block in run.blocks[name].items()}
        unchanging = blocks[0] if list(blocks) == [0] else None
        nothing = np.full_like(next(iter(blocks.values())), np.nan)
        filler = nothing if unchanging is None else unchanging
        found[name] = np.stack([blocks.get(each, filler) for each in range(generations)], 1)
    return found


def _stacked(parts: Sequence[Means]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def counts(key: int, n: int, draws: int) -> np.ndarray:
    """[draws, n] float64 weights that sum to 1: how often each of n is drawn among n."""
    counters = np.arange(draws * n, dtype=np.uint64)
    drawn = rng.below(rng.words(key, counters), n).reshape(draws, n)
    drawn += n * np.arange(draws)[:, None]
    return np.bincount(drawn.reshape(-1), minlength=draws * n).reshape(draws, n) / n


def mean_of_draws(values: np.ndarray, key: int) -> np.ndarray:
    """[SEED_DRAWS, ...] means of runs drawn anew; `values` [S, ...]."""
    seeds = counts(rng.key(key, "seeds"), len(values), SEED_DRAWS)
    return np.tensordot(seeds, values, 1)


def _intervals(values: np.ndarray, drawn: np.ndarray) -> list[tuple[int, dict[str, float]]]:
    """Numbers of columns of which something is known, values [S, G] by their means, draws [D, G] by their quantiles."""
    found = []
    for generation, (value, draws) in enumerate(zip(values.mean(0), drawn.T, strict=True)):
        if np.isfinite(value):
            low, high = np.nanquantile(draws, [0.025, 0.975])
            told = {"value": float(value), "low": float(low), "high": float(high)}
            found.append((generation, told))
    return found
