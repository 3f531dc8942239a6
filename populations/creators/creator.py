"""What a creator of tasks is: it proposes rows and observes the episodes played on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from worlds.family import identity

# How a proposed task came about.
NEW, REPLAYED, EVOLVED = 0, 1, 2
HOW_NAMES = ("new", "replayed", "evolved")

NO_PARENT = 0  # the parent of a task that was drawn, not evolved
NO_CHOICE = 0  # the company of a task that the rule of the rosters is to cast


@dataclass(frozen=True)
class Proposal:
    """The next tasks to play; the caller plays each of them `repeats` times.

    `train` is false for a probe: its episodes tell the creator about the task and nobody learns
    from them (robust PLR, Jiang 2021).

    `company` asks for the co-players of a task, by a digest as in `Outcomes.roster`. The caller
    grants what it can: company that is still there and of which nobody learns. Elsewhere the rule
    of the rosters casts as if nothing had been asked.
    """

    rows: np.ndarray  # [n, width] int16, one task each
    how: np.ndarray  # [n] uint8, NEW, REPLAYED or EVOLVED
    parents: np.ndarray  # [n] uint64, the task it was evolved from, or NO_PARENT
    train: np.ndarray  # [n] bool, whether members may learn from it
    company: np.ndarray | None = None  # [n] uint64, or NO_CHOICE; None: no choice for any task
    control: bool = False  # whether random actions are to play each task too (OEL Team 2021)


# Of `Outcomes`, beside the task and the signals.
COLUMNS = (
    "agent",
    "member",
    "roster",
    "returns",
    "elder_returns",
    "control_returns",
    "steps",
    "train",
)


@dataclass(frozen=True)
class Outcomes:
    """What became of a proposal: one entry per episode and agent that a learning member played, E in all.

    Where agents of several learners meet, each has an entry of its own. Entries of an agent stand in
    the proposal's order, first those of agent 0. Steps of probes count like any others, those of
    `control` are counted by nobody else. Raises ValueError when the arrays do not fit together.
    """

    proposal: Proposal
    task: np.ndarray  # [E] int32, which row of the proposal was played
    agent: np.ndarray  # [E] int16, the agent whose entry it is
    member: np.ndarray  # [E] int16, the learning member that played it
    roster: np.ndarray  # [E] uint64, a digest of who was there beside agent 0
    returns: np.ndarray  # [E] float32, undiscounted, of that agent
    elder_returns: np.ndarray  # [E] float32, an elder's on the same task and roster; NaN: none
    control_returns: np.ndarray  # [E] float32, of random actions in that seat; NaN: none played
    signals: dict[
        str, np.ndarray
    ]  # [E] float32 each: "pvl" mean max(A, 0), "l1" mean |A|, "value" mean V
    steps: np.ndarray  # [E] int32, steps the agent took, and those of its control
    train: np.ndarray  # [E] bool, whether a member learned from it

    @classmethod
    def played(cls, proposal: Proposal, returns: np.ndarray, steps: np.ndarray) -> Outcomes:
        """What one learner came to as agent 0, which played each task of the proposal equally often.

        Of n tasks `returns` and `steps` are [k, n], or [n] for an episode each; nobody else was there.
        Without signals of a critic the scores positive_value_loss, l1_value_loss and max_mc cannot
        be computed.
        """
        earned = np.asarray(returns, np.float32).reshape(-1)
        task = np.resize(np.arange(len(proposal.rows), dtype=np.int32), len(earned))
        nobody = np.full(len(earned), np.nan, np.float32)
        return cls(
            proposal,
            task=task,
            agent=np.zeros(len(earned), np.int16),
            member=np.zeros(len(earned), np.int16),
            roster=np.zeros(len(earned), np.uint64),
            returns=earned,
            elder_returns=nobody,
            control_returns=nobody,
            signals={},
            steps=np.asarray(steps, np.int32).reshape(-1),
            train=proposal.train[task],
        )

    def of(self, proposal: Proposal, entries: np.ndarray, task: np.ndarray) -> Outcomes:
        """Some of the entries (indices or bool), as those of another proposal, of whose rows they are `task`."""
        return Outcomes(
            proposal,
            task=task,
            signals={name: column[entries] for name, column in self.signals.items()},
            **{name: getattr(self, name)[entries] for name in COLUMNS},
        )

    def __post_init__(self) -> None:
        columns = {
            **{name: getattr(self, name) for name in COLUMNS},
            **{f"signals[{name!r}]": values for name, values in self.signals.items()},
        }
        for name, values in columns.items():
            if values.shape != self.task.shape:
                raise ValueError(
                    f"outcomes.{name} has shape {values.shape} but outcomes.task has "
                    f"{self.task.shape}; give every column one entry per episode"
                )
        rows = len(self.proposal.rows)
        if len(self.task) and not 0 <= self.task.min() <= self.task.max() < rows:
            raise ValueError(f"outcomes.task must name rows 0 to {rows - 1} of the proposal")


class Creator(Protocol):
    """A curriculum: where the next tasks come from. Deterministic; lives in one process."""

    def propose(self, n: int) -> Proposal:
        """The next `n` tasks; none of them is held out."""

    def observe(self, outcomes: Outcomes) -> None:
        """Learns from the episodes of one proposal; proposals are observed in order."""

    def graduate(self) -> None:
        """A generation is over: what its members could do becomes what elders are known to be able to."""

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on bit for bit, as plain arrays of numbers."""

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it is another creator's."""

    def tuned(self) -> dict[str, float]:
        """The settings that may change while it works, by name."""

    def tune(self, values: dict[str, float]) -> None:
        """Gives all of `tuned()` new values."""

    def metrics(self) -> dict[str, float]:
        """Numbers about the curriculum so far, by name."""

    def rows(self) -> np.ndarray:
        """[n, width] int16, the tasks kept, in the order of `table()`."""

    def table(self) -> dict[str, np.ndarray]:
        """The kept tasks for the run folder: one column of length n per name."""


def hexadecimal(digests: np.ndarray, nothing: int | None = None) -> list[str]:
    """Digests, uint64 [n], as 16 hexadecimal digits, "" where they are `nothing`."""
    return ["" if digest == nothing else f"{digest:016x}" for digest in digests.tolist()]


def identities(world: str, rows: np.ndarray) -> np.ndarray:
    """[n] uint64: the identity of each row, `worlds.family.identity` read as a number."""
    return np.array([int(digits, 16) for digits in identity(world, rows)], np.uint64)
