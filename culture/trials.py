"""The table of trials: what everybody came to in each trial of each held-out task, under which condition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from culture.encode import Columns
from worlds.formats import FormatError

CULTURE = (
    "culture"  # the condition of the young among their elders; all others are compared with it
)
NO_MEMBER = ""  # the member of a yardstick
# Yardsticks between which measures are told as shares, where a family knows one of each.
WORST, BEST = ("random_order",), ("optimal", "good")


@dataclass(frozen=True)
class Block:
    """One condition in one generation."""

    members: tuple[str, ...]  # sorted
    values: np.ndarray  # [P, K, X] float64, the measure as reported


@dataclass(frozen=True)
class Trials:
    """One run: by condition and generation; all on the same tasks, in the same order.

    A lone learner's life is cut into pieces as long as a generation: generation g of it has lived as
    much as the culture after g + 1 generations. What does not change is there as generation 0 alone.
    """

    tasks: tuple[str, ...]  # [K] identities
    blocks: Mapping[str, Mapping[int, Block]]
    yardsticks: Mapping[str, np.ndarray] = field(default_factory=dict)  # [K, X], what nobody played

    @property
    def generations(self) -> int:
        """How many generations of the culture there are."""
        return len(self.blocks[CULTURE])

    @property
    def trials(self) -> int:
        """Trials of an episode."""
        return int(self.blocks[CULTURE][0].values.shape[2])

    @property
    def ends(self) -> tuple[str, str] | None:
        """The yardsticks that are 0 and 1 of a share, None where measures are told as they are."""
        found = [name for names in (WORST, BEST) for name in names if name in self.yardsticks]
        return (found[0], found[1]) if len(found) == 2 else None

    def as_shares(self) -> Trials:
        """With measures as shares of the way between the `ends` of each task; itself without them.

        A task whose ends are the same leaves no room for anything and is left out.
        """
        if self.ends is None:
            return self
        low, high = (self.yardsticks[name] for name in self.ends)
        room: np.ndarray = np.all(high > low, axis=1)

        def share(values: np.ndarray) -> np.ndarray:
            return np.asarray((values[..., room, :] - low[room]) / (high - low)[room])

        blocks = {
            name: {each: Block(one.members, share(one.values)) for each, one in found.items()}
            for name, found in self.blocks.items()
        }
        lines = {name: share(values) for name, values in self.yardsticks.items()}
        kept = tuple(task for task, there in zip(self.tasks, room, strict=True) if there)
        return Trials(kept, blocks, lines)


def columns(
    generation: int,
    condition: str,
    members: Sequence[str],
    tasks: Sequence[str],
    values: np.ndarray,
) -> Columns:
    """Rows of the table `trials` of one condition; `values` [P, K, X] are means over a task's repetitions.

    A task that is there several times, as where one sequence is all there is, is told once, by its mean.
    """
    if values.shape[:2] != (len(members), len(tasks)):
        raise ValueError(
            f"measures of shape {values.shape} for {len(members)} members and {len(tasks)} tasks"
        )
    told = list(dict.fromkeys(tasks))
    same = np.array([[task == other for other in tasks] for task in told], np.float64)
    means = np.einsum("uk,pkx->pux", same / same.sum(1, keepdims=True), values.astype(np.float64))
    who, which, trial = (axis.reshape(-1) for axis in np.indices(means.shape))
    return {
        "generation": np.full(means.size, generation),
        "member": [members[i] for i in who],
        "condition": [condition] * means.size,
        "task": [told[k] for k in which],
        "trial": trial,
        "value": means.reshape(-1),
    }


def joined(parts: Iterable[Columns]) -> Columns:
    """The rows of several parts, one after the other."""
    rows: dict[str, list[Any]] = {}
    for part in parts:
        for name, column in part.items():
            rows.setdefault(name, []).extend(column)
    return rows


def collect(table: Mapping[str, Any], where: str) -> Trials:
    """What a run's table `trials` (all generations) tells.

    Raises FormatError, beginning with `where`, for a table without a culture, or where a member
    misses a trial of a task.
    """
    if CULTURE not in set(table["condition"]):
        raise FormatError(f"{where}: has no table of trials: it is of an earlier version, or empty")
    tasks = tuple(dict.fromkeys(table["task"]))
    place = {task: number for number, task in enumerate(tasks)}
    which = np.array([place[task] for task in table["task"]])
    cells: dict[tuple[str, int, bool], list[int]] = {}
    keys = zip(table["condition"], map(int, table["generation"]), table["member"], strict=True)
    for row, (condition, generation, member) in enumerate(keys):
        cells.setdefault((condition, generation, member == NO_MEMBER), []).append(row)
    trials = 1 + int(np.max(table["trial"]))
    blocks: dict[str, dict[int, Block]] = {}
    yardsticks: dict[str, np.ndarray] = {}
    for (condition, generation, nobody), rows in cells.items():
        names = [table["member"][row] for row in rows]
        members = tuple(sorted(set(names)))
        values = np.full((len(members), len(tasks), trials), np.nan)
        who = np.array([members.index(name) for name in names])
        at = np.array(rows)
        values[who, which[at], np.asarray(table["trial"])[at]] = np.asarray(table["value"])[at]
        if len(rows) != values.size or np.isnan(values).any():
            raise FormatError(
                f"{where}: measures of {condition} in generation {generation} are missing, or there twice"
            )
        if nobody:
            yardsticks[condition] = values[0]
        else:
            blocks.setdefault(condition, {})[generation] = Block(members, values)
    if sorted(blocks[CULTURE]) != list(range(len(blocks[CULTURE]))):
        raise FormatError(f"{where}: a generation is missing in its table of trials")
    return Trials(tasks, blocks, yardsticks)
