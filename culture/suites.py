"""The fixed lists of tasks that members are measured on, each part with the family that plays it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from culture.setting import Setting, heldout_rows
from worlds.family import NO_ACTION, Family
from worlds.formats import FormatError
from worlds.from_settings import family_of_probe


class Part(NamedTuple):
    """Tasks of a suite that are played in one family."""

    family: Family
    rows: np.ndarray  # [K, width] int16
    proven: np.ndarray  # [Q, K, N] returns of one trial that scripts of the tasks earn


def suite_of(setting: Setting, name: str) -> list[Part]:
    """The parts of a suite; FormatError if the world has none of that name."""
    world, family = setting.settings.world.name, setting.family
    if name not in family.space.suites:
        known = ", ".join(family.space.suites)
        raise FormatError(f"{name!r} is not a suite of {world}; known: {known}")
    if name == "heldout":
        rows = heldout_rows(family, setting.settings)
        return [Part(family, rows, np.zeros((0, len(rows), family.num_agents)))]
    from worlds.playground.suites import probe_names

    return [_probe(setting, probe) for probe in probe_names()]


def _probe(setting: Setting, name: str) -> Part:
    from worlds.playground.suites import probe_scripts

    family, rows = family_of_probe(setting.settings, name)
    earned = [_returns(family, rows, script.actions) for script in probe_scripts(name)]
    return Part(family, rows, np.stack(earned))


def _returns(family: Family, rows: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """[1, N] the most that actions [T, N] earn in one trial, if everybody waits after them.

    Trials restart the world: what can be earned in one of them can be in the last one, too.
    """
    state = family.state(1)
    family.reset(state, rows)
    wait = np.full((family.horizon - len(actions), family.num_agents), NO_ACTION, np.int8)
    for moves in np.concatenate([actions, wait]):
        family.step(state, moves[None])
    return state.trial_returns.max(-1) / 1000
