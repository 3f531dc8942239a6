"""Which atoms hold when a task begins, as the kernels see it."""

from collections.abc import Sequence

import numpy as np

from worlds.playground.constants import NO_ATOM, Sizes
from worlds.playground.task import Atom, Task, to_row
from worlds.playground.world import Playground


def start_truth(asked: Sequence[tuple[Task, Sequence[Atom]]], sizes: Sizes) -> list[list[bool]]:
    """For each task and atoms about it, at least one task, whether they hold at its start."""
    rows = [to_row(_about(task, atoms), sizes) for task, atoms in asked]
    family = Playground.of(sizes)
    state = family.state(len(rows))
    family.reset(state, np.array(rows))
    return [
        [bool(truth >> index & 1) for index in range(len(atoms))]
        for (_, atoms), truth in zip(asked, state.truth.tolist(), strict=True)
    ]


def _about(task: Task, atoms: Sequence[Atom]) -> Task:
    """The task with these atoms and no others, in their order."""
    named = np.full_like(task.atoms, NO_ATOM)
    named[: len(atoms)] = atoms
    return task._replace(atoms=named)
