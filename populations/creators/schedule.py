"""Tasks that come by a law, whatever members do on them: yardsticks for creators that adapt."""

from __future__ import annotations

import numpy as np

from configs.creator_schema import Schedule as Law
from populations.creators.buffer import pick
from populations.creators.creator import NEW, NO_CHOICE, NO_PARENT, REPLAYED, Proposal
from populations.creators.distances import squares
from populations.creators.scored import Kit, Scored
from worlds import rng

ROUNDS = 100  # most rounds of k-means


class Schedule(Scored):
    """A fixed catalogue of tasks, drawn once from the space, from which a law chooses.

    "cyclical": kinds of tasks in turn, for `period` proposals each, and uniform within a kind; kinds
    are clusters of task vectors. "power": the task of rank r comes with chance ~ r^-exponent, ranks
    in the order of drawing; "zipfian" is that with exponent 1 (Chan 2022). "bursty": all tasks of a
    proposal are of the burst, `burst` tasks of the catalogue that are drawn anew before a proposal
    with chance 1 / `period` (after Chan 2022). Scores are kept for the record only.
    """

    def __init__(self, kit: Kit, law: Law) -> None:
        super().__init__(kit)
        drawn = self.space.sample(rng.key("catalogue", kit.key), law.tasks)
        _, first = np.unique(drawn, axis=0, return_index=True)
        self.catalogue = drawn[np.sort(first)]  # [n, width] int16, all different
        self.law = law
        self.kinds = kinds(self.space.vector(self.catalogue), law.kinds)  # [n] int64, of each task
        self.came = np.zeros(len(self.catalogue), bool)  # whether it was ever proposed
        self.burst = np.zeros(0, np.int64)  # tasks of the burst
        self.proposals = 0  # made so far

    def propose(self, n: int) -> Proposal:
        """`n` tasks of the catalogue."""
        chosen = pick(self._chances(), self.draws.units(n))
        self.proposals += 1
        how = np.where(self.came[chosen], REPLAYED, NEW)
        self.came[chosen] = True
        nothing = np.full(n, NO_PARENT), np.full(n, NO_CHOICE)
        return self._proposal(self.catalogue[chosen], how, *nothing)

    def _chances(self) -> np.ndarray:
        """[n] float64, how likely each task is in the next proposal, up to a factor."""
        law, tasks = self.law, len(self.catalogue)
        if law.law == "cyclical":
            turn = self.proposals // law.period % (self.kinds.max() + 1)
            return (self.kinds == turn).astype(np.float64)
        if law.law == "bursty":
            ends = self.draws.units(1)[0] < 1 / law.period
            if ends or not self.proposals:
                order = np.argsort(self.draws.words(tasks), kind="stable")
                self.burst = order[: law.burst]
            return np.isin(np.arange(tasks), self.burst).astype(np.float64)
        exponent = 1.0 if law.law == "zipfian" else law.exponent
        return np.arange(1, tasks + 1) ** -exponent

    def state(self) -> dict[str, np.ndarray]:
        """As every creator's, and where the law has come to; the catalogue follows from the key."""
        return super().state() | {
            "came": self.came.copy(),
            "burst": self.burst.copy(),
            "proposals": np.array([self.proposals], np.int64),
        }

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        super().load(state)
        if state["came"].shape != self.came.shape:
            raise ValueError(
                f"the state is about {len(state['came'])} tasks, the catalogue has "
                f"{len(self.came)}; use the creator.schedule.tasks it was saved with"
            )
        self.came, self.burst = state["came"].copy(), state["burst"].copy()
        self.proposals = int(state["proposals"][0])


def kinds(vectors: np.ndarray, most: int) -> np.ndarray:
    """[n] int64 in 0, 1, ..: clusters of `vectors` [n, dim], at most that many, by k-means.

    The first centre is the first vector, each further one the vector farthest from all before it,
    so that nothing is left to chance.
    """
    centres = vectors[:1].astype(np.float64)
    while len(centres) < most:
        gaps = squares(vectors, centres).min(1)
        if not gaps.max() > 0:
            break
        centres = np.concatenate([centres, vectors[gaps.argmax()][None]])
    of = squares(vectors, centres).argmin(1)
    for _ in range(ROUNDS):
        for kind in np.unique(of):
            centres[kind] = vectors[of == kind].mean(0, dtype=np.float64)
        before, of = of, squares(vectors, centres).argmin(1)
        if (of == before).all():
            break
    return np.unique(of, return_inverse=True)[1].reshape(-1)
