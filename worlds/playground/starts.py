"""Which atoms hold when a task begins."""

from collections.abc import Sequence

import numpy as np

from worlds.playground.constants import NO_ATOM, Sizes
from worlds.playground.task import Task, to_row
from worlds.playground.world import Playground


def start_truth(games: Sequence[tuple[Task, np.ndarray]], sizes: Sizes) -> list[np.ndarray]:
    """For each task and atoms int8 [m, 3], whether they hold at the start: bool [m]."""
    if not games:
        return []
    rows = []
    for task, atoms in games:
        tried = np.full_like(task.atoms, NO_ATOM)
        tried[: len(atoms)] = atoms
        rows.append(to_row(task._replace(atoms=tried), sizes))
    family = Playground.of(sizes)
    state = family.state(len(rows))
    family.reset(state, np.array(rows))
    pairs = zip(games, state.truth.tolist(), strict=True)
    return [truth >> np.arange(len(atoms)) & 1 == 1 for (_, atoms), truth in pairs]
