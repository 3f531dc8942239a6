"""The random draws of a creator: words of one key in order; a counter is all their state."""

from __future__ import annotations

import numpy as np

from worlds import rng


class Draws:
    """Random numbers that depend on the key and on how many were drawn before, nothing else."""

    def __init__(self, key: int) -> None:
        self.seed = key  # 64-bit unsigned
        self.counter = 0  # words taken so far

    def words(self, n: int) -> np.ndarray:
        """The next `n` words, uint64 [n]."""
        counters = np.arange(self.counter, self.counter + n, dtype=np.uint64)
        self.counter += n
        return rng.words(self.seed, counters)

    def units(self, n: int) -> np.ndarray:
        """The next `n` numbers in [0, 1), float64 [n]."""
        return (self.words(n) >> np.uint64(11)) * 2.0**-53

    def below(self, bound: int, n: int) -> np.ndarray:
        """The next `n` whole numbers in [0, bound), int64 [n]."""
        return rng.below(self.words(n), bound).astype(np.int64)

    def key(self) -> int:
        """A fresh key, for a function that draws by itself."""
        key = rng.key("creator", self.seed, self.counter)
        self.counter += 1
        return key
