"""What agents of other people's environments see and do, as bytes and small whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gymnasium import spaces

PARTS = ("flags", "numbers", "pixels")
MOST = 254  # largest code of a byte: a cardinality, one more, is a byte too
UNBOUNDED = 1e6  # a bound at least so large says nothing about what will be seen
REACH = 10.0  # numbers without a bound are told apart up to here
LARGEST = 65_536  # bytes of an observation; a rollout keeps every one of them
ACTIONS = 127  # most actions of an agent, which are int8


@dataclass(frozen=True)
class _Leaf:
    """One space inside of an observation space, and how its values become bytes."""

    part: str
    space: spaces.Space
    cardinality: np.ndarray  # [n] int64; of pixels [C, H, W]
    low: np.ndarray = field(default_factory=lambda: np.zeros(0))  # [n] float64, of numbers
    scale: np.ndarray = field(default_factory=lambda: np.zeros(0))  # [n] float64, codes per unit

    def codes(self, value: Any) -> np.ndarray:
        """uint8, of the shape of `cardinality`; raises ValueError for what is no number."""
        if self.part == "flags":
            return np.asarray(spaces.flatten(self.space, value), np.uint8)
        if self.part == "pixels":
            return _channels_first(np.minimum(value, np.uint8(MOST)))
        numbers = np.asarray(value, np.float64).reshape(-1)
        if np.isnan(numbers).any():
            raise ValueError("an observation that is not a number")
        codes = np.rint((numbers - self.low) * self.scale)
        return np.clip(codes, 0, self.cardinality - 1).astype(np.uint8)


class Sight:
    """How observations of one agent become parts of bytes.

    `flags` are 0 or 1: what is discrete, one-hot. `numbers` are codes from 0 on: whole numbers in a
    range of at most 255 as they are, all others in 255 even steps from the lower to the upper bound;
    beyond `bound` (0: beyond the space's own, or ±10 where it has none) they are cut. `pixels`
    [C, H, W] are uint8 pictures, with white at 254.
    """

    def __init__(self, agent: str, space: spaces.Space, bound: float) -> None:
        self.space = space
        self._leaves = [_leaf(agent, leaf, bound) for leaf in _leaves(agent, space)]
        pictures = {leaf.cardinality.shape[1:] for leaf in self._leaves if leaf.part == "pixels"}
        if len(pictures) > 1:
            raise ValueError(f"{agent} sees pictures of several sizes: {sorted(pictures)}")
        self.cardinality = _joined([(leaf.part, leaf.cardinality) for leaf in self._leaves])
        size = sum(part.size for part in self.cardinality.values())
        if size > LARGEST:
            raise ValueError(
                f"{agent} sees {size} bytes in {space}, allowed are {LARGEST}: register a wrapped"
                " environment that shrinks them"
            )

    def parts(self, observation: Any) -> dict[str, np.ndarray]:
        """The parts of an observation, uint8, of the shapes of `cardinality`."""
        values = _values(self.space, observation)
        return _joined(
            [
                (leaf.part, leaf.codes(value))
                for leaf, value in zip(self._leaves, values, strict=True)
            ]
        )


def moves(agent: str, space: spaces.Space) -> tuple[int, Callable[[int], Any]]:
    """How many actions an agent has, and what makes the space's own action of number 0, 1, …

    Raises ValueError naming the agent for a space that is not discrete, or too large.
    """
    if isinstance(space, spaces.Discrete) and int(space.n) <= ACTIONS:
        return int(space.n), lambda number: int(space.start) + number
    if isinstance(space, spaces.MultiDiscrete) and int(np.prod(space.nvec)) <= ACTIONS:
        sizes, start = space.nvec, np.asarray(space.start)

        def chosen(number: int) -> np.ndarray:
            digits = np.array(np.unravel_index(number, sizes.reshape(-1)))
            return (start + digits.reshape(sizes.shape)).astype(space.dtype)

        return int(np.prod(sizes)), chosen
    raise ValueError(
        f"{agent} acts in {space}, allowed are Discrete and MultiDiscrete of at most {ACTIONS} actions"
    )


def _leaves(agent: str, space: spaces.Space) -> Iterator[spaces.Space]:
    if isinstance(space, spaces.Dict):
        for inner in space.spaces.values():
            yield from _leaves(agent, inner)
    elif isinstance(space, spaces.Tuple):
        for inner in space.spaces:
            yield from _leaves(agent, inner)
    elif isinstance(
        space, spaces.Box | spaces.Discrete | spaces.MultiBinary | spaces.MultiDiscrete
    ):
        yield space
    else:
        allowed = "Box, Discrete, MultiBinary, MultiDiscrete, and Dict and Tuple of them"
        raise ValueError(f"{agent} sees {space}, allowed are {allowed}")


def _values(space: spaces.Space, observation: Any) -> Iterator[Any]:
    """The values of the leaves, in their order."""
    if isinstance(space, spaces.Dict):
        for name, inner in space.spaces.items():
            yield from _values(inner, observation[name])
    elif isinstance(space, spaces.Tuple):
        for inner, value in zip(space.spaces, observation, strict=True):
            yield from _values(inner, value)
    else:
        yield observation


def _leaf(agent: str, space: spaces.Space, bound: float) -> _Leaf:
    if not isinstance(space, spaces.Box):
        return _Leaf("flags", space, np.full(spaces.flatdim(space), 2))
    if _is_picture(space):
        shape = _channels_first(np.zeros(space.shape, np.uint8)).shape
        return _Leaf("pixels", space, np.full(shape, MOST + 1))
    low, high = (np.asarray(end, np.float64).reshape(-1) for end in (space.low, space.high))
    if space.dtype is not None and space.dtype.kind in "iub" and (high - low <= MOST).all():
        return _Leaf("numbers", space, (high - low + 1).astype(int), low, np.ones_like(low))
    low = np.where(low <= -UNBOUNDED, -REACH, low)
    high = np.where(high >= UNBOUNDED, REACH, high)
    if bound:
        low, high = np.maximum(low, -bound), np.minimum(high, bound)
    if (high < low).any():
        raise ValueError(f"{agent} sees {space}, of which nothing is within ±{bound or REACH:g}")
    scale = MOST / np.where(high > low, high - low, np.inf)
    return _Leaf("numbers", space, np.where(high > low, MOST + 1, 1), low, scale)


def _is_picture(space: spaces.Box) -> bool:
    whole = space.dtype == np.uint8 and (space.low == 0).all() and (space.high == 255).all()
    return bool(whole) and len(space.shape) in (2, 3)


def _channels_first(picture: np.ndarray) -> np.ndarray:
    """[C, H, W] of [H, W], [H, W, C] or [C, H, W]; C is 1, 3 or 4 where it comes last."""
    if picture.ndim == 2:
        return picture[None]
    return picture.transpose(2, 0, 1) if picture.shape[2] in (1, 3, 4) else picture


def _joined(pieces: list[tuple[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The pieces of each part one after another, pictures by their channels; in the order of `PARTS`."""
    found = {part: [piece for name, piece in pieces if name == part] for part in PARTS}
    return {part: np.concatenate(some) for part, some in found.items() if some}
