"""What is wrong with settings: each problem with its place, key and cure, all of them at once."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from configs.keys import SECTIONS, SETTINGS

COMMAND_LINE = "command line"
SHOWN = 60  # letters of what was found that a message repeats


@dataclass(frozen=True)
class Problem:
    """A wrong setting: FILE:LINE or "command line", key path or "", what is wrong and its cure."""

    where: str
    key: str
    text: str


class SettingsError(ValueError):
    """All problems of the settings; `told` is ready to print, the command line exits with 2."""

    def __init__(self, problems: Sequence[Problem], sources: Sequence[str] = ()) -> None:
        self.problems = list(problems)
        self.sources = list(sources)  # as `ratchet config` takes them
        super().__init__(self.problems, self.sources)

    def __str__(self) -> str:
        return self.told("ratchet")

    def told(self, door: str) -> str:
        """One line per problem, and the command that explains the settings, called as `door`."""
        count = len(self.problems)
        lines = [f"{count} problem{'s' if count > 1 else ''} in the settings:"]
        places = max((len(p.where) for p in self.problems), default=0)
        keys = max((len(p.key) for p in self.problems), default=0)
        for p in self.problems:
            key = f"{p.key:{keys}}  " if p.key else ""
            lines.append(f"  {p.where:{places}}  {key}{p.text}")
        return "\n".join([*lines, f"see: {door} {self._see()}"])

    def _see(self) -> str:
        command = shlex.join(["config", *self.sources])
        known = [p.key for p in self.problems if p.key in SETTINGS or p.key in SECTIONS]
        parents = [p.key.rpartition(".")[0] for p in self.problems]
        for key in [k.rpartition(".")[0] or k for k in known] + parents:
            if key in SETTINGS or key in SECTIONS:
                return f"{command} --help {key}"
        return command


def clip(text: str, most: int = SHOWN) -> str:
    """`text` in `most` letters at most, without user and password, every odd letter escaped."""
    text = masked(text)[: most + 1]
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown if len(shown) <= most else shown[: most - 3] + "..."


def masked(text: str) -> str:
    """`text` with user and password of every URI in it replaced by `***`."""
    return re.sub(r"(?<=://)[^/@\s]*@", "***@", text)
