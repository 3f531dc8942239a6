"""Replay shards: many episodes in one Parquet file, whose sizes are checked before use."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from configs import limits
from worlds import formats
from worlds.episode import DIGEST_EVERY, Agent, Episode, ReplayError, replay
from worlds.family import NO_ACTION, Family, TaskError, make, names
from worlds.formats import FormatError

FORMAT = 1
_STEPS = 32 * 256  # longest episode of any family
_AGENTS = 16
_FAMILIES = 4  # differently made worlds in one shard; each holds up to 4 MB of tables
_THRIFT_ITEMS = 100_000  # of any list in the footer
_TEXT = 64  # characters of a name
_DERIVED = ("trial_starts", "returns")  # columns for other readers; none of ours reads them
# What the child process runs; where the platform knows no limit of memory, time alone is bounded.
_CHILD = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
except ImportError:
    pass
from pathlib import Path
from worlds import shards
try:
    shards.check_foreign(Path(sys.argv[2]))
except shards.FormatError as problem:
    print(problem)
    sys.exit(1)
"""
_SPLITS = ("train", "eval", "human", "example")


def write(path: str | Path, episodes: Sequence[Episode]) -> None:
    """Writes a shard: temporary file, fsync, rename; equal episodes give equal bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(path)
    if len(episodes) > limits.PARQUET_ROWS:
        raise ValueError(f"{len(episodes)} episodes, allowed are 0..{limits.PARQUET_ROWS} a shard")
    families: dict[bytes, Family] = {}
    table = pa.Table.from_pylist([_row(one, families) for one in episodes], schema=_schema())
    buffer = pa.BufferOutputStream()
    pq.write_table(
        table, buffer, compression="zstd", write_page_checksum=True, write_statistics=False
    )
    handle, temporary = tempfile.mkstemp(prefix=f".tmp-{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(sealed(buffer.getvalue().to_pybytes()))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read(path: str | Path, simulate: bool = False, foreign: bool = False) -> list[Episode]:
    """The episodes of a shard; `simulate` plays each one to its end and compares all digests.

    A `foreign` shard, one that a stranger may have made, is first read by a child process of
    bounded memory and time, for a crafted file can end the process that reads it.

    Raises `FormatError` for a file that is damaged, too large, or of another format or world, and
    `ReplayError` for an episode whose simulation differs; both name the file.
    """
    path = Path(path)
    if foreign:
        _read_in_child(path)
    episodes = []
    for index, episode in enumerate(_episodes(path)):
        if simulate:
            try:
                replay(episode).check()
            except ReplayError as problem:
                raise ReplayError(f"{path}: episode {index}: {problem}") from None
        episodes.append(episode)
    return episodes


def check_foreign(path: Path) -> None:
    """Reads a stranger's shard and keeps nothing: the work of the child process.

    Raises `FormatError`, also for codecs that our own shards never have.
    """
    for _ in _episodes(path, codecs=limits.PARQUET_CODECS):
        pass


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
    family = _family(episode.world, episode.settings, families)
    trial_length = family.horizon // family.trials
    return {
        "format": FORMAT,
        "episode_id": f"g{episode.generation:04d}-{episode.task_id}-{episode.digests[-1]}",
        "generation": episode.generation,
        "split": episode.split,
        "world": episode.world,
        "version": episode.version,
        "settings": formats.to_json(episode.settings).decode(),
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


def sealed(parquet: bytes) -> bytes:
    """A Parquet file with its SHA-256 between pages and footer, where every reader passes over it.

    Page checksums do not cover the footer, and a footer with one bit changed may hide all rows.
    """
    footer = len(parquet) - 8 - int.from_bytes(parquet[-8:-4], "little")
    return parquet[:footer] + hashlib.sha256(parquet).digest() + parquet[footer:]


def _unsealed(path: Path, data: bytes) -> bytes:
    """The Parquet file within a sealed one; FormatError if one bit of it has changed."""
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    seal = footer - hashlib.sha256().digest_size
    if seal < 0 or len(data) < 12:
        raise FormatError(f"{path}: damaged or no replay shard (it has no footer)")
    parquet = data[:seal] + data[footer:]
    if hashlib.sha256(parquet).digest() != data[seal:footer]:
        raise FormatError(f"{path}: damaged or no replay shard (its SHA-256 differs)")
    return parquet


def _episodes(path: Path, codecs: Sequence[str] | None = None) -> Iterator[Episode]:
    """The episodes of a shard, each checked before the next one leaves Arrow.

    Codecs other than `codecs` are refused; None, for one that a child process has checked or our
    own, does not ask, because asking a damaged file ends the process.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = _unsealed(path, formats.read_bytes(path, limits.PARQUET_BYTES))
    columns = [name for name in _schema().names if name not in _DERIVED]
    families: dict[bytes, Family] = {}
    count = size = 0
    try:
        file = pq.ParquetFile(
            pa.BufferReader(data),
            page_checksum_verification=True,
            thrift_string_size_limit=limits.MIB,
            thrift_container_size_limit=_THRIFT_ITEMS,
        )
        _check_footer(path, file)
        if codecs is not None:
            _check_codecs(path, file.metadata, codecs)
        for batch in file.iter_batches(
            limits.FOREIGN_BATCH_ROWS, columns=columns, use_threads=False
        ):
            largest = max(column.nbytes for column in batch.columns)
            size += batch.nbytes
            if size > limits.PARQUET_BYTES or largest > limits.FOREIGN_COLUMN_BYTES:
                raise FormatError(f"{path}: unpacks to more than {limits.PARQUET_BYTES} bytes")
            for place in range(batch.num_rows):
                yield _episode(_row_of(batch, place), f"{path}: episode {count}", families)
                count += 1
        if count != file.metadata.num_rows:
            raise FormatError(f"{path}: {count} rows where its footer says otherwise")
    except (pa.ArrowException, OSError, UnicodeDecodeError, MemoryError, OverflowError) as problem:
        raise FormatError(f"{path}: damaged or no replay shard ({_sentence(problem)})") from None


