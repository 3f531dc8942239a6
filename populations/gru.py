"""A gated recurrent unit over whole episodes, whose gradients are taken for all steps at once (Cho 2014).

torch's own multiplies matrices at each step for the gradients of the weights, and has no fused kernel
for them on CPUs. Here a step back is one product and two sums; all else is done for the whole episode.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def gru(
    inputs: Tensor, start: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> Tensor:
    """The states after each step, float32 [T, L, H], as `nn.GRU` has them.

    inputs [T, L, D], start [L, H]; w_ih [3H, D], w_hh [3H, H], b_ih and b_hh [3H] in the order of `nn.GRU`:
    reset, update, fresh.
    """
    return _Gru.apply(inputs, start, w_ih, w_hh, b_ih, b_hh)


class _Gru(torch.autograd.Function):
    """r = σ(i_r + h_r), z = σ(i_z + h_z), n = tanh(i_n + r h_n), state' = n + z (state - n),
    where i = w_ih input + b_ih and h = w_hh state + b_hh."""

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
    ) -> Tensor:
        (steps, lanes), hidden = inputs.shape[:2], start.shape[1]
        into = torch.addmm(b_ih, inputs.flatten(0, 1), w_ih.t()).view(steps, lanes, 3 * hidden)
        back = torch.empty_like(into)
        gates = start.new_empty(steps, lanes, 2 * hidden)
        fresh = start.new_empty(steps, lanes, hidden)
        states = start.new_empty(steps + 1, lanes, hidden)
        states[0] = start
        state, transposed = states[0], w_hh.t()
        # Views are made for all steps at once: one by one they would cost as much as the sums.
        for i_rz, i_n, h, h_rz, h_n, rz, r, z, n, following in zip(
            into[..., : 2 * hidden].unbind(),
            into[..., 2 * hidden :].unbind(),
            back.unbind(),
            back[..., : 2 * hidden].unbind(),
            back[..., 2 * hidden :].unbind(),
            gates.unbind(),
            gates[..., :hidden].unbind(),
            gates[..., hidden:].unbind(),
            fresh.unbind(),
            states[1:].unbind(),
            strict=True,
        ):
            torch.addmm(b_hh, state, transposed, out=h)
            torch.add(i_rz, h_rz, out=rz).sigmoid_()
            torch.addcmul(i_n, r, h_n, out=n).tanh_()
            state = torch.lerp(n, state, z, out=following)
        ctx.save_for_backward(inputs, w_ih, w_hh, back, gates, fresh, states)
        return states[1:]

    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        inputs, w_ih, w_hh, back, gates, fresh, states = ctx.saved_tensors
        (steps, lanes, hidden), grad = fresh.shape, grads[0]
        reset, update = gates.split(hidden, -1)
        before = states[:-1]
        # What a change of the state after a step owes to changes of h_r, h_z and h_n in it.
        slopes = fresh.new_empty(steps, lanes, 3, hidden)
        to_n = (1 - update).mul_(1 - fresh * fresh)
        slope_n = torch.mul(to_n, reset, out=slopes[:, :, 2])
        torch.mul(slope_n * (1 - reset), back[..., 2 * hidden :], out=slopes[:, :, 0])
        torch.mul((before - fresh).mul_(update), 1 - update, out=slopes[:, :, 1])
        owed = fresh.new_empty(steps, lanes, 3, hidden)  # gradients of h
        after = torch.empty_like(fresh)  # gradients of the states
        carried = fresh.new_zeros(lanes, hidden)
        for slope, z, gradient, state, now, flat in zip(
            reversed(slopes.unbind()),
            reversed(update.unbind()),
            reversed(grad.unbind()),
            reversed(after.unbind()),
            reversed(owed.unbind()),
            reversed(owed.flatten(2).unbind()),
            strict=True,
        ):
            torch.add(gradient, carried, out=state)
            torch.mul(slope, state[:, None], out=now)
            carried = torch.mul(state, z, out=carried).addmm_(flat, w_hh)
        flat = owed.view(steps * lanes, 3 * hidden)
        d_w_hh, d_b_hh = flat.t() @ before.reshape(-1, hidden), flat.sum(0)
        torch.mul(after, to_n, out=owed[:, :, 2])  # from here on gradients of i
        d_w_ih, d_b_ih = flat.t() @ inputs.flatten(0, 1), flat.sum(0)
        return (flat @ w_ih).view_as(inputs), carried, d_w_ih, d_w_hh, d_b_ih, d_b_hh
