"""The tables of run folders, read from Parquet that may be damaged or hostile."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from configs import limits
from worlds import formats
from worlds.formats import FormatError

Column = np.ndarray | list[str] | list[list[str]] | list[list[float]] | list[list[int]]

# Kinds of numbers, as they are read.
NUMPY = {
    "int32": np.int64,
    "int64": np.int64,
    "uint64": np.uint64,
    "float32": np.float32,
    "float64": np.float64,
}


def read_table(path: Path, table: str) -> dict[str, Column]:
    """The columns of a file of one of `formats.TABLES`, checked before memory is taken. Raises FormatError.

    Whole numbers are int64 or uint64 [rows], floats float32 or float64 [rows] with NaN for what is not
    known; text and lists are lists.
    """
    kinds = formats.TABLES[table]
    with os.fdopen(formats.open_file(path, limits.PARQUET_BYTES), "rb") as file:
        try:
            return _read_columns(file, path, kinds)
        except (
            pa.ArrowException,
            OSError,
            MemoryError,
            UnicodeDecodeError,
            OverflowError,
        ) as problem:
            raise FormatError(_sentence(path, problem)) from None


def _read_columns(file: Any, path: Path, kinds: dict[str, str]) -> dict[str, Column]:
    parquet = pq.ParquetFile(
        file,
        page_checksum_verification=True,
        thrift_string_size_limit=limits.MIB,
        thrift_container_size_limit=limits.PARQUET_ROWS,
    )
    found = {field.name: str(field.type) for field in parquet.schema_arrow}
    wanted = {name: _ARROW[kind] for name, kind in kinds.items()}
    if list(found) != list(wanted) or any(found[name] not in wanted[name] for name in wanted):
        raise FormatError(
            f"{path}: its columns are not {', '.join(f'{n} {k}' for n, k in kinds.items())}"
        )
    about = parquet.metadata
    if about.num_rows > limits.PARQUET_ROWS:
        raise FormatError(f"{path}: {about.num_rows} rows; at most {limits.PARQUET_ROWS} are read")
    # Of a row group only the sum is asked: its columns' metadata, if damaged, end the process.
    sizes = [about.row_group(group).total_byte_size for group in range(about.num_row_groups)]
    if min(sizes, default=0) < 0 or sum(sizes) > limits.PARQUET_BYTES:
        raise FormatError(f"{path}: unpacks to more than {limits.PARQUET_BYTES} bytes")
    batches, size = [], 0
    for batch in parquet.iter_batches(limits.FOREIGN_BATCH_ROWS, use_threads=False):
        size += batch.nbytes
        if size > limits.PARQUET_BYTES or any(
            c.nbytes > limits.FOREIGN_COLUMN_BYTES for c in batch.columns
        ):
            raise FormatError(f"{path}: unpacks to more than {limits.PARQUET_BYTES} bytes")
        batches.append(batch)
    whole = pa.Table.from_batches(batches, parquet.schema_arrow)
    if whole.num_rows != about.num_rows:
        raise FormatError(f"{path}: {whole.num_rows} rows where its footer says {about.num_rows}")
    return {
        name: _column(whole.column(name), kind, f"{path}: column {name}")
        for name, kind in kinds.items()
    }


_ARROW = {
    "int32": ("int32",),
    "int64": ("int64",),
    "uint64": ("uint64",),
    "float32": ("float",),
    "float64": ("double",),
    "text": ("string",),
    "list of text": ("list<element: string>", "list<item: string>"),
    "list of numbers": ("list<element: double>", "list<item: double>"),
    "list of int16": ("list<element: int16>", "list<item: int16>"),
}


def _column(values: pa.ChunkedArray, kind: str, where: str) -> Column:
    if kind in ("float32", "float64"):
        return np.array(values.to_pylist(), NUMPY[kind])  # null becomes NaN; to_numpy needs pandas
    if values.null_count:
        raise FormatError(f"{where}: {values.null_count} values are missing")
    if kind in NUMPY:
        return np.array(values.to_pylist(), NUMPY[kind])
    made = values.to_pylist()
    if kind.startswith("list") and any(None in item for item in made):
        raise FormatError(f"{where}: a value is missing in a list")
    return made


def _sentence(path: Path, problem: BaseException) -> str:
    text = " ".join(str(problem).split()) or type(problem).__name__
    text = text if text.startswith(str(path)) else f"{path}: cannot be read ({text})"
    return text[:400]
