"""Where everything stands in a window of a given size: rectangles only, nothing is drawn here."""

from dataclasses import dataclass

from pygame import Rect

SMALLEST = (640, 480)  # pixels; a smaller window shows the upper left part of this layout
MARGIN = 12
HEADER = 42
STATUS = 38
CARD = 104  # least height of an agent's card
WIDE = 240  # width at which two cards stand side by side


@dataclass(frozen=True)
class Layout:
    """The places of the replay screen; a panel that is switched off has an empty rectangle."""

    size: tuple[int, int]
    header: Rect
    world: Rect
    goal: Rect
    cards: tuple[Rect, ...]
    first: int  # agent of the first card
    status: Rect
    timeline: Rect


def layout(
    size: tuple[int, int],
    agents: int,
    chosen: int,
    goal: bool = True,
    panes: bool = True,
    minimal: bool = False,
) -> Layout:
    """Return the places for a window of `size` pixels, `agents` agents and the panels switched on."""
    width, height = max(size[0], SMALLEST[0]), max(size[1], SMALLEST[1])
    if minimal:
        inside = Rect(MARGIN, MARGIN, width - 2 * MARGIN, height - STATUS - 2 * MARGIN)
        none = Rect(0, 0, 0, 0)
        status = Rect(MARGIN, height - STATUS, width - 2 * MARGIN, STATUS)
        return Layout((width, height), none, inside, none, (), 0, status, none)
    header = Rect(0, 0, width, HEADER)
    tall = min(max(int(height * 0.19), 112), 200)
    timeline = Rect(MARGIN, height - tall - MARGIN, width - 2 * MARGIN, tall)
    status = Rect(MARGIN, timeline.top - STATUS, width - 2 * MARGIN, STATUS)
    top, bottom = HEADER + MARGIN, status.top
    side = min(max(width - 3 * MARGIN - (bottom - top), 300), 600) if goal or panes else 0
    world = Rect(MARGIN, top, width - 2 * MARGIN - (side + MARGIN if side else 0), bottom - top)
    column = Rect(world.right + MARGIN, top, side, bottom - top)
    goal_tall = 0
    if goal:
        goal_tall = column.height if not panes else min(max(int(column.height * 0.3), 130), 230)
    goal_rect = Rect(column.left, column.top, column.width, goal_tall)
    cards, first = _cards(column, goal_tall, agents, chosen) if panes else ((), 0)
    return Layout((width, height), header, world, goal_rect, cards, first, status, timeline)


def _cards(column: Rect, above: int, agents: int, chosen: int) -> tuple[tuple[Rect, ...], int]:
    """As many cards as fit, in one or two columns; the chosen agent's is among them."""
    top = column.top + (above + MARGIN if above else 0)
    room = column.bottom - top
    across = 2 if agents > 1 and column.width >= 2 * WIDE else 1
    rows = max(1, min(-(-agents // across), (room + MARGIN) // (CARD + MARGIN)))
    wide = (column.width - (across - 1) * MARGIN) // across
    tall = (room - (rows - 1) * MARGIN) // rows
    count = min(agents, rows * across)
    first = min(max(chosen - count + 1, 0), agents - count)
    rects = []
    for number in range(count):
        row, place = divmod(number, across)
        left = column.left + place * (wide + MARGIN)
        rects.append(Rect(left, top + row * (tall + MARGIN), wide, tall))
    return tuple(rects), first
