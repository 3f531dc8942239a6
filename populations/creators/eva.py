"""eva: estimate how informative the played tasks are, sample by it, and evolve what was sampled."""

from __future__ import annotations

import numpy as np

from populations.creators.buffer import pick
from populations.creators.creator import EVOLVED, NEW, NO_CHOICE, NO_PARENT, REPLAYED, Proposal
from populations.creators.scored import Kit, Scored


class Eva(Scored):
    """Estimate, sample, evolve (Ye 2024), for tasks that are rows instead of prompts.

    Of each proposal the share `evolved` are mutations of tasks drawn from the buffer by its
    priorities; `make` gives it a buffer with priority "fresh", so that informativeness counts as it
    was estimated lately. The rest is drawn uniformly: the share `fresh` of it from the whole space,
    the others from the buffer. While no score is above 0 there is nothing to evolve, and every task
    is new.

    Raises ValueError for settings out of range.
    """

    def __init__(
        self,
        kit: Kit,
        *,
        evolved: float = 0.8,
        fresh: float = 0.5,
        edits: int = 1,
    ) -> None:
        super().__init__(kit)
        for name, value in (("evolved", evolved), ("fresh", fresh)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}; it must lie in [0, 1]")
        if edits < 1:
            raise ValueError(f"edits is {edits}; eva evolves by at least one edit")
        self.evolved, self.fresh, self.edits = evolved, fresh, edits

    def propose(self, n: int) -> Proposal:
        """`n` tasks in the order evolved, replayed, new."""
        buffer = self.buffer
        informative = bool((buffer["score"] > 0).any())
        children = round(self.evolved * n) if informative else 0
        replays = round((1 - self.fresh) * (n - children)) if informative else 0
        fresh = n - children - replays

        rows = np.zeros((n, self.space.width), np.int16)
        parents, company = np.full(n, NO_PARENT, np.uint64), np.full(n, NO_CHOICE, np.uint64)
        if children:
            slots = pick(buffer.priorities(), self.draws.units(children))
            rows[:children] = self.space.mutate(buffer["rows"][slots], self.draws.key(), self.edits)
            parents[:children], company[:children] = buffer["task"][slots], buffer["roster"][slots]
        if replays:
            slots = self.draws.below(buffer.size, replays)
            rows[children : n - fresh] = buffer["rows"][slots]
            parents[children : n - fresh] = buffer["parent"][slots]
            company[children : n - fresh] = buffer["roster"][slots]
        if fresh:
            rows[n - fresh :] = self.space.sample(self.draws.key(), fresh)
        how = np.repeat([EVOLVED, REPLAYED, NEW], [children, replays, fresh])
        return self._proposal(rows, how, parents, company)

    def tuned(self) -> dict[str, float]:
        """How much is evolved."""
        return {"evolved": self.evolved}

    def tune(self, values: dict[str, float]) -> None:
        """Gives it a new value."""
        self.evolved = values["evolved"]
