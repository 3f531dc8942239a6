"""The ground of a board: heights as shades, steps with a lit edge above and a shadow below, ramps,
painted floors.

Where one may not walk from a cell to its neighbour, there is a step: the rim of the higher cell is
bright and a shadow falls on the lower one. No paint is told by its colour alone: each has a
texture.
"""

from functools import lru_cache

import numpy as np

from worlds.palettes import PALETTES, Colour
from worlds.scene import STEPS, Terrain

_RIM = 0.05  # width of the bright edge above a step, tiles
_SHADOWS = (0.16, 0.26, 0.36)  # width of the shadow below a step of 1, 2 and 3
_PAINTED = 0.78  # share of paint on a painted cell, the rest is the ground's shade


def board(floor: np.ndarray, terrain: Terrain | None, tile: int, palette: str) -> np.ndarray:
    """The bare board as uint8 `[rows * tile, columns * tile, 3]`; cached, must not be written."""
    parts = (floor,) if terrain is None else (floor, *terrain)
    return _board(floor.shape, tuple(part.tobytes() for part in parts), tile, palette)


# The world's own board stays in memory beside the views of eight agents, which change more often.
@lru_cache(maxsize=16)
def _board(shape: tuple[int, int], parts: tuple[bytes, ...], tile: int, palette: str) -> np.ndarray:
    floor = np.frombuffer(parts[0], dtype=bool).reshape(shape)
    if len(parts) == 1:
        return _flat(floor, tile, PALETTES[palette])
    terrain = Terrain(*(np.frombuffer(part, dtype=np.int8).reshape(shape) for part in parts[1:]))
    out = np.empty((shape[0] * tile, shape[1] * tile, 3), dtype=np.uint8)
    out[:] = PALETTES[palette]["outside"]
    rows, columns = np.indices(shape)
    steps, corners = _steps(floor, terrain)
    signs = np.dstack([*terrain, (rows + columns) % 2, steps, corners])
    for row, column in np.argwhere(floor).tolist():
        cell = _cell(tuple(signs[row, column].tolist()), tile, palette)
        out[row * tile : (row + 1) * tile, column * tile : (column + 1) * tile] = cell
    return out


def _flat(floor: np.ndarray, tile: int, colours: dict[str, Colour]) -> np.ndarray:
    rows, columns = np.indices(floor.shape)
    shades = np.array([colours["floor"], colours["floor_other"], colours["outside"]], np.uint8)
    which = np.where(floor, (rows + columns) % 2, 2)
    return shades[which].repeat(tile, axis=0).repeat(tile, axis=1)


def _steps(floor: np.ndarray, terrain: Terrain) -> tuple[np.ndarray, np.ndarray]:
    """How much higher each neighbour begins, by direction, and the diagonal one after it.

    Both int8 `[rows, columns, 4]`. A diagonal neighbour counts only where no step is beside it: its
    shadow then falls into the corner alone.
    """
    height, ramp = terrain.height, terrain.ramp
    sides = np.stack([height + ((ramp > 0) & (ramp - 1 != (d + 2) % 4)) for d in range(4)], axis=-1)
    steps = np.zeros((*floor.shape, 4), dtype=np.int8)
    corners = np.zeros_like(steps)
    for d, (down, right) in enumerate(STEPS):
        there = _shifted(sides[..., (d + 2) % 4], down, right, sides[..., d])
        known = _shifted(floor, down, right, floor)
        steps[..., d] = np.where(known & floor, there - sides[..., d], 0)
    for d, (down, right) in enumerate(STEPS):
        down, right = down + STEPS[(d + 1) % 4][0], right + STEPS[(d + 1) % 4][1]
        # Of a ramp, the corners at its foot are low.
        corner = np.minimum(sides[..., (d + 2) % 4], sides[..., (d + 3) % 4])
        there = _shifted(corner, down, right, height)
        plain = (steps[..., d] <= 0) & (steps[..., (d + 1) % 4] <= 0) & (ramp == 0)
        known = _shifted(floor, down, right, floor)
        corners[..., d] = np.where(plain & known, np.maximum(there - height, 0), 0)
    return steps, corners


def _shifted(values: np.ndarray, down: int, right: int, border: np.ndarray) -> np.ndarray:
    """What lies so many cells further; `border` where that is outside."""
    out = border.copy()
    rows, columns = values.shape
    inner = (
        slice(max(-down, 0), rows - max(down, 0)),
        slice(max(-right, 0), columns - max(right, 0)),
    )
    outer = slice(max(down, 0), rows + min(down, 0)), slice(max(right, 0), columns + min(right, 0))
    out[inner] = values[outer]
    return out


