"""Terrain: every edge fits, the kernels equal plain Python, levels depend on their keys alone."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worlds import rng
from worlds.family import TaskError
from worlds.playground.constants import HEIGHTS
from worlds.playground.making import terrain
from worlds.playground.making.terrain import TerrainSettings, collapse, paint, recollapse
from worlds.playground.making.terrain_reference import ReferenceTerrain
from worlds.playground.making.tiles import ALLOW, tiles

KEYS = st.integers(0, 2**64 - 1)
FEW = settings(max_examples=25, deadline=None, derandomize=True)
SETTINGS = st.builds(
    TerrainSettings,
    height=st.integers(8, 11),
    width=st.integers(8, 11),
    weights=st.tuples(*[st.integers(0, 20)] * HEIGHTS).filter(any),
    ramp_percent=st.integers(1, 200),
    smooth=st.integers(1, 9),
    cliff=st.integers(0, 3),
    colours=st.sampled_from([(), (3,), (0, 5), (5, 1, 2)]),
)


def _reference(chosen: TerrainSettings) -> ReferenceTerrain:
    size = (chosen.height, chosen.width)
    return ReferenceTerrain(size, chosen.weights, chosen.ramp_percent, chosen.smooth, chosen.cliff)


def _as_lists(height: np.ndarray, ramp: np.ndarray) -> list[list[tuple[int, int]]]:
    return [
        list(zip(*rows, strict=True)) for rows in zip(height.tolist(), ramp.tolist(), strict=True)
    ]


def _all_edges_fit(height: np.ndarray, ramp: np.ndarray, cliff: int) -> bool:
    tile = tiles(height, ramp)
    south = ALLOW[cliff, 2, tile[:, :-1]] >> tile[:, 1:] & 1
    east = ALLOW[cliff, 1, tile[:, :, :-1]] >> tile[:, :, 1:] & 1
    return bool(south.all() and east.all())


def _windows(chosen: TerrainSettings, data: st.DataObject, n: int) -> list[list[int]]:
    sides = data.draw(st.lists(st.integers(3, 7), min_size=2 * n, max_size=2 * n))
    pairs = zip(sides[::2], sides[1::2], strict=True)
    return [
        [
            data.draw(st.integers(0, chosen.height - rows)),
            data.draw(st.integers(0, chosen.width - columns)),
            rows,
            columns,
        ]
        for rows, columns in pairs
    ]


@FEW
@given(SETTINGS, KEYS, st.data())
def test_fresh_and_recollapsed_levels_fit_and_equal_plain_python(
    chosen: TerrainSettings, key: int, data: st.DataObject
) -> None:
    keys = rng.words(key, np.arange(2))
    reference = _reference(chosen)
    levels = [reference.collapse(int(word)) for word in keys]
    if None in levels:
        with pytest.raises(ValueError, match=f"{terrain.ATTEMPTS} collapses: change Terrain"):
            collapse(keys, chosen)
        return
    height, ramp = collapse(keys, chosen)
    assert height.dtype == ramp.dtype == np.int8
    assert [_as_lists(*level) for level in zip(height, ramp, strict=True)] == levels
    assert _all_edges_fit(height, ramp, chosen.cliff)

    windows = _windows(chosen, data, 2)
    expected = [
        reference.recollapse(level, window, int(word))
        for level, window, word in zip(levels, windows, keys, strict=True)
    ]
    if None in expected:
        with pytest.raises(ValueError, match=f"{terrain.ATTEMPTS} collapses: change Terrain"):
            recollapse(height, ramp, windows, keys, chosen)
        return
    again, ramps = recollapse(height, ramp, windows, keys, chosen)
    assert [_as_lists(*level) for level in zip(again, ramps, strict=True)] == expected
    assert _all_edges_fit(again, ramps, chosen.cliff)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (8, 32), (32, 9), (32, 32)])
def test_levels_of_every_size_fit_and_keep_to_their_windows(height: int, width: int) -> None:
    chosen = TerrainSettings(height=height, width=width)
    keys = rng.words(3, np.arange(40))
    before = collapse(keys, chosen)
    assert _all_edges_fit(*before, chosen.cliff)
    kept = [array.copy() for array in before]
    after = recollapse(*before, [[1, 2, 5, 7]] * 40, keys, chosen)
    assert _all_edges_fit(*after, chosen.cliff)
    changed = (after[0] != before[0]) | (after[1] != before[1])
    assert changed[:, 1:6, 2:9].any(axis=(1, 2)).mean() > 0.9
    changed[:, 1:6, 2:9] = False
    assert not changed.any()
    assert all((array == copy).all() for array, copy in zip(before, kept, strict=True))


def test_a_level_does_not_depend_on_its_batch() -> None:
    chosen = TerrainSettings()
    keys = rng.words(5, np.arange(30))
    whole = np.stack([*collapse(keys, chosen), paint(keys, chosen)])
    order = np.random.default_rng(0).permutation(30)
    shuffled = np.stack([*collapse(keys[order], chosen), paint(keys[order], chosen)])
    assert (shuffled == whole[:, order]).all()
    assert (
        np.stack([*collapse(keys[7:8], chosen), paint(keys[7:8], chosen)]) == whole[:, 7:8]
    ).all()
    assert len({level.tobytes() for level in whole[0]}) == 30
    assert collapse([], chosen)[0].shape == (0, 16, 16)


def test_a_level_never_changes() -> None:
    height, ramp = collapse([rng.key("golden")], TerrainSettings())
    floor = paint([rng.key("golden")], TerrainSettings())
    sums = [int((array.ravel() * np.arange(256)).sum()) for array in (height, ramp, floor)]
    assert sums == [27916, 12680, 5999]


def test_heights_and_ramps_follow_their_weights() -> None:
    keys = rng.words(8, np.arange(100))
    flat, no_ramps = collapse(keys, TerrainSettings(weights=(9, 0, 9, 0)))
    assert set(np.unique(flat)) == {0, 2} and not no_ramps.any()
    _, few = collapse(keys, TerrainSettings(ramp_percent=10))
    _, many = collapse(keys, TerrainSettings(ramp_percent=200))
    assert (few > 0).mean() < 0.5 * (many > 0).mean()


@FEW
@given(SETTINGS, KEYS)
def test_floors_have_their_colours_in_rectangles(chosen: TerrainSettings, key: int) -> None:
    floor = paint([key], chosen)
    assert floor.dtype == np.int8 and floor.shape == (1, chosen.height, chosen.width)
    assert set(np.unique(floor)) <= {0} | {1 + colour for colour in chosen.colours}
    assert (floor > 0).any() == bool(chosen.colours)
    last = chosen.patches * len(chosen.colours) * chosen.patch_max**2
    assert (floor > 0).sum() <= last
    if len(chosen.colours) == 1 and chosen.patches == 2:
        cells = np.argwhere(floor[0])
        assert (np.ptp(cells, axis=0) >= chosen.patch_min - 1).all()


@pytest.mark.parametrize(
    ("field", "found", "allowed"),
    [
        ("height", 7, "8..32"),
        ("width", 16.0, "8..32"),
        ("weights", (1, 2, 3), "tuples of 4..4"),
        ("weights", (0, 0, 0, 0), "at least one above 0"),
        ("weights", (1, -1, 0, 0), "0..100"),
        ("ramp_percent", 0, "1..400"),
        ("smooth", 41, "1..40"),
        ("cliff", True, "0..3"),
        ("patches", -1, "0..16"),
        ("patch_min", 0, "1..16"),
        ("patch_max", 1, "2..16"),
        ("colours", (0, 6), "0..5"),
        ("colours", (1, 1), "no colour twice"),
    ],
)
def test_bad_settings_are_refused(field: str, found: Any, allowed: str) -> None:
    with pytest.raises(TaskError) as caught:
        TerrainSettings(**{field: found})
    assert caught.value.field.startswith(field)
    assert allowed in caught.value.allowed


@pytest.mark.parametrize(
    ("window", "field"),
    [
        ((0, 0, 2, 3), "rows"),
        ((0, 0, 3, 8), "columns"),
        ((-1, 0, 3, 3), "top"),
        ((0, 14, 3, 3), "left"),
    ],
)
def test_windows_outside_are_refused(window: tuple[int, ...], field: str) -> None:
    level = collapse([1], TerrainSettings())
    with pytest.raises(TaskError, match=f"{field} is .* allowed are whole numbers"):
        recollapse(*level, [window], [1], TerrainSettings())


def test_a_window_that_can_fit_nothing_names_the_settings() -> None:
    # Heights 0 and 1 meet where only height 3 could be put.
    height = np.zeros((1, 8, 8), dtype=np.int8)
    chosen = TerrainSettings(height=8, width=8, weights=(0, 0, 0, 1))
    with pytest.raises(ValueError, match="no level 0 in 50 collapses: change TerrainSettings"):
        recollapse(height, np.zeros_like(height), [[2, 2, 3, 3]], [1], chosen)


def test_levels_of_another_size_are_refused() -> None:
    height, ramp = np.zeros((2, 1, 9, 9), dtype=np.int8)
    with pytest.raises(TaskError, match="height is .* here"):
        recollapse(height, ramp, [[0, 0, 3, 3]], [1], TerrainSettings())
