"""The tiles of a terrain and which may stand beside which.

Tiles 0..3 are flat cells by height, tile 4 + 4 * low + uphill is a ramp.
"""

from collections.abc import Iterator

import numpy as np

from worlds.family import TaskError
from worlds.playground.constants import HEIGHTS

TILES = 16
_FLANK = -1  # the side of a ramp along its slope: it has no one height
_BESIDE = {1: "west", 2: "north"}  # where a cell lies whose neighbour is to its east, or south


def may_stand(tile: int, other: int, direction: int, cliff: int) -> bool:
    """Whether `other` may be the neighbour of `tile` in a direction; flat steps are up to cliff."""
    near, far = _side(tile, direction), _side(other, (direction + 2) % 4)
    if near == far == _FLANK:
        return tile == other  # wide ramps
    if _FLANK in (near, far):
        ramp, beside = (tile, other) if near == _FLANK else (other, tile)
        return beside < HEIGHTS and beside - _low(ramp) in (0, 1)
    return abs(near - far) <= (cliff if max(tile, other) < HEIGHTS else 0)


def _low(ramp: int) -> int:
    return (ramp - HEIGHTS) // 4


def _side(tile: int, direction: int) -> int:
    """The height of a tile at one of its sides, or _FLANK."""
    if tile < HEIGHTS:
        return tile
    turn = (direction - (tile - HEIGHTS)) % 4  # 0 ahead of the slope, 2 behind it
    return _low(tile) + 1 if turn == 0 else _low(tile) if turn == 2 else _FLANK


def _allow(tile: int, direction: int, cliff: int) -> int:
    return sum(1 << other for other in range(TILES) if may_stand(tile, other, direction, cliff))


# [cliff, direction, tile] uint32: bit u is set where tile u may stand in that direction of the tile.
ALLOW = np.array(
    [
        [[_allow(tile, direction, cliff) for tile in range(TILES)] for direction in range(4)]
        for cliff in range(HEIGHTS)
    ],
    dtype=np.uint32,
)


def _support(allow: np.ndarray) -> np.ndarray:
    """[2, 256] uint64 for one cliff: 16 bits a direction, the tiles beside any of a byte's tiles."""
    words = (allow.astype(np.uint64) << (16 * np.arange(4, dtype=np.uint64))[:, None]).sum(axis=0)
    out = np.zeros((2, 256), dtype=np.uint64)
    for half, byte, bit in np.ndindex(2, 256, 8):
        if byte >> bit & 1:
            out[half, byte] |= words[8 * half + bit]
    return out


HEIGHT_OF = np.array([0, 1, 2, 3] + [0] * 4 + [1] * 4 + [2] * 4, dtype=np.int8)
RAMP_OF = np.array([0] * 4 + [1, 2, 3, 4] * 3, dtype=np.int8)
SUPPORT = np.array([_support(allow) for allow in ALLOW])  # [cliff, byte of the domain, its value]


def tiles(height: np.ndarray, ramp: np.ndarray) -> np.ndarray:
    """The tile of each cell of levels int8 [n, H, W], as uint32."""
    if height.ndim != 3 or height.shape != ramp.shape:
        raise TaskError("ramp", ramp.shape, f"is [n, H, W] like height, {height.shape}")
    if ((height < 0) | (height >= HEIGHTS)).any():
        raise TaskError("height", height.tolist(), f"are 0..{HEIGHTS - 1}")
    if ((ramp < 0) | (ramp > 4) | ((ramp > 0) & (height == HEIGHTS - 1))).any():
        raise TaskError("ramp", ramp.tolist(), "are 0..4, and 0 at the greatest height")
    return np.where(ramp > 0, HEIGHTS + 4 * height + ramp - 1, height).astype(np.uint32)


def edge_errors(
    height: np.ndarray, ramp: np.ndarray, cliff: int = HEIGHTS - 1
) -> Iterator[TaskError]:
    """What is wrong between neighbouring cells of one valid level, int8 [H, W] each."""
    tile = tiles(height[None], ramp[None])[0]
    for direction, here, there in (
        (1, tile[:, :-1], tile[:, 1:]),
        (2, tile[:-1], tile[1:]),
    ):
        fits = ALLOW[cliff, direction, here] >> there & 1
        for row, column in np.argwhere(fits == 0).tolist():
            found = (
                f"{_told(here[row, column])} {_BESIDE[direction]} of {_told(there[row, column])}"
            )
            allowed = f"are ramps between their two heights, and cliffs of up to {cliff}"
            yield TaskError(f"map[{row}, {column}]", found, allowed)


def _told(tile: int) -> str:
    """A mark for the ramp and the height, as in `reading`: a TaskError has room for few letters."""
    return f"{'.^>v<'[RAMP_OF[tile]]}{HEIGHT_OF[tile]}"
