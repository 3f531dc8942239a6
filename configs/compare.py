"""Whether two settings describe the same experiment, and in what they differ."""

import hashlib
import json

from configs.keys import SETTINGS, flat
from configs.problems import masked
from configs.schema import Settings

# Where a run lies says nothing about what it is, and depends on the caller.
NOT_IDENTITY = "run.dir"


def digest(settings: Settings) -> str:
    """SHA-256 (64 hex digits) over the settings that shape results, so not over resumable ones."""
    values = {key: value for key, value in flat(settings).items() if _shapes(key)}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def difference(a: Settings, b: Settings) -> list[str]:
    """One line per differing setting, in the order of the schema: `world.size: 5 -> 7`."""
    before, after = flat(a), flat(b)
    return [
        f"{key}: {_shown(before[key])} -> {_shown(after[key])}"
        for key in SETTINGS
        if before[key] != after[key]
    ]


def only_resumable(a: Settings, b: Settings) -> bool:
    """True if a run of `a` may go on as `b`: all that differs is resumable or `run.dir`."""
    before, after = flat(a), flat(b)
    return all(before[key] == after[key] for key in SETTINGS if _shapes(key))


def _shapes(key: str) -> bool:
    return not SETTINGS[key].resumable and key != NOT_IDENTITY


def _shown(value: bool | int | float | str) -> str:
    return json.dumps(masked(value) if isinstance(value, str) else value, ensure_ascii=False)
