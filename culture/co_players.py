"""Members of a run as co-players of a person: the worlds a member lived in, and how it acts in one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from culture.evaluation import members_of, settings_of
from culture.setting import family_of
from populations.member import network_for
from populations.networks import ActorCritic, unpack
from populations.rollout import Lanes, Ticket
from worlds import formats
from worlds.family import Family
from worlds.formats import FormatError


@dataclass(frozen=True)
class Trained:
    """A member of a run."""

    name: str
    family: Family  # the worlds it lived in
    network: ActorCritic

    def start(self, family: Family, agent: int, key: int) -> Callable[[Any, np.ndarray], int]:
        """Return how the member plays one agent in one episode, with the memory of a newborn, as in training.

        What is returned takes the state and the agent's observation uint8 [D], once per step and in order, and
        returns the action. All chance comes from `key`.
        """
        alone = Ticket(
            key=key,
            rows=np.zeros((1, family.space.width), np.int16),
            roster=np.zeros((1, 1), np.int16),
            visibility=np.ones(family.trials),
        )
        lanes = Lanes(alone, 0, self.network, family.horizon)
        steps = iter(range(family.horizon))

        def act(state: Any, observation: np.ndarray) -> int:
            with torch.inference_mode():
                actions, *_ = lanes.act(observation[None], next(steps), greedy=False)
            return int(actions[0])

        return act


def trained(path: Path) -> Trained:
    """The member at RUN/MEMBER as it was last, or the best one of RUN. Raises FormatError."""
    run, name = (path, None) if (path / "run.json").exists() else (path.parent, path.name)
    if not (run / "run.json").exists():
        raise FormatError(f"{path}: is no member: write RUN/MEMBER, or RUN for its best member")
    settings = settings_of(run)
    family = family_of(settings, settings.world.trials)
    if name is None and (run / "members" / "best.json").exists():
        best = formats.read_json(run / "members" / "best.json")
        name = best.get("member") if isinstance(best, dict) else None
    _, member = members_of(run, family, settings, name)[-1]
    network = network_for(family, settings.learner)
    with torch.no_grad():
        unpack(network, member.weights)
    return Trained(member.name, family, network)
