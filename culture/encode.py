"""What a generation leaves behind as the bytes of its files; equal content, equal bytes."""

import hashlib
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from safetensors.numpy import save

from configs import limits
from worlds import formats

if TYPE_CHECKING:
    from worlds.episode import Episode

FORMAT = 1

Tensors = dict[str, np.ndarray]
Columns = Mapping[str, Sequence[Any] | np.ndarray]


@dataclass(frozen=True)
class Commit:
    """All of one generation: what people read, and what an exact resume needs.

    Nothing in it may depend on time, host, path or number of workers. A number that is not known is
    NaN in `metrics` and in float columns (stored as null); tensors and state are finite.
    """

    metrics: dict[str, Any]  # one line of metrics.jsonl
    tables: dict[str, Columns] = field(
        default_factory=dict
    )  # metrics, lineage and so on: `formats.TABLES`
    members: dict[str, tuple[Tensors, dict[str, Any]]] = field(
        default_factory=dict
    )  # name: weights, card
    replays: list["Episode"] = field(default_factory=list)
    recordings: list["Episode"] = field(default_factory=list)  # of elders, that channels showed
    curriculum: Sequence[bytes] = ()  # files of that table
    state: tuple[Tensors, dict[str, Any]] = field(default_factory=lambda: ({}, {}))
    best: str = ""  # the member `members/best.json` points to; empty: the one before stays
    fingerprint: str = ""  # of the numerics that made it


@dataclass(frozen=True)
class Piece:
    """One file of a generation: its bytes, and whether a resume needs it."""

    data: bytes
    needed: bool = True

    @property
    def digest(self) -> str:
        """SHA-256, 64 hex digits."""
        return hashlib.sha256(self.data).hexdigest()


def record_files(generation: int, commit: Commit) -> dict[str, Piece]:
    """Path below the run folder -> file, for all but the journal line and the checkpoint.

    Raises ValueError for columns, names or numbers that a run folder does not take.
    """
    name = formats.generation_name(generation)
    pieces = {}
    for table, columns in sorted(commit.tables.items()):
        pieces[f"{table}/{name}.parquet"] = Piece(table_bytes(table, columns, generation))
    for member, (tensors, card) in sorted(commit.members.items()):
        path = f"members/{name}/{formats.check_name(member)}"
        formats.check_name(f"{member}.safetensors")
        weights = Piece(tensor_bytes(tensors, f"member {member}"))
        full = {
            **card,
            "format": FORMAT,
            "name": member,
            "generation": generation,
            "digest": weights.digest,
        }
        pieces[f"{path}.safetensors"] = weights
        pieces[f"{path}.json"] = Piece(formats.to_json(full, indent=2))
    if commit.replays:
        pieces[f"replays/{name}-0.parquet"] = Piece(_shard_bytes(commit.replays), needed=False)
    if commit.recordings:
        pieces[f"recordings/{name}.parquet"] = Piece(_shard_bytes(commit.recordings), needed=False)
    for number, data in enumerate(commit.curriculum):
        pieces[f"curriculum/{name}-{number:05d}.parquet"] = Piece(data, needed=False)
    return pieces


def state_files(commit: Commit) -> dict[str, Piece]:
    """File name -> file of the checkpoint's state; ValueError for numbers that are not finite."""
    tensors, data = commit.state
    return {
        "state.json": Piece(formats.to_json(data)),
        "state.safetensors": Piece(tensor_bytes(tensors, "state")),
    }


def journal_line(generation: int, metrics: Mapping[str, Any]) -> bytes:
    """The line of metrics.jsonl: `generation` and the metrics, NaN as null."""
    if metrics.get("generation", generation) != generation:
        raise ValueError(
            f"metrics of generation {metrics['generation']} in the commit of {generation}"
        )
    return formats.to_json(_null({**metrics, "generation": generation}))


def tensor_bytes(tensors: Tensors, where: str) -> bytes:
    """Safetensors of the arrays; ValueError names one that is not finite or of another type."""
    whole = {}
    for name, tensor in tensors.items():
        array = np.asarray(tensor)
        if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
            raise ValueError(
                f"{where}: tensor {name} of type {array.dtype} has no form in safetensors here"
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{where}: tensor {name} holds a number that is not finite")
        whole[name] = np.ascontiguousarray(array).reshape(array.shape)
    return save(whole)


def table_bytes(table: str, columns: Columns, generation: int) -> bytes:
    """Parquet of a table, zstd with page checksums; columns not given are empty, or `generation`.

    None is empty text or an empty list; None and NaN in a float column are null. Measurements, which
    are float32, may be infinite. Raises ValueError.
    """
    if table not in formats.TABLES:
        raise ValueError(f"table {table} is not one of {', '.join(formats.TABLES)}")
    kinds = formats.TABLES[table]
    unknown = sorted(set(columns) - set(kinds))
    if unknown:
        raise ValueError(
            f"table {table} has no column {unknown[0]}; its columns: {', '.join(kinds)}"
        )
    lengths = {name: len(values) for name, values in columns.items()}
    rows = max(lengths.values(), default=0)
    if set(lengths.values()) - {rows}:
        raise ValueError(f"table {table}: columns of different length {lengths}")
    if rows > limits.PARQUET_ROWS:
        raise ValueError(
            f"table {table}: {rows} rows; a generation has at most {limits.PARQUET_ROWS}"
        )
    arrays = {}
    for name, kind in kinds.items():
        nothing = 0 if kind in ("int32", "int64", "uint64") else None
        filler = generation if name == "generation" else nothing
        arrays[name] = _array(
            columns.get(name, [filler] * rows), kind, f"table {table}, column {name}"
        )
    made = pa.table(arrays).replace_schema_metadata({"ratchet": f"{table} {FORMAT}"})
    sink = pa.BufferOutputStream()
    pq.write_table(made, sink, compression="zstd", write_page_checksum=True, store_schema=False)
    return sink.getvalue().to_pybytes()


_TYPES = {
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
    "text": pa.string(),
    "list of text": pa.list_(pa.string()),
    "list of numbers": pa.list_(pa.float64()),
    "list of int16": pa.list_(pa.int16()),
}


def _array(values: Sequence[Any] | np.ndarray, kind: str, where: str) -> pa.Array:
    if kind == "text":
        values = ["" if value is None else value for value in values]
    elif kind.startswith("list of "):
        values = [[] if value is None else value for value in values]
    try:
        array = pa.array(values, type=_TYPES[kind], from_pandas=kind.startswith("float"))
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as problem:
        raise ValueError(f"{where}: not {kind} ({problem})") from None
    if kind == "float64":
        if pc.any(pc.is_inf(array)).as_py():
            raise ValueError(f"{where}: infinite; store what is not known as NaN")
    elif kind == "list of numbers" and not pc.all(pc.is_finite(array.flatten())).as_py():
        raise ValueError(f"{where}: a number that is not finite")
    elif kind != "float32" and array.null_count:
        raise ValueError(f"{where}: {array.null_count} values are missing")
    return array


def _null(value: Any) -> Any:
    if isinstance(value, float | np.floating) and math.isnan(value):
        return None
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: _null(item) for key, item in value.items()}
    return [_null(item) for item in value] if isinstance(value, list | tuple) else value


def _shard_bytes(episodes: list["Episode"]) -> bytes:
    from worlds import shards  # only a generation with replays needs it

    with tempfile.TemporaryDirectory(prefix="ratchet-") as folder:
        path = Path(folder) / "shard.parquet"
        shards.write(path, episodes)
        return path.read_bytes()
