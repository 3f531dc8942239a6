"""What channels of transmission add to the learning of the young: losses and rewards by name, each weighed.

A term is plain values, so that it travels; what torch must do for it stands here under its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from populations import sights
from populations.minibatches import Minibatch, along
from populations.networks import ActorCritic
from populations.rollout import Trajectory, join
from worlds.family import Family

NO_TARGET = -1  # of a step from which a loss learns nothing


@dataclass(frozen=True)
class Term:
    """One further term of what a member learns from: a loss, or a reward, by name."""

    name: str  # of LOSSES or REWARDS
    weight: float
    elders: tuple[int, ...] = ()  # whom it asks, as numbers in the lesson of the generation
    demonstrations: int = 0  # how many of the last parts of its unit are for it
    facts: tuple[tuple[str, float], ...] = ()  # what else it needs to know


@dataclass(frozen=True)
class Given:
    """What a loss may read before the updates begin."""

    family: Family
    trajectory: Trajectory  # the young's own episodes
    elders: Sequence[ActorCritic]  # those of the term
    demonstrations: Sequence[Trajectory]
    facts: Mapping[str, float]
    seed: int  # 63 bits


class Seen(NamedTuple):
    """What a network made of a minibatch of the young's own episodes."""

    minibatch: Minibatch  # picks its steps out of targets [T, L, ...], and takes means over them
    log_probs: Tensor  # [T, l, A], or [R, A] if packed
    remembered: Tensor  # [T, l, H] or [R, H], what its memory gave


class Loss(Protocol):
    """A loss beside that of PPO."""

    def prepare(self, given: Given) -> Any:
        """Its targets, made once before the updates, without gradients."""

    def __call__(self, network: ActorCritic, seen: Seen, targets: Any) -> Tensor:
        """A scalar of one minibatch."""


class Prepared(NamedTuple):
    """A term whose targets are made."""

    name: str
    weight: float
    loss: Loss
    targets: Any

    def __call__(self, network: ActorCritic, seen: Seen) -> Tensor:
        return self.loss(network, seen, self.targets)


def prepare(
    terms: Sequence[Term],
    elders: Sequence[ActorCritic],
    family: Family,
    trajectory: Trajectory,
    demonstrations: Sequence[Trajectory],
    seed: int,
) -> tuple[Prepared, ...]:
    """The targets of all terms that are losses.

    `elders` are those of the lesson, which terms number; `demonstrations` belong to the terms in their order.
    """
    prepared, parts = [], iter(demonstrations)
    for term in terms:
        own = [next(parts) for _ in range(term.demonstrations)]
        if term.name in LOSSES:
            loss = LOSSES[term.name]
            asked = [elders[number] for number in term.elders]
            given = Given(family, trajectory, asked, own, dict(term.facts), seed)
            with torch.no_grad():
                prepared.append(Prepared(term.name, term.weight, loss, loss.prepare(given)))
    return tuple(prepared)


def rewarded(
    terms: Sequence[Term], family: Family, trajectory: Trajectory, gamma: float
) -> np.ndarray | None:
    """What terms that are rewards pay beside the world, float32 [T, L]; None without such terms."""
    paid = [
        np.float32(term.weight) * REWARDS[term.name](family, trajectory, gamma)
        for term in terms
        if term.name in REWARDS
    ]
    return sum(paid[1:], paid[0]) if paid else None


class Distil:
    """Cross-entropy to the elders' policies on the young's own episodes (kickstarting; Schmitt 2018)."""

    def prepare(self, given: Given) -> Tensor:
        """The mean of the elders' action probabilities [T, L, A], all other agents hidden from them."""
        seen = np.where(given.family.social, np.uint8(0), given.trajectory.observations)
        observations = torch.from_numpy(seen)
        taught = torch.zeros(())
        for elder in given.elders:
            logits = along(elder, observations, given.trajectory.lived)
            taught = taught + torch.softmax(logits, -1) / len(given.elders)
        return taught

    def __call__(self, network: ActorCritic, seen: Seen, targets: Tensor) -> Tensor:
        chosen = seen.minibatch
        return -chosen.mean((chosen.of(targets) * seen.log_probs).sum(-1))


class Recording(NamedTuple):
    """What was recorded of elders, one lane an episode."""

    observations: Tensor  # [T, M, D] uint8, as the elder had them
    actions: Tensor  # [T, M] int64, or NO_TARGET


class Clone:
    """-log of the probability of what elders did where they were, in recordings of their episodes (Pomerleau 1991)."""

    def prepare(self, given: Given) -> Recording:
        return recording(given.demonstrations)

    def __call__(self, network: ActorCritic, seen: Seen, targets: Recording) -> Tensor:
        mine = _mine(seen, targets.actions)
        if not len(mine):
            return torch.zeros(())
        return cloned(network, targets.observations[:, mine], targets.actions[:, mine])


class Predict:
    """Cross-entropy of where the demonstrator will be seen at the next step, or of what it will show
    (attention loss; Bhoopchand 2023)."""

    def prepare(self, given: Given) -> Tensor:
        """Of each step the cell, symbol or "unseen" of the next, int64 [T, L]; or NO_TARGET."""
        trajectory = given.trajectory
        following = np.full(trajectory.actions.shape, NO_TARGET)
        following[:-1] = sights.seen(given.family, trajectory.observations[1:])
        following[:-1][~(trajectory.lived[:-1] & trajectory.lived[1:])] = NO_TARGET
        return torch.from_numpy(following)

    def __call__(self, network: ActorCritic, seen: Seen, targets: Tensor) -> Tensor:
        logits = network.head["sight"](seen.remembered)
        return _cross_entropy(logits, seen.minibatch.of(targets))


