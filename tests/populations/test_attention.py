"""The goal is read again after memory: its options are weighed, and its atoms' fate is foreseen."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from configs.schema import Learner
from populations import ppo
from populations.attention import Foresight, GoalAttention
from populations.encoders import TOKEN
from tests.populations.test_encoders import HIDDEN, network, observations, part

torch.set_num_threads(1)  # two wait for each other under load
LANES, STEPS = 32, 6


def random(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(5))


def test_unused_options_are_never_attended() -> None:
    made, remembered, options = (
        GoalAttention(HIDDEN),
        random(STEPS, LANES, HIDDEN),
        random(3, TOKEN),
    )
    used = torch.tensor([True, True, False])
    shown = options.expand(STEPS, LANES, 3, TOKEN)
    fewer = made(remembered, shown[..., :2, :], used[:2])
    torch.testing.assert_close(made(remembered, shown, used), fewer)
    assert not torch.allclose(made(remembered, shown, torch.ones(3, dtype=torch.bool)), fewer)


def test_the_option_of_most_worth_is_attended_most() -> None:
    made, remembered = GoalAttention(HIDDEN), random(LANES, HIDDEN)
    options, used = random(LANES, 2, TOKEN), torch.ones(LANES, 2, dtype=torch.bool)
    with torch.no_grad():
        made.worth.weight.mul_(1e4)
        found = made(remembered, options, used) - remembered
        alone = torch.stack(
            [made(remembered, options[:, [k]], used[:, [k]]) - remembered for k in (0, 1)], 1
        )
        best = made.worth(alone).squeeze(-1).argmax(-1)
    torch.testing.assert_close(found, alone[torch.arange(LANES), best], rtol=1e-3, atol=1e-3)


def test_memory_decides_what_an_atom_is_foreseen_to_become() -> None:
    made, atoms = Foresight(HIDDEN), random(LANES, 3, TOKEN)
    one, other = random(2, LANES, HIDDEN)
    assert made(one, atoms).shape == (LANES, 3)
    assert not torch.allclose(made(one, atoms), made(other, atoms), atol=1e-3)


def batch(seen: torch.Tensor, lived: torch.Tensor | None = None) -> ppo.Batch:
    noise = random(STEPS, LANES)
    return ppo.Batch(seen, torch.zeros(STEPS, LANES, dtype=torch.int64), noise, noise, noise, lived)


def surprise(seen: torch.Tensor, lived: torch.Tensor | None = None, weight: float = 1.0) -> float:
    settings = Learner(auxiliary_weight=weight)
    total, parts = ppo.loss(
        network(foresees=True), batch(seen, lived), torch.arange(LANES), settings
    )
    plain, _ = ppo.loss(
        network(foresees=True),
        batch(seen, lived),
        torch.arange(LANES),
        replace(settings, auxiliary_weight=0.0),
    )
    torch.testing.assert_close(total - plain, weight * parts["surprise"], rtol=1e-3, atol=1e-4)
    return float(parts["surprise"])


def test_surprise_is_about_atoms_that_are_there_and_steps_that_are_lived() -> None:
    seen = observations(STEPS, LANES)
    part(seen, "goal_atoms")[:, :, 2] = 0
    other = seen.clone()
    part(other, "atom_truth")[-1, :, 2] = 1 - part(seen, "atom_truth")[-1, :, 2]
    assert surprise(seen) == surprise(other)
    part(other, "atom_truth")[-1, :, 0] = 1 - part(seen, "atom_truth")[-1, :, 0]
    assert surprise(seen) != surprise(other)
    lived = torch.ones(STEPS, LANES)
    lived[-1] = 0
    assert surprise(seen, lived) == surprise(other, lived)


def test_a_network_learns_to_foresee() -> None:
    made, seen = network(foresees=True), observations(STEPS, LANES)
    part(seen, "atom_truth")[:] = part(seen, "atom_truth")[0]  # what holds goes on to hold
    optimiser = torch.optim.Adam(made.parameters(), lr=1e-2)
    found = []
    for _ in range(15):
        total, parts = ppo.loss(
            made, batch(seen), torch.arange(LANES), Learner(auxiliary_weight=10.0)
        )
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        found.append(float(parts["surprise"]))
    assert found[-1] < 0.5 * found[0], found


@pytest.mark.parametrize("more", [{"attends": True}, {"foresees": True}])
def test_heads_that_read_the_goal_are_reset_with_the_head(more: dict[str, bool]) -> None:
    plain = set(network().state_dict())
    extra = set(network(**more).state_dict()) - plain
    assert extra and all(name.startswith("head.") for name in extra)
