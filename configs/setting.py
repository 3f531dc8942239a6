"""What is said about one setting, and how a field of a section says it."""

from dataclasses import dataclass, field
from typing import Any

KEY = "setting"  # where a field's metadata holds its Setting


@dataclass(frozen=True)
class Setting:
    """What is said about one setting; `low` and `high` are allowed, but `low` not if `open`."""

    default: bool | int | float | str
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    open: bool = False
    choices: tuple[int | str, ...] = ()
    source: str = ""
    resumable: bool = False


def setting(default: bool | int | float | str, help: str, *about: Any, **more: Any) -> Any:
    """A dataclass field with `default` that carries a `Setting` made of all arguments."""
    return field(default=default, metadata={KEY: Setting(default, help, *about, **more)})
