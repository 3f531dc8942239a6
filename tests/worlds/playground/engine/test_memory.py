"""Each operation below plain Numba does what its plain twin does."""

import numpy as np
from numba import njit

from worlds.playground.engine import memory


@njit
def _read(address: int, place: int) -> tuple[int, int, int]:
    return (
        memory.byte(address, place),
        memory.number(address, place),
        memory.word(address, place),
    )


@njit
def _write(address: int, place: int, value: int) -> None:
    memory.put_byte(address, place, value)
    memory.put_number(address, place + 64, value)
    memory.put_word(address, place + 64, np.uint64(value))


@njit
def _first(mask: np.uint64) -> int:
    return memory.first(mask)


@njit
def _within(ys: int, y: int, xs: int, x: int, side: int) -> np.uint64:
    return memory.within(ys, y, xs, x, side)


@njit
def _draw_row(target: int, source: int, more: int, bits: np.uint64) -> None:
    memory.draw_row(target, source, more, bits)


@njit
def _fill(target: int, source: int, size: int) -> None:
    memory.clear(target, size)
    memory.copy_16(target + 100, source)
    memory.clear_16(target + 200)


def some_bytes(size: int = 1024) -> np.ndarray:
    return np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8)


def test_reading() -> None:
    given = some_bytes()
    for place in range(100):
        expected = tuple(
            memory.plain_read(given, place, dtype) for dtype in (np.uint8, np.int16, np.uint64)
        )
        assert _read(given.ctypes.data, place) == expected


def test_writing_keeps_the_low_bits() -> None:
    given = np.zeros(2048, dtype=np.uint8)
    _write(given.ctypes.data, 3, -2)
    assert given[3] == 254
    assert given.view(np.int16)[67] == -2
    assert given.view(np.uint64)[67] == 2**64 - 2


def test_the_first_of_a_mask() -> None:
    for bit in range(64):
        mask = (1 << bit) | (1 << 63)
        assert _first(np.uint64(mask)) == memory.plain_first(mask)


def test_what_lies_within_a_square() -> None:
    given = some_bytes(128) % 20
    given[5] = 255
    ys, xs = given[:64], given[64:]
    for low_y, low_x, side in ((3, 4, 9), (-8, 0, 9), (0, -4, 11), (18, 18, 5)):
        found = _within(ys.ctypes.data, low_y, xs.ctypes.data, low_x, side)
        assert int(found) == memory.plain_within(ys, low_y, xs, low_x, side)


def test_drawing_a_row() -> None:
    source, target = some_bytes(16), some_bytes(16)
    for bits in (0, 0xFFFF, 0b1010011, 1 << 15):
        _draw_row(target.ctypes.data, source.ctypes.data, -3, np.uint64(bits))
        assert np.array_equal(target, memory.plain_row(source, -3, bits))


def test_clearing_and_copying_stay_within_their_bytes() -> None:
    target, source = np.full(256, 7, dtype=np.uint8), some_bytes(16)
    _fill(target.ctypes.data, source.ctypes.data, 33)
    expected = np.full(256, 7, dtype=np.uint8)
    expected[:33], expected[100:116], expected[200:216] = 0, source, 0
    assert np.array_equal(target, expected)


def test_records_begin_at_lines_of_the_cache() -> None:
    rows = memory.lines_of_64(3, 128)
    assert rows.shape == (3, 128) and rows.ctypes.data % 64 == 0 and not rows.any()
