"""The stream that generations live through: how good each is on the tasks that each of them learned, and on suites."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from configs import limits
from culture.evaluation import Asked, Entrant, enter, returns_in
from culture.members import Kept, settings_of
from culture.percentiles import FLOOR, lowest, shares, worth
from culture.setting import newborn
from culture.suites import Part, suite_of
from populations.workers import open_pool
from worlds import formats
from worlds.family import TaskError, identity
from worlds.formats import FormatError
from worlds.tables import read_table

NEWBORN = -1  # the generation of a member that has learned nothing yet
MEASURE = "heldout_mean"  # in the table of metrics: the mean return on held-out tasks
SMALLEST = 4  # tasks of a kind, on average


@dataclass(frozen=True)
class Column:
    """Tasks on which everybody is measured."""

    name: str
    tasks: tuple[str, ...]  # [k] identities of those that are worth a reward to anybody
    shares: (
        np.ndarray
    )  # [1 + G, k] what a newborn and the best of each generation earn of their worth
    kinds: np.ndarray | None = None  # [k] which of them are alike; None: nothing tells
    learned: bool = False  # by a generation, not held out

    def of_kinds(self) -> list[Column]:
        """A column of each kind; none where all tasks are of one."""
        found = [] if self.kinds is None else np.unique(self.kinds).tolist()
        return [self._of(kind) for kind in found] if len(found) > 1 else []

    def _of(self, kind: int) -> Column:
        mine = np.flatnonzero(self.kinds == kind)
        tasks = tuple(self.tasks[index] for index in mine)
        return Column(f"{self.name} {kind + 1}", tasks, self.shares[:, mine])


@dataclass(frozen=True)
class Curve:
    """The returns on held-out tasks of the best of a generation, along its life."""

    steps: np.ndarray  # [E] agent-steps lived
    returns: np.ndarray  # [E]


@dataclass(frozen=True)
class Stream:
    """One run. Generation g learns the tasks of column g of `learned`; suites are held out."""

    run: str
    suites: tuple[Column, ...]
    learned: tuple[Column, ...]  # of each generation; empty where a creator keeps no tasks
    curves: tuple[Curve, ...] = field(default=())  # of each generation; empty without points
    episodes: int = 0
    company: str = ""


def streams(runs: Sequence[Path], asked: Asked, kinds: int) -> list[Stream]:
    """Play the best of every generation of all runs, and a newborn, on suites and on what each learned.

    `asked.suite` names the suites, with commas between them. The tasks of a generation are those that
    were new in its creator's buffer, as many as there are held-out ones at most. Shares are of what
    a task is worth to all who play it: of suites that is everybody of all runs. A suite that is
    played in one family falls into `kinds` of tasks that are alike. Generations that some runs lack
    are left out. Writes nothing. Raises FormatError as `culture.evaluation.evaluate` does, and where
    generations differ in nothing that can be played.
    """
    for run in runs:
        if settings_of(run).culture.mode == "episodic":
            raise FormatError(
                f"{run}: culture.mode is episodic: its generations share their weights, so that none "
                "can be played apart from its elders; see ratchet plot --what accumulation"
            )
    first = settings_of(runs[0], *asked.overrides)
    bound = first.ray.worker_memory
    with closing(open_pool(first.workers, first.ray.address, bound=bound)) as pool:
        entrants = enter(runs, replace(asked, best=True), pool, meeting=False)
        generations = min(len(one.bests) for one in entrants)
        entrants = [_with_newborn(one, generations) for one in entrants]
        suites = dict.fromkeys(asked.suite.split(","))
        by_suite = [_suite(entrants, name, kinds) for name in suites]  # [suites][runs]
        told = list(zip(*by_suite, strict=True))
        return [
            Stream(
                str(one.path),
                suites=told[number],
                learned=_learned(one, generations),
                curves=_curves(one.path, one.bests[:generations]),
                episodes=one.setting.settings.evaluation.episodes,
                company=one.setting.settings.evaluation.company,
            )
            for number, one in enumerate(entrants)
        ]


def likeness(vectors: np.ndarray, kinds: int) -> np.ndarray:
    """[K] which of the tasks [K, dim] are alike: at most `kinds` groups, from 0 in the order of their first tasks.

    Ward's method: the two groups whose union spreads least are joined, again and again (Ward 1963).
    There are fewer kinds where tasks are the same, or a kind would have fewer than SMALLEST on average.
    """
    from scipy.cluster.hierarchy import fcluster, linkage  # slow to load

    kinds = min(kinds, len(vectors) // SMALLEST)
    if kinds < 2:
        return np.zeros(len(vectors), int)
    groups = fcluster(linkage(vectors, "ward"), kinds, "maxclust")
    names = {group: number for number, group in enumerate(dict.fromkeys(groups.tolist()))}
    return np.array([names[group] for group in groups.tolist()])


def _with_newborn(one: Entrant, generations: int) -> Entrant:
    nobody = Kept(NEWBORN, newborn(one.setting, 0)[0])
    return replace(one, measured=[nobody, *one.bests[:generations]])


def _suite(entrants: Sequence[Entrant], name: str, kinds: int) -> list[Column]:
    """A suite as each run's column."""
    suites = [suite_of(one.setting, name) for one in entrants]
    told, counted = _shares(
        [returns_in(entrants, parts, [], name)[0] for parts in zip(*suites, strict=True)]
    )
    tasks = _identities(suites[0], counted)
    alike = None
    if len(suites[0]) == 1:
        (part,) = suites[0]
        alike = likeness(part.family.space.vector(part.rows), kinds)[counted]
    ends = np.cumsum([len(one.measured) for one in entrants])
    return [Column(name, tasks, rows, alike) for rows in np.split(told, ends)[:-1]]


