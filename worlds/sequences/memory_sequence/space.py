"""All tasks of Memory Sequence: drawing, editing, holding out, and saying them in words."""

from typing import Any

import numpy as np

from worlds import rng
from worlds.family import TaskError, as_rows, check_fields
from worlds.sequences.memory_sequence import draws
from worlds.sequences.memory_sequence.columns import DIGITS, TRIALS

_SUITE_KEY = rng.key("ratchet", "memory_sequence", "suite")  # no experiment's seed is in it
_FIELDS = ("trials", "digits")


class MemorySpace:
    """Sequences of `length` digits 0..`num_digits` - 1.

    With a `sequence_key` there is one sequence alone (train-time): it is what is drawn, what an edit
    gives, and what the suite consists of, for nothing is held out.
    """

    suites: tuple[str, ...] = ("heldout",)

    def __init__(
        self,
        num_digits: int,
        length: int,
        trials: int,
        sequence_key: int | None,
        rules: str,
    ) -> None:
        self.num_digits, self.length, self.trials = num_digits, length, trials
        self.width, self.dim = DIGITS + length, length
        self._rules = rules  # a sentence that all tasks share
        self._only: np.ndarray | None = None
        if sequence_key is not None:
            self._only = np.empty(self.width, dtype=np.int16)
            draws.draw(self._only, np.uint64(sequence_key), trials, num_digits)

    def sample(self, key: int, n: int) -> np.ndarray:
        """n tasks int16 `[n, width]`, none held out; task i depends on `key` and i alone."""
        return self._sample(key, n, held_out=False)

    def mutate(self, rows: np.ndarray, key: int, edits: int = 1) -> np.ndarray:
        """Each task with `edits` digits changed; valid, unlike its parent, never held out."""
        if edits < 1:
            raise ValueError(f"edits is {edits}, allowed are whole numbers from 1")
        out = as_rows(rows, self.width).copy()
        if self._only is not None:
            return out
        found = draws.mutate(out, np.uint64(key), edits, self.num_digits)
        return self._unless_empty(out, found)

    def vector(self, rows: np.ndarray) -> np.ndarray:
        """The digits as float32 `[n, dim]` in [0, 1]."""
        digits = as_rows(rows, self.width)[:, DIGITS:]
        return ((digits + 0.5) / self.num_digits).astype(np.float32)

    def from_vector(self, x: np.ndarray, key: int) -> np.ndarray:
        """The tasks int16 `[n, width]` at points `[n, dim]`; held-out ones are edited by `key`."""
        points = np.ascontiguousarray(x, dtype=np.float32)
        if points.ndim != 2 or points.shape[1] != self.dim:
            raise ValueError(f"points have shape {points.shape}, allowed is (n, {self.dim})")
        if self._only is not None:
            return np.tile(self._only, (len(points), 1))
        rows = np.full((len(points), self.width), self.trials, dtype=np.int16)
        # Whatever is not above 0 is the first digit.
        inside = np.where(points > 0, np.minimum(points, 1), 0)
        rows[:, DIGITS:] = np.minimum(inside * self.num_digits, self.num_digits - 1)
        bad = self.held_out(rows)
        rows[bad] = self.mutate(rows[bad], key)
        return rows

    def suite(self, name: str, n: int) -> np.ndarray:
        """n tasks of the suite `heldout`, the same in all experiments of these settings."""
        if name not in self.suites:
            raise ValueError(f"unknown suite {name!r}, known is heldout")
        return self._sample(rng.key(_SUITE_KEY, name), n, held_out=True)

    def held_out(self, rows: np.ndarray) -> np.ndarray:
        """bool `[n]`: sequences in one of eight classes of a fixed hash; none where there is but one."""
        rows = as_rows(rows, self.width)
        if self._only is not None:
            return np.zeros(len(rows), dtype=bool)
        return draws.classes(rows) == 0

    def describe(self, row: np.ndarray) -> str:
        """The task in plain sentences."""
        row = as_rows(row, self.width)[0]
        digits = " ".join(str(digit) for digit in row[DIGITS:])
        trials = "1 trial" if row[TRIALS] == 1 else f"{row[TRIALS]} trials"
        return f"Say the digits {digits}, each 0..{self.num_digits - 1}: {self._rules}. {trials}."

    def problems(self, row: np.ndarray) -> list[str]:
        """What is wrong with a row, one sentence each; empty for a valid task of this space."""
        row = np.asarray(row)
        if row.shape != (self.width,) or row.dtype.kind not in "iu":
            return [f"row is {row.dtype} {row.shape}, allowed is int16 ({self.width},)"]
        return [str(problem) for problem in self._problems([int(value) for value in row])]

    def to_json(self, row: np.ndarray) -> dict[str, Any]:
        """The task as a person reads it: its trials and its digits."""
        row = as_rows(row, self.width)[0]
        return {"trials": int(row[TRIALS]), "digits": row[DIGITS:].tolist()}

    def from_json(self, task: Any) -> np.ndarray:
        """The row of a task in JSON; raises `TaskError` naming field, found and allowed."""
        check_fields(task, _FIELDS)
        digits = task["digits"]
        if not isinstance(digits, list) or len(digits) != self.length:
            raise TaskError("digits", digits, f"is a list of {self.length}")
        values = [_number("trials", task["trials"], self.trials)]
        most = self.num_digits - 1
        values += [_number(f"digits[{i}]", digit, most) for i, digit in enumerate(digits)]
        for problem in self._problems(values):
            raise problem
        return np.array(values, dtype=np.int16)

    def _problems(self, values: list[int]) -> list[TaskError]:
        found = []
        if values[TRIALS] != self.trials:
            found.append(TaskError("trials", values[TRIALS], f"is {self.trials}"))
        for index, digit in enumerate(values[DIGITS:]):
            if not 0 <= digit < self.num_digits:
                found.append(TaskError(f"digits[{index}]", digit, f"are 0..{self.num_digits - 1}"))
            elif self._only is not None and digit != self._only[DIGITS + index]:
                allowed = f"is {self._only[DIGITS + index]} as in all tasks of this space"
                found.append(TaskError(f"digits[{index}]", digit, allowed))
        return found

    def _sample(self, key: int, n: int, held_out: bool) -> np.ndarray:
        if n < 0:
            raise ValueError(f"n is {n}, allowed are whole numbers from 0")
        if self._only is not None:
            return np.tile(self._only, (n, 1))
        out = np.empty((n, self.width), dtype=np.int16)
        found = draws.sample(out, np.uint64(key), self.trials, self.num_digits, held_out)
        return self._unless_empty(out, found)

    def _unless_empty(self, rows: np.ndarray, found: bool) -> np.ndarray:
        if not found:
            raise ValueError(
                f"no task found in {draws.ATTEMPTS} draws: choose a larger length or more digits"
            )
        return rows


def _number(field: str, found: Any, most: int) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= most:
        raise TaskError(field, found, f"are whole numbers 0..{most}")
    return found
