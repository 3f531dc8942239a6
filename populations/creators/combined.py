"""Several creators as one: what all combinations do alike, and those in which one after the other proposes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from populations.creators.creator import Creator, Outcomes, Proposal
from populations.creators.draws import Draws


class Combined:
    """Keeps the parts and joins what they tell; a subclass says who proposes and who observes."""

    def __init__(self, parts: Sequence[Creator]) -> None:
        self.parts = list(parts)

    def graduate(self) -> None:
        """A generation is over, for all of them."""
        for part in self.parts:
            part.graduate()

    def state(self) -> dict[str, np.ndarray]:
        """Of every part, its number first."""
        return {
            f"{index}.{name}": array
            for index, part in enumerate(self.parts)
            for name, array in part.state().items()
        }

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        for index, part in enumerate(self.parts):
            part.load(below(state, f"{index}."))

    def tuned(self) -> dict[str, float]:
        """The settings that may change while it works: none, for parts would share one name."""
        return {}

    def tune(self, values: dict[str, float]) -> None:
        """Gives all of `tuned()` new values."""

    def metrics(self) -> dict[str, float]:
        """Means over the parts, of what all of them tell."""
        found = [part.metrics() for part in self.parts]
        shared = [name for name in found[0] if all(name in one for one in found)]
        return {name: float(np.mean([one[name] for one in found])) for name in shared}

    def rows(self) -> np.ndarray:
        """[n, width] int16, the tasks that each keeps, part by part."""
        return np.concatenate([part.rows() for part in self.parts])

    def table(self) -> dict[str, np.ndarray]:
        """The kept tasks, part by part; a task may be kept by several."""
        found = [part.table() for part in self.parts]
        return {name: np.concatenate([one[name] for one in found]) for name in found[0]}


class Cycle(Combined):
    """One part after the other, each for `period` proposals, which puts to the test what was learned before."""

    def __init__(self, parts: Sequence[Creator], period: int) -> None:
        super().__init__(parts)
        if period < 1:
            raise ValueError(f"period is {period}; a part makes at least one proposal")
        self.period = period
        self.proposals = 0  # made so far

    def propose(self, n: int) -> Proposal:
        """`n` tasks of one part."""
        self.proposals += 1
        return self.parts[self.turn].propose(n)

    @property
    def turn(self) -> int:
        """The part that made the last proposal."""
        return (self.proposals - 1) // self.period % len(self.parts)

    def observe(self, outcomes: Outcomes) -> None:
        """Tells the part that proposed."""
        self.parts[self.turn].observe(outcomes)

    def state(self) -> dict[str, np.ndarray]:
        """As of all that are combined, and whose turn it is."""
        return super().state() | {"proposals": np.array([self.proposals], np.int64)}

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        if "proposals" not in state:
            raise ValueError("the state is not that of creators in turn")
        super().load(state)
        self.proposals = int(state["proposals"][0])


class Mix(Combined):
    """Each proposal is made by one part, drawn by `weights`.

    Whole proposals, since a probe is for all the tasks of a rollout or for none. Raises ValueError
    for weights that are no shares.
    """

    def __init__(self, key: int, parts: Sequence[Creator], weights: Sequence[float]) -> None:
        super().__init__(parts)
        if len(weights) != len(parts) or min(weights) < 0 or not sum(weights) > 0:
            raise ValueError(
                f"weights are {list(weights)}; give each of {len(parts)} parts a share"
            )
        self.ends = np.cumsum(weights) / sum(weights)
        self.draws = Draws(key)
        self.turn = 0  # the part that made the last proposal

    def propose(self, n: int) -> Proposal:
        """`n` tasks of one part."""
        unit = self.draws.units(1)[0]
        self.turn = int(np.searchsorted(self.ends, unit, side="right"))
        return self.parts[self.turn].propose(n)

    def observe(self, outcomes: Outcomes) -> None:
        """Tells the part that proposed."""
        self.parts[self.turn].observe(outcomes)

    def state(self) -> dict[str, np.ndarray]:
        """As of all that are combined, and the draws."""
        own = {"draws": np.array([self.draws.counter], np.int64), "turn": np.array([self.turn])}
        return super().state() | own

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        if "turn" not in state:
            raise ValueError("the state is not that of mixed creators")
        super().load(state)
        self.draws.counter, self.turn = int(state["draws"][0]), int(state["turn"][0])


def below(state: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """The part of a state whose names begin so, without that."""
    return {
        name.removeprefix(prefix): array for name, array in state.items() if name.startswith(prefix)
    }
