"""The typed walk: every value of one source against the schema, all problems collected."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from configs import limits
from configs.keys import SECTIONS, SETTINGS, children, suggestion
from configs.nodes import Mapping, Node, Scalar
from configs.problems import Problem, clip
from configs.references import MARK, Given, refusal
from configs.scalars import expected, read


@dataclass
class Reading:
    """What one source says: settings by key path, problems in order, keys that are wrong."""

    file: Path | None = None  # None: shipped, or no file
    given: dict[str, Given] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)

    def refuse(self, where: str, key: str, text: str) -> None:
        """Notes a problem of `key`."""
        self.problems.append(Problem(where, clip(key), text))
        self.wrong.add(key)

    @property
    def folder(self) -> Path:
        """What its relative paths start from: the folder of its file, else the caller's."""
        return Path() if self.file is None else self.file.parent

    @property
    def full(self) -> bool:
        """True once there are as many problems as are ever shown."""
        return len(self.problems) > limits.SETTINGS_PROBLEMS


def walk(
    section: str, mapping: Mapping, reading: Reading, place: Callable[[int], str], trusted: bool
) -> None:
    """Adds to `reading` what `mapping` says of `section`; "" is the top, `place` names a line."""
    lines: dict[str, int] = {}
    for name, node in mapping.entries:
        if reading.full:
            return
        key = f"{section}.{name.text}" if section else name.text
        where = place(name.line)
        if name.refused or not name.text:
            reading.refuse(where, section, name.refused or "a key is empty")
            continue
        if name.text in lines:
            reading.refuse(where, key, f"given twice (first on line {lines[name.text]})")
        lines.setdefault(name.text, name.line)
        if "." in name.text:
            reading.refuse(
                where, key, "dots join keys on the command line only. Nest the keys in a file"
            )
        elif node.refused:
            reading.refuse(where, key, node.refused)
        elif key in SECTIONS and isinstance(node, Mapping):
            walk(key, node, reading, place, trusted)
        else:
            leaf(key, node, reading, where, trusted)


def leaf(key: str, node: Node, reading: Reading, where: str, trusted: bool) -> None:
    """Adds to `reading` what `node` says of the setting `key`."""
    if key in SECTIONS:
        reading.refuse(
            where, key, f"{_shown(node)} is not a section. Its keys: {', '.join(children(key))}"
        )
    elif key not in SETTINGS:
        reading.refuse(where, key, unknown(key))
    elif not isinstance(node, Scalar):
        reading.refuse(where, key, f"{_shown(node)} is not {expected(SETTINGS[key])}")
    elif MARK in node.text:
        if text := refusal(node.text, trusted):
            reading.refuse(where, key, text)
        else:
            reading.given[key] = Given(where, SETTINGS[key].default, pending=node.text)
    else:
        try:
            reading.given[key] = Given(where, read(SETTINGS[key], node))
        except ValueError as error:
            reading.refuse(where, key, str(error))


def unknown(key: str) -> str:
    """What is said of a key the schema does not know."""
    section = key.rpartition(".")[0]
    while section and section not in SECTIONS:
        section = section.rpartition(".")[0]
    near = suggestion(key)
    cure = f" Did you mean {near}?" if near else ""
    return f"unknown key.{cure}  known: {', '.join(children(section))}"


def _shown(node: Node) -> str:
    if isinstance(node, Scalar):
        return "null" if node.null else clip(node.text) or '""'
    return "a section" if isinstance(node, Mapping) else "a list"
