"""Prioritised level replay: replay what scored high, now and then try something new."""

from __future__ import annotations

import numpy as np

from populations.creators.creator import EVOLVED, NEW, NO_CHOICE, NO_PARENT, REPLAYED, Proposal
from populations.creators.scored import Kit, Scored


class PLR(Scored):
    """PLR (Jiang 2021), robust PLR (Jiang 2021b) and, with `edits`, ACCEL (Parker-Holder 2022).

    Each proposal is of one kind. Once the buffer is `ready`, it replays with chance `replay`, else
    it is new. With edits, the proposal after a replay holds mutations of the tasks replayed. If
    `robust`, new and evolved tasks are only probed: nobody learns from them until they are
    replayed.

    Raises ValueError for settings out of range.
    """

    def __init__(
        self,
        kit: Kit,
        *,
        replay: float = 0.8,
        edits: int = 0,
        robust: bool = False,
    ) -> None:
        super().__init__(kit)
        if not 0 <= replay <= 1:
            raise ValueError(f"replay is {replay}; it must lie in [0, 1]")
        if edits < 0:
            raise ValueError(f"edits is {edits}; it must be 0 or more")
        self.replay, self.edits, self.robust = replay, edits, robust
        # Tasks to mutate in the next proposal.
        self._edit_next = np.zeros((0, self.space.width), np.int16)
        self._edit_parents = np.zeros(0, np.uint64)  # their identities
        self._edit_company = np.zeros(0, np.uint64)  # the company they were scored with

    def propose(self, n: int) -> Proposal:
        """`n` tasks, all new, all replayed or all evolved from the last replayed ones."""
        if len(self._edit_next):
            return self._evolve(n)
        replays = self.draws.units(1)[0] < self.replay
        if not (replays and self.buffer.ready):
            rows = self.space.sample(self.draws.key(), n)
            nothing = np.full(n, NO_PARENT), np.full(n, NO_CHOICE)
            return self._proposal(rows, np.full(n, NEW), *nothing, train=not self.robust)
        slots = self.buffer.sample(self.draws, n)
        rows, company = self.buffer["rows"][slots], self.buffer["roster"][slots]
        if self.edits:
            self._edit_next, self._edit_parents = rows, self.buffer["task"][slots]
            self._edit_company = company
        return self._proposal(rows, np.full(n, REPLAYED), self.buffer["parent"][slots], company)

    def tuned(self) -> dict[str, float]:
        """Which tasks are replayed, and how often."""
        buffer = self.buffer
        return {
            "replay": self.replay,
            "staleness": buffer.staleness,
            "temperature": buffer.temperature,
        }

    def tune(self, values: dict[str, float]) -> None:
        """Gives them new values."""
        self.replay = values["replay"]
        self.buffer.staleness, self.buffer.temperature = values["staleness"], values["temperature"]

    def state(self) -> dict[str, np.ndarray]:
        """As every creator's, and the tasks to mutate next."""
        edit: dict[str, np.ndarray] = {
            "edit.rows": self._edit_next.copy(),
            "edit.parents": self._edit_parents.copy(),
            "edit.company": self._edit_company.copy(),
        }
        return super().state() | edit

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""
        super().load(state)
        self._edit_next = state["edit.rows"].copy()
        self._edit_parents = state["edit.parents"].copy()
        self._edit_company = state["edit.company"].copy()

    def _evolve(self, n: int) -> Proposal:
        turn = np.arange(n) % len(self._edit_next)
        rows = self.space.mutate(self._edit_next[turn], self.draws.key(), self.edits)
        parents, company = self._edit_parents[turn], self._edit_company[turn]
        self._edit_next, self._edit_parents = self._edit_next[:0], self._edit_parents[:0]
        self._edit_company = self._edit_company[:0]
        return self._proposal(rows, np.full(n, EVOLVED), parents, company, train=not self.robust)
