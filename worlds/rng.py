"""Counter-based random words, keyed: the only source of randomness below `populations`."""

import hashlib
from typing import Any

import numpy as np

from worlds.kernels import allocating, plain

Whole = int | np.integer[Any]  # what kernels take as a whole number

_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def key(*fields: int | str) -> int:
    """A 64-bit key for these fields: the head of SHA-256 over an encoding no two field lists share.

    `key("sample", 3)` and `key("sample", "3")` differ, so do `key("ab", "c")` and `key("a", "bc")`.
    """
    digest = hashlib.sha256()
    for field in fields:
        if isinstance(field, bool) or not isinstance(field, int | str | np.integer):
            raise TypeError(f"a key is made of whole numbers and text, not {field!r}")
        kind = b"s" if isinstance(field, str) else b"i"
        body = field.encode() if isinstance(field, str) else str(int(field)).encode()
        digest.update(kind + len(body).to_bytes(8, "little") + body)
    return int.from_bytes(digest.digest()[:8], "little")


def seed(key: int) -> int:
    """The 63 bits of a key that torch generators accept as a seed."""
    return int(key) >> 1


def words(key: int, counters: np.ndarray) -> np.ndarray:
    """One uint64 word per counter; equal key and counter give the equal word on every machine."""
    flat = np.ascontiguousarray(counters, dtype=np.uint64)
    return _words(np.uint64(key), flat.reshape(-1)).reshape(flat.shape)


def below(words: np.ndarray, n: int) -> np.ndarray:
    """Words as whole numbers in 0..n-1, int64; n at most 2**31 (bias below n / 2**32)."""
    if not 1 <= n <= 2**31:
        raise ValueError(f"n is {n}, allowed are 1..2**31")
    high = np.asarray(words, dtype=np.uint64) >> np.uint64(32)
    return ((high * np.uint64(n)) >> np.uint64(32)).astype(np.int64)


@plain
def mix(value: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64 (Steele 2014): a bijection that scatters all 64 bits."""
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    return value ^ (value >> np.uint64(31))


@allocating
def word(key: np.uint64, counter: np.uint64) -> np.uint64:
    """The uint64 word of a uint64 key at a uint64 counter, for use inside kernels."""
    return mix(mix((counter + np.uint64(1)) * _GOLDEN) ^ key)


@allocating
def word_below(key: np.uint64, counter: np.uint64, n: Whole) -> np.int64:
    """The word of `key` at `counter` as a whole number in 0..n-1, int64."""
    high = word(key, counter) >> np.uint64(32)
    return np.int64((high * np.uint64(n)) >> np.uint64(32))


@allocating
def _words(key: np.uint64, counters: np.ndarray) -> np.ndarray:
    out = np.empty(counters.size, dtype=np.uint64)
    for index in range(counters.size):
        out[index] = word(key, counters[index])
    return out
