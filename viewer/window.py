"""The window: one loop that takes events, lets time pass, draws the screen on top and writes the log."""

import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol

import pygame

from viewer import keys
from viewer.canvas import BACKGROUND, Canvas

FRAMES_PER_SECOND = 30
SCRIPT_SECONDS = 0.5  # that pass after each entry of a script, whatever the machine needs
PAUSE = "WAIT"  # entry of a script that presses nothing
CLICK = "CLICK@"  # entry of a script: CLICK@X:Y presses and releases the left button there
TITLE = "Ratchet"


class ViewerError(Exception):
    """The window cannot do what was asked; the text is one sentence with its cure."""


class Screen(Protocol):
    """What the window shows and hands its events to."""

    def press(self, name: str) -> None:
        """Take a key in the spelling of `viewer.keys`."""

    def point(self, kind: str, place: tuple[int, int]) -> bool:
        """Take the mouse: "down", "drag" or "up" at `place`; returns whether it meant anything."""

    def advance(self, seconds: float) -> bool:
        """Let time pass; returns whether anything changed."""

    def draw(self, canvas: Canvas) -> None:
        """Draw on a blank canvas."""

    def state(self) -> dict[str, object]:
        """Plain JSON values for the log."""

    def follow(self) -> "Screen | None":
        """Return the screen to show next: itself, another one, or None to close the window."""


class Window:
    """A resizable window with a screen in it; `close` gives the display back."""

    def __init__(self, size: tuple[int, int], title: str = TITLE, log: Path | None = None) -> None:
        pygame.display.init()
        pygame.font.init()
        pygame.display.set_caption(title)
        self.canvas = Canvas(pygame.display.set_mode(size, pygame.RESIZABLE))
        pygame.key.set_repeat(350, 60)
        self._log: IO[str] | None = log.open("w", encoding="utf-8") if log else None
        self._dragging = False
        self._held: set[int] = set()

    def close(self) -> None:
        """Close the window and the log."""
        if self._log:
            self._log.close()
        pygame.display.quit()

    def run(
        self, screen: Screen, script: Sequence[str] | None = None, max_seconds: float | None = None
    ) -> Screen:
        """Show `screen` until it ends, the script is done, or `max_seconds` have passed; returns the last screen.

        With a script (it may be empty) every entry is followed by `SCRIPT_SECONDS` of the replay's time, so that the
        same script ends in the same state on every machine.
        """
        events = [_posted(entry) for entry in script or ()]
        started = before = time.monotonic()
        clock = pygame.time.Clock()
        self._show(screen, "open")
        while True:
            if script is not None and not events and not pygame.event.peek():
                return screen
            for event in events.pop(0) if events else ():
                pygame.event.post(event)
            changed = False
            for event in pygame.event.get():
                told = self._take(event, screen)
                following = screen.follow()
                if told:
                    changed = True
                    self._write(told, following or screen)
                if following is None:
                    return screen
                screen = following
            now = time.monotonic()
            stepped = screen.advance(SCRIPT_SECONDS if script is not None else now - before)
            before = now
            if stepped:
                self._write("step", screen)
            if changed or stepped:
                self._show(screen)
            if max_seconds is not None and now - started >= max_seconds:
                return screen
            if script is None:
                clock.tick(FRAMES_PER_SECOND)

    def save(self, path: Path) -> None:
        """Write what the window shows as a PNG file."""
        try:
            pygame.image.save(self.canvas.surface, str(path))
        except (OSError, pygame.error) as problem:
            raise ViewerError(f"{path}: the picture cannot be written: {problem}") from None

    def _take(self, event: pygame.event.Event, screen: Screen) -> str:
        """Hand one event to the screen; returns its name for the log, "" if it means nothing to us."""
        if event.type == pygame.QUIT:
            screen.press("Q")
            return "close"
        if event.type == pygame.KEYDOWN:
            name = keys.name_of(event)
            held = event.key in self._held
            self._held.add(event.key)
            if held and name.removeprefix(keys.SHIFT) not in keys.REPEATING:
                return ""
            if name == "F12":
                return self._photograph()
            screen.press(name)
            return f"key {name}" if name else ""
        if event.type == pygame.KEYUP:
            self._held.discard(event.key)
            return ""
        if event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._dragging = True
            return self._pointed(screen, "down", event.pos)
        if event.type == pygame.MOUSEMOTION and self._dragging:
            return self._pointed(screen, "drag", event.pos)
        if event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            self._dragging = False
            return self._pointed(screen, "up", event.pos)
        if event.type == pygame.USEREVENT:
            return "wait"
        resized = event.type in (pygame.VIDEORESIZE, pygame.VIDEOEXPOSE)
        return "window" if resized else ""

    def _pointed(self, screen: Screen, kind: str, place: tuple[int, int]) -> str:
        meant = screen.point(kind, place)
        return f"{kind} {place[0]},{place[1]}" if meant else ""

    def _photograph(self) -> str:
        taken = (Path(f"ratchet-{number:03d}.png") for number in range(1, 1000))
        path = next((path for path in taken if not path.exists()), None)
        if path is None:
            return "key F12"
        try:
            self.save(path)
        except ViewerError as problem:
            print(problem, file=sys.stderr)
        return f"saved {path}"

    def _show(self, screen: Screen, event: str = "") -> None:
        surface = pygame.display.get_surface()
        if surface is not self.canvas.surface:
            self.canvas = Canvas(surface)
        surface.fill(BACKGROUND)
        screen.draw(self.canvas)
        pygame.display.flip()
        if event:
            self._write(event, screen)

    def _write(self, event: str, screen: Screen) -> None:
        if self._log:
            self._log.write(json.dumps({"event": event, **screen.state()}, allow_nan=False) + "\n")
            self._log.flush()


def entries(script: str) -> list[str]:
    """Return the entries of a script such as `RIGHT,UP,TAB`; ValueError names one that is unknown."""
    parts = [part.strip().upper() for part in script.split(",") if part.strip()]
    for part in parts:
        _posted(part)
    return parts


def _posted(entry: str) -> list[pygame.event.Event]:
    if entry == PAUSE:
        return [pygame.event.Event(pygame.USEREVENT)]
    if entry.startswith(CLICK):
        place = re.fullmatch("([0-9]{1,5}):([0-9]{1,5})", entry.removeprefix(CLICK))
        if place is None:
            raise ValueError(
                f"unknown entry {entry!r} in the script: write a click as CLICK@X:Y, in pixels"
            )
        kinds = (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP)
        at = int(place[1]), int(place[2])
        return [pygame.event.Event(kind, button=1, pos=at) for kind in kinds]
    return list(keys.events_of(entry))
