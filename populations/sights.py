"""What an observation shows of a demonstrator: in which cell of the view it stands, or which symbol it shows."""

from __future__ import annotations

import numpy as np

from worlds.family import Family


def count(family: Family) -> int:
    """K, the cells of the view in which a body may be seen, or the symbols that may be shown; 0: nobody ever is."""
    return len(_parts(family))


def seen(family: Family, observations: np.ndarray) -> np.ndarray:
    """Of each observation, uint8 [..., D], the cell or symbol that shows a demonstrator, or K: int64 [...].

    Of several bodies the first in the order of the view, of several symbols that of the last
    demonstrator, who is the best.
    """
    shown = observations[..., _parts(family)] > 0
    return np.where(shown.any(-1), shown.argmax(-1), shown.shape[-1])


def potential(family: Family, observations: np.ndarray) -> np.ndarray:
    """How near a demonstrator's body is, float32 [...]: 0 where one stands itself, -1 where nobody is seen.

    In between it falls by the steps to its cell, as shares of one more than the view can show.
    """
    side = round(count(family) ** 0.5)
    ahead, aside = np.divmod(np.arange(side * side), side)
    # One stands at the bottom centre of the view.
    steps = (side - 1 - ahead) + np.abs(aside - side // 2)
    values = np.append(-steps / (steps.max() + 1), -1).astype(np.float32)
    nearness: np.ndarray = values[seen(family, observations)]
    return nearness


def _parts(family: Family) -> np.ndarray:
    """int64 [K]: the bytes of an observation that are not 0 for the cell or symbol that shows a demonstrator."""
    if "shown" in family.layout:  # [A, D] flags, the best last
        part, shape = family.layout["shown"]
        return np.arange(part.start, part.stop).reshape(shape)[-1:].reshape(-1)
    if "view" not in family.layout:
        return np.zeros(0, np.int64)
    part, shape = family.layout["view"]
    social = part.start + np.flatnonzero(family.social[part])
    return social[: sorted(shape)[-1] ** 2]  # the channel of bodies, cell by cell, comes first
