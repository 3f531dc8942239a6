"""The door to playing by hand: `play` puts a person into a seat and keeps what was played as a replay."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from configs.commands import door, word
from viewer.opening import Options, open_window, problem
from worlds.formats import FormatError

if TYPE_CHECKING:
    from viewer.attempt import Attempt
    from viewer.co_players import CoPlayer
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
    here. Raises FormatError if that file exists or has no folder, ValueError for a wrong seat.
    """
    from viewer.attempt import Attempt
    from viewer.co_players import seated
    from viewer.play_screen import PlayScreen
    from worlds import rng

    agents = task.family.num_agents
    if seat not in range(agents):
        raise ValueError(f"seat is {seat}, allowed are 0..{agents - 1}")
    path = _free(save)
    table = seated(co_players, agents, seat)

    def begin() -> Attempt:
        return Attempt(task.family, task.row, table, seat, rng.key("play", seed))

    screens: list[PlayScreen] = []

    def first() -> "tuple[str, Screen]":
        screens.append(PlayScreen(task.name, begin))
        return task.name, screens[0]

    code = open_window(options or Options(), f"{door()} play {word(Path(task.name))}", first)
    return _keep(path, screens[0].attempts if screens else []) or code


def _free(save: Path | None) -> Path:
    """Where to save; told before anything is played."""
    if save is None:
        names = (Path(f"human-{number:03d}.parquet") for number in range(1, 1000))
        save = next((path for path in names if not path.exists()), None)
        if save is None:
            raise FormatError("human-999.parquet: exists already: choose a name with --save")
    if save.exists():
        raise FormatError(f"{save}: exists already: choose another name with --save")
    if not save.absolute().parent.is_dir():
        raise FormatError(f"{save}: there is no folder {save.parent}")
    return save


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
