"""A gated recurrent unit over whole episodes, whose gradients are taken for all steps at once (Cho 2014).

torch's own multiplies matrices at each step for the gradients of the weights, and has no fused kernel
for them on CPUs. Here a step back is one product and two sums; all else is done for the whole episode.
Lanes may end one after another: then only the steps that were lived are there at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def gru(
    inputs: Tensor,
    start: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor,
    b_hh: Tensor,
    counts: Sequence[int] | None = None,
) -> Tensor:
    """The states after each step, float32 [T, L, H], as `nn.GRU` has them.

    inputs [T, L, D], start [L, H]; w_ih [3H, D], w_hh [3H, H], b_ih and b_hh [3H] in the order of `nn.GRU`:
    reset, update, fresh. With `counts`, which never rise, only the first counts[t] lanes go through step t:
    inputs are [sum of counts, D], one step after another, and so are the states.
    """
    if counts is not None:
        packed: Tensor = _Gru.apply(inputs, start, w_ih, w_hh, b_ih, b_hh, tuple(counts))
        return packed
    steps, lanes = inputs.shape[:2]
    states = _Gru.apply(inputs.flatten(0, 1), start, w_ih, w_hh, b_ih, b_hh, (lanes,) * steps)
    return states.view(steps, lanes, -1)


class _Gru(torch.autograd.Function):
    """r = σ(i_r + h_r), z = σ(i_z + h_z), n = tanh(i_n + r h_n), state' = n + z (state - n),
    where i = w_ih input + b_ih and h = w_hh state + b_hh. Rows are steps of lanes, as `counts` cuts them."""

    @staticmethod
    @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)  # or autocast halves it
    def forward(
        ctx: Any,
        inputs: Tensor,
        start: Tensor,
        w_ih: Tensor,
        w_hh: Tensor,
        b_ih: Tensor,
        b_hh: Tensor,
        counts: tuple[int, ...],
    ) -> Tensor:
        rows, (lanes, hidden) = len(inputs), start.shape
        into = torch.addmm(b_ih, inputs, w_ih.t())
        back = torch.empty_like(into)
        gates = start.new_empty(rows, 2 * hidden)
        fresh = start.new_empty(rows, hidden)
        states = start.new_empty(lanes + rows, hidden)
        states[:lanes] = start
        transposed = w_hh.t()
        # Views are made for all steps at once: one by one they would cost as much as the sums.
        for i_rz, i_n, h, h_rz, h_n, rz, r, z, n, state, following in zip(
            into[:, : 2 * hidden].split_with_sizes(counts),
            into[:, 2 * hidden :].split_with_sizes(counts),
            back.split_with_sizes(counts),
            back[:, : 2 * hidden].split_with_sizes(counts),
            back[:, 2 * hidden :].split_with_sizes(counts),
            gates.split_with_sizes(counts),
            gates[:, :hidden].split_with_sizes(counts),
            gates[:, hidden:].split_with_sizes(counts),
            fresh.split_with_sizes(counts),
            _before(states, lanes, counts),
            states[lanes:].split_with_sizes(counts),
            strict=True,
        ):
            torch.addmm(b_hh, state, transposed, out=h)
            torch.add(i_rz, h_rz, out=rz).sigmoid_()
            torch.addcmul(i_n, r, h_n, out=n).tanh_()
            torch.lerp(n, state, z, out=following)
        ctx.save_for_backward(inputs, w_ih, w_hh, back, gates, fresh, states)
        ctx.counts = counts
        return states[lanes:]

    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        inputs, w_ih, w_hh, back, gates, fresh, states = ctx.saved_tensors
        (rows, hidden), grad, counts = fresh.shape, grads[0], ctx.counts
        lanes = len(states) - rows
        reset, update = gates.split(hidden, -1)
        whole = (
            lanes == counts[-1]
        )  # then states before steps lie as those after them, one step earlier
        before = states[:rows] if whole else torch.cat(list(_before(states, lanes, counts)))
        # What a change of the state after a step owes to changes of h_r, h_z and h_n in it.
        slopes = fresh.new_empty(rows, 3, hidden)
        to_n = (1 - update).mul_(1 - fresh * fresh)
        slope_n = torch.mul(to_n, reset, out=slopes[:, 2])
        torch.mul(slope_n * (1 - reset), back[:, 2 * hidden :], out=slopes[:, 0])
        torch.mul((before - fresh).mul_(update), 1 - update, out=slopes[:, 1])
        owed = fresh.new_empty(rows, 3, hidden)  # gradients of h
        after = torch.empty_like(fresh)  # gradients of the states
        carried = fresh.new_zeros(lanes, hidden)  # 0 of lanes until their last step
        for count, slope, z, gradient, state, now, flat in zip(
            reversed(counts),
            reversed(slopes.split_with_sizes(counts)),
            reversed(update.split_with_sizes(counts)),
            reversed(grad.split_with_sizes(counts)),
            reversed(after.split_with_sizes(counts)),
            reversed(owed.split_with_sizes(counts)),
            reversed(owed.flatten(1).split_with_sizes(counts)),
            strict=True,
        ):
            mine = carried if count == lanes else carried[:count]
            torch.add(gradient, mine, out=state)
            torch.mul(slope, state[:, None], out=now)
            torch.mul(state, z, out=mine).addmm_(flat, w_hh)
        flat = owed.view(rows, 3 * hidden)
        d_w_hh, d_b_hh = flat.t() @ before, flat.sum(0)
        torch.mul(after, to_n, out=owed[:, 2])  # from here on gradients of i
        d_w_ih, d_b_ih = flat.t() @ inputs, flat.sum(0)
        return flat @ w_ih, carried, d_w_ih, d_w_hh, d_b_ih, d_b_hh, None


def _before(states: Tensor, lanes: int, counts: tuple[int, ...]) -> Sequence[Tensor]:
    """The states before each step [counts[t], H], from those of `lanes` at the start and after every step."""
    if lanes == counts[-1]:
        return states[:-lanes].split_with_sizes(counts)
    blocks = states.split_with_sizes((lanes, *counts))
    return [block[:count] for block, count in zip(blocks, counts, strict=False)]
