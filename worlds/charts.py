"""Charts as pictures: places as numbered discs, the route as a line, comments as badges beside a place."""

from typing import NamedTuple

import numpy as np

from worlds import sprites
from worlds.palettes import PALETTES, Colour, agent_colour, ink
from worlds.scene import Chart

_DISC = 0.36  # radius of a place, cells
_RING = 0.1  # width of the ring around the place where agent_0 is, and of the gap inside it
_BADGE = 0.25  # radius of a comment
_APART = 0.72  # from the middle of a place to those of its comments
_FAN = 0.75  # radians between two of them
_LINE = 0.055  # half the width of the route
_ARROW = 0.17  # half the length of the arrow on a leg
_FAINT = 0.35  # opacity of comments that agent_0 does not see

Point = tuple[float, float]  # row, column in cells


class _Sheet(NamedTuple):
    """What is drawn on."""

    board: np.ndarray  # [H, W, 3] uint8
    tile: int  # pixels of a cell
    colours: dict[str, Colour]


def draw(board: np.ndarray, chart: Chart, tile: int, palette: str) -> None:
    """Draws a chart over a board, uint8 `[H, W, 3]`, of `tile` pixels a cell."""
    sheet = _Sheet(board, tile, PALETTES[palette])
    own = agent_colour(sheet.colours, 0)
    for one, other in zip(chart.route, chart.route[1:], strict=False):
        _line(sheet, chart.places[one], chart.places[other], own)
        _arrow(sheet, chart.places[one], chart.places[other], own)
    for number, place in enumerate(chart.places):
        colour = own if number in chart.route else sheet.colours["height_3"]
        if number in chart.route[-1:]:
            _disc(sheet, place, _DISC + 2 * _RING, own)
            _disc(sheet, place, _DISC + _RING, sheet.colours["outline"])
        _disc(sheet, place, _DISC, colour)
        _number(sheet, place, number, _DISC, colour)
    if chart.mistake is not None:
        _cross(sheet, chart.places[chart.mistake])
    for number in sorted({pointed for _, pointed in chart.comments}):
        _comments(sheet, chart, number)
    if chart.marks:
        _bar(sheet, chart)


def _comments(sheet: _Sheet, chart: Chart, number: int) -> None:
    """A badge for each agent that points at a place, side by side above it, or below near the edge."""
    agents = [agent for agent, pointed in chart.comments if pointed == number]
    row, column = chart.places[number]
    side = 1 if row < _APART + _BADGE else -1
    opacity = _FAINT if chart.faded else 1.0
    for index, agent in enumerate(agents):
        turn = (index - (len(agents) - 1) / 2) * _FAN
        middle = (row + side * _APART * np.cos(turn), column + _APART * np.sin(turn))
        colour = agent_colour(sheet.colours, agent)
        _disc(sheet, middle, _BADGE + 0.06, sheet.colours["outline"], opacity)
        _disc(sheet, middle, _BADGE, colour, opacity)
        # Faint badges are mostly the ground's colour, on which white is read best.
        ground = sheet.colours["floor"] if chart.faded else colour
        _number(sheet, middle, agent, _BADGE, ground)


