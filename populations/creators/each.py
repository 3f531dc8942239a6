"""A creator for each member, with settings of its own: what population-based training can mutate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from populations.creators.creator import Outcomes, Proposal
from populations.creators.eva import Eva
from populations.creators.plr import PLR
from populations.creators.uniform import Uniform


class Each:
    """The creators of P members as one, whose proposals take turns: row r belongs to member r mod P.

    Every creator sees what its own member played alone.
    """

    def __init__(self, creators: Sequence[Eva | PLR | Uniform]) -> None:
        self.creators = list(creators)
        self._proposals: list[Proposal] = []  # to be observed next

    def propose(self, n: int) -> Proposal:
        """`n` tasks, equally many of each creator; raises ValueError where they do not share out."""
        if n % len(self.creators):
            raise ValueError(f"{n} tasks do not share out to {len(self.creators)} creators")
        made = [each.propose(n // len(self.creators)) for each in self.creators]
        self._proposals = made
        wishes = [each.company for each in made if each.company is not None]
        return Proposal(
            _in_turn([each.rows for each in made]),
            _in_turn([each.how for each in made]),
            _in_turn([each.parents for each in made]),
            _in_turn([each.train for each in made]),
            _in_turn(wishes) if wishes else None,
        )

    def observe(self, outcomes: Outcomes) -> None:
        """Tells each creator of its own tasks."""
        members = len(self.creators)
        for index, creator in enumerate(self.creators):
            mine = outcomes.task % members == index
            told = {
                name: getattr(outcomes, name)[mine]
                for name in ("member", "roster", "returns", "elder_returns", "steps", "train")
            }
            signals = {name: column[mine] for name, column in outcomes.signals.items()}
            task = outcomes.task[mine] // members
            creator.observe(Outcomes(self._proposals[index], task=task, signals=signals, **told))

    def inherit(self, child: int, parent: int, values: dict[str, float]) -> None:
        """The child's creator takes its parent's tasks, and these settings; its draws stay its own."""
        heir, giver = self.creators[child], self.creators[parent]
        own = {name: heir.state()[name] for name in ("key", "draws", "proposed", "steps")}
        heir.load(giver.state() | own)
        heir.tune(values)

    def state(self) -> dict[str, np.ndarray]:
        """Of every creator, its number first, and the values of its settings."""
        arrays = {
            f"{index}.{name}": array
            for index, each in enumerate(self.creators)
            for name, array in each.state().items()
        }
        values = [list(each.tuned().values()) for each in self.creators]
        return {**arrays, "tuned": np.array(values, np.float64)}

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        if "tuned" not in state or len(state["tuned"]) != len(self.creators):
            raise ValueError("the state is not that of as many creators")
        for index, each in enumerate(self.creators):
            prefix = f"{index}."
            each.load(
                {
                    name.removeprefix(prefix): array
                    for name, array in state.items()
                    if name.startswith(prefix)
                }
            )
            values = zip(each.tuned(), state["tuned"][index].tolist(), strict=True)
            each.tune(dict(values))

    def metrics(self) -> dict[str, float]:
        """Means over the creators."""
        found = [each.metrics() for each in self.creators]
        return {name: float(np.mean([one[name] for one in found])) for name in found[0]}

    def rows(self) -> np.ndarray:
        """[n, width] int16, the tasks that each keeps, creator by creator."""
        return np.concatenate([each.rows() for each in self.creators])

    def table(self) -> dict[str, np.ndarray]:
        """The kept tasks, creator by creator; a task may be kept by several."""
        found = [each.table() for each in self.creators]
        return {name: np.concatenate([one[name] for one in found]) for name in found[0]}


def _in_turn(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Columns [n, ...] of P creators as one, [n * P, ...]."""
    return np.stack(columns, 1).reshape(-1, *columns[0].shape[1:])
