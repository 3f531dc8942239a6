"""The ground: what is high is bright, what one cannot climb has an edge and a shadow."""

import itertools

import numpy as np
import pytest

from worlds.ground import board
from worlds.palettes import PALETTES
from worlds.scene import STEPS, Terrain

TILE = 32
EAST, SOUTH, WEST, NORTH = range(4)


def _terrain(height: np.ndarray) -> Terrain:
    empty = np.zeros(height.shape, np.int8)
    return Terrain(height.astype(np.int8), empty.copy(), empty.copy())


def _drawn(terrain: Terrain, palette: str = "okabe_ito") -> np.ndarray:
    """Brightness of every pixel."""
    inside = np.ones(terrain.height.shape, bool)
    return board(inside, terrain, TILE, palette).mean(axis=2)


def _cell(picture: np.ndarray, row: int, column: int) -> np.ndarray:
    return picture[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]


@pytest.mark.parametrize("palette", PALETTES)
def test_each_height_is_brighter_than_the_one_below(palette: str) -> None:
    picture = _drawn(_terrain(np.repeat([[0, 1, 2, 3]], 3, axis=0)), palette)
    middles = [float(_cell(picture, 1, height)[12:20, 12:20].mean()) for height in range(4)]
    assert min(np.diff(middles)) > 10


@pytest.mark.parametrize("rise", [1, 2, 3])
def test_a_step_has_a_bright_rim_above_and_a_shadow_below_on_all_sides(rise: int) -> None:
    height = np.zeros((3, 3), np.int8)
    height[1, 1] = rise
    picture = _drawn(_terrain(height))
    high = _cell(picture, 1, 1)
    for direction, (down, right) in enumerate(STEPS):
        rim = np.rot90(high, direction)[8:24, -1]
        assert rim.min() > high[16, 16] + 30
        low = np.rot90(_cell(picture, 1 + down, 1 + right), direction)
        assert low[8:24, 0].max() < 0.5 * low[16, -1]
    corner = _cell(picture, 0, 0)
    assert corner[-1, -1] < 0.6 * corner[0, 0]


def test_a_deeper_drop_throws_a_wider_shadow() -> None:
    widths = []
    for rise in (1, 2, 3):
        height = np.zeros((1, 2), np.int8)
        height[0, 0] = rise
        line = _cell(_drawn(_terrain(height)), 0, 1)[16]
        widths.append(int((line < line[-1] - 0.5).sum()))
    assert widths[0] < widths[1] < widths[2]


@pytest.mark.parametrize("uphill", range(4))
def test_a_ramp_joins_two_heights_without_an_edge_and_points_uphill(uphill: int) -> None:
    down, right = STEPS[uphill]
    height = np.zeros((3, 3), np.int8)
    height[1 + down, 1 + right] = 1
    terrain = _terrain(height)
    terrain.ramp[1, 1] = 1 + uphill
    ramp = np.rot90(_cell(_drawn(terrain), 1, 1), uphill)  # now it leads up eastward
    middle = ramp[15:17]
    assert middle[:, 0].max() < middle[:, -1].min() < middle[:, 0].min() + 40
    assert ramp[0, 8:24].min() > middle.max()  # a rim along its flank
    assert not np.allclose(ramp, np.rot90(ramp, 2), atol=20)


def test_paints_differ_by_texture_alone() -> None:
    patterns = []
    for paint in range(1, 7):
        terrain = _terrain(np.zeros((1, 1), np.int8))
        terrain.paint[:] = paint
        picture = _drawn(terrain)
        assert np.std(picture) > 2
        patterns.append((picture - picture.mean()) / picture.std())
    for one, other in itertools.combinations(patterns, 2):
        assert abs(np.mean(one * other)) < 0.5


def test_textures_go_on_from_cell_to_cell() -> None:
    for paint in range(1, 7):
        terrain = _terrain(np.zeros((1, 3), np.int8))
        terrain.paint[:] = paint
        picture = _drawn(terrain)
        shade = _cell(picture, 0, 0).mean() / _cell(picture, 0, 1).mean()  # the chequer of cells
        seam = np.abs(picture[:, TILE] * shade - picture[:, TILE - 1]).max()
        inner = np.abs(np.diff(_cell(picture, 0, 0), axis=1)).max()
        assert seam <= inner + 3


def test_nothing_is_told_of_what_lies_outside() -> None:
    inside = np.array([[True, False]])
    flat, cliff = (_terrain(np.array([[0, height]])) for height in (0, 3))
    pictures = [board(inside, terrain, TILE, "okabe_ito") for terrain in (flat, cliff)]
    assert (pictures[0] == pictures[1]).all()
    assert (pictures[0][:, TILE:] == PALETTES["okabe_ito"]["outside"]).all()
