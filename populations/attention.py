"""What reads the goal anew after memory: attention over its options, and what will become of its atoms."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from populations.encoders import TOKEN


class GoalAttention(nn.Module):
    """What is remembered, seen in the light of the options of a goal (after OEL Team 2021).

    Each option makes a state of its own out of memory and predicts how much it is worth; the states
    are mixed, the more of each the more it is worth.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.memory = nn.Linear(hidden, hidden)
        self.option = nn.Linear(TOKEN, hidden, bias=False)
        self.worth = nn.Linear(hidden, 1)

    def forward(self, remembered: Tensor, options: Tensor, used: Tensor) -> Tensor:
        """[..., hidden], [..., K, TOKEN], bool [..., K] -> [..., hidden]."""
        states = torch.relu(self.memory(remembered)[..., None, :] + self.option(options))
        worth = self.worth(states).squeeze(-1).float().masked_fill(~used, -1e9)
        mixed = (torch.softmax(worth, -1)[..., None] * states).sum(-2)
        return remembered + mixed


class Foresight(nn.Module):
    """Whether each atom of the goal will hold at the next step, as logits: memory and atom meet in a product."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.memory = nn.Linear(hidden, TOKEN)
        self.atom = nn.Linear(TOKEN, 1)

    def forward(self, remembered: Tensor, atoms: Tensor) -> Tensor:
        """[..., hidden], [..., A, TOKEN] -> [..., A]."""
        asked = self.memory(remembered)[..., None]
        return (atoms @ asked + self.atom(atoms)).squeeze(-1)
