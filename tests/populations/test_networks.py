"""Networks say the same step by step and all at once, and the same for a row whatever stands beside it."""

import numpy as np
import pytest
import torch

from populations.encoders import Flags
from populations.networks import LAYERS, ActorCritic, initialise, named_arrays, pack, unpack

SIZE, ACTIONS, HIDDEN = 147, 3, 128


def network(seed: int = 1) -> ActorCritic:
    made = ActorCritic(Flags(SIZE, HIDDEN), ACTIONS, HIDDEN)
    initialise(made, seed)
    return made


def observations(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 2, (*shape, SIZE), generator=generator, dtype=torch.uint8)


def test_step_by_step_equals_the_whole_sequence() -> None:
    made, seen = network(), observations(20, 32)
    state = torch.randn(32, HIDDEN, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        logits, values = made.sequence(seen, state)
        for t in range(20):
            logit, value, state = made.step(seen[t], state)
            torch.testing.assert_close(logit, logits[t], rtol=0, atol=1e-6)
            torch.testing.assert_close(value, values[t], rtol=1e-6, atol=1e-6)


def test_the_memory_matters_after_a_step() -> None:
    made, seen = network(), observations(2, 32)
    with torch.no_grad():
        _, _, state = made.step(seen[0], made.start(32))
        assert not torch.equal(made.step(seen[1], state)[1], made.step(seen[1], made.start(32))[1])


@pytest.mark.parametrize("rows", [32, 64, 96, 256])
def test_a_row_does_not_depend_on_its_neighbours_nor_on_their_number(rows: int) -> None:
    made, alone, crowd = network(), observations(32), observations(rows, seed=1)
    state = torch.randn(32, HIDDEN, generator=torch.Generator().manual_seed(4))
    states = torch.randn(rows, HIDDEN, generator=torch.Generator().manual_seed(5))
    where = slice(rows - 32, rows)
    crowd[where], states[where] = alone, state
    with torch.inference_mode():
        for one, other in zip(made.step(alone, state), made.step(crowd, states), strict=True):
            assert torch.equal(one, other[where])


def test_weights_come_back_from_a_vector_bit_for_bit() -> None:
    one, other = network(1), network(2)
    vector = pack(one)
    vector.flags.writeable = False  # as arrays from Ray are
    unpack(other, vector)
    assert pack(other).tobytes() == vector.tobytes()
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_a_network_keeps_its_own_copy_of_the_vector() -> None:
    made, vector = network(1), pack(network(2))
    unpack(made, vector)
    before = pack(made).copy()
    vector[:] = 0
    assert pack(made).tobytes() == before.tobytes()


def test_a_vector_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit a network of"):
        unpack(network(), np.zeros(7, np.float32))


def test_named_arrays_are_the_parameters() -> None:
    made = network()
    arrays = named_arrays(made, pack(made))
    assert list(arrays) == list(made.state_dict())
    for name, tensor in made.state_dict().items():
        np.testing.assert_array_equal(arrays[name], tensor.numpy())


def test_the_same_seed_gives_the_same_newborn_whatever_torch_drew_before() -> None:
    torch.manual_seed(1)
    one = pack(network(9))
    torch.manual_seed(2)
    assert one.tobytes() == pack(network(9)).tobytes()
    assert one.tobytes() != pack(network(10)).tobytes()


@pytest.mark.parametrize("count", range(len(LAYERS) + 1))
def test_only_the_named_layers_change(count: int) -> None:
    named = LAYERS[len(LAYERS) - count :]
    grown, fresh = network(1), network(2)
    with torch.no_grad():
        for parameter in grown.parameters():
            parameter.add_(0.5)  # as if it had learned, biases too
    before = {name: tensor.clone() for name, tensor in grown.state_dict().items()}
    initialise(grown, 2, named)
    for name, tensor in grown.state_dict().items():
        expected = fresh.state_dict()[name] if name.split(".")[0] in named else before[name]
        assert torch.equal(tensor, expected), name


def test_a_newborn_plays_near_uniform_and_has_orthogonal_weights() -> None:
    made = network()
    with torch.no_grad():
        logits, _, _ = made.step(observations(64), made.start(64))
        chances = torch.softmax(logits, -1)
        assert (chances - 1 / ACTIONS).abs().max() < 0.02
        gate = made.memory.weight_hh_l0[HIDDEN : 2 * HIDDEN]
        torch.testing.assert_close(gate @ gate.T, torch.eye(HIDDEN), rtol=0, atol=1e-5)
