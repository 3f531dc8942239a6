"""The door to playing by hand: `play` puts a person into a seat and keeps what was played as a replay."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from configs.commands import door, word
from viewer.opening import Options, open_window, problem

if TYPE_CHECKING:
    from viewer.attempt import Attempt
    from viewer.co_players import CoPlayer
    from viewer.play_screen import PlayScreen
    from viewer.tasks import Chosen
    from viewer.window import Screen


def play(
    task: "Chosen",
    co_players: "Sequence[CoPlayer]",
    seat: int = 0,
    seed: int = 0,
    save: Path | None = None,
    options: Options | None = None,
) -> int:
    """Let a person play agent `seat` of a task until it ends; returns the exit code.

    `co_players` play the other agents in their order, the last of them all that remain; their chance comes from
    `seed`. What was played goes as replays of split `human` into `save`, by default the first free `human-NNN.parquet`
    here. A problem is one sentence on stderr: 1 for a file or a display, 2 for a wrong argument.
    """
    from viewer.attempt import Attempt
    from viewer.co_players import seated
    from worlds import rng

    def begin() -> Attempt:
        return Attempt(task.family, task.row, table, seat, rng.key("play", seed))

    try:
        table = seated(co_players, task.family.num_agents, seat)
        begin().act()  # compiles what a step needs; a wrong seat is told before a missing display
    except ValueError as wrong:
        return problem(str(wrong), 2)
    path = _free() if save is None else save
    if path.exists() or not path.absolute().parent.is_dir():
        why = "exists already" if path.exists() else f"there is no folder {path.parent}"
        return problem(f"{path}: {why}: choose another name with --save")

    screens: list[PlayScreen] = []

    def first() -> "tuple[str, Screen]":
        from viewer.play_screen import PlayScreen

        screens.append(PlayScreen(task.name, begin))
        return task.name, screens[0]

    code = open_window(options or Options(), f"{door()} play {word(Path(task.name))}", first)
    return _keep(path, screens[0].attempts if screens else []) or code


def _free() -> Path:
    """The first name that is free here; the last one is refused as any that exists."""
    names = [Path(f"human-{number:03d}.parquet") for number in range(1, 1000)]
    return next((path for path in names if not path.exists()), names[-1])


def _keep(path: Path, attempts: "Sequence[Attempt]") -> int:
    from worlds.shards import write

    played = [attempt.episode() for attempt in attempts if attempt.steps]
    if not played:
        return 0
    try:
        write(path, played)
    except OSError as wrong:
        return problem(f"{path}: cannot be written ({wrong.strerror})")
    count = "1 attempt" if len(played) == 1 else f"{len(played)} attempts"
    print(f"{count} saved; to watch: {door()} view {word(path)}")
    return 0
