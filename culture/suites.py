"""The fixed lists of tasks that members are measured on, each with the family that plays it."""

from __future__ import annotations

import numpy as np

from culture.families import family_of_probe
from culture.setting import Setting, heldout_rows
from worlds.family import Family
from worlds.formats import FormatError

SUITES = {"goal_sequence": ("heldout",), "playground": ("heldout", "probes")}


def suite_of(setting: Setting, name: str) -> list[tuple[Family, np.ndarray]]:
    """Rows [K, width] of a suite by the family that plays them; FormatError if there is no such suite."""
    world = setting.settings.world.name
    if name not in SUITES[world]:
        known = ", ".join(SUITES[world])
        raise FormatError(f"{name!r} is not a suite of {world}; known: {known}")
    if name == "heldout":
        return [(setting.family, heldout_rows(setting.family, setting.settings))]
    from worlds.playground.suites import probe_names

    return [family_of_probe(setting.settings, probe) for probe in probe_names()]
