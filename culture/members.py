"""Members of a finished or running run, read from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from configs import limits
from configs.load import load
from configs.schema import Settings
from populations.member import Member, check_card, network_for
from populations.networks import pack_named
from worlds import formats
from worlds.family import Family
from worlds.formats import FormatError
from worlds.tables import read_table


class Kept(NamedTuple):
    """A member on disk."""

    generation: int
    member: Member


def settings_of(run: Path, *overrides: str) -> Settings:
    """The settings of a run, and those typed now; raises FormatError for what is none."""
    if not (run / "run.json").exists():
        raise FormatError(f"{run}: is not a run folder (it has no run.json)")
    return load(run / "config.yaml", list(overrides), trusted=False)


def members_of(run: Path, family: Family, settings: Settings, wanted: str | None) -> list[Kept]:
    """Every member below `members/` (of that name), in order of generations and names.

    Raises FormatError if there is none, or one is damaged.
    """
    found, names = [], []
    for folder in sorted((run / "members").glob("g*")):
        generation = formats.generation_of(folder.name)
        if generation is None:
            continue
        for file in sorted(folder.glob("*.json")):
            names.append(file.stem)
            if wanted in (None, file.stem):
                found.append(Kept(generation, _member(file, family, settings)))
    if not found:
        known = ", ".join(names) or "none yet"
        raise FormatError(
            f"{run}: has no member {wanted!r}; known: {known}"
            if wanted
            else f"{run}: has no members yet"
        )
    return found


def bests_of(run: Path, members: list[Kept]) -> list[Kept]:
    """The best member of each generation, by its returns on validation tasks: the first of its lineage.

    Raises FormatError where the lineage names nobody of the `members`.
    """
    found = []
    for generation in sorted({kept.generation for kept in members}):
        file = run / "lineage" / f"{formats.generation_name(generation)}.parquet"
        mine = {kept.member.name: kept for kept in members if kept.generation == generation}
        first = next((name for name in read_table(file, "lineage")["member"] if name in mine), None)
        if first is None:
            raise FormatError(f"{file}: names no member of generation {generation}")
        found.append(mine[str(first)])
    return found


def _member(file: Path, family: Family, settings: Settings) -> Member:
    card = formats.read_json(file, limits.JSON_BYTES)
    try:
        check_card(card if isinstance(card, dict) else {}, family, settings.learner)
    except ValueError as problem:
        raise FormatError(f"{file}: {problem}") from None
    network = network_for(family, settings.learner)
    arrays = formats.read_tensors(file.with_suffix(".safetensors"))
    try:
        weights = pack_named(
            network, {name.removeprefix("weights/"): array for name, array in arrays.items()}
        )
    except ValueError as problem:
        raise FormatError(f"{file.with_suffix('.safetensors')}: {problem}") from None
    blank = np.zeros(0, np.float32)
    return Member(file.stem, weights, blank, blank)
