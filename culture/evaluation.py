"""Members of one or several runs, measured again on one suite of tasks: the raw table of their returns."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configs.keys import flat
from culture.measuring import (
    SCRIPTS,
    episodes_of,
    evaluate_beside,
    focal_seats,
    known_returns,
    scripts_of,
)
from culture.measuring import evaluate as play
from culture.members import Kept, bests_of, members_of, settings_of
from culture.returns import ENDING, Returns, Who, check, load, save
from culture.setting import Setting, prepare
from culture.suites import Part, suite_of
from populations.member import Member, architecture
from populations.workers import Pool, open_pool
from worlds import formats
from worlds.family import identity
from worlds.formats import FormatError

POPULATION = "population"  # the company of the best members of all generations, one after the other
SCRIPT = -1  # the generation of a script
# Settings that runs must share to be compared; the last one unless all are given the same company.
ALIKE = ("world.", "playground.", "culture.mode", "evaluation.tasks", "evaluation.episodes")
OF_COMPANY = "evaluation.company"


@dataclass(frozen=True)
class Asked:
    """What is wanted of an evaluation; None: as in the settings of the run."""

    suite: str = "heldout"
    episodes: int | None = None
    member: str | None = None  # only this one of each run
    best: bool = False  # only the best of each generation
    company: str | None = None  # as evaluation.company, or POPULATION
    workers: int | None = None

    @property
    def overrides(self) -> tuple[str, ...]:
        """The settings of a run that are other for its evaluation."""
        company = None if self.company == POPULATION else self.company
        typed = {
            "evaluation.episodes": self.episodes,
            "evaluation.company": company,
            "workers": self.workers,
        }
        return tuple(f"{key}={value}" for key, value in typed.items() if value is not None)


@dataclass(frozen=True)
class Entrant:
    """A run that takes part."""

    path: Path
    setting: Setting
    measured: list[Kept]
    bests: list[Kept]  # of each generation, by validation tasks

    @property
    def architecture(self) -> dict[str, object]:
        """Of its members' networks."""
        return architecture(self.setting.family, self.setting.settings.learner)

    def check_beside(self, first: Entrant, meeting: bool) -> None:
        """FormatError unless it is of the worlds of `first`, and if they meet of the same networks."""
        mine, its = flat(self.setting.settings), flat(first.setting.settings)
        alike = ALIKE if meeting else (*ALIKE, OF_COMPANY)
        wrong = [key for key in mine if key.startswith(alike) and mine[key] != its[key]]
        if meeting and not wrong:
            wrong += ["seed"] * (self.setting.family.settings != first.setting.family.settings)
            wrong += ["learner"] * (self.architecture != first.architecture)
        if wrong:
            key = wrong[0]
            values = f"{key} is {mine[key]}, not {its[key]}" if key in mine else f"{key} differs"
            raise FormatError(f"{self.path}: {values} as in {first.path}: they cannot be compared")


def enter(runs: Sequence[Path], asked: Asked, pool: Pool, meeting: bool) -> list[Entrant]:
    """The runs with the members that are asked for, which may have to play in the same worlds.

    Raises FormatError where they do not go together.
    """
    entrants: list[Entrant] = []
    for run in runs:
        if runs.count(run) > 1:
            raise FormatError(f"{run}: is given twice")
        setting = prepare(settings_of(run, *asked.overrides), pool, lambda event: None)
        everybody = members_of(run, setting.family, setting.settings, None)
        bests = bests_of(run, everybody)
        measured = bests if asked.best else everybody
        if asked.member is not None:
            measured = members_of(run, setting.family, setting.settings, asked.member)
        entrants.append(Entrant(run, setting, measured, bests))
        entrants[-1].check_beside(entrants[0], meeting)
    return entrants


def returns_of(paths: Sequence[Path], asked: Asked, out: Path | None = None) -> Returns:
    """The table of an evaluation: of runs it is played, and kept in `out`; of one kept before it is read.

    Raises FormatError as `evaluate` and `returns.load` do, and OSError where `out` cannot be written.
    """
    if any(path.suffix == ENDING for path in paths):
        if len(paths) > 1 or out is not None:
            raise FormatError(f"{paths[0]}: a table of returns is shown alone, and as it is")
        return load(paths[0])
    found = evaluate(paths, asked, out)
    if out is not None:
        save(found, out)
    return found


