"""Recurrent actor-critics in plain torch: playing, evaluating and viewing a member needs neither Ray nor RLlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from populations.attention import Foresight, GoalAttention
from populations.encoders import NO_GOAL, Goal, Symbols
from populations.memories import MEMORIES, Gru
from populations.popart import Popart

# Layers from input to output; `reset_layers` re-initialises the last n of them (Cook 2024).
LAYERS = ("encoder", "memory", "head", "output")
HEAD = 64  # width of the last hidden layer, for the policy and for the value each
SYMBOL_SPREAD = 0.5  # standard deviation of a newborn's embeddings: several are added up


class ActorCritic(nn.Module):
    """An encoder, a memory, and one hidden layer for the policy and one for the value.

    Observations are uint8 vectors [..., D], as the encoder takes them; the recurrent state is
    float32 [L, width], zero at birth. With `attends`, the heads see what is remembered in the light
    of the goal's options; with `foresees`, the network also learns to tell what will become of the
    goal's atoms. Both need `Symbols` as encoder. With `sights` it learns to tell which of so many
    things it will see of a demonstrator next, with `infers` by which action one came from one
    observation to another.
    """

    encoder: Any  # a module of populations.encoders
    memory: Any  # one of MEMORIES
    popart: Popart | None  # with `normalises`: the value head predicts normalised returns

    def __init__(
        self,
        encoder: nn.Module,
        num_actions: int,
        hidden: int = 128,
        memory: str = "gru",
        attends: bool = False,
        foresees: bool = False,
        normalises: bool = False,
        sights: int = 0,
        infers: bool = False,
    ) -> None:
        super().__init__()
        self.num_actions, self.hidden = num_actions, hidden
        self.attends, self.foresees = attends, foresees
        self.encoder = encoder
        self.memory = MEMORIES[memory](hidden)
        self.head = nn.ModuleDict({"both": nn.Linear(hidden, 2 * HEAD)})  # for policy, for value
        if attends:
            self.head["goal"] = GoalAttention(hidden)
        if foresees:
            self.head["foresight"] = Foresight(hidden)
        if sights:
            self.head["sight"] = nn.Linear(hidden, sights)
        if infers:
            self.head["inverse"] = nn.Sequential(
                nn.Linear(2 * hidden, HEAD), nn.Tanh(), nn.Linear(HEAD, num_actions)
            )
        self.output = nn.ModuleDict(
            {"policy": nn.Linear(HEAD, num_actions), "value": nn.Linear(HEAD, 1)}
        )
        self.popart = Popart() if normalises else None

    def start(self, lanes: int) -> Tensor:
        """The memory of a newborn: float32 [lanes, width]."""
        return torch.zeros(lanes, self.memory.width)

    def step(self, observations: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One step of L lanes: observations [L, D], state [L, width] -> logits [L, A], values [L], next state.

        Values are in units of reward here and everywhere.
        """
        features, goal = self._see(observations)
        remembered, state = self.memory.step(features, state)
        logits, values = self.judge(remembered, goal)
        return logits, values, state

    @property
    def packs(self) -> bool:
        """Whether `sequence` takes packed steps: a GRU does, behind an encoder that reads each step by itself."""
        return isinstance(self.memory, Gru) and not isinstance(self.encoder, Symbols)

    def sequence(
        self, observations: Tensor, state: Tensor, counts: Sequence[int] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Whole segments: observations [T, L, D], state [L, width] -> logits [T, L, A], values [T, L].

        Packed, if the network `packs`, with the `counts` of a Minibatch: [R, D], [L, width] -> [R, A], [R].
        """
        return self.judge(*self.remember(observations, state, counts))

    def remember(
        self, observations: Tensor, state: Tensor, counts: Sequence[int] | None = None
    ) -> tuple[Tensor, Goal]:
        """What is remembered after each step, [T, L, hidden] or packed [R, hidden], and the goal that was read."""
        features, goal = self._see(observations)
        more = () if counts is None else (counts,)
        return self.memory.sequence(features, state, *more), goal

    def judge(self, remembered: Tensor, goal: Goal) -> tuple[Tensor, Tensor]:
        """Of what is remembered, float32 [..., hidden]: logits [..., A], values [...]."""
        if self.attends:
            remembered = self.head["goal"](remembered, goal.options, goal.used)
        policy, value = torch.tanh(self.head["both"](remembered)).chunk(2, -1)
        logits, values = self.output["policy"](policy), self.output["value"](value).squeeze(-1)
        return logits, values if self.popart is None else self.popart(values)

    def inverse(self, observations: Tensor) -> Tensor:
        """Which action led from each observation to the next, logits: [T, L, D] -> [T - 1, L, A]."""
        features, _ = self._see(observations)
        logits: Tensor = self.head["inverse"](torch.cat([features[:-1], features[1:]], -1))
        return logits

    def _see(self, observations: Tensor) -> tuple[Tensor, Goal]:
        if not (self.attends or self.foresees):
            return torch.tanh(self.encoder(observations)), NO_GOAL
        features, goal = self.encoder.read(observations)
        return torch.tanh(features), goal


def initialise(network: ActorCritic, seed: int, layers: tuple[str, ...] = LAYERS) -> None:
    """Orthogonal weights, zero biases for the named layers, from `seed` (63 bits); a policy near uniform.

    A memory says itself how it is born.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            fresh = torch.empty_like(parameter)
            if name.startswith("memory."):
                network.memory.draw(name.removeprefix("memory."), fresh, generator)
            elif parameter.ndim == 1:
                fresh.zero_()
            elif name.endswith("symbols"):
                nn.init.normal_(fresh, std=SYMBOL_SPREAD, generator=generator)
            else:
                gain = {"output.policy.weight": 0.01, "output.value.weight": 1.0}.get(name, 2**0.5)
                for half in fresh.chunk(2) if name == "head.both.weight" else [fresh]:
                    nn.init.orthogonal_(half, gain, generator=generator)
            if name.split(".")[0] in layers:
                parameter.copy_(fresh)


def pack(network: nn.Module) -> np.ndarray:
    """All parameters as one float32 vector, in `state_dict` order."""
    return torch.cat(
        [tensor.detach().reshape(-1) for tensor in network.state_dict().values()]
    ).numpy()


def unpack(network: nn.Module, weights: np.ndarray) -> None:
    """Copy a vector made by `pack` into the network; raises ValueError when the sizes differ."""
    tensors = list(network.state_dict().values())
    total = sum(tensor.numel() for tensor in tensors)
    if weights.shape != (total,):
        raise ValueError(
            f"weights of shape {weights.shape} do not fit a network of {total} parameters"
        )
    source = torch.from_numpy(
        np.array(weights, dtype=np.float32)
    )  # a copy: Ray's arrays are read-only
    offset = 0
    for tensor in tensors:
        tensor.copy_(source[offset : offset + tensor.numel()].view_as(tensor))
        offset += tensor.numel()


def named_arrays(network: nn.Module, weights: np.ndarray) -> dict[str, np.ndarray]:
    """The vector of `pack` cut into arrays by parameter name, for files that others can read."""
    arrays, offset = {}, 0
    for name, tensor in network.state_dict().items():
        arrays[name] = weights[offset : offset + tensor.numel()].reshape(tuple(tensor.shape))
        offset += tensor.numel()
    return arrays


def pack_named(network: nn.Module, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """The inverse of `named_arrays`; ValueError names a parameter that is missing, unknown or misshapen."""
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    for name in sorted(expected.keys() | arrays.keys()):
        found = arrays[name].shape if name in arrays else "missing"
        if found != expected.get(name, "unknown"):
            raise ValueError(
                f"parameter {name} is {found}, this network has {expected.get(name, 'no such parameter')}"
            )
    return np.concatenate([arrays[name].reshape(-1) for name in expected]).astype(np.float32)
