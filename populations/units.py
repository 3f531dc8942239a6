"""What workers do: two pure functions, to play a ticket and to learn from what was played, the same here and on Ray."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from configs.schema import Learner
from populations import behaviour, losses, ppo, quarantine
from populations.losses import Term
from populations.member import Member, network_for
from populations.networks import ActorCritic, unpack
from populations.rollout import Played, Ticket, Trajectory, join, roll
from worlds.family import Family, make

if TYPE_CHECKING:
    from populations.learner import MemberLearner

SIGNALS = ("pvl", "l1", "value")  # of an episode: means of max(A, 0), of |A|, of V


@dataclass(frozen=True)
class Work:
    """What both kinds of units have in common."""

    name: str  # for people: generation, iteration, member
    world: str
    world_settings: tuple[tuple[str, object], ...]
    learner: Learner  # of all members; each has its own values in `member.hyper`
    # [n] float32 each, which many units may share: of the members of a ticket, of elders that terms ask.
    weights: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Roll(Work):
    """Play a ticket. Makes one part for each member that learns: its trajectory."""

    ticket: Ticket

    needs: ClassVar[tuple[tuple[int, int], ...]] = ()  # no other unit

    @property
    def makes(self) -> int:
        """How many parts come of it."""
        return len(self.ticket.learning)


@dataclass(frozen=True)
class Look(Roll):
    """Play a ticket, and tell in `notes` how its agent_0, the same member in all worlds, chose there.

    See `behaviour.notes`. Nobody learns from it.
    """

    compared: tuple[
        int, ...
    ] = ()  # of `weights`: members whose choices are compared on what it saw


@dataclass(frozen=True)
class Learn(Work):
    """Let a member learn from the trajectories that units of play made for it."""

    member: Member
    needs: tuple[
        tuple[int, int], ...
    ]  # (unit of the batch, which of its parts); first its own ticket's
    learning_rate: float = 0.0
    probe: bool = False  # the member played, for the creator's sake or resting, and does not learn
    terms: tuple[Term, ...] = ()  # what channels add; the last of `needs` are their demonstrations
    seed: int = 0  # 63 bits, order of the minibatches

    makes: ClassVar[int] = 0


Unit = Roll | Look | Learn


@dataclass(frozen=True)
class Learned:
    """What comes back from learning."""

    member: Member
    report: dict[str, float]  # means of loss parts
    signals: dict[
        str, np.ndarray
    ]  # [L] float32 each of SIGNALS, of the lanes it lived through, part by part
    fault: quarantine.Fault | None = None  # why nothing could be learned from the parts


Outcome = Played | Learned


def one_thread() -> None:
    """Two threads of torch lose more under load than they gain, and change bits."""
    torch.set_num_threads(1)


def perform(unit: Unit, parts: Sequence[Trajectory] = ()) -> tuple[Outcome, Sequence[Trajectory]]:
    """Do the work with the parts it needs; -> outcome, parts made.

    Pure: equal inputs give equal bytes on equal numerics.
    """
    one_thread()
    family = family_of(unit.world, unit.world_settings)
    if isinstance(unit, Learn):
        return _learn(unit, family, parts), ()
    if isinstance(unit, Look):
        return behaviour.look(family, unit.ticket, _networks(unit), unit.compared), ()
    played = roll(family, unit.ticket, _networks(unit))
    made, played.trajectories = played.trajectories, ()
    return played, made


def _learn(unit: Learn, family: Family, parts: Sequence[Trajectory]) -> Learned:
    # RLlib costs seconds and memory; those who only play never load it.
    from populations import learner as rllib

    shown = sum(term.demonstrations for term in unit.terms)
    own, demonstrations = parts[: len(parts) - shown], parts[len(parts) - shown :]
    trajectory, fault = join(own), quarantine.fault(own)
    settings = unit.member.settings(unit.learner)
    if fault:
        estimates = np.zeros_like(trajectory.rewards)
        signals = {name: np.zeros(trajectory.rewards.shape[1], np.float32) for name in SIGNALS}
    else:
        estimates = ppo.advantages(trajectory, settings.gamma, settings.gae_lambda)
        signals = _signals(trajectory, estimates)
    lived = int(trajectory.lived.sum())
    if unit.probe:
        return Learned(quarantine.rested(unit.member, lived), {}, signals, fault)
    if fault:
        member = quarantine.set_back(unit.member, unit.member.lived + lived, unit.learner)
        return Learned(member, {"faults": float(member.faults)}, signals, fault)
    paid = losses.rewarded(unit.terms, family, trajectory, settings.gamma)
    if paid is not None:
        trajectory = replace(trajectory, rewards=trajectory.rewards + paid)
        estimates = ppo.advantages(trajectory, settings.gamma, settings.gae_lambda)
    elders = _networks(unit)
    terms = losses.prepare(unit.terms, elders, family, trajectory, demonstrations, unit.seed)
    member, report = rllib.learn(
        _learner(unit.world, unit.world_settings, unit.learner),
        unit.member,
        ppo.prepare(trajectory, estimates, terms),
        settings,
        unit.learning_rate,
        unit.seed,
    )
    return Learned(member, report, signals)


def _signals(trajectory: Trajectory, estimates: np.ndarray) -> dict[str, np.ndarray]:
    """Means over the steps lived in each lane."""
    told = {"pvl": np.maximum(estimates, 0), "l1": np.abs(estimates), "value": trajectory.values}
    counts = np.maximum(trajectory.lived.sum(0), 1)
    return {
        name: (np.where(trajectory.lived, told[name], 0).sum(0) / counts).astype(np.float32)
        for name in SIGNALS
    }


def digest(outcome: Outcome, parts: Sequence[Trajectory] = ()) -> str:
    """SHA-256 over every number that a unit made: two attempts at it must agree."""
    state = hashlib.sha256()
    for array in _arrays(outcome):
        state.update(np.ascontiguousarray(array).tobytes())
    for trajectory in parts:
        for name in trajectory.__dataclass_fields__:
            state.update(np.ascontiguousarray(getattr(trajectory, name)).data)
    told = outcome.report if isinstance(outcome, Learned) else outcome.notes
    state.update(repr(sorted(told.items())).encode())
    return state.hexdigest()


def _arrays(outcome: Outcome) -> list[np.ndarray]:
    if isinstance(outcome, Learned):
        return [*outcome.signals.values(), *outcome.member.arrays().values()]
    played = [outcome.returns, outcome.trial_returns, outcome.actions, outcome.visible]
    return [array for array in (*played, outcome.memory, outcome.observation) if array is not None]


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


def _networks(unit: Work) -> list[ActorCritic]:
    """Networks with the unit's weights, which this process keeps for the next unit to fill."""
    blank = _blank(unit.world, unit.world_settings, unit.learner)
    while len(blank) < len(unit.weights):
        blank.append(network_for(family_of(unit.world, unit.world_settings), unit.learner))
    for network, vector in zip(blank, unit.weights, strict=False):
        unpack(network, vector)
    return blank[: len(unit.weights)]


@lru_cache(maxsize=4)
def _blank(
    world: str, settings: tuple[tuple[str, object], ...], learner: Learner
) -> list[ActorCritic]:
    """Networks to be filled: making one takes longer than copying weights into it."""
    return []
