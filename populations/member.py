"""A member: a policy with a name, weights, an optimiser and parents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from configs.schema import Learner
from populations import sights
from populations.encoders import encoder_for
from populations.networks import LAYERS, ActorCritic, initialise, named_arrays, pack, unpack
from worlds import rng
from worlds.family import Family


@dataclass(frozen=True)
class Member:
    """All that learning needs to go on exactly where it stopped; plain arrays that travel and are saved."""

    name: str
    weights: np.ndarray  # [n] float32, all parameters and buffers in state_dict order
    exp_avg: np.ndarray  # [m] float32, Adam's first moments of the parameters
    exp_avg_sq: np.ndarray  # [m] float32, Adam's second moments
    updates: int = 0  # optimiser steps taken
    lived: int = 0  # agent-steps of experience
    parents: tuple[str, ...] = ()  # whose weights it began with
    demonstrators: tuple[str, ...] = ()  # whom it watched
    hyper: tuple[tuple[str, float], ...] = ()  # learner's settings that are its own
    faults: int = 0  # how often its learning broke down
    rest: int = 0  # iterations that it still plays without learning

    def settings(self, learner: Learner) -> Learner:
        """The experiment's settings with its own in their place."""
        own: dict[str, Any] = dict(self.hyper)
        return replace(learner, **own)

    def frozen(self, name: str) -> Member:
        """As it is now, under a name of its own, never to learn again."""
        blank = np.zeros(0, np.float32)
        return replace(self, name=name, exp_avg=blank, exp_avg_sq=blank)

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays of an exact resume, by name."""
        return {"weights": self.weights, "exp_avg": self.exp_avg, "exp_avg_sq": self.exp_avg_sq}

    def facts(self) -> dict[str, object]:
        """Everything else of an exact resume, as JSON."""
        return {
            "name": self.name,
            "updates": self.updates,
            "lived": self.lived,
            "parents": list(self.parents),
            "demonstrators": list(self.demonstrators),
            "hyper": dict(self.hyper),
            "faults": self.faults,
            "rest": self.rest,
        }

    @staticmethod
    def restored(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Member:
        """The member of `facts()` and `arrays()`."""
        return Member(
            name=facts["name"],
            updates=facts["updates"],
            lived=facts["lived"],
            parents=tuple(facts["parents"]),
            demonstrators=tuple(facts["demonstrators"]),
            hyper=tuple(sorted(facts["hyper"].items())),
            faults=facts["faults"],
            rest=facts["rest"],
            weights=arrays["weights"],
            exp_avg=arrays["exp_avg"],
            exp_avg_sq=arrays["exp_avg_sq"],
        )


def network_for(family: Family, learner: Learner) -> ActorCritic:
    """The network that the settings ask for, with undefined weights."""
    return ActorCritic(
        encoder_for(family, learner.hidden),
        family.num_actions,
        learner.hidden,
        memory=learner.memory,
        attends=learner.encoder == "attention",
        foresees=learner.auxiliary_weight > 0,
        normalises=learner.normalise_values,
        sights=_sights(family, learner),
        infers=_infers(family, learner),
    )


def architecture(family: Family, learner: Learner) -> dict[str, object]:
    """Kind and sizes of `network_for`, as JSON: members of different ones cannot be exchanged."""
    return {
        "kind": "actor_critic",
        "encoder": type(encoder_for(family, learner.hidden)).__name__.lower(),
        "memory": learner.memory,
        "attends": learner.encoder == "attention",
        "foresees": learner.auxiliary_weight > 0,
        "normalises": learner.normalise_values,
        "sights": _sights(family, learner),
        "infers": _infers(family, learner),
        "observation_size": family.observation_size,
        "num_actions": family.num_actions,
        "hidden": learner.hidden,
    }


def check_card(found: Mapping[str, Any], family: Family, learner: Learner) -> None:
    """Raises ValueError if a member's card tells of another network than the settings ask for."""
    theirs, ours = found.get("architecture"), architecture(family, learner)
    theirs = theirs if isinstance(theirs, dict) else {}
    wrong = [
        f"{name} is {theirs.get(name, 'missing')}, the settings ask for {value}"
        for name, value in ours.items()
        if theirs.get(name) != value
    ]
    if wrong:
        raise ValueError(f"a member of another architecture: {'; '.join(wrong)}")


def network_of(weights: np.ndarray, family: Family, learner: Learner) -> ActorCritic:
    """The network with these weights, float32 [n]."""
    network = network_for(family, learner)
    unpack(network, weights)
    return network


def born(name: str, family: Family, learner: Learner, key: int) -> Member:
    """A member with fresh weights drawn from `key`."""
    network = network_for(family, learner)
    initialise(network, rng.seed(rng.key(key, "weights")))
    return _fresh(name, network)


def born_of(
    parent: Member, name: str, family: Family, learner: Learner, key: int, reset_layers: int
) -> Member:
    """A copy of the parent with its last `reset_layers` layers drawn anew (primacy bias; Cook 2024)."""
    network = network_for(family, learner)
    unpack(network, parent.weights)
    initialise(network, rng.seed(rng.key(key, "weights")), LAYERS[len(LAYERS) - reset_layers :])
    return replace(_fresh(name, network), parents=(parent.name,))


def card(
    member: Member, family: Family, learner: Learner, generation: int, frozen: bool
) -> dict[str, object]:
    """What stands beside the weights on disk, enough to rebuild the network and to refuse a wrong world."""
    return {
        "format": 1,
        **member.facts(),
        "generation": generation,
        "frozen": frozen,
        "architecture": architecture(family, learner),
        "world": family.name,
        "layout": {name: [part.start, part.stop] for name, (part, _) in family.layout.items()},
    }


def tensors(member: Member, family: Family, learner: Learner) -> dict[str, np.ndarray]:
    """Weights by parameter name, `weights/NAME`, for the member's safetensors file."""
    arrays = named_arrays(network_for(family, learner), member.weights)
    return {f"weights/{name}": array for name, array in arrays.items()}


def _sights(family: Family, learner: Learner) -> int:
    """How many things there are to be seen of a demonstrator, with nothing one of them, if it is to be foreseen."""
    return 1 + sights.count(family) if learner.predict_weight else 0


def _infers(family: Family, learner: Learner) -> bool:
    """Comments are actions; what bodies do must be inferred."""
    return learner.infer_weight > 0 and len(family.turns) == 1


def _fresh(name: str, network: ActorCritic) -> Member:
    moments = np.zeros(sum(each.numel() for each in network.parameters()), np.float32)
    return Member(name, pack(network), moments, moments.copy())
