"""The play screen: a person's attempts at a task, driven by keys, one step at a time or in running time."""

from collections.abc import Callable
from dataclasses import replace

from viewer import play_keys, play_panels
from viewer.attempt import Attempt
from viewer.canvas import Canvas
from viewer.play_panels import Moment
from viewer.window import Screen
from worlds.palettes import PALETTES
from worlds.scene import Scene, numbered, unseen

PACES = (1, 2, 4, 8, 16)  # steps per second of running time
LONGEST_WAIT = 1.0  # seconds that one `advance` counts at most


class PlayScreen:
    """Shows the last of `attempts`; `begin` makes the next one. The window closes when the person ends it."""

    def __init__(self, name: str, begin: Callable[[], Attempt]) -> None:
        self.name = name
        self.attempts = [begin()]
        self.fog = False  # only what the person's agent sees
        self.running = False  # time does not wait for the person
        self.last: tuple[str, int] | None = None  # the last action and its reward in thousandths
        self._begin = begin
        self._bound = play_keys.bindings(self.attempt.family.action_names)
        self._pace = PACES.index(4)
        self._palette = 0
        self._waiting: str | None = None  # action for the next step of running time
        self._seconds = 0.0
        self._ended = False

    @property
    def attempt(self) -> Attempt:
        """The attempt that goes on."""
        return self.attempts[-1]

    @property
    def pace(self) -> int:
        """Steps per second when time runs."""
        return PACES[self._pace]

    def press(self, name: str) -> None:
        """Do what a key means: act, or change what is shown and how time passes."""
        command = play_keys.command_of(name, self._bound)
        match command:
            case "" | "screenshot":
                pass
            case "seat":
                self.attempt.take((self.attempt.seat + 1) % self.attempt.agents)
            case "fog":
                self.fog = not self.fog
            case "clock":
                self.running = not self.running and not self.attempt.over
                self._seconds, self._waiting = 0.0, None
            case "faster" | "slower":
                step = 1 if command == "faster" else -1
                self._pace = min(max(self._pace + step, 0), len(PACES) - 1)
            case "again":
                self._start_again()
            case "palette":
                self._palette = (self._palette + 1) % len(PALETTES)
            case "end":
                self._ended = True
            case _ if self.running:
                self._waiting = command
            case _:
                self._act(command)

    def point(self, kind: str, place: tuple[int, int]) -> bool:
        """The mouse means nothing here."""
        return False

    def advance(self, seconds: float) -> bool:
        """Let running time pass; returns whether the world went on."""
        if not self.running:
            return False
        self._seconds += min(seconds, LONGEST_WAIT)
        before = self.attempt.steps
        while self.running and self._seconds >= 1 / self.pace:
            self._seconds -= 1 / self.pace
            action, self._waiting = self._waiting or "wait", None
            self._act(action)
        return self.attempt.steps != before

    def follow(self) -> Screen | None:
        """Return this screen until the person ends it."""
        return None if self._ended else self

    def state(self) -> dict[str, object]:
        """Plain values for the log."""
        attempt = self.attempt
        return {
            "screen": "play",
            "task": self.name,
            "attempt": len(self.attempts),
            "seat": attempt.seat,
            "step": attempt.steps,
            "over": attempt.over,
            "returns": attempt.returns.tolist(),
            "last": list(self.last) if self.last else None,
            "fog": self.fog,
            "running": self.running,
            "pace": self.pace,
        }

    def draw(self, canvas: Canvas) -> None:
        """Draw the world, the goal, what the agent sees, the keys and the trials."""
        attempt = self.attempt
        view = attempt.family.view_scene(attempt.observations[attempt.seat])
        scene = attempt.scene()
        play_panels.draw(
            canvas,
            Moment(
                name=self.name,
                attempt=attempt,
                scene=known(scene, view, attempt.seat) if self.fog else scene,
                view=numbered(view, attempt.seat, len(scene.strips)),
                last=self.last,
                running=self.pace if self.running else 0,
                fog=self.fog,
                tries=len(self.attempts),
                palette=tuple(PALETTES)[self._palette],
            ),
        )

    def _act(self, command: str) -> None:
        attempt = self.attempt
        if attempt.over:
            return
        names = attempt.family.action_names
        action = names.index(command) if command in names else None
        self.last = command, attempt.act(action)
        self.running = self.running and not attempt.over

    def _start_again(self) -> None:
        """What was played of the last attempt is kept; an untouched one is not worth it."""
        seat = self.attempt.seat
        if not self.attempt.steps:
            self.attempts.pop()
        self.attempts.append(self._begin())
        self.attempt.take(seat)
        self.last, self._waiting, self._seconds = None, None, 0.0


def known(scene: Scene, view: Scene, seat: int) -> Scene:
    """Return a scene without what agent `seat` does not see now; the ground itself stays."""
    dark = unseen(scene, view, seat)
    return replace(
        scene,
        marks=tuple(
            replace(mark, next_for=()) for mark in scene.marks if not dark[mark.row, mark.column]
        ),
        bodies=tuple(
            body for body in scene.bodies if body.number == seat or not dark[body.row, body.column]
        ),
        dark=dark,
    )
