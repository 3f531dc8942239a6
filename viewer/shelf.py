"""The replays that one path holds: a file of episodes, or the replays of a run folder."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from viewer.story import Story, tell
from worlds.episode import Episode
from worlds.formats import FormatError

KEPT = 4  # stories in memory at a time; the longest takes some 30 MB


class Shelf:
    """Episodes under a name; each is simulated when it is first looked at."""

    def __init__(self, name: str, episodes: Sequence[Episode]) -> None:
        self.name = name
        self.episodes = tuple(episodes)
        self._stories: OrderedDict[int, Story] = OrderedDict()

    def __len__(self) -> int:
        return len(self.episodes)

    @property
    def newest(self) -> int:
        """Index of the first episode of the newest generation."""
        generations = [episode.generation for episode in self.episodes]
        return generations.index(max(generations)) if generations else 0

    def story(self, index: int) -> Story:
        """Return what happened in episode `index`; raises ReplayError if it cannot be simulated as recorded."""
        if index not in self._stories:
            self._stories[index] = tell(self.episodes[index])
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
        return Shelf(run.name, found)
    from worlds.shards import read

    episodes = [
        episode for episode in read(path, foreign=True) if generation in (None, episode.generation)
    ]
    return Shelf(path.name, episodes)
