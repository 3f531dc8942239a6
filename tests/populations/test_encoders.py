"""Symbols are read as the playground writes them, and what a goal names is found where it lies."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces

from populations.encoders import SEEN, Flags, Mixed, Numbers, Pixels, Symbols, _seen, encoder_for
from populations.networks import ActorCritic, initialise
from tests.worlds.foreign import seeing
from worlds import bring_your_own

SIDE, ATOMS, OPTIONS, RULES, HIDDEN = 5, 3, 2, 4, 16
SHAPES = {
    "view": (6, SIDE, SIDE),
    "body": (16,),
    "atom_truth": (ATOMS,),
    "option_truth": (OPTIONS,),
    "goal_atoms": (ATOMS, 5),
    "goal_options": (OPTIONS, ATOMS),
    "rules": (RULES, 12),
}
VALUES = {
    "view": np.array([8, 35, 25, 10, 8, 101])[:, None, None],
    "body": np.array([2, 11, 5, 7, 3, 5, 4, 5, 8, 255, 1, 2, 255, 255, 3, 2]),
    "atom_truth": 2,
    "option_truth": 2,
    "goal_atoms": np.array([6, 7, 9, 7, 9]),
    "goal_options": 3,
    "rules": np.array([3, 14, 8, 25, 8, 25, 5, 25, 5, 25, 5, 25]),
}


def family() -> Any:
    """What an encoder reads of a family: layout and cardinality of a small playground."""
    layout, start, cardinality = {}, 0, []
    for name, shape in SHAPES.items():
        stop = start + int(np.prod(shape))
        layout[name], start = (slice(start, stop), shape), stop
        cardinality.append(np.broadcast_to(VALUES[name], shape).reshape(-1))
    return SimpleNamespace(
        layout=layout,
        cardinality=np.concatenate(cardinality).astype(np.uint8),
        observation_size=start,
    )


FAMILY = family()


def observations(*shape: int, seed: int = 0) -> torch.Tensor:
    """Random symbols [..., D]; along a first axis of time, goals and rules stay."""
    draw = np.random.default_rng(seed).random((*shape, FAMILY.observation_size))
    found = (draw * FAMILY.cardinality).astype(np.uint8)
    if len(shape) == 2:
        for name in ("goal_atoms", "goal_options", "rules"):
            found[..., FAMILY.layout[name][0]] = found[:1, :, FAMILY.layout[name][0]]
    return torch.from_numpy(found)


def network(seed: int = 1, **more: bool) -> ActorCritic:
    made = ActorCritic(encoder_for(FAMILY, HIDDEN), 7, HIDDEN, **more)
    initialise(made, seed)
    return made


def part(found: torch.Tensor, name: str) -> torch.Tensor:
    where, shape = FAMILY.layout[name]
    return found[..., where].unflatten(-1, shape)


def foreign(name: str, *shape: int, values: int = 256) -> Any:
    """A family whose observation is one part of bytes."""
    size = int(np.prod(shape))
    most = np.minimum(values, 255)
    return SimpleNamespace(
        layout={name: (slice(0, size), shape)},
        cardinality=np.full(size, most, np.uint8),
        observation_size=size,
    )


@pytest.mark.parametrize(
    ("seen", "encoder"),
    [
        (FAMILY, Symbols),
        (foreign("view", 9, values=2), Flags),
        (foreign("numbers", 9), Numbers),
        (foreign("pixels", 3, 24, 16), Pixels),
        (foreign("pixels", 1, 96, 96), Pixels),
        (foreign("pixels", 1, 8, 8), Pixels),
        (foreign("pixels", 3, 4, 24), Numbers),
    ],
)
def test_each_family_has_the_encoder_that_suits_it(seen: Any, encoder: type) -> None:
    made = encoder_for(seen, HIDDEN)
    assert type(made) is encoder
    shown = torch.zeros(4, 6, seen.observation_size, dtype=torch.uint8)
    assert made(shown).shape == (4, 6, HIDDEN) and made(shown[0]).shape == (6, HIDDEN)


def test_numbers_are_scaled_between_their_least_and_most() -> None:
    made = Numbers(np.array([2, 11, 255, 1], np.uint8), HIDDEN)
    found = []
    made.first.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0]))
    made(torch.tensor([[0, 0, 0, 0], [1, 10, 254, 0]], dtype=torch.uint8))
    assert found[0].tolist() == [[-1, -1, -1, -1], [1, 1, 1, -1]]


def test_filters_see_where_a_thing_lies_in_a_picture() -> None:
    seen = foreign("pixels", 1, 16, 16)
    made = encoder_for(seen, HIDDEN)
    shown = torch.zeros(3, 1, 16, 16, dtype=torch.uint8)
    shown[1, 0, 2:5, 2:5], shown[2, 0, 10:13, 9:12] = 255, 255
    nothing, one, other = made(shown.flatten(1))
    assert not torch.allclose(one, other, atol=1e-4) and not torch.allclose(one, nothing, atol=1e-4)


def test_who_sees_a_picture_counts_beside_it() -> None:
    brought = bring_your_own.family(seeing(spaces.Box(0, 255, (12, 12, 3), np.uint8)))
    made = encoder_for(brought, HIDDEN)
    assert type(made) is Mixed
    shown = torch.zeros(3, brought.observation_size, dtype=torch.uint8)
    shown[1, brought.layout["body"][0].start] = 1
    shown[2, brought.layout["pixels"][0].start + 50] = 255
    nobody, somebody, picture = made(shown)
    assert made(shown[None]).shape == (1, 3, HIDDEN)
    assert not torch.allclose(nobody, somebody, atol=1e-4)
    assert not torch.allclose(nobody, picture, atol=1e-5)


@pytest.mark.parametrize("more", [{}, {"attends": True}, {"foresees": True}])
def test_step_by_step_equals_the_whole_sequence(more: dict[str, bool]) -> None:
    made, seen = network(**more), observations(6, 32)
    state = torch.randn(32, HIDDEN, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        logits, values = made.sequence(seen, state)
        for t in range(6):
            logit, value, state = made.step(seen[t], state)
            torch.testing.assert_close(logit, logits[t], rtol=1e-5, atol=1e-6)
            torch.testing.assert_close(value, values[t], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("attends", [False, True])
@pytest.mark.parametrize("rows", [32, 64, 256])
def test_a_row_does_not_depend_on_its_neighbours_nor_on_their_number(
    rows: int, attends: bool
) -> None:
    made, alone, crowd = network(attends=attends), observations(32), observations(rows, seed=1)
    crowd[rows - 32 :] = alone
    with torch.inference_mode():
        for one, other in zip(
            made.step(alone, made.start(32)), made.step(crowd, made.start(rows)), strict=True
        ):
            assert torch.equal(one, other[rows - 32 :])


def test_a_view_is_taken_apart_as_the_playground_puts_it_together() -> None:
    view = part(observations(8), "view").flatten(-2)
    planes = dict(zip(SEEN, _seen(view), strict=True))
    for row, cells in enumerate(view.tolist()):
        for cell, (height, ground, kind, state, agent, pose) in enumerate(zip(*cells, strict=True)):
            held = (pose - 1) // 4 if pose else 0
            assert {name: int(plane[row, cell]) for name, plane in planes.items()} == {
                "height": height,
                "floor": ground // 5,
                "ramp": ground % 5,
                "shape": 1 + (kind - 1) // 6 if kind else 0,
                "colour": 1 + (kind - 1) % 6 if kind else 0,
                "frozen": state % 2,
                "facing": state // 2,
                "agent": agent,
                "heading": 1 + (pose - 1) % 4 if pose else 0,
                "held_shape": 1 + (held - 1) // 6 if held else 0,
                "held_colour": 1 + (held - 1) % 6 if held else 0,
            }


def test_what_an_atom_names_is_found_where_it_lies() -> None:
    made, seen = encoder_for(FAMILY, HIDDEN), observations(64)
    view, atoms = part(seen, "view"), part(seen, "goal_atoms")
    found = made._shown(view, atoms[..., 1:]).reshape(64, ATOMS, 2, SIDE, SIDE)
    met = set()
    for row in range(64):
        for atom in range(ATOMS):
            for which in range(2):
                shape, colour = atoms[row, atom, 1 + 2 * which : 3 + 2 * which].tolist()
                kinds, agents, grounds = view[row, 2], view[row, 4], view[row, 1]
                expected = torch.zeros(SIDE, SIDE, dtype=torch.bool)
                if 1 <= shape <= 4 and 1 <= colour <= 6:
                    expected = kinds == 6 * (shape - 1) + colour
                elif shape == 5 and colour >= 2:  # 1 is the reader, 0 anybody
                    expected = agents == colour - 1
                elif shape == 6 and 1 <= colour <= 6:
                    expected = grounds // 5 == colour
                elif shape in (1, 2, 3, 4, 6):
                    continue  # such a thing does not exist
                assert torch.equal(found[row, atom, which] > 0, expected), (shape, colour)
                met.add((shape, bool(expected.any())))
    assert {(1, True), (5, True), (6, True), (0, False), (5, False)} <= met


def test_the_order_of_options_and_atoms_means_nothing() -> None:
    made, seen = network().encoder, observations(32)
    shuffled = seen.clone()
    order = torch.tensor([2, 0, 1])
    for name in ("goal_atoms", "atom_truth"):
        part(shuffled, name)[:] = part(seen, name)[:, order]
    part(shuffled, "goal_options")[:] = part(seen, "goal_options")[:, :, order].flip(1)
    part(shuffled, "option_truth")[:] = part(seen, "option_truth").flip(1)
    torch.testing.assert_close(made(seen), made(shuffled), rtol=1e-4, atol=1e-5)


def test_whether_an_atom_is_required_or_forbidden_matters() -> None:
    made, seen = network().encoder, observations(32)
    part(seen, "goal_options")[:] = 1
    forbidden = seen.clone()
    part(forbidden, "goal_options")[:] = 2
    assert not torch.allclose(made(seen), made(forbidden), atol=1e-2)


def test_empty_rules_and_unused_options_add_nothing() -> None:
    made, seen = network().encoder, observations(32)
    part(seen, "rules")[:, 2:, 0] = 0
    part(seen, "goal_options")[:, 1] = 0
    part(seen, "goal_options")[:, 0, 2] = 0
    part(seen, "option_truth")[:, 1] = 0
    other = seen.clone()
    part(other, "rules")[:, 2:, 1:] = 3
    part(other, "goal_atoms")[:, 2] = 2
    assert torch.equal(made(seen), made(other))
