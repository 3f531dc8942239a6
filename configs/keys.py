"""The key paths of the schema, what is said about each, and which one a mistyped key meant."""

import difflib
from dataclasses import fields, is_dataclass
from typing import Any

from configs.schema import Settings
from configs.setting import KEY, Setting

LONGEST = 100  # letters of a key that are compared


def flat(settings: Any, prefix: str = "") -> dict[str, Any]:
    """Key path -> value of every setting, in the order of the schema."""
    values: dict[str, Any] = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        path = prefix + field.name
        if is_dataclass(value):
            values.update(flat(value, path + "."))
        else:
            values[path] = value
    return values


def children(section: str) -> list[str]:
    """Names directly below `section` ("" is the top), sorted."""
    start = f"{section}." if section else ""
    paths = [*SETTINGS, *SECTIONS]
    return sorted(
        p[len(start) :] for p in paths if p.startswith(start) and "." not in p[len(start) :]
    )


def suggestion(key: str) -> str | None:
    """The known key path that `key` was most likely meant to be, or None."""
    key = key[-LONGEST:]
    last = key.rpartition(".")[2]
    paths = [*SETTINGS, *SECTIONS]
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(path.rpartition(".")[2], []).append(path)
    if last in by_name:
        return _nearest(key, by_name[last])
    initials = [p for p in SETTINGS if _initials(p) == last]  # lr for learning_rate
    if initials:
        return _nearest(key, initials)
    close = difflib.get_close_matches(key, paths, n=1, cutoff=0.8)
    if close:
        return close[0]
    names = difflib.get_close_matches(last, list(by_name), n=1, cutoff=0.7)
    return _nearest(key, by_name[names[0]]) if names else None


def _nearest(key: str, paths: list[str]) -> str:
    return max(paths, key=lambda path: difflib.SequenceMatcher(None, key, path).ratio())


def _initials(path: str) -> str:
    words = path.rpartition(".")[2].split("_")
    return "".join(word[0] for word in words) if len(words) > 1 else ""


def _collect(
    schema: Any, prefix: str, settings: dict[str, Setting], sections: dict[str, str]
) -> None:
    for field in fields(schema):
        path = prefix + field.name
        if is_dataclass(field.default):
            sections[path] = (type(field.default).__doc__ or "").strip()
            _collect(field.default, path + ".", settings, sections)
        else:
            settings[path] = field.metadata[KEY]


SETTINGS: dict[str, Setting] = {}  # key path -> what is said about it, in the order of the schema
SECTIONS: dict[str, str] = {}  # key path of each section -> its one sentence
_collect(Settings(), "", SETTINGS, SECTIONS)
