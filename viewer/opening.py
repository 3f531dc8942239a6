"""Opens a window on a screen, whatever it shows: display, script, picture and log are the same for all."""

import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viewer.window import Screen

NEEDS_PYGAME = "the viewer needs pygame: pip install 'ratchet[viewer]'"
SMALLEST, LARGEST = 64, 8192  # pixels of a window's edge


@dataclass(frozen=True)
class Options:
    """How a window is opened and what it leaves behind.

    `shot` saves the window as a PNG file at the end and, without `script`, ends at once. `script` is a list of keys
    such as `RIGHT,SHIFT+RIGHT,TAB` (also WAIT, and CLICK@X:Y in pixels); the window closes after the last one. `log`
    takes one line of JSON per event.
    """

    shot: Path | None = None
    script: str = ""
    log: Path | None = None
    max_seconds: float | None = None
    size: tuple[int, int] = (1280, 900)  # pixels


def open_window(
    options: Options, command: str, first: Callable[[], "tuple[str, Screen] | None"]
) -> int:
    """Show what `first` makes, a name and a screen, until it ends; returns the exit code.

    `first` is called only where a window can be opened; None from it means that it told a problem. `command` opens
    the same window and is told with the cure. A problem is one sentence on stderr: 1 for a file, a display or a
    missing package, 2 for a wrong argument.
    """
    shot = options.shot
    if not all(SMALLEST <= edge <= LARGEST for edge in options.size):
        wide, tall = options.size
        return problem(f"a window of {wide}x{tall}: edges are {SMALLEST} to {LARGEST} pixels", 2)
    if shot is not None and shot.suffix.lower() != ".png":
        return problem(f"{shot}: pictures of the window are PNG files: name it {shot.stem}.png", 2)
    if importlib.util.find_spec("pygame") is None:
        return problem(NEEDS_PYGAME)
    scripted = bool(options.script) or shot is not None
    if not _has_display():
        if not scripted and options.max_seconds is None:
            return problem(f"there is no display here: {command} --shot view.png draws into a file")
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    return _open(options, options.script if scripted else None, command, first)


def problem(sentence: str, code: int = 1) -> int:
    """Tell one sentence on stderr; returns `code`."""
    from viewer.text import clean

    print(clean(sentence), file=sys.stderr)
    return code


def _open(
    options: Options,
    script: str | None,
    command: str,
    first: Callable[[], "tuple[str, Screen] | None"],
) -> int:
    import pygame

    from viewer.text import clean
    from viewer.window import ViewerError, Window, entries
    from worlds.episode import ReplayError
    from worlds.family import TaskError
    from worlds.formats import FormatError

    try:
        keys = None if script is None else entries(script)
    except ValueError as wrong:
        return problem(str(wrong), 2)
    try:
        made = first()
        if made is None:
            return 1
        name, screen = made
        window = Window(options.size, f"Ratchet - {clean(name, 80)}", options.log)
        try:
            window.run(screen, keys, options.max_seconds)
            if options.shot is not None:
                window.save(options.shot)
        finally:
            window.close()
    except (FormatError, ReplayError, TaskError, ViewerError) as wrong:
        return problem(str(wrong))
    except OSError as wrong:
        told = str(wrong) if wrong.filename is None else f"{wrong.filename}: {wrong.strerror}"
        return problem(told)
    except pygame.error as wrong:
        return problem(
            f"no window can be opened ({wrong}): {command} --shot view.png draws into a file"
        )
    except KeyboardInterrupt:
        return 130
    return 0


def _has_display() -> bool:
    driver = os.environ.get("SDL_VIDEODRIVER", "")
    if driver in ("dummy", "offscreen"):
        return False
    if sys.platform in ("win32", "darwin") or driver:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
