"""PPO on whole time-major episodes: the arithmetic, in plain torch (Schulman 2017)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from configs.schema import Learner
from populations.losses import Prepared, Seen
from populations.minibatches import Batch, choose, lengths_of
from populations.networks import ActorCritic
from populations.rollout import Trajectory


def advantages(trajectory: Trajectory, gamma: float, gae_lambda: float) -> np.ndarray:
    """Generalised advantage estimates [T, L] (Schulman 2016).

    delta_t = r_t + gamma v_{t+1} (1 - end_t) - v_t ;  A_t = delta_t + gamma lambda (1 - end_t) A_{t+1}.
    Every lane ends with an end: the horizon belongs to the task. Steps that were not lived are left
    out, as if the one before were followed by the one after; their own advantage is 0.
    """
    result = np.zeros_like(trajectory.rewards)
    following = np.zeros(result.shape[1], np.float32)
    value = np.zeros(result.shape[1], np.float32)
    for t in reversed(range(len(result))):
        goes_on, lived = (1 - trajectory.ends[t]).astype(np.float32), trajectory.lived[t]
        value, following = value * goes_on, following * goes_on
        delta = trajectory.rewards[t] + gamma * value - trajectory.values[t]
        following = np.where(lived, delta + gamma * gae_lambda * following, following)
        value = np.where(lived, trajectory.values[t], value)
        result[t] = np.where(lived, following, 0)
    return result


def prepare(trajectory: Trajectory, estimates: np.ndarray, terms: Sequence[Prepared] = ()) -> Batch:
    """Join a trajectory, its advantages, and further terms of the loss, into a batch."""
    lived, whole = trajectory.lived, bool(trajectory.lived.all())
    told = estimates[lived] if lived.any() else estimates
    normalised = (estimates - told.mean()) / (told.std() + 1e-6)
    return Batch(
        observations=torch.from_numpy(trajectory.observations),
        actions=torch.from_numpy(trajectory.actions),
        log_probs=torch.from_numpy(trajectory.log_probs),
        advantages=torch.from_numpy(normalised),
        targets=torch.from_numpy(estimates + trajectory.values),
        lived=None if whole else torch.from_numpy(lived.astype(np.float32)),
        terms=terms,
        lengths=None if whole else lengths_of(lived),
    )


def loss(
    network: ActorCritic, batch: Batch, lanes: Tensor, settings: Learner
) -> tuple[Tensor, dict[str, Tensor]]:
    """Clipped surrogate + value error - entropy over the given lanes, and the batch's terms; -> (scalar, its parts)."""
    chosen = choose(batch, lanes, network.packs)
    observations = chosen.of(batch.observations)
    remembered, goal = network.remember(observations, network.start(len(lanes)), chosen.counts)
    logits, values = network.judge(remembered, goal)
    log_probs = torch.log_softmax(logits, -1)
    taken = log_probs.gather(-1, chosen.of(batch.actions)[..., None]).squeeze(-1)
    ratio = (taken - chosen.of(batch.log_probs)).exp()
    estimates = chosen.of(batch.advantages)
    clipped = ratio.clamp(1 - settings.clip, 1 + settings.clip)
    surrogate = chosen.mean(torch.min(ratio * estimates, clipped * estimates))
    value_error = chosen.mean((values - chosen.of(batch.targets)).square())
    if network.popart is not None:  # the head is taught in its own units
        value_error = value_error / network.popart.spread.square()
    entropy = -chosen.mean((log_probs.exp() * log_probs).sum(-1))
    total = -surrogate + settings.value_weight * value_error - settings.entropy_weight * entropy
    parts = {"value_error": value_error.detach(), "entropy": entropy.detach()}
    if network.foresees:
        foreseen = network.head["foresight"](remembered, goal.atoms)
        surprise = _surprise(network, observations, foreseen, chosen.lived)
        total = total + settings.auxiliary_weight * surprise
        parts["surprise"] = surprise.detach()
    seen = Seen(chosen, log_probs, remembered)
    for term in batch.terms:
        further = term(network, seen)
        total, parts[term.name] = total + term.weight * further, further.detach()
    return total, parts


def _surprise(
    network: ActorCritic, observations: Tensor, foreseen: Tensor, lived: Tensor | None
) -> Tensor:
    """Cross-entropy of what was foreseen, logits [T, L, A], with whether the atoms held one step later."""
    truth, there = network.encoder.atoms_of(observations)
    told = there[1:] if lived is None else there[1:] * (lived[:-1] * lived[1:])[..., None]
    errors = functional.binary_cross_entropy_with_logits(
        foreseen[:-1].float(), truth[1:], reduction="none"
    )
    return (errors * told).sum() / told.sum().clamp(min=1)


def update(
    network: ActorCritic,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    settings: Learner,
    seed: int,
) -> dict[str, float]:
    """Epochs over shuffled minibatches of whole episodes; -> means of the loss parts.

    A minibatch whose loss or gradient is not finite is skipped and counted. Where values are normalised,
    their statistics take in the batch first, so that a newborn's first steps have the right size too.
    """
    if network.popart is not None:
        told = batch.targets if batch.lived is None else batch.targets[batch.lived > 0]
        network.popart.follow(told, network.output["value"])
    generator = torch.Generator().manual_seed(seed)
    lanes = batch.actions.shape[1]
    size = lanes // settings.minibatches
    report: dict[str, float] = defaultdict(float, skipped=0.0)
    parameters = list(network.parameters())
    for _ in range(settings.epochs):
        order = torch.randperm(lanes, generator=generator)
        for start in range(0, size * settings.minibatches, size):
            total, parts = loss(network, batch, order[start : start + size], settings)
            optimiser.zero_grad(set_to_none=True)
            total.backward()
            norm = torch.nn.utils.clip_grad_norm_(parameters, settings.max_grad_norm)
            if not (torch.isfinite(norm) and torch.isfinite(total.detach())):
                report["skipped"] += 1
                continue
            optimiser.step()
            for name, value in (*parts.items(), ("gradient_norm", norm)):
                report[name] += float(value) / (settings.epochs * settings.minibatches)
    return dict(report)
