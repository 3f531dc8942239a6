"""The league: who beats whom, and whom a learner therefore meets (Vinyals 2019)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

DECAY = 0.99  # of all counts, per iteration: a record of the last hundred
WEIGHTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "hard": lambda shares: (1 - shares) ** 2,  # those one loses against
    "even": lambda shares: shares * (1 - shares),  # those of about one's own strength
    "uniform": np.ones_like,
}


class Records:
    """How often each learner had a higher return than each co-player of the same world, by their names."""

    def __init__(self) -> None:
        self.learners: tuple[str, ...] = ()
        self.others: tuple[str, ...] = ()
        self.wins = np.zeros((0, 0))  # [P, C] float64, decayed counts
        self.ties = np.zeros((0, 0))  # [P, C] float64
        self.games = np.zeros((0, 0))  # [P, C] float64

    def observe(self, names: Sequence[str], rosters: np.ndarray, returns: np.ndarray) -> None:
        """Takes up the episodes of one iteration; who is not in the cast any more is forgotten.

        `names` are the cast's, of which two entries may be the same member; `rosters` [P, B, N]
        are entries of it, agent_0 the learner; `returns` [P, B, N]. Scripts and the learner beside
        itself are passed over.
        """
        learners = tuple(names[int(entry)] for entry in rosters[:, 0, 0])
        others = tuple(dict.fromkeys(names))
        counts = [_taken(table, self, learners, others) * DECAY for table in self._tables()]
        column = np.array([others.index(name) for name in names])
        rows = np.arange(len(learners))[:, None, None]
        seats, ahead = rosters[..., 1:], returns[..., :1] - returns[..., 1:]
        counted = (seats >= 0) & (seats != rosters[..., :1])
        places = np.broadcast_to(rows, seats.shape)[counted], column[seats[counted]]
        for table, happened in zip(counts, (ahead > 0, ahead == 0, ahead == ahead), strict=True):
            np.add.at(table, places, happened[counted])
        self.learners, self.others = learners, others
        self.wins, self.ties, self.games = counts

    def shares(self, learners: Sequence[str], names: Sequence[str]) -> np.ndarray:
        """[P, C] float64 in (0, 1): each learner's winning share against each name.

        x = (wins + ties / 2 + 1) / (games + 2); one half against whom it never met.
        """
        wins, ties, games = (_taken(table, self, learners, names) for table in self._tables())
        return (wins + ties / 2 + 1) / (games + 2)

    def _tables(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.wins, self.ties, self.games


def odds(records: Records, names: Sequence[str], learners: int, weights: str) -> np.ndarray:
    """[P, C] float64: relative chances of each entry of the cast `names` for its first `learners`."""
    return WEIGHTS[weights](records.shares(names[:learners], names))


def _taken(
    table: np.ndarray, records: Records, learners: Sequence[str], others: Sequence[str]
) -> np.ndarray:
    """The table [P, C] for these names, 0 where one is new."""
    taken = np.zeros((len(learners), len(others)))
    rows, from_rows = _places(learners, records.learners)
    columns, from_columns = _places(others, records.others)
    taken[np.ix_(rows, columns)] = table[np.ix_(from_rows, from_columns)]
    return taken


def _places(names: Sequence[str], known: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Where the known ones stand among `names`, and where among the known."""
    found = {name: place for place, name in enumerate(known)}
    pairs = [(place, found[name]) for place, name in enumerate(names) if name in found]
    here, there = np.array(pairs, int).reshape(-1, 2).T
    return here, there
