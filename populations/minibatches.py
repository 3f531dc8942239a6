"""What PPO learns from: the batch of an iteration, and the steps of some of its lanes.

Where lanes end one after another, most of a rectangle [T, L] would be steps after their ends. There a
minibatch is packed: its lanes lie by length, the longest first, and of each step only those rows are
there that were lived. Means over them, and so the gradients, are those of the masked rectangle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from populations.losses import Prepared


@dataclass(frozen=True)
class Batch:
    """One iteration's experience of one member, ready to learn from."""

    observations: Tensor  # [T, L, D] uint8
    actions: Tensor  # [T, L] int64
    log_probs: Tensor  # [T, L] float32
    advantages: Tensor  # [T, L] float32, normalised over the whole batch
    targets: Tensor  # [T, L] float32, returns that the value head should predict
    lived: Tensor | None = None  # [T, L] float32, 0 where nothing is learned from; None: nowhere
    terms: Sequence[Prepared] = ()  # further terms of the loss
    lengths: np.ndarray | None = None  # [L] int64, where the steps lived are the first of each lane

    @property
    def steps(self) -> int:
        """Agent-steps that are learned from."""
        return self.actions.numel() if self.lived is None else int(self.lived.sum())


@dataclass(frozen=True)
class Minibatch:
    """Which steps of a batch: a rectangle [T, l] of its lanes, or packed, the R steps that they lived."""

    lanes: Tensor  # [l] int64, numbers in the batch; the longest first where packed
    lived: Tensor | None = None  # [T, l] float32 of a rectangle, as in the batch
    rows: Tensor | None = (
        None  # [R] int64 if packed, the steps as numbers in [T * L], in time's order
    )
    counts: tuple[int, ...] | None = None  # if packed, how many lanes lived each step

    def of(self, values: Tensor) -> Tensor:
        """The minibatch's part of what has values for all steps of the batch: [T, L, …] -> [T, l, …] or [R, …]."""
        if self.rows is None:
            return values[:, self.lanes]
        return values.flatten(0, 1).index_select(0, self.rows)

    def mean(self, values: Tensor) -> Tensor:
        """The mean of values [T, l] or [R] over the steps that were lived; 0 if there are none."""
        if self.lived is None:
            return values.mean()
        return (values * self.lived).sum() / self.lived.sum().clamp(min=1)


def choose(batch: Batch, lanes: Tensor, packs: bool) -> Minibatch:
    """These lanes [l] of the batch, packed if the network can take it and they end one after another."""
    if batch.lengths is None or not packs:
        lived = None if batch.lived is None else batch.lived[:, lanes]
        return Minibatch(lanes, lived)
    lengths = batch.lengths[lanes.numpy()]
    falling = np.argsort(-lengths, kind="stable")
    lanes, lengths = lanes[torch.from_numpy(falling)], lengths[falling]
    alive = np.arange(lengths[0])[:, None] < lengths
    steps, places = np.nonzero(alive)
    rows = torch.from_numpy(steps * batch.actions.shape[1]) + lanes[torch.from_numpy(places)]
    return Minibatch(lanes, rows=rows, counts=tuple(alive.sum(1).tolist()))


def lengths_of(lived: np.ndarray) -> np.ndarray | None:
    """How many steps each lane lived, int64 [L], if they are its first ones and every lane has some; or None."""
    lengths: np.ndarray = lived.sum(0)
    first = np.arange(len(lived))[:, None] < lengths
    return lengths if lengths.all() and np.array_equal(lived, first) else None