def _bar(sheet: _Sheet, chart: Chart) -> None:
    """The length of the route in the last row of the board, with shapes where the known lengths are."""
    board, tile = sheet.board, sheet.tile
    margin, thick = tile // 2, max(2, tile // 6)
    wide = board.shape[1] - 2 * margin
    band = board[-tile // 2 :][:thick]
    band[:, margin : margin + wide] = sheet.colours["dim"]
    full = margin + round(wide * min(chart.length, 1.0))
    band[:, margin:full] = agent_colour(sheet.colours, 0)
    size = max(tile // 2, 4)
    for shape, at in chart.marks:
        middle = margin + round(wide * min(at, 1.0))
        left = min(max(middle - size // 2, 0), board.shape[1] - size)
        place = board[-tile // 2 - size : -tile // 2, left : left + size]
        _lay(place, sprites.shape(shape, size, 0.9), sheet.colours["text"])
        band[:, middle : middle + max(1, tile // 16)] = sheet.colours["outline"]


def _line(sheet: _Sheet, one: Point, other: Point, colour: Colour, width: float = 1.0) -> None:
    """A straight line with round ends."""
    part, rows, columns = _around(sheet, (one, other), 0.3)
    down, right = other[0] - one[0], other[1] - one[1]
    square = max(down**2 + right**2, 1e-9)
    along = np.clip(((rows - one[0]) * down + (columns - one[1]) * right) / square, 0, 1)
    away = np.hypot(rows - one[0] - along * down, columns - one[1] - along * right)
    _lay(part, sprites.coverage(away - width * _LINE, sheet.tile), colour)


def _arrow(sheet: _Sheet, one: Point, other: Point, colour: Colour) -> None:
    """A triangle in the middle of a leg that points to the other place; none between close ones."""
    down, right = other[0] - one[0], other[1] - one[1]
    length = np.hypot(down, right)
    if length < 2 * (_DISC + 2 * _RING + _ARROW):
        return
    middle = ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
    part, rows, columns = _around(sheet, (middle,), 0.5)
    rows, columns = rows - middle[0], columns - middle[1]
    ahead = (rows * down + columns * right) / length
    aside = np.abs(columns * down - rows * right) / length
    sides = ((ahead - _ARROW) + 2 * aside) / np.sqrt(5.0)
    _lay(part, sprites.coverage(np.maximum(sides, -_ARROW - ahead), sheet.tile), colour)


def _disc(sheet: _Sheet, place: Point, radius: float, colour: Colour, opacity: float = 1.0) -> None:
    part, rows, columns = _around(sheet, (place,), radius + 0.2)
    distance = np.hypot(rows - place[0], columns - place[1]) - radius
    _lay(part, opacity * sprites.coverage(distance, sheet.tile), colour)


def _cross(sheet: _Sheet, place: Point) -> None:
    row, column = place
    for colour, width in ((sheet.colours["outline"], 2.6), (sheet.colours["red"], 1.6)):
        for side in (-_DISC, _DISC):
            _line(sheet, (row - _DISC, column - side), (row + _DISC, column + side), colour, width)


def _number(sheet: _Sheet, place: Point, number: int, radius: float, ground: Colour) -> None:
    """A number in the middle of a disc, in what is read best on its ground, if pixels are enough."""
    scale = int(2 * radius * sheet.tile / 12)  # digits are 7 dots high
    if scale == 0:
        return
    dots = sprites.digits(number, scale)
    top = max(round(place[0] * sheet.tile - dots.shape[0] / 2), 0)
    left = max(round(place[1] * sheet.tile - dots.shape[1] / 2), 0)
    area = sheet.board[top : top + dots.shape[0], left : left + dots.shape[1]]
    area[dots[: area.shape[0], : area.shape[1]]] = sheet.colours[ink(ground)]


def _around(
    sheet: _Sheet, points: tuple[Point, ...], reach: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The part of the board up to `reach` cells from points, with row and column of its pixels in cells."""
    tile = sheet.tile
    (top, left), (bottom, right) = np.min(points, 0) - reach, np.max(points, 0) + reach
    rows = slice(max(int(top * tile), 0), max(int(bottom * tile) + 1, 0))
    columns = slice(max(int(left * tile), 0), max(int(right * tile) + 1, 0))
    part = sheet.board[rows, columns]
    down = (np.arange(part.shape[0]) + rows.start + 0.5) / tile
    across = (np.arange(part.shape[1]) + columns.start + 0.5) / tile
    return part, *np.meshgrid(down, across, indexing="ij")


def _lay(part: np.ndarray, coverage: np.ndarray, colour: Colour) -> None:
    """Blends a colour into a part of the board where it is covered."""
    cover = coverage[: part.shape[0], : part.shape[1], None]
    part[:] = part + cover * (np.asarray(colour) - part.astype(np.float32)) + 0.5
