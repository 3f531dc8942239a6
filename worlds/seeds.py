"""Tasks that are seeds: all that can be chosen of a world whose maker is somebody else."""

from __future__ import annotations

from typing import Any

import numpy as np

from worlds import rng
from worlds.family import TaskError

DIGIT = 2**15  # a seed is two digits, each a non-negative int16
HELD_OUT = 8  # one seed in so many is held out
_SUITE_KEY = rng.key("ratchet", "bring_your_own", "suite")  # no experiment's seed is in it
_CLASS_KEY = rng.key("ratchet", "bring_your_own", "held out")


class SeedSpace:
    """Tasks int16 `[n, 2]`: the high and the low 15 bits of the seed an environment is reset with."""

    width, dim = 2, 2
    suites: tuple[str, ...] = ("heldout",)

    def __init__(self, what: str, steps: int) -> None:
        self._what, self._steps = what, steps

    def sample(self, key: int, n: int) -> np.ndarray:
        """n tasks, none held out; task i depends on `key` and i alone."""
        return self._sample(key, n, held_out=False)

    def mutate(self, rows: np.ndarray, key: int, edits: int = 1) -> np.ndarray:
        """Other seeds: one says nothing about its neighbours, so every number of edits draws anew."""
        if edits < 1:
            raise ValueError(f"edits is {edits}, allowed are whole numbers from 1")
        drawn = self.sample(key, 2 * len(rows))  # the second one if the first is the parent itself
        first, second = drawn[::2], drawn[1::2]
        return np.where((first == rows).all(1, keepdims=True), second, first)

    def vector(self, rows: np.ndarray) -> np.ndarray:
        """float32 `[n, 2]` in [0, 1]."""
        return ((rows + 0.5) / DIGIT).astype(np.float32)

    def from_vector(self, x: np.ndarray, key: int) -> np.ndarray:
        """The seeds at these points; a held-out one is replaced by a draw from `key`."""
        rows = np.clip(np.floor(np.asarray(x) * DIGIT), 0, DIGIT - 1).astype(np.int16)
        held = self.held_out(rows)
        rows[held] = self.sample(key, len(rows))[held]
        return rows

    def describe(self, row: np.ndarray) -> str:
        """The task in plain sentences."""
        return f"{self._what} from seed {int(seeds(row[None])[0])}, at most {self._steps} steps."

    def suite(self, name: str, n: int) -> np.ndarray:
        """n held-out tasks of the suite `heldout`, the same in all experiments."""
        if name not in self.suites:
            raise ValueError(f"unknown suite {name!r}, known is heldout")
        return self._sample(rng.key(_SUITE_KEY, name), n, held_out=True)

    def held_out(self, rows: np.ndarray) -> np.ndarray:
        """bool `[n]`: seeds in one of eight classes of a fixed hash."""
        return rng.below(rng.words(_CLASS_KEY, seeds(rows)), HELD_OUT) == 0

    def problems(self, row: np.ndarray) -> list[str]:
        """What is wrong with a row, one sentence each; empty for a valid task."""
        row = np.asarray(row)
        if row.shape != (2,) or row.dtype.kind not in "iu":
            return [f"row is {row.dtype} {row.shape}, allowed is int16 (2,)"]
        return [] if (row >= 0).all() else [f"row is {row.tolist()}, allowed are 0..{DIGIT - 1}"]

    def to_json(self, row: np.ndarray) -> dict[str, Any]:
        """The task as a person reads it."""
        return {"seed": int(seeds(np.asarray(row)[None])[0])}

    def from_json(self, task: Any) -> np.ndarray:
        """The row of a task in JSON; raises `TaskError` naming field, found and allowed."""
        if not isinstance(task, dict) or set(task) != {"seed"}:
            raise TaskError("task", task, "is an object with a seed")
        seed = task["seed"]
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < DIGIT**2:
            raise TaskError("seed", seed, f"are whole numbers 0..{DIGIT**2 - 1}")
        return np.array(divmod(seed, DIGIT), np.int16)

    def _sample(self, key: int, n: int, held_out: bool) -> np.ndarray:
        """Draw i takes its own words, again and again, until its seed is of the side asked for."""
        rows = np.zeros((n, 2), np.int16)
        missing, attempt = np.arange(n), 0
        while len(missing):
            words = rng.words(rng.key(key, "seed", attempt), missing)
            rows[missing] = np.stack(np.divmod(rng.below(words, DIGIT**2), DIGIT), 1)
            missing = missing[self.held_out(rows[missing]) != held_out]
            attempt += 1
        return rows


def seeds(rows: np.ndarray) -> np.ndarray:
    """The seeds int64 `[n]` of rows `[n, 2]`, 0..2**30 - 1."""
    return rows[:, 0].astype(np.int64) * DIGIT + rows[:, 1]
