"""Placement: walking and parts as in plain Python, starts distinct, flat and in the main part."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worlds import rng
from worlds.family import TaskError
from worlds.playground.constants import EMPTY, STEPS
from worlds.playground.making.place import (
    NO_PART,
    Levels,
    PlaceSettings,
    levels,
    walk_and_parts,
)
from worlds.playground.making.terrain import TerrainSettings, collapse

KEYS = st.integers(0, 2**64 - 1)
FEW = settings(max_examples=20, deadline=None, derandomize=True)
SMALL = TerrainSettings(height=8, width=9)


def _side(height: int, ramp: int, direction: int) -> int:
    """The specification's side(c, d), section 6."""
    if ramp == 0 or (direction + 2) % 4 == ramp - 1:
        return height
    return height + 1


def _onward(
    level: list[list[tuple[int, int]]], blocked: list, row: int, column: int, slab: bool = False
) -> dict:
    """Direction -> the cell that is walked to; with slabs one step up from flat cells, too."""
    highest = 1 if slab and level[row][column][1] == 0 else 0
    out = {}
    for direction, (down, right) in enumerate(STEPS):
        y, x = row + down, column + right
        if not (0 <= y < len(level) and 0 <= x < len(level[0])):
            continue
        climb = _side(*level[y][x], (direction + 2) % 4) - _side(*level[row][column], direction)
        if climb <= highest and not blocked[row][column] and not blocked[y][x]:
            out[direction] = (y, x)
    return out


def _within_reach(onward: dict, start: tuple[int, int]) -> set[tuple[int, int]]:
    reached, todo = {start}, [start]
    while todo:
        for cell in onward[todo.pop()].values():
            if cell not in reached:
                reached.add(cell)
                todo.append(cell)
    return reached


def _as_lists(height: np.ndarray, ramp: np.ndarray) -> list[list[tuple[int, int]]]:
    return [
        list(zip(*rows, strict=True)) for rows in zip(height.tolist(), ramp.tolist(), strict=True)
    ]


@FEW
@given(KEYS, st.integers(0, 3), st.integers(0, 30))
def test_walking_and_parts_equal_plain_python(key: int, cliff: int, percent: int) -> None:
    terrain = TerrainSettings(height=8, width=9, weights=(5, 5, 5, 5), smooth=2, cliff=cliff)
    height, ramp = collapse([key], terrain)
    blocked = rng.below(rng.words(key, np.arange(72)), 100).reshape(1, 8, 9) < percent
    level = _as_lists(height[0], ramp[0])
    cells = list(np.ndindex(8, 9))
    onward = {cell: _onward(level, blocked[0].tolist(), *cell) for cell in cells}
    walk, part, main = walk_and_parts(height, ramp, blocked)
    assert walk.dtype == np.uint8 and part.dtype == main.dtype == np.int16
    for cell in cells:
        assert walk[0][cell] == sum(1 << direction for direction in onward[cell])

    reach = {cell: _within_reach(onward, cell) for cell in cells}
    sizes: dict[int, int] = {}
    for cell in cells:
        if blocked[0][cell]:
            assert part[0][cell] == NO_PART
            continue
        mutual = [other for other in reach[cell] if cell in reach[other]]
        row, column = min(mutual)
        assert part[0][cell] == 9 * row + column
        sizes[9 * row + column] = len(mutual)
    if sizes:
        assert main[0] == min(sizes, key=lambda name: (-sizes[name], name))
    else:
        assert main[0] == NO_PART


def test_walking_up_a_ramp_and_down_a_cliff() -> None:
    height = np.zeros((1, 8, 8), dtype=np.int8)
    height[0, :2] = 1
    walk, _, _ = walk_and_parts(height, np.zeros_like(height), np.zeros_like(height))
    assert walk[0, 1, 3] == 0b1111 and walk[0, 2, 3] == 0b1110  # down the cliff, not up
    ramp = np.zeros_like(height)
    ramp[0, 2, 3] = 1  # uphill north
    walk, part, main = walk_and_parts(height, ramp, np.zeros_like(height))
    assert walk[0, 2, 3] & 1 and walk[0, 3, 3] & 1 and walk[0, 1, 3] & 4
    assert not walk[0, 2, 2] & 2  # not up its flank
    assert walk[0, 2, 3] & 2  # but down from it
    assert main[0] == 0 and (part == 0).all()


