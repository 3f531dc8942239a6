"""How kernels read task rows."""

import numpy as np

from worlds.kernels import inlined
from worlds.playground.constants import PRODUCTS
from worlds.rng import Whole

ATOM, RULE = 3, 1 + PRODUCTS  # columns of one
_LOW = np.uint64(0xFFFF)


@inlined
def used(row: np.ndarray, start: Whole, width: Whole, room: Whole) -> Whole:
    """How many rows are in use of a field that begins at `start` and has room for so many."""
    count = 0
    while count < room and row[start + width * count] >= 0:
        count += 1
    return count


@inlined
def double(row: np.ndarray, start: Whole, index: Whole) -> np.uint64:
    """The 32-bit number with this index in a field that begins at `start`."""
    low = np.uint64(row[start + 2 * index]) & _LOW
    return low | (np.uint64(row[start + 2 * index + 1]) & _LOW) << np.uint64(16)
