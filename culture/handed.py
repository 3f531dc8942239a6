"""What was handed on in a lifetime, to whom, by whom and how: rows of the lineage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from culture.company import Company
from populations.losses import Term
from populations.rosters import NAMES

Row = dict[str, Any]


class Handed:
    """The company of each young member and what channels taught it, counted over its life."""

    def __init__(self) -> None:
        # (how, young, elder) -> steps or updates, and the same weighed by the chance of sight or the weight.
        self._counts: dict[tuple[str, str, str], np.ndarray] = {}

    def watch(self, company: Company, index: int, chance: float, lived: np.ndarray) -> None:
        """A unit of play of learner number `index`: its own steps `lived` [B] in each world, beside whoever sat there.

        `chance` is that of seeing them at a step, the mean over trials.
        """
        names = {**NAMES, **dict(enumerate(company.names))}
        others = np.where(company.knowing[index], company.seats[index, :, 1:], NOT_TOLD)
        for entry in np.unique(others[others != NOT_TOLD]).tolist():
            steps = int(lived[(others == entry).any(1)].sum())
            self._add((SHOWN, names[index], names[entry]), steps, chance)

    def teach(self, young: str, elders: Sequence[str], terms: Sequence[Term], updates: int) -> None:
        """Steps of the optimiser in which terms of channels counted; one that asks no elder in particular is of all."""
        for term in terms:
            for elder in [elders[number] for number in term.elders] or elders:
                self._add((term.name, young, elder), updates, term.weight)

    def rows(self, generation: int) -> Iterator[Row]:
        """Rows of the table `lineage`, one for each pair of members and way."""
        for (how, young, elder), (count, weighed) in sorted(self._counts.items()):
            names = ("steps", "seen") if how == SHOWN else ("updates", "weight")
            facts = dict(zip(names, (int(count), weighed / count), strict=True))
            yield row(generation, young, elder, how, facts)

    def _add(self, key: tuple[str, str, str], count: int, weight: float) -> None:
        if count:
            more = np.array([count, count * weight])
            self._counts[key] = self._counts[key] + more if key in self._counts else more


SHOWN = "shown"
NOT_TOLD = np.iinfo(np.int16).min  # an entry of nobody who knows better


def row(generation: int, young: str, elder: str, how: str, facts: dict[str, float]) -> Row:
    """One row of the table `lineage`: what `young` had of `elder`, by which channel."""
    return {
        "generation": generation,
        "member": young,
        "demonstrators": [elder],
        "iteration": 0,
        "how": how,
        "changes": json.dumps(facts),
        "seed": 0,
        "return": float("nan"),
    }


def in_context(generation: int, young: list[str], owners: np.ndarray) -> Iterator[Row]:
    """Of an episodic generation: on what share of the worlds whose memory was shown; `owners` [B, A].

    Every young member is shown the same.
    """
    shown = [int(owner) for owner in np.unique(owners) if owner >= 0]
    for name in young:
        for owner in shown:
            share = float((owners == owner).any(1).mean())
            yield row(generation, name, young[owner], SHOWN, {"tasks": share})
