"""Settings of the sequence families that are whole numbers within limits."""

from typing import Any

import numpy as np


def check_ranges(settings: dict[str, Any], limits: dict[str, tuple[int, int]]) -> None:
    """Raises ValueError for the first setting that is no whole number within its limits."""
    for name, (low, high) in limits.items():
        value = settings[name]
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise ValueError(f"{name} is {value!r}, allowed are whole numbers {low}..{high}")
        if not low <= value <= high:
            raise ValueError(f"{name} is {value}, allowed are {low}..{high}")


def checked_key(name: str, key: Any) -> int | None:
    """A key as settings keep it: 63 bits fit the integers of JSON and Parquet. Raises ValueError."""
    if key is None:
        return None
    if isinstance(key, bool) or not isinstance(key, int):
        raise ValueError(f"{name} is {key!r}, allowed are None and whole numbers")
    return key & (2**63 - 1)
