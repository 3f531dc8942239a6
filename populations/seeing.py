"""What the playground's cells show, as sums over the few numbers that are not zero, with their gradients.

As products of matrices, of one-hot codes and of zeros and ones, the same took most of the time in which
members learn. The kernels add in a fixed order, and gradients in float64.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from worlds.kernels import allocating

# A cell shows what a sentence names if their codes are equal: kinds are 1..24, agents AGENT and
# their relative number, floors FLOOR and their colour.
AGENT, FLOOR = 40, 50
CHANNELS = 6
GROUND, KIND, BODY = 1, 2, 4  # channels of a view that show floors, kinds and agents
CELL = 8  # numbers that a cell of the view becomes
TOKEN = 32  # numbers that an atom, an option or a rule becomes
RAMPS = 5  # values of a ramp: a byte of GROUND is RAMPS * floor + ramp


class View(NamedTuple):
    """Where in an observation the view stands: channels of `area` bytes, one after the other."""

    start: int
    area: int


def cells(
    observations: Tensor, view: View, rows: np.ndarray, table: Tensor, bias: Tensor
) -> Tensor:
    """relu(bias + the sum of its symbols) of every cell of a view: float32 [N, area * CELL], cell after cell.

    observations uint8 [N, D]; the byte v of channel c is the symbol `table[rows[c] + v]`, float32 [R, CELL];
    rows int64 [C].
    """
    seen: Tensor = _Cells.apply(observations, table, bias, view, rows)
    return seen


def places(observations: Tensor, view: View, codes: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """bias + the sum of weights of the cells that show what atoms name: float32 [N, M, TOKEN].

    observations uint8 [N, D], row n of lane n mod L; codes uint8 [L, M, H], the things that each of M atoms
    names; weight float32 [H * area, TOKEN], of each such thing in each cell.
    """
    found: Tensor = _Places.apply(observations, codes, weight, bias, view)
    return found


class _Cells(torch.autograd.Function):
    @staticmethod
    @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
    def forward(
        ctx: Any, observations: Tensor, table: Tensor, bias: Tensor, view: View, rows: np.ndarray
    ) -> Tensor:
        out = torch.empty(len(observations), view.area * table.shape[1])
        _add_symbols(*_arrays(observations, table, bias, out), *view, rows)
        ctx.save_for_backward(observations, out)
        ctx.view, ctx.rows, ctx.shape = view, rows, table.shape
        return out

    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        table, bias = np.zeros(ctx.shape), np.zeros(ctx.shape[1])
        _share_symbols(*_arrays(*ctx.saved_tensors, grads[0]), table, bias, *ctx.view, ctx.rows)
        return None, _float(table), _float(bias), None, None


class _Places(torch.autograd.Function):
    @staticmethod
    @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
    def forward(
        ctx: Any, observations: Tensor, codes: Tensor, weight: Tensor, bias: Tensor, view: View
    ) -> Tensor:
        out = torch.empty(len(observations), codes.shape[1], weight.shape[1])
        _add_places(*_arrays(observations, codes, weight, bias, out), *view)
        ctx.save_for_backward(observations, codes)
        ctx.view, ctx.shape = view, weight.shape
        return out

    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        weight = np.zeros(ctx.shape)
        _share_places(*_arrays(*ctx.saved_tensors, grads[0]), weight, *ctx.view)
        return None, None, _float(weight), grads[0].sum((0, 1)), None


def _arrays(*tensors: Tensor) -> list[np.ndarray]:
    return [tensor.detach().contiguous().numpy() for tensor in tensors]


def _float(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array.astype(np.float32))


@allocating
def _add_symbols(observations, table, bias, out, start, area, rows):  # type: ignore[no-untyped-def]
    row = np.empty(CHANNELS, np.int64)
    for n in range(len(observations)):
        for cell in range(area):
            for channel in range(CHANNELS):
                row[channel] = rows[channel] + observations[n, start + channel * area + cell]
            a, b, c, d, e, f = row[0], row[1], row[2], row[3], row[4], row[5]
            for i in range(CELL):  # all at once: eight numbers fill a register
                total = bias[i] + table[a, i] + table[b, i] + table[c, i]
                total += table[d, i] + table[e, i] + table[f, i]
                out[n, cell * CELL + i] = max(total, np.float32(0))


@allocating
def _share_symbols(observations, out, grad, table, bias, start, area, rows):  # type: ignore[no-untyped-def]
    """Adds what table and bias owe to the gradient of `out` [N, area * CELL]."""
    owed = np.empty(CELL)
    for n in range(len(observations)):
        for cell in range(area):
            first = cell * CELL
            for i in range(CELL):
                owed[i] = grad[n, first + i] if out[n, first + i] > 0 else np.float32(0)
                bias[i] += owed[i]
            for channel in range(CHANNELS):
                row = rows[channel] + observations[n, start + channel * area + cell]
                for i in range(CELL):
                    table[row, i] += owed[i]


@allocating
def _add_places(observations, codes, weight, bias, out, start, area):  # type: ignore[no-untyped-def]
    lanes, atoms, things = codes.shape
    shown = np.empty((3, area), np.uint8)
    match = np.empty(area, np.uint8)
    for n in range(len(observations)):
        _show(observations[n], start, area, shown)
        for atom in range(atoms):
            for i in range(TOKEN):
                out[n, atom, i] = bias[i]
            for thing in range(things):
                if _find(shown, codes[n % lanes, atom, thing], match):
                    for cell in range(area):
                        if match[cell]:
                            for i in range(TOKEN):
                                out[n, atom, i] += weight[thing * area + cell, i]


@allocating
def _share_places(observations, codes, grad, weight, start, area):  # type: ignore[no-untyped-def]
    """Adds what the weights owe to the gradient of `out` [N, M, TOKEN]."""
    lanes, atoms, things = codes.shape
    shown = np.empty((3, area), np.uint8)
    match = np.empty(area, np.uint8)
    for n in range(len(observations)):
        _show(observations[n], start, area, shown)
        for atom in range(atoms):
            for thing in range(things):
                if _find(shown, codes[n % lanes, atom, thing], match):
                    for cell in range(area):
                        if match[cell]:
                            for i in range(TOKEN):
                                weight[thing * area + cell, i] += grad[n, atom, i]


@allocating
def _show(observation, start, area, shown):  # type: ignore[no-untyped-def]
    """The codes of floor, kind and agent in every cell: uint8 [3, area], 0 without an agent."""
    for cell in range(area):
        agent = observation[start + BODY * area + cell]
        shown[0, cell] = observation[start + GROUND * area + cell] // RAMPS + FLOOR
        shown[1, cell] = observation[start + KIND * area + cell]
        shown[2, cell] = agent + AGENT if agent > 0 else 0


@allocating
def _find(shown, code, match):  # type: ignore[no-untyped-def]
    """Marks the cells that show a code; -> how many."""
    found = 0
    for cell in range(len(match)):
        equal = (shown[0, cell] == code) | (shown[1, cell] == code) | (shown[2, cell] == code)
        match[cell] = equal
        found += equal
    return found
