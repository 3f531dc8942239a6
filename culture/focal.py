"""Members among others: some seats of a world are theirs, the rest is background (Melting Pot; Leibo 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from culture import accumulation
from culture.evaluation import Asked, Entrant, enter
from culture.measuring import episodes_of
from culture.members import settings_of
from culture.setting import Setting, play
from culture.suites import Part, suite_of
from populations.member import Member
from populations.rollout import NOISE, Ticket
from populations.workers import open_pool
from worlds import rng
from worlds.family import identity
from worlds.formats import FormatError

SCENARIOS = ("resident", "visitor", "universal")  # most seats are focal, fewest, all
WORLDS = 512  # most of a unit: what is played does not depend on the number of workers


class Scenario(NamedTuple):
    """Who is measured among whom."""

    name: str  # one of SCENARIOS
    focal: Sequence[Member]
    background: Sequence[Member]  # frozen; random actions where there are none

    @property
    def background_names(self) -> list[str]:
        """Those who may fill the seats that are not focal."""
        if self.name == "universal":
            return []
        return [member.name for member in self.background] or ["noise"]


def evaluate(
    runs: Sequence[Path], asked: Asked, scenarios: Sequence[str], background: Path | None = None
) -> dict[str, Any]:
    """The scenarios for the members of each run, ready for JSON: one row per run and scenario.

    Focal are the members of a run's last generation, or the one that is asked for. The background
    are the best members of the generations before it, or of all generations of the run `background`;
    where there are none, random actions. Writes nothing. Raises FormatError as
    `culture.evaluation.evaluate` does, and for worlds of one agent.
    """
    settings = settings_of(runs[0], *asked.overrides)
    rows: list[dict[str, Any]] = []
    bound = settings.ray.worker_memory
    with closing(open_pool(settings.workers, settings.ray.address, bound=bound)) as pool:
        entrants = enter(runs, asked, pool, meeting=False)
        others = enter([background], replace(asked, member=None), pool, False) if background else []
        for entrant in entrants:
            for other in others:
                other.check_beside(entrant, meeting=True)
            behind = others[0].bests if others else entrant.bests[:-1]
            parts = suite_of(entrant.setting, asked.suite)
            for name in scenarios:
                scenario = Scenario(
                    name, _focal(entrant, asked.member), [kept.member for kept in behind]
                )
                about = {
                    "run": str(entrant.path),
                    "background_run": str(background or entrant.path),
                }
                rows.append(about | _row(entrant.setting, scenario, parts, asked.suite))
        episodes = min(episodes_of(entrants[0].setting, part.rows) for part in parts)
    return {"format": 1, "suite": asked.suite, "episodes": episodes, "scenarios": rows}


def table(found: dict[str, Any]) -> str:
    """The rows for people."""
    header = ("run", "scenario", "focal return per agent (95 % CI)", "background", "tasks")
    lines: list[tuple[str, ...]] = [header]
    for row in found["scenarios"]:
        sides = [
            "-"
            if row[f"{side}_return_per_capita"] is None
            else f"{row[f'{side}_return_per_capita']:.2f} "
            f"[{row[f'{side}_low']:.2f}, {row[f'{side}_high']:.2f}]"
            for side in ("focal", "background")
        ]
        lines.append((row["run"], row["scenario"], *sides, str(row["tasks"])))
    names = [
        f"{row['run']}, {row['scenario']}: {', '.join(row['focal'])}"
        f" among {', '.join(row['background']) or 'themselves'}"
        for row in found["scenarios"]
    ]
    about = f"held-out tasks ({found['suite']}), {found['episodes']} episodes each, last trial"
    return "\n".join([accumulation.aligned(lines), *names, about])


def mask(scenario: str, agents: int, episodes: int) -> np.ndarray:
    """[episodes, N] bool: which seats are focal; from episode to episode the next ones.

    Of two agents one is focal, in `resident` as in `visitor`. Raises ValueError for one agent
    unless the scenario is `universal`.
    """
    if scenario == "universal":
        return np.ones((episodes, agents), bool)
    if agents < 2:
        raise ValueError(f"{scenario} needs at least two agents ({agents})")
    most = min(agents // 2 + 1, agents - 1)
    focal = most if scenario == "resident" else agents - most
    return (np.arange(agents) - np.arange(episodes)[:, None]) % agents < focal


def draw(key: int, focal: np.ndarray, members: int, background: int) -> np.ndarray:
    """Roster [B, N] int16: in `focal` seats [B, N] one of the `members`, elsewhere of the background after them.

    Every seat draws anew, with replacement. Without background there are random actions.
    """
    words = rng.words(key, np.arange(focal.size, dtype=np.uint64)).reshape(focal.shape)
    ours = rng.below(words, members)
    theirs = members + rng.below(words, background) if background else NOISE
    return np.where(focal, ours, theirs).astype(np.int16)


def measure(
    setting: Setting, scenario: Scenario, part: Part, suite: str
) -> tuple[np.ndarray, np.ndarray]:
    """Mean returns per agent in the last trial of each task [K]: of focal seats, of the others (NaN if none)."""
    family, episodes = part.family, episodes_of(setting, part.rows)
    focal = np.tile(mask(scenario.name, family.num_agents, episodes), (len(part.rows), 1))
    rows, key = np.repeat(part.rows, episodes, 0), setting.key("scenario", scenario.name, suite)
    seats = draw(rng.key(key, "seats"), focal, len(scenario.focal), len(scenario.background))
    weights = tuple(member.weights for member in (*scenario.focal, *scenario.background))
    units = []
    for start in range(0, len(rows), WORLDS):
        here = slice(start, start + WORLDS)
        ticket = Ticket(rng.key(key, start), rows[here], seats[here], np.ones(family.trials))
        units.append(play(setting, f"{scenario.name} on {suite}", family, ticket, weights))
    outcomes = setting.pool.perform(units)
    returns = np.concatenate([outcome.trial_returns[..., -1] for outcome in outcomes])
    means = [
        (returns * side).sum(1) / np.where(side.any(1), side.sum(1), np.nan)
        for side in (focal, ~focal)
    ]
    ours, theirs = (each.reshape(len(part.rows), episodes).mean(1) for each in means)
    return ours, theirs


def _focal(entrant: Entrant, wanted: str | None) -> list[Member]:
    """The members of the last generation, or all of that name."""
    last = entrant.bests[-1].generation
    return [member for generation, member in entrant.measured if wanted or generation == last]


def _row(setting: Setting, scenario: Scenario, parts: Sequence[Part], suite: str) -> dict[str, Any]:
    """One scenario over a suite; parts of single agents have no background and are left out.

    `by_task` holds the mean returns from which all figures follow, None where nobody is background.
    """
    fitting = [part for part in parts if part.family.num_agents > 1 or scenario.name == "universal"]
    if not fitting:
        raise FormatError(f"{scenario.name} needs worlds of at least two agents")
    played = [measure(setting, scenario, part, suite) for part in fitting]
    tasks = [task for part in fitting for task in identity(part.family.name, part.rows)]
    row: dict[str, Any] = {
        "scenario": scenario.name,
        "focal": [member.name for member in scenario.focal],
        "background": scenario.background_names,
        "tasks": len(tasks),
        "by_task": {"task": tasks},
    }
    for index, side in enumerate(("focal", "background")):
        returns = np.concatenate([means[index] for means in played])
        known = not np.isnan(returns).any()
        row["by_task"][side] = returns.tolist() if known else None
        row[f"{side}_return_per_capita"] = float(returns.mean()) if known else None
        if known:
            key = rng.key("scenario", scenario.name, side)
            row[f"{side}_low"], row[f"{side}_high"] = accumulation.interval(returns[None], key)
    return row
