"""Memories say the same step by step and all at once, with right gradients, alone and in company."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from populations.encoders import Flags
from populations.memories import CHUNK, MEMORIES, S5, _scan
from populations.networks import ActorCritic, initialise

torch.set_num_threads(1)  # two wait for each other under load
SIZE, ACTIONS, HIDDEN = 9, 3, 32


def network(memory: str, hidden: int = HIDDEN) -> ActorCritic:
    made = ActorCritic(Flags(SIZE, hidden), ACTIONS, hidden, memory)
    initialise(made, 1)
    return made


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def observations(*shape: int, seed: int = 0) -> torch.Tensor:
    return (random(*shape, SIZE, seed=seed) > 0).to(torch.uint8)


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("steps", [1, CHUNK, 3 * CHUNK + 5])
@pytest.mark.parametrize("hidden", [HIDDEN, 9])
def test_step_by_step_equals_the_whole_sequence(memory: str, steps: int, hidden: int) -> None:
    made, seen = network(memory, hidden), observations(steps, 32)
    state = random(32, made.memory.width, seed=3)
    with torch.no_grad():
        logits, values = made.sequence(seen, state)
        for t in range(steps):
            logit, value, state = made.step(seen[t], state)
            assert state.dtype == torch.float32 and state.shape == (32, made.memory.width)
            torch.testing.assert_close(logit, logits[t], rtol=0, atol=1e-5)
            torch.testing.assert_close(value, values[t], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("rows", [32, 96])
def test_a_row_does_not_depend_on_its_neighbours_nor_on_their_number(
    memory: str, rows: int
) -> None:
    made, alone, crowd = network(memory), observations(32), observations(rows, seed=1)
    states = random(rows, made.memory.width, seed=4)
    crowd[rows - 32 :] = alone
    with torch.inference_mode():
        found = made.step(crowd, states)
        for one, other in zip(made.step(alone, states[rows - 32 :]), found, strict=True):
            assert torch.equal(one, other[rows - 32 :])


@pytest.mark.parametrize("steps", [2, CHUNK, 2 * CHUNK + 3])
def test_the_scan_has_the_gradients_of_the_recurrence(steps: int) -> None:
    def complex_(*shape: int, seed: int) -> torch.Tensor:
        return torch.view_as_complex(random(*shape, 2, seed=seed).double())

    factor = 0.9 * torch.exp(1j * random(3).double())
    given = [factor, complex_(steps, 2, 3, seed=1), complex_(2, 3, seed=2)]
    assert torch.autograd.gradcheck(_scan, [tensor.requires_grad_() for tensor in given])


def test_s5_hands_the_gradient_back_to_the_first_step() -> None:
    made, features = S5(HIDDEN), random(100, 4, HIDDEN).requires_grad_()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            made.draw(name, parameter, generator)
    made.sequence(features, torch.zeros(4, made.width))[-1].sum().backward()
    assert features.grad is not None and features.grad[0].abs().max() > 1e-6
    assert all(parameter.grad is not None for parameter in made.parameters())


def test_a_newborn_s5_forgets_slowly_and_never_explodes() -> None:
    made = network("s5").memory
    for block in made.blocks:
        kept = torch.exp(-block.decay.exp() * block.step_size.exp())
        assert (kept < 1).all() and (kept.min() > 0.9) and (kept.max() > 0.998)
    with torch.no_grad():
        assert made.sequence(random(2000, 4, HIDDEN), torch.zeros(4, made.width)).abs().max() < 50


@pytest.mark.parametrize("memory", MEMORIES)
def test_a_sequence_may_be_computed_in_bfloat16(memory: str) -> None:
    made, seen = network(memory), observations(20, 32)
    start = made.start(32)
    exact, _ = made.sequence(seen, start)
    with torch.autocast("cpu", torch.bfloat16):
        logits, values = made.sequence(seen, start)
    (logits.float().square().mean() + values.float().mean()).backward()
    torch.testing.assert_close(logits.float(), exact, rtol=0.1, atol=0.01)
    gradients: Any = [parameter.grad for parameter in made.parameters()]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize("memory", MEMORIES)
def test_who_remembers_learns_what_was_shown_first(memory: str) -> None:
    """A flag of the first step decides the right answer 20 steps later; in between there is nothing to see."""
    made, seen = network(memory), observations(20, 32)
    seen[1:] = 0
    optimiser = torch.optim.Adam(made.parameters(), lr=1e-2)
    for _ in range(60):
        logits, _ = made.sequence(seen, made.start(32))
        loss = torch.nn.functional.cross_entropy(logits[-1], seen[0, :, 0].long())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.1, loss  # chance is 0.69
