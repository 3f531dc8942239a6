"""A surface with fonts and colours: the few strokes from which every panel is drawn."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pygame
from pygame import Rect, Surface

from viewer import text
from worlds import sprites
from worlds.palettes import Colour, ink

Colours = dict[str, Colour]  # a palette: name to colour

BACKGROUND: Colour = (17, 19, 24)
PANEL: Colour = (27, 30, 37)
EDGE: Colour = (58, 63, 75)
TEXT: Colour = (232, 234, 238)
QUIET: Colour = (160, 167, 180)  # contrast 7 on PANEL
OUTLINE: Colour = (10, 11, 14)

INKS: Colours = {"black": (0, 0, 0), "white": (255, 255, 255)}

SIZES = {"small": 24, "normal": 26, "large": 34}  # of the built-in font: 24 gives letters of 16 px

LINES_KEPT = 500  # drawn lines of text in memory


class Canvas:
    """Draws on `surface`; text goes through `viewer.text`, so no name can make it raise."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        # Drawn at twice the size and halved: the built-in font's letters stand unevenly otherwise.
        self._fonts = {name: pygame.font.Font(None, 2 * size) for name, size in SIZES.items()}
        self._signs: dict[tuple[str, int, Colour], Surface] = {}
        self._lines: OrderedDict[tuple[str, str, Colour], Surface] = OrderedDict()

    def width(self, words: str, size: str = "normal") -> int:
        """Return the pixels that `words` take."""
        return self._width(text.clean(words), size)

    def line(self, size: str = "normal") -> int:
        """Return the pixels from one line of text to the next."""
        return self._fonts[size].get_linesize() // 2 + 3

    def write(
        self,
        words: object,
        place: tuple[int, int],
        most: int,
        colour: Colour = TEXT,
        size: str = "normal",
        align: str = "left",
    ) -> int:
        """Write one line at `place` in at most `most` pixels; returns the pixels it took.

        `place` is the "left", "centre" or "right" point of the line's upper edge, as `align` says.
        """
        line = text.clip(words, lambda part: self._width(part, size), max(most, 0))
        if not line:
            return 0
        drawn = self._drawn(line, size, colour)
        shift = {"left": 0, "centre": drawn.get_width() // 2, "right": drawn.get_width()}[align]
        self.surface.blit(drawn, (place[0] - shift, place[1]))
        return drawn.get_width()

    def row(
        self,
        parts: Sequence[object],
        place: tuple[int, int],
        most: int,
        colour: Colour = TEXT,
        gap: int = 24,
    ) -> int:
        """Write several texts in one line with gaps between; returns the pixels it took."""
        taken = 0
        for part in parts:
            if taken < most:
                at = (place[0] + taken, place[1])
                taken += self.write(part, at, most - taken, colour) + gap
        return max(taken - gap, 0)

    def paragraph(
        self, words: object, place: Rect, colour: Colour = TEXT, size: str = "small"
    ) -> int:
        """Write wrapped text into `place`; returns the height it took."""
        step = self.line(size)
        most = max(place.height // step, 0)
        lines = text.wrap(words, lambda part: self._width(part, size), place.width, most)
        for number, line in enumerate(lines):
            self.write(line, (place.left, place.top + number * step), place.width, colour, size)
        return len(lines) * step

    def panel(
        self, place: Rect, colour: Colour = PANEL, edge: Colour = EDGE, border: int = 1
    ) -> None:
        """Fill a panel with rounded corners."""
        pygame.draw.rect(self.surface, colour, place, border_radius=8)
        pygame.draw.rect(self.surface, edge, place, border, border_radius=8)

    def picture(
        self,
        pixels: np.ndarray,
        place: Rect,
        about: tuple[int, int] = (0, 0),
    ) -> Rect:
        """Show `pixels` uint8 [H, W, 3] in the middle of `place`, clipped to it; returns where it stands.

        Of a picture that is larger than `place` the part around the pixel `about` is shown.
        """
        height, width = pixels.shape[:2]
        image = pygame.image.frombuffer(
            np.ascontiguousarray(pixels).tobytes(), (width, height), "RGB"
        )
        at = image.get_rect(center=place.center)
        if width > place.width:
            at.left = min(max(place.centerx - about[0], place.right - width), place.left)
        if height > place.height:
            at.top = min(max(place.centery - about[1], place.bottom - height), place.top)
        with self.within(place):
            self.surface.blit(image, at)
        return at

    def difference(self, pixels: np.ndarray, below: np.ndarray, at: tuple[int, int]) -> None:
        """Show those pixels of a picture that are not as in another, both uint8 [H, W, 3]."""
        height, width = pixels.shape[:2]
        shown = np.where((pixels != below).any(axis=2), 255, 0)
        image = np.dstack([pixels, shown]).astype(np.uint8).tobytes()
        self.surface.blit(pygame.image.frombuffer(image, (width, height), "RGBA"), at)

    @contextmanager
    def within(self, place: Rect) -> Iterator[None]:
        """Keep drawing inside `place` while entered."""
        before = self.surface.get_clip()
        self.surface.set_clip(before.clip(place))
        try:
            yield
        finally:
            self.surface.set_clip(before)

    def sign(self, shape: str, centre: tuple[int, int], size: int, colour: Colour) -> None:
        """Draw a circle, square or triangle of the worlds' pictures, outlined, about `size` wide."""
        key = (shape, size, colour)
        if key not in self._signs:
            tile = round(size / 0.62)
            inner = sprites.shape(shape, tile, 0.9)
            outer = sprites.shape(shape, tile, 0.9, grow=1.5)
            tint = np.array(colour) * inner[..., None] + np.array(OUTLINE) * (1 - inner[..., None])
            pixels = np.dstack([tint, outer * 255]).round().astype(np.uint8)
            self._signs[key] = pygame.image.frombuffer(pixels.tobytes(), (tile, tile), "RGBA")
        image = self._signs[key]
        self.surface.blit(image, image.get_rect(center=centre))

    def cross(self, centre: tuple[int, int], colour: Colour, reach: int = 5) -> None:
        """Draw a diagonal cross with an outline."""
        x, y = centre
        for shade, wide, more in ((OUTLINE, 5, 1), (colour, 3, 0)):
            r = reach + more
            pygame.draw.line(self.surface, shade, (x - r, y - r), (x + r, y + r), wide)
            pygame.draw.line(self.surface, shade, (x - r, y + r), (x + r, y - r), wide)

    def badge(self, centre: tuple[int, int], size: int, colour: Colour, label: str) -> None:
        """Draw an agent's number in a disc, black or white, whichever is easier to read."""
        self.sign("circle", centre, size, colour)
        drawn = self._drawn(text.clean(label, 3), "small", INKS[ink(colour)])
        if drawn.get_height() > size:
            drawn = pygame.transform.smoothscale_by(drawn, size / drawn.get_height())
        self.surface.blit(drawn, drawn.get_rect(center=(centre[0], centre[1] + 1)))

    def dashed(
        self, start: tuple[int, int], end: tuple[int, int], colour: Colour, dash: int = 5
    ) -> None:
        """Draw an upright or level dashed line of one pixel."""
        length = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
        for at in range(0, length, 2 * dash):
            a, b = at / max(length, 1), min(at + dash, length) / max(length, 1)
            first = (start[0] + (end[0] - start[0]) * a, start[1] + (end[1] - start[1]) * a)
            last = (start[0] + (end[0] - start[0]) * b, start[1] + (end[1] - start[1]) * b)
            pygame.draw.line(self.surface, colour, first, last)

    def _width(self, line: str, size: str) -> int:
        return (self._fonts[size].size(line)[0] + 1) // 2

    def _drawn(self, line: str, size: str, colour: Colour) -> Surface:
        """One clean and clipped line as a surface; the last ones are kept."""
        key = (line, size, colour)
        if key not in self._lines:
            large = self._fonts[size].render(line, True, colour)
            half = ((large.get_width() + 1) // 2, (large.get_height() + 1) // 2)
            self._lines[key] = pygame.transform.smoothscale(large, half)
            if len(self._lines) > LINES_KEPT:
                self._lines.popitem(last=False)
        self._lines.move_to_end(key)
        return self._lines[key]
