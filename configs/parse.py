"""Bytes or text to nodes, within limits; values stay text, nothing is built or looked up."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import yaml  # type: ignore[import-untyped]

from configs import limits
from configs.nodes import Items, Mapping, Node, Scalar
from configs.problems import Problem, clip

STANDARD = "tag:yaml.org,2002:"
TAG = "tag {} is not allowed. Write the plain value"
ANCHOR = "anchor &{} is not allowed. Write the value out"
ALIAS = "alias *{} is not allowed. Write the value out"


def parse(data: bytes, name: str) -> Node | Problem | None:
    """The nodes of one YAML document, what is wrong with it in `name`, or None if it is empty."""
    if len(data) > limits.YAML_BYTES:
        return Problem(name, "", f"too large: more than {limits.YAML_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Problem(name, "", f"not text: byte {error.start} is not UTF-8")
    return parse_text(text, name)


def parse_text(text: str, name: str) -> Node | Problem | None:
    """As `parse`, of text."""
    brackets = text.count("[") + text.count("{")
    if brackets > limits.YAML_BRACKETS:
        return Problem(
            name, "", f"too many brackets: {brackets:,}; at most {limits.YAML_BRACKETS:,}"
        )
    try:
        root = _build(yaml.parse(text, Loader=yaml.SafeLoader))
    except _Limit as limit:
        return Problem(f"{name}:{limit.line}", "", str(limit))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return Problem(f"{name}:{line}", "", f"not text: character U+{_code(error.character):04X}")
    except yaml.MarkedYAMLError as error:
        return _syntax(error, text, name)
    return None if isinstance(root, Scalar) and root.null and not root.refused else root


class _Limit(Exception):
    """The document is larger or deeper than allowed."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


def _build(events: Iterator[Any]) -> Node | None:
    """Nodes from parser events, without recursion; stops at the first limit."""
    root: Node | None = None
    open_nodes: list[Mapping | Items] = []
    keys: list[Scalar | None] = []  # of each open mapping, the key that waits for its value
    count = documents = 0
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _Limit("a second document begins. Keep one in a file", line)
        if isinstance(event, yaml.CollectionEndEvent):
            open_nodes.pop()
            keys.pop()
        if not isinstance(event, yaml.NodeEvent):
            continue
        count += 1
        if count > limits.YAML_NODES:
            raise _Limit(f"too many values: more than {limits.YAML_NODES:,}", line)
        node = _node(event, line)
        if not open_nodes:
            root = node
        elif isinstance(open_nodes[-1], Items):
            open_nodes[-1].nodes.append(node)
        elif (key := keys[-1]) is None:
            keys[-1] = (
                node
                if isinstance(node, Scalar)
                else Scalar("", line=line, refused="a key must be one word")
            )
        else:
            open_nodes[-1].entries.append((key, node))
            keys[-1] = None
        if not isinstance(node, Scalar):
            if len(open_nodes) == limits.YAML_DEPTH:
                raise _Limit(f"too deep: more than {limits.YAML_DEPTH} levels", line)
            open_nodes.append(node)
            keys.append(None)
    return root


def _node(event: Any, line: int) -> Node:
    if isinstance(event, yaml.AliasEvent):
        return Scalar("", line=line, refused=ALIAS.format(clip(event.anchor)))
    node: Node
    if isinstance(event, yaml.ScalarEvent):
        node = Scalar(event.value, quoted=event.style is not None, line=line)
    else:
        node = Mapping(line=line) if isinstance(event, yaml.MappingStartEvent) else Items(line=line)
    if event.tag is not None:
        return replace(node, refused=TAG.format(clip(event.tag.replace(STANDARD, "!!"))))
    if event.anchor is not None:
        return replace(node, refused=ANCHOR.format(clip(event.anchor)))
    return node


def _syntax(error: Any, text: str, name: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = f"{name}:{mark.line + 1}:{mark.column + 1}"
    line = text.splitlines()[mark.line] if mark.line < len(text.splitlines()) else ""
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent or line[mark.column : mark.column + 1] == "\t":
        return Problem(place, "", "found a tab. Use spaces")
    found = error.problem or error.context or "cannot be read"
    return Problem(place, "", f"not YAML: {clip(found)}")


def _code(character: Any) -> int:
    return ord(character) if isinstance(character, str) else int(character)
