"""What a run folder may hold: names, JSON, safetensors, columns of tables; bounded readers."""

import json
import math
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from configs import limits

JSON_MARKS = 2_000_000  # commas, colons and opening brackets: what bounds the memory of a parse
TENSOR_FILE_BYTES = 4 * limits.GIB

NAME = re.compile(limits.NAME)
GENERATION = re.compile(r"g([0-9]{4,6})")

# Parquet tables: table, column, type.
TABLES: dict[str, dict[str, str]] = {
    "metrics": {
        "generation": "int32",
        "iteration": "int32",
        "member": "text",
        "agent": "text",
        "task": "text",
        "name": "text",
        "value": "float64",
    },
    "lineage": {
        "generation": "int32",
        "member": "text",
        "parents": "list of text",
        "demonstrators": "list of text",
        "iteration": "int32",  # of the generation, before which this became of it; 0: at birth
        "how": "text",  # born, copied, mutated; shown, or the name of a channel
        "changes": "text",  # JSON, of a copy in mid-life: its settings before, its parent's, its own; of
        # what was shown or taught: how much
        "seed": "uint64",
        "return": "float64",  # mean return on the held-out suite, reward units
        "weights": "text",  # path below the run folder
    },
    "tasks": {
        "generation": "int32",  # whose creator held the task
        "task": "text",
        "parent": "text",
        "task_json": "text",
        "created": "int32",  # generation in which it was first proposed
        "regret": "float64",
        "estimator": "text",
        "solved": "float64",  # running mean return, 1 = the best on any task, 0 = nothing
        "visits": "int64",
    },
    "trials": {  # everybody on the held-out tasks, under every condition
        "generation": "int32",
        "member": "text",  # empty for a yardstick, which nobody played
        "condition": "text",  # culture, lone, isolated, placebo, oracle, a yardstick's name, …
        "task": "text",
        "trial": "int32",
        "value": "float64",  # the measure as reported, mean over the repetitions of the task
    },
    "classroom": {  # what members earned on a task beside whom
        "task": "text",
        "roster": "text",  # digest of who was there beside agent_0, 16 hexadecimal digits
        "generation": "int32",
        "member": "text",
        "mode": "text",  # alone, or shown: with somebody to watch
        "episodes": "int32",
        "successes": "int32",  # episodes with a return above 0
        "return_sum": "float64",
        "return_squares": "float64",  # sum of squared returns
        "vector": "list of numbers",  # the level as a point of [0, 1]^dim
    },
    "curriculum": {  # an entry of what became of the creator's proposals, in the order of play
        "generation": "int32",
        "proposal": "int32",  # of the generation, from 0
        "place": "int32",  # row of the proposal
        "task": "text",
        "parent": "text",  # the task it was evolved from, if any
        "how": "text",  # new, replayed, evolved
        "company": "text",  # the roster that was asked for, if any
        "control": "int32",  # 1: random actions were to play the task too
        "row": "list of int16",  # the task itself, where a file first tells of it; else empty
        "agent": "int32",
        "member": "int32",  # number of the learner among those whose lives went on
        "roster": "text",  # digest of who was there beside agent_0
        "train": "int32",  # 0: a probe, from which nobody learned
        "return": "float32",  # exactly as the creator was told, like all that follow
        "elder_return": "float32",
        "control_return": "float32",
        "steps": "int32",
        "pvl": "float32",  # mean max(A, 0) over the steps of the episode
        "l1": "float32",  # mean |A|
        "value": "float32",  # mean V
    },
    "returns": {  # of an evaluation, outside of the run folder
        "suite": "text",
        "company": "text",
        "solved": "float64",  # a task counts as solved from this share on
        "run": "text",  # as it was named; empty for scripts
        "generation": "int32",
        "member": "text",
        "roster": "text",  # who filled the other bodies
        "task": "text",
        "agent": "text",
        "episodes": "int32",
        "return": "float64",  # mean over the episodes, of the last trial
        "worth": "float64",  # of that seat of that task: what a share of 1 earns
        "version": "text",  # of all worths together: a digest of whose returns they come from
    },
}


class FormatError(ValueError):
    """A file is damaged, hostile or of another format: one sentence that begins with its path."""


def generation_name(generation: int) -> str:
    """`g0007` for 7."""
    if not 0 <= generation < 10**6:
        raise ValueError(f"generation {generation} is outside 0..999999")
    return f"g{generation:04d}"


