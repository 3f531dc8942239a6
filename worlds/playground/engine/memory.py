"""The one place below plain Numba: reading and writing records by address, and wide operations.

Kernels hand on addresses instead of arrays, since Numba passes an array as seven numbers and more
and tests every index: with arrays a step and its observations took 1.3 times as long, and compiling
them as well. Wide operations halved what is drawn and a third of what is looked at. Nothing here
checks bounds; `bounds.in_bounds` keeps out tasks that would need it. Each operation stands beside
its plain twin, which tests compare it with.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_BYTE = ir.IntType(8)


def lines_of_64(rows: int, size: int) -> np.ndarray:
    """Zeros uint8 [rows, size] that begin at a line of the cache, 64 bytes; sizes are multiples."""
    memory = np.zeros(rows * size + 64, dtype=np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + rows * size].reshape(rows, size)


def _operation(define: Callable[..., Any]) -> Any:
    """What Numba puts in place of a call; `define` gives its types and writes its instructions."""
    return intrinsic(define)


def _place(builder: Any, address: Any, place: Any, item: Any) -> Any:
    """Pointer to the item with number `place` after an address."""
    pointer = builder.inttoptr(address, item.as_pointer())
    return builder.gep(pointer, [place], source_etype=item)


def _reader(bits: int, extend: str, result: Any) -> Callable[..., Any]:
    def read(typingctx: Any, address: Any, place: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            item = ir.IntType(bits)
            value = builder.load(
                _place(builder, arguments[0], arguments[1], item), align=bits // 8, typ=item
            )
            return value if bits == 64 else getattr(builder, extend)(value, ir.IntType(64))

        return result(types.int64, types.int64), codegen

    return read


def _writer(bits: int, value_type: Any) -> Callable[..., Any]:
    def write(typingctx: Any, address: Any, place: Any, value: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            item = ir.IntType(bits)
            value = arguments[2] if bits == 64 else builder.trunc(arguments[2], item)
            builder.store(value, _place(builder, arguments[0], arguments[1], item), align=bits // 8)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, value_type), codegen

    return write


# byte(address, place) -> 0..255; number(...) -> a signed 16-bit number; word(...) -> uint64. A place
# counts in items of that width from the address. put_... write, and keep the low bits of a value.
byte = _operation(_reader(8, "zext", types.int64))
number = _operation(_reader(16, "sext", types.int64))
word = _operation(_reader(64, "zext", types.uint64))
put_byte = _operation(_writer(8, types.int64))
put_number = _operation(_writer(16, types.int64))
put_word = _operation(_writer(64, types.uint64))


@_operation
def first(typingctx: Any, mask: Any) -> Any:
    """first(mask) -> the number of the lowest bit set in a uint64 that is not 0."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@_operation
def clear(typingctx: Any, address: Any, size: Any) -> Any:
    """clear(address, size) writes so many zeros."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], _BYTE.as_pointer())
        cgutils.memset(builder, pointer, arguments[1], 0)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


@_operation
def clear_16(typingctx: Any, address: Any) -> Any:
    """clear_16(address) writes 16 zeros."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _store(builder, ir.Constant(ir.VectorType(_BYTE, 16), [0] * 16), arguments[0])
        return context.get_dummy_value()

    return types.void(types.int64), codegen


@_operation
def copy_16(typingctx: Any, target: Any, source: Any) -> Any:
    """copy_16(target, source) copies 16 bytes."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _store(builder, _load(builder, arguments[1], 16), arguments[0])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


@_operation
def prefetch(typingctx: Any, address: Any) -> Any:
    """prefetch(address) asks for a line of 64 bytes that will be read soon."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], _BYTE.as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type] + [number] * 3)
        hint = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(hint, [pointer, number(0), number(3), number(1)])  # to read, keep, data
        return context.get_dummy_value()

    return types.void(types.int64), codegen


@_operation
def within(typingctx: Any, ys: Any, low_y: Any, xs: Any, low_x: Any, side: Any) -> Any:
    """within(ys, low_y, xs, low_x, side) -> mask of 64 things: bytes from `low` on, `side` of them.

    ys and xs are addresses of 64 bytes each.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        ys, low_y, xs, low_x, side = arguments
        limit = _spread(builder, side, 64)
        inside = [
            builder.icmp_unsigned(
                "<", builder.sub(_load(builder, values, 64), _spread(builder, low, 64)), limit
            )
            for values, low in ((ys, low_y), (xs, low_x))
        ]
        return builder.bitcast(builder.and_(*inside), ir.IntType(64))

    return types.uint64(*[types.int64] * 5), codegen


@_operation
def draw_row(typingctx: Any, target: Any, source: Any, more: Any, bits: Any) -> Any:
    """draw_row(target, source, more, bits) writes 16 bytes: source + more where a bit is set, else 0."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        target, source, more, bits = arguments
        values = builder.add(_load(builder, source, 16), _spread(builder, more, 16))
        shown = builder.bitcast(
            builder.trunc(bits, ir.IntType(16)), ir.VectorType(ir.IntType(1), 16)
        )
        empty = ir.Constant(ir.VectorType(_BYTE, 16), [0] * 16)
        _store(builder, builder.select(shown, values, empty), target)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.uint64), codegen


def _load(builder: Any, address: Any, lanes: int) -> Any:
    vector = ir.VectorType(_BYTE, lanes)
    return builder.load(builder.inttoptr(address, vector.as_pointer()), align=1, typ=vector)


def _store(builder: Any, value: Any, address: Any) -> None:
    builder.store(value, builder.inttoptr(address, value.type.as_pointer()), align=1)


def _spread(builder: Any, value: Any, lanes: int) -> Any:
    """The low byte of a number in every lane."""
    vector = ir.VectorType(_BYTE, lanes)
    undefined = ir.Constant(vector, ir.Undefined)
    place, order = ir.Constant(ir.IntType(32), 0), ir.VectorType(ir.IntType(32), lanes)
    one = builder.insert_element(undefined, builder.trunc(value, _BYTE), place)
    return builder.shuffle_vector(one, undefined, ir.Constant(order, [0] * lanes))


def plain_read(memory: np.ndarray, place: int, dtype: Any) -> int:
    """What byte, number and word read, for uint8, int16 and uint64."""
    return int(memory.view(dtype)[place])


def plain_first(mask: int) -> int:
    """What `first` gives."""
    return (mask & -mask).bit_length() - 1


def plain_within(ys: np.ndarray, low_y: int, xs: np.ndarray, low_x: int, side: int) -> int:
    """What `within` gives."""
    pairs = zip(ys.tolist(), xs.tolist(), strict=True)
    inside = ((y - low_y) % 256 < side and (x - low_x) % 256 < side for y, x in pairs)
    return sum(1 << thing for thing, found in enumerate(inside) if found)


def plain_row(source: np.ndarray, more: int, bits: int) -> np.ndarray:
    """What `draw_row` writes, uint8 [16]."""
    shown = ((int(value) + more) % 256 if bits >> i & 1 else 0 for i, value in enumerate(source))
    return np.fromiter(shown, dtype=np.uint8)
