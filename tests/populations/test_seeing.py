"""Kernels that read a view say the same as plain torch, and so do their gradients."""

import numpy as np
import pytest
import torch
from torch import Tensor

from populations.seeing import AGENT, CELL, CHANNELS, FLOOR, RAMPS, TOKEN, View, cells, places

VALUES = (8, 35, 25, 10, 8, 101)  # of the channels' bytes
LANES, STEPS, ATOMS = 4, 3, 5
VIEW = View(start=2, area=9)


@pytest.fixture
def seen() -> Tensor:
    """uint8 [N, D], with other bytes before and after the view."""
    random = np.random.default_rng(1)
    planes = [random.integers(0, n, (STEPS * LANES, VIEW.area)) for n in VALUES]
    planes[4] *= random.random(planes[4].shape) < 0.3  # mostly nobody
    around = random.integers(0, 256, (STEPS * LANES, 4))
    found = np.concatenate([around[:, :2], *planes, around[:, 2:]], 1)
    return torch.from_numpy(found.astype(np.uint8))


def view_of(seen: Tensor) -> Tensor:
    return seen[:, VIEW.start :][:, : CHANNELS * VIEW.area].unflatten(1, (CHANNELS, VIEW.area))


def leaf(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(len(shape) + shape[0])
    return torch.randn(*shape, generator=generator).requires_grad_()


def same(ours: Tensor, plain: Tensor, *leaves: Tensor) -> None:
    """Equal values, and equal gradients of a sum with weights of its own."""
    torch.testing.assert_close(ours, plain, atol=1e-5, rtol=1e-5)
    weights = torch.randn(ours.shape, generator=torch.Generator().manual_seed(0))
    for one, other in zip(
        torch.autograd.grad((ours * weights).sum(), leaves),
        torch.autograd.grad((plain * weights).sum(), leaves),
        strict=True,
    ):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
        assert one.abs().sum() > 0


def test_a_cell_is_the_sum_of_its_symbols(seen: Tensor) -> None:
    rows = np.cumsum([0, *VALUES])
    table, bias = leaf(int(rows[-1]), CELL), leaf(CELL)
    symbols = view_of(seen).long() + torch.from_numpy(rows[:-1])[:, None]
    plain = torch.relu(table[symbols].sum(1) + bias).flatten(1)
    same(cells(seen, VIEW, rows[:-1], table, bias), plain, table, bias)


def test_places_are_those_of_kinds_agents_and_floors(seen: Tensor) -> None:
    codes = torch.from_numpy(np.random.default_rng(2).integers(1, 57, (LANES, ATOMS, 2)))
    codes[0, 0], codes[1, 1] = 200, torch.tensor([AGENT + 1, FLOOR + 2])  # nothing; somebody there
    weight, bias = leaf(2 * VIEW.area, TOKEN), leaf(TOKEN)
    named = codes.repeat(STEPS, 1, 1)[..., None]  # of the lane of each row
    view = view_of(seen).long()[:, :, None, None]
    agents = torch.where(view[:, 4] > 0, view[:, 4] + AGENT, 0)
    shown = (view[:, 2] == named) | (agents == named) | (view[:, 1] // RAMPS + FLOOR == named)
    assert shown.any() and (agents == named).any()
    plain = shown.flatten(-2).float() @ weight + bias
    same(places(seen, VIEW, codes.to(torch.uint8), weight, bias), plain, weight, bias)
