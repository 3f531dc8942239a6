"""What a table of returns comes to: a line for each member, and who is ahead of whom."""

from __future__ import annotations

from typing import Any

import numpy as np

from culture import accumulation
from culture.percentiles import CURVE, FLOOR, front, intervals, lowest, shares, summary
from culture.returns import Returns, Who
from populations import games
from worlds import rng

COMPANY = {
    "alone": "alone",
    "noise": "beside noise",
    "self_play": "in self-play",
    "population": "beside the best of all generations",
}
SHOWN = ("p10", "p20", "p50", "participation")  # columns of the table; the JSON has all percentiles


def scores(returns: Returns) -> dict[str, Any]:
    """One document of everything that is told of the members and scripts, ready for JSON.

    Returns are of agent_0 in the last trial. Shares are of what each seat of each task is worth to
    all these members and scripts together; their percentiles are over the tasks that are worth a
    reward at all, with 95 % intervals (OEL Team 2021). `participation` is the part of those tasks
    with any reward; `front` says that nobody is ahead; `skill` is by Nash averaging (Balduzzi 2018)
    over the tasks on which members differ, None where they differ nowhere.
    """
    worth, version = returns.worth()
    mean = returns.table.mean(1)  # over rosters, [I, K, N]
    counted = (worth >= FLOOR).any(-1)
    found = shares(np.nan_to_num(mean), worth, lowest(returns.table))  # [I, K]
    earned = (np.nan_to_num(mean) > 0).any(-1)
    solved = (shares(np.nan_to_num(mean), worth) >= returns.solved).sum(-1)
    lines = [
        _line(who, mean[i, :, 0], found[i, counted], earned[i, counted])
        | {"solved": int(solved[i])}
        for i, who in enumerate(returns.who)
    ]
    members, scripts = lines[: returns.members], lines[returns.members :]
    skills = _skills(found[: returns.members, counted])
    ahead = front(members) if counted.any() else np.zeros(len(members), bool)
    for line, first, skill in zip(members, ahead, skills, strict=True):
        line |= {"front": bool(first), "skill": skill}
    return {
        "format": 1,
        "runs": list(dict.fromkeys(who.run for who in returns.who if who.run)),
        "suite": returns.suite,
        "company": returns.company,
        "rosters": list(returns.rosters),
        "tasks": len(returns.tasks),
        "tasks_counted": int(counted.sum()),
        "episodes": returns.episodes,
        "worth": {"version": version, "mean_return": float(worth[:, 0].mean())},
        "members": members,
        "scripts": scripts,
    }


def table(found: dict[str, Any]) -> str:
    """The document for people: one line per member, those of the Pareto front marked with a star."""
    several = len(found["runs"]) > 1
    header = ("run",) * several + ("gen", "member", "return (95 % CI)", *SHOWN, "skill", "solved")
    lines: list[tuple[str, ...]] = [header]
    for line in [*found["members"], *found["scripts"]]:
        spread = f"{line['return']:.2f} [{line['low']:.2f}, {line['high']:.2f}]"
        levels = (
            f"{line[name]:.2f} [{line[f'{name}_low']:.2f}, {line[f'{name}_high']:.2f}]"
            if name in line
            else "-"
            for name in SHOWN
        )
        skill = "-" if line.get("skill") is None else f"{line['skill']:.2f}"
        solved = f"{line['solved']} / {found['tasks_counted']}"
        name = f"{line['member']} *" if line.get("front") else f"{line['member']}  "
        generation = str(line.get("generation", "-"))
        run = (line.get("run", "-"),) * several
        lines.append((*run, generation, name, spread, *levels, skill, solved))
    few = found["tasks"] - found["tasks_counted"]
    left_out = f" ({few} that are worth less than {FLOOR} are left out)" if few else ""
    return (
        f"{accumulation.aligned(lines)}\n{found['tasks']} held-out tasks ({found['suite']}){left_out}, "
        f"{found['episodes']} episodes each, {COMPANY.get(found['company'], found['company'])}\n"
        "percentiles over tasks of the return as a share of what the task is worth to all of these"
        f" ({found['worth']['mean_return']:.2f} on average)\n"
        "* nobody is ahead of it in every one of p10, p20, p50 and participation"
    )


def _line(who: Who, returns: np.ndarray, found: np.ndarray, earned: np.ndarray) -> dict[str, Any]:
    """Returns [K] of all tasks, shares and whether there was a reward [k] of those that count."""
    key = rng.key("evaluate", who.name)
    low, high = accumulation.interval(returns[None], key)
    line = {"run": who.run, "generation": who.generation} if who.run else {}
    line |= {"member": who.name, "return": float(returns.mean()), "low": low, "high": high}
    if len(found):
        line |= {**summary(found, earned), **intervals(found, key, earned)}
        line["curve"] = [float(level) for level in np.percentile(found, CURVE)]
    return line


def _skills(found: np.ndarray) -> list[float | None]:
    """Of each member, by its shares [P, k]; tasks on which all earn the same say nothing."""
    telling = found[:, np.ptp(found, 0) > 0]
    if not telling.size:
        return [None] * len(found)
    return [float(skill) for skill in games.skills(telling)]
