"""The raw table of an evaluation: who earned what, where, beside whom; kept in a file, and read from it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from configs import limits
from culture.encode import Columns, table_bytes
from culture.files import Files, replace
from culture.percentiles import worth
from worlds.formats import FormatError
from worlds.tables import read_table

ENDING = ".parquet"
SEATS = 8  # most agents of a world that a file may tell of


class Who(NamedTuple):
    """A member of a run, or a script, whose `run` is empty."""

    run: str
    generation: int
    name: str


@dataclass(frozen=True)
class Returns:
    """Mean returns of the last trial, of everybody on every task of a suite."""

    suite: str
    company: str  # as evaluation.company, or "population"
    solved: float  # share from which on a task counts as solved
    episodes: int  # of each cell, at least
    who: tuple[Who, ...]  # [I] members, then scripts
    rosters: tuple[str, ...]  # [C] who filled the other bodies
    tasks: tuple[str, ...]  # [K] identities
    table: (
        np.ndarray
    )  # [I, C, K, N] float64, NaN for seats that a task lacks or nobody was measured in

    @property
    def members(self) -> int:
        """How many of `who` are members: the first ones."""
        return sum(bool(who.run) for who in self.who)

    def worth(self) -> tuple[np.ndarray, str]:
        """[K, N] what each seat of each task is worth, and the version: new members give a new one."""
        rows = sorted(
            who.name.encode() + row.tobytes() for who, row in zip(self.who, self.table, strict=True)
        )
        seen = hashlib.sha256(repr((self.rosters, self.tasks)).encode() + b"".join(rows))
        return worth(self.table), seen.hexdigest()[:16]


def save(returns: Returns, path: Path, files: Files | None = None) -> None:
    """Writes one row per number. Raises ValueError if there are more than a table holds, and OSError."""
    worths, version = returns.worth()
    cells = np.argwhere(~np.isnan(returns.table))
    whose = [returns.who[i] for i in cells[:, 0]]
    columns: Columns = {
        "suite": [returns.suite] * len(cells),
        "company": [returns.company] * len(cells),
        "solved": np.full(len(cells), returns.solved),
        "run": [who.run for who in whose],
        "generation": [who.generation for who in whose],
        "member": [who.name for who in whose],
        "roster": [returns.rosters[c] for c in cells[:, 1]],
        "task": [returns.tasks[k] for k in cells[:, 2]],
        "agent": [f"agent_{n}" for n in cells[:, 3]],
        "episodes": [returns.episodes] * len(cells),
        "return": returns.table[tuple(cells.T)],
        "worth": worths[cells[:, 2], cells[:, 3]],
        "version": [version] * len(cells),
    }
    replace(files or Files(), path, table_bytes("returns", columns, 0))


def load(path: Path) -> Returns:
    """The table that `save` wrote. Raises FormatError for any other file."""
    found: dict[str, Any] = read_table(path, "returns")
    if not len(found["return"]):
        raise FormatError(f"{path}: holds no returns")
    texts = {text for column in found.values() if isinstance(column, list) for text in column}
    if not np.isfinite(found["return"]).all() or not all(text.isprintable() for text in texts):
        raise FormatError(f"{path}: holds returns that are no numbers, or names that are no text")
    whose = list(map(Who, found["run"], map(int, found["generation"]), found["member"]))
    columns = (whose, found["roster"], found["task"], found["agent"])
    (who, i), (rosters, c), (tasks, k), (agents, n) = (_numbered(column) for column in columns)
    shape = (len(who), len(rosters), len(tasks), len(agents))
    if len(agents) > SEATS or math.prod(shape) > SEATS * limits.PARQUET_ROWS:
        raise FormatError(f"{path}: its rows are no table of members, rosters, tasks and agents")
    table = np.full(shape, np.nan)
    table[i, c, k, n] = found["return"]
    known = ~np.isnan(table)
    if known.sum() != len(i) or (known.any(1) != known.all(1)).any():
        raise FormatError(f"{path}: rows are missing, or are there twice")
    members = [bool(each.run) for each in who]
    if not members[0] or members != sorted(members, reverse=True):
        raise FormatError(f"{path}: holds no members, or scripts before them")
    first = {name: found[name][0] for name in ("suite", "company", "solved", "episodes")}
    return Returns(
        first["suite"],
        first["company"],
        float(first["solved"]),
        int(first["episodes"]),
        *(tuple(who), tuple(rosters), tuple(tasks)),
        table,
    )


def check(path: Path, numbers: int) -> None:
    """FormatError unless a table of so many numbers can be kept there, before anybody has played for it."""
    if path.suffix != ENDING or not path.absolute().parent.is_dir():
        raise FormatError(f"{path}: a table of returns ends in {ENDING} and lies in a folder")
    if numbers > limits.PARQUET_ROWS:
        raise FormatError(
            f"{path}: {numbers} returns; a table holds {limits.PARQUET_ROWS}: name one --member, "
            "or ask for --best"
        )


def _numbered(column: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """The different values in the order in which they come, and the number of each row's."""
    numbers: dict[Any, int] = {}
    places = [numbers.setdefault(value, len(numbers)) for value in column]
    return list(numbers), places