def _learned(one: Entrant, generations: int) -> tuple[Column, ...]:
    """What each generation learned, as columns; nothing where a creator keeps no tasks."""
    columns = []
    for generation in range(generations):
        rows = _new_tasks(one, generation)
        if not len(rows):
            return ()
        name = formats.generation_name(generation)
        part = Part(one.setting.family, rows, np.zeros((0, len(rows), 0)))
        told, counted = _shares([returns_in([one], [part], [], name)[0]])
        tasks = _identities([part], counted)
        columns.append(Column(f"g{generation}", tasks, told[: generations + 1], learned=True))
    return tuple(columns)


def _new_tasks(one: Entrant, generation: int) -> np.ndarray:
    """[k, width] int16: new tasks of a generation's creator; of many, those whose identities come first.

    Identities are hashes, so that these are as good as drawn by chance.
    """
    path = one.path / "tasks" / f"{formats.generation_name(generation)}.parquet"
    table, space = read_table(path, "tasks"), one.setting.family.space
    new = sorted(
        {
            (str(task), str(text))
            for task, text, created in zip(
                table["task"], table["task_json"], table["created"], strict=True
            )
            if created == generation
        }
    )
    most = one.setting.settings.evaluation.tasks
    try:
        rows = [
            space.from_json(formats.parse_json(text.encode(), f"{path}: task {task}"))
            for task, text in new[:most]
        ]
    except TaskError as problem:
        raise FormatError(f"{path}: holds a task that is none: {problem}") from None
    return np.array(rows, np.int16).reshape(len(rows), space.width)


def _shares(tables: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Shares [I, k] of the tasks that are worth a reward, from the returns [I, 1, K, n] of each part.

    And which of all tasks [K] those are.
    """
    found, counted = [], []
    for table in tables:
        best = worth(table)
        counted.append((best >= FLOOR).any(-1))
        found.append(shares(table[:, 0], best, lowest(table)))
    told = np.concatenate(counted)
    return np.concatenate(found, 1)[:, told], told


def _identities(parts: Sequence[Part], counted: np.ndarray) -> tuple[str, ...]:
    tasks = [task for part in parts for task in identity(part.family.name, part.rows)]
    return tuple(task for task, counts in zip(tasks, counted, strict=True) if counts)


def _curves(run: Path, bests: Sequence[Kept]) -> tuple[Curve, ...]:
    """The learning curves of the best of each generation; none where the run measured nobody on the way."""
    curves = []
    for generation, member in bests:
        name = formats.generation_name(generation)
        table = read_table(run / "metrics" / f"{name}.parquet", "metrics")
        cells = zip(table["iteration"], table["member"], table["name"], table["value"], strict=True)
        points = sorted(
            (int(iteration), float(value))
            for iteration, who, measure, value in cells
            if who == member.name and measure == MEASURE
        )
        if len(points) < 2:
            return ()
        iterations, returns = np.array(points).T
        card = formats.read_json(run / "members" / name / f"{member.name}.json", limits.JSON_BYTES)
        lived = card.get("lived") if isinstance(card, dict) else None
        if not isinstance(lived, int) or not np.isfinite(returns).all():
            raise FormatError(f"{run}: does not say how {member.name} learned")
        curves.append(Curve(iterations / iterations[-1] * lived, returns))
    return tuple(curves)
