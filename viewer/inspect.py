"""What a run folder or one of its files is: versions, sizes, the best member, and what is damaged."""

import os
from pathlib import Path
from typing import Any

from viewer.library import Run, RunFormatError
from worlds import formats
from worlds.tables import read_table

STATE = "state.safetensors"  # of a checkpoint


def inspect(path: Path) -> dict[str, Any]:
    """Facts about a run folder, tensors (.safetensors), a table or replays (.parquet), ready for JSON.

    `problems` lists what is damaged. Raises FormatError or FileNotFoundError with one sentence.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file or folder")
    if path.is_dir():
        return _run(path)
    if path.suffix == ".safetensors":
        return _tensors(path)
    if path.suffix == ".parquet":
        # A run's tables lie in folders of their names; whatever lies elsewhere comes from strangers.
        table = path.absolute().parent.name
        return _table(path, table) if table in formats.TABLES else _replays(path)
    raise RunFormatError(f"{path}: is no run folder, no .safetensors and no .parquet")


def lines(facts: dict[str, Any]) -> str:
    """The same facts for people, one per line."""
    width = max(len(name) for name in facts)
    shown = [(name, value) for name, value in facts.items() if name not in ("problems", "tensors")]
    text = [f"{name:{width}}  {_words(value)}" for name, value in shown]
    shapes = facts.get("tensors", {})
    longest = max(map(len, shapes), default=0)
    text += [f"  {name:{longest}}  {shape}" for name, shape in shapes.items()]
    return "\n".join([*text, *(f"damaged: {problem}" for problem in facts["problems"])])


def _run(path: Path) -> dict[str, Any]:
    run = Run(path)
    info, best = run.info, run.best
    members, episodes = run.members(), run.episodes()
    last = run.metrics()[-1] if run.generations else {}
    return {
        "what": "run",
        "path": str(path),
        "run_format": info["format"],
        "version": info.get("version"),
        "state": info["state"],
        "problem": info.get("problem", ""),
        "generations": len(run.generations),
        "planned": info.get("planned"),
        "complete": info["state"] == "done",
        "seed": info.get("seed"),
        "started": info.get("started"),
        "digest": info.get("digest"),
        "return": last.get("return"),
        "solved": last.get("solved"),
        "members": len(members),
        "replays": len(episodes),
        "best": None if best is None else f"{best['member']} of generation {best['generation']}",
        "bytes": _bytes(path),
        "problems": list(run.problems),
    }


def _tensors(path: Path) -> dict[str, Any]:
    """Facts about a member, which has a card beside its weights, or about other tensors."""
    tensors = formats.read_tensors(path)
    card_path = path.with_suffix(".json")
    card = formats.read_json(card_path) if card_path.exists() else None
    carded = isinstance(card, dict) and isinstance(card.get("architecture"), dict)
    member = carded or path.absolute().parent.parent.name == "members"
    other = "state of a checkpoint" if path.name == STATE else "tensors"
    missing = f"{card_path}: the card of this member is missing"
    return {
        "what": "member" if member else other,
        "path": str(path),
        "name": path.stem,
        "parameters": sum(int(array.size) for array in tensors.values()),
        "bytes": path.stat().st_size,
        **({"card": card} if carded else {}),
        "tensors": {name: list(array.shape) for name, array in tensors.items()},
        "problems": [missing] if member and not carded else [],
    }


def _table(path: Path, table: str) -> dict[str, Any]:
    columns = read_table(path, table)
    return {
        "what": f"table of {table}",
        "path": str(path),
        "rows": len(columns["generation"]),
        "columns": list(columns),
        "bytes": path.stat().st_size,
        "problems": [],
    }


def _replays(path: Path) -> dict[str, Any]:
    from worlds import shards  # compiles the worlds' kernels, which runs and members do not need

    episodes = shards.read(path, foreign=True)
    return {
        "what": "replays",
        "path": str(path),
        "episodes": len(episodes),
        "worlds": sorted({f"{episode.world} version {episode.version}" for episode in episodes}),
        "generations": sorted({episode.generation for episode in episodes}),
        "splits": sorted({episode.split for episode in episodes}),
        "steps": sorted({len(episode.actions) for episode in episodes}),
        "bytes": path.stat().st_size,
        "problems": [],
    }


def _bytes(folder: Path) -> int:
    """What the files of a folder take; those that vanish meanwhile count nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(item)}" for name, item in value.items()) or "-"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value in (None, "") else str(value)
