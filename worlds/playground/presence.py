"""Elders that fade by leaving: how long which bodies are there in each trial."""

import numpy as np

from worlds.playground.columns import columns
from worlds.playground.constants import Sizes


def fade(rows: np.ndarray, sizes: Sizes, visibility: np.ndarray, elders: np.ndarray) -> np.ndarray:
    """Tasks int16 [B, width] as they are, but for who is there when.

    An elder, a body where `elders` bool [B, N] says so, is there for the first
    round(visibility * trial_length) steps of a trial, with visibility [X] or [B, X] in 0..1; all
    other bodies of a task stay for the whole of it. Raises ValueError where all bodies of a task are elders.
    """
    places = columns(sizes)
    length, bodies, trials = (
        rows[:, places[name].where.start] for name in ("trial_length", "bodies", "trials")
    )
    there = np.arange(sizes.agents) < bodies[:, None]
    if (elders | ~there).all(1).any():
        raise ValueError(
            "elders are all bodies of a task, allowed are fewer: nobody would be there"
        )
    shown = np.rint(np.broadcast_to(visibility, (len(rows), sizes.trials)) * length[:, None])
    present = np.where(elders[:, None], shown[..., None], length[:, None, None])
    present[~there[:, None].repeat(sizes.trials, 1)] = 0
    present[np.arange(sizes.trials) >= trials[:, None]] = 0
    faded = rows.copy()
    faded[:, places["present"].where] = present.reshape(len(rows), -1)
    return faded