@lru_cache(maxsize=1024)
def _cell(signs: tuple[int, ...], tile: int, palette: str) -> np.ndarray:
    """One cell: height, ramp, paint, parity of row + column, four steps, four corners."""
    height, ramp, paint, parity, *around = signs
    colours = PALETTES[palette]
    cell = np.empty((tile, tile, 3), dtype=np.float32)
    cell[:] = _shade(height, ramp, tile, colours)
    if paint:
        _lay_paint(cell, paint - 1, colours)
    cell *= 1.0 if parity else 0.94
    if ramp:
        cell += (_chevrons(ramp - 1, tile) * 46)[..., None]
    _draw_steps(cell, around[:4], around[4:])
    return np.clip(np.rint(cell), 0, 255).astype(np.uint8)


def _shade(height: int, ramp: int, tile: int, colours: dict[str, Colour]) -> np.ndarray:
    """The colour of a flat cell, or float32 `[tile, tile, 3]` from a ramp's foot to its head."""
    low = np.array(colours[f"height_{height}"], dtype=np.float32)
    if not ramp:
        return low
    high = np.array(colours[f"height_{height + 1}"], dtype=np.float32)
    share = 0.5 - edge_distance(ramp - 1, tile) + 0.5
    return low + share[..., None] * (high - low)


def _lay_paint(cell: np.ndarray, paint: int, colours: dict[str, Colour]) -> None:
    """Paint lets the height through: it is brighter where the ground is."""
    shade = cell.mean(axis=2, keepdims=True) / np.mean(colours["height_1"])
    texture = 0.74 + 0.26 * _TEXTURES[paint](*_positions(len(cell)))
    colour = np.array(colours[f"paint_{paint}"], dtype=np.float32)
    painted = colour * texture[..., None] * (0.5 + 0.42 * shade)
    cell += _PAINTED * (painted - cell)


def _draw_steps(cell: np.ndarray, steps: list[int], corners: list[int]) -> None:
    tile = len(cell)
    for d, step in enumerate(steps):
        distance = edge_distance(d, tile)
        if step > 0:
            cell *= _shadow(distance, step)
        elif step < 0:
            # Light comes from the north-west.
            light = 0.62 if d in (2, 3) else 0.4
            rim = np.clip((max(_RIM, 1.5 / tile) - distance) * tile + 0.5, 0, 1) * light
            cell += rim[..., None] * (255 - cell)
    for d, step in enumerate(corners):
        if step > 0:
            sides = edge_distance(d, tile), edge_distance((d + 1) % 4, tile)
            cell *= _shadow(np.hypot(*sides), step)


def _shadow(distance: np.ndarray, step: int) -> np.ndarray:
    near = np.clip(1 - distance / _SHADOWS[min(step, 3) - 1], 0, 1)
    return (1 - 0.75 * near)[..., None]


def edge_distance(direction: int, tile: int) -> np.ndarray:
    """float32 `[tile, tile]` in 0..1: how far each pixel is from the edge in a direction."""
    x, y = _positions(tile)
    return (1 - x, 1 - y, x, y)[direction]


@lru_cache(maxsize=32)
def _positions(tile: int) -> tuple[np.ndarray, np.ndarray]:
    axis = ((np.arange(tile) + 0.5) / tile).astype(np.float32)
    x, y = np.meshgrid(axis, axis)
    return x, y


def _chevrons(uphill: int, tile: int) -> np.ndarray:
    """Coverage of two arrow heads that point uphill."""
    x, y = _positions(tile)
    forward = 1 - edge_distance(uphill, tile)
    aside = np.abs((y if uphill % 2 == 0 else x) - 0.5)
    out = np.zeros((tile, tile), dtype=np.float32)
    for tip in (0.5, 0.8):
        slope = np.abs(forward + 0.75 * aside - tip) * 0.8 - 0.045
        stroke = np.maximum(slope, aside - 0.26)
        out = np.maximum(out, np.clip(0.5 - stroke * tile, 0, 1))
    return out


def _stripes(phase: np.ndarray) -> np.ndarray:
    """1 and 0 in turn along a phase that counts stripes, with soft edges."""
    return np.clip(0.5 + 2.2 * np.sin(2 * np.pi * phase), 0, 1)


def _bricks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    course = np.floor(4 * y)
    joint = np.minimum(np.abs((4 * y) % 1 - 0.5), np.abs((2 * x + 0.5 * course) % 1 - 0.5) * 1.5)
    return np.clip(joint * 8, 0, 1)


def _dots(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.clip(2.6 - 9 * np.hypot((3 * x) % 1 - 0.5, (3 * y) % 1 - 0.5), 0, 1)


def _lattice(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    one, other = np.abs((2 * (x + y)) % 1 - 0.5), np.abs((2 * (x - y)) % 1 - 0.5)
    return np.clip(np.minimum(one, other) * 7, 0, 1)


# One per floor colour; each repeats from cell to cell without a seam.
_TEXTURES = (
    lambda x, y: _stripes(4 * y),
    lambda x, y: _stripes(3 * (x + y)),
    _bricks,
    _dots,
    _lattice,
    lambda x, y: _stripes(4 * x),
)
