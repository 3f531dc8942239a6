"""What each setting means, for people (`help_for`) and for programs (`schema_json`)."""

from typing import Any

from configs.keys import SECTIONS, SETTINGS, children
from configs.problems import COMMAND_LINE, Problem, SettingsError
from configs.schema import Settings
from configs.setting import Setting
from configs.walk import unknown
from configs.write import about

TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def help_for(key: str = "") -> str:
    """Lines about a setting, or a line per setting of a section ("" is the top).

    Raises SettingsError for an unknown key.
    """
    if key in SETTINGS:
        return "\n".join([key, f"  {SETTINGS[key].help}", f"  {about(SETTINGS[key])}"])
    if key and key not in SECTIONS:
        raise SettingsError([Problem(COMMAND_LINE, key, unknown(key))])
    prefix = f"{key}." if key else ""
    keys = [prefix + name for name in children(key)]
    width = max(map(len, keys))
    lines = [f"{key}: {SECTIONS[key]}"] if key else [str(Settings.__doc__)]
    for path in keys:
        text = (
            SECTIONS[path]
            if path in SECTIONS
            else f"{SETTINGS[path].help} [{about(SETTINGS[path])}]"
        )
        lines.append(f"  {path:{width}}  {text}")
    return "\n".join(lines)


def schema_json() -> dict[str, Any]:
    """The schema as a JSON Schema document (draft 2020-12), ready for `json.dumps`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "format": 1,
        "title": "Ratchet settings",
        **_section(""),
    }


def _section(section: str) -> dict[str, Any]:
    prefix = f"{section}." if section else ""
    order = [*SETTINGS, *SECTIONS]
    keys = sorted((prefix + name for name in children(section)), key=order.index)
    return {
        "type": "object",
        "description": SECTIONS.get(section, Settings.__doc__),
        "additionalProperties": False,
        "properties": {
            key.removeprefix(prefix): _section(key) if key in SECTIONS else _leaf(SETTINGS[key])
            for key in keys
        },
    }


def _leaf(setting: Setting) -> dict[str, Any]:
    said = {
        "type": TYPES[type(setting.default)],
        "description": setting.help,
        "default": setting.default,
        "exclusiveMinimum" if setting.open else "minimum": setting.low,
        "maximum": setting.high,
        "enum": list(setting.choices) or None,
        "x-unit": setting.unit or None,
        "x-source": setting.source or None,
        "x-resumable": setting.resumable or None,
    }
    return {name: value for name, value in said.items() if value is not None}
