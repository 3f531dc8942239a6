"""What workers do: one pure function from a unit to its outcome, the same in this process and on Ray."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from configs.schema import Learner
from populations import ppo
from populations.member import Member, network_for
from populations.networks import ActorCritic, unpack
from populations.rollout import Played, Ticket, roll
from worlds.family import Family, make

if TYPE_CHECKING:
    from populations.learner import MemberLearner


@dataclass(frozen=True)
class Unit:
    """One idempotent piece of work: play a ticket and, if somebody learns in it, learn from what was played."""

    name: str  # for people: generation, iteration, member
    world: str
    world_settings: tuple[tuple[str, object], ...]
    ticket: Ticket
    weights: tuple[np.ndarray, ...]  # [n] float32 per member of the ticket's roster
    learner: Learner
    member: Member | None = None  # who learns; its weights are `weights[ticket.learning]`
    learning_rate: float = 0.0
    probe: bool = False  # the member plays for the creator's sake and does not learn from it
    distil: float = 0.0  # weight of imitating the elders, `weights[1:]`
    seed: int = 0  # 63 bits, order of the minibatches


@dataclass(frozen=True)
class Outcome:
    """What comes back from a unit."""

    played: Played  # without the trajectory: that stays with the worker
    member: Member | None
    report: dict[str, float]  # means of loss parts
    signals: dict[
        str, np.ndarray
    ]  # [B] float32: "pvl" mean max(A, 0), "l1" mean |A|, "value" mean V, of the learner


def one_thread() -> None:
    """Two threads of torch lose more under load than they gain, and change bits."""
    torch.set_num_threads(1)


def perform(unit: Unit) -> Outcome:
    """Do the work. Pure: equal units give equal bytes on equal numerics."""
    one_thread()
    family = family_of(unit.world, unit.world_settings)
    networks = networks_of(family, unit.learner, unit.weights)
    played = roll(family, unit.ticket, networks)
    if unit.member is None or played.trajectory is None:
        return Outcome(played, None, {}, {})
    # RLlib costs seconds and memory; those who only play never load it.
    from populations import learner as rllib

    trajectory, played.trajectory = played.trajectory, None
    if not all(
        np.isfinite(part).all()
        for part in (trajectory.rewards, trajectory.values, trajectory.log_probs)
    ):
        raise FloatingPointError(
            f"{unit.name}: a reward, value or log-probability is not finite; key {unit.ticket.key}"
        )
    estimates = ppo.advantages(trajectory, unit.learner.gamma, unit.learner.gae_lambda)
    # In self-play the learner fills other seats too.
    young = trajectory.seats % family.num_agents == 0
    told = {"pvl": np.maximum(estimates, 0), "l1": np.abs(estimates), "value": trajectory.values}
    counts = np.maximum(trajectory.lived.sum(0), 1)
    signals = {
        name: (np.where(trajectory.lived, values, 0).sum(0) / counts).astype(np.float32)[young]
        for name, values in told.items()
    }
    if unit.probe:
        lived = unit.member.lived + int(trajectory.lived.sum())
        return Outcome(played, replace(unit.member, lived=lived), {}, signals)
    taught = ppo.teach(networks[1:], trajectory, family.social) if unit.distil else None
    member, report = rllib.learn(
        _learner(unit.world, unit.world_settings, unit.learner),
        unit.member,
        ppo.prepare(trajectory, estimates, taught),
        unit.learner,
        unit.learning_rate,
        unit.seed,
        unit.distil,
    )
    if not np.isfinite(member.weights).all():
        raise FloatingPointError(
            f"{unit.name}: learning made weights that are not finite; lower learner.learning_rate"
        )
    return Outcome(played, member, report, signals)


def digest(outcome: Outcome) -> str:
    """SHA-256 over every number in an outcome: two attempts at one unit must agree."""
    state = hashlib.sha256()
    played = outcome.played
    arrays = [played.returns, played.trial_returns, played.actions, played.visible, played.memory]
    arrays += list(outcome.signals.values())
    if outcome.member is not None:
        arrays += list(outcome.member.arrays().values())
    for array in arrays:
        if array is not None:
            state.update(np.ascontiguousarray(array).tobytes())
    state.update(repr(sorted(outcome.report.items())).encode())
    return state.hexdigest()


@lru_cache(maxsize=4)
def family_of(world: str, settings: tuple[tuple[str, object], ...]) -> Family:
    """The family of a unit, built once per process."""
    return make(world, **dict(settings))


@lru_cache(maxsize=4)
def _learner(
    world: str, settings: tuple[tuple[str, object], ...], learner: Learner
) -> MemberLearner:
    from populations import learner as rllib

    return rllib.build(family_of(world, settings), learner)


def networks_of(
    family: Family, learner: Learner, weights: Sequence[np.ndarray]
) -> list[ActorCritic]:
    """Networks with the given weights."""
    networks = [network_for(family, learner) for _ in weights]
    for network, vector in zip(networks, weights, strict=True):
        unpack(network, vector)
    return networks
