"""Tiles: what may stand beside what, and where a level says otherwise."""

import numpy as np
import pytest

from worlds.family import TaskError
from worlds.playground.constants import HEIGHTS
from worlds.playground.making.terrain import TerrainSettings, collapse
from worlds.playground.making.terrain_reference import fits
from worlds.playground.making.tiles import ALLOW, TILES, edge_errors, may_stand, tiles


def test_the_table_says_what_the_rules_say_and_is_symmetric() -> None:
    assert ALLOW.shape == (HEIGHTS, 4, TILES) and ALLOW.dtype == np.uint32
    for cliff, direction, tile, other in np.ndindex(HEIGHTS, 4, TILES, TILES):
        allowed = bool(ALLOW[cliff, direction, tile] >> other & 1)
        assert allowed == fits(tile, other, direction, cliff)
        assert allowed == bool(ALLOW[cliff, (direction + 2) % 4, other] >> tile & 1)


@pytest.mark.parametrize(
    ("tile", "other", "direction", "allowed"),
    [
        (0, 2, 1, True),  # a cliff of 2
        (0, 3, 1, False),
        (4, 1, 0, True),  # a ramp from 0 up north leads to height 1,
        (4, 2, 0, False),
        (4, 0, 2, True),  # and from height 0,
        (4, 1, 2, False),
        (4, 8, 0, True),  # or to the next ramp
        (4, 4, 0, False),
        (4, 4, 1, True),  # wide ramps
        (4, 6, 1, False),
        (4, 1, 1, True),  # along its flanks lie its two heights
        (4, 2, 1, False),
        (4, 5, 1, False),
    ],
)
def test_what_may_stand_beside_what(tile: int, other: int, direction: int, allowed: bool) -> None:
    assert may_stand(tile, other, direction, cliff=2) is allowed


def test_levels_that_are_none_are_refused() -> None:
    height, ramp = np.zeros((2, 1, 16, 16), dtype=np.int8)
    for bad in (height + 4, height - 1):
        with pytest.raises(TaskError, match=r"height is .* allowed are 0\.\.3"):
            tiles(bad, ramp)
    for high, up in ((0, 5), (3, 1), (0, -1)):
        with pytest.raises(TaskError, match=r"ramp is .* allowed are 0\.\.4"):
            tiles(height + np.int8(high), ramp + np.int8(up))
    with pytest.raises(TaskError, match="ramp is .* like height"):
        tiles(height, ramp[:, 1:])


def test_a_generated_level_has_no_bad_edges_under_its_own_cliff() -> None:
    for cliff in range(HEIGHTS):
        height, ramp = collapse([cliff], TerrainSettings(cliff=cliff))
        assert not list(edge_errors(height[0], ramp[0], cliff))


def test_a_bad_edge_is_named_with_its_cell_and_both_tiles() -> None:
    height, ramp = np.zeros((2, 8, 8), dtype=np.int8)
    height[2:, :] = 3
    assert not list(edge_errors(height, ramp, 3))
    errors = list(edge_errors(height, ramp, 2))
    assert [error.field for error in errors] == [f"map[1, {column}]" for column in range(8)]
    assert errors[0].found == ".0 north of .3"
    ramp[0, 7] = 2  # up east, over the border, which is allowed; its foot and one flank are
    assert not list(edge_errors(height[:2], ramp[:2], 0))
    ramp[0, 0] = 1 + 1
    height[0, 1] = 2
    (error, *_) = edge_errors(height[:2], ramp[:2], 3)
    assert error.field == "map[0, 0]"
    assert str(error.found) == ">0 west of .2"
