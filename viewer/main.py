"""The door of the viewer: replays of a run or a file, or a task, in a window or as a picture."""

from pathlib import Path
from typing import TYPE_CHECKING

from viewer.opening import Options, open_window, problem

if TYPE_CHECKING:
    from viewer.window import Screen


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

    `screen` is "replay" or "browser"; `generation` leaves out all others; for the rest see `viewer.opening`.
    """
    if screen not in ("replay", "browser"):
        return problem(f"unknown screen {screen!r}: known are browser and replay", 2)
    options = Options(shot, script, log, max_seconds, size)
    return open_window(options, f"ratchet view {path}", lambda: _replays(path, screen, generation))


def show_task(
    text: str,
    shot: Path | None = None,
    script: str = "",
    log: Path | None = None,
    max_seconds: float | None = None,
    size: tuple[int, int] = (1280, 900),
) -> int:
    """Show the task that `text` names (see `viewer.tasks`); returns the exit code."""
    options = Options(shot, script, log, max_seconds, size)
    return open_window(options, f"ratchet view {text}", lambda: _task(text))


def _task(text: str) -> "tuple[str, Screen]":
    from viewer.task_screen import TaskScreen
    from viewer.tasks import find

    return text, TaskScreen(find(text))


def _replays(path: Path, screen: str, generation: int | None) -> "tuple[str, Screen] | None":
    from viewer.browser import BrowserScreen
    from viewer.screen import ReplayScreen
    from viewer.shelf import open_shelf

    shelf = open_shelf(path, generation)
    for sentence in shelf.problems:
        problem(sentence)
    if not len(shelf):
        which = "" if generation is None else f" of generation {generation}"
        problem(f"{path}: no replays{which}{shelf.outlook}")
        return None
    browser = BrowserScreen(shelf, shelf.newest)
    if screen == "browser":
        return shelf.name, browser
    if len(shelf) == 1:
        shelf.story(0)  # there is no other replay to go on to
    replay = ReplayScreen(shelf, shelf.newest, browser.come_back if len(shelf) > 1 else None)
    if replay.problem:
        problem(replay.problem)
    return shelf.name, replay
