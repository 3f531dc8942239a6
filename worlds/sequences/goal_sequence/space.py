"""All tasks of Goal Sequence: drawing, editing, holding out, and saying them in words."""

from typing import Any

import numpy as np

from worlds import rng
from worlds.family import TaskError, as_rows
from worlds.sequences.goal_sequence import draws
from worlds.sequences.goal_sequence.columns import (
    COLOURS,
    GOALS,
    HEADINGS,
    NUM_AGENTS,
    NUM_GOALS,
    ORDER,
    SHAPES,
    SIZE,
    STARTS,
    TRIAL_LENGTH,
    TRIALS,
    WIDTH,
)
from worlds.sequences.goal_sequence.reading import (
    placement_problems,
    range_problems,
    read_task,
)

_SUITE_KEY = rng.key("ratchet", "goal_sequence", "suite")  # no experiment's seed is in it
_UNDRAWN = -1


class GoalSpace:
    """The tasks of one family: its sizes, trials and order are fixed, goals and starts vary.

    With an `order_key` all tasks share one order and agents start anywhere (train-time); without,
    each task has its own order and both agents start at home, (size // 2, 1) facing east
    (episodic).
    """

    suites: tuple[str, ...] = ("heldout",)

    def __init__(
        self,
        size: int,
        size_min: int,
        trials: int,
        trial_length: int,
        order_key: int | None,
        wrong_penalty: int,
    ) -> None:
        self.size, self.size_min = size, size_min
        self.wrong_penalty = wrong_penalty  # thousandths; for the sentence about a task alone
        self.trials, self.trial_length = trials, trial_length
        self.home = order_key is None
        self.width = WIDTH
        self.dim = 1 + 2 * NUM_GOALS + (0 if self.home else 3 * NUM_AGENTS)
        # What all rows share; an order that is drawn per task is marked by its first colour.
        self._template = np.zeros(WIDTH, dtype=np.int16)
        self._template[[SIZE, TRIALS, TRIAL_LENGTH]] = size, trials, trial_length
        self._template[ORDER] = _UNDRAWN
        if order_key is not None:
            draws.draw_order(self._template[ORDER:GOALS], np.uint64(order_key))

    def sample(self, key: int, n: int) -> np.ndarray:
        """n tasks int16 `[n, width]`, none held out; task i depends on `key` and i alone."""
        return self._sample(key, n, held_out=False)

    def mutate(self, rows: np.ndarray, key: int, edits: int = 1) -> np.ndarray:
        """Each task changed by `edits` small edits; valid, unlike its parent, never held out.

        An edit moves a goal, swaps two, moves or turns a start, or grows or shrinks the grid by
        one.
        """
        if edits < 1:
            raise ValueError(f"edits is {edits}, allowed are whole numbers from 1")
        rows = as_rows(rows, WIDTH)
        out = np.empty_like(rows)
        found = draws.mutate(rows, np.uint64(key), edits, self.size_min, self.size, self.home, out)
        return self._unless_empty(out, found)

    def vector(self, rows: np.ndarray) -> np.ndarray:
        """Levels as float32 `[n, dim]` in [0, 1]: size, goals, and starts unless they are home."""
        rows = as_rows(rows, WIDTH).astype(np.float64)
        side = rows[:, SIZE]
        columns = [_centre(side - self.size_min, self.size - self.size_min + 1)]
        for goal in range(NUM_GOALS):
            down, right = np.divmod(rows[:, GOALS + goal], side)
            columns += [_centre(down, side), _centre(right, side)]
        for start in range(STARTS, STARTS if self.home else WIDTH, 3):
            columns += [_centre(rows[:, start], side), _centre(rows[:, start + 1], side)]
            columns.append(_centre(rows[:, start + 2], len(HEADINGS)))
        return np.stack(columns, axis=1).astype(np.float32)

    def from_vector(self, x: np.ndarray, key: int) -> np.ndarray:
        """The tasks int16 `[n, width]` at points `[n, dim]`; an order per task is drawn from `key`.

        Overlapping goals and held-out levels are moved to a neighbour, so the answer is always
        valid.
        """
        points = np.ascontiguousarray(x, dtype=np.float32)
        if points.ndim != 2 or points.shape[1] != self.dim:
            raise ValueError(f"points have shape {points.shape}, allowed is (n, {self.dim})")
        out = np.empty((points.shape[0], WIDTH), dtype=np.int16)
        found = draws.decode(
            points,
            np.uint64(key),
            self._template,
            self.size_min,
            self.size,
            self.home,
            self.home,
            out,
        )
        return self._unless_empty(out, found)

    def suite(self, name: str, n: int) -> np.ndarray:
        """n held-out tasks of the suite `heldout`, the same in all experiments of these settings."""
        if name not in self.suites:
            raise ValueError(f"unknown suite {name!r}, known is heldout")
        return self._sample(rng.key(_SUITE_KEY, name), n, held_out=True)

    def held_out(self, rows: np.ndarray) -> np.ndarray:
        """bool `[n]`: levels in one of eight classes of a fixed hash: nobody may propose them."""
        return draws.classes(as_rows(rows, WIDTH)) == 0

    def describe(self, row: np.ndarray) -> str:
        """The task in plain sentences."""
        row = as_rows(row, WIDTH)[0]
        shown = ", ".join(f"{COLOURS[c]} {SHAPES[c]}" for c in row[ORDER : ORDER + 6])
        trials = "1 trial" if row[TRIALS] == 1 else f"{row[TRIALS]} trials"
        loss = f"-{self.wrong_penalty / 1000:g}" if self.wrong_penalty else "nothing"
        return (
            f"{row[SIZE]}x{row[SIZE]} grid. Visit the goals in the order {shown}, …: "
            f"+1 for the next one, {loss} for a wrong one. {trials} of {row[TRIAL_LENGTH]} steps."
        )

    def problems(self, row: np.ndarray) -> list[str]:
        """What is wrong with a row, one sentence each; empty for a valid task of this space."""
        row = np.asarray(row)
        if row.shape != (WIDTH,) or row.dtype.kind not in "iu":
            return [f"row is {row.dtype} {row.shape}, allowed is int16 ({WIDTH},)"]
        return [str(problem) for problem in self._problems([int(value) for value in row])]

    def to_json(self, row: np.ndarray) -> dict[str, Any]:
        """The task as a person reads it: positions [row, column], colours and headings by name."""
        values = [int(value) for value in as_rows(row, WIDTH)[0]]
        side = values[SIZE]
        starts = [values[start : start + 3] for start in range(STARTS, WIDTH, 3)]
        return {
            "size": side,
            "trials": values[TRIALS],
            "trial_length": values[TRIAL_LENGTH],
            "order": [COLOURS[colour] for colour in values[ORDER:GOALS]],
            "goals": [list(divmod(cell, side)) for cell in values[GOALS:STARTS]],
            "starts": [[down, right, HEADINGS[heading]] for down, right, heading in starts],
        }

    def from_json(self, task: Any) -> np.ndarray:
        """The row of a task in JSON; raises `TaskError` naming field, found and allowed."""
        values = read_task(task)
        for problem in self._problems(values):
            raise problem
        return np.array(values, dtype=np.int16)

    def _problems(self, values: list[int]) -> list[TaskError]:
        sizes = (self.size_min, self.size)
        order = None if self.home else self._template[ORDER:GOALS].tolist()
        found = range_problems(values, sizes, self.trials, self.trial_length, order)
        # Positions mean something only on a grid of valid size.
        return found or placement_problems(values, self.home)

    def _sample(self, key: int, n: int, held_out: bool) -> np.ndarray:
        if n < 0:
            raise ValueError(f"n is {n}, allowed are whole numbers from 0")
        out = np.empty((n, WIDTH), dtype=np.int16)
        found = draws.sample(
            out, np.uint64(key), self._template, self.size_min, self.home, held_out
        )
        return self._unless_empty(out, found)

    def _unless_empty(self, rows: np.ndarray, found: bool) -> np.ndarray:
        if not found:
            raise ValueError(f"no task found in {draws.ATTEMPTS} draws: choose a larger size")
        return rows


def _centre(index: np.ndarray, count: Any) -> np.ndarray:
    return (index + 0.5) / count
