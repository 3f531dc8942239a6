"""All tasks of Travelling Salesperson: drawing, editing, holding out, and saying them in words."""

from typing import Any

import numpy as np

from worlds import rng
from worlds.family import as_rows
from worlds.sequences.travelling_salesperson.columns import CITIES, PLACES, SIDE, TRIALS, width
from worlds.sequences.travelling_salesperson.reading import problems, read_task

HELD_OUT = 8  # one map in so many is held out
NEAR = 250  # how far an edit moves a city, each way
_NAME = "travelling_salesperson"
_SUITE_KEY = rng.key("ratchet", _NAME, "suite")  # no experiment's seed is in it
_CLASS_KEY = rng.key("ratchet", _NAME, "held out")


class TourSpace:
    """The tasks of one family: the number of cities and of trials is fixed, maps vary.

    With a `cities_key` there is one map for all tasks (train-time): nothing can be edited, and
    nothing is held out.
    """

    suites: tuple[str, ...] = ("heldout",)

    def __init__(
        self, cities: int, trials: int, cities_key: int | None, wrong_penalty: int
    ) -> None:
        self.cities, self.trials = cities, trials
        self.wrong_penalty = wrong_penalty  # thousandths; for the sentence about a task alone
        self.width, self.dim = width(cities), 2 * cities
        self.map: np.ndarray | None = None  # [width] int16, the one row that there is
        if cities_key is not None:
            self.map = self._drawn(rng.key(cities_key, "map"), np.arange(1))[0]

    def sample(self, key: int, n: int) -> np.ndarray:
        """n tasks int16 `[n, width]`, none held out; task i depends on `key` and i alone."""
        return self._sample(key, n, held_out=False)

    def mutate(self, rows: np.ndarray, key: int, edits: int = 1) -> np.ndarray:
        """Each task changed by `edits` small edits; valid, unlike its parent, never held out.

        An edit moves a city by up to a quarter of the square's side each way. Raises ValueError if
        all tasks share one map.
        """
        if edits < 1:
            raise ValueError(f"edits is {edits}, allowed are whole numbers from 1")
        if self.map is not None:
            raise ValueError(
                "all tasks share one map, for there is a cities_key: none can be edited"
            )
        return self._edited(as_rows(rows, self.width), key, edits)

    def vector(self, rows: np.ndarray) -> np.ndarray:
        """float32 `[n, 2 D]` in [0, 1]: x and y of every city."""
        return ((as_rows(rows, self.width)[:, PLACES:] + 0.5) / (SIDE + 1)).astype(np.float32)

    def from_vector(self, x: np.ndarray, key: int) -> np.ndarray:
        """The tasks int16 `[n, width]` at points `[n, 2 D]`; a held-out map is edited until it is none.

        With a `cities_key` it is the one map everywhere.
        """
        points = np.asarray(x, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != self.dim:
            raise ValueError(f"points have shape {points.shape}, allowed is (n, {self.dim})")
        if self.map is not None:
            return self.sample(key, len(points))
        rows = self._blank(len(points))
        inside = np.minimum(np.where(points > 0, points, 0), 1)  # what is no number is 0
        rows[:, PLACES:] = np.minimum(inside * (SIDE + 1), SIDE)
        held = np.flatnonzero(self.held_out(rows))
        rows[held] = self._edited(rows, key, 1)[held]
        return rows

    def suite(self, name: str, n: int) -> np.ndarray:
        """n held-out tasks of the suite `heldout`, the same in all experiments of these settings."""
        if name not in self.suites:
            raise ValueError(f"unknown suite {name!r}, known is heldout")
        return self._sample(rng.key(_SUITE_KEY, name), n, held_out=True)

    def held_out(self, rows: np.ndarray) -> np.ndarray:
        """bool `[n]`: maps in one of eight classes of a fixed hash: nobody may propose them."""
        rows = as_rows(rows, self.width)
        if self.map is not None:
            return np.zeros(len(rows), bool)
        words = np.zeros(len(rows), np.uint64)
        for places in rows[:, PLACES:].T.astype(np.uint64):
            words = rng.words(_CLASS_KEY, words + places)
        return rng.below(words, HELD_OUT) == 0

    def describe(self, row: np.ndarray) -> str:
        """The task in plain sentences."""
        trials = "1 trial" if as_rows(row, self.width)[0, TRIALS] == 1 else f"{self.trials} trials"
        loss = f"costs {self.wrong_penalty / 1000:g}" if self.wrong_penalty else "costs nothing"
        return (
            f"{self.cities} cities. Visit each once, from city 0 and back to it: a leg pays 1 less "
            f"its length, in diagonals of the map. A city twice {loss} and ends the trial. {trials}."
        )

    def problems(self, row: np.ndarray) -> list[str]:
        """What is wrong with a row, one sentence each; empty for a valid task of this space."""
        row = np.asarray(row)
        if row.shape != (self.width,) or row.dtype.kind not in "iu":
            return [f"row is {row.dtype} {row.shape}, allowed is int16 ({self.width},)"]
        return [str(problem) for problem in self._problems([int(value) for value in row])]

    def to_json(self, row: np.ndarray) -> dict[str, Any]:
        """The task as a person reads it: places are [to the right, down], 0..1000."""
        row = as_rows(row, self.width)[0]
        return {"trials": int(row[TRIALS]), "cities": row[PLACES:].reshape(-1, 2).tolist()}

    def from_json(self, task: Any) -> np.ndarray:
        """The row of a task in JSON; raises `TaskError` naming field, found and allowed."""
        values = read_task(task, self.cities)
        for problem in self._problems(values):
            raise problem
        return np.array(values, dtype=np.int16)

    def _problems(self, values: list[int]) -> list[Any]:
        shared = None if self.map is None else self.map.tolist()
        return list(problems(values, self.cities, self.trials, shared))

    def _sample(self, key: int, n: int, held_out: bool) -> np.ndarray:
        """Task i takes its own words, again and again, until it is of the side asked for."""
        if n < 0:
            raise ValueError(f"n is {n}, allowed are whole numbers from 0")
        if self.map is not None:
            return np.tile(self.map, (n, 1))
        rows = self._blank(n)
        missing, attempt = np.arange(n), 0
        while len(missing):
            rows[missing] = self._drawn(rng.key(key, "map", attempt), missing)
            missing = missing[self.held_out(rows[missing]) != held_out]
            attempt += 1
        return rows

    def _drawn(self, key: int, numbers: np.ndarray) -> np.ndarray:
        """Rows whose cities are spread evenly; each by the words of its own number."""
        rows = self._blank(len(numbers))
        counters = numbers[:, None] * self.dim + np.arange(self.dim)
        rows[:, PLACES:] = rng.below(rng.words(key, counters), SIDE + 1)
        return rows

    def _edited(self, rows: np.ndarray, key: int, edits: int) -> np.ndarray:
        """Rows after so many edits, again and again until they are unlike before and not held out."""
        out = rows.copy()
        missing, attempt = np.arange(len(rows)), 0
        while len(missing):
            out[missing] = rows[missing]
            for edit in range(edits):
                self._move(out, missing, rng.key(key, "edit", attempt, edit))
            same = (out[missing] == rows[missing]).all(1)
            missing = missing[same | self.held_out(out[missing])]
            attempt += 1
        return out

    def _move(self, rows: np.ndarray, which: np.ndarray, key: int) -> None:
        words = rng.words(key, which[:, None] * 3 + np.arange(3))
        city = PLACES + 2 * rng.below(words[:, 0], self.cities)
        for axis in range(2):
            moved = rows[which, city + axis] + rng.below(words[:, 1 + axis], 2 * NEAR + 1) - NEAR
            rows[which, city + axis] = np.clip(moved, 0, SIDE)

    def _blank(self, n: int) -> np.ndarray:
        rows = np.zeros((n, self.width), np.int16)
        rows[:, CITIES], rows[:, TRIALS] = self.cities, self.trials
        return rows