def generation_of(name: str) -> int | None:
    """The generation of `g0007`, `g0007.parquet` or `g0007-12.parquet`; None of other names."""
    match = GENERATION.match(name)
    return (
        int(match[1]) if match and name[match.end() : match.end() + 1] in ("", ".", "-") else None
    )


def check_name(name: str) -> str:
    """The name itself if it may stand in a run folder (`limits.NAME`); FormatError otherwise."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise FormatError(
            f"{str(name)[:80]!r}: no name for a file of a run; use 1-64 letters, digits, '_.-', "
            "beginning with a letter, a digit or '_'"
        )
    return name


def below(root: Path, relative: str | Iterable[str]) -> Path:
    """The path of a file below `root`: every part a proper name, no part a symbolic link.

    Raises FormatError. The last part need not exist.
    """
    parts = relative.split("/") if isinstance(relative, str) else list(relative)
    path = Path(root)
    for part in parts:
        path = path / check_name(part)
        if path.is_symlink():
            raise FormatError(f"{path}: is a symbolic link; a run folder holds none")
    return path


def open_file(path: Path, limit: int) -> int:
    """A descriptor for reading a regular file of at most `limit` bytes; FormatError otherwise."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except OSError as problem:
        if Path(path).is_symlink():
            raise FormatError(f"{path}: is a symbolic link; a run folder holds none") from None
        raise FormatError(
            f"{path}: cannot be read ({(problem.strerror or 'error').lower()})"
        ) from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise FormatError(f"{path}: is not a regular file")
    if found.st_size > limit:
        os.close(descriptor)
        raise FormatError(f"{path}: {found.st_size} bytes; at most {limit} are read")
    return descriptor


