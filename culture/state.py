"""Where an experiment stands between two generations: everything that an exact resume needs, as arrays and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from culture.living import Heirlooms
from populations.creators.creator import Creator
from populations.member import Member

MEMBERS = ("members", "lone", "earlier")  # fields of a state that are members


@dataclass
class State:
    """The last complete generation; generation -1 is the state before the first."""

    generation: int
    members: list[Member]  # of the last generation, best first: the elders of the next
    lone: list[Member]  # single lifetimes, still going on; empty without the baseline
    creators: dict[str, Creator]  # by cohort: "culture", "lone"
    earlier: list[Member] = field(
        default_factory=list
    )  # frozen members of generations before the last, newest and best first
    controls: dict[str, list[Member]] = field(
        default_factory=dict
    )  # train-time: of each control the last generation, best first; none before the second
    heirlooms: Heirlooms | None = None  # episodic: what the last generation hands on
    lone_trials: np.ndarray | None = (
        None  # episodic: [P, K, G * X] returns of the lone learners by trial
    )
    rows: list[dict[str, Any]] = field(default_factory=list)  # of the table, one per generation

    def save(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays by name and plain JSON."""
        arrays: dict[str, np.ndarray] = {}
        groups = {group: getattr(self, group) for group in MEMBERS}
        groups |= {f"controls/{name}": members for name, members in self.controls.items()}
        for group, members in groups.items():
            for index, member in enumerate(members):
                arrays.update(
                    {f"{group}/{index}/{name}": array for name, array in member.arrays().items()}
                )
        for name, creator in self.creators.items():
            arrays.update(
                {f"creators/{name}/{key}": array for key, array in creator.state().items()}
            )
        if self.heirlooms is not None:
            for part in fields(self.heirlooms):
                arrays[f"heirlooms/{part.name}"] = getattr(self.heirlooms, part.name)
        if self.lone_trials is not None:
            arrays["lone_trials"] = self.lone_trials
        facts = {
            "generation": self.generation,
            **{group: _facts(getattr(self, group)) for group in MEMBERS},
            "controls": {name: _facts(members) for name, members in self.controls.items()},
            "rows": self.rows,
        }
        return arrays, facts

    @staticmethod
    def load(
        arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any], creators: dict[str, Creator]
    ) -> State:
        """The state that was saved; `creators` are fresh ones, which take up what they knew."""

        def restored(group: str, told: Sequence[Mapping[str, Any]]) -> list[Member]:
            return [
                Member.restored(entry, _below(arrays, f"{group}/{index}/"))
                for index, entry in enumerate(told)
            ]

        for name, creator in creators.items():
            creator.load(_below(arrays, f"creators/{name}/"))
        heirlooms = _below(arrays, "heirlooms/")
        return State(
            generation=facts["generation"],
            **{group: restored(group, facts[group]) for group in MEMBERS},
            controls={
                name: restored(f"controls/{name}", told) for name, told in facts["controls"].items()
            },
            creators=creators,
            heirlooms=Heirlooms(**heirlooms) if heirlooms else None,
            lone_trials=arrays.get("lone_trials"),
            rows=list(facts["rows"]),
        )


def _facts(members: Sequence[Member]) -> list[dict[str, Any]]:
    return [member.facts() for member in members]


def _below(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)}
