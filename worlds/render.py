"""A world, or what one agent sees of it, as a picture: no window and no fonts needed."""

from typing import Any

import numpy as np

from worlds import charts, ground, sprites, stamps
from worlds.palettes import PALETTES, Colour, agent_colour
from worlds.scene import Body, Scene, Strip

TILES = (8, 256)  # pixels of a cell, least and most
_NORTH = 3
_WIDE = 14  # strip heights; where a strip would be twice as wide, two stand side by side


def render(
    family: Any, state: Any, i: int = 0, tile: int = 32, palette: str = "okabe_ito"
) -> np.ndarray:
    """World i of a batch as uint8 `[H, W, 3]`, `tile` pixels a cell.

    Agents carry their numbers and point where they go; one that agent_0 does not see is faint. A
    goal is framed for the agent that must go there next: corners for agent_0, sides for agent_1.
    Below the board stands for each agent how many goals or points it has reached in this trial,
    then the goals that come next, or the ways to its goal: a full square for what is as it should
    be, a frame around what is complete. Last comes one bar per trial.
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
    strips = [strip for strip in scene.strips if strip.reached is not None]
    across = 2 if len(strips) > 2 and columns * tile >= 2 * _WIDE * line else 1
    height = rows * tile + 2 * margin + -(-len(strips) // across) * line
    height += tile // 3 if scene.trials else 0
    picture = np.empty((height, columns * tile + 2 * margin, 3), dtype=np.uint8)
    board = picture[margin : margin + rows * tile, margin : margin + columns * tile]
    below = picture[margin + rows * tile :]
    for part in (picture[:margin], picture[:, :margin], picture[:, -margin:], below):
        part[:] = colours["paper"]
    _draw_board(board, scene, tile, palette)
    top = margin + rows * tile + margin // 2
    for index, strip in enumerate(strips):
        row, column = divmod(index, across)
        left = margin + column * (columns * tile // across)
        band = picture[top + row * line :, left : left + columns * tile // across]
        _draw_strip(band[:line], strip, line, palette)
    trials = picture[top + -(-len(strips) // across) * line :, margin:-margin]
    _draw_trials(trials, scene.trials, tile, colours)
    return picture


def _draw_board(board: np.ndarray, scene: Scene, tile: int, palette: str) -> None:
    board[:] = ground.board(scene.floor, scene.terrain, tile, palette)
    for mark in scene.marks:
        stamps.lay(_tile(board, mark.row, mark.column, tile), stamps.of_mark(mark, tile, palette))
    marked = {(mark.row, mark.column) for mark in scene.marks}
    crowds: dict[tuple[int, int], list[Body]] = {}
    for body in scene.bodies:
        crowds.setdefault((body.row, body.column), []).append(body)
    for at, crowd in crowds.items():
        for index, body in enumerate(crowd):
            place = _place(_tile(board, *at, tile), index, len(crowd), at in marked)
            stamps.lay(place, stamps.of_body(body, len(place), palette))
    if scene.chart is not None:
        charts.draw(board, scene.chart, tile, palette)
    if scene.dark is not None:
        for row, column in np.argwhere(scene.dark & scene.floor).tolist():
            cell = _tile(board, row, column, tile)
            np.right_shift(cell, 1, out=cell)


def _place(cell: np.ndarray, index: int, crowd: int, on_mark: bool) -> np.ndarray:
    """The part of a cell for one of the bodies in it: all of it, unless it must share."""
    tile = cell.shape[0]
    share = 0.62 if crowd > 1 else 0.74 if on_mark else 1.0
    size = round(tile * share)
    # The first of two stands at the upper left, the last at the lower right.
    where = index / (crowd - 1) if crowd > 1 else 0.5
    shift = round((tile - size) * where)
    return cell[shift : shift + size, shift : shift + size]


def _draw_strip(band: np.ndarray, strip: Strip, line: int, palette: str) -> None:
    """Badge of the agent, what it has reached, then what comes next or the ways to its goal."""
    colours = PALETTES[palette]
    badge = Body(0, 0, _NORTH, strip.number, faded=strip.faded or strip.gone)
    stamps.lay(band[:, :line], stamps.of_body(badge, line, palette))
    if strip.reached is not None:
        _write(band[:, line : 2 * line], strip.reached, max(1, line // 14), colours["text"])
    _draw_coming(band[:, 2 * line :], strip, line, palette)
    _draw_options(band[:, 2 * line :], strip, line, palette)


def _draw_coming(band: np.ndarray, strip: Strip, line: int, palette: str) -> None:
    """Goals one after another, the next one framed."""
    for index, thing in enumerate(strip.coming):
        cell = band[:, index * line : (index + 1) * line]
        if cell.shape[1] < line:
            break
        colour = agent_colour(PALETTES[palette], strip.number)
        if index == 0:
            stamps.lay(cell, stamps.stamp([(sprites.frame(strip.number, line), colour)]))
        opacity = 1.0 if index == 0 else 0.65
        shape = opacity * sprites.shape(thing[0], line, 0.72)
        stamps.lay(cell, stamps.stamp([(shape, PALETTES[palette][thing[1]])]))


def _draw_options(band: np.ndarray, strip: Strip, line: int, palette: str) -> None:
    """For each way to the goal one square per atom, full if it is as it should be."""
    colours = PALETTES[palette]
    colour = agent_colour(colours, strip.number)
    size, gap = line // 3, max(line // 9, 1)
    border = max(line // 16, 1)
    top, left = (line - size) // 2, 2 * gap
    for option in strip.options:
        end = left + len(option) * (size + gap) + gap
        if end > band.shape[1]:
            break
        if all(option):
            band[top - gap - border : top + size + gap + border, left - border : end + border] = (
                colour
            )
            band[top - gap : top + size + gap, left:end] = colours["paper"]
        for index, holds in enumerate(option):
            at = left + gap + index * (size + gap)
            square = band[top : top + size, at : at + size]
            square[:] = colour if holds else colours["dim"]
            if not holds:
                square[border:-border, border:-border] = colours["paper"]
        left = end + 2 * gap


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


def _tile(board: np.ndarray, row: int, column: int, tile: int) -> np.ndarray:
    return board[row * tile : (row + 1) * tile, column * tile : (column + 1) * tile]


def _write(cell: np.ndarray, number: int, scale: int, colour: Colour) -> None:
    """A number into the middle of a cell, if it fits."""
    dots = sprites.digits(number, scale)
    top = (cell.shape[0] - dots.shape[0] + 1) // 2
    left = (cell.shape[1] - dots.shape[1] + 1) // 2
    if dots.shape[0] <= cell.shape[0] and dots.shape[1] <= cell.shape[1]:
        cell[top : top + dots.shape[0], left : left + dots.shape[1]][dots] = colour
