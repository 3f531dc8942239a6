"""The task screen: a task at its start, what every agent is after, and what one of them sees."""

import re

import numpy as np
import pygame
from pygame import Rect

from configs.commands import door
from viewer.canvas import EDGE, PANEL, QUIET, TEXT, Canvas, Colours
from viewer.panels import HIGHLIGHT
from viewer.play_panels import HEADER, MARGIN, draw_board, draw_sight
from viewer.tasks import Chosen
from viewer.window import Screen
from worlds.palettes import PALETTES, agent_colour
from worlds.scene import numbered

STATUS = 34  # pixels
AGENT = re.compile(r"agent_([0-9])\b")  # begins a sentence about one agent


class TaskScreen:
    """One task; Tab chooses the agent whose sight is shown, C the colours, Esc closes."""

    def __init__(self, task: Chosen) -> None:
        self.task = task
        self.agent = 0
        family = task.family
        state = family.state(1)
        family.reset(state, task.row[None])
        self._scene = family.scene(state, 0)
        shape = (1, family.num_agents, family.observation_size)
        self._observations = np.zeros(shape, np.uint8)
        family.observe(state, self._observations)
        self._palette = 0
        self._ended = False

    def press(self, name: str) -> None:
        """Do what a key means."""
        if name == "TAB":
            self.agent = (self.agent + 1) % self.task.family.num_agents
        elif name == "C":
            self._palette = (self._palette + 1) % len(PALETTES)
        elif name in ("ESCAPE", "Q"):
            self._ended = True

    def point(self, kind: str, place: tuple[int, int]) -> bool:
        """The mouse means nothing here."""
        return False

    def advance(self, seconds: float) -> bool:
        """Nothing moves here."""
        return False

    def follow(self) -> Screen | None:
        """Return this screen until it is closed."""
        return None if self._ended else self

    def state(self) -> dict[str, object]:
        """Plain values for the log."""
        about = {"screen": "task", "task": self.task.name, "id": self.task.id}
        return {**about, "agent": self.agent}

    def draw(self, canvas: Canvas) -> None:
        """Draw the board on the left, words and a view on the right."""
        width, height = canvas.surface.get_size()
        palette = tuple(PALETTES)[self._palette]
        header = Rect(0, 0, width, HEADER)
        _line(canvas, header, ("Task", self.task.name), self.task.id)
        top, bottom = HEADER + MARGIN, height - STATUS
        side = min(max(width - 3 * MARGIN - (bottom - top), 300), 560)
        world = Rect(MARGIN, top, width - 3 * MARGIN - side, bottom - top - MARGIN)
        draw_board(canvas, world, self._scene, palette)
        column = Rect(world.right + MARGIN, top, side, bottom - top - MARGIN)
        most = Rect(column.left, column.top, side, round(column.height * 0.64))
        used = self._words(canvas, most, PALETTES[palette])
        sight = Rect(column.left, used + MARGIN, side, 0)
        sight.height = column.bottom - sight.top
        view = self.task.family.view_scene(self._observations[0, self.agent])
        view = numbered(view, self.agent, len(self._scene.strips))
        draw_sight(canvas, sight, view, self.agent, palette)
        hint = f"{door()} play {self.task.name}"
        _line(canvas, Rect(0, bottom, width, STATUS), (f"to play it: {hint}",), "Tab: agent, Esc")

    def _words(self, canvas: Canvas, most: Rect, colours: Colours) -> int:
        """The task line by line, what is told of an agent beside its badge; returns where they end."""
        y = most.top
        for line in self.task.lines:
            agent = AGENT.match(line)
            room = Rect(most.left, y, most.width, most.bottom - y)
            if agent and int(agent[1]) < self.task.family.num_agents:
                number = int(agent[1])
                at = (most.left + 12, y + 10)
                canvas.badge(at, 22, agent_colour(colours, number), str(number))
                room = Rect(room.left + 34, y, room.width - 34, room.height)
            colour = HIGHLIGHT if line == self.task.about else TEXT
            y += canvas.paragraph(line, room, colour) + 6
        return y


def _line(canvas: Canvas, place: Rect, facts: tuple[str, ...], right: str) -> None:
    pygame.draw.rect(canvas.surface, PANEL, place)
    pygame.draw.line(canvas.surface, EDGE, place.bottomleft, place.bottomright)
    top = place.centery - canvas.line() // 2 + 2
    taken = canvas.write(right, (place.right - 14, top), place.width // 2, QUIET, align="right")
    canvas.row(facts, (place.left + 14, top), place.width - taken - 52)
