"""The one reader of run folders: it never writes, never locks, and names what is damaged."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from configs import limits
from worlds import formats
from worlds.formats import FormatError
from worlds.tables import NUMPY, Column, read_table

if TYPE_CHECKING:
    from worlds.episode import Episode

FORMAT = 1
JOURNAL = "metrics.jsonl"
TABLES = {name: name for name in formats.TABLES} | {
    "heldout": "tasks"
}  # what `table` takes, and its columns


class RunFormatError(FormatError):
    """A run folder or a file in it cannot be read: one sentence that begins with its path."""


class Run:
    """A run folder as it stood when this was made; a generation half written is left out.

    `info` is run.json, `generations` the committed ones in order. `problems` collects one sentence
    for each damaged file that was passed over. Raises RunFormatError if it is no run.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.problems: list[str] = []
        if not (self.path / "run.json").exists():
            raise RunFormatError(f"{self.path}: is not a run folder (it has no run.json)")
        self.info = _read_info(self.path)
        self._journal = self._read_journal()
        self.generations = [line["generation"] for line in self._journal]

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.path.absolute().name

    @property
    def best(self) -> dict[str, Any] | None:
        """The best member so far: generation, member, weights (path below the run folder)."""
        found = self._json("members/best.json")
        if not isinstance(found, dict) or not isinstance(found.get("member"), str):
            return None
        return found if found.get("generation") in self.generations else None

    def metrics(self) -> list[dict[str, Any]]:
        """One dictionary per committed generation, in order, from metrics.jsonl."""
        return [dict(line) for line in self._journal]

    def table(self, name: str) -> dict[str, Column]:
        """Columns of one of `formats.TABLES` (all generations united) or of `heldout`.

        Whole numbers are int64 or uint64 [rows], floats float32 or float64 [rows] with NaN for what is
        not known; text and lists are lists. Damaged files are passed over (see `problems`).
        """
        if name not in TABLES:
            raise KeyError(f"{name}: the tables are {', '.join(TABLES)}")
        if name == "heldout":
            paths = (
                [self.path / "tasks" / "heldout.parquet"]
                if self._exists("tasks/heldout.parquet")
                else []
            )
        else:
            paths = [path for _, path in self._record_files(name)]
        parts = []
        for path in paths:
            with self._passing_over():
                parts.append(read_table(path, TABLES[name]))
        kinds = formats.TABLES[TABLES[name]]
        return {
            column: _join([part[column] for part in parts], kind) for column, kind in kinds.items()
        }

    def episodes(self, generation: int | None = None) -> list["Episode"]:
        """Recorded episodes of one generation or of all, in the order of generations and shards."""
        from worlds import shards  # compiles the worlds' kernels, which most readers do not need

        episodes: list[Episode] = []
        for found, path in self._record_files("replays"):
            if generation in (None, found):
                with self._passing_over():
                    episodes += shards.read(path)
        return episodes

    def members(self) -> list[dict[str, Any]]:
        """The cards of all members in order, with `generation`, `name` and `path` of weights."""
        cards = []
        for generation, folder in self._record_files("members"):
            if folder.name != formats.generation_name(generation):
                continue  # a stray file, such as an editor leaves
            with self._passing_over():
                for file in sorted(formats.below(folder.parent, folder.name).iterdir()):
                    if file.suffix == ".json" and formats.NAME.fullmatch(file.name):
                        card = self._json(f"members/{folder.name}/{file.name}")
                        if isinstance(card, dict):
                            weights = file.with_suffix(".safetensors")
                            cards.append(
                                card
                                | {"generation": generation, "name": file.stem, "path": weights}
                            )
        return cards

    def weights(self, generation: int, name: str) -> dict[str, np.ndarray]:
        """The weights of a member by tensor name. Raises RunFormatError."""
        with _ours():
            relative = f"members/{formats.generation_name(generation)}/{name}.safetensors"
            return formats.read_tensors(formats.below(self.path, relative))

    def _read_journal(self) -> list[dict[str, Any]]:
        """The lines of committed generations; a torn last line and later ones are left out."""
        try:
            data = formats.read_bytes(formats.below(self.path, JOURNAL), limits.PARQUET_BYTES)
        except FormatError as problem:
            self.problems.append(str(problem))
            return []
        committed = max(self.info["generations"], *(found + 1 for found in self._checkpoints()), 0)
        lines: list[dict[str, Any]] = []
        for number, text in enumerate(data.split(b"\n")[:-1]):
            if number >= committed:
                break
            where = f"{self.path / JOURNAL}:{number + 1}"
            try:
                line = formats.parse_json(text, where)
            except FormatError as problem:
                self.problems.append(str(problem))
                continue
            if isinstance(line, dict) and line.get("generation") == number:
                lines.append(line)
            else:
                self.problems.append(f"{where}: is not the line of generation {number}")
        return lines

    def _checkpoints(self) -> list[int]:
        """Generations that have a checkpoint: commits that run.json may not tell of yet."""
        folder = self.path / "checkpoints"
        names = os.listdir(folder) if folder.is_dir() else []
        found = [
            formats.generation_of(name) for name in names if (folder / name / "complete").exists()
        ]
        return [generation for generation in found if generation is not None]

    def _record_files(self, folder: str) -> list[tuple[int, Path]]:
        """Generation and path of what committed generations left in a folder, in order."""
        with self._passing_over():
            root = formats.below(self.path, folder)
            names = sorted(os.listdir(root)) if root.is_dir() else []
            found = [(formats.generation_of(name), root / name) for name in names]
            committed = set(self.generations)
            return sorted(
                (number, path)
                for number, path in found
                if number in committed and number is not None
            )
        return []

    def _exists(self, relative: str) -> bool:
        return (self.path / relative).exists()

    def _json(self, relative: str) -> Any:
        """A JSON file below the folder; None if it is not there, or damaged (see `problems`)."""
        if self._exists(relative):
            with self._passing_over():
                return formats.read_json(formats.below(self.path, relative))
        return None

    @contextmanager
    def _passing_over(self) -> Iterator[None]:
        try:
            yield
        except FormatError as problem:
            sentence = str(problem)
        except OSError as problem:
            sentence = f"{problem.filename}: cannot be read ({problem.strerror})"
        else:
            return
        if sentence not in self.problems:
            self.problems.append(sentence)


