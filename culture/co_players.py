"""Members of a run as co-players of a person: found by name, in the worlds they lived in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from culture.members import members_of, settings_of
from populations import alone
from populations.member import network_of
from populations.networks import ActorCritic
from worlds import formats, rng
from worlds.family import Family
from worlds.formats import FormatError
from worlds.from_settings import family_of


@dataclass(frozen=True)
class Trained:
    """A member of a run."""

    name: str
    family: Family  # the worlds it lived in
    network: ActorCritic

    def start(self, family: Family, agent: int, key: int) -> Callable[[Any, np.ndarray], int]:
        """Return how it plays an agent in one episode: from the state and its observation uint8 [D] to an action."""
        act = alone.start(self.network, family, rng.key(key, "member", agent))
        return lambda state, observation: act(observation)


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
    network = network_of(member.weights, family, settings.learner)
    return Trained(member.name, family, network)