def evaluate(runs: Sequence[Path], asked: Asked, out: Path | None = None) -> Returns:
    """Play the members on disk of all runs on a suite, as agent_0 or in all seats. Writes nothing.

    With the company POPULATION each of them meets the best members of all generations of all runs,
    one after the other. `out` is only asked whether it will hold the table. Raises FormatError for
    what is no run, damaged, no suite of its world, or of other worlds than the first run.
    """
    first = settings_of(runs[0], *asked.overrides)
    company = asked.company or first.evaluation.company
    bound = first.ray.worker_memory
    with closing(open_pool(first.workers, first.ray.address, bound=bound)) as pool:
        entrants = enter(runs, asked, pool, company == POPULATION)
        suites = [suite_of(one.setting, asked.suite) for one in entrants]
        # A run whose seed gives its worlds another order of goals has the same levels.
        tasks = [task for part in suites[0] for task in identity(part.family.name, part.rows)]
        who = [
            Who(str(one.path), generation, member.name)
            for one in entrants
            for generation, member in one.measured
        ]
        met = [(one.path, best) for one in entrants for best in one.bests]
        met = met if company == POPULATION else []
        if out is not None:
            seats = max(focal_seats(entrants[0].setting, part.family) for part in suites[0])
            check(out, (len(who) + len(SCRIPTS)) * max(len(met), 1) * len(tasks) * seats)
        others = [best.member for _, best in met]
        played = [
            returns_in(entrants, parts, others, asked.suite) for parts in zip(*suites, strict=True)
        ]
        episodes = min(episodes_of(entrants[0].setting, part.rows) for part in suites[0])
    return Returns(
        suite=asked.suite,
        company=company,
        solved=max(first.evaluation.solved, 1e-9),
        episodes=episodes,
        who=(*who, *(Who("", SCRIPT, name) for name in played[0][1])),
        rosters=tuple(_roster(*each) for each in met) or (company,),
        tasks=tuple(tasks),
        table=_joined([table for table, _ in played]),
    )


def returns_in(
    entrants: Sequence[Entrant], parts: Sequence[Part], others: Sequence[Member], suite: str
) -> tuple[np.ndarray, list[str]]:
    """Returns [I, C, K, n] of the members of all entrants on their part of a suite, then of scripts; their names."""
    played = [_members(one, part, others, suite) for one, part in zip(entrants, parts, strict=True)]
    known = _scripts(entrants[0].setting, parts[0], others, suite)
    return np.concatenate([*played, np.stack(list(known.values()))]), list(known)


def _members(one: Entrant, part: Part, others: Sequence[Member], suite: str) -> np.ndarray:
    """[P, C, K, n] returns of the measured members in the last trial, in the n seats they fill."""
    members = [member for _, member in one.measured]
    if others:
        beside = evaluate_beside(one.setting, members, others, part.family, part.rows, suite)
        return beside[..., None]
    returns = play(one.setting, members, part.family, part.rows, suite)[0][..., -1]
    return returns[:, None, :, : focal_seats(one.setting, part.family)]


def _scripts(
    setting: Setting, part: Part, others: Sequence[Member], suite: str
) -> dict[str, np.ndarray]:
    """What others are known to earn there: name -> [C, K, n]. Of a probe also its solution."""
    names = (
        ("noise",) if len(part.proven) else scripts_of(part.family)
    )  # on probes the oracle is slow
    seats = 1 if others else focal_seats(setting, part.family)
    if others and not part.family.knowing:
        played = evaluate_beside(
            setting, [SCRIPTS[name] for name in names], others, part.family, part.rows, suite
        )
        found = dict(zip(names, played[..., None], strict=True))
    else:
        known = known_returns(setting, part.family, part.rows, suite, names)
        found = {name: _repeated(table, seats, others) for name, table in known.items()}
    if len(part.proven):
        found["solution"] = _repeated(part.proven.max(0), seats, others)
    return found


def _repeated(table: np.ndarray, seats: int, others: Sequence[Member]) -> np.ndarray:
    """Returns [K, N] of the first seats, the same beside everybody: [C, K, n]."""
    return np.repeat(table[None, :, :seats], max(len(others), 1), 0)


def _joined(tables: Sequence[np.ndarray]) -> np.ndarray:
    """Tables [I, C, K, n] as one [I, C, K, N]: NaN in the seats that the tasks of some do not have."""
    most = max(table.shape[-1] for table in tables)
    room = [[(0, 0), (0, 0), (0, 0), (0, most - table.shape[-1])] for table in tables]
    padded = [
        np.pad(table.astype(float), pad, constant_values=np.nan)
        for table, pad in zip(tables, room, strict=True)
    ]
    return np.concatenate(padded, 2)


def _roster(path: Path, kept: Kept) -> str:
    return f"{path}/{formats.generation_name(kept.generation)}/{kept.member.name}"
