"""Replay shards: what is written comes back; what strangers made is refused."""

import dataclasses
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from configs import limits
from tests.worlds.test_episode import play
from worlds import shards
from worlds.episode import ReplayError
from worlds.formats import FormatError


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shards") / "g0003-0.parquet"
    shards.write(path, play(trials=2))
    return path


def _changed(shard: Path, out: Path, change: Callable[[dict[str, list]], Any]) -> Path:
    """The shard with its columns changed by a stranger who knows the format."""
    table = pq.read_table(shard)
    columns = table.to_pydict()
    change(columns)
    return _stranger(pa.Table.from_pydict(columns, schema=table.schema), out)


def _stranger(table: pa.Table, out: Path, **settings: Any) -> Path:
    """A table written and sealed by a stranger."""
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer, **{"compression": "zstd"} | settings)
    out.write_bytes(shards.sealed(buffer.getvalue().to_pybytes()))
    return out


def test_episodes_come_back_as_they_were_written(shard: Path) -> None:
    for written, read in zip(play(trials=2), shards.read(shard, simulate=True), strict=True):
        for field in dataclasses.fields(written):
            one, other = getattr(written, field.name), getattr(read, field.name)
            if isinstance(one, np.ndarray):
                assert one.dtype == other.dtype and one.shape == other.shape
                assert (one == other).all()
            else:
                assert one == other
        assert (written.returns == read.returns).all()


def test_equal_episodes_give_equal_bytes_and_no_file_is_left_over(
    shard: Path, tmp_path: Path
) -> None:
    path = tmp_path / "again.parquet"
    shards.write(path, play(trials=2))
    assert path.read_bytes() == shard.read_bytes()
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    shard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.parquet"
    path.write_bytes(b"old")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        shards.write(path, play(trials=2))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_shard_comes_back_empty(tmp_path: Path) -> None:
    shards.write(tmp_path / "empty.parquet", [])
    assert shards.read(tmp_path / "empty.parquet") == []


def test_every_truncation_is_refused(shard: Path, tmp_path: Path) -> None:
    data = shard.read_bytes()
    path = tmp_path / "cut.parquet"
    for size in [0, 1, 4, 11, *np.linspace(12, len(data) - 1, 20).astype(int)]:
        path.write_bytes(data[:size])
        with pytest.raises(FormatError, match=r"cut.parquet: damaged or no replay shard"):
            shards.read(path)


def test_every_flipped_bit_is_refused(shard: Path, tmp_path: Path) -> None:
    data = shard.read_bytes()
    path = tmp_path / "flipped.parquet"
    for place in np.linspace(0, len(data) - 1, 400).astype(int):
        flipped = bytearray(data)
        flipped[place] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        with pytest.raises(FormatError, match=r"flipped.parquet: damaged or no replay shard"):
            shards.read(path)


def test_other_readers_of_parquet_pass_over_the_seal(shard: Path) -> None:
    table = pq.read_table(shard)
    assert table.num_rows == 6
    assert table["steps"].to_pylist() == [40] * 6


def _each(column: str, value: Any) -> Callable[[dict[str, list]], None]:
    def change(columns: dict[str, list]) -> None:
        columns[column] = [value] * len(columns[column])

    return change


def _edit(column: str, edit: Callable[[Any], Any]) -> Callable[[dict[str, list]], None]:
    def change(columns: dict[str, list]) -> None:
        columns[column] = [edit(value) for value in columns[column]]

    return change


def _json(column: str, **fields: Any) -> Callable[[dict[str, list]], None]:
    return _edit(column, lambda text: json.dumps(json.loads(text) | fields))


