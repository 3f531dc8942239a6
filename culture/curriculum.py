"""What the culture's creator proposed in a generation and what became of it: the table `curriculum`."""

from __future__ import annotations

import numpy as np

from culture.encode import Columns, table_bytes
from culture.setting import Setting
from populations.creators.creator import (
    HOW_NAMES,
    NO_CHOICE,
    NO_PARENT,
    Outcomes,
    hexadecimal,
    identities,
)
from populations.units import SIGNALS

FOLDER = "curriculum"  # of the run folder, and the name of the table
ROWS = 20_000  # of a file: of the widest tasks it unpacks to some MiB
# Column of the table -> field of `Outcomes`; text and `row` are told apart.
ENTRY = {
    "place": "task",
    "agent": "agent",
    "member": "member",
    "return": "returns",
    "elder_return": "elder_returns",
    "control_return": "control_returns",
    "steps": "steps",
    "train": "train",
}


def log_of(setting: Setting, generation: int) -> Log | None:
    """The log of a generation, if the settings ask for one."""
    return Log(setting.family.name, generation) if setting.settings.run.curriculum else None


class Log:
    """The outcomes of one generation in the order of play, packed into files as they come.

    A row is an entry of `Outcomes`, with its task, how that came about and with whom it was asked
    for. The task itself, int16 `[width]`, stands where a file first tells of it. Packed at once, a
    million entries take some 30 MiB of memory; nothing is left out, whatever the length of a
    lifetime, for without each entry no later proposal can be derived.
    """

    def __init__(self, world: str, generation: int) -> None:
        self.world, self.generation = world, generation
        self.proposals = 0  # watched so far
        self._parts: list[dict[str, np.ndarray]] = []  # not packed yet
        self._files: list[bytes] = []

    def watch(self, outcomes: Outcomes) -> None:
        """Takes up what became of the next proposal."""
        self._parts.append(self._entries(outcomes))
        self.proposals += 1
        if sum(len(part["place"]) for part in self._parts) >= ROWS:
            self._pack()

    def files(self) -> list[bytes]:
        """The table in Parquet, in pieces of at most ROWS rows."""
        self._pack()
        return list(self._files)

    def _entries(self, outcomes: Outcomes) -> dict[str, np.ndarray]:
        proposal, task = outcomes.proposal, outcomes.task
        wishes = proposal.company
        company = np.full(len(proposal.rows), NO_CHOICE) if wishes is None else wishes
        return {
            **{name: getattr(outcomes, field) for name, field in ENTRY.items()},
            **{name: outcomes.signals[name] for name in SIGNALS},
            "roster": outcomes.roster,
            "proposal": np.full(len(task), self.proposals),
            "control": np.full(len(task), proposal.control),
            "task": identities(self.world, proposal.rows)[task],
            "parent": proposal.parents[task],
            "company": company.astype(np.uint64)[task],
            "how": proposal.how[task],
            "row": proposal.rows[task],
        }

    def _pack(self) -> None:
        if not self._parts:
            return
        whole = {
            name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]
        }
        self._parts = []
        for first in range(0, len(whole["place"]), ROWS):
            piece = {name: column[first : first + ROWS] for name, column in whole.items()}
            self._files.append(table_bytes(FOLDER, columns(piece), self.generation))


def columns(entries: dict[str, np.ndarray]) -> Columns:
    """Entries as the table holds them: digests as text, and each task once."""
    rows: list[np.ndarray | None] = [None] * len(entries["task"])
    for first in np.unique(entries["task"], return_index=True)[1].tolist():
        rows[first] = entries["row"][first]
    return {
        **{name: column for name, column in entries.items() if name not in ("row", "how")},
        "train": entries["train"].astype(np.int32),
        "control": entries["control"].astype(np.int32),
        "task": hexadecimal(entries["task"]),
        "roster": hexadecimal(entries["roster"]),
        "parent": hexadecimal(entries["parent"], NO_PARENT),
        "company": hexadecimal(entries["company"], NO_CHOICE),
        "how": [HOW_NAMES[how] for how in entries["how"].tolist()],
        "row": rows,
    }
