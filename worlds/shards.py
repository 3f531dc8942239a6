"""Replay shards: many episodes in one Parquet file, written whole and read with every size checked
first."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from configs import limits
from worlds import formats
from worlds.episode import DIGEST_EVERY, Agent, Episode, ReplayError, replay
from worlds.family import Family, TaskError, make, names
from worlds.formats import FormatError

FORMAT = 1
_STEPS = 32 * 256  # longest episode of any family
_AGENTS = 16
_TEXT = 64  # characters of a name
_SPLITS = ("train", "eval", "human", "example")


def write(path: str | Path, episodes: Sequence[Episode]) -> None:
    """Writes the episodes to `path`: temporary file, fsync, rename; equal episodes give equal
    bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(path)
    if len(episodes) > limits.PARQUET_ROWS:
        raise ValueError(f"{len(episodes)} episodes, allowed are 0..{limits.PARQUET_ROWS} a shard")
    families: dict[bytes, Family] = {}
    table = pa.Table.from_pylist([_row(one, families) for one in episodes], schema=_schema())
    handle, temporary = tempfile.mkstemp(prefix=f".tmp-{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            pq.write_table(table, file, compression="zstd", write_page_checksum=True)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read(path: str | Path, simulate: bool = False) -> list[Episode]:
    """The episodes of a shard; `simulate` plays each one to its end and compares all digests.

    Raises `FormatError` for a file that is damaged, too large, or of another format or world, and
    `ReplayError` for an episode whose simulation differs; both name the file.
    """
    path = Path(path)
    families: dict[bytes, Family] = {}
    episodes = []
    for index, row in enumerate(_rows(path)):
        where = f"{path}: episode {index}"
        episode = _episode(row, where, families)
        if simulate:
            try:
                replay(episode).check()
            except ReplayError as problem:
                raise ReplayError(f"{where}: {problem}") from None
        episodes.append(episode)
    return episodes


def _schema() -> Any:
    import pyarrow as pa

    agent = pa.struct([("agent", pa.string()), ("member", pa.string()), ("role", pa.string())])
    return pa.schema(
        [
            ("format", pa.int32()),
            ("episode_id", pa.string()),  # generation and place in the shard's list of equal tasks
            ("generation", pa.int32()),
            ("split", pa.string()),
            ("world", pa.string()),
            ("version", pa.int32()),
            ("settings", pa.string()),  # JSON
            ("task_id", pa.string()),
            ("task", pa.string()),  # JSON
            ("steps", pa.int32()),
            ("trial_starts", pa.list_(pa.int32())),
            ("agents", pa.list_(agent)),
            ("actions", pa.binary()),  # uint8 [T, N]
            ("visible", pa.binary()),  # uint8 [T]
            ("rewards", pa.binary()),  # little-endian int16 [T, N], thousandths
            ("returns", pa.list_(pa.float64())),  # reward units, for scans without simulation
            ("digest_every", pa.int32()),
            ("digests", pa.binary()),  # 8 bytes each
        ]
    )


def _row(episode: Episode, families: dict[bytes, Family]) -> dict[str, Any]:
    settings = formats.to_json(episode.settings)
    family = _family(episode.world, settings, episode.settings, families)
    trial_length = family.horizon // family.trials
    return {
        "format": FORMAT,
        "episode_id": f"g{episode.generation:04d}-{episode.task_id}-{episode.digests[-1]}",
        "generation": episode.generation,
        "split": episode.split,
        "world": episode.world,
        "version": episode.version,
        "settings": settings.decode(),
        "task_id": episode.task_id,
        "task": formats.to_json(family.space.to_json(episode.task)).decode(),
        "steps": episode.length,
        "trial_starts": list(range(0, episode.length, trial_length)),
        "agents": [
            {"agent": agent.name, "member": agent.member, "role": agent.role}
            for agent in episode.agents
        ],
        "actions": episode.actions.astype(np.uint8).tobytes(),
        "visible": episode.visible.astype(np.uint8).tobytes(),
        "rewards": episode.rewards.astype("<i2").tobytes(),
        "returns": episode.returns.tolist(),
        "digest_every": DIGEST_EVERY,
        "digests": b"".join(bytes.fromhex(one) for one in episode.digests),
    }


def _rows(path: Path) -> list[dict[str, Any]]:
    """The rows of the file as plain values, once its footer has been found to be within limits."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = formats.read_bytes(path, limits.PARQUET_BYTES)
    rows: list[dict[str, Any]] = []
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        _check_footer(path, file)
        size = 0
        for batch in file.iter_batches(batch_size=limits.FOREIGN_BATCH_ROWS):
            size += batch.nbytes
            if size > limits.PARQUET_BYTES:
                raise FormatError(f"{path}: unpacks to more than {limits.PARQUET_BYTES} bytes")
            rows += batch.to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError, MemoryError) as problem:
        first = str(problem).splitlines()[0][:160] if str(problem) else type(problem).__name__
        raise FormatError(f"{path}: damaged or no Parquet file ({first})") from None
    return rows


def _check_footer(path: Path, file: Any) -> None:
    metadata, schema = file.metadata, file.schema_arrow
    if metadata.num_rows > limits.PARQUET_ROWS:
        raise FormatError(
            f"{path}: {metadata.num_rows} rows; at most {limits.PARQUET_ROWS} are read"
        )
    expected = _schema()
    if schema.names != expected.names and "format" not in schema.names:
        raise FormatError(f"{path}: no replay shard (columns {', '.join(schema.names)[:160]})")
    if schema.names == expected.names and not schema.equals(expected):
        changed = next(
            name for name in expected.names if schema.field(name) != expected.field(name)
        )
        raise FormatError(f"{path}: column {changed} is {schema.field(changed).type}")
    _check_format(path, file)
    if schema.names != expected.names:
        raise FormatError(
            f"{path}: columns are {', '.join(schema.names)[:160]}, not of format {FORMAT}"
        )
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            if column.compression not in limits.PARQUET_CODECS:
                raise FormatError(f"{path}: codec {column.compression} is not read")
            if not 0 <= column.total_uncompressed_size <= limits.FOREIGN_COLUMN_BYTES:
                raise FormatError(
                    f"{path}: column {column.path_in_schema} claims "
                    f"{column.total_uncompressed_size} bytes"
                )


def _check_format(path: Path, file: Any) -> None:
    """Refuses other formats by their number, which stands in every row, before anything else is
    read."""
    if str(file.schema_arrow.field("format").type) != "int32":
        raise FormatError(f"{path}: column format is {file.schema_arrow.field('format').type}")
    for batch in file.iter_batches(batch_size=limits.FOREIGN_BATCH_ROWS, columns=["format"]):
        for number in batch.column(0).to_pylist():
            if number != FORMAT:
                raise FormatError(
                    f"{path}: replay format {number}; this ratchet reads format {FORMAT}. "
                    "Update ratchet, or export it with the one that wrote it."
                )


def _episode(row: dict[str, Any], where: str, families: dict[bytes, Family]) -> Episode:
    """One row, checked field by field."""
    missing = next((name for name, value in row.items() if value is None), None)
    if missing is not None:
        raise FormatError(f"{where}: {missing} is missing")
    if row["world"] not in names():
        known = ", ".join(names())
        raise FormatError(f"{where}: unknown world {row['world'][:_TEXT]!r}, known are {known}")
    encoded = row["settings"].encode()
    settings = formats.parse_json(encoded, f"{where}: settings", 4 * limits.KIB)
    task = formats.parse_json(row["task"].encode(), f"{where}: task", 64 * limits.KIB)
    try:
        if not isinstance(settings, dict):
            raise ValueError("are not an object")
        family = _family(row["world"], encoded, settings, families)
    except (TypeError, ValueError) as problem:
        raise FormatError(f"{where}: settings: {problem}") from None
    if row["version"] != family.version:
        raise FormatError(
            f"{where}: version {row['version']} of {row['world']}, this is version {family.version}"
        )
    try:
        values = family.space.from_json(task)
    except TaskError as problem:
        raise FormatError(f"{where}: task: {problem}") from None
    steps, agents = row["steps"], row["agents"]
    if not 1 <= steps <= min(_STEPS, family.horizon):
        raise FormatError(f"{where}: {steps} steps, allowed are 1..{family.horizon}")
    if len(agents) > _AGENTS or len(agents) != family.num_agents:
        raise FormatError(f"{where}: {len(agents)} agents, allowed are {family.num_agents}")
    if row["digest_every"] != DIGEST_EVERY:
        raise FormatError(f"{where}: digests each {row['digest_every']} steps, not {DIGEST_EVERY}")
    if row["split"] not in _SPLITS or not 0 <= row["generation"] < 10**6:
        raise FormatError(f"{where}: split or generation is none that ratchet writes")
    cells = steps * len(agents)
    count = -(-steps // DIGEST_EVERY)
    visible = _array(row, "visible", np.uint8, steps, where)
    digests = _array(row, "digests", np.uint8, 8 * count, where).reshape(count, 8)
    if visible.max() > 1:
        raise FormatError(f"{where}: visible holds {visible.max()}, allowed are 0 and 1")
    return Episode(
        world=row["world"],
        version=row["version"],
        settings=dict(family.settings),
        task=values,
        actions=_array(row, "actions", np.uint8, cells, where).reshape(steps, -1),
        visible=visible,
        rewards=_array(row, "rewards", np.dtype("<i2"), cells, where)
        .astype(np.int16)
        .reshape(steps, -1),
        agents=tuple(_agent(agent, where) for agent in agents),
        generation=row["generation"],
        split=row["split"],
        digests=tuple(one.tobytes().hex() for one in digests),
    )


def _array(row: dict[str, Any], name: str, dtype: Any, count: int, where: str) -> np.ndarray:
    size = count * np.dtype(dtype).itemsize
    if len(row[name]) != size:
        raise FormatError(f"{where}: {name} has {len(row[name])} bytes, {size} are expected")
    return np.frombuffer(row[name], dtype=dtype)


def _agent(agent: Any, where: str) -> Agent:
    texts: list[Any] = [agent[field] for field in ("agent", "member", "role")] if agent else [None]
    for text in texts:
        if text is None or len(text) > _TEXT or not text.isprintable():
            raise FormatError(f"{where}: a name of an agent is not 0-{_TEXT} printable characters")
    return Agent(*texts)


def _family(
    world: str, encoded: bytes, settings: dict[str, Any], families: dict[bytes, Family]
) -> Family:
    """The family of an episode; most episodes of a shard share one."""
    key = world.encode() + encoded
    if key not in families:
        families[key] = make(world, **settings)
    return families[key]