LIARS: list[tuple[Callable, str]] = [
    (_each("format", 3), "replay format 3; this ratchet reads format 1. Update ratchet"),
    (_each("format", 0), "replay format 0"),
    (_each("format", None), "replay format None"),
    (_each("world", "maze"), "episode 0: unknown world 'maze', known are goal_sequence"),
    (_each("world", "\x1b[31m" * 99), r"unknown world '\\x1b\[31m"),
    (_each("version", 7), "version 7 of goal_sequence, this is version 0"),
    (_each("steps", 2**31 - 1), "2147483647 steps, allowed are 1..40"),
    (_each("steps", 0), "0 steps"),
    (_each("steps", -5), "-5 steps"),
    (_each("steps", 39), "visible has 40 bytes, 39 are expected"),
    (_edit("actions", lambda data: data[:-1]), "actions has 79 bytes, 80 are expected"),
    (_edit("actions", lambda data: bytes(10**7)), "actions has 10000000 bytes, 80 are expected"),
    (
        _edit("actions", lambda data: b"\xc8" + data[1:]),
        "actions hold 200, allowed are 0..2 and 255",
    ),
    (_edit("actions", lambda data: b"\x03" + data[1:]), "actions hold 3, allowed are 0..2 and 255"),
    (_edit("digests", lambda data: data + data), "digests has 48 bytes, 24 are expected"),
    (_edit("visible", lambda data: b"\2" * 40), "visible holds 2, allowed are 0 and 1"),
    (_each("digest_every", 1), "digests each 1 steps, not 16"),
    (_each("agents", []), "0 agents, allowed are 2"),
    (_edit("agents", lambda agents: agents * 1000), "2000 agents, allowed are 2"),
    (_edit("agents", lambda a: [a[0] | {"member": "x" * 65}, a[1]]), "a name of an agent is not"),
    (_edit("agents", lambda a: [a[0] | {"role": "a\0b"}, a[1]]), "a name of an agent is not"),
    (_edit("agents", lambda a: [None, a[1]]), "a name of an agent is not"),
    (_each("split", "../../x"), "split or generation is none that ratchet writes"),
    (_each("generation", -1), "split or generation"),
    (_each("task", None), "task is missing"),
    (_each("task", "{"), "task: not JSON"),
    (_each("task", "[" * 10_000), "episode 0: task: "),
    (_each("task", "[]"), r"task: task is \[\], allowed is an object"),
    (_json("task", size=9), "task: size is 9, allowed are 5..5"),
    (_each("task", " " * 70_000), "bytes of JSON; at most"),
    (_each("settings", "[]"), "settings: are not an object"),
    (_json("settings", size=10**9), "settings: size is 1000000000"),
    (_json("settings", view="5"), "settings: view is '5'"),
    (_json("settings", __class__="os"), "settings: .*__class__"),
    (_each("settings", '{"size": NaN}'), "settings: NaN is not a JSON number"),
    (_each("settings", '{"order_key": "7"}'), "settings: order_key is '7'"),
]


@pytest.mark.parametrize(("change", "text"), LIARS)
def test_lies_are_refused_in_one_sentence(
    change: Callable, text: str, shard: Path, tmp_path: Path
) -> None:
    path = _changed(shard, tmp_path / "liar.parquet", change)
    with pytest.raises(FormatError, match=text) as problem:
        shards.read(path)
    assert str(problem.value).startswith(str(path))
    assert str(problem.value).isprintable()
    assert len(str(problem.value)) < 600


def _numbered(column: str, edit: Callable[[int, str], str]) -> Callable[[dict[str, list]], None]:
    def change(columns: dict[str, list]) -> None:
        columns[column] = [edit(number, text) for number, text in enumerate(columns[column])]

    return change


