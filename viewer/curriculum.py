"""The curriculum of a run, as a chart: a map of the tasks that were played, above lines over its proposals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from configs.load import load
from viewer.charts import Chart, Cloud, Line, Panel
from viewer.library import Run
from viewer.output import ExportError
from worlds.from_settings import family_of

HOW = ("new", "replayed", "evolved")  # how a task came about, in the order of their looks
MOST_MAPS = 4  # of a longer run those of evenly spread generations
PARTS = ("first", "second", "third", "last")  # quarters of a single generation
MOST_TASKS = 3000  # on all maps together; of more, evenly spread ones by their first appearance
MOST_POINTS = 60  # of a line; longer ones are told by the means of their pieces
WINDOW = 16  # proposals whose tasks are counted together
NEAR = 1500  # earlier tasks among which the nearest one is looked for


def curriculum(runs: Sequence[Run]) -> Chart:
    """Maps of the tasks of one run's creator by generation, or by quarters of its only one, above lines.

    A map shows the two principal axes of all task vectors. Raises ExportError for more than one run,
    for one without the table `curriculum`, and for tasks that are none of its world.
    """
    if len(runs) > 1:
        raise ExportError("a curriculum is of one run")
    (run,) = runs
    table: dict[str, Any] = {
        name: np.asarray(column) if name != "row" else column
        for name, column in run.table("curriculum").items()
    }
    if not len(table["place"]):
        raise ExportError(f"{run.path}: has no log of its curriculum (run.curriculum=false)")
    seen = Entries(run, table)
    return Chart(
        "proposal",
        "value",
        seen.lines(),
        maps=seen.maps(),
        colour="share solved",
        whole=True,
    )


class Entries:
    """The log of a run with the tasks as numbers, of which some have a place on the map."""

    def __init__(self, run: Run, table: dict[str, Any]) -> None:
        names, first, self.task = np.unique(table["task"], return_index=True, return_inverse=True)
        order = np.argsort(np.argsort(first))  # tasks in the order of their first appearance
        self.task = order[self.task]
        names = names[np.argsort(first)]
        numbers = {name: number for number, name in enumerate(names.tolist())}
        self.parent = np.array([numbers.get(name, -1) for name in table["parent"].tolist()])
        self.how = table["how"]
        self.train = table["train"] > 0
        self.generation = table["generation"]
        change = np.diff(table["proposal"]) != 0
        change |= np.diff(self.generation) != 0
        self.proposal = np.concatenate([[0], np.cumsum(change)])  # of the whole run
        self.returns = table["return"].astype(np.float64)
        top = float(np.nanmax(np.where(np.isfinite(self.returns), self.returns, 0.0)))
        self.solved = np.clip(self.returns / top, 0, 1) if top > 0 else 0 * self.returns
        # by task: its vector, of some only
        kept = np.unique(np.linspace(0, len(names) - 1, min(len(names), MOST_TASKS)).astype(int))
        self.placed = np.zeros(len(names), bool)
        self.placed[kept] = True
        rows = {
            name: row for name, row in zip(table["task"].tolist(), table["row"], strict=True) if row
        }
        vectors = _vectors(run, [rows.get(name, []) for name in names[kept].tolist()])
        self.vectors = np.full((len(names), vectors.shape[1]), np.nan)
        self.vectors[kept] = vectors
        axes, self.shares = _axes(vectors)
        self.points = (self.vectors - vectors.mean(0)) @ axes.T  # [n, 2]

    def maps(self) -> list[Panel]:
        """One of each generation, or of each quarter of the only one."""
        generations = np.unique(self.generation)
        if len(generations) > 1:
            chosen = np.linspace(0, len(generations) - 1, min(len(generations), MOST_MAPS))
            parts = [
                (f"generation {generation}", self.generation == generation)
                for generation in generations[chosen.round().astype(int)].tolist()
            ]
        else:
            quarter = self.proposal * len(PARTS) // (self.proposal[-1] + 1)
            parts = [
                (f"{name} quarter", quarter == number)
                for number, name in enumerate(PARTS)
                if (quarter == number).any()
            ]
        return [self._map(title, np.flatnonzero(among)) for title, among in parts]

    def _map(self, title: str, among: np.ndarray) -> Panel:
        """The tasks that were played in these entries; how one came about is told by its first."""
        among = among[self.placed[self.task[among]]]
        tasks, first, of = np.unique(self.task[among], return_index=True, return_inverse=True)
        times = np.bincount(of)
        sound = np.isfinite(self.solved[among])
        sums = np.bincount(of, np.where(sound, self.solved[among], 0.0))
        solved = sums / np.maximum(np.bincount(of, sound), 1)
        how, parents = self.how[among[first]], self.parent[among[first]]
        clouds = []
        for look, name in enumerate(HOW):
            here = how == name
            x, y = self.points[tasks[here]].T.tolist()
            clouds.append(Cloud(name, x, y, solved[here].tolist(), times[here].tolist(), look))
        born = (how == "evolved") & (parents >= 0)
        born[born] = self.placed[parents[born]]
        ends = self.points[np.stack([parents[born], tasks[born]], 1).reshape(-1)]
        x, y = ends.T.tolist()
        strokes = Line("from parent to child", x, y, pairs=True)
        labels = [f"axis {n} ({share:.0%} of variance)" for n, share in enumerate(self.shares, 1)]
        return Panel(title, [strokes], x=labels[0], y=labels[1], clouds=clouds)

    def lines(self) -> list[Panel]:
        """What went on from proposal to proposal."""
        count = int(self.proposal[-1]) + 1
        pieces = np.array_split(np.arange(count), min(count, MOST_POINTS))
        begins = np.array([piece[0] for piece in pieces])
        ends = np.array([piece[-1] for piece in pieces])
        x = np.array([float(piece.mean()) for piece in pieces])
        piece = np.searchsorted(begins, self.proposal, "right") - 1

        def line(name: str, values: np.ndarray, look: int, dashed: bool = False) -> list[Line]:
            """The mean of `values` [E] by piece, NaN passed over."""
            sound = np.isfinite(values)
            counts = np.bincount(piece, sound, len(x))
            sums = np.bincount(piece, np.where(sound, values, 0.0), len(x))
            told = counts > 0
            means = (sums[told] / counts[told]).tolist()
            return [Line(name, x[told].tolist(), means, look=look, second=dashed)] if means else []

        whence = [
            each
            for look, how in enumerate(HOW)
            for each in line(f"{how} tasks", (self.how == how).astype(float), look)
            if any(each.y)
        ]
        probes = line("probes", (~self.train).astype(float), 5, dashed=True)
        whence += [each for each in probes if any(each.y)]
        far = np.full(len(self.task), np.nan)
        born = (self.how == "evolved") & (self.parent >= 0)
        far[born] = _apart(self.vectors[self.task[born]], self.vectors[self.parent[born]])
        novelty = self._novelty()
        away = line("from its parent", far, 4) + line("from the nearest task before", novelty, 3)
        marks = np.flatnonzero(np.diff(self.generation)) + 1
        begun = self.proposal[marks].tolist()
        found = [
            Panel("", line("return", self.returns, 6), y="mean return", marks=begun),
            Panel("", whence, y="share of episodes", marks=begun),
            Panel("", away, y="distance of tasks", marks=begun),
            Panel(
                "",
                self._effective(ends, x),
                y=f"effective tasks of {WINDOW} proposals",
                marks=begun,
            ),
        ]
        return [panel for panel in found if panel.lines]

    def _novelty(self) -> np.ndarray:
        """[E] how far a task is from the nearest one that was played in an earlier proposal; NaN but at its first."""
        found = np.full(len(self.task), np.nan)
        tasks, first = np.unique(self.task, return_index=True)
        placed = self.placed[tasks]
        tasks, first = tasks[placed], first[placed]
        order = np.argsort(first)
        tasks, first = tasks[order], first[order]
        when, vectors = self.proposal[first], self.vectors[tasks]
        for proposal in np.unique(when):
            now = when == proposal
            before = np.flatnonzero(when < proposal)
            if len(before):
                if len(before) > NEAR:
                    before = before[np.linspace(0, len(before) - 1, NEAR).astype(int)]
                far = ((vectors[now][:, None] - vectors[before]) ** 2).sum(2).min(1)
                found[first[now]] = np.sqrt(far)
        return found

    def _effective(self, ends: np.ndarray, x: np.ndarray) -> list[Line]:
        """1 / sum of squared shares of episodes: of the tasks of the WINDOW proposals up to the end of a piece."""
        numbers = []
        whole = ends >= min(WINDOW, int(ends[-1]) + 1) - 1  # or as many as the run has
        for end in ends[whole].tolist():
            first, last = np.searchsorted(self.proposal, [end - WINDOW + 1, end + 1])
            counts = np.unique(self.task[first:last], return_counts=True)[1]
            numbers.append(float(counts.sum() ** 2 / (counts**2).sum()))
        return [Line("effective number", x[whole].tolist(), numbers, look=6)]


def _vectors(run: Run, rows: Sequence[Sequence[int]]) -> np.ndarray:
    """[n, dim] the tasks as points; an environment of other people is not imported to draw a picture."""
    settings = load(run.path / "config.yaml", [], trusted=False)
    try:
        if settings.world.name == "bring_your_own":
            return np.array(rows, np.float64)
        space = family_of(settings, settings.world.trials).space
        return space.vector(np.array(rows, np.int16)).astype(np.float64)
    except (ValueError, LookupError, OverflowError) as problem:
        raise ExportError(
            f"{run.path}: its log tells of tasks of another world ({problem})"
        ) from None


def _axes(vectors: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """The first two principal axes [2, dim], whose largest part is positive, and their shares of the variance."""
    _, sizes, axes = np.linalg.svd(vectors - vectors.mean(0), full_matrices=False)
    axes, variances = axes[:2], sizes**2
    if len(axes) < 2:
        axes = np.concatenate([axes, np.zeros((2 - len(axes), vectors.shape[1]))])
        variances = np.append(variances, 0.0)
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    axes = axes * np.where(largest < 0, -1.0, 1.0)
    return axes, (variances[:2] / max(float(variances.sum()), 1e-12)).tolist()


def _apart(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt(((here - there) ** 2).sum(1)))
