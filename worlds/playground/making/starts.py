"""Which atoms hold when a task begins, as the kernels see it."""

from collections.abc import Sequence

import numpy as np

from worlds.playground.constants import NO_ATOM, Sizes
from worlds.playground.task import Atom, Task, to_row
from worlds.playground.world import Playground

_BATCH = 256  # worlds at a time: tables of their levels take 14 MB at 16x16


def start_truth(asked: Sequence[tuple[Task, Sequence[Atom]]], sizes: Sizes) -> list[list[bool]]:
    """For each task and atoms about it, whether they hold at its start."""
    family = Playground.of(sizes)
    truths: list[int] = []
    for first in range(0, len(asked), _BATCH):
        rows = [to_row(_about(*each), sizes) for each in asked[first : first + _BATCH]]
        state = family.state(len(rows))
        family.reset(state, np.array(rows))
        truths += state.truth.tolist()
    return [
        [bool(truth >> index & 1) for index in range(len(atoms))]
        for (_, atoms), truth in zip(asked, truths, strict=True)
    ]


def _about(task: Task, atoms: Sequence[Atom]) -> Task:
    """The task with these atoms and no others, in their order."""
    named = np.full_like(task.atoms, NO_ATOM)
    named[: len(atoms)] = atoms
    return task._replace(atoms=named)
