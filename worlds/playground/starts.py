"""Which atoms hold when a task begins."""

from collections.abc import Sequence

import numpy as np

from worlds.playground.reference import ReferenceWorld
from worlds.playground.task import Task


def start_truth(games: Sequence[tuple[Task, np.ndarray]]) -> list[np.ndarray]:
    """For each task and atoms int8 [m, 3], whether they hold at the start: bool [m]."""
    out = []
    for task, atoms in games:
        own = task._replace(atoms=np.array(atoms))
        truth = ReferenceWorld(own, 9).truth
        out.append(truth >> np.arange(len(atoms)) & 1 == 1)
    return out