def test_settings_that_say_the_same_make_one_family(
    shard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spaced = _numbered("settings", lambda number, text: text + " " * number)
    path = _changed(shard, tmp_path / "spaced.parquet", spaced)
    made = []
    make = shards.make
    monkeypatch.setattr(shards, "make", lambda *a, **k: made.append(a) or make(*a, **k))
    assert len(shards.read(path)) == 6
    assert len(made) == 1


def test_a_shard_of_many_families_is_refused(shard: Path, tmp_path: Path) -> None:
    def penalty(number: int, text: str) -> str:
        return json.dumps(json.loads(text) | {"wrong_penalty": number})

    path = _changed(shard, tmp_path / "many.parquet", _numbered("settings", penalty))
    with pytest.raises(FormatError, match="episode 4: settings: more than 4 different ones"):
        shards.read(path)


@pytest.mark.parametrize(
    ("column", "value", "refusal"),
    [
        ("trial_starts", [70_000] * 200_000, None),
        ("returns", [0.5] * 200_000, None),
        ("agents", [{"agent": "a", "member": "b", "role": "c"}] * 50_000, "50000 agents"),
    ],
)
def test_long_lists_never_become_python_objects(
    column: str,
    value: list,
    refusal: str | None,
    shard: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "PARQUET_BYTES", 16 * limits.MIB)  # room that a reader asks for
    path = _changed(shard, tmp_path / "long.parquet", _each(column, value))
    shards.read(shard)  # so that what a first reading loads is not counted
    tracemalloc.start()
    try:
        if refusal is None:
            assert len(shards.read(path)) == 6
        else:
            with pytest.raises(FormatError, match=refusal):
                shards.read(path)
        assert tracemalloc.get_traced_memory()[1] < 20 * limits.MIB
    finally:
        tracemalloc.stop()


def test_other_actions_under_the_old_digests_are_found_by_simulation(
    shard: Path, tmp_path: Path
) -> None:
    path = _changed(shard, tmp_path / "liar.parquet", _edit("actions", lambda data: bytes(80)))
    assert len(shards.read(path)) == 6
    with pytest.raises(ReplayError, match=r"liar.parquet: episode 0: "):
        shards.read(path, simulate=True)


def test_a_bomb_is_refused_before_it_unpacks(shard: Path, tmp_path: Path) -> None:
    path = _changed(
        shard, tmp_path / "bomb.parquet", _edit("actions", lambda data: bytes(30_000_000))
    )
    assert path.stat().st_size < 1_000_000
    for foreign in (False, True):
        with pytest.raises(
            FormatError, match="bomb.parquet: (claims|unpacks to more than) [0-9]+ bytes"
        ):
            shards.read(path, foreign=foreign)


def test_a_foreign_shard_is_read_in_a_child_first(shard: Path, tmp_path: Path) -> None:
    assert len(shards.read(shard, foreign=True)) == 6
    path = tmp_path / "flipped.parquet"
    path.write_bytes(shard.read_bytes()[:-9])
    with pytest.raises(FormatError, match=r"^\S*flipped.parquet: damaged or no replay shard"):
        shards.read(path, foreign=True)


def test_the_child_looks_at_every_episode(
    shard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _changed(shard, tmp_path / "liar.parquet", _each("split", "../../x"))
    monkeypatch.setattr(shards, "_episodes", None)  # this process must not get so far
    with pytest.raises(FormatError, match="liar.parquet: episode 0: split or generation"):
        shards.read(path, foreign=True)


def test_a_foreign_shard_may_not_bring_other_codecs(shard: Path, tmp_path: Path) -> None:
    path = tmp_path / "packed.parquet"
    _stranger(pq.read_table(shard), path, compression="none")
    assert len(shards.read(path, foreign=True)) == 6
    _stranger(pq.read_table(shard), path, compression="snappy")
    with pytest.raises(FormatError, match="packed with SNAPPY; ZSTD and UNCOMPRESSED are read"):
        shards.read(path, foreign=True)


def test_a_shard_that_ends_its_reader_is_refused(
    shard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "_CHILD", "import os; os.abort()")
    with pytest.raises(FormatError, match="damaged .it ends the process that reads it"):
        shards.read(shard, foreign=True)
    monkeypatch.setattr(limits, "FOREIGN_SECONDS", 0.1)
    monkeypatch.setattr(shards, "_CHILD", "while True: pass")
    with pytest.raises(FormatError, match="not read within 0.1 seconds"):
        shards.read(shard, foreign=True)


def test_other_tables_are_refused_by_their_columns(tmp_path: Path, shard: Path) -> None:
    path = tmp_path / "other.parquet"
    _stranger(pa.table({"a": [1]}), path)
    with pytest.raises(FormatError, match=r"no replay shard \(columns a\)"):
        shards.read(path)
    table = pq.read_table(shard)
    _stranger(table.drop_columns(["digests"]), path)
    with pytest.raises(FormatError, match="columns are .*not those of format 1"):
        shards.read(path)
    wide = table.set_column(9, "steps", table["steps"].cast(pa.int64()))
    assert wide.schema.names == table.schema.names
    _stranger(wide, path)
    with pytest.raises(FormatError, match="column steps is int64"):
        shards.read(path)


def test_links_and_large_files_are_refused(
    shard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "link.parquet"
    link.symlink_to(shard)
    with pytest.raises(FormatError, match="symbolic link"):
        shards.read(link)
    monkeypatch.setattr(limits, "PARQUET_BYTES", 1000)
    with pytest.raises(FormatError, match="at most 1000 are read"):
        shards.read(shard)
    monkeypatch.undo()
    monkeypatch.setattr(limits, "PARQUET_ROWS", 5)
    with pytest.raises(FormatError, match="6 rows; at most 5 are read"):
        shards.read(shard)
    with pytest.raises(ValueError, match="6 episodes, allowed are 0..5"):
        shards.write(tmp_path / "many.parquet", play(trials=2))
