"""Which task a word means: `FAMILY:SEED`, `FAMILY:SUITE:NUMBER`, the name of a probe, or a file."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from configs.commands import door
from worlds import family as families
from worlds import formats, rng
from worlds.family import Family, identity
from worlds.formats import FormatError

ENDINGS = (".json", ".yaml", ".yml")  # of files that hold a task


class UnknownTaskError(FormatError):
    """No task, or more than one thing, is meant; the text is one sentence with the cure."""


@dataclass(frozen=True)
class Chosen:
    """One task and the worlds it is played in."""

    name: str  # as it can be asked for again
    family: Family
    row: np.ndarray  # int16 [width]

    @property
    def id(self) -> str:
        """The identity of the task, 16 hexadecimal digits."""
        return identity(self.family.name, self.row[None])[0]

    def about(self) -> dict[str, Any]:
        """The task as plain values; written to a file they can be asked for."""
        return {
            "name": self.name,
            "id": self.id,
            "sentence": self.family.space.describe(self.row),
            "world": self.family.name,
            "settings": self.family.settings,
            "task": self.family.space.to_json(self.row),
        }
