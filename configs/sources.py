"""Where settings come from: shipped files, files by path, what they extend, the command line."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import resources
from pathlib import Path

from configs import limits
from configs.nodes import Items, Mapping, Node, Scalar
from configs.parse import parse, parse_text
from configs.problems import COMMAND_LINE, Problem, clip
from configs.walk import Reading, leaf, walk

EXTENDS = "extends"
PATH = 4096  # letters of a path that are shown, as many as Linux allows
ENDINGS = (".yaml", ".yml")
MARKED = ("'", '"', "{", "[", "&", "*", "!", "|", ">", "%", "@", "`")  # not plain text to YAML


FOLDERS = ("", "creators/")  # of shipped files; those of a folder say one section only


def shipped() -> list[str]:
    """Names of the settings files that come with us: experiments, then what is stacked over them; sorted."""
    return [
        f"{folder}{name.removesuffix('.yaml')}"
        for folder in FOLDERS
        for name in sorted(path.name for path in (resources.files("configs") / folder).iterdir())
        if name.endswith(".yaml")
    ]


def is_path(source: str | Path) -> bool:
    """True if `source` names a file by path rather than a shipped one, which comes first."""
    if isinstance(source, Path):
        return True
    return (
        os.sep in source or "/" in source or source.endswith(ENDINGS)
    ) and source not in shipped()


def read_overrides(overrides: Sequence[str], trusted: bool) -> Reading:
    """What KEY=VALUE arguments say."""
    reading = Reading()
    first: dict[str, str] = {}
    for number, argument in enumerate(overrides):
        key, equals, text = argument.partition("=")
        if number == limits.SETTINGS_OVERRIDES:
            reading.refuse(COMMAND_LINE, "", f"more than {limits.SETTINGS_OVERRIDES:,} settings")
        if number >= limits.SETTINGS_OVERRIDES or reading.full:
            break
        if not equals:
            reading.refuse(COMMAND_LINE, key, "has no value. Write KEY=VALUE")
        elif not all(key.split(".")):
            reading.refuse(COMMAND_LINE, key, "has an empty part. Write section.key=VALUE")
        elif key in first:
            reading.refuse(COMMAND_LINE, key, f"given twice (first as {clip(first[key])})")
        elif len(argument) > limits.SETTINGS_OVERRIDE:
            reading.refuse(
                COMMAND_LINE, key, f"too long: at most {limits.SETTINGS_OVERRIDE:,} letters"
            )
        else:
            first[key] = argument
            _override(key, text, reading, trusted)
    return reading


@dataclass
class Files:
    """What files and all they extend say; `text` is what stands in those that are not shipped themselves."""

    trusted: bool
    told: list[Reading] = field(default_factory=list)  # in the order their problems are told
    stacked: list[Reading] = field(default_factory=list)  # later ones win
    notices: list[str] = field(default_factory=list)
    text: str = ""

    def add(self, source: str | Path) -> None:
        """Reads `source`, a shipped name or a path relative to the caller."""
        asker = Reading()
        self.told.append(asker)
        self._add(source, Path(), (), _Asked(COMMAND_LINE, "", asker))

    def _add(
        self, source: str | Path, folder: Path | None, chain: tuple[str, ...], asked: "_Asked"
    ) -> None:
        if len(self.told) > limits.SETTINGS_FILES:
            return asked.refuse(f"more than {limits.SETTINGS_FILES} files")
        try:
            found = _find(source, folder)
        except ValueError as error:
            return asked.refuse(str(error))
        if found.identity in chain:
            return asked.refuse(f"{clip(str(source), PATH)} extends itself")
        reading = Reading(found.file)
        self.told.append(reading)
        root = parse(found.data, found.name)
        if not chain and found.file is not None:
            # Of bytes that are no text, `parse` tells.
            self.text += "---\n" * bool(self.text) + found.data.decode("utf-8", "replace")
        if isinstance(root, Problem):
            reading.problems.append(root)
        elif root is None:
            self.notices.append(f"{found.name} is empty: every setting keeps its default")
        elif isinstance(root, Mapping) and not root.refused:
            self._extend(root, found, (*chain, found.identity), reading)
            rest = [(key, node) for key, node in root.entries if key.text != EXTENDS]
            walk("", Mapping(rest), reading, lambda line: f"{found.name}:{line}", self.trusted)
        else:
            what = "a list" if isinstance(root, Items) else "text"
            text = root.refused or f"{what}, not settings. Write KEY: VALUE"
            reading.refuse(f"{found.name}:{root.line}", "", text)
        self.stacked.append(reading)

    def _extend(
        self, root: Mapping, found: "_Found", chain: tuple[str, ...], reading: Reading
    ) -> None:
        asked = [(key.line, node) for key, node in root.entries if key.text == EXTENDS]
        for place, (line, node) in enumerate(asked):
            where = _Asked(f"{found.name}:{line}", EXTENDS, reading)
            names = node.nodes if isinstance(node, Items) else [node]
            if place:
                where.refuse(f"given twice (first on line {asked[0][0]})")
            elif not self.trusted:
                where.refuse("is allowed only in files you name yourself")
            elif node.refused or any(item.refused for item in names):
                where.refuse(next(n.refused for n in (node, *names) if n.refused))
            elif not all(isinstance(item, Scalar) and item.text for item in names):
                where.refuse("must be a name, a path, or a list of these: [in_weights, cluster]")
            else:
                for item in names:
                    if isinstance(item, Scalar) and not reading.full:
                        folder = None if found.file is None else reading.folder
                        self._add(item.text, folder, chain, where)


@dataclass(frozen=True)
class _Asked:
    """Who asked for a file, and so is told if there is none."""

    where: str
    key: str
    reading: Reading

    def refuse(self, text: str) -> None:
        self.reading.refuse(self.where, self.key, text)


@dataclass(frozen=True)
class _Found:
    """A file: what it is, how it is shown, where it lies (None: shipped), content."""

    identity: str
    name: str
    file: Path | None
    data: bytes


def _find(source: str | Path, folder: Path | None) -> _Found:
    """The file that `source` means to one in `folder`; raises ValueError."""
    text = str(source)
    if is_path(source):
        if folder is None:
            raise ValueError(f"{clip(text)} is a path; shipped files extend shipped ones only")
        path = folder / text
        try:  # first, for Python 3.11 has no name for a loop of links in `resolve`
            data = _bytes(path)
        except ValueError as error:
            raise ValueError(f"{error}{_meant(text)}") from error
        return _Found(str(path.resolve()), clip(str(path), PATH), path, data)
    names = shipped()
    if text not in names:
        cure = _meant(text) or "."
        raise ValueError(f'"{clip(text)}" is not shipped{cure}  shipped: {", ".join(names)}')
    data = (resources.files("configs") / f"{text}.yaml").read_bytes()
    return _Found(text, f"configs/{text}.yaml", None, data)


def _meant(text: str) -> str:
    """The shipped name that is most like `text`, as a question; "" if none is."""
    near = get_close_matches(text[:100], shipped(), n=1, cutoff=0.75)
    return f". Did you mean {near[0]}?" if near else ""


def _bytes(path: Path) -> bytes:
    """At most one byte more than is allowed, of a regular file."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ValueError(f"{clip(str(path), PATH)}: not a file")
        with path.open("rb") as file:
            return file.read(limits.YAML_BYTES + 1)
    except OSError as error:
        raise ValueError(
            f"{clip(str(path), PATH)}: {(error.strerror or 'cannot be read').lower()}"
        ) from error


def _override(key: str, text: str, reading: Reading, trusted: bool) -> None:
    if key == EXTENDS:
        return reading.refuse(COMMAND_LINE, key, "stands in files only")
    node: Node | Problem | None
    marked = text.startswith(MARKED)
    node = parse_text(text, COMMAND_LINE) if marked else Scalar(text, quoted=not text)
    if node is None or isinstance(node, Problem):
        return reading.refuse(COMMAND_LINE, key, f"{clip(text)} cannot be read as YAML. Quote it")
    if isinstance(node, Mapping) and not node.refused:
        return reading.refuse(
            COMMAND_LINE, key, f"braces are not read here. Write {_dotted(key, node)}"
        )
    if node.refused:
        return reading.refuse(COMMAND_LINE, key, node.refused)
    leaf(key, node, reading, COMMAND_LINE, trusted)


def _dotted(key: str, mapping: Mapping) -> str:
    """What was meant by `key={name:value}`, where YAML wants a space after the colon."""
    if not mapping.entries:
        return f"{key}.KEY=VALUE"
    name, node = mapping.entries[0]
    first, _, second = name.text.partition(":")
    value = node.text if isinstance(node, Scalar) and node.text else second
    return clip(f"{key}.{first}={value or 'VALUE'}")
