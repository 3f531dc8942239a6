"""What the panels draw in the smallest window: nothing is cut, nothing covers another thing."""

import numpy as np
import pytest

pygame = pytest.importorskip("pygame")

from dataclasses import replace  # noqa: E402

from viewer import text  # noqa: E402
from viewer.browser import BrowserScreen  # noqa: E402
from viewer.canvas import Canvas  # noqa: E402
from viewer.layout import SMALLEST  # noqa: E402
from viewer.panels import draw_help  # noqa: E402
from viewer.shelf import Shelf  # noqa: E402
from viewer.story import tell  # noqa: E402
from viewer.timeline import draw_timeline, plot_area  # noqa: E402
from worlds.palettes import PALETTES  # noqa: E402

COLOURS = PALETTES["okabe_ito"]


@pytest.fixture
def canvas():
    pygame.font.init()
    return Canvas(pygame.Surface(SMALLEST))


@pytest.fixture
def cut(monkeypatch):
    """The texts that did not fit."""
    found = []
    whole = text.clip

    def clip(words, width, most):
        line = whole(words, width, most)
        if line != text.clean(words):
            found.append(words)
        return line

    monkeypatch.setattr(text, "clip", clip)
    return found


def test_the_help_fits_the_smallest_window(canvas, cut):
    draw_help(canvas, SMALLEST)
    assert cut == []


def test_the_head_of_the_list_fits_the_smallest_window(canvas, cut, episodes):
    shelf = Shelf("2026-11-20_quickstart_s0", episodes, problems=["a", "b"])
    browser = BrowserScreen(shelf)
    for _ in range(2):
        browser._header(canvas, SMALLEST[0], 10_000)
        browser.press("S")
    assert cut == []


def test_where_two_returns_are_equal_both_lines_are_seen(canvas, episodes):
    story = tell(episodes[0])
    equal = replace(story, returns=np.repeat(story.returns[:, :1], 2, axis=1))
    place = pygame.Rect(0, 300, 640, 170)
    draw_timeline(canvas, place, equal, equal.length, COLOURS)
    area = plot_area(place, equal.agents)
    column = [canvas.surface.get_at((area.centerx, y))[:3] for y in range(area.top, area.bottom)]
    seen = [column.count(tuple(COLOURS[name])) for name in ("agent_0", "agent_1")]
    assert seen == [2, 2]
