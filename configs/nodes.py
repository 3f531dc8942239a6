"""What a YAML text says before its meaning is known: scalars, mappings, lists, with lines."""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Scalar:
    """One value as it was written; `refused` says why it may not stand there at all."""

    text: str
    quoted: bool = False
    line: int = 0
    refused: str = ""

    @property
    def null(self) -> bool:
        """True for what YAML takes as no value."""
        return not self.quoted and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True)
class Mapping:
    """Keys and values in the order of the file; a key may stand there twice."""

    entries: list[tuple[Scalar, "Node"]] = field(default_factory=list)
    line: int = 0
    refused: str = ""


@dataclass(frozen=True)
class Items:
    """A list."""

    nodes: list["Node"] = field(default_factory=list)
    line: int = 0
    refused: str = ""


Node: TypeAlias = Scalar | Mapping | Items