class Comments:
    """-log of the probability of what the best demonstrator shows, where it is visible: comments are actions."""

    def prepare(self, given: Given) -> Tensor:
        """The symbol that the young were shown at each step, int64 [T, L]; or NO_TARGET."""
        trajectory = given.trajectory
        shown = sights.seen(given.family, trajectory.observations)
        told = (shown < sights.count(given.family)) & trajectory.lived
        return torch.from_numpy(np.where(told, shown, NO_TARGET))

    def __call__(self, network: ActorCritic, seen: Seen, targets: Tensor) -> Tensor:
        return _cross_entropy(seen.log_probs, seen.minibatch.of(targets))


class Observed(NamedTuple):
    """What is known for inferring actions: one's own steps, and those of elders without their actions."""

    own: Recording
    elders: Tensor  # [T, M, D] uint8, all 0 where hidden, never with an action
    told: Tensor  # [T - 1, M] bool, where a step and the next were visible
    action: slice  # the bytes of an observation that tell the last action, one flag each


class Infer:
    """Behavioural cloning from observation: an inverse model, learned from one's own steps, names the actions
    of elders (Torabi 2018)."""

    def prepare(self, given: Given) -> Observed:
        part, _ = given.family.layout["last_action"]
        own, theirs = recording([given.trajectory]), recording(given.demonstrations)
        generator = torch.Generator().manual_seed(given.seed)
        chances = torch.rand(theirs.actions.shape, generator=generator)
        visible = chances < given.facts["visibility"]
        elders = torch.where(visible[..., None], theirs.observations, 0).to(torch.uint8)
        told = visible[:-1] & visible[1:] & (theirs.actions[:-1] != NO_TARGET)
        return Observed(own, without(elders, part), told, part)

    def __call__(self, network: ActorCritic, seen: Seen, targets: Observed) -> Tensor:
        """The inverse model's own loss on the young's steps, and that of imitating what it says of the elders."""
        mine = _mine(seen, targets.told)
        if not len(mine):
            return torch.zeros(())
        own, taken = targets.own.observations[:, mine], targets.own.actions[:-1, mine]
        elders, told = targets.elders[:, mine], targets.told[:, mine]
        said = network.inverse(without(own, targets.action))
        with torch.no_grad():
            labels = network.inverse(elders).argmax(-1)
        acted = elders.clone()  # an elder remembers what it did; so does who imitates it
        acted[1:, :, targets.action] = functional.one_hot(labels, said.shape[-1]).to(torch.uint8)
        acted[1:][~told] = elders[1:][~told]
        actions = torch.full(elders.shape[:2], NO_TARGET)
        actions[:-1] = torch.where(told, labels, NO_TARGET)
        return _cross_entropy(said, taken) + cloned(network, acted, actions)


def recording(trajectories: Sequence[Trajectory]) -> Recording:
    """Observations and actions of trajectories, NO_TARGET where a step was not lived."""
    whole = join(trajectories)
    actions = np.where(whole.lived, whole.actions, NO_TARGET)
    return Recording(torch.from_numpy(whole.observations), torch.from_numpy(actions))


def cloned(network: ActorCritic, observations: Tensor, actions: Tensor) -> Tensor:
    """The mean of -log pi(a | o) over whole episodes [T, M]; 0 if there are none."""
    logits = along(network, observations, (actions != NO_TARGET).numpy())
    return _cross_entropy(logits, actions)


def without(observations: Tensor, part: slice) -> Tensor:
    """The observations with these bytes 0."""
    blank = observations.clone()
    blank[..., part] = 0
    return blank


def shaping(family: Family, trajectory: Trajectory, gamma: float) -> np.ndarray:
    """gamma Phi(o') - Phi(o), float32 [T, L], Phi how near the demonstrator is seen; 0 after the end (Ng 1999)."""
    nearness = sights.potential(family, trajectory.observations) * trajectory.lived
    following = np.zeros_like(nearness)
    following[:-1] = nearness[1:]
    paid: np.ndarray = np.where(trajectory.lived, gamma * following - nearness, 0)
    return paid.astype(np.float32)


LOSSES: dict[str, Loss] = {
    "distil": Distil(),
    "clone": Clone(),
    "predict": Predict(),
    "infer": Infer(),
    "comments": Comments(),
}
REWARDS: dict[str, Callable[[Family, Trajectory, float], np.ndarray]] = {"shaping": shaping}


def _mine(seen: Seen, demonstrations: Tensor) -> Tensor:
    """Which of the demonstrations [T, M] belong to a minibatch: those that bear the number of one of its lanes.

    So each is learned from once an epoch, in any number of minibatches, if there are no more of them
    than lanes of the young.
    """
    lanes = seen.minibatch.lanes
    return lanes[lanes < demonstrations.shape[1]]


def _cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean over all steps that have a target; 0 if none has."""
    told = (targets != NO_TARGET).sum().clamp(min=1)
    total = functional.cross_entropy(
        logits.flatten(0, -2), targets.flatten(), ignore_index=NO_TARGET, reduction="sum"
    )
    return total / told
