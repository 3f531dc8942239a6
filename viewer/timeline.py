"""The timeline: returns over time, trials, goal events and the position, and where a click on it leads."""

import pygame
from pygame import Rect

from viewer.canvas import EDGE, QUIET, TEXT, Canvas, Colour, Colours
from viewer.story import Story
from viewer.text import signed
from worlds.palettes import agent_colour

SEEN: Colour = (92, 98, 112)
LANE = 18  # pixels of an agent's row of events
LANES = 4  # rows at most
LEAST = 28  # pixels that are kept for the returns above them
APART = 5  # pixels between two signs of a reward, at least
AXIS = 58  # pixels left of the plot for numbers


def plot_area(place: Rect, agents: int) -> Rect:
    """Return where steps are plotted: its left edge is step 0, its right edge the last step."""
    tall = place.height - 47 - LANE * _lanes(place, agents)
    return Rect(place.left + AXIS, place.top + 33, place.width - AXIS - 18, tall)


def step_at(place: Rect, agents: int, length: int, x: int) -> int:
    """Return the step under the horizontal position `x`, within 0..length."""
    area = plot_area(place, agents)
    share = (x - area.left) / max(area.width, 1)
    return min(max(round(share * length), 0), length)


def draw_timeline(
    canvas: Canvas, place: Rect, story: Story, step: int, colours: Colours, chosen: int = 0
) -> None:
    """Draw the whole episode; what lies behind `step` is bright, what lies ahead dim.

    Where there is no room for the events of all agents, those of the `chosen` one are shown.
    """
    canvas.panel(place)
    area = plot_area(place, story.agents)
    _trials(canvas, place, area, story)
    low, high = _scale(canvas, area, story)
    x = _x(area, story.length, step)
    with canvas.within(Rect(x, place.top, place.right - x, place.height)):
        _curves(
            canvas, area, story, low, high, {name: _dim(colour) for name, colour in colours.items()}
        )
    with canvas.within(Rect(place.left, place.top, x - place.left + 1, place.height)):
        _curves(canvas, area, story, low, high, colours)
    lanes = _lanes(place, story.agents)
    first = max(chosen - lanes + 1, 0)
    _events(canvas, place, area, story, step, colours, range(first, first + lanes))
    pygame.draw.line(canvas.surface, TEXT, (x, area.top - 4), (x, place.bottom - 6), 2)
    pygame.draw.polygon(
        canvas.surface, TEXT, [(x - 7, area.top - 11), (x + 8, area.top - 11), (x, area.top - 1)]
    )


def _lanes(place: Rect, agents: int) -> int:
    return max(min(agents, LANES, (place.height - 47 - LEAST) // LANE), 1)


def _x(area: Rect, length: int, step: float) -> int:
    return area.left + round(area.width * step / max(length, 1))


def _trials(canvas: Canvas, place: Rect, area: Rect, story: Story) -> None:
    starts = [0, *story.boundaries, story.length]
    for number, (start, end) in enumerate(zip(starts[:-1], starts[1:], strict=True)):
        left, right = _x(area, story.length, start), _x(area, story.length, end)
        if number:
            canvas.dashed((left, area.top), (left, place.bottom - 8), QUIET)
        label = f"trial {number + 1}" if len(starts) > 2 else "return over the episode"
        if right - left > canvas.width("trial 88", "small") + 12:
            canvas.write(label, (left + 12, place.top + 5), right - left - 16, QUIET, "small")


def _scale(canvas: Canvas, area: Rect, story: Story) -> tuple[int, int]:
    low, high = min(int(story.returns.min()), 0), max(int(story.returns.max()), 0)
    if low == high:
        high = low + 1000
    for value in sorted({low, 0, high}):
        y = _y(area, value, low, high)
        pygame.draw.line(canvas.surface, EDGE, (area.left, y), (area.right, y))
        if (
            value in (low, high)
            or min(abs(y - _y(area, edge, low, high)) for edge in (low, high)) > 18
        ):
            canvas.write(signed(value), (area.left - 8, y - 8), AXIS - 10, QUIET, "small", "right")
    return low, high


def _y(area: Rect, value: float, low: int, high: int) -> int:
    return area.bottom - round(area.height * (value - low) / (high - low))


def _curves(
    canvas: Canvas, area: Rect, story: Story, low: int, high: int, colours: Colours
) -> None:
    """Step plots; the line of agent 0 is broad, and later ones are narrower and lie on top of it."""
    for agent in range(story.agents):
        points = []
        before = None
        for step, value in story.turns(agent):
            x, y = _x(area, story.length, step), _y(area, value, low, high)
            points += [(x, before if before is not None else y), (x, y)]
            before = y
        if len(points) > 1:
            pygame.draw.lines(
                canvas.surface, agent_colour(colours, agent), False, points, 4 if agent == 0 else 2
            )


def _events(
    canvas: Canvas,
    place: Rect,
    area: Rect,
    story: Story,
    step: int,
    colours: Colours,
    agents: range,
) -> None:
    """One row per agent: a triangle for a reward, a cross for a loss; thick where agent 0 sees it."""
    top = area.bottom + 8
    for row, agent in enumerate(agents):
        y = top + row * LANE + LANE // 2
        colour = agent_colour(colours, agent)
        canvas.badge((place.left + AXIS - 14, y), 16, colour, str(agent))
        pygame.draw.line(canvas.surface, EDGE, (area.left, y), (area.right, y))
        for start, end in story.sights() if agent else ():
            left, right = _x(area, story.length, start), _x(area, story.length, end)
            pygame.draw.rect(canvas.surface, SEEN, Rect(left, y - 2, max(right - left, 1), 5))
        before = -APART
        for at, amount in story.events_of(agent):
            x = _x(area, story.length, at)
            if amount > 0 and x < before + APART:
                continue  # who is paid at every step would have a sign on every pixel
            shade = colour if at <= step else _dim(colour)
            if amount > 0:
                canvas.sign("triangle", (x, y), 12, shade)
                before = x
            else:
                canvas.cross((x, y), shade)


def _dim(colour: Colour) -> Colour:
    return (colour[0] * 2 // 5 + 16, colour[1] * 2 // 5 + 17, colour[2] * 2 // 5 + 20)