def runs(folder: str | Path, problems: list[str] | None = None) -> list[Run]:
    """The runs directly below a folder, by name; of unreadable ones `problems` gets a sentence."""
    found = []
    root = Path(folder)
    for path in sorted(root.iterdir()) if root.is_dir() else []:
        if path.is_dir() and (path / "run.json").exists():
            try:
                found.append(Run(path))
            except RunFormatError as problem:
                if problems is not None:
                    problems.append(str(problem))
    return found


def _join(parts: list[Any], kind: str) -> Column:
    if kind in NUMPY:
        return np.concatenate(parts) if parts else np.zeros(0, NUMPY[kind])
    return [item for part in parts for item in part]


def _read_info(path: Path) -> dict[str, Any]:
    where = path / "run.json"
    with _ours():
        info = formats.read_json(formats.below(path, "run.json"))
    if not isinstance(info, dict) or type(info.get("format")) is not int:
        raise RunFormatError(f"{where}: is damaged; it does not say what run this is")
    if info["format"] > FORMAT:
        raise RunFormatError(
            f"{path}: run format {info['format']}; this ratchet reads {FORMAT}: update ratchet"
        )
    if type(info.get("generations")) is not int or not isinstance(info.get("state"), str):
        raise RunFormatError(f"{where}: is damaged; it does not say how the run stands")
    return info


@contextmanager
def _ours() -> Iterator[None]:
    """Every refusal of a lower room under the name callers of this one catch."""
    try:
        yield
    except RunFormatError:
        raise
    except FormatError as problem:
        raise RunFormatError(str(problem)) from None
