"""How fast the task buffer is, and what each creator gains over uniform draws on the Ladders toy.

    python benchmarks/creators.py [--json]

The buffer is timed against `Naive`, a plain buffer of the same rules that keeps a record per task, and
against `PerDraw`, which keeps arrays as we do but weighs all tasks anew for each draw, in turns and in
CPU seconds. A row `share of training` is what propose, observe and the log of the curriculum take of
an iteration of 4 members in 256 worlds each, preset playground, at 4000 tasks in the buffer: CPU
seconds of all of it; of that, in brackets, what the playground takes to make tasks. Its baseline is 2 %.
On Ladders (8 ladders of 12 rungs, half of all tasks hopeless) a row's value is the mean exact skill
after 300,000 agent-steps, probes included; its baseline is that of uniform draws with the same
seeds.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import REPEATS, Row, main, rate_row  # noqa: E402
from configs.load import load  # noqa: E402
from culture.curriculum import Log  # noqa: E402
from culture.living import Cohort, live  # noqa: E402
from culture.setting import creators, newborn, prepare  # noqa: E402
from culture.transmission import lesson_of  # noqa: E402
from populations.creators.buffer import Buffer  # noqa: E402
from populations.creators.creator import NEW, Outcomes, Proposal  # noqa: E402
from populations.creators.draws import Draws  # noqa: E402
from populations.creators.groups import Groups, group  # noqa: E402
from populations.creators.scores import judged  # noqa: E402
from populations.workers import open_pool  # noqa: E402
from tests.populations.creators.ladders import Climber, Ladders, built, climb  # noqa: E402
from worlds import rng  # noqa: E402

CAPACITY, WIDTH = 4000, 77
DRAWN, OBSERVED = 32, 256
MANY = 40  # calls of ours per call of the plain buffer
SEEDS = 5
STEPS = 300_000
ELDER = 0.96
# How a creator is at work where its share of training is taken; the buffer is full from the beginning.
PLAYED = (
    *("workers=0", "population.members=4", "population.worlds=256", "evaluation.points=0"),
    *("creator.capacity=4000", "creator.score=positive_value_loss"),
)
SHARES: dict[str, tuple[str, ...]] = {
    "plr": ("creator.name=plr", "creator.edits=0", "creator.replay=1"),
    "plr, a fifth new": ("creator.name=plr", "creator.edits=0"),
    "accel": ("creator.name=plr", "creator.edits=2"),
    "eva": ("creator.name=eva", "creator.edits=2"),
}
MOST_SHARE = 2.0  # %
CREATORS: dict[str, dict[str, Any]] = {
    "plr random_score (placebo)": {"name": "plr", "edits": 0, "score": "random_score"},
    "plr positive_value_loss": {"name": "plr", "edits": 0},
    "robust plr positive_value_loss": {"name": "plr", "edits": 0, "robust": True},
    "plr learning_progress": {"name": "plr", "edits": 0, "score": "learning_progress"},
    "accel positive_value_loss": {"name": "plr", "edits": 2},
    "eva positive_value_loss": {"name": "eva", "edits": 2},
    "eva max_minus_min": {"name": "eva", "edits": 2, "score": "max_minus_min", "repeats": 4},
}
AMONG_COINS: dict[str, dict[str, Any]] = {
    "eva max_minus_min": CREATORS["eva max_minus_min"],
    "eva elder_gap": {"name": "eva", "edits": 2, "score": "elder_gap"},
    "accel elder_gap": {"name": "plr", "edits": 2, "score": "elder_gap"},
}


class Naive:
    """The buffer's rules in the plainest way: one row after the other, weights anew for each."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.draws = 0

    def weights(self) -> np.ndarray:
        scores = np.array([entry["score"] for entry in self.entries])
        stamps = np.array([entry["stamp"] for entry in self.entries])
        ranks = np.empty(len(scores))
        ranks[np.argsort(-scores)] = np.arange(1, len(scores) + 1)
        weights = ranks ** (-1 / 0.3)
        waits = (self.draws - stamps).astype(float)
        waits = waits if waits.sum() else np.ones(len(waits))
        return 0.7 * weights / weights.sum() + 0.3 * waits / waits.sum()

    def sample(self, units: np.ndarray) -> list[int]:
        slots = []
        for unit in units:
            slot = min(int(np.searchsorted(np.cumsum(self.weights()), unit)), len(self.entries) - 1)
            self.draws += 1
            self.entries[slot]["stamp"] = self.draws
            slots.append(slot)
        return slots

    def put(self, row: np.ndarray, returns: np.ndarray, score: float) -> None:
        for entry in self.entries:
            if entry["row"] == row.tobytes():
                entry["score"] = score
                entry["returns"].extend(returns)
                return
        entry = {
            "row": row.tobytes(),
            "score": score,
            "stamp": self.draws,
            "returns": list(returns),
        }
        if len(self.entries) < CAPACITY:
            self.entries.append(entry)
            return
        victim = int(np.argmin(self.weights()))
        if score > self.entries[victim]["score"]:
            self.entries[victim] = entry


