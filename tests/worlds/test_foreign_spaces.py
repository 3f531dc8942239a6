"""Spaces of gymnasium become bytes, and bytes mean the same for every agent."""

import numpy as np
import pytest
from gymnasium import spaces

from worlds.foreign_spaces import MOST, Sight, moves


def codes(space: spaces.Space, value: object, bound: float = 0.0) -> dict[str, list[int]]:
    return {part: found.tolist() for part, found in Sight("a", space, bound).parts(value).items()}


def test_numbers_are_even_steps_between_bounds() -> None:
    box = spaces.Box(np.array([0.0, -1.0]), np.array([10.0, 1.0]), dtype=np.float64)
    assert codes(box, [0.0, -1.0]) == {"numbers": [0, 0]}
    assert codes(box, [10.0, 1.0]) == {"numbers": [MOST, MOST]}
    assert codes(box, [5.0, 0.0]) == {"numbers": [MOST // 2, MOST // 2]}
    assert codes(box, [0.05, 0.0], bound=0.1) == {"numbers": [127, 127]}


def test_numbers_beyond_are_cut_and_without_bounds_at_ten() -> None:
    free = spaces.Box(-np.inf, np.inf, (3,))
    assert codes(free, [-np.inf, 0.0, 1e30]) == {"numbers": [0, 127, MOST]}
    half = spaces.Box(0.0, np.finfo(np.float32).max, (1,))
    assert codes(half, [5.0]) == {"numbers": [127]}
    assert codes(half, [5.0], bound=5.0) == {"numbers": [MOST]}


def test_small_whole_numbers_stay_as_they_are() -> None:
    box = spaces.Box(-3, 9, (2,), np.int32)
    sight = Sight("a", box, 0.0)
    assert sight.cardinality["numbers"].tolist() == [13, 13]
    assert codes(box, [-3, 9]) == {"numbers": [0, 12]}
    assert Sight("a", spaces.Box(0, 1, (1,), bool), 0.0).cardinality["numbers"].tolist() == [2]


def test_what_is_discrete_becomes_flags() -> None:
    space = spaces.Tuple(
        (spaces.Discrete(3, start=5), spaces.MultiDiscrete([2, 2]), spaces.MultiBinary(2))
    )
    value = (6, np.array([1, 0]), np.array([1, 1]))
    assert codes(space, value) == {"flags": [0, 1, 0, 0, 1, 1, 0, 1, 1]}


@pytest.mark.parametrize("shape", [(5, 6, 3), (3, 5, 6)])
def test_pictures_have_their_channels_first(shape: tuple[int, ...]) -> None:
    space = spaces.Box(0, 255, shape, np.uint8)
    sight, picture = Sight("a", space, 0.0), np.full(shape, 7, np.uint8)
    picture[0, 0, 0] = 255
    pixels = sight.parts(picture)["pixels"]
    assert pixels.shape == sight.cardinality["pixels"].shape == (3, 5, 6)
    assert pixels[0, 0, 0] == MOST and pixels.sum() == 89 * 7 + MOST


def test_grey_pictures_have_one_channel_and_pictures_pile_up() -> None:
    grey = spaces.Box(0, 255, (5, 4), np.uint8)
    both = spaces.Dict({"left": grey, "right": grey})
    assert Sight("a", grey, 0.0).cardinality["pixels"].shape == (1, 5, 4)
    assert Sight("a", both, 0.0).cardinality["pixels"].shape == (2, 5, 4)
    other = spaces.Box(0, 255, (4, 4), np.uint8)
    with pytest.raises(ValueError, match="a sees pictures of several sizes"):
        Sight("a", spaces.Tuple((grey, other)), 0.0)


def test_what_is_no_number_is_an_error() -> None:
    with pytest.raises(ValueError, match="not a number"):
        codes(spaces.Box(0.0, 1.0, (1,)), [np.nan])
    with pytest.raises(ValueError, match="nothing is within ±1"):
        Sight("a", spaces.Box(5.0, 9.0, (1,)), 1.0)


def test_every_action_of_a_space_has_a_number() -> None:
    for space in (
        spaces.Discrete(4, start=-2),
        spaces.MultiDiscrete([2, 3], start=[0, 5]),
        spaces.MultiDiscrete([[2, 2]]),
    ):
        count, own = moves("a", space)
        actions = [own(number) for number in range(count)]
        assert all(space.contains(action) for action in actions)
        assert len({str(action) for action in actions}) == count
    with pytest.raises(ValueError, match=r"a acts in Discrete\(128\)"):
        moves("a", spaces.Discrete(128))
