"""What pictures of families with comments share: symbols, and the demonstrators beside what they show."""

from typing import Any

import numpy as np

from worlds.family import Layout
from worlds.scene import Body, Mark

EAST, SOUTH, NORTH = 0, 1, 3  # a nose tells an agent from a symbol, and points to what it says
# Of symbols 0..17 no two have both the same shape and the same colour; all bear their number, too.
_SHAPES = ("circle", "square", "triangle")
_COLOURS = ("orange", "blue", "green", "yellow", "purple", "red")


def symbol(row: int, column: int, number: int) -> Mark:
    """A symbol as it lies in a cell: its shape, its colour and its number."""
    shape = _SHAPES[(number + number // len(_COLOURS)) % len(_SHAPES)]
    return Mark(row, column, shape, _COLOURS[number % len(_COLOURS)], label=str(number))


def mistake(row: int, column: int) -> Mark:
    """The cross over what was wrong."""
    return Mark(row, column, "cross", "red")


def comment_rows(demonstrators: int, columns: int) -> int:
    """Rows of a board of at least 2 columns in which the demonstrators stand."""
    return -(-demonstrators // (columns // 2))


def comments(
    state: Any, index: int, row: int, columns: int, symbols: int
) -> tuple[list[Mark], list[Body]]:
    """What the demonstrators of a world show, each beside it, from `row` of a board on.

    One that agent_0 does not see is faint, and its symbol is not drawn.
    """
    marks, bodies = [], []
    seen = bool(state.visible[index])
    for n, shown in enumerate(state.shown[index].tolist()):
        down, right = divmod(n, columns // 2)
        bodies.append(Body(row + down, 2 * right, EAST, 1 + n, faded=not seen))
        if seen and 0 <= shown < symbols:
            marks.append(symbol(row + down, 2 * right + 1, shown))
    return marks, bodies


def told_comments(state: Any, index: int, symbols: int) -> tuple[str, ...]:
    """What each demonstrator of a world shows now, in words."""
    hidden = "" if state.visible[index] else ", hidden"
    return tuple(
        (f"shows {shown}" if 0 <= shown < symbols else "shows nothing") + hidden
        for shown in state.shown[index].tolist()
    )


def seen_comments(observation: np.ndarray, layout: Layout) -> tuple[list[Mark], list[Body]]:
    """What an observation, uint8 `[D]`, shows of demonstrators: each in row 0, its symbol in row 1."""
    part, shape = layout["shown"]
    if not observation[layout["visible"][0]].any():
        return [], []
    shown = observation[part].reshape(shape)
    bodies = [Body(0, n, SOUTH, 1 + n) for n in range(shape[0])]
    marks = [symbol(1, int(n), int(number)) for n, number in np.argwhere(shown)]
    return marks, bodies
