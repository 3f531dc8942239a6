"""Readers refuse what is damaged, hostile or too large, and keep what is whole bit for bit."""

import json
import os
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from configs import limits
from worlds import formats
from worlds.formats import FormatError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-limits.LARGEST_INTEGER, limits.LARGEST_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_json_comes_back_as_it_was_written(value: object) -> None:
    assert formats.parse_json(formats.to_json(value), "x") == value


def test_numpy_values_become_plain_json() -> None:
    value = {"mean": np.float32(0.5), "counts": np.arange(3), "pair": (np.int64(1), True)}
    assert formats.to_json(value) == b'{"counts":[0,1,2],"mean":0.5,"pair":[1,true]}\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b"[Infinity]", "Infinity is not"),
        (b"[-Infinity]", "-Infinity is not"),
        (b"1e999", "number 1e999 is not finite"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "key 'c' is given twice"),
        (b"9223372036854775808", "integer 9223372036854775808 is beyond"),
        (b"1" * 5000, "is beyond 2\\^63"),
        (b"[" * 33 + b"]" * 33, "nested deeper than 32"),
        (b"[" * 10**6, "nested deeper than 32|not JSON"),
        (b'{"a":' * 10**5, "nested deeper than 32|not JSON"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b"{'a': 1}", "not JSON"),
        (b"", "not JSON"),
        (b"[1] [2]", "not JSON"),
        (b"[" + b"0," * 2_000_001 + b"0]", "more than 2000000 commas"),
        (b" " * (16 * 2**20 + 1), "at most 16777216 are read"),
    ],
)
def test_json_that_is_not_plain_is_refused_in_a_sentence(text: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=f"^file: .*({message})"):
        formats.parse_json(text, "file")
    assert formats.parse_json(b"[" * 32 + b"]" * 32, "file")


TENSORS = {
    "scalar": np.array(3, np.int64),
    "empty": np.zeros((0, 4), np.float32),
    "weights": np.arange(12, dtype=np.float32).reshape(3, 4),
    "mask": np.array([True, False]),
    "bytes": np.arange(5, dtype=np.uint8),
    "double": np.array([1e300]),
    "half": np.ones(3, np.float16),
}


def test_tensors_come_back_with_shape_type_and_bits(tmp_path: Path) -> None:
    (tmp_path / "t.safetensors").write_bytes(save(TENSORS))
    found = formats.read_tensors(tmp_path / "t.safetensors")
    assert set(found) == set(TENSORS)
    for name, expected in TENSORS.items():
        assert (found[name].dtype, found[name].shape) == (expected.dtype, expected.shape)
        assert found[name].tobytes() == expected.tobytes()


def tensor_file(header: object, body: bytes = b"", size: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if size is None else size) + text + body


def entry(shape: object, start: object, end: object, kind: object = "F32") -> dict[str, object]:
    return {"dtype": kind, "shape": shape, "data_offsets": [start, end]}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "header size"),
        (tensor_file({}, size=10**12), "header size 1000000000000"),
        (tensor_file(b" " * (2**20 + 1)), "header size 1048577"),
        (tensor_file([]), "the header is not an object"),
        (tensor_file({"a": 1}), "needs exactly dtype"),
        (tensor_file({"a": entry([0, 10**18], 0, 0)}), "larger than any file"),
        (tensor_file({"a": entry([2**62, 4], 0, 0)}), "does not fill 0 bytes"),
        (tensor_file({"a": entry([1], 0, 8)}, bytes(8)), "does not fill 8 bytes"),
        (tensor_file({"a": entry([-1, -1], 0, 4)}, bytes(4)), "not a list of at most 8 sizes"),
        (tensor_file({"a": entry([1] * 9, 0, 4)}, bytes(4)), "not a list of at most 8 sizes"),
        (tensor_file({"a": entry([True], 0, 4)}, bytes(4)), "not a list of at most 8 sizes"),
        (tensor_file({"a": entry("1", 0, 4)}, bytes(4)), "not a list of at most 8 sizes"),
        (tensor_file({"a": entry([1], 0, 4, "F8")}, bytes(4)), "type 'F8' is not one of"),
        (tensor_file({"a": entry([1], 0, 4, ["F32"])}, bytes(4)), "is not one of"),
        (tensor_file({"a": entry([1], 4, 8)}, bytes(8)), "lies at 4-8, not at 0"),
        (tensor_file({"a": entry([2], 0, 8), "b": entry([1], 4, 8)}, bytes(8)), "lies at 4-8"),
        (tensor_file({"a": entry([2], 0, 8)}, bytes(4)), "lies at 0-8, not at 0 of 4"),
        (tensor_file({"a": entry([1], 0, 4)}, bytes(5)), "1 bytes after the last tensor"),
        (tensor_file({"a": entry([1], 0, 4)}, struct.pack("<f", float("nan"))), "not finite"),
        (tensor_file({"a": entry([1], 0, 1, "BOOL")}, b"\x02"), "truth value other than"),
        (tensor_file(b'{"a":{},"a":{}}'), "'a' is given twice"),
        (tensor_file(b"{" * 100000), "nested deeper|not JSON|more than"),
    ],
)
def test_tensors_that_lie_are_refused_in_a_sentence(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=f"^file: .*({message})"):
        formats.parse_tensors(data, "file")


