"""What generations gained, by whom and against what, with bootstrap intervals: of one run, or over seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from culture.scores import aligned
from culture.trials import CULTURE, Block, Trials
from worlds import rng
from worlds.formats import FormatError

DRAWS = 1_000  # bootstrap draws of members and tasks, of one run
SEED_DRAWS = 10_000  # of seeds, over several runs

Means = Mapping[
    str, np.ndarray
]  # condition -> [U, G, X], U draws or seeds; NaN where nothing is known


def ratchet(means: Means) -> np.ndarray:
    """[U, G] the last trial of each generation less that of the first one."""
    return _since_first(_last(means, CULTURE))


def gap(control: str) -> Callable[[Means], np.ndarray]:
    """The last trial of each generation less that of a control in the same generation: [U, G]."""
    return lambda means: _last(means, CULTURE) - _last(means, control)


def head_start(means: Means) -> np.ndarray:
    """[U, G] the first trial of each generation less that of the first one."""
    return _since_first(means[CULTURE][:, :, 0])


def retention(means: Means) -> np.ndarray:
    """[U, G] the last trial, alone, as a share of the best one before; NaN where that is nothing."""
    before = means[CULTURE][:, :, :-1].max(2)
    return np.divide(
        _last(means, CULTURE), before, out=np.full_like(before, np.nan), where=before > 0
    )


def innovation(means: Means) -> np.ndarray:
    """[U, G] the last trial less that of the elders, the generation before; NaN in the first."""
    last = _last(means, CULTURE)
    return last - _of_earlier(last)


def slippage(means: Means) -> np.ndarray:
    """[U, G] the best last trial of earlier generations less this one's; NaN in the first."""
    last = _last(means, CULTURE)
    return _of_earlier(np.maximum.accumulate(last, 1)) - last


# Name -> (what it needs besides the culture, how it is computed, what it says).
METRICS: dict[str, tuple[str, Callable[[Means], np.ndarray], str]] = {
    "ratchet": ("", ratchet, "last trial, more than generation 0"),
    "gain": ("lone", gap("lone"), "more than a single lifetime of the same experience"),
    "placebo_gap": ("placebo", gap("placebo"), "more than with elders who know nothing of use"),
    "isolated_gap": ("isolated", gap("isolated"), "more than the same network with nobody shown"),
    "inherit_gap": ("inherit", gap("inherit"), "more than training on from the elder's weights"),
    "head_start": ("", head_start, "first trial, more than generation 0"),
    "innovation": ("", innovation, "last trial, more than the elders'"),
    "slippage": ("", slippage, "what the best earlier generation had and this one lost"),
    "retention": ("", retention, "last trial as a share of the best trial before"),
}
NEED_TRIALS = ("head_start", "retention")  # say nothing where an episode is one trial
NO_DIFFERENCES = ("retention",)


def document(runs: Sequence[Trials], key: int) -> dict[str, Any]:
    """Metrics and curves of one run, or the means over several (training seeds), ready for JSON.

    Intervals are 95 %. Of one run they are by DRAWS of members and tasks: the same tasks in all
    conditions, and members of the same name together. Over runs they are by SEED_DRAWS of runs, each
    the mean over its members and tasks; differences are taken within a run, so paired by task and
    seed. Generations that some runs lack are left out, and so are conditions. Raises FormatError
    where runs have other numbers of trials.
    """
    shown = [run.as_shares() for run in runs]
    generations = min(run.generations for run in shown)
    if len({run.trials for run in shown}) > 1 or len({run.normalised for run in runs}) > 1:
        raise FormatError("runs whose episodes have other trials or yardsticks cannot be compared")
    names = [name for name in shown[0].blocks if all(name in run.blocks for run in shown)]
    whole = _stacked([_means(run, names, generations) for run in shown])
    units = _stacked([_drawn(shown[0], names, generations, key)]) if len(runs) == 1 else whole

    def spread(values: np.ndarray) -> np.ndarray:
        """[draws, ...] of values [U, ...]."""
        return values if len(runs) == 1 else _mean_of_draws(values, key)

    metrics = [
        {"metric": name, "generation": generation, **told}
        for name, (control, of, _) in METRICS.items()
        if (not control or control in names) and (shown[0].trials > 1 or name not in NEED_TRIALS)
        for generation, told in _intervals(of(whole), spread(of(units)))
    ]
    yardsticks = shown[0].yardsticks
    curves = [
        {
            "condition": name,
            "yardstick": name in yardsticks,
            "generation": generation,
            "trial": trial,
            **told,
        }
        for name in names
        for trial in range(shown[0].trials)
        for generation, told in _intervals(whole[name][..., trial], spread(units[name][..., trial]))
        if generation in (0, *shown[0].blocks[name])
    ]
    return {
        "format": 1,
        "runs": len(runs),
        "generations": generations,
        "trials": shown[0].trials,
        "tasks": min(len(run.tasks) for run in shown),
        "measure": "share" if runs[0].normalised else "measure",
        "metrics": metrics,
        "curves": curves,
    }


def table(found: Mapping[str, Any]) -> str:
    """The metrics of the last generation for people; a difference whose interval holds 0 is called none."""
    last = found["generations"] - 1
    lines: list[tuple[str, ...]] = [("metric", "value [95 % CI]", "", "what it is")]
    for row in found["metrics"]:
        if row["generation"] == last:
            name, value = row["metric"], f"{row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
            lines.append((name, value, _verdict(row), METRICS[name][2]))
    over = f"{found['runs']} runs" if found["runs"] > 1 else "members and tasks of one run"
    return f"{aligned(lines)}\ngeneration {last}, {found['tasks']} held-out tasks; intervals over {over}"


def _verdict(row: Mapping[str, Any]) -> str:
    if row["metric"] in NO_DIFFERENCES or row["low"] > 0 or row["high"] < 0:
        return ""
    return f"no {row['metric'].replace('_', ' ')} measured"


def _last(means: Means, condition: str) -> np.ndarray:
    return means[condition][:, :, -1]


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
    tasks = _counts(rng.key(key, "tasks"), len(run.tasks), DRAWS)

    def draw(block: Block) -> np.ndarray:
        members = _counts(rng.key(key, "members", *block.members), len(block.members), DRAWS)
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


def _counts(key: int, n: int, draws: int) -> np.ndarray:
    """[draws, n] float64 weights that sum to 1: how often each of n is drawn among n."""
    counters = np.arange(draws * n, dtype=np.uint64)
    drawn = rng.below(rng.words(key, counters), n).reshape(draws, n)
    drawn += n * np.arange(draws)[:, None]
    return np.bincount(drawn.reshape(-1), minlength=draws * n).reshape(draws, n) / n


def _mean_of_draws(values: np.ndarray, key: int) -> np.ndarray:
    """[SEED_DRAWS, ...] means of runs drawn anew; `values` [S, ...]."""
    seeds = _counts(rng.key(key, "seeds"), len(values), SEED_DRAWS)
    return np.tensordot(seeds, values, 1)


def _intervals(values: np.ndarray, drawn: np.ndarray) -> list[tuple[int, dict[str, float]]]:
    """Generations of which something is known, values [S, G] by their means, draws [D, G] by their quantiles."""
    found = []
    for generation, (value, draws) in enumerate(zip(values.mean(0), drawn.T, strict=True)):
        if np.isfinite(value):
            low, high = np.nanquantile(draws, [0.025, 0.975])
            told = {"value": float(value), "low": float(low), "high": float(high)}
            found.append((generation, told))
    return found
