"""A world, or what one agent sees of it, as a picture: no window and no fonts needed."""

from typing import Any

import numpy as np

from worlds import sprites
from worlds.palettes import PALETTES, Colour, ink
from worlds.scene import NO_NUMBER, Body, Mark, Scene, Strip

TILES = (8, 256)  # pixels of a cell, least and most
_FADED = 0.35  # opacity of a body that agent_0 does not see


def render(
    family: Any, state: Any, i: int = 0, tile: int = 32, palette: str = "okabe_ito"
) -> np.ndarray:
    """World i of a batch as uint8 `[H, W, 3]`, `tile` pixels a cell.

    Agents carry their numbers and point where they go; one that agent_0 does not see is faint. A
    goal is framed for the agent that must go there next: corners for agent_0, sides for agent_1.
    Below the board stands for each agent how many goals it has reached in this trial and which come
    next, then one bar per trial.
    """
    return draw(family.scene(state, i), tile, palette)


def draw(scene: Scene, tile: int, palette: str) -> np.ndarray:
    """The picture of a scene, uint8 `[H, W, 3]`; `tile` is within `TILES`."""
    if palette not in PALETTES:
        raise ValueError(f"unknown palette {palette!r}, known are {', '.join(PALETTES)}")
    if not TILES[0] <= tile <= TILES[1]:
        raise ValueError(f"tile is {tile}, allowed are {TILES[0]}..{TILES[1]} pixels")
    colours = PALETTES[palette]
    rows, columns = scene.floor.shape
    margin = tile // 4
    line = max(20, 3 * tile // 4)  # height of a strip
    height = rows * tile + 2 * margin + len(scene.strips) * line
    height += tile // 3 if scene.trials else 0
    picture = np.empty((height, columns * tile + 2 * margin, 3), dtype=np.float32)
    picture[:] = colours["paper"]
    board = picture[margin : margin + rows * tile, margin : margin + columns * tile]
    _draw_floor(board, scene.floor, tile, colours)
    for mark in scene.marks:
        _draw_mark(board, mark, tile, colours)
    for body in scene.bodies:
        # Two agents in one cell stand side by side.
        together = [other for other in scene.bodies if _cell(other) == _cell(body)]
        on_mark = any((mark.row, mark.column) == _cell(body) for mark in scene.marks)
        cell = _tile(board, body.row, body.column, tile)
        place = _place(cell, together.index(body), len(together), on_mark)
        _draw_body(place, body, colours)
    top = margin + rows * tile + margin // 2
    for strip in scene.strips:
        _draw_strip(picture[top : top + line, margin:-margin], strip, line, colours)
        top += line
    _draw_trials(picture[top:, margin:-margin], scene.trials, tile, colours)
    return np.rint(picture).astype(np.uint8)


def _cell(body: Body) -> tuple[int, int]:
    return body.row, body.column


def _draw_floor(
    board: np.ndarray, floor: np.ndarray, tile: int, colours: dict[str, Colour]
) -> None:
    rows, columns = np.indices(floor.shape)
    shades = np.array([colours["floor"], colours["floor_other"], colours["outside"]], np.float32)
    which = np.where(floor, (rows + columns) % 2, 2)
    board[:] = shades[which].repeat(tile, axis=0).repeat(tile, axis=1)


def _draw_mark(board: np.ndarray, mark: Mark, tile: int, colours: dict[str, Colour]) -> None:
    cell = _tile(board, mark.row, mark.column, tile)
    for agent in mark.next_for:
        _paint(cell, sprites.frame(agent, tile), _agent_colour(agent, colours))
    _paint(cell, sprites.shape(mark.shape, tile, 0.9, grow=2.0), colours["outline"])
    _paint(cell, sprites.shape(mark.shape, tile, 0.9), colours[mark.colour])


def _place(cell: np.ndarray, index: int, crowd: int, on_mark: bool) -> np.ndarray:
    """The part of a cell for one of the bodies in it: all of it, unless it must share."""
    tile = cell.shape[0]
    share = 0.62 if crowd > 1 else 0.74 if on_mark else 1.0
    size = round(tile * share)
    # The first of two stands at the upper left, the last at the lower right.
    where = index / (crowd - 1) if crowd > 1 else 0.5
    shift = round((tile - size) * where)
    return cell[shift : shift + size, shift : shift + size]


def _draw_body(cell: np.ndarray, body: Body, colours: dict[str, Colour]) -> None:
    size = cell.shape[0]
    opacity = _FADED if body.faded else 1.0
    colour = _agent_colour(max(body.number, 0), colours)
    _paint(cell, sprites.body(body.heading, size, grow=2.0) * opacity, colours["outline"])
    _paint(cell, sprites.body(body.heading, size) * opacity, colour)
    if body.number != NO_NUMBER:
        # Faint bodies are mostly the floor's colour, on which white is read best.
        shade = colours["text"] if body.faded else colours[ink(colour)]
        _write(cell, body.number, max(1, round(size / 26)), shade)


def _draw_strip(band: np.ndarray, strip: Strip, line: int, colours: dict[str, Colour]) -> None:
    """Badge of the agent, goals reached, then the coming goals, the next one framed."""
    north = 3
    badge = Body(0, 0, north, strip.number, strip.faded)
    _draw_body(band[:, :line], badge, colours)
    scale = max(1, line // 14)
    _write(band[:, line : 2 * line], strip.reached, scale, colours["text"])
    for index, (shape, colour) in enumerate(strip.coming):
        cell = band[:, (2 + index) * line : (3 + index) * line]
        if cell.shape[1] < line:
            break
        if index == 0:
            _paint(cell, sprites.frame(strip.number, line), _agent_colour(strip.number, colours))
        opacity = 1.0 if index == 0 else 0.65
        _paint(cell, sprites.shape(shape, line, 0.72) * opacity, colours[colour])


def _draw_trials(
    band: np.ndarray, trials: tuple[float, ...], tile: int, colours: dict[str, Colour]
) -> None:
    """One bar per trial, filled as far as it has passed."""
    if not trials:
        return
    thick = max(2, tile // 10)
    top = max(0, band.shape[0] - thick - tile // 6)
    ends = np.linspace(0, band.shape[1], len(trials) + 1).round().astype(int)
    for passed, left, right in zip(trials, ends[:-1], ends[1:], strict=True):
        gap = 0 if right == band.shape[1] else max(1, tile // 12)
        full = left + round((right - gap - left) * passed)
        band[top : top + thick, left : right - gap] = colours["dim"]
        band[top : top + thick, left:full] = colours["text"]


def _agent_colour(number: int, colours: dict[str, Colour]) -> Colour:
    return colours["agent_0" if number == 0 else "agent_1"]


def _tile(board: np.ndarray, row: int, column: int, tile: int) -> np.ndarray:
    return board[row * tile : (row + 1) * tile, column * tile : (column + 1) * tile]


def _paint(cell: np.ndarray, coverage: np.ndarray, colour: Colour) -> None:
    cover = coverage[..., None]
    cell += cover * (np.array(colour, dtype=np.float32) - cell)


def _write(cell: np.ndarray, number: int, scale: int, colour: Colour) -> None:
    """A number into the middle of a cell, if it fits."""
    dots = sprites.digits(number, scale)
    top = (cell.shape[0] - dots.shape[0] + 1) // 2
    left = (cell.shape[1] - dots.shape[1] + 1) // 2
    if dots.shape[0] <= cell.shape[0] and dots.shape[1] <= cell.shape[1]:
        cell[top : top + dots.shape[0], left : left + dots.shape[1]][dots] = colour
