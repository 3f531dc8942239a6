"""Values in units of reward from a head that predicts them normalised, so that no scale of rewards is too
large or too small to learn (PopArt; van Hasselt 2016)."""

from __future__ import annotations

from math import isfinite, sqrt
from typing import Any

import torch
from torch import Tensor, nn

RATE = 0.05  # how fast the statistics follow, per iteration
LEAST_SPREAD = 0.01  # in units of reward: returns that hardly vary are not blown up


class Popart(nn.Module):
    """Running mean and spread of returns, as buffers: they travel and are saved with the weights."""

    mean: Tensor  # [] float32, units of reward
    spread: Tensor  # [] float32, standard deviation in units of reward
    iterations: Tensor  # [] float32, how many the statistics have seen

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("spread", torch.ones(()))
        self.register_buffer("iterations", torch.zeros(()))

    def forward(self, predicted: Tensor) -> Tensor:
        """Values in units of reward, of any shape."""
        return torch.addcmul(self.mean, predicted, self.spread)

    @torch.no_grad()
    def follow(self, returns: Tensor, output: Any) -> None:
        """Take one iteration's returns into account; `output`, the last linear layer, is rescaled so that no
        prediction changes.

        The first iteration counts alone, later ones by RATE (an average without the bias of its start).
        Returns that are not finite are passed over.
        """
        mean, square = float(returns.double().mean()), float(returns.double().square().mean())
        if not (isfinite(mean) and isfinite(square)):
            return
        self.iterations += 1
        share = RATE / (1 - (1 - RATE) ** int(self.iterations))
        old_mean, old_spread = float(self.mean), float(self.spread)
        new_mean = old_mean + share * (mean - old_mean)
        old_square = old_spread**2 + old_mean**2
        variance = old_square + share * (square - old_square) - new_mean**2
        new_spread = max(sqrt(max(variance, 0.0)), LEAST_SPREAD)
        output.weight *= old_spread / new_spread
        output.bias.mul_(old_spread).add_(old_mean - new_mean).div_(new_spread)
        self.mean.fill_(new_mean)
        self.spread.fill_(new_spread)
