"""How far tasks are from each other, as points of the space of tasks."""

from __future__ import annotations

import numpy as np


def squares(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """[n, m] float64 squared distances of `points` [n, d] to `others` [m, d], exactly 0 between equals."""
    found = np.zeros((len(points), len(others)))
    for ours, theirs in zip(points.T, others.T, strict=True):  # no array [n, m, d]
        found += (ours[:, None].astype(np.float64) - theirs) ** 2
    return found
