"""What a network remembers with: a GRU, or a diagonal state-space model (S5; Smith 2023).

Both offer `width`, the numbers a lane's memory takes, `step` and `sequence`, which say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log, pi
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from populations.gru import gru

CHUNK = 8  # steps of a scan done for all chunks at once; singly they took up to 3.5 times as long
STEP_SIZES = (0.001, 0.1)  # of newborn states, Smith 2023: they halve in some 14 to 1400 steps
READING = 0.1  # gain of what newborns read from their states, which are noise at first
BLOCKS = 2  # of S5; two have as many weights as a GRU of the same width


class Gru(nn.GRU):
    """Gated recurrent unit; the memory is float32 [L, hidden]."""

    def __init__(self, hidden: int) -> None:
        super().__init__(hidden, hidden)
        self.width = hidden

    def step(self, features: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """[L, hidden], [L, width] -> what is remembered [L, hidden], next state."""
        weights: Any = self  # torch's types do not know a GRU's weights
        state = torch.gru_cell(
            features,
            state,
            weights.weight_ih_l0,
            weights.weight_hh_l0,
            weights.bias_ih_l0,
            weights.bias_hh_l0,
        )
        return state, state

    def sequence(
        self, features: Tensor, state: Tensor, counts: Sequence[int] | None = None
    ) -> Tensor:
        """[T, L, hidden], [L, width] -> what is remembered after each step [T, L, hidden]; packed as `gru` says."""
        weights: Any = self
        return gru(
            features,
            state,
            weights.weight_ih_l0,
            weights.weight_hh_l0,
            weights.bias_ih_l0,
            weights.bias_hh_l0,
            counts,
        )

    def draw(self, name: str, fresh: Tensor, generator: torch.Generator) -> None:
        """Fill the newborn parameter `name`: orthogonal blocks, one for each gate, and zero biases."""
        if fresh.ndim == 1:
            fresh.zero_()
            return
        for gate in fresh.chunk(3):
            nn.init.orthogonal_(gate, generator=generator)


class S5(nn.Module):
    """Blocks of diagonal state-space models; the memory is float32 [L, 2 * hidden].

    Time is not cut by resets (Lu 2023): a lane is one episode.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.width = BLOCKS * _even(hidden)
        self.blocks = nn.ModuleList(_Block(hidden) for _ in range(BLOCKS))

    def step(self, features: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """[L, hidden], [L, width] -> what is remembered [L, hidden], next state."""
        remembered, after = self._through(features[None], state)
        return remembered[0], after

    def sequence(self, features: Tensor, state: Tensor) -> Tensor:
        """[T, L, hidden], [L, width] -> what is remembered after each step [T, L, hidden]."""
        return self._through(features, state)[0]

    def draw(self, name: str, fresh: Tensor, generator: torch.Generator) -> None:
        """Fill the newborn parameter `name`: slow waves of many lengths, orthogonal matrices."""
        part = name.split(".", 2)[2]  # blocks.0.PART
        if fresh.ndim == 2:
            gain = READING if part == "out.weight" else 1.0
            nn.init.orthogonal_(fresh, gain, generator=generator)
        elif part == "decay":
            fresh.fill_(log(0.5))
        elif part == "frequency":
            fresh.copy_(pi * torch.arange(len(fresh)))
        elif part == "step_size":
            fresh.uniform_(*map(log, STEP_SIZES), generator=generator)
        elif part == "skip":
            fresh.fill_(1.0)
        else:
            fresh.zero_()

    def _through(self, features: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        after = []
        for block, start in zip(self.blocks, state.chunk(BLOCKS, -1), strict=True):
            features, end = block(features, start)
            after.append(end)
        return features, torch.cat(after, -1)


class _Block(nn.Module):
    """x_t = a x_{t-1} + √(1 - |a|²) B u_t ;  y_t = Re(C x_t) + D u_t, then a gate, around it a skip.

    a = exp(Λ Δ), Λ = -exp(decay) + i frequency, Δ = exp(step_size). The root keeps states as large
    as their inputs (Orvieto 2023); with Smith's Λ^-1 (a - 1) in its place slow states begin so small
    that recalling a marked symbol took twice as long to learn. Complex numbers lie as pairs of
    float32.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        states = _even(hidden) // 2
        self.decay = nn.Parameter(torch.empty(states))
        self.frequency = nn.Parameter(torch.empty(states))
        self.step_size = nn.Parameter(torch.empty(states))
        self.skip = nn.Parameter(torch.empty(hidden))
        self.into = nn.Parameter(torch.empty(2 * states, hidden))  # real parts, imaginary parts
        self.out = nn.Linear(2 * states, hidden, bias=False)
        self.gate = nn.Linear(hidden, hidden)

    def forward(self, features: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
        """[T, L, hidden], [L, 2 * states] -> [T, L, hidden], the state after the last step."""
        factor = (torch.complex(-self.decay.exp(), self.frequency) * self.step_size.exp()).exp()
        scale = (1 - factor.abs().square()).sqrt()
        into = torch.complex(*self.into.chunk(2)) * scale[:, None]
        inputs = functional.layer_norm(features, features.shape[-1:])
        drive = functional.linear(inputs, torch.view_as_real(into).mT.flatten(0, 1)).float()
        states = torch.view_as_real(_scan(factor, _complex(drive), _complex(start))).flatten(-2)
        seen = functional.gelu(self.out(states) + self.skip * inputs)
        return features + seen * torch.sigmoid(self.gate(seen)), states[-1]


def _scan(factor: Tensor, drive: Tensor, start: Tensor) -> Tensor:
    """x_t = factor x_{t-1} + drive_t: complex [P], [T, L, P], [L, P] -> [T, L, P]."""
    if len(drive) == 1:
        return torch.addcmul(drive, factor, start)
    scanned: Tensor = _Scan.apply(factor, drive, start)
    return scanned


class _Scan(torch.autograd.Function):
    """The recurrence as one operation: its gradient is the same recurrence backwards in time."""

    @staticmethod
    def forward(ctx: Any, factor: Tensor, drive: Tensor, start: Tensor) -> Tensor:
        states = _chunked(factor, drive, start, range(CHUNK))
        ctx.save_for_backward(factor, states, start)
        return states

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        factor, states, start = ctx.saved_tensors
        back = factor.conj().resolve_conj()
        flow = _chunked(back, gradients[0], torch.zeros_like(start), range(CHUNK)[::-1])
        before = (states[:-1].conj() * flow[1:]).sum((0, 1))
        return before + (start.conj() * flow[0]).sum(0), flow, back * flow[0]


def _chunked(factor: Tensor, drive: Tensor, start: Tensor, order: range) -> Tensor:
    """The scan forwards or backwards, as `order` goes through a chunk.

    In T / CHUNK + CHUNK operations: within all chunks at once, then from each to the next.
    """
    padding = -len(drive) % CHUNK
    lived = slice(padding, None) if order.step < 0 else slice(len(drive))
    padded = drive.new_zeros(len(drive) + padding, *drive.shape[1:])
    padded[lived] = drive
    chunks = padded.unflatten(0, (-1, CHUNK))
    for before, t in pairwise(order):
        chunks[:, t].addcmul_(factor, chunks[:, before])
    powers = factor.expand(CHUNK, -1).cumprod(0)[order, None]
    for chunk in chunks.unbind()[:: order.step]:
        chunk.addcmul_(powers, start)
        start = chunk[order[-1]]
    return padded[lived]


def _complex(pairs: Tensor) -> Tensor:
    """float32 [..., 2 P] -> complex [..., P], of the same memory."""
    return torch.view_as_complex(pairs.unflatten(-1, (-1, 2)))


def _even(hidden: int) -> int:
    return hidden + hidden % 2


MEMORIES: dict[str, type[Gru] | type[S5]] = {"gru": Gru, "s5": S5}
