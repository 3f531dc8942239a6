"""The unit says and learns what torch's own does."""

import pytest
import torch

from populations.gru import gru


@pytest.mark.parametrize("shape", [(1, 3, 4, 5), (7, 3, 4, 5), (20, 32, 64, 64)])
def test_states_and_gradients_equal_those_of_torch(shape: tuple[int, int, int, int]) -> None:
    steps, lanes, width, hidden = shape
    generator = torch.Generator().manual_seed(1)
    made = torch.nn.GRU(width, hidden)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=generator)
    inputs = torch.randn(steps, lanes, width, generator=generator, requires_grad=True)
    start = torch.randn(lanes, hidden, generator=generator, requires_grad=True)
    weight = torch.randn(steps, lanes, hidden, generator=generator)
    leaves = [inputs, start, *made.parameters()]
    expected, _ = made(inputs, start[None])
    found = gru(inputs, start, *made.parameters())
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    theirs = torch.autograd.grad((expected * weight).sum(), leaves)
    ours = torch.autograd.grad((found * weight).sum(), leaves)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_gradients_equal_differences() -> None:
    generator = torch.Generator().manual_seed(2)
    shapes = ((3, 2, 4), (2, 3), (9, 4), (9, 3), (9,), (9,))
    leaves = [
        torch.randn(shape, dtype=torch.float64, generator=generator).requires_grad_()
        for shape in shapes
    ]
    assert torch.autograd.gradcheck(gru, leaves)


def test_packed_lanes_say_and_learn_what_each_does_alone() -> None:
    lengths, width, hidden = (9, 9, 5, 5, 5, 2, 1), 4, 6
    counts = [sum(length > t for length in lengths) for t in range(lengths[0])]
    generator = torch.Generator().manual_seed(3)
    made = torch.nn.GRU(width, hidden).double()
    whole = torch.randn(lengths[0], len(lengths), width, generator=generator, dtype=torch.float64)
    start = torch.randn(len(lengths), hidden, generator=generator, dtype=torch.float64)
    leaves = [whole.requires_grad_(), start.requires_grad_(), *made.parameters()]
    packed = torch.cat([whole[t, :count] for t, count in enumerate(counts)])
    found = gru(packed, start, *made.parameters(), counts)
    expected = torch.cat(
        [made(whole[:length, lane], start[None, lane])[0] for lane, length in enumerate(lengths)]
    )
    order = [
        (t, lane) for lane, length in enumerate(lengths) for t in range(length)
    ]  # of `expected`, lane by lane
    rows = [sum(counts[:t]) + lane for t, lane in order]
    torch.testing.assert_close(found[rows], expected)
    weight = torch.randn(expected.shape, generator=generator, dtype=torch.float64)
    ours = torch.autograd.grad((found[rows] * weight).sum(), leaves)
    theirs = torch.autograd.grad((expected * weight).sum(), leaves)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)
    assert (ours[0][5:, 2:] == 0).all()  # nothing comes from steps after an end
