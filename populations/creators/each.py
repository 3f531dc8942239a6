"""A creator for each member, with settings of its own: what population-based training can mutate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from populations.creators.combined import Combined
from populations.creators.creator import Creator, Outcomes, Proposal


class Each(Combined):
    """The creators of P members as one, whose proposals take turns: row r belongs to member r mod P.

    Every creator sees what its own member played alone.
    """

    def __init__(self, parts: Sequence[Creator]) -> None:
        super().__init__(parts)
        self._proposals: list[Proposal] = []  # to be observed next

    def propose(self, n: int) -> Proposal:
        """`n` tasks, equally many of each creator; raises ValueError where they do not share out."""
        if n % len(self.parts):
            raise ValueError(f"{n} tasks do not share out to {len(self.parts)} creators")
        made = [each.propose(n // len(self.parts)) for each in self.parts]
        self._proposals = made
        wishes = [each.company for each in made if each.company is not None]
        return Proposal(
            _in_turn([each.rows for each in made]),
            _in_turn([each.how for each in made]),
            _in_turn([each.parents for each in made]),
            _in_turn([each.train for each in made]),
            _in_turn(wishes) if wishes else None,
            any(each.control for each in made),
        )

    def observe(self, outcomes: Outcomes) -> None:
        """Tells each creator of its own tasks."""
        members = len(self.parts)
        for index, creator in enumerate(self.parts):
            mine = (outcomes.task % members == index) & (outcomes.agent == 0)
            task = outcomes.task[mine] // members
            creator.observe(outcomes.of(self._proposals[index], mine, task))

    def inherit(self, child: int, parent: int, values: dict[str, float]) -> None:
        """The child's creator takes its parent's tasks, and these settings; its draws stay its own."""
        heir, giver = self.parts[child], self.parts[parent]
        own = {name: heir.state()[name] for name in ("key", "draws", "proposed", "steps")}
        heir.load(giver.state() | own)
        heir.tune(values)

    def state(self) -> dict[str, np.ndarray]:
        """As of all that are combined, and the values of their settings."""
        values = [list(each.tuned().values()) for each in self.parts]
        return super().state() | {"tuned": np.array(values, np.float64)}

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        if "tuned" not in state or len(state["tuned"]) != len(self.parts):
            raise ValueError("the state is not that of as many creators")
        super().load(state)
        for each, row in zip(self.parts, state["tuned"].tolist(), strict=True):
            each.tune(dict(zip(each.tuned(), row, strict=True)))


def _in_turn(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Columns [n, ...] of P creators as one, [n * P, ...]."""
    return np.stack(columns, 1).reshape(-1, *columns[0].shape[1:])
