"""Where a watcher stands in a list of replays: a pure controller that knows neither clock nor window."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from worlds.palettes import PALETTES

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
STEPS_PER_SECOND = 6.0  # at speed 1
ZOOMS = (0.5, 0.625, 0.75, 0.875, 1.0, 1.25, 1.5, 2.0)
LONGEST_WAIT = (
    1.0  # seconds that one `advance` counts at most, so that a stalled window does not leap
)

COMMANDS = (
    "toggle",
    "forward",
    "back",
    "forward_ten",
    "back_ten",
    "seek",
    "home",
    "end",
    "faster",
    "slower",
    "next_event",
    "next_replay",
    "previous_replay",
    "next_agent",
    "agent",
    "panes",
    "trails",
    "focus",
    "sight",
    "goal",
    "loop",
    "palette",
    "zoom_in",
    "zoom_out",
    "minimal",
    "help",
    "leave",
    "quit",
)


@dataclass(frozen=True)
class Track:
    """What the controller has to know of one replay."""

    length: int  # steps; positions run from 0 (before the first step) to length
    agents: int = 1
    events: tuple[int, ...] = ()  # positions worth jumping to, rising


class Playback:
    """The watcher's position, speed and switches; changed by `command` and `advance` alone.

    Invariant: 0 <= step <= length of the current track, whatever commands arrive.
    """

    def __init__(self, tracks: Sequence[Track], index: int = 0) -> None:
        if not tracks:
            raise ValueError("nothing to play: give at least one track")
        self.tracks = tuple(tracks)
        self.index = min(max(index, 0), len(self.tracks) - 1)
        self.step = 0
        self.agent = 0
        self.playing = False
        self.looping = False
        self.quitting = False
        self.leaving = False
        self.panes = True
        self.trails = True
        self.focus = False  # only the chosen agent's view
        self.sight = False  # what the chosen agent does not see is dark
        self.goal = True
        self.help = False
        self.minimal = False
        self._speed = SPEEDS.index(1.0)
        self._zoom = ZOOMS.index(1.0)
        self._palette = 0
        self._fraction = 0.0  # of a step, kept between calls of `advance`

    @property
    def track(self) -> Track:
        """The replay now shown."""
        return self.tracks[self.index]

    @property
    def length(self) -> int:
        """Steps of the replay now shown."""
        return self.track.length

    @property
    def speed(self) -> float:
        """Factor on `STEPS_PER_SECOND`."""
        return SPEEDS[self._speed]

    @property
    def zoom(self) -> float:
        """Factor on the size at which the world fits its place."""
        return ZOOMS[self._zoom]

    @property
    def palette(self) -> str:
        """Name of the colours in use."""
        return tuple(PALETTES)[self._palette]

    def replace(self, index: int, track: Track) -> None:
        """Set what is known of one replay, once it has been simulated."""
        tracks = list(self.tracks)
        tracks[index] = track
        self.tracks = tuple(tracks)
        self._seek(self.step)
        self.agent = min(self.agent, max(self.track.agents - 1, 0))

    def advance(self, seconds: float) -> bool:
        """Let `seconds` of the caller's clock pass; returns whether the step changed."""
        if not self.playing or not math.isfinite(seconds) or seconds <= 0:
            return False
        self._fraction += min(seconds, LONGEST_WAIT) * STEPS_PER_SECOND * self.speed
        whole = int(self._fraction)
        self._fraction -= whole
        before, target = self.step, self.step + whole
        if target > self.length and self.looping:
            target %= self.length + 1
        self._seek(target)
        if self.step == self.length and not self.looping:
            self._stop()
        return self.step != before

    def command(self, name: str, value: int = 0) -> None:
        """Do one of `COMMANDS`; `value` is the position of "seek" and the number of "agent"."""
        if name not in COMMANDS:
            raise ValueError(f"unknown command {name!r}; known: {', '.join(COMMANDS)}")
        match name:
            case "toggle":
                self._toggle()
            case "forward" | "back" | "forward_ten" | "back_ten" | "seek" | "home" | "end":
                self._move(name, value)
            case "next_event":
                later = (event for event in self.track.events if event > self.step)
                self._move("seek", next(later, self.length))
            case "faster" | "slower":
                self._speed = _within(self._speed + (1 if name == "faster" else -1), len(SPEEDS))
            case "zoom_in" | "zoom_out":
                self._zoom = _within(self._zoom + (1 if name == "zoom_in" else -1), len(ZOOMS))
            case "palette":
                self._palette = (self._palette + 1) % len(PALETTES)
            case "next_replay" | "previous_replay":
                self._open(self.index + (1 if name == "next_replay" else -1))
            case "next_agent":
                self.agent = (self.agent + 1) % max(self.track.agents, 1)
            case "agent":
                self.agent = value if 0 <= value < self.track.agents else self.agent
            case "loop":
                self.looping = not self.looping
            case "quit":
                self.quitting = True
            case "leave" if not self.help:
                self.leaving = True
            case "leave":
                self.help = False
            case _:  # panes, trails, focus, sight, goal, help, minimal
                setattr(self, name, not getattr(self, name))

    def state(self) -> dict[str, object]:
        """Everything a log line or a test wants to know, as plain JSON values."""
        return {
            "replay": self.index,
            "replays": len(self.tracks),
            "step": self.step,
            "length": self.length,
            "playing": self.playing,
            "speed": self.speed,
            "agent": self.agent,
            "looping": self.looping,
            "panes": self.panes,
            "trails": self.trails,
            "focus": self.focus,
            "sight": self.sight,
            "goal": self.goal,
            "help": self.help,
            "minimal": self.minimal,
            "palette": self.palette,
            "zoom": self.zoom,
        }

    def _toggle(self) -> None:
        self.playing = not self.playing and self.length > 0
        self._fraction = 0.0
        if self.playing and self.step == self.length:
            self.step = 0

    def _move(self, name: str, value: int) -> None:
        self._stop()
        by = {"forward": 1, "back": -1, "forward_ten": 10, "back_ten": -10}
        to = {"seek": value, "home": 0, "end": self.length}
        self._seek(to[name] if name in to else self.step + by[name])

    def _stop(self) -> None:
        self.playing = False
        self._fraction = 0.0

    def _seek(self, step: int) -> None:
        self.step = min(max(int(step), 0), self.length)

    def _open(self, index: int) -> None:
        index = _within(index, len(self.tracks))
        if index == self.index:
            return
        self.index = index
        self.step = 0
        self.agent = min(self.agent, max(self.track.agents - 1, 0))
        self._stop()


def _within(index: int, count: int) -> int:
    return min(max(index, 0), count - 1)
