"""The replays that one path holds: a file of episodes, or the replays of a run folder."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from viewer.story import Story, tell
from worlds.episode import Episode, ReplayError
from worlds.formats import FormatError

KEPT = 4  # stories in memory at a time; the longest takes some 30 MB


class Shelf:
    """Episodes under a name; each is simulated when it is first looked at."""

    def __init__(
        self,
        name: str,
        episodes: Sequence[Episode],
        path: Path | None = None,
        problems: Sequence[str] = (),
        running: bool = False,
    ) -> None:
        self.name = name
        self.episodes = tuple(episodes)
        self.path = Path(name) if path is None else path
        self.problems = tuple(problems)  # one sentence for each damaged file that was passed over
        self.running = running  # more may come
        self._stories: OrderedDict[int, Story] = OrderedDict()

    def __len__(self) -> int:
        return len(self.episodes)

    @property
    def newest(self) -> int:
        """Index of the first episode of the newest generation."""
        generations = [episode.generation for episode in self.episodes]
        return generations.index(max(generations)) if generations else 0

    @property
    def damage(self) -> str:
        """Say in a few words how many files were passed over; "" for none."""
        count = len(self.problems)
        return f"{count} file{'s' * (count > 1)} damaged" if count else ""

    @property
    def outlook(self) -> str:
        """End a sentence that says what is missing here."""
        return " yet: the run is still going on" if self.running else ""

    def story(self, index: int) -> Story:
        """Return what happened in episode `index`; raises ReplayError if it cannot be simulated as recorded."""
        if index not in self._stories:
            try:
                self._stories[index] = tell(self.episodes[index])
            except ReplayError as problem:
                raise ReplayError(
                    f"{self.path}: replay {index} (counted from 0): {problem}"
                ) from None
            if len(self._stories) > KEPT:
                self._stories.popitem(last=False)
        self._stories.move_to_end(index)
        return self._stories[index]


def open_shelf(path: Path, generation: int | None = None) -> Shelf:
    """Return the replays of a run folder or of one replay file, of one generation if it is given.

    Raises FormatError or FileNotFoundError with one sentence.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file or folder")
    if path.is_dir():
        from viewer.library import Run

        run = Run(path)
        found = run.episodes(generation)
        if not found and run.problems:
            raise FormatError(run.problems[0])
        return Shelf(run.name, found, path, run.problems, run.info["state"] == "running")
    from worlds.shards import read

    episodes = [
        episode for episode in read(path, foreign=True) if generation in (None, episode.generation)
    ]
    return Shelf(path.name, episodes, path)
