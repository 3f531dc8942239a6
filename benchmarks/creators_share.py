"""What a creator takes of the time of training, and how fast its buffer is drawn from beside weights made per draw.

Rows of benchmarks/creators.py. A row `share of training` is what propose, the check of a proposal,
observe and the log of the curriculum take of an iteration of 4 members in 256 worlds each, preset
playground, with 4000 tasks in the buffer: per cent of all CPU time; of that, in brackets, what the
playground takes to make tasks. Its baseline is what may be taken, 2 %.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.harness import REPEATS, Row, rate_row
from configs.load import load
from culture.curriculum import Log
from culture.living import Cohort, live
from culture.setting import creators, newborn, prepare
from culture.transmission import lesson_of
from populations.creators.buffer import Buffer
from populations.creators.creator import NEW, Outcomes, Proposal
from populations.creators.draws import Draws
from populations.creators.groups import group
from populations.creators.scores import judged
from populations.workers import open_pool

CAPACITY, WIDTH, DRAWN = 4000, 77, 32
MANY = 40  # calls of ours per call with weights per draw
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


def rows() -> list[Row]:
    """All rows."""
    return [per_draw_row(), *share_rows()]


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


def per_draw_row() -> Row:
    """Drawing 32 tasks of 4000, against weights made anew for each draw from arrays like ours."""
    buffer = Buffer(WIDTH, CAPACITY)
    tasks = np.zeros((CAPACITY, WIDTH), np.int16)
    tasks[:, 0] = np.arange(CAPACITY)
    groups = group("toy", episodes_of(tasks))
    slots, memory = buffer.recall(groups)
    buffer.put(groups, slots, memory, judged("positive_value_loss", "mean", groups, memory))
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
    """Of some iterations: shares of CPU time that the creator takes and the making of tasks, and that time."""
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
    rows = np.concatenate([space.sample(key, 400) for key in range(10)])
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


def episodes_of(rows: np.ndarray) -> Outcomes:
    """An episode of each of these tasks with random return and signals."""
    count = len(rows)
    returns, pvl = Draws(1).units(2 * count).astype(np.float32).reshape(2, count)
    proposal = Proposal(
        rows, np.full(count, NEW, np.uint8), np.zeros(count, np.uint64), np.ones(count, bool)
    )
    return Outcomes(
        proposal,
        task=np.arange(count, dtype=np.int32),
        agent=np.zeros(count, np.int16),
        member=np.zeros(count, np.int16),
        roster=np.zeros(count, np.uint64),
        returns=returns,
        elder_returns=np.full(count, np.nan, np.float32),
        control_returns=np.full(count, np.nan, np.float32),
        signals={"pvl": pvl, "l1": pvl, "value": pvl},
        steps=np.ones(count, np.int32),
        train=np.ones(count, bool),
    )
