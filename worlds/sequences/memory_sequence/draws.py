"""Drawing and editing Memory Sequence tasks, whole batches at a time, from keyed words."""

import numpy as np

from worlds.kernels import allocating, plain
from worlds.rng import Whole, mix, word, word_below
from worlds.sequences.memory_sequence.columns import DIGITS, TRIALS

ATTEMPTS = 4096  # redraws before a space is declared empty


@plain
def digits_class(row: np.ndarray) -> np.int64:
    """A fixed hash of the digits, 0..7; class 0 is held out."""
    value = np.uint64(row.size)
    for column in range(DIGITS, row.size):
        value = mix(value * np.uint64(257) + np.uint64(row[column]) + np.uint64(1))
    return np.int64(value >> np.uint64(61))


@allocating
def classes(rows: np.ndarray) -> np.ndarray:
    """The class of each row, int64 [n]."""
    out = np.empty(rows.shape[0], dtype=np.int64)
    for i in range(rows.shape[0]):
        out[i] = digits_class(rows[i])
    return out


@allocating
def sample(
    rows: np.ndarray, key: np.uint64, trials: Whole, num_digits: Whole, held_out: bool
) -> bool:
    """Fills rows [n, width]; row i depends on the key and i alone. False if nothing was found."""
    for i in range(rows.shape[0]):
        own = word(key, np.uint64(i))
        found = False
        for attempt in range(ATTEMPTS):
            draw(rows[i], word(own, np.uint64(attempt)), trials, num_digits)
            if (digits_class(rows[i]) == 0) == held_out:
                found = True
                break
        if not found:
            return False
    return True


@allocating
def draw(row: np.ndarray, key: np.uint64, trials: Whole, num_digits: Whole) -> None:
    """Uniform digits."""
    row[TRIALS] = trials
    for column in range(DIGITS, row.size):
        row[column] = word_below(key, np.uint64(column), num_digits)


@allocating
def mutate(rows: np.ndarray, key: np.uint64, edits: Whole, num_digits: Whole) -> bool:
    """Changes rows [n, width] by so many digits: unlike what they were, and never held out."""
    for i in range(rows.shape[0]):
        before = rows[i].copy()
        own = word(key, np.uint64(i))
        found = False
        for attempt in range(ATTEMPTS):
            rows[i] = before
            drawn = word(own, np.uint64(attempt))
            for edit in range(edits):
                _edit(rows[i], word(drawn, np.uint64(edit)), num_digits)
            if digits_class(rows[i]) != 0 and (rows[i] != before).any():
                found = True
                break
        if not found:
            return False
    return True


@plain
def _edit(row: np.ndarray, key: np.uint64, num_digits: Whole) -> None:
    """Another digit in one place."""
    column = DIGITS + word_below(key, np.uint64(0), row.size - DIGITS)
    change = 1 + word_below(key, np.uint64(1), num_digits - 1)
    row[column] = (row[column] + change) % num_digits
