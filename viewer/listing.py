"""What there is: runs below a folder, and the tasks, members and replays of one run, one row each."""

from pathlib import Path
from typing import Any

from configs.sources import shipped
from viewer.library import Run, runs
from worlds import family
from worlds.formats import FormatError

Row = dict[str, Any]


class ListError(FormatError):
    """What should be listed is not there; the text is one sentence with the cure."""


def rows(what: str, path: Path | None) -> tuple[list[Row], list[str]]:
    """Rows of `what` (worlds, configs, runs, tasks, members, replays) and what is damaged, a sentence each.

    `path` is a run, for runs their folder (default `runs`). Raises FormatError.
    """
    if what == "worlds":
        return [{"name": name} for name in family.names()], []
    if what == "configs":
        return [{"name": name} for name in shipped()], []
    if what == "runs":
        return of_runs(path or Path("runs"))
    if path is None:
        raise ListError(f"which run? ratchet list {what} RUN")
    return {"tasks": of_tasks, "members": of_members, "replays": of_replays}[what](path)


def of_runs(folder: Path) -> tuple[list[Row], list[str]]:
    """The runs directly below a folder, and a sentence for each that cannot be read."""
    problems: list[str] = []
    rows = []
    for run in runs(folder, problems):
        last = run.metrics()[-1] if run.generations else {}
        rows.append(
            {
                "name": run.name,
                "path": str(run.path),
                "state": run.info["state"],
                "generations": len(run.generations),
                "return": last.get("return"),
                "digest": run.info.get("digest"),
            }
        )
    return rows, problems


def of_tasks(path: Path) -> tuple[list[Row], list[str]]:
    """The tasks of a run's creators, in the order of generations; regret and share solved may be None."""
    run = Run(path)
    table = run.table("tasks")
    names = ("generation", "task", "parent", "created", "regret", "estimator", "solved", "visits")
    rows = [
        {name: _plain(value) for name, value in zip(names, values, strict=True)}
        for values in zip(*(table[name] for name in names), strict=True)
    ]
    return rows, run.problems


def of_suite(world: str | None, suite: str | None) -> list[Row]:
    """The tasks of a suite: all probes of the playground, or the first of another; raises FormatError.

    `file` is what a file holds from which `ratchet view` and `ratchet play` take the task.
    """
    from viewer import tasks  # compiles the worlds' kernels, which most lists do not need

    world = world or tasks.PLAYGROUND
    suite = suite or (tasks.PROBES if world == tasks.PLAYGROUND else "heldout")
    return [
        {
            "name": task.name,
            "id": task.id,
            "agents": task.family.num_agents,
            "trials": task.family.trials,
            "sentence": task.sentence,
            "file": task.file(),
        }
        for task in tasks.catalogue(world, suite)
    ]


def suite_lines(rows: list[Row]) -> str:
    """The rows of `of_suite` for people."""
    return lines(
        [
            {
                "name": row["name"],
                "id": row["id"],
                "agents": f"{row['agents']} agent{'s' * (row['agents'] > 1)}",
                "trials": f"{row['trials']} trial{'s' * (row['trials'] > 1)}",
                "sentence": row["sentence"],
            }
            for row in rows
        ]
    )


def of_members(path: Path) -> tuple[list[Row], list[str]]:
    """The members of all generations of a run."""
    run = Run(path)
    best = run.best or {}
    rows = []
    for card in run.members():
        is_best = (card["name"], card["generation"]) == (best.get("member"), best.get("generation"))
        rows.append(
            {
                "generation": card["generation"],
                "name": card["name"],
                "steps": card.get("lived"),
                "parents": card.get("parents", []),
                "best": is_best,
                "path": str(card["path"]),
            }
        )
    return rows, run.problems


def of_replays(path: Path) -> tuple[list[Row], list[str]]:
    """The recorded episodes of a run, numbered as `ratchet export --replay N` counts them."""
    run = Run(path)
    rows = [
        {
            "number": number,
            "generation": episode.generation,
            "split": episode.split,
            "world": episode.world,
            "steps": len(episode.actions),
            "agents": [agent.member or agent.role for agent in episode.agents],
            "returns": [float(value) for value in getattr(episode, "returns", ())],
        }
        for number, episode in enumerate(run.episodes())
    ]
    return rows, run.problems


def lines(rows: list[Row]) -> str:
    """One aligned line per row, without a header."""
    table = [[_words(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)] if table else []
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in table
    )


def _plain(value: Any) -> Any:
    """A value of NumPy as Python's own, NaN as None."""
    value = value.item() if hasattr(value, "item") else value
    return None if value != value else value


def _words(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        return ",".join(_words(item) for item in value) or "-"
    return str(value)