class PerDraw:
    """Arrays, and for each draw the weights of all rows anew: how samplers of single tasks do it."""

    def __init__(self, scores: np.ndarray) -> None:
        self.scores = scores
        self.waits = np.zeros(len(scores))  # draws since a row's last

    def sample(self, units: np.ndarray) -> list[int]:
        slots = []
        for unit in units:
            ranks = np.empty(len(self.scores))
            ranks[np.argsort(-self.scores)] = np.arange(1, len(self.scores) + 1)
            weights = ranks ** (-1 / 0.3)
            total = self.waits.sum()
            stale = self.waits / total if total else np.full(len(ranks), 1 / len(ranks))
            shares = 0.7 * weights / weights.sum() + 0.3 * stale
            slot = min(int(np.searchsorted(np.cumsum(shares), unit)), len(ranks) - 1)
            self.waits += 1
            self.waits[slot] = 0
            slots.append(slot)
        return slots


@dataclass(frozen=True)
class SkillRow(Row):
    """A row of the toy: the mean skill over the seeds, beside that of uniform draws."""

    gain: float = 0.0  # value - baseline
    error: float = 0.0  # standard error of the value


def rows() -> list[Row]:
    """All rows: the timings, then one per creator and toy."""
    return [sample_row(), per_draw_row(), observe_row(), *share_rows(), *ladder_rows()]


def sample_row() -> Row:
    """Drawing 32 tasks of 4000, each draw stamped before the next."""
    buffer, naive = full()
    draws = Draws(1)

    def ours() -> None:
        for _ in range(MANY):
            buffer.sample(draws, DRAWN)

    def plain() -> None:
        naive.sample(draws.units(DRAWN))

    counts = (MANY * DRAWN, DRAWN)
    return rate_row("sample 32 of 4000", "tasks/CPU-s", counts, ours, plain)


def per_draw_row() -> Row:
    """The same against weights that are made anew for each draw, from arrays like ours."""
    buffer, _ = full()
    draws, plain = Draws(1), PerDraw(buffer["score"].copy())

    def ours() -> None:
        for _ in range(MANY):
            buffer.sample(draws, DRAWN)

    counts = (MANY * DRAWN, DRAWN)
    return rate_row(
        "sample 32 of 4000 vs weights per draw",
        "tasks/CPU-s",
        counts,
        ours,
        lambda: plain.sample(draws.units(DRAWN)),
    )


def share_rows() -> list[Row]:
    """What a creator takes of the time of training, and of that what making the tasks takes."""
    found = []
    for name, overrides in SHARES.items():
        shares, making, spent = share_of_training(overrides)
        share = 100 * statistics.median(shares)
        found.append(
            Row(
                f"share of training: {name} ({100 * statistics.median(making):.1f} making tasks)",
                share,
                "% of CPU",
                MOST_SHARE,
                MOST_SHARE / share,
                statistics.median(spent),
                len(shares),
            )
        )
    return found


def share_of_training(overrides: Sequence[str]) -> tuple[list[float], list[float], list[float]]:
    """Of each of some iterations: shares of its CPU time that the creator and the making of tasks take, and that time."""
    settings = load("playground", [*PLAYED, *overrides])
    setting = prepare(settings, open_pool(0), lambda event: None)
    creator, log = creators(setting)["culture"], Log("playground", 0)
    spent = dict.fromkeys(("creator", "making"), 0.0)

    def timed(owner: Any, method: str, what: str) -> None:
        call = getattr(owner, method)

        def clocked(*given: Any) -> Any:
            before = time.process_time()
            try:
                return call(*given)
            finally:
                spent[what] += time.process_time() - before

        setattr(owner, method, clocked)

    space = setting.spaces[setting.family]
    rows = np.concatenate([setting.family.space.sample(key, 400) for key in range(10)])
    creator.observe(episodes_of(rows))
    for owner, method, what in (
        *((creator, "propose", "creator"), (creator, "observe", "creator")),
        *((space, "check", "creator"), (log, "watch", "creator")),
        *((space, "sample", "making"), (space, "mutate", "making")),
    ):
        timed(owner, method, what)
    members, whole = newborn(setting, 0), []
    lesson = lesson_of([], settings, ranked=False)
    marks = [(time.process_time(), dict(spent))]
    for each in range(1 + REPEATS):
        cohort = Cohort("culture", setting.family, members, creator, lesson, 1, 10**9, log=log)
        live(setting, [cohort], each)
        members = cohort.members
        marks.append((time.process_time(), dict(spent)))
    for (began, before), (ended, after) in zip(marks[1:], marks[2:], strict=False):
        took = ended - began
        whole.append([*((after[what] - before[what]) / took for what in spent), took])
    shares, making, seconds = (list(column) for column in zip(*whole, strict=True))
    return shares, making, seconds


