"""A member beside a person: it acts in one world, one step at a time, exactly as in a rollout."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from populations.networks import ActorCritic
from populations.rollout import Lanes
from worlds import rng
from worlds.family import Family


def start(network: ActorCritic, family: Family, key: int) -> Callable[[np.ndarray], int]:
    """How a member plays one agent in one episode, with the memory of a newborn.

    What is returned takes the agent's observation uint8 [D], once per step and in order, and returns its action.
    All chance comes from `key`.
    """
    seat, purpose = np.zeros(1, np.int64), rng.key(key, "actions", 0)
    lanes = Lanes(seat, 1, network, purpose, family.horizon)
    steps = iter(range(family.horizon))

    def act(observation: np.ndarray) -> int:
        with torch.inference_mode():
            actions, *_ = lanes.act(observation[None], next(steps), greedy=False)
        return int(actions[0])

    return act