def _row_of(batch: Any, place: int) -> dict[str, Any]:
    """One row as plain values, but for its list, which stays in Arrow until its length is known."""
    values = {
        name: column[place] for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }
    return {
        name: value if name == "agents" and value.is_valid else value.as_py()
        for name, value in values.items()
    }


def _check_footer(path: Path, file: Any) -> None:
    about, schema, expected = file.metadata, file.schema_arrow, _schema()
    if about.num_rows > limits.PARQUET_ROWS:
        raise FormatError(f"{path}: {about.num_rows} rows; at most {limits.PARQUET_ROWS} are read")
    # Of a row group only the sum is asked: its columns' metadata, if damaged, end the process.
    sizes = [about.row_group(group).total_byte_size for group in range(about.num_row_groups)]
    if min(sizes, default=0) < 0 or sum(sizes) > limits.FOREIGN_COLUMN_BYTES:
        raise FormatError(
            f"{path}: claims {sum(sizes)} bytes; at most {limits.FOREIGN_COLUMN_BYTES} are read"
        )
    columns = ", ".join(schema.names)[:160]
    if "format" not in schema.names:
        raise FormatError(f"{path}: no replay shard (columns {columns})")
    _check_format(path, file)
    if schema.names != expected.names:
        raise FormatError(f"{path}: columns are {columns}, not those of format {FORMAT}")
    for name in expected.names:
        if schema.field(name) != expected.field(name):
            raise FormatError(f"{path}: column {name} is {schema.field(name).type}")


def _check_format(path: Path, file: Any) -> None:
    """Refuses other formats by their number, which stands in every row, before all else."""
    if str(file.schema_arrow.field("format").type) != "int32":
        raise FormatError(f"{path}: column format is {file.schema_arrow.field('format').type}")
    for batch in file.iter_batches(batch_size=limits.FOREIGN_BATCH_ROWS, columns=["format"]):
        for number in batch.column(0).to_pylist():
            if number != FORMAT:
                raise FormatError(
                    f"{path}: replay format {number}; this ratchet reads format {FORMAT}. "
                    "Update ratchet, or export it with the one that wrote it."
                )


def _check_codecs(path: Path, about: Any, codecs: Sequence[str]) -> None:
    for group in range(about.num_row_groups):
        for column in range(about.num_columns):
            codec = about.row_group(group).column(column).compression
            if codec not in codecs:
                raise FormatError(f"{path}: packed with {codec}; {' and '.join(codecs)} are read")


def _read_in_child(path: Path) -> None:
    """FormatError if a child process cannot read the episodes of the file within its bounds."""
    bounded = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"}
    paths = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    try:
        answer = subprocess.run(
            [sys.executable, "-c", _CHILD, str(limits.FOREIGN_ADDRESS_SPACE), str(path)],
            capture_output=True,
            timeout=limits.FOREIGN_SECONDS,
            env=os.environ | bounded | {"PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FormatError(f"{path}: not read within {limits.FOREIGN_SECONDS} seconds") from None
    if answer.returncode != 0:
        said = answer.stdout.decode(errors="replace").strip()
        raise FormatError(said or f"{path}: damaged (it ends the process that reads it)")


def _sentence(problem: BaseException) -> str:
    lines = str(problem).splitlines()
    text = lines[0][:160] if lines else type(problem).__name__
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _episode(row: dict[str, Any], where: str, families: dict[bytes, Family]) -> Episode:
    """One row, checked field by field."""
    missing = next((name for name, value in row.items() if value is None), None)
    if missing is not None:
        raise FormatError(f"{where}: {missing} is missing")
    if row["world"] not in names():
        known = ", ".join(names())
        raise FormatError(f"{where}: unknown world {row['world'][:_TEXT]!r}, known are {known}")
    settings = formats.parse_json(row["settings"].encode(), f"{where}: settings", 4 * limits.KIB)
    task = formats.parse_json(row["task"].encode(), f"{where}: task", 64 * limits.KIB)
    try:
        if not isinstance(settings, dict):
            raise ValueError("are not an object")
        family = _family(row["world"], settings, families)
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
    actions = _array(row, "actions", np.uint8, cells, where)
    moves = actions.view(np.int8)  # 255 is NO_ACTION
    if moves.min() < NO_ACTION or moves.max() >= family.num_actions:
        wrong = actions[(moves < NO_ACTION) | (moves >= family.num_actions)][0]
        raise FormatError(
            f"{where}: actions hold {wrong}, allowed are 0..{family.num_actions - 1} and 255"
        )
    return Episode(
        world=row["world"],
        version=row["version"],
        settings=dict(family.settings),
        task=values,
        actions=actions.reshape(steps, -1),
        visible=visible,
        rewards=_array(row, "rewards", np.dtype("<i2"), cells, where)
        .astype(np.int16)
        .reshape(steps, -1),
        agents=tuple(_agent(agent, where) for agent in agents.as_py()),
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


def _family(world: str, settings: dict[str, Any], families: dict[bytes, Family]) -> Family:
    """The family of an episode; most episodes of a shard share one."""
    key = world.encode() + formats.to_json(settings)
    if key not in families:
        if len(families) == _FAMILIES:
            raise ValueError(f"more than {_FAMILIES} different ones in one shard")
        families[key] = make(world, **settings)
    return families[key]
