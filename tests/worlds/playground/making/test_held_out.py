"""What is held out: one class of levels, every probe, and the games that probes say so of."""

import numpy as np

from worlds.playground.constants import Sizes
from worlds.playground.making.held_out import (
    CLASSES,
    hashes_of,
    held_out,
    held_out_class,
    level_hashes,
)
from worlds.playground.making.place import PlaceSettings, levels
from worlds.playground.making.terrain import TerrainSettings
from worlds.playground.probe_file import GAME, own_sizes
from worlds.playground.suites import _read, probe, probe_names
from worlds.playground.task import Task, fit, goals_of, rules_of, to_row, with_goals


def _is_held_out(task: Task, sizes: Sizes) -> bool:
    return bool(held_out(to_row(task, sizes)[None], sizes)[0])


def test_one_of_eight_levels_is_held_out() -> None:
    count = 3000
    drawn = levels(
        np.arange(count), np.tile((0, 5, 2), (count, 1)), TerrainSettings(), PlaceSettings()
    )
    held = held_out_class(level_hashes(*drawn[:4], np.full(count, 5), np.full(count, 2)))
    assert abs(held.sum() - count / CLASSES) < 5 * np.sqrt(count / 8 * 7 / 8)


def test_every_number_of_a_level_counts_and_nothing_else_does() -> None:
    task = probe(probe_names()[0])
    sizes = own_sizes(task)
    before = hashes_of(to_row(task, sizes)[None], sizes)
    larger = sizes._replace(agents=8, objects=32)
    assert hashes_of(to_row(task, larger)[None], larger) == before
    assert hashes_of(to_row(task._replace(trial_length=9), sizes)[None], sizes) == before
    for name in ("height", "ramp", "floor", "cells"):
        changed = getattr(task, name).copy()
        changed[0, 0] += 1
        other = task._replace(**{name: changed})
        assert hashes_of(to_row(other, sizes)[None], sizes) != before


def test_every_probe_is_held_out_in_every_space() -> None:
    for name in probe_names():
        task = probe(name)
        sizes = own_sizes(task)
        larger = sizes._replace(agents=8, objects=32, atoms=32, rules=16, options=8, trials=32)
        assert _is_held_out(task, sizes) and _is_held_out(fit(task, larger), larger)


def test_a_relative_of_a_probe_is_not_held_out() -> None:
    free = 0
    for name in probe_names():
        task = probe(name)
        sizes = own_sizes(task)
        row = to_row(task, sizes)[None]
        if _read(name).held_out == GAME or held_out_class(hashes_of(row, sizes))[0]:
            continue
        assert not _is_held_out(task._replace(trial_length=task.trial_length - 1), sizes)
        free += 1
    assert free > 0


def test_a_game_of_a_probe_is_held_out_in_other_levels_and_colours() -> None:
    games = [name for name in probe_names() if _read(name).held_out == GAME]
    assert games
    for name in games:
        task = probe(name)
        sizes = own_sizes(task)
        for turns in range(1, 4):
            level = task._replace(height=np.rot90(task.height, turns).copy())
            if level.height.shape != task.height.shape:
                continue
            assert _is_held_out(level, sizes)
        without = with_goals(task, [(), *goals_of(task)[1:]], rules_of(task))
        row = to_row(without, sizes)[None]
        if not held_out_class(hashes_of(row, sizes))[0]:
            assert not _is_held_out(without, sizes)