def test_of_equal_parts_the_one_with_the_lowest_cell_is_the_main_part() -> None:
    height = np.zeros((2, 8, 8), dtype=np.int8)
    height[0, :4] = height[1, 4:] = 2
    _, _, main = walk_and_parts(height, np.zeros_like(height), np.zeros_like(height))
    assert main.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("changed", "mean", "least"),
    [
        ({}, 0.89, 0.50),
        ({"smooth": 20}, 0.92, None),
        ({"ramp_percent": 10}, 0.79, 0.33),
        ({"ramp_percent": 100}, 0.95, None),
        ({"ramp_percent": 200, "smooth": 10}, 0.99, None),
    ],
)
def test_the_main_part_is_as_large_as_measured(
    changed: dict[str, int], mean: float, least: float | None
) -> None:
    """The means and least shares of 60 levels in the specification, section 13."""
    height, ramp = collapse(rng.words(1, np.arange(600)), TerrainSettings(**changed))
    _, part, main = walk_and_parts(height, ramp, np.zeros_like(height))
    share = (part == main[:, None, None]).mean(axis=(1, 2))
    # Two standard errors of 60 levels, and half a unit of the last digit.
    assert abs(share.mean() - mean) < 2 * share.std() / np.sqrt(60) + 0.005
    # Were a twentieth of all levels below the least, 60 would show none in one of 22 cases.
    assert least is None or 0 < (share < least).mean() < 0.05


def _drawn(key: int, n: int, counts: tuple[int, int, int], **changed: int) -> Levels:
    keys = rng.words(key, np.arange(n))
    place = PlaceSettings(objects=12, agents=3, **changed)
    return levels(keys, np.tile(counts, (n, 1)), SMALL, place)


def _main(drawn: Levels) -> np.ndarray:
    blocked = np.zeros_like(drawn.height)
    for level, slot in np.argwhere(drawn.fixed):
        blocked[(level, *drawn.cells[level, slot])] = 1
    _, part, main = walk_and_parts(drawn.height, drawn.ramp, blocked)
    return part == main[:, None, None]


COUNTS = st.tuples(st.integers(0, 3), st.integers(3, 12), st.integers(1, 3))


@FEW
@given(KEYS, COUNTS, st.sampled_from([0, 40, 60]))
def test_starts_are_distinct_flat_cells_of_the_main_part(
    key: int, counts: tuple[int, int, int], min_connected: int
) -> None:
    drawn = _drawn(key, 6, counts, min_connected=min_connected)
    anchors, objects, agents = counts
    assert drawn.cells.dtype == drawn.facings.dtype == np.int8
    assert drawn.cells.shape == (6, 15, 2) and drawn.facings.shape == (6, 15)
    used = np.zeros(15, dtype=bool)
    used[:objects] = used[12 : 12 + agents] = True
    assert (drawn.cells[:, ~used] == EMPTY).all() and (drawn.facings[:, ~used] == 0).all()
    assert ((drawn.facings >= 0) & (drawn.facings < 4)).all()
    assert (drawn.fixed.sum(axis=1) == anchors).all() and drawn.fixed[:, :anchors].all()
    main = _main(drawn)
    assert (100 * main.sum(axis=(1, 2)) >= min_connected * 72).all()
    for level in range(6):
        cells = [tuple(cell) for cell in drawn.cells[level, used].tolist()]
        assert len(set(cells)) == objects + agents
        assert all(drawn.ramp[level][cell] == 0 for cell in cells)
        assert all(main[level][cell] for cell in cells[anchors:])
        assert not any(main[level][cell] for cell in cells[:anchors])


