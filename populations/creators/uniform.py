"""Domain randomisation: every task is new and drawn from the whole space; the baseline."""

from __future__ import annotations

import numpy as np

from populations.creators.creator import NEW, NO_CHOICE, NO_PARENT, Proposal
from populations.creators.scored import Scored


class Uniform(Scored):
    """Draws from the space and keeps scores for the record only."""

    def propose(self, n: int) -> Proposal:
        """`n` new tasks."""
        rows = self.space.sample(self.draws.key(), n)
        return self._proposal(rows, np.full(n, NEW), np.full(n, NO_PARENT), np.full(n, NO_CHOICE))