def test_a_key_given_twice_among_many_is_found_at_once() -> None:
    keys = b",".join(b'"%d":0' % number for number in range(40_000))
    started = time.process_time()
    with pytest.raises(FormatError, match="key '39999' is given twice"):
        formats.parse_json(b"{" + keys + b',"39999":0}', "file")
    assert time.process_time() - started < 1


def test_no_flip_of_a_header_bit_is_more_than_a_refusal() -> None:
    data = save(TENSORS)
    size = 8 + int.from_bytes(data[:8], "little")
    for bit in range(0, 8 * size, 3):
        spoiled = bytearray(data)
        spoiled[bit // 8] ^= 1 << bit % 8
        try:
            found = formats.parse_tensors(bytes(spoiled), "file")
        except FormatError:
            continue
        assert sum(tensor.nbytes for tensor in found.values()) == len(data) - size


HOSTILE = [ "", ".", "..", "../evil", "a/b", "a\\b", "/etc/passwd", "~", ".hidden", ".tmp-x", "-rf",
    "a\0b", "a\n", "a b", "é", "\ud800", "a" * 65, "a:b", "a*", "$HOME", "%2e%2e", "con|", "<a>",
    '"', "'", "a;b", "a&b", "`id`", "(a)", "[a]", "{a}", "a,b", "a=b", "a@b", "#a", "!a", "a?b",
    "+a", "\u202ea", "a\tb", ]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_leaves_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormatError, match="no name for a file of a run"):
        formats.below(tmp_path, ["members", name])


@pytest.mark.parametrize("name", ["a", "_", "0", "Ada-1.v2", "a" * 64, "con"])
def test_plain_names_are_taken(tmp_path: Path, name: str) -> None:
    assert formats.below(tmp_path, f"members/{name}") == tmp_path / "members" / name


def test_links_folders_pipes_and_devices_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "whole").write_text("{}")
    (tmp_path / "link").symlink_to("whole")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    cases = {"link": "symbolic link", "folder": "not a regular", "pipe": "not a regular"}
    for name, message in {**cases, "nothing": "cannot be read"}.items():
        with pytest.raises(FormatError, match=message):
            formats.read_json(tmp_path / name)
    with pytest.raises(FormatError, match="not a regular file"):
        formats.read_bytes(Path("/dev/zero"), 100)
    (tmp_path / "out").symlink_to("folder")
    with pytest.raises(FormatError, match="symbolic link"):
        formats.below(tmp_path, "out/file")
    with pytest.raises(FormatError, match="2 bytes; at most 1 are read"):
        formats.read_bytes(tmp_path / "whole", 1)


def test_generations_are_told_from_names() -> None:
    named = ["g0007", "g0007.parquet", "g0007-3.parquet", "g123456", "g7", "g0007x", "human-1", ""]
    assert [formats.generation_of(name) for name in named] == [7, 7, 7, 123456] + [None] * 4
    assert formats.generation_name(7) == "g0007"
    with pytest.raises(ValueError, match="outside 0..999999"):
        formats.generation_name(-1)
