"""Whole numbers drawn one after another from one key, for what is made in Python."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from worlds import rng

_BLOCK = 64  # words that are made at a time

T = TypeVar("T")


class Draws:
    """A stream of draws that depends on its key alone, one counter-based word each."""

    def __init__(self, key: int) -> None:
        self._key = key
        self._used = 0
        self._words: list[int] = []

    def below(self, n: int) -> int:
        """A whole number in 0..n-1; n at least 1."""
        if self._used == len(self._words):
            counters = np.arange(self._used, self._used + _BLOCK)
            self._words += rng.words(self._key, counters).tolist()
        word = self._words[self._used]
        self._used += 1
        return ((word >> 32) * n) >> 32

    def between(self, least: int, most: int) -> int:
        """A whole number in least..most."""
        return least + self.below(most - least + 1)

    def chance(self, percent: int) -> bool:
        """True so often."""
        return self.below(100) < percent

    def one(self, things: Sequence[T]) -> T:
        """One of the things, all alike."""
        return things[self.below(len(things))]

    def weighted(self, weights: Sequence[int]) -> int:
        """The number of one of the weights, so often as its weight says; some are above 0."""
        drawn = self.below(sum(weights))
        for index, weight in enumerate(weights):
            drawn -= weight
            if drawn < 0:
                return index
        raise ValueError(f"weights are {weights}, allowed are some above 0")

    def some(self, things: Sequence[T], count: int) -> list[T]:
        """`count` different ones, in drawn order."""
        left = list(things)
        for index in range(count):
            drawn = index + self.below(len(left) - index)
            left[index], left[drawn] = left[drawn], left[index]
        return left[:count]

    def key(self) -> int:
        """A key of its own for something else that draws."""
        return self.below(2**32) << 32 | self.below(2**32)
