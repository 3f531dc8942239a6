"""All tasks of a playground: drawing, mutating, holding out, and saying them in words."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from worlds import rng
from worlds.family import TaskError, as_rows
from worlds.playground import reading
from worlds.playground.columns import width
from worlds.playground.describe import describe
from worlds.playground.making.held_out import held_out
from worlds.playground.making.mutate import mutate
from worlds.playground.making.sampling import draw
from worlds.playground.making.tiles import edge_errors
from worlds.playground.making.vector import DIM, settings_at, vector, with_goals_of
from worlds.playground.problems import problems
from worlds.playground.settings import SpaceSettings
from worlds.playground.suites import probe, probe_names
from worlds.playground.task import Task, canonical, fit, from_row, same, to_row

DRAWS = 400  # of one task before its settings are given up
PATIENCE = 20  # draws after which a point is given up as far as goals are concerned
SUITES = ("heldout", "probes")
BANDS = ((0, 25), (25, 50), (50, 75), (75, 100))  # percent of competitiveness in `heldout`
_SUITE_KEY = rng.key("ratchet", "playground", "suite")  # no experiment's seed is in it


class PlaygroundSpace:
    """The tasks of one family: their sizes and how they are drawn are fixed by the settings."""

    dim = DIM
    suites: tuple[str, ...] = SUITES

    def __init__(self, settings: SpaceSettings) -> None:
        self.settings = settings
        self.sizes = settings.sizes
        self.width = width(self.sizes)

    def sample(self, key: int, n: int) -> np.ndarray:
        """n tasks int16 `[n, width]`, none held out; task i depends on `key` and i alone.

        Raises ValueError where 400 draws give no task: the settings ask for too much.
        """
        _check_count("n", n, 0)
        return self._draw(rng.words(key, np.arange(n)), [self.settings] * n, False)

    def mutate(self, rows: np.ndarray, key: int, edits: int = 1) -> np.ndarray:
        """Each task after `edits` edits: valid, canonical, unlike its parent, never held out.

        Raises ValueError where 200 draws of an edit give none.
        """
        return self.mutate_named(rows, key, edits)[0]

    def mutate_named(
        self, rows: np.ndarray, key: int, edits: int = 1
    ) -> tuple[np.ndarray, list[tuple[str, ...]]]:
        """The same, and the names of the edits of each task, in their order."""
        _check_count("edits", edits, 1)
        rows = as_rows(rows, self.width)
        out, names = np.empty_like(rows), []
        for index, own in enumerate(rng.words(key, np.arange(len(rows))).tolist()):
            task = from_row(rows[index], self.sizes)
            child, made = mutate(task, own, edits, self.settings, self._is_held_out)
            out[index] = to_row(child, self.sizes)
            names.append(made)
        return out, names

    def vector(self, rows: np.ndarray) -> np.ndarray:
        """Each task as float32 `[n, dim]` in [0, 1]; `vector.NAMES` says what each number is."""
        tasks = [from_row(row, self.sizes) for row in as_rows(rows, self.width)]
        points = [vector(task, self.settings) for task in tasks]
        return np.array(points, dtype=np.float32).reshape(-1, DIM)

    def from_vector(self, x: np.ndarray, key: int) -> np.ndarray:
        """A task near each point `[n, dim]`, drawn with the settings that such tasks come from."""
        points = np.asarray(x, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != DIM or not np.isfinite(points).all():
            raise ValueError(f"points have shape {points.shape}, allowed is (n, {DIM}), finite")
        settings = [settings_at(point, self.settings) for point in points.clip(0, 1)]
        return self._draw(rng.words(key, np.arange(len(points))), settings, False)

    def describe(self, row: np.ndarray) -> str:
        """The task in plain sentences: level, agents, goals, rules, trials."""
        return describe(from_row(row, self.sizes))

    def suite(self, name: str, n: int) -> np.ndarray:
        """n held-out tasks of a suite, the same in all experiments with these settings.

        `heldout`: tasks of held-out levels that go in turn through the bands of competitiveness,
        again for each depth of the settings; any, where all agents share a goal. `probes`: the first n, by name, of the
        hand-authored ones for which this space has room.
        """
        _check_count("n", n, 0)
        if name == "probes":
            tasks = [task for task in map(probe, probe_names()) if self._has_room(task)]
            return self._rows_of(tasks[:n])
        if name != "heldout":
            raise ValueError(f"unknown suite {name!r}, known are {', '.join(SUITES)}")
        keys = rng.words(rng.key(_SUITE_KEY, name), np.arange(n))
        bands = self._bands()
        return self._draw(keys, [bands[index % len(bands)] for index in range(n)], True)

    def held_out(self, rows: np.ndarray) -> np.ndarray:
        """bool `[n]`: levels of one of eight classes of a fixed hash, probes, games of probes."""
        return held_out(as_rows(rows, self.width), self.sizes)

    def problems(self, row: np.ndarray) -> list[str]:
        """What is wrong with a row, one sentence each; empty for a valid task in canonical form."""
        try:
            task = from_row(row, self.sizes)
        except ValueError as error:
            return [str(error)]
        found = problems(task, self.sizes)
        if found:
            return found
        found = [str(error) for error in edge_errors(task.height, task.ramp)]
        if not same(canonical(task), task):
            found.append("atoms and options are in another order, allowed is the canonical form")
        return found

    def to_json(self, row: np.ndarray) -> dict[str, Any]:
        """The task in words and numbers that a person can read and edit."""
        return reading.to_json(from_row(row, self.sizes))

    def from_json(self, task: Any) -> np.ndarray:
        """The row of a task in JSON; raises `TaskError` naming field, found and allowed."""
        found = reading.from_json(task, self.sizes)
        for error in edge_errors(found.height, found.ramp):
            raise error
        return to_row(found, self.sizes)

    def _draw(
        self, keys: np.ndarray, settings: Sequence[SpaceSettings], of_suite: bool
    ) -> np.ndarray:
        """A task for each key and settings; after 20 draws its goals may be any of this space.

        Draw a of task i depends on keys[i], settings[i] and a alone.
        """
        out = np.empty((len(keys), self.width), dtype=np.int16)
        left, attempt = list(range(len(keys))), 0
        while left:
            if attempt == DRAWS:
                raise ValueError(f"no task {left[0]} in {DRAWS} draws: change {settings[left[0]]}")
            own = [int(rng.word(np.uint64(key), np.uint64(attempt))) for key in keys[left]]
            asked = [settings[index] for index in left]
            if attempt >= PATIENCE and not of_suite:
                asked = [with_goals_of(each, self.settings) for each in asked]
            drawn = draw(own, asked, of_suite)
            made = {index: task for index, task in zip(left, drawn, strict=True) if task}
            rows = self._rows_of(list(made.values()))
            kept = held_out(rows, self.sizes) == of_suite
            places = np.array(list(made), dtype=int)[kept]
            out[places] = rows[kept]
            left = sorted(set(left) - set(places.tolist()))
            attempt += 1
        return out

    def _bands(self) -> list[SpaceSettings]:
        """The settings of the suite `heldout`: all bands of competitiveness for every depth."""
        (low, high), (least, most) = self.settings.competitiveness, self.settings.depth
        bands: tuple[tuple[int, int], ...] = BANDS
        if self.settings.agents == 1:
            bands = BANDS[:1]  # one competes with nobody
        elif self.settings.shared_goal == 100:
            bands = ((0, 100),)  # what is wanted decides
        return [
            replace(
                self.settings,
                depth=(depth, depth),
                competitiveness=(max(low, start), min(high, end)),
            )
            for depth in range(least, most + 1)
            for start, end in bands
            if start <= high and end >= low
        ]

    def _has_room(self, task: Task) -> bool:
        try:
            fit(task, self.sizes)
        except TaskError:
            return False
        return True

    def _is_held_out(self, task: Task) -> bool:
        return bool(held_out(to_row(task, self.sizes)[None], self.sizes)[0])

    def _rows_of(self, tasks: Sequence[Task]) -> np.ndarray:
        rows = [to_row(task, self.sizes) for task in tasks]
        return np.array(rows, dtype=np.int16).reshape(-1, self.width)


def _check_count(name: str, found: int, least: int) -> None:
    if found < least:
        raise ValueError(f"{name} is {found}, allowed are whole numbers from {least}")
