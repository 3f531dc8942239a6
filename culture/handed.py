"""Who was shown to whom in a lifetime, for how long and how visibly: rows of the lineage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from culture.company import Company
from populations.rosters import NAMES

Row = dict[str, Any]


class Handed:
    """The company of each young member, counted over its life."""

    def __init__(self) -> None:
        self._met: dict[tuple[str, str], np.ndarray] = {}  # young, elder -> steps, of them in sight

    def watch(self, company: Company, index: int, chance: float, lived: np.ndarray) -> None:
        """A unit of play of learner number `index`: its own steps `lived` [B] in each world, beside whoever sat there.

        `chance` is that of seeing them at a step, the mean over trials.
        """
        names = {**NAMES, **dict(enumerate(company.names))}
        others = np.where(company.knowing[index], company.seats[index, :, 1:], NOT_TOLD)
        for entry in np.unique(others[others != NOT_TOLD]).tolist():
            steps = int(lived[(others == entry).any(1)].sum())
            key = (names[index], names[entry])
            self._met[key] = self._met.get(key, np.zeros(2)) + [steps, steps * chance]

    def rows(self, generation: int) -> Iterator[Row]:
        """Rows of the table `lineage`, a pair of members each."""
        for (young, elder), (steps, seen) in sorted(self._met.items()):
            if steps:
                yield row(generation, young, elder, {"steps": int(steps), "seen": seen / steps})


NOT_TOLD = np.iinfo(np.int16).min  # an entry of nobody who knows better


def row(generation: int, young: str, elder: str, facts: dict[str, float]) -> Row:
    """One row of the table `lineage`: `elder` was shown to `young`."""
    return {
        "generation": generation,
        "member": young,
        "demonstrators": [elder],
        "iteration": 0,
        "how": "shown",
        "changes": json.dumps(facts),
        "seed": 0,
        "return": float("nan"),
    }


def in_context(generation: int, young: list[str], owners: np.ndarray) -> Iterator[Row]:
    """The same of an episodic generation: on how many of the worlds whose memory was shown; `owners` [B, A].

    Every young member is shown the same.
    """
    shown = [int(owner) for owner in np.unique(owners) if owner >= 0]
    for name in young:
        for owner in shown:
            share = float((owners == owner).any(1).mean())
            yield row(generation, name, young[owner], {"tasks": share})
