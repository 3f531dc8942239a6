"""How members choose, measured on episodes that were played: attention to others, exploration, diversity, following."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from populations.networks import ActorCritic
from populations.rollout import Played, Ticket, Trajectory, roll
from worlds.family import Family

KNOWS_ALL = 0.0  # noise of an oracle


def look(
    family: Family, ticket: Ticket, networks: Sequence[ActorCritic], compared: Sequence[int]
) -> Played:
    """What a ticket comes to, with `notes` of how its agent_0 chose, who must be the same member in all worlds.

    They are `attention` and `exploration`, `diversity` of the networks `compared`, if any, and in
    families of two turns `following`. The member may sit in no further seat of another turn.
    """
    member = int(ticket.roster[0, 0])
    wanted = replace(ticket, learning=(member,), record=len(ticket.rows))
    played = roll(family, wanted, networks)
    own = _of_agent_0(played.trajectories[0], family.num_agents)
    played.notes = {
        "attention": attention(networks[member], own, family.social),
        "exploration": exploration(networks[member], own),
    }
    if compared:
        played.notes["diversity"] = diversity([networks[index] for index in compared], own)
    if len(family.turns) > 1 and played.actions is not None and played.visible is not None:
        played.notes |= following(family, ticket.rows, played.actions, played.visible)
    return replace(played, trajectories=(), **_recorded(played, ticket.record))


def attention(network: ActorCritic, trajectory: Trajectory, social: np.ndarray) -> float:
    """By how much others move its choices: KL(as it saw them || as if it had never seen any), nats per step.

    `trajectory` is its own; `social` [D] are the bytes of an observation that show others.
    """
    with torch.no_grad():
        seeing = _log_probs(network, trajectory.observations)
        blind = _log_probs(network, np.where(social, np.uint8(0), trajectory.observations))
    return _mean(_divergence(seeing, blind), trajectory.lived)


def exploration(network: ActorCritic, trajectory: Trajectory) -> float:
    """Entropy of its choices, nats per step."""
    with torch.no_grad():
        chosen = _log_probs(network, trajectory.observations)
    return _mean(-(chosen.exp() * chosen).sum(-1), trajectory.lived)


def diversity(networks: Sequence[ActorCritic], trajectory: Trajectory) -> float:
    """Mean KL between the choices of two different members who see the same, nats per step; 0 for one member."""
    if len(networks) < 2:
        return 0.0
    with torch.no_grad():
        chosen = [_log_probs(network, trajectory.observations) for network in networks]
        together = torch.stack(chosen).sum(0)
        others = [(together - own) / (len(networks) - 1) for own in chosen]
        apart = [_divergence(own, other) for own, other in zip(chosen, others, strict=True)]
    return float(np.mean([_mean(each, trajectory.lived) for each in apart]))


def following(
    family: Family, rows: np.ndarray, actions: np.ndarray, visible: np.ndarray
) -> dict[str, float]:
    """How often agent_0 did what the best demonstrator showed: where that was right, and where it was wrong.

    For families of two turns. `rows` [B, width] tasks, `actions` [T, B, N] and `visible` [T, B] as
    recorded. Right is what the oracle that knows all would do in the place of agent_0. A share is
    left out where there was nothing of its kind to follow.
    """
    state = family.state(len(rows))
    family.reset(state, rows)
    shown = {"followed_right": [0, 0], "followed_wrong": [0, 0]}
    for taken, seen in zip(actions, visible, strict=True):
        best, going = taken[:, -1], (state.over == 0) & (seen > 0) & (taken[:, -1] >= 0)
        right = best == family.oracle(state, 0, 0, KNOWS_ALL)
        for name, kind in (("followed_right", right), ("followed_wrong", ~right)):
            shown[name][0] += int((going & kind & (taken[:, 0] == best)).sum())
            shown[name][1] += int((going & kind).sum())
        family.step(state, taken)
    return {name: followed / steps for name, (followed, steps) in shown.items() if steps}


def _recorded(played: Played, worlds: int) -> dict[str, Any]:
    """What is recorded of the first worlds only."""
    whole = {"rows": played.rows, "actions": played.actions, "visible": played.visible}
    return {
        name: array[:worlds] if name == "rows" else array[:, :worlds]
        for name, array in whole.items()
        if array is not None
    }


def _of_agent_0(trajectory: Trajectory, agents: int) -> Trajectory:
    lanes = trajectory.seats % agents == 0
    parts = {part.name: getattr(trajectory, part.name) for part in fields(trajectory)}
    return Trajectory(
        **{
            name: array[lanes] if name == "seats" else array[:, lanes]
            for name, array in parts.items()
        }
    )


def _log_probs(network: ActorCritic, observations: np.ndarray) -> Tensor:
    """[T, L, A] of whole episodes, observations uint8 [T, L, D]."""
    seen = torch.from_numpy(observations)
    logits, _ = network.sequence(seen, network.start(seen.shape[1]))
    return torch.log_softmax(logits, -1)


def _divergence(first: Tensor, second: Tensor) -> Tensor:
    """[T, L] KL(first || second) of log probabilities [T, L, A]."""
    return (first.exp() * (first - second)).sum(-1)


def _mean(values: Tensor, lived: np.ndarray) -> float:
    """Over the steps lived [T, L]; 0 where there were none."""
    there = torch.from_numpy(lived)
    return float(values[there].double().mean()) if lived.any() else 0.0
