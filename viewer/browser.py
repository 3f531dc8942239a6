"""The list of replays as a grid of thumbnails: arrows choose, Enter opens, Esc goes back."""

from collections import OrderedDict

import numpy as np
import pygame
from pygame import Rect

from viewer.canvas import BACKGROUND, EDGE, PANEL, QUIET, TEXT, Canvas
from viewer.panels import HIGHLIGHT
from viewer.screen import ReplayScreen
from viewer.shelf import Shelf
from viewer.text import signed
from viewer.window import Screen
from worlds.episode import ReplayError

TILE = (216, 240)  # least width and height of an entry, pixels
TOP = 56
GAP = 14
WORDS = 100  # pixels of an entry below its thumbnail
KEPT = 200  # thumbnails in memory at a time

SORTS = ("in order", "by return")


class BrowserScreen:
    """All replays of a shelf; the chosen one has a frame."""

    def __init__(self, shelf: Shelf, chosen: int = 0) -> None:
        self.shelf = shelf
        self.chosen = chosen  # place in `order`
        self.sort = 0
        self._columns = 1
        self._places: list[tuple[Rect, int]] = []
        self._pictures: OrderedDict[int, np.ndarray | None] = OrderedDict()
        self._size = (0, 0)  # of the thumbnails' place
        self._next: Screen | None = self

    @property
    def order(self) -> list[int]:
        """Indices of the episodes as they are listed."""
        indices = list(range(len(self.shelf)))
        if SORTS[self.sort] == "by return":
            indices.sort(key=lambda index: -float(self.shelf.episodes[index].rewards[:, 0].sum()))
        return indices

    def press(self, name: str) -> None:
        """Move with the arrows, Home and End, open with Enter, sort with S, close with Esc or Q."""
        moves = {"LEFT": -1, "RIGHT": 1, "UP": -self._columns, "DOWN": self._columns}
        last = len(self.shelf) - 1
        if name in moves and 0 <= self.chosen + moves[name] <= last:
            self.chosen += moves[name]
        elif name in ("HOME", "END"):
            self.chosen = 0 if name == "HOME" else last
        elif name in ("RETURN", "KP_ENTER"):
            self._next = ReplayScreen(self.shelf, self.order[self.chosen], self.come_back)
        elif name == "S":
            kept = self.order[self.chosen]
            self.sort = (self.sort + 1) % len(SORTS)
            self.chosen = self.order.index(kept)
        elif name in ("ESCAPE", "Q"):
            self._next = None

    def point(self, kind: str, place: tuple[int, int]) -> bool:
        """Choose an entry with a click, open it with a second one."""
        hit = next((number for rect, number in self._places if rect.collidepoint(place)), None)
        if kind != "down" or hit is None:
            return False
        if hit == self.chosen:
            self.press("RETURN")
        self.chosen = hit
        return True

    def advance(self, seconds: float) -> bool:
        """Nothing moves here."""
        return False

    def follow(self) -> Screen | None:
        """Return what to show next; coming back from a replay shows the list again."""
        following, self._next = self._next, self
        return following

    def come_back(self, index: int) -> Screen:
        """Return this list with episode `index` chosen: the one that was watched last."""
        self.chosen = self.order.index(index)
        return self

    def state(self) -> dict[str, object]:
        """Plain values for the log."""
        return {
            "screen": "browser",
            "replays": len(self.shelf),
            "chosen": self.chosen,
            "episode": self.order[self.chosen],
            "sort": SORTS[self.sort],
        }

    def draw(self, canvas: Canvas) -> None:
        """Draw the rows around the chosen entry."""
        width, height = canvas.surface.get_size()
        self._columns = max((width - GAP) // (TILE[0] + GAP), 1)
        wide = (width - GAP) // self._columns - GAP
        order = self.order
        rows = max((height - TOP - GAP) // (TILE[1] + GAP), 1)
        tall = (height - TOP - GAP) // rows - GAP
        first = max(self.chosen // self._columns - rows + 1, 0) * self._columns
        self._places = []
        for slot, number in enumerate(range(first, min(first + rows * self._columns, len(order)))):
            row, column = divmod(slot, self._columns)
            place = Rect(GAP + column * (wide + GAP), TOP + GAP + row * (tall + GAP), wide, tall)
            self._entry(canvas, place, order[number], number == self.chosen)
            self._places.append((place, number))
        self._header(canvas, width, len(order))

    def _header(self, canvas: Canvas, width: int, count: int) -> None:
        pygame.draw.rect(canvas.surface, PANEL, Rect(0, 0, width, TOP))
        pygame.draw.line(canvas.surface, EDGE, (0, TOP), (width, TOP))
        first, second = TOP // 2 - canvas.line() + 2, TOP // 2 + 4
        right = width - 16
        taken = canvas.write(self.shelf.damage, (right, first), right, HIGHLIGHT, align="right")
        canvas.write(self.shelf.name, (16, first), max(right - taken - GAP - 16, 0))
        hint = "Enter: watch, S: sort, Esc: close"
        taken = canvas.write(hint, (right, second), right, QUIET, align="right")
        words = f"{count} replays, {SORTS[self.sort]}"
        canvas.write(words, (16, second), max(right - taken - GAP - 16, 0), QUIET)

    def _entry(self, canvas: Canvas, place: Rect, index: int, chosen: bool) -> None:
        canvas.panel(place, edge=HIGHLIGHT if chosen else EDGE, border=3 if chosen else 1)
        top = Rect(place.left + 10, place.top + 10, place.width - 20, place.height - WORDS - 10)
        picture = self._picture(index, top)
        if picture is None:
            pygame.draw.rect(canvas.surface, BACKGROUND, top)
            canvas.write("cannot be replayed", top.midleft, top.width, QUIET, "small")
        else:
            canvas.picture(picture, top)
        episode = self.shelf.episodes[index]
        y = top.bottom + 10
        canvas.row(
            (index + 1, f"generation {episode.generation}"), (top.left, y), top.width, gap=12
        )
        returns = episode.rewards.astype(np.int64).sum(axis=0)
        facts = [(f"{episode.split}, return {signed(int(returns[0]))}", TEXT)]
        facts += [
            (" ".join(dict.fromkeys((agent.role, agent.member))), QUIET) for agent in episode.agents
        ]
        for words, colour in facts[:3]:
            y += canvas.line("small")
            canvas.write(words, (top.left, y), top.width, colour, "small")

    def _picture(self, index: int, place: Rect) -> np.ndarray | None:
        """A late moment of an episode at a size that fits `place`; None if it cannot be simulated."""
        if self._size != place.size:
            self._pictures.clear()
            self._size = place.size
        if index not in self._pictures:
            try:
                story = self.shelf.story(index)
                rows, columns = story.grid
                tile = int(min(place.height / (rows + 0.5), place.width / (columns + 0.5)))
                self._pictures[index] = story.board(2 * story.length // 3, max(tile, 8))
            except ReplayError:
                self._pictures[index] = None
            if len(self._pictures) > KEPT:
                self._pictures.popitem(last=False)
        return self._pictures[index]
