"""What an observation becomes before memory, for each kind of family: flags, symbols, numbers, pixels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from populations.seeing import AGENT, CELL, FLOOR, RAMPS, TOKEN, View, cells, places
from worlds.family import Family
from worlds.playground.constants import COLOURS

SMALLEST_PICTURE = 8  # pixels a side

# How many values symbols may have anywhere, so that a network fits playgrounds of all sizes.
WORDS = (14, 8, 25, 8, 25)  # of an atom: predicate, then shape and colour of two things
PRODUCT = (8, 25)  # shape and colour
# The body's bytes that are symbols, with how many values they have, and what all bytes are divided by.
FELT = {2: 5, 3: 7, 4: 3, 6: 4, 7: 5, 8: 8, 14: 3, 15: 2}
SCALE = (1, 10, 4, 6, 2, 4, 3, 4, 7, 255, 8, 8, 255, 255, 2, 1)

# What one sees in a cell, and how many values it has besides 0, nothing (see `_seen`).
SEEN = {
    **{"height": 7, "floor": 6, "ramp": 4},
    **{"shape": 4, "colour": 6, "frozen": 1, "facing": 4},
    **{"agent": 7, "heading": 4, "held_shape": 4, "held_colour": 6},
}
# The code of a named thing less its colour, by its shape: none, slab, cube, sphere, pyramid, agent,
# floor, hidden. No cell shows none, hidden, any agent (-1) or the reader itself (0).
BASES = (200, 0, 6, 12, 18, AGENT - 1, FLOOR, 200)


class Goal(NamedTuple):
    """A goal as tokens, for what reads it again after memory."""

    atoms: Tensor  # [..., A, TOKEN]
    options: Tensor  # [..., K, TOKEN]
    used: Tensor  # bool [L, K], options that ask for anything


NO_GOAL = Goal(*[torch.zeros(0)] * 3)


def encoder_for(family: Family, hidden: int) -> nn.Module:
    """The encoder of the family's observations: uint8 [L, D] or [T, L, D] -> float32 [..., hidden].

    | observations | encoder |
    |---|---|
    | a part "goal_atoms": the playground | `Symbols` |
    | a part "pixels" [C, H, W] of at least 8 x 8 | `Pixels`, with other parts beside it `Mixed` |
    | flags only: the sequence families | `Flags` |
    | all else, also pictures too small for filters | `Numbers` |
    """
    if "goal_atoms" in family.layout:
        return Symbols(family, hidden)
    if "pixels" in family.layout:
        _, shape = family.layout["pixels"]
        if min(shape[1:]) >= SMALLEST_PICTURE:
            alone = len(family.layout) == 1
            return Pixels(shape, hidden) if alone else Mixed(family, hidden)
    if (family.cardinality <= 2).all():
        return Flags(family.observation_size, hidden)
    return Numbers(family.cardinality, hidden)


class Flags(nn.Linear):
    """One linear layer over zeros and ones.

    A second, as in Cook 2024, made an update a tenth dearer; with it members learned Memory Sequence
    no faster, and Travelling Salesperson more slowly.
    """

    def forward(self, observations: Tensor) -> Tensor:
        return super().forward(observations.float())


class Numbers(nn.Module):
    """Two layers over bytes that stand for numbers, each scaled from 0..cardinality - 1 to 0..1.

    Mostly they are 0: scaled to -1..1, members caught a third less in the pursuit of examples/.
    """

    most: Tensor  # [D] float32, the largest value of each byte

    def __init__(self, cardinality: np.ndarray, hidden: int) -> None:
        super().__init__()
        most = torch.from_numpy(cardinality.astype(np.float32) - 1).clamp(min=1)
        self.register_buffer("most", most, persistent=False)
        self.first = nn.Linear(len(most), hidden)
        self.second = nn.Linear(hidden, hidden)

    def forward(self, observations: Tensor) -> Tensor:
        return self.second(torch.relu(self.first(observations / self.most)))


class Pixels(nn.Module):
    """Two layers of filters over a picture of bytes, each halving its sides or more, and one linear layer."""

    def __init__(self, shape: tuple[int, ...], hidden: int) -> None:
        super().__init__()
        self.shape = shape  # C, H, W
        stride = max(2, min(shape[1:]) // 16)  # large pictures become some 16 cells wide at once
        self.near = nn.Conv2d(shape[0], 16, stride + 2, stride)
        self.far = nn.Conv2d(16, 32, 3, 2)
        with torch.no_grad():
            size = self.far(self.near(torch.zeros(1, *shape))).numel()
        self.all = nn.Linear(size, hidden)

    def forward(self, observations: Tensor) -> Tensor:
        picture = observations.flatten(0, -2).unflatten(-1, self.shape) / 255
        seen = torch.relu(self.far(torch.relu(self.near(picture))))
        return self.all(seen.flatten(1)).unflatten(0, observations.shape[:-1])


class Mixed(nn.Module):
    """A picture and the bytes before and after it: `Pixels` and `Numbers`, added up."""

    def __init__(self, family: Family, hidden: int) -> None:
        super().__init__()
        self.part, shape = family.layout["pixels"]
        self.picture = Pixels(shape, hidden)
        self.others = Numbers(np.delete(family.cardinality, self.part), hidden)

    def forward(self, observations: Tensor) -> Tensor:
        before, after = observations[..., : self.part.start], observations[..., self.part.stop :]
        others = self.others(torch.cat([before, after], -1))
        return self.picture(observations[..., self.part]) + others


class Symbols(nn.Module):
    """Embeddings of the playground's symbols, by the parts of its layout.

    A cell of the view is the sum of the embeddings of what is seen in it. An atom, of the goal or of
    a rule, is the sum of its words', with whether it holds and where in the view the things are that
    it names. An option adds up what it requires and what it forbids, a goal its options. A lane is
    one episode: goals and rules are read at its first step, for they do not change.
    """

    symbols: (
        Tensor  # [R, F] float32, what each byte of each channel of a view says, one-hot by SEEN
    )
    felt: Tensor  # [B] int64, which byte of the body each number of its one-hot code tells of
    felt_values: Tensor  # [B] uint8, and which value of it
    bases: Tensor  # BASES
    scale: Tensor  # SCALE

    def __init__(self, family: Family, hidden: int) -> None:
        super().__init__()
        self.layout = family.layout
        shapes = {name: shape for name, (_, shape) in family.layout.items()}
        area = shapes["view"][1] * shapes["view"][2]
        products = (shapes["rules"][1] - 1 - len(WORDS)) // len(PRODUCT)
        self.cell = nn.Linear(sum(SEEN.values()), CELL)
        self.view = nn.Linear(CELL * area, hidden)
        self.atom_words = _Words(WORDS)
        self.product_words = _Words(PRODUCT * products)
        self.places = nn.Linear(2 * area, TOKEN)
        self.truth = nn.Linear(1, TOKEN, bias=False)
        self.option_truth = nn.Linear(1, TOKEN, bias=False)
        self.uses = nn.Linear(TOKEN, 2 * TOKEN, bias=False)
        self.goal = nn.Linear(TOKEN, hidden, bias=False)
        self.rules = nn.Linear(TOKEN, hidden, bias=False)
        self.body = nn.Linear(sum(FELT.values()) + len(SCALE), hidden)
        part, shape = family.layout["view"]
        values = family.cardinality[part].reshape(shape[0], -1).max(1).astype(int)
        self.where = View(part.start, area)
        self.rows = np.array([0, *accumulate(values)][:-1])
        self.register_buffer("symbols", _symbols(values), persistent=False)
        felt = [(i, v) for i, n in FELT.items() for v in range(n)]
        planes, numbers = (torch.tensor(column) for column in zip(*felt, strict=True))
        self.register_buffer("felt", planes, persistent=False)
        self.register_buffer("felt_values", numbers.to(torch.uint8), persistent=False)
        self.register_buffer("bases", torch.tensor(BASES, dtype=torch.uint8), persistent=False)
        self.register_buffer("scale", torch.tensor(SCALE, dtype=torch.float32), persistent=False)

    def forward(self, observations: Tensor) -> Tensor:
        return self.read(observations)[0]

    def read(self, observations: Tensor) -> tuple[Tensor, Goal]:
        """The features [..., hidden], and the goal that is part of them."""
        now = self._parts(observations)
        first = self._parts(observations if observations.dim() == 2 else observations[0])
        rules = first["rules"]
        rules = rules[..., : int((rules[..., 0] > 0).sum(-1).max()), :]  # the others are empty
        atoms = torch.cat([first["goal_atoms"], rules[..., 1:6]], -2)  # [L, A + R, 5]
        tokens = self.atom_words(atoms) + self._places(observations, atoms[..., 1:])
        tokens, changes = tokens.split([first["goal_atoms"].shape[-2], rules.shape[-2]], -2)
        atoms = functional.relu(tokens + self.truth(_column(now["atom_truth"])))
        options = self._options(atoms, first["goal_options"], now["option_truth"])
        changes = functional.relu(changes + self.product_words(rules[..., 6:]))
        features = (
            self.view(self._cells(observations))
            + self.goal(options.sum(-2))
            + self.rules((changes * (rules[..., :1] > 0)).sum(-2))
            + self.body(self._body(now["body"]))
        )
        return features, Goal(atoms, options, (first["goal_options"] > 0).any(-1))

    def atoms_of(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Which atoms of the goal hold, and which there are: [..., D] -> twice float32 [..., A], 0 or 1."""
        parts = self._parts(observations)
        return parts["atom_truth"].float(), (parts["goal_atoms"][..., 0] > 0).float()

    def _parts(self, observations: Tensor) -> dict[str, Tensor]:
        return {
            name: observations[..., where].unflatten(-1, shape)
            for name, (where, shape) in self.layout.items()
        }

    def _cells(self, observations: Tensor) -> Tensor:
        """The embedding of each cell: uint8 [..., D] -> [..., V * V * CELL], nothing below 0."""
        table = functional.linear(self.symbols, self.cell.weight)
        seen = cells(observations.flatten(0, -2), self.where, self.rows, table, self.cell.bias)
        return seen.unflatten(0, observations.shape[:-1])

    def _places(self, observations: Tensor, named: Tensor) -> Tensor:
        """Where the two things are that each atom names, by shapes and colours [L, M, 4]: -> [..., M, TOKEN]."""
        codes = (self.bases[named[..., 0::2].long()] + named[..., 1::2]).to(torch.uint8)
        weight = self.places.weight.mT.contiguous()
        found = places(observations.flatten(0, -2), self.where, codes, weight, self.places.bias)
        return found.unflatten(0, observations.shape[:-1])

    def _options(self, atoms: Tensor, options: Tensor, truth: Tensor) -> Tensor:
        """The options of a goal: atoms [..., A, TOKEN], options [L, K, A], truth [..., K] -> [..., K, TOKEN]."""
        uses = self.uses(atoms).unflatten(-1, (2, TOKEN))  # as a required atom, as a forbidden one
        meant = torch.stack([options == 1, options == 2], -1).float()
        found = torch.einsum("lkau,...laut->...lkt", meant, uses)
        return functional.relu(found + self.option_truth(_column(truth)))

    def _body(self, body: Tensor) -> Tensor:
        """The body's symbols one by one, and all its bytes in 0..1."""
        symbols = _equal(body.index_select(-1, self.felt), self.felt_values)
        return torch.cat([symbols, body / self.scale], -1)


