"""How fast the task buffer is: the first part of `benchmarks/creators.py`.

It is timed against `Naive`, a plain buffer of the same rules, in turns and in CPU seconds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.harness import Row, rate_row
from populations.creators.buffer import Buffer
from populations.creators.creator import NEW, Outcomes, Proposal
from populations.creators.draws import Draws
from populations.creators.groups import Groups, group
from populations.creators.scores import judged

CAPACITY, WIDTH = 4000, 77
DRAWN, OBSERVED = 32, 256
MANY = 40  # calls of ours per call of the plain buffer


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


def rows() -> list[Row]:
    """Both timings."""
    return [sample_row(), observe_row()]


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
    episodes = tasks * repeats
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
