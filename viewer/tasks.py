"""Which task a word means: `WORLD:SEED`, `WORLD:SUITE:NUMBER`, the name of a probe, or a file."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from configs import limits
from configs.commands import door
from worlds import family as families
from worlds import formats, rng
from worlds.family import Family, TaskError, identity
from worlds.formats import FormatError
from worlds.playground import probe_file, suites
from worlds.playground.reading import to_json
from worlds.playground.task import Task

ENDINGS = (".json", ".yaml", ".yml")  # of files that hold a task
PLAYGROUND, PROBES = "playground", "probes"
LISTED = 12  # tasks of a suite that has no end
_WRAPPED = ("world", "settings", "task")  # fields of a file that says where its task is played
_DIGITS = 9  # of a seed
_PLACES = 10_000  # of a suite that can be asked for


class UnknownTaskError(FormatError):
    """No task, or more than one thing, is meant; the text is one sentence with the cure."""


@dataclass(frozen=True)
class Chosen:
    """One task and the worlds it is played in."""

    name: str  # as it can be asked for again
    family: Family
    row: np.ndarray  # int16 [width]
    about: str = ""  # what it tests, if somebody wrote that down

    @property
    def id(self) -> str:
        """The identity of the task, 16 hexadecimal digits."""
        return identity(self.family.name, self.row[None])[0]

    @property
    def lines(self) -> list[str]:
        """The task in plain sentences: what it tests, the level, every agent, every rule, the trials."""
        told = self.family.space.describe(self.row).splitlines()
        return [self.about, *told] if self.about else told

    @property
    def sentence(self) -> str:
        """What the task is about, on one line."""
        return self.about or " ".join(self.lines)

    def file(self) -> dict[str, Any]:
        """The task as it may be written into a file that `find` reads."""
        task = self.family.space.to_json(self.row)
        return {"world": self.family.name, "settings": self.family.settings, "task": task}


def find(text: str, family: Family | None = None) -> Chosen:
    """Return the task that `text` names, in a family that has room for it.

    With a `family` its members can play the task: a generated one is one of their own worlds, and one of the
    playground is told as they were told theirs, in a level of any size.

    Raises UnknownTaskError for a word that means no task, `TaskError` for a task that is not valid or has no room,
    FormatError or OSError for a file that cannot be read.
    """
    if text.endswith(ENDINGS):
        return _of_file(Path(text), family)
    world, *which = text.split(":")
    if world in families.names() and len(which) < 3:
        return _generated(text, world, which, family)
    if text in suites.probe_names():
        return _of_playground(text, suites.probe(text), family, suites.probe_about(text))
    raise UnknownTaskError(f"{text}: {_no_task(text)}")


def catalogue(world: str, suite: str, count: int = LISTED) -> list[Chosen]:
    """Return the tasks of a suite: all probes, or the first `count` of another suite.

    Raises UnknownTaskError for an unknown world or suite.
    """
    if world not in families.names():
        raise UnknownTaskError(f"unknown world {world!r}, known are {', '.join(families.names())}")
    if (world, suite) == (PLAYGROUND, PROBES):
        return [find(name) for name in suites.probe_names()]
    family = families.make(world)
    rows = _suite(family, suite, count, suite)
    return [Chosen(f"{world}:{suite}:{number}", family, row) for number, row in enumerate(rows)]


def means_task(text: str) -> bool:
    """Return whether `text` means a task, not a run or a replay; files of both kinds are told by their ending.

    Raises UnknownTaskError if it means nothing, or both a task and a file.
    """
    is_name = text.split(":")[0] in families.names() or text in suites.probe_names()
    exists = Path(text).exists()
    if is_name and exists:
        raise UnknownTaskError(
            f"{text}: is a task and a file here: write ./{text} for the file, or go elsewhere"
        )
    if not is_name and not exists:
        raise UnknownTaskError(f"{text}: no such file or folder, and {_no_task(text)}")
    return is_name or text.endswith(ENDINGS)


def _no_task(text: str) -> str:
    """Say that `text` names no task, and which names come near."""
    names = [*suites.probe_names(), *(f"{name}:0" for name in families.names())]
    near = get_close_matches(text[:100], names, n=3)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return f"no task has this name; {meant}see: {door()} list tasks"


def _generated(text: str, world: str, which: list[str], family: Family | None) -> Chosen:
    """`WORLD:SEED`, or `WORLD:SUITE:NUMBER`."""
    _check_world(text, world, family)
    number = which[-1] if which else "0"
    if not (number.isascii() and number.isdigit() and len(number) <= _DIGITS):
        raise UnknownTaskError(
            f"{text}: {number!r} is not a number of up to {_DIGITS} digits; write {world}:7"
        )
    family = family or families.make(world)
    if len(which) < 2:
        key = rng.key("ratchet", "task", int(number))
        return Chosen(text, family, family.space.sample(key, 1)[0])
    if int(number) >= _PLACES:
        raise UnknownTaskError(f"{text}: the last number that can be asked for is {_PLACES - 1}")
    return Chosen(text, family, _suite(family, which[0], int(number) + 1, text)[-1])


def _suite(family: Family, suite: str, count: int, text: str) -> np.ndarray:
    try:
        return family.space.suite(suite, count)
    except ValueError as wrong:
        raise UnknownTaskError(f"{text}: {wrong}") from None


def _of_file(path: Path, family: Family | None) -> Chosen:
    """A file says in which world its task is played, or holds a task of the playground as a probe does."""
    if path.suffix == ".json":
        found = formats.read_json(path, limits.JSON_BYTES)
    else:
        found = probe_file.read_value(formats.read_bytes(path, limits.YAML_BYTES), str(path))
    try:
        if not isinstance(found, dict) or "world" not in found:
            return _of_playground(str(path), probe_file.read_task(found), family)
        return _wrapped(str(path), found, family)
    except TaskError as wrong:
        raise TaskError(f"{path}: {wrong.field}", wrong.found, wrong.allowed) from None


def _wrapped(name: str, found: dict[str, Any], family: Family | None) -> Chosen:
    for field in found:
        if field not in _WRAPPED:
            raise TaskError("task file", field, f"are the fields {', '.join(_WRAPPED)}")
    world, settings = found["world"], found.get("settings", {})
    if world not in families.names():
        raise TaskError("world", world, f"are {', '.join(families.names())}")
    _check_world(name, world, family)
    if family is None:
        try:
            family = families.make(world, **settings)
        except (TypeError, ValueError) as wrong:
            raise UnknownTaskError(f"{name}: settings: {wrong}") from None
    return Chosen(name, family, family.space.from_json(found.get("task")))


def _of_playground(name: str, task: Task, family: Family | None, about: str = "") -> Chosen:
    _check_world(name, PLAYGROUND, family)
    settings: dict[str, Any] = suites.settings_for(task)
    if family is not None:  # its members can read no other goals, rules and views
        told = {part: family.settings[part] for part in ("options", "rules", "view")}
        settings = {**family.settings, "presence": "all", **settings, **told}
    made = families.make(PLAYGROUND, **settings)
    return Chosen(name, made, made.space.from_json(to_json(task)), about)


def _check_world(text: str, world: str, family: Family | None) -> None:
    if family is not None and family.name != world:
        raise UnknownTaskError(
            f"{text}: is played in {world}, its co-players live in {family.name}"
        )
