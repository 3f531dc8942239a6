"""Members of a finished or running run, read from its folder and measured again on held-out tasks."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from configs import limits
from configs.load import load
from configs.schema import Settings
from culture import accumulation
from culture.living import evaluate as play
from culture.setting import heldout_rows, prepare
from populations.member import Member, network_for
from populations.networks import pack_named
from populations.workers import open_pool
from worlds import formats, rng
from worlds.family import Family
from worlds.formats import FormatError

PERCENTILES = (10, 20, 50)


def evaluate(
    run: Path,
    suite: str = "heldout",
    episodes: int | None = None,
    member: str | None = None,
    workers: int | None = None,
) -> dict[str, Any]:
    """Play every member on disk (or the one named) alone on the suite; writes nothing.

    Returns are of the last trial, shares are of the oracle's return on the same task: percentiles
    over tasks (OEL Team 2021) and `participation`, the share of tasks with any reward. Raises
    FormatError for what is no run or damaged.
    """
    if suite != "heldout":
        raise FormatError(f"{suite!r} is not a suite of this world; known: heldout")
    settings = settings_of(run, episodes, workers)
    with closing(open_pool(settings.workers, settings.ray.address)) as pool:
        setting = prepare(settings, pool, lambda event: None)
        family = setting.family
        members = members_of(run, family, settings, member)
        rows = heldout_rows(family, settings)
        trials, _ = play(setting, [each for _, each in members], family, rows, suite)
    yardstick = family.oracle_returns(rows) / family.trials
    lines = [
        _line(generation, each.name, returns[:, -1], yardstick, settings)
        for (generation, each), returns in zip(members, trials, strict=True)
    ]
    return {
        "format": 1,
        "run": str(run),
        "suite": suite,
        "tasks": len(rows),
        "episodes": settings.evaluation.episodes,
        "oracle_return": float(yardstick.mean()),
        "members": lines,
    }


def table(found: dict[str, Any]) -> str:
    """The result of `evaluate` for people."""
    header = (
        "gen",
        "member",
        "return (95 % CI)",
        *(f"p{p}" for p in PERCENTILES),
        "participation",
        "solved",
    )
    lines: list[tuple[str, ...]] = [header]
    for line in found["members"]:
        spread = f"{line['return']:.2f} [{line['low']:.2f}, {line['high']:.2f}]"
        shares = (f"{line[f'p{p}']:.2f}" for p in PERCENTILES)
        solved = f"{line['solved']} / {found['tasks']}"
        lines.append(
            (
                str(line["generation"]),
                line["member"],
                spread,
                *shares,
                f"{line['participation']:.2f}",
                solved,
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    text = "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    note = (
        f"{found['tasks']} held-out tasks, {found['episodes']} episodes each, alone; "
        f"percentiles of the oracle's return ({found['oracle_return']:.2f} on average)"
    )
    return f"{text}\n{note}"


def _line(
    generation: int, name: str, returns: np.ndarray, yardstick: np.ndarray, settings: Settings
) -> dict[str, Any]:
    low, high = accumulation.interval(returns[None], rng.key(settings.seed, "evaluate", name))
    counted = yardstick > 0
    shares = returns[counted] / yardstick[counted]
    return {
        "generation": generation,
        "member": name,
        "return": float(returns.mean()),
        "low": low,
        "high": high,
        **{f"p{p}": float(np.percentile(shares, p)) for p in PERCENTILES},
        "participation": float((returns > 0).mean()),
        "solved": int((returns >= settings.evaluation.solved * yardstick).sum()),
    }


def settings_of(run: Path, episodes: int | None = None, workers: int | None = None) -> Settings:
    """The settings of a run; raises FormatError for what is none."""
    if not (run / "run.json").exists():
        raise FormatError(f"{run}: is not a run folder (it has no run.json)")
    overrides = [] if episodes is None else [f"evaluation.episodes={episodes}"]
    overrides += [] if workers is None else [f"workers={workers}"]
    return load(run / "config.yaml", overrides, trusted=False)


def members_of(
    run: Path, family: Family, settings: Settings, wanted: str | None
) -> list[tuple[int, Member]]:
    """(generation, member) for every pair of files below `members/` (of that name), in order.

    Raises FormatError if there is none, or one is damaged.
    """
    found, names = [], []
    for folder in sorted((run / "members").glob("g*")):
        generation = formats.generation_of(folder.name)
        if generation is None:
            continue
        for file in sorted(folder.glob("*.json")):
            names.append(file.stem)
            if wanted in (None, file.stem):
                found.append((generation, _member(file, family, settings)))
    if not found:
        known = ", ".join(names) or "none yet"
        raise FormatError(
            f"{run}: has no member {wanted!r}; known: {known}"
            if wanted
            else f"{run}: has no members yet"
        )
    return found


def _member(file: Path, family: Family, settings: Settings) -> Member:
    card = formats.read_json(file, limits.JSON_BYTES)
    network = network_for(family, settings.learner)
    arrays = formats.read_tensors(file.with_suffix(".safetensors"))
    try:
        weights = pack_named(
            network, {name.removeprefix("weights/"): array for name, array in arrays.items()}
        )
    except ValueError as problem:
        raise FormatError(f"{file.with_suffix('.safetensors')}: {problem}") from None
    blank = np.zeros(0, np.float32)
    return Member(str(card["name"]), weights, blank, blank)
