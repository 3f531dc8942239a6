"""A small run for tests: what each generation commits is a function of its number alone."""

from pathlib import Path
from typing import Any

import numpy as np

from configs.schema import Settings
from culture.records import Commit, Files, Records

COMMAND = ("ratchet", "run", "debug")
HELDOUT = {"task": ["h0", "h1"], "task_json": ["{}", "{}"]}


class QuickFiles(Files):
    """The real operations without waiting for the disk."""

    def fsync(self, path: Path) -> None:
        """Nothing."""

    def fsync_dir(self, path: Path) -> None:
        """Nothing."""


def state_of(generation: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    tensors = {
        "weights": np.arange(6, dtype=np.float32).reshape(2, 3) + generation,
        "steps": np.array(generation, np.int64),
    }
    return tensors, {"generation": generation, "buffer": ["t0", "t1"][: generation + 1]}


def commit_of(generation: int) -> Commit:
    """Two members, three tables, no replay."""
    names = ["ada", "bo"]
    metrics = {
        "iteration": [0, 1],
        "member": names,
        "agent": ["agent_0", "agent_0"],
        "task": ["", ""],
        "name": ["return", "return"],
        "value": np.array([0.5 + generation, np.nan]),
    }
    lineage = {
        "member": names,
        "parents": [[], [f"ada{generation - 1}"]],
        "demonstrators": [None, ["ada"]],
        "how": ["born", "shown"],
        "seed": np.array([2**64 - 1, 7], np.uint64),
        "return": [0.25, 0.75],
        "weights": [f"members/g{generation:04d}/{name}.safetensors" for name in names],
    }
    tasks = {
        "task": ["t0"],
        "parent": [None],
        "task_json": ['{"size": 5}'],
        "created": [generation],
        "regret": [float("nan")],
        "estimator": ["positive_value_loss"],
        "solved": [0.5],
        "visits": [generation],
    }
    weights = {"head": np.full((2, 2), generation, np.float32)}
    return Commit(
        metrics={"return": 0.5 + generation, "gain": float("nan"), "members": names},
        tables={"metrics": metrics, "lineage": lineage, "tasks": tasks},
        members={name: (weights, {"steps": 10 * generation, "parents": []}) for name in names},
        state=state_of(generation),
        best=names[generation % 2],
        fingerprint="numerics-1",
    )


def start(path: Path, files: Files | None = None, settings: Settings | None = None) -> Records:
    records = Records.open_or_create(
        path, settings or Settings(), COMMAND, "", (), files or QuickFiles()
    )
    records.write_heldout(HELDOUT)
    return records


def play(path: Path, generations: int, files: Files | None = None) -> str:
    """A run of that many generations, closed; returns its digest."""
    with start(path, files) as records:
        for generation in range(records.generation + 1, generations):
            records.commit(generation, commit_of(generation))
        return records.digest()


def contents(root: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def temporaries(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.name.startswith(".tmp-")]
