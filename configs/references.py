"""`${key.path}` in a value: what is allowed, and the values that take its place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from configs import limits
from configs.keys import SECTIONS, SETTINGS, suggestion
from configs.nodes import Scalar
from configs.problems import clip
from configs.scalars import Value, read, spell

MARK = "${"
REFERENCE = re.compile(r"\$\{([^${}]*)\}")
PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


@dataclass(frozen=True)
class Given:
    """What a source says of one setting: a value, or text whose references will give it."""

    where: str
    value: Value
    pending: str = ""


def refusal(text: str, trusted: bool) -> str:
    """Why `text` with references may not stand, or "" if each names a setting."""
    if not trusted:
        return (
            f"{clip(text)}: references are allowed only in files you name yourself. Write the value"
        )
    if len(text) > limits.REFERENCE_LENGTH:
        return (
            f"too long: {len(text):,} letters with references; at most {limits.REFERENCE_LENGTH:,}"
        )
    if MARK in REFERENCE.sub("", text):
        return f"{clip(text)} has an open or nested reference. Write ${{key.path}}"
    for path in REFERENCE.findall(text):
        shown = f"${{{clip(path)}}}"
        if ":" in path:
            return f"{shown} asks a resolver; only ${{key.path}} is allowed. Write the value"
        if path in SECTIONS:
            return f"{shown} is a section. Name one setting in it"
        if path not in SETTINGS or not PATH.fullmatch(path):
            near = suggestion(path)
            return f"{shown} names no setting." + (f" Did you mean {near}?" if near else "")
    return ""


class Resolver:
    """Replaces references by values; those in `given` must name settings (see `refusal`)."""

    def __init__(self, given: Mapping[str, Given]) -> None:
        self._given = given
        self._values: dict[str, Value] = {}

    def value(self, key: str, chain: tuple[str, ...] = ()) -> Value:
        """The value of `key`; raises ValueError for a circle, a long chain or a wrong value."""
        if key in self._values:
            return self._values[key]
        if key in chain:
            raise ValueError(f"refers to itself: {' -> '.join([*chain[chain.index(key) :], key])}")
        if len(chain) > limits.REFERENCE_DEPTH:
            raise ValueError(f"refers through more than {limits.REFERENCE_DEPTH} others")
        setting, given = SETTINGS[key], self._given.get(key)
        if given is None:
            return setting.default
        if given.pending:
            text = self._filled(given.pending, (*chain, key))
            value = read(setting, Scalar(text, quoted=isinstance(setting.default, str)))
        else:
            value = given.value
        self._values[key] = value
        return value

    def _filled(self, text: str, chain: tuple[str, ...]) -> str:
        parts: list[str] = []
        size = end = 0
        for match in REFERENCE.finditer(text):
            parts += [text[end : match.start()], spell(self.value(match[1], chain))]
            end = match.end()
            size += len(parts[-2]) + len(parts[-1])
            if size > limits.REFERENCE_LENGTH:
                raise ValueError(f"grows beyond {limits.REFERENCE_LENGTH:,} letters")
        return "".join([*parts, text[end:]])
