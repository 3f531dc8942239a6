"""Members of a finished or running run, read from its folder and measured again on held-out tasks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from configs import limits
from configs.load import load
from configs.schema import Settings
from culture import accumulation
from culture.measuring import SCRIPTS, episodes_of, known_returns
from culture.measuring import evaluate as play
from culture.percentiles import best_known, intervals, shares, summary
from culture.setting import Setting, prepare
from culture.suites import Part, suite_of
from populations.member import Member, network_for
from populations.networks import pack_named
from populations.workers import open_pool
from worlds import formats, rng
from worlds.family import Family
from worlds.formats import FormatError

COMPANY = {"alone": "alone", "noise": "beside noise", "self_play": "in self-play"}
SHOWN = (20, 50, 80)  # percentiles of the table; the JSON has them all


def evaluate(
    run: Path,
    suite: str = "heldout",
    episodes: int | None = None,
    member: str | None = None,
    workers: int | None = None,
) -> dict[str, Any]:
    """Play every member on disk (or the one named) on a suite, in the company of the run's settings.

    Writes nothing. Returns are of agent_0 in the last trial. Shares are of the best return known in
    each seat of each task, of these members, of scripts and of an oracle where there is one; their
    percentiles are over tasks (OEL Team 2021), with 95 % intervals. `participation` is the share of
    tasks with any reward. `scripts` are told of like members, to compare with. Raises FormatError
    for what is no run, damaged, or no suite of its world.
    """
    settings = settings_of(run, episodes, workers)
    bound = settings.ray.worker_memory
    with closing(open_pool(settings.workers, settings.ray.address, bound=bound)) as pool:
        setting = prepare(settings, pool, lambda event: None)
        members = members_of(run, setting.family, settings, member)
        everybody, parts = [each for _, each in members], suite_of(setting, suite)
        played = [_play(setting, everybody, part, suite) for part in parts]
        episodes = min(episodes_of(setting, part.rows) for part in parts)
    scripts = list(played[0][1])
    tables = [np.concatenate([own, list(known.values())]) for own, known, _ in played]
    bests = [best for _, _, best in played]
    returns = np.concatenate([table[:, :, 0] for table in tables], 1)  # [P + scripts, K]
    found = np.concatenate(list(map(shares, tables, bests)), 1)  # [P + scripts, K]
    names = [each.name for each in everybody] + scripts
    lines = [_line(*each, settings) for each in zip(names, returns, found, strict=True)]
    best = np.concatenate([best[:, 0] for best in bests])
    return {
        "format": 1,
        "run": str(run),
        "suite": suite,
        "company": settings.evaluation.company,
        "tasks": len(best),
        "episodes": episodes,
        "best_return": float(best.mean()),
        "members": [
            {"generation": generation, **line}
            for (generation, _), line in zip(members, lines, strict=False)
        ],
        "scripts": lines[len(members) :],
    }


def table(found: dict[str, Any]) -> str:
    """The evaluation for people: one line per member."""
    shown = [f"p{p}" for p in SHOWN]
    header = ("gen", "member", "return (95 % CI)", *shown, "participation", "solved")
    lines: list[tuple[str, ...]] = [header]
    for line in [*found["members"], *found["scripts"]]:
        spread = f"{line['return']:.2f} [{line['low']:.2f}, {line['high']:.2f}]"
        levels = (
            f"{line[name]:.2f} [{line[f'{name}_low']:.2f}, {line[f'{name}_high']:.2f}]"
            for name in (*shown, "participation")
        )
        solved = f"{line['solved']} / {found['tasks']}"
        generation = str(line.get("generation", "-"))
        lines.append((generation, line["member"], spread, *levels, solved))
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    text = "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return (
        f"{text}\n{found['tasks']} held-out tasks ({found['suite']}), {found['episodes']} episodes "
        f"each, {COMPANY[found['company']]}; percentiles of the best return known "
        f"({found['best_return']:.2f} on average)"
    )


def _play(
    setting: Setting, members: Sequence[Member], part: Part, suite: str
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Returns of the last trial: of members [P, K, N], of scripts [K, N] each, the best known [K, N]."""
    returns = play(setting, members, part.family, part.rows, suite)[0][..., -1]
    scripts = ("noise",) if len(part.proven) else tuple(SCRIPTS)  # the oracle is slow
    known = known_returns(setting, part.family, part.rows, suite, scripts)
    return returns, known, best_known([returns, *known.values(), part.proven])


def _line(name: str, returns: np.ndarray, found: np.ndarray, settings: Settings) -> dict[str, Any]:
    key = rng.key(settings.seed, "evaluate", name)
    low, high = accumulation.interval(returns[None], key)
    return {
        "member": name,
        "return": float(returns.mean()),
        "low": low,
        "high": high,
        **summary(found),
        **intervals(found, key),
        "solved": int((found >= max(settings.evaluation.solved, 1e-9)).sum()),
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