def test_objects_outside_lie_where_one_gets_with_slabs_but_not_back() -> None:
    drawn = _drawn(2, 30, (1, 6, 2), outside=100, min_connected=30)
    main, away = _main(drawn), 0
    for level in range(30):
        ground = _as_lists(drawn.height[level], drawn.ramp[level])
        blocked = np.zeros((8, 9), dtype=bool)
        cells = [tuple(cell) for cell in drawn.cells[level].tolist()]
        blocked[cells[0]] = True
        onward = {
            cell: _onward(ground, blocked.tolist(), *cell, slab=True) for cell in np.ndindex(8, 9)
        }
        reached = _within_reach(onward, cells[12])
        assert all(main[level][cell] for cell in cells[12:14])
        assert all(cell in reached and drawn.ramp[level][cell] == 0 for cell in cells[1:6])
        assert len(set(cells[:6])) == 6
        far = {cell for cell in reached if not main[level][cell] and not drawn.ramp[level][cell]}
        assert sum(not main[level][cell] for cell in cells[1:6]) == min(5, len(far))
        away += min(5, len(far))
    assert away > 30


def test_a_level_does_not_depend_on_its_batch() -> None:
    keys = rng.words(5, np.arange(40))
    counts = np.stack([keys % 3, 3 + keys % 8, 1 + keys % 3], axis=1).astype(np.int64)
    place = PlaceSettings(objects=12, agents=3, outside=30)
    whole = levels(keys, counts, SMALL, place)
    order = np.random.default_rng(0).permutation(40)
    shuffled = levels(keys[order], counts[order], SMALL, place)
    alone = levels(keys[9:10], counts[9:10], SMALL, place)
    for field in Levels._fields:
        assert (getattr(shuffled, field) == getattr(whole, field)[order]).all()
        assert (getattr(alone, field)[0] == getattr(whole, field)[9]).all()


def test_starts_and_headings_are_even() -> None:
    drawn = levels(
        rng.words(6, np.arange(2000)),
        np.tile((0, 4, 1), (2000, 1)),
        TerrainSettings(height=8, width=8, weights=(1, 0, 0, 0)),  # all cells are alike
        PlaceSettings(objects=4, agents=1),
    )
    for slot in range(5):
        cells = drawn.cells[:, slot].astype(int) @ (8, 1)
        counts = np.bincount(cells, minlength=64)
        # Chi-square: mean 63, variance 126; five standard deviations.
        assert ((counts - 2000 / 64) ** 2 / (2000 / 64)).sum() < 63 + 5 * np.sqrt(126)
        assert (np.bincount(drawn.facings[:, slot], minlength=4) > 400).all()


@pytest.mark.parametrize(
    ("field", "found", "allowed"),
    [
        ("objects", 33, "0..32"),
        ("agents", 0, "1..8"),
        ("min_connected", 101, "0..100"),
        ("outside", 0.5, "0..100"),
    ],
)
def test_bad_settings_are_refused(field: str, found: Any, allowed: str) -> None:
    with pytest.raises(TaskError) as caught:
        PlaceSettings(**{field: found})
    assert caught.value.field == field and allowed in caught.value.allowed


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((0, 13, 1), r"objects is 13, allowed are whole numbers 0\.\.12"),
        ((4, 3, 1), r"anchors is 4, allowed are whole numbers 0\.\.3"),
        ((0, 3, 0), r"agents is 0, allowed are whole numbers 1\.\.3"),
    ],
)
def test_bad_counts_are_refused(counts: tuple[int, int, int], message: str) -> None:
    with pytest.raises(TaskError, match=message):
        _drawn(1, 2, counts)
    with pytest.raises(TaskError, match=r"counts is .* allowed is \(1, 3\)"):
        levels([1], np.zeros((2, 3)), SMALL, PlaceSettings())


def test_settings_that_leave_no_level_are_named() -> None:
    crowded = PlaceSettings(objects=32, agents=8)
    with pytest.raises(
        ValueError, match="no level 0 in 20 terrains: change PlaceSettings.*Terrain"
    ):
        levels([1], np.array([[0, 32, 8]]), SMALL, crowded)


def test_wrong_shapes_are_refused() -> None:
    height, ramp = collapse([1], SMALL)
    with pytest.raises(TaskError, match="blocked is .* like height"):
        walk_and_parts(height, ramp, np.zeros((1, 8, 8)))
