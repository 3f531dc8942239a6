"""Refuses proposals of tasks that are malformed, impossible or held out, whoever's creator makes them."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from populations.creators.creator import HOW_NAMES, Proposal
from worlds.family import TaskSpace, identity

REMEMBERED = 2**18  # tasks; one that was forgotten is examined once more
POINTS = 2**16  # tasks whose vectors are remembered; of the playground some 10 MiB


class Vouched:
    """A task space as creators are given it: it remembers what it made, so that only other tasks are examined.

    What `sample`, `mutate` and `from_vector` return is valid and not held out, as every family
    promises and its tests hold it to; to ask again would cost the playground as much as half of the
    making. A row of any other origin is examined when it is first proposed.
    """

    def __init__(self, world: str, space: TaskSpace) -> None:
        self.world, self.space = world, space
        self.width, self.dim = space.width, space.dim
        self._known: dict[str, None] = {}  # identities, the oldest first
        self._vectors: dict[
            str, np.ndarray
        ] = {}  # the same, of tasks that were asked for as points

    def sample(self, key: int, n: int) -> np.ndarray:
        """As the space's."""
        return self._vouch(self.space.sample(key, n))

    def mutate(self, rows: np.ndarray, key: int, edits: int = 1) -> np.ndarray:
        """As the space's."""
        return self._vouch(self.space.mutate(rows, key, edits))

    def from_vector(self, x: np.ndarray, key: int) -> np.ndarray:
        """As the space's."""
        return self._vouch(self.space.from_vector(x, key))

    def held_out(self, rows: np.ndarray) -> np.ndarray:
        """As the space's, which is asked only about tasks it did not make."""
        asked = np.array([task not in self._known for task in identity(self.world, rows)], bool)
        asked[asked] = self.space.held_out(rows[asked])
        return asked

    def vector(self, rows: np.ndarray) -> np.ndarray:
        """As the space's, which is asked for each task once: creators look up all they keep, again and again."""
        tasks = identity(self.world, rows)
        new = {task: place for place, task in enumerate(tasks) if task not in self._vectors}
        if new:
            self._vectors.update(zip(new, self.space.vector(rows[list(new.values())]), strict=True))
        found = np.array([self._vectors[task] for task in tasks], np.float32)
        _forget(self._vectors, POINTS)
        return found.reshape(-1, self.dim)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.space, name)  # all that makes no tasks for creators

    def check(self, creator: object, proposal: Proposal, n: int) -> None:
        """Raises ValueError, with creator, row and reason, unless these are `n` tasks that may be played."""
        who, rows = type(creator).__name__, proposal.rows
        shapes: dict[str, tuple[Any, tuple[int, ...], type]] = {
            "rows": (rows, (n, self.width), np.int16),
            "how": (proposal.how, (n,), np.uint8),
            "parents": (proposal.parents, (n,), np.uint64),
            "train": (proposal.train, (n,), np.bool_),
        }
        if proposal.company is not None:
            shapes["company"] = (proposal.company, (n,), np.uint64)
        for name, (found, shape, kind) in shapes.items():
            told = getattr(found, "dtype", type(found).__name__), np.shape(found)
            if told != (kind, shape):
                raise ValueError(
                    f"creator {who} proposed {name} of {told[0]} {list(told[1])}, "
                    f"allowed is {np.dtype(kind)} {list(shape)}"
                )
        if (proposal.how >= len(HOW_NAMES)).any():
            raise ValueError(
                f"creator {who} proposed how up to {proposal.how.max()}, "
                f"allowed are 0 to {len(HOW_NAMES) - 1}: {', '.join(HOW_NAMES)}"
            )
        for place, task in enumerate(identity(self.world, rows)):
            if task not in self._known:
                self._examine(who, place, rows[place])
        self._vouch(rows)

    def _examine(self, who: str, place: int, row: np.ndarray) -> None:
        if found := self.space.problems(row):
            raise ValueError(
                f"creator {who} proposed an impossible task in row {place}: {'; '.join(found)}; "
                f"the row: {row.tolist()}"
            )
        if self.space.held_out(row[None])[0]:
            raise ValueError(
                f"creator {who} proposed a held-out task in row {place}: {self.space.describe(row)}"
            )

    def _vouch(self, rows: np.ndarray) -> np.ndarray:
        self._known.update(dict.fromkeys(identity(self.world, rows)))
        _forget(self._known, REMEMBERED)
        return rows


def _forget(known: dict[str, Any], most: int) -> None:
    """Leaves the `most` latest."""
    for task in list(islice(known, max(0, len(known) - most))):
        del known[task]
