"""How fast the task buffer is, and what each creator gains over uniform draws on the Ladders toy.

    python benchmarks/creators.py [--json]

The buffer is timed against `Naive`, a plain buffer of the same rules, in turns and in CPU seconds.
On Ladders (8 ladders of 12 rungs, half of all tasks hopeless) a row's value is the mean exact skill
after 300,000 agent-steps, probes included; its baseline is that of uniform draws with the same
seeds.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import creators_share  # noqa: E402
from benchmarks.harness import Row, main, rate_row  # noqa: E402
from populations.creators.buffer import Buffer  # noqa: E402
from populations.creators.creator import NEW, Outcomes, Proposal  # noqa: E402
from populations.creators.draws import Draws  # noqa: E402
from populations.creators.groups import Groups, group  # noqa: E402
from populations.creators.scores import judged  # noqa: E402
from tests.populations.creators.ladders import Climber, Ladders, built, climb  # noqa: E402
from worlds import rng  # noqa: E402

CAPACITY, WIDTH = 4000, 77
DRAWN, OBSERVED = 32, 256
MANY = 40  # calls of ours per call of the plain buffer
SEEDS = 5
STEPS = 300_000
ELDER = 0.96
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


@dataclass(frozen=True)
class SkillRow(Row):
    """A row of the toy: the mean skill over the seeds, beside that of uniform draws."""

    gain: float = 0.0  # value - baseline
    error: float = 0.0  # standard error of the value


def rows() -> list[Row]:
    """All rows: the timings, then one per creator and toy."""
    return [sample_row(), observe_row(), *creators_share.rows(), *ladder_rows()]


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


if __name__ == "__main__":
    raise SystemExit(main("creators", __doc__.splitlines()[0], rows))