def read_bytes(path: Path, limit: int) -> bytes:
    """The bytes of a regular file; FormatError if missing, a link, a device, or beyond `limit`."""
    with os.fdopen(open_file(path, limit), "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise FormatError(f"{path}: grew beyond {limit} bytes while it was read")
    return data


def read_json(path: Path, limit: int = limits.JSON_BYTES) -> Any:
    """The value in a JSON file within the limits of `parse_json`."""
    return parse_json(read_bytes(path, limit), str(path), limit)


def parse_json(data: bytes, where: str, limit: int = limits.JSON_BYTES) -> Any:
    """The value of JSON text: depth <= 32, no NaN or infinity, no key twice, integers within 2^63.

    Raises FormatError with `where` in front.
    """
    if len(data) > limit:
        raise FormatError(f"{where}: {len(data)} bytes of JSON; at most {limit} are read")
    if sum(data.count(mark) for mark in (b",", b":", b"[", b"{")) > JSON_MARKS:
        raise FormatError(f"{where}: more than {JSON_MARKS} commas, colons and brackets")
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_pairs,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except RecursionError:
        raise FormatError(f"{where}: nested deeper than {limits.JSON_DEPTH}") from None
    except UnicodeDecodeError as problem:
        raise FormatError(f"{where}: not UTF-8 at byte {problem.start}") from None
    except json.JSONDecodeError as problem:
        raise FormatError(f"{where}: not JSON ({problem.msg} at character {problem.pos})") from None
    except ValueError as problem:
        raise FormatError(f"{where}: {problem}") from None
    if _deeper_than(value, limits.JSON_DEPTH):
        raise FormatError(f"{where}: nested deeper than {limits.JSON_DEPTH}")
    return value


def to_json(value: Any, indent: int | None = None) -> bytes:
    """JSON that `parse_json` reads back: sorted keys, NumPy values as plain numbers and lists.

    Raises ValueError for NaN, infinity, integers beyond 2^63, keys that are not text, other types.
    """
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(
        _plain(value, ""),
        sort_keys=True,
        allow_nan=False,
        ensure_ascii=True,
        indent=indent,
        separators=separators,
    )
    return text.encode() + b"\n"


def read_tensors(path: Path, limit: int = TENSOR_FILE_BYTES) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file by name, checked as `parse_tensors` does."""
    return parse_tensors(read_bytes(path, limit), str(path))


def parse_tensors(data: bytes, where: str) -> dict[str, np.ndarray]:
    """The arrays in safetensors bytes: header size (8 bytes), JSON header, data without gaps.

    Types: bool, whole numbers of 1-8 bytes, floats of 2, 4 or 8, all finite. The arrays are
    read-only views of `data`. Raises FormatError.
    """
    size = int.from_bytes(data[:8], "little") if len(data) >= 8 else -1
    if not 2 <= size <= min(limits.TENSORS_HEADER_BYTES, len(data) - 8):
        raise FormatError(f"{where}: not safetensors (header size {size} in {len(data)} bytes)")
    header = parse_json(data[8 : 8 + size], where)
    if not isinstance(header, dict):
        raise FormatError(f"{where}: not safetensors (the header is not an object)")
    header.pop("__metadata__", None)
    if len(header) > limits.TENSORS:
        raise FormatError(f"{where}: {len(header)} tensors; at most {limits.TENSORS} are read")
    body = memoryview(data)[8 + size :]
    spans = [
        (*_span(entry, f"{where}: tensor {name[:80]!r}"), name) for name, entry in header.items()
    ]
    position = 0
    tensors = {}
    for start, end, dtype, shape, name in sorted(
        spans, key=lambda span: (span[0], span[1], span[4])
    ):
        if start != position or end > len(body):
            raise FormatError(
                f"{where}: tensor {name[:80]!r} lies at {start}-{end}, "
                f"not at {position} of {len(body)} bytes"
            )
        position = end
        if dtype.kind == "b" and np.any(np.frombuffer(body[start:end], np.uint8) > 1):
            raise FormatError(
                f"{where}: tensor {name[:80]!r} holds a truth value other than 0 or 1"
            )
        tensor = np.frombuffer(body[start:end], dtype).reshape(shape)
        if dtype.kind == "f" and not np.isfinite(tensor).all():
            raise FormatError(f"{where}: tensor {name[:80]!r} holds a number that is not finite")
        tensors[name] = tensor
    if position != len(body):
        raise FormatError(f"{where}: {len(body) - position} bytes after the last tensor")
    return {name: tensors[name] for name in header}


_DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "F16": "<f2",
    "U32": "<u4", "I32": "<i4", "F32": "<f4", "U64": "<u8", "I64": "<i8", "F64": "<f8",
}  # fmt: skip


def _span(entry: Any, where: str) -> tuple[int, int, np.dtype, tuple[int, ...]]:
    """Start, end, dtype and shape of one tensor, whose shape fills exactly its bytes."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise FormatError(f"{where}: needs exactly dtype, shape and data_offsets")
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or kind not in _DTYPES:
        raise FormatError(f"{where}: type {str(kind)[:20]!r} is not one of {', '.join(_DTYPES)}")
    if not _sizes(shape) or len(shape) > limits.TENSOR_DIMENSIONS:
        raise FormatError(
            f"{where}: its shape is not a list of at most {limits.TENSOR_DIMENSIONS} sizes"
        )
    if not _sizes(offsets) or len(offsets) != 2:
        raise FormatError(f"{where}: data_offsets are not two positions")
    dtype = np.dtype(_DTYPES[kind])
    if math.prod(shape) * dtype.itemsize != offsets[1] - offsets[0]:
        raise FormatError(
            f"{where}: shape {shape} of {kind} does not fill {offsets[1] - offsets[0]} bytes"
        )
    if any(size > TENSOR_FILE_BYTES for size in shape):
        raise FormatError(f"{where}: shape {shape} is larger than any file")
    return offsets[0], offsets[1], dtype, tuple(shape)


def _sizes(value: Any) -> bool:
    return isinstance(value, list) and all(type(size) is int and size >= 0 for size in value)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise ValueError(f"key {name[:80]!r} is given twice")
        made[name] = value
    return made


def _integer(text: str) -> int:
    value = int(text) if len(text) <= 20 else limits.LARGEST_INTEGER + 1
    if abs(value) > limits.LARGEST_INTEGER:
        raise ValueError(f"integer {text[:24]} is beyond 2^63")
    return value


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"number {text[:24]} is not finite")
    return value


def _constant(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


def _deeper_than(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _plain(value: Any, where: str) -> Any:
    """The value in plain JSON types; ValueError names the place that has none."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) > limits.LARGEST_INTEGER:
            raise ValueError(
                f"{where or 'value'}: integer {value} is beyond 2^63; store it as text"
            )
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(
                f"{where or 'value'}: {value} is not finite; store what is not known as null"
            )
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise ValueError(f"{where or 'value'}: key {key!r} is not text")
        return {
            key: _plain(item, f"{where}.{key}" if where else key) for key, item in value.items()
        }
    raise ValueError(f"{where or 'value'}: {type(value).__name__} has no form in JSON")
