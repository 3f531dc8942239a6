"""Derives a run's curriculum again from its log, and finds the first thing that is not as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from culture import checkpoint, identity
from culture.curriculum import ENTRY, FOLDER
from culture.files import RunError
from culture.setting import Setting, creators, prepare
from populations.creators.creator import (
    HOW_NAMES,
    NO_CHOICE,
    NO_PARENT,
    Creator,
    Outcomes,
    Proposal,
    hexadecimal,
    identities,
)
from populations.creators.each import Each
from populations.population_training import of_section
from populations.units import SIGNALS
from populations.workers import open_pool
from worlds import formats
from worlds.tables import read_table

# Of the columns of `Outcomes` that are no measurements.
KINDS: dict[str, type] = {"task": np.int32, "agent": np.int16, "member": np.int16}
KINDS |= {"steps": np.int32, "train": np.bool_}

Table = dict[str, np.ndarray]  # columns of the log of one generation; text as arrays of objects


class CurriculumError(RunError):
    """The log of a curriculum is missing, or what follows from it is not what was logged."""


@dataclass(frozen=True)
class Derived:
    """What came out as it was logged."""

    generations: int
    proposals: int
    tasks: int  # proposed, each as often as it was
    states: int  # of the creator, as the checkpoints hold them at the end of generations


def rederive(path: Path) -> Derived:
    """Makes the creator anew, tells it what was logged in order, and compares all that it proposes.

    It begins where the run began, so that no checkpoint is needed; where one is kept, the state of
    the creator must be the one in it. Raises CurriculumError at the first difference, DamagedError
    or FormatError for files that cannot be read.
    """
    info = identity.read(path)
    settings = identity.read_settings(path, info)
    proposals = tasks = states = 0
    with closing(open_pool(0)) as pool:
        setting = prepare(settings, pool, lambda event: None)
        creator = creators(setting)["culture"]
        lives = info["generations"] if settings.culture.mode == "train_time" else 1
        for generation in range(min(lives, info["generations"])):
            if generation:
                creator.graduate()
            made, rows = _generation(setting, creator, path, generation)
            proposals, tasks = proposals + made, tasks + rows
            states += _same_state(creator, path, generation)
    return Derived(min(lives, info["generations"]), proposals, tasks, states)


def facts(path: Path, problems: Sequence[str] = ()) -> dict[str, Any]:
    """The same for `ratchet inspect`: what agrees, or one more of its `problems`."""
    try:
        found = rederive(path)
    except CurriculumError as problem:
        return {"curriculum": "not derived again", "problems": [*problems, str(problem)]}
    told = f"{found.proposals} proposals of {found.tasks} tasks in {found.generations} generations"
    return {"curriculum": f"{told} derived again bit for bit, and {found.states} states"}


def _generation(setting: Setting, creator: Creator, path: Path, generation: int) -> tuple[int, int]:
    """Derives a generation; -> proposals and tasks."""
    told = _read(path, generation)
    copies = _copies(path, generation) if isinstance(creator, Each) else {}
    ends = np.flatnonzero(np.diff(told["proposal"])) + 1
    tasks = 0
    for number, entries in enumerate(np.split(np.arange(len(told["proposal"])), ends)):
        one = {name: column[entries] for name, column in told.items()}
        count = int(one["place"].max()) + 1
        proposal = creator.propose(count)
        where = f"{path}: generation {generation}, proposal {number}"
        if int(one["proposal"][0]) != number:
            raise CurriculumError(f"{where}: is not in the log")
        _compare(setting.family.name, proposal, one, where)
        creator.observe(_outcomes(proposal, one))
        for child, parent, values in copies.get(number + 1, ()):
            creator.inherit(child, parent, values)  # type: ignore[attr-defined]
        tasks += count
    return number + 1, tasks


def _read(path: Path, generation: int) -> Table:
    """The log of a generation, with the row of each task in every entry."""
    folder = path / FOLDER
    names = sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []
    files = [folder / name for name in names if formats.generation_of(name) == generation]
    if not files:
        raise CurriculumError(
            f"{path}: has no log of generation {generation}: it was run with run.curriculum=false"
        )
    parts = []
    for file in files:
        table: dict[str, Any] = read_table(file, FOLDER)
        known: dict[str, list[int]] = {}
        for task, row in zip(table["task"], table["row"], strict=True):
            if row:
                known[task] = row
            elif task not in known:
                raise CurriculumError(f"{file}: does not tell of task {task} what it is")
        table["row"] = np.array([known[task] for task in table["task"]], np.int16)
        parts.append({name: np.asarray(column) for name, column in table.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _compare(world: str, proposal: Proposal, told: Table, where: str) -> None:
    """Raises CurriculumError for the first row that is not as logged."""
    at, rows = told["place"], proposal.rows
    wishes = proposal.company
    company = np.full(len(rows), NO_CHOICE, np.uint64) if wishes is None else wishes
    derived = {
        "row": rows,
        "task": np.array(hexadecimal(identities(world, rows))),
        "how": np.array([HOW_NAMES[how] for how in proposal.how.tolist()]),
        "parent": np.array(hexadecimal(proposal.parents, NO_PARENT)),
        "train": proposal.train.astype(np.int64),
        "company": np.array(hexadecimal(company, NO_CHOICE)),
        "control": np.full(len(rows), int(proposal.control)),
    }
    for name, column in derived.items():
        differs = column[at] != told[name]
        differs = differs.any(1) if differs.ndim > 1 else differs
        if differs.any():
            first = int(np.flatnonzero(differs)[0])
            place = int(at[first])
            raise CurriculumError(
                f"{where}, row {place}: {name} was logged as {_shown(told[name][first])}, "
                f"the creator proposes {_shown(column[place])}: the log was changed, or this "
                "machine computes other last bits"
            )


def _outcomes(proposal: Proposal, told: Table) -> Outcomes:
    """The entries as the creator was told them."""
    columns: dict[str, np.ndarray] = {
        field: told[name].astype(KINDS.get(field, np.float32)) for name, field in ENTRY.items()
    }
    return Outcomes(
        proposal,
        roster=np.array([int(digits, 16) for digits in told["roster"]], np.uint64),
        signals={name: told[name] for name in SIGNALS},
        **columns,
    )


def _copies(path: Path, generation: int) -> dict[int, list[tuple[int, int, dict[str, float]]]]:
    """What creators of members took over from each other: iterations lived -> child, parent, settings."""
    table: dict[str, Any] = read_table(
        path / "lineage" / f"{formats.generation_name(generation)}.parquet", "lineage"
    )
    name = re.compile(f"g{generation}_m([0-9]+)")
    found: dict[int, list[tuple[int, int, dict[str, float]]]] = {}
    for iteration, child, parents, changes in zip(
        *(table[column] for column in ("iteration", "member", "parents", "changes")), strict=True
    ):
        young = name.fullmatch(child)
        elder = name.fullmatch(parents[0]) if iteration and parents else None
        if young and elder:
            after = tuple(json.loads(changes)["after"].items())
            values = dict(of_section("creator", after))
            found.setdefault(int(iteration), []).append((int(young[1]), int(elder[1]), values))
    return found


def _same_state(creator: Creator, path: Path, generation: int) -> int:
    """1 if the checkpoint of the generation holds this state, 0 if there is none any more."""
    file = path / checkpoint.name_of(generation) / "state.safetensors"
    if not file.exists():
        return 0
    kept, start = formats.read_tensors(file), "creators/culture/"
    for name, array in creator.state().items():
        saved = kept.get(f"{start}{name}")
        if saved is None or saved.shape != array.shape or saved.tobytes() != array.tobytes():
            raise CurriculumError(
                f"{file}: {name} of the creator is not what follows from the log of generation "
                f"{generation}: the log was changed, or this machine computes other last bits"
            )
    return 1


def _shown(value: Any) -> str:
    return str(value.tolist()) if isinstance(value, np.ndarray) else str(value) or "none"
