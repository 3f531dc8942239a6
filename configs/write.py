"""Settings as YAML that people read and `load` takes back, each with its meaning above it."""

from dataclasses import asdict, fields, is_dataclass
from typing import Any

from configs.keys import SECTIONS, SETTINGS
from configs.problems import masked
from configs.scalars import Value, kind, span, spell
from configs.schema import Settings
from configs.setting import Setting

ESCAPES = {'"': '\\"', "\\": "\\\\"}


def to_dict(settings: Settings) -> dict[str, Any]:
    """Nested dictionary of plain values."""
    return asdict(settings)


def to_yaml(settings: Settings, comments: bool = True) -> str:
    """YAML that loads back to equal settings, save that user and password in a URI are masked."""
    lines: list[str] = []
    _write(settings, "", lines, comments)
    return "\n".join(lines).lstrip("\n") + "\n"


def about(setting: Setting) -> str:
    """What may stand there, in one line: `float, > 0, per update; 0..1; default 0.001`."""
    choices = ", ".join(map(str, setting.choices))
    parts = [
        kind(setting),
        span(setting),
        choices and f"one of {choices}",
        f"default {scalar(setting.default)}",
        setting.source,
        setting.resumable and "may change on resume",
    ]
    return "; ".join(part for part in parts if part)


def scalar(value: Value) -> str:
    """One value as it stands in YAML; text always in double quotes."""
    if not isinstance(value, str):
        return spell(value)
    return '"' + "".join(ESCAPES.get(letter, letter) for letter in masked(value)) + '"'


def _write(section: Any, prefix: str, lines: list[str], comments: bool) -> None:
    indent = "  " * prefix.count(".")
    for field in fields(section):
        key, value = prefix + field.name, getattr(section, field.name)
        if is_dataclass(value):
            lines += ["", f"# {SECTIONS[key]}"] if comments else []
            lines.append(f"{indent}{field.name}:")
            _write(value, key + ".", lines, comments)
            continue
        if comments:
            setting = SETTINGS[key]
            lines += [f"{indent}# {setting.help}", f"{indent}#   {about(setting)}"]
        lines.append(f"{indent}{field.name}: {scalar(value)}")