def observe_row() -> Row:
    """Scoring 256 episodes of 64 new tasks and putting them into a full buffer."""
    buffer, naive = full()
    batches = iter(range(1, 10**6))

    def ours() -> None:
        for _ in range(MANY):
            outcomes = played(CAPACITY + next(batches) * 64, 64, 4)
            groups = group("toy", outcomes)
            slots, memory = buffer.recall(groups)
            buffer.put(groups, slots, memory, judged("positive_value_loss", "mean", groups, memory))

    def plain() -> None:
        outcomes = played(CAPACITY + next(batches) * 64, 64, 4)
        for task, row in enumerate(outcomes.proposal.rows):
            mine = outcomes.task == task
            score = float(outcomes.signals["pvl"][mine].mean())
            naive.put(row, outcomes.returns[mine], score)

    counts = (MANY * OBSERVED, OBSERVED)
    return rate_row("observe 256 into full 4000", "episodes/CPU-s", counts, ours, plain)


def ladder_rows() -> list[Row]:
    """One row per creator on Ladders, without and with coins for the hopeless tasks."""
    found: list[Row] = []
    for toy, arms in (("ladders", CREATORS), ("ladders with coins", AMONG_COINS)):
        uniform: float | None = None
        for name, settings in {"uniform": {"name": "uniform"}, **arms}.items():
            start = time.process_time()
            skills = [final_skill(seed, toy != "ladders", settings) for seed in range(SEEDS)]
            value = float(np.mean(skills))
            uniform = value if uniform is None else uniform
            found.append(
                SkillRow(
                    name=f"{toy}: {name}",
                    value=value,
                    unit="skill",
                    baseline=uniform,
                    ratio=value / uniform,
                    cpu_seconds=(time.process_time() - start) / SEEDS,
                    repeats=SEEDS,
                    gain=value - uniform,
                    error=float(np.std(skills, ddof=1) / np.sqrt(SEEDS)),
                )
            )
    return found


def final_skill(seed: int, coins: bool, settings: dict[str, Any]) -> float:
    """One run on Ladders of full size."""
    space: Any = Ladders()
    settings = {"repeats": 1, "capacity": 128, **settings}
    creator = built(space, rng.key("creator", seed), **settings)
    climber = Climber(space, rng.key("climber", seed), coins, elder=ELDER)
    return climb(creator, climber, STEPS, settings["repeats"])["skill"]


def full() -> tuple[Buffer, Naive]:
    """Both buffers, full, with the same tasks and scores."""
    buffer, naive = Buffer(WIDTH, CAPACITY), Naive()
    outcomes = played(0, CAPACITY, 1)
    groups: Groups = group("toy", outcomes)
    slots, memory = buffer.recall(groups)
    scores = judged("positive_value_loss", "mean", groups, memory)
    buffer.put(groups, slots, memory, scores)
    naive.entries = [
        {"row": row.tobytes(), "score": float(score), "stamp": 0, "returns": [0.0]}
        for row, score in zip(groups.rows, scores, strict=True)
    ]
    return buffer, naive


def played(first: int, tasks: int, repeats: int) -> Outcomes:
    """Episodes of the tasks numbered from `first`, with random returns and signals."""
    numbers = np.arange(first, first + tasks)
    rows = np.zeros((tasks, WIDTH), np.int16)
    rows[:, 0], rows[:, 1] = numbers % 30_000, numbers // 30_000
    return episodes_of(rows, first, repeats)


def episodes_of(rows: np.ndarray, first: int = 0, repeats: int = 1) -> Outcomes:
    """Episodes of these tasks with random returns and signals."""
    tasks, episodes = len(rows), len(rows) * repeats
    noise = Draws(first).units(2 * episodes).astype(np.float32)
    return Outcomes(
        proposal=Proposal(
            rows, np.full(tasks, NEW, np.uint8), np.zeros(tasks, np.uint64), np.ones(tasks, bool)
        ),
        task=np.repeat(np.arange(tasks, dtype=np.int32), repeats),
        agent=np.zeros(episodes, np.int16),
        member=np.zeros(episodes, np.int16),
        roster=np.zeros(episodes, np.uint64),
        returns=noise[:episodes],
        elder_returns=np.full(episodes, np.nan, np.float32),
        control_returns=np.full(episodes, np.nan, np.float32),
        signals={"pvl": noise[episodes:]},
        steps=np.ones(episodes, np.int32),
        train=np.ones(episodes, bool),
    )


if __name__ == "__main__":
    raise SystemExit(main("creators", __doc__.splitlines()[0], rows))