class _Words(nn.Module):
    """The sum of the embeddings of n symbols side by side: [..., n] -> [..., TOKEN]."""

    starts: Tensor  # [n] int64, first row of each symbol's table

    def __init__(self, values: Sequence[int]) -> None:
        super().__init__()
        starts = torch.tensor([0, *accumulate(values)][:-1])
        self.register_buffer("starts", starts, persistent=False)
        self.symbols = nn.Parameter(torch.zeros(sum(values), TOKEN))

    def forward(self, symbols: Tensor) -> Tensor:
        numbers = (symbols + self.starts).flatten(0, -2)
        found = functional.embedding_bag(numbers, self.symbols, mode="sum")
        return found.unflatten(0, symbols.shape[:-1])


def _symbols(values: np.ndarray) -> Tensor:
    """What each byte below `values[c]` says in channel c of a view: float32 [sum of values, F], one-hot by SEEN."""
    view = torch.zeros(int(values.sum()), len(values), 1, dtype=torch.uint8)
    channels = torch.from_numpy(np.repeat(np.arange(len(values)), values))
    view[torch.arange(len(view)), channels, 0] = torch.cat(
        [torch.arange(int(count), dtype=torch.uint8) for count in values]
    )
    planes = zip(_seen(view), SEEN.values(), strict=True)
    # value 0, nothing, has no number
    return torch.cat(
        [functional.one_hot(p[:, 0].long(), n + 1)[:, 1:] for p, n in planes], 1
    ).float()


def _seen(view: Tensor) -> list[Tensor]:
    """The planes of `SEEN` from the channels of a view, uint8 [..., C, V * V], each [..., V * V]."""
    height, ground, kind, state, agent, pose = view.unbind(-2)
    holding = (pose + 3) // 4  # 0 without an agent, 1 with empty hands, then 2 + kind
    held = holding.clamp(min=1) - 1
    return [
        *(height, ground // RAMPS, ground % RAMPS),
        *(*_shape_and_colour(kind), state % 2, state // 2),
        *(agent, ((pose + 3) % 4 + 1) * (pose > 0), *_shape_and_colour(held)),
    ]


def _shape_and_colour(kind: Tensor) -> tuple[Tensor, Tensor]:
    """Both from 1 on, 0 where there is nothing."""
    n = len(COLOURS)
    return (kind + (n - 1)) // n, ((kind + (n - 1)) % n + 1) * (kind > 0)


def _column(flags: Tensor) -> Tensor:
    return flags[..., None].float()


def _equal(one: Tensor, other: Tensor) -> Tensor:
    """Where they are equal, as float32 0 and 1; faster than converting the answer."""
    shape = torch.broadcast_shapes(one.shape, other.shape)
    return torch.eq(one, other, out=torch.empty(shape))
