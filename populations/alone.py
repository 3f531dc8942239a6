"""A member beside a person: it acts in one world, one step at a time, exactly as in a rollout."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from populations.networks import ActorCritic
from populations.rollout import Lanes, Ticket
from worlds.family import Family


def start(network: ActorCritic, family: Family, key: int) -> Callable[[np.ndarray], int]:
    """How a member plays one agent in one episode, with the memory of a newborn.

    What is returned takes the agent's observation uint8 [D], once per step and in order, and returns its action.
    All chance comes from `key`.
    """
    ticket = Ticket(
        key=key,
        rows=np.zeros((1, family.space.width), np.int16),
        roster=np.zeros((1, 1), np.int16),
        visibility=np.ones(family.trials),
    )
    lanes = Lanes(ticket, 0, network, family.horizon)
    steps = iter(range(family.horizon))

    def act(observation: np.ndarray) -> int:
        with torch.inference_mode():
            actions, *_ = lanes.act(observation[None], next(steps), greedy=False)
        return int(actions[0])

    return act
