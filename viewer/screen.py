"""The replay screen: a replay's story, the watcher's playback, and the panels that show both."""

from collections.abc import Callable

import pygame
from pygame import Rect

from viewer import keys, panels, timeline
from viewer.canvas import QUIET, Canvas, Colour, Colours
from viewer.layout import HEADER, Layout, layout
from viewer.playback import Playback, Track
from viewer.shelf import Shelf
from viewer.story import Story
from viewer.text import clean
from viewer.window import Screen
from worlds.episode import ReplayError
from worlds.palettes import PALETTES, agent_colour
from worlds.render import TILES

TRAIL = 24  # steps of the way that are drawn behind an agent


class ReplayScreen:
    """Shows one replay of a shelf at a time; Esc closes the window.

    With `back`, which takes the number of the replay in view, Esc leads to the screen that it returns.
    """

    def __init__(
        self, shelf: Shelf, index: int = 0, back: Callable[[int], Screen] | None = None
    ) -> None:
        self.shelf = shelf
        self.playback = Playback(
            [Track(len(episode.actions), len(episode.agents)) for episode in shelf.episodes], index
        )
        self.problem = ""  # why the replay in view cannot be shown
        self._story: Story | None = None
        self._told = -1  # index of that story
        self._back = back
        self._size = (1, 1)
        self._button = Rect(0, 0, 0, 0)
        self._dragging = False
        self._tell()

    def press(self, name: str) -> None:
        """Give the command of a key to the playback."""
        command = keys.command_of(name)
        if command and command[0] != "screenshot":
            self.playback.command(*command)
            self._tell()

    def point(self, kind: str, place: tuple[int, int]) -> bool:
        """Seek on the timeline, choose an agent by its card, press the play button."""
        places = self._layout()
        if kind == "up":
            meant, self._dragging = self._dragging, False
            return meant
        if kind == "down":
            self._dragging = places.timeline.collidepoint(place)
            if self._button.collidepoint(place):
                self.playback.command("toggle")
                return True
            for number, card in enumerate(places.cards):
                if card.collidepoint(place):
                    self.playback.command("agent", places.first + number)
                    return True
        if self._dragging:
            agents, length = self.playback.track.agents, self.playback.length
            self.playback.command(
                "seek", timeline.step_at(places.timeline, agents, length, place[0])
            )
        return self._dragging

    def advance(self, seconds: float) -> bool:
        """Let the playback's time pass."""
        return self.playback.advance(seconds)

    def follow(self) -> Screen | None:
        """Return this screen, the one before it, or None."""
        if self.playback.quitting:
            return None
        if self.playback.leaving:
            self.playback.leaving = False
            return self._back(self.playback.index) if self._back else None
        return self

    def state(self) -> dict[str, object]:
        """The playback's state, and where the timeline lies for a test that clicks on it."""
        places = self._layout()
        area = timeline.plot_area(places.timeline, self.playback.track.agents)
        window = {
            "screen": "replay",
            "size": list(self._size),
            "timeline": [area.left, area.top, area.width, area.height],
        }
        return {**window, **self.playback.state(), "problem": self.problem}

    def draw(self, canvas: Canvas) -> None:
        """Draw every panel that is switched on."""
        self._size = canvas.surface.get_size()
        places, playback, story = self._layout(), self.playback, self._story
        if story is None:
            canvas.paragraph(
                self.problem,
                Rect(40, 2 * HEADER, places.size[0] - 80, 200),
                panels.HIGHLIGHT,
                "normal",
            )
            canvas.write(
                "[ and ]: other replay, Esc: back",
                (40, 2 * HEADER + 210),
                places.size[0] - 80,
                QUIET,
            )
            return
        colours = PALETTES[playback.palette]
        self._world(canvas, places.world, story, colours)
        if not playback.minimal:
            panels.draw_header(canvas, places.header, self.shelf, story, playback)
            timeline.draw_timeline(
                canvas, places.timeline, story, playback.step, colours, playback.agent
            )
        if places.goal.height:
            panels.draw_goal(canvas, places.goal, story, playback, colours)
        for number, card in enumerate(places.cards):
            agent = places.first + number
            panels.draw_card(canvas, card, story, playback, agent, colours)
        self._button = panels.draw_status(canvas, places.status, story, playback)
        if playback.help:
            panels.draw_help(canvas, places.size)

    def _layout(self) -> Layout:
        playback = self.playback
        return layout(
            self._size,
            playback.track.agents,
            playback.agent,
            goal=playback.goal,
            panes=playback.panes,
            minimal=playback.minimal,
        )

    def _tell(self) -> None:
        """Simulate the replay in view, if it is not yet."""
        index = self.playback.index
        if self._told == index:
            return
        self._told, self.problem = index, ""
        try:
            self._story = self.shelf.story(index)
        except ReplayError as problem:
            self._story, self.problem = None, clean(problem)
            self.playback.replace(index, Track(0, self.playback.track.agents))
            return
        positions = tuple(dict.fromkeys(position for position, _, _ in self._story.events))
        self.playback.replace(index, Track(self._story.length, self._story.agents, positions))

    def _world(self, canvas: Canvas, place: Rect, story: Story, colours: Colours) -> None:
        playback = self.playback
        step, palette = playback.step, playback.palette
        if playback.focus:
            agent = playback.agent
            pixels = story.view(
                step, agent, fitting_tile(story.view_grid(agent), place, playback.zoom), palette
            )
            canvas.picture(pixels, place)
            return
        tile = fitting_tile(story.grid, place, playback.zoom)
        middle = (story.grid[0] // 2, story.grid[1] // 2)
        row, column = story.place(step, playback.agent) or middle
        about = round((column + 0.75) * tile), round((row + 0.75) * tile)
        sight = playback.agent if playback.sight else None
        full = story.board(step, tile, palette, sight)
        if not playback.trails:
            canvas.picture(full, place, about=about)
            return
        empty = story.board(step, tile, palette, sight, bare=True)
        at = canvas.picture(empty, place, about=about)
        with canvas.within(place):
            _trails(canvas, at, tile, story, step, colours)
            for row, column in story.occupied(step):
                top, left = tile // 4 + row * tile, tile // 4 + column * tile
                cell = slice(top, top + tile), slice(left, left + tile)
                canvas.difference(full[cell], empty[cell], (at.left + left, at.top + top))


def fitting_tile(grid: tuple[int, ...], place: Rect, zoom: float = 1.0) -> int:
    """Return the pixels of a cell so that the board, with a quarter of a cell around it, fits `place` at zoom 1."""
    fitting = min(place.width / (grid[1] + 0.5), place.height / (grid[0] + 0.5))
    return min(max(int(fitting * zoom), TILES[0]), TILES[1])


def _trails(canvas: Canvas, at: Rect, tile: int, story: Story, step: int, colours: Colours) -> None:
    """The ways of the last steps of this trial, thinner with age, side by side where they meet."""
    first = max(step - TRAIL, 0, *(start for start in story.boundaries if start <= step))
    for agent in range(story.agents):
        apart = min(max(tile // 8, 4), tile / story.agents)
        shift = tile // 4 + tile // 2 + (agent - (story.agents - 1) / 2) * apart
        way = [story.place(position, agent) for position in range(first, step + 1)]
        points = [
            place and (at.left + place[1] * tile + shift, at.top + place[0] * tile + shift)
            for place in way
        ]
        for age, (start, end) in enumerate(zip(points[:-1], points[1:], strict=True), first - step):
            if start is None or end is None:
                continue  # it was not in the world
            fade = 1 + age / (TRAIL + 8)
            shade = _mixed(colours["floor"], agent_colour(colours, agent), fade)
            pygame.draw.line(canvas.surface, shade, start, end, max(round(tile / 14 * fade), 2))


def _mixed(ground: Colour, colour: Colour, share: float) -> Colour:
    red, green, blue = (round(g + (c - g) * share) for g, c in zip(ground, colour, strict=True))
    return red, green, blue
