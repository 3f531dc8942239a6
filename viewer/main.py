"""The door of the viewer: `show` opens a run's replays, or one file of them, in a window or into a picture."""

import importlib.util
import os
import sys
from pathlib import Path

NEEDS_PYGAME = "the viewer needs pygame: pip install 'ratchet[viewer]'"
SMALLEST, LARGEST = 64, 8192  # pixels of a window's edge


def show(
    path: Path,
    shot: Path | None = None,
    script: str = "",
    log: Path | None = None,
    max_seconds: float | None = None,
    size: tuple[int, int] = (1280, 900),
    screen: str = "replay",
    generation: int | None = None,
) -> int:
    """Show the replays at `path`, a run folder or a replay file; returns the exit code.

    `shot` saves the window as a PNG file at the end and, without `script`, ends at once. `script` is a list of keys
    such as `RIGHT,SHIFT+RIGHT,TAB` (also WAIT, and CLICK@X:Y in pixels); the window closes after the last one. `log`
    takes one line of JSON per event. `screen` is "replay" or "browser"; `generation` leaves out all others.
    A problem is one sentence on stderr: 1 for a file, a display or a missing package, 2 for a wrong argument.
    """
    if screen not in ("replay", "browser"):
        return _problem(f"unknown screen {screen!r}: known are browser and replay", 2)
    if not all(SMALLEST <= edge <= LARGEST for edge in size):
        return _problem(
            f"a window of {size[0]}x{size[1]}: edges are {SMALLEST} to {LARGEST} pixels", 2
        )
    if shot is not None and shot.suffix.lower() != ".png":
        return _problem(f"{shot}: pictures of the window are PNG files: name it {shot.stem}.png", 2)
    if importlib.util.find_spec("pygame") is None:
        return _problem(NEEDS_PYGAME)
    scripted = bool(script) or shot is not None
    if not _has_display():
        if not scripted and max_seconds is None:
            return _problem(
                f"there is no display here: ratchet view {path} --shot view.png draws into a file"
            )
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    return _show(
        path, shot, script if scripted else None, log, max_seconds, size, screen, generation
    )


def _show(
    path: Path,
    shot: Path | None,
    script: str | None,
    log: Path | None,
    max_seconds: float | None,
    size: tuple[int, int],
    screen: str,
    generation: int | None,
) -> int:
    import pygame

    from viewer.browser import BrowserScreen
    from viewer.screen import ReplayScreen
    from viewer.shelf import open_shelf
    from viewer.text import clean
    from viewer.window import Screen, ViewerError, Window, entries
    from worlds.episode import ReplayError
    from worlds.formats import FormatError

    try:
        keys = None if script is None else entries(script)
    except ValueError as problem:
        return _problem(str(problem), 2)
    try:
        shelf = open_shelf(path, generation)
        for sentence in shelf.problems:
            _problem(sentence)
        if not len(shelf):
            which = "" if generation is None else f" of generation {generation}"
            return _problem(f"{path}: no replays{which}{shelf.outlook}")
        browser = BrowserScreen(shelf, shelf.newest)
        first: Screen = browser
        if screen == "replay":
            if len(shelf) == 1:
                shelf.story(0)  # there is no other replay to go on to
            replay = ReplayScreen(
                shelf, shelf.newest, browser.come_back if len(shelf) > 1 else None
            )
            if replay.problem:
                _problem(replay.problem)
            first = replay
        window = Window(size, f"Ratchet - {clean(shelf.name, 80)}", log)
        try:
            window.run(first, keys, max_seconds)
            if shot is not None:
                window.save(shot)
        finally:
            window.close()
    except (FormatError, ReplayError, ViewerError) as problem:
        return _problem(str(problem))
    except OSError as problem:
        return _problem(
            str(problem) if problem.filename is None else f"{problem.filename}: {problem.strerror}"
        )
    except pygame.error as problem:
        return _problem(
            f"no window can be opened ({problem}): ratchet view {path} --shot view.png draws into a file"
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


def _problem(sentence: str, code: int = 1) -> int:
    from viewer.text import clean

    print(clean(sentence), file=sys.stderr)
    return code
