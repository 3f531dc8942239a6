"""Small pictures with soft edges: shapes, bodies, marks and digits as coverage of a square of
pixels.

A coverage is float32 `[tile, tile]` in [0, 1]. Shapes are signed distances in units of a tile, the
origin in its middle, x to the right and y down; below 0 is inside. Answers are cached and must not
be written.
"""

from functools import lru_cache

import numpy as np

_GLYPHS = {  # digits, and the first letters of the colours of things
    "0": "01110 10001 10001 10001 10001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "01110 10001 00001 00110 00001 10001 01110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
    "B": "11110 10001 10001 11110 10001 10001 11110",
    "G": "01110 10001 10000 10111 10001 10001 01110",
    "P": "11110 10001 10001 11110 10000 10000 10000",
    "R": "11110 10001 10001 11110 10100 10010 10001",
    "W": "10001 10001 10001 10101 10101 11011 10001",
    "Y": "10001 10001 01010 00100 00100 00100 00100",
}
_BODY = 0.27  # radius of a body's disc, tiles
_NOSE = 0.46  # how far its nose reaches


@lru_cache(maxsize=256)
def shape(name: str, tile: int, scale: float, grow: float = 0.0) -> np.ndarray:
    """Coverage of one of `SHAPES`, wider by `grow` pixels for outlines; a slab leads up eastward."""
    x, y = grid(tile)
    distance = _DISTANCES[name](x / scale, y / scale) * scale
    return coverage(distance, tile, grow)


@lru_cache(maxsize=256)
def body(heading: int, tile: int, grow: float = 0.0) -> np.ndarray:
    """Coverage of an agent: a disc with a nose towards its heading; a plain disc for heading -1."""
    x, y = grid(tile)
    distance = np.hypot(x, y) - _BODY
    if heading >= 0:
        forward, aside = turned(x, y, heading)
        # The nose: two tangents of the disc that meet in the tip.
        sine = _BODY / _NOSE
        cosine = np.sqrt(1 - sine**2)
        wedge = (forward - _NOSE) * sine + np.abs(aside) * cosine
        # Tangents touch the disc at forward = _BODY * sine.
        distance = np.minimum(distance, np.maximum(wedge, _BODY * sine - forward))
    return coverage(distance, tile, grow)


@lru_cache(maxsize=64)
def frame(agent: int, tile: int) -> np.ndarray:
    """Coverage of the frame around an agent's next goal: corners for agent_0, else sides."""
    x, y = (np.abs(axis) for axis in grid(tile))
    line = max(2.0 / tile, 0.05)
    outer = 0.5 - 1.0 / tile
    border = np.maximum(np.maximum(x, y) - outer, outer - line - np.maximum(x, y))
    near, far = np.minimum(x, y), 0.28
    part = far - near if agent == 0 else near - (far - 0.1)
    return coverage(np.maximum(border, part), tile, 0.0)


def digits(number: int, scale: int) -> np.ndarray:
    """bool `[7 * scale, width]`: a whole number from 0, 5 x 7 unsmoothed dots a digit."""
    return dots(str(number), scale)


def dots(text: str, scale: int) -> np.ndarray:
    """The same for digits and those letters that there are."""
    glyphs = [
        np.array([[dot == "1" for dot in line] for line in _GLYPHS[letter].split()])
        for letter in text
    ]
    gap = np.zeros((7, 1), dtype=bool)
    parts = [part for glyph in glyphs for part in (glyph, gap)][:-1]
    return np.kron(np.hstack(parts), np.ones((scale, scale), dtype=bool))


def grid(tile: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of every pixel, float64 `[tile, tile]` in -0.5..0.5."""
    axis = (np.arange(tile) + 0.5) / tile - 0.5
    x, y = np.meshgrid(axis, axis)
    return x, y


def coverage(distance: np.ndarray, tile: int, grow: float = 0.0) -> np.ndarray:
    """Of a signed distance in tiles: 1 inside, 0 outside, soft over one pixel."""
    return np.clip(0.5 + grow - distance * tile, 0.0, 1.0).astype(np.float32)


def box(x: np.ndarray, y: np.ndarray, wide: float, tall: float, corner: float) -> np.ndarray:
    """The distance from a box of half sizes `wide` and `tall` with round corners."""
    right, down = np.abs(x) - wide + corner, np.abs(y) - tall + corner
    outside = np.hypot(np.maximum(right, 0), np.maximum(down, 0))
    return outside + np.minimum(np.maximum(right, down), 0) - corner


def turned(x: np.ndarray, y: np.ndarray, direction: int) -> tuple[np.ndarray, np.ndarray]:
    """How far ahead and how far to the right each pixel lies for one who faces a direction."""
    return [(x, y), (y, -x), (-x, -y), (-y, x)][direction]


def _circle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.hypot(x, y) - 0.36


def _square(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return box(x, y, 0.32, 0.32, 0.06)


def _triangle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    corner = 0.05
    slope = np.array([2.0, 1.0]) / np.sqrt(5.0)  # two sides, each up to the tip at half the width
    sides = np.abs(x) * slope[0] - (y + 0.40) * slope[1]
    return np.maximum(sides, y - 0.33 + corner) - corner + 0.02


def _cross(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    along, across = (x + y) / np.sqrt(2.0), (x - y) / np.sqrt(2.0)
    return np.minimum(box(along, across, 0.5, 0.05, 0.03), box(along, across, 0.05, 0.5, 0.03))


def _slab(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return box(x, y, 0.44, 0.31, 0.05)


_DISTANCES = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "cross": _cross,
    "slab": _slab,
    "cube": _square,
    "sphere": _circle,
    "pyramid": _triangle,
}
SHAPES = tuple(_DISTANCES)
