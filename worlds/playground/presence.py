"""Elders that fade by leaving: how long which bodies are there in each trial."""

import numpy as np

from worlds.playground.columns import columns
from worlds.playground.constants import Sizes


def fade(rows: np.ndarray, sizes: Sizes, shares: np.ndarray) -> np.ndarray:
    """Tasks int16 [B, width] as they are, but for who is there when.

    A body is there for the first round(share * trial_length) steps of a trial; shares in 0..1 are of
    any shape that broadcasts to [B, X, N]. Raises ValueError where nobody were there in some trial.
    """
    places = columns(sizes)
    length, bodies, trials = (
        rows[:, places[name].where.start, None, None]
        for name in ("trial_length", "bodies", "trials")
    )
    own = np.arange(sizes.agents) < bodies
    played = np.arange(sizes.trials)[:, None] < trials
    present = np.where(own & played, np.rint(shares * length), 0)
    if (played & (present.max(2, keepdims=True) == 0)).any():
        raise ValueError("a trial is left to nobody, allowed is a share of it for somebody")
    faded = rows.copy()
    faded[:, places["present"].where] = present.reshape(len(rows), -1)
    return faded
