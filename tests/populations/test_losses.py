"""What channels add to learning: each loss equals its formula, hides what is hidden, and has its effect."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from configs.schema import Learner
from populations import losses, ppo, sights
from populations.losses import NO_TARGET, Given, Seen, Term
from populations.member import network_for
from populations.minibatches import Minibatch
from populations.networks import ActorCritic, initialise
from populations.rollout import ORACLE, Trajectory, roll
from tests.populations.small import FAMILY, roster, ticket

LEARNER = Learner(hidden=32, minibatches=2, epochs=2, predict_weight=0.1, infer_weight=1.0)
LANES = 32


def network(seed: int = 1) -> ActorCritic:
    made = network_for(FAMILY, LEARNER)
    initialise(made, seed)
    with torch.no_grad():
        made.output["policy"].weight.mul_(60)  # far from uniform, so that every term counts
    return made


def played(visibility: float = 0.5, key: int = 1) -> Trajectory:
    """A member of its own beside an oracle."""
    seen = np.full(FAMILY.trials, visibility)
    seats = roster(0, ORACLE, worlds=LANES)
    asked = ticket(key, LANES, roster=seats, visibility=seen)
    return roll(FAMILY, asked, [network()]).trajectories[0]


def targets_of(name: str, trajectory: Trajectory, **more: Any) -> Any:
    """What a loss makes before the updates."""
    about = {"elders": [], "demonstrations": [], "facts": {}, "seed": 3, **more}
    with torch.no_grad():
        return losses.LOSSES[name].prepare(Given(FAMILY, trajectory, **about))


def seen(made: ActorCritic, trajectory: Trajectory, lanes: Tensor | None = None) -> Seen:
    lanes = torch.arange(LANES) if lanes is None else lanes
    observations = torch.from_numpy(trajectory.observations)[:, lanes]
    remembered, goal = made.remember(observations, made.start(len(lanes)))
    logits, _ = made.judge(remembered, goal)
    return Seen(Minibatch(lanes), torch.log_softmax(logits, -1), remembered)


def test_distilling_oneself_changes_nothing() -> None:
    """Cross-entropy to one's own policy is at its least there, whatever others are to be seen."""
    lived, made = played(visibility=0.0), network()
    taught = targets_of("distil", lived, elders=[made])
    losses.LOSSES["distil"](made, seen(made, lived), taught).backward()
    steepest = max(float(p.grad.abs().max()) for p in made.parameters() if p.grad is not None)
    assert steepest < 1e-6


def test_elders_are_asked_without_seeing_anybody() -> None:
    lived, elder = played(visibility=1.0), network(2)
    assert lived.observations[..., FAMILY.social].any()
    hidden = replace(lived, observations=np.where(FAMILY.social, np.uint8(0), lived.observations))
    taught = targets_of("distil", lived, elders=[elder])
    assert torch.equal(taught, targets_of("distil", hidden, elders=[elder]))
    both = targets_of("distil", lived, elders=[elder, network(3)])
    other = targets_of("distil", lived, elders=[network(3)])
    torch.testing.assert_close(both, (taught + other) / 2)


def test_cloning_weighs_what_was_done_where_it_was_done() -> None:
    shown, made = played(key=2), network()
    shown.lived[5:] = False
    loss = losses.LOSSES["clone"]
    targets = targets_of("clone", played(), demonstrations=[shown])
    lanes = torch.tensor([3, 40, 7])  # 40 is the number of no demonstration
    found = loss(made, Seen(Minibatch(lanes), torch.zeros(0), torch.zeros(0)), targets)
    logits, _ = made.sequence(torch.from_numpy(shown.observations), made.start(LANES))
    chances = torch.log_softmax(logits, -1).detach()
    told = [float(chances[t, lane, shown.actions[t, lane]]) for t in range(5) for lane in (3, 7)]
    assert found.item() == pytest.approx(-np.mean(told), abs=1e-5)
    none = loss(made, Seen(Minibatch(torch.tensor([40])), torch.zeros(0), torch.zeros(0)), targets)
    assert none.item() == 0


def test_who_is_hidden_is_foreseen_as_unseen() -> None:
    unseen = sights.count(FAMILY)
    targets = targets_of("predict", played(visibility=0.0))
    assert (targets[:-1] == unseen).all() and (targets[-1] == NO_TARGET).all()
    shown = targets_of("predict", played(visibility=1.0))
    assert (shown[:-1] < unseen).float().mean() > 0.1


def test_predictions_are_of_the_next_step() -> None:
    lived, made = played(visibility=1.0), network()
    targets = targets_of("predict", lived)
    at, lane = np.argwhere(targets.numpy()[:-1] < sights.count(FAMILY))[0]
    part, shape = FAMILY.layout["view"]
    view = lived.observations[at + 1, lane, part].reshape(shape)
    assert view.reshape(-1, shape[-1])[targets[at, lane], -1] == 1
    chances = torch.log_softmax(made.head["sight"](seen(made, lived).remembered), -1)
    told = -chances[:-1].gather(-1, targets[:-1, :, None]).mean()
    found = losses.LOSSES["predict"](made, seen(made, lived), targets)
    assert found.item() == pytest.approx(told.item(), abs=1e-5)


def test_what_demonstrators_did_is_inferred_from_what_can_be_seen() -> None:
    """An inverse model of one's own steps names the actions of others, who are never asked for theirs."""
    made, loss = network(), losses.LOSSES["infer"]
    optimiser = torch.optim.Adam(made.parameters(), lr=3e-3)
    shown = played(key=2)
    about = {"demonstrations": [shown], "facts": {"visibility": 1.0}}
    for round_ in range(12):
        own = played(key=10 + round_)
        targets = targets_of("infer", own, **about)
        for _ in range(12):
            optimiser.zero_grad()
            loss(made, seen(made, own), targets).backward()
            optimiser.step()
    told = made.inverse(targets.elders).argmax(-1).numpy()
    moved = (shown.observations[1:] != shown.observations[:-1]).any(-1)
    assert (told == shown.actions[:-1])[moved].mean() > 0.9


def test_inferring_reads_no_action_and_nothing_hidden() -> None:
    shown = played(key=2)
    part, _ = FAMILY.layout["last_action"]
    half = targets_of("infer", played(), demonstrations=[shown], facts={"visibility": 0.5})
    assert not half.elders[..., part].any()
    hidden = ~(half.elders > 0).any(-1)
    assert 0.4 < hidden.float().mean() < 0.6
    assert not half.told[hidden[:-1]].any() and not half.told[hidden[1:]].any()
    none = targets_of("infer", played(), demonstrations=[shown], facts={"visibility": 0.0})
    assert not none.elders.any() and not none.told.any()
    other = replace(shown, actions=(shown.actions + 1) % FAMILY.num_actions)
    again = targets_of("infer", played(), demonstrations=[other], facts={"visibility": 0.5})
    assert torch.equal(again.elders, half.elders) and torch.equal(again.told, half.told)


def test_shaping_pays_for_nearness_and_adds_up_to_nothing() -> None:
    """Undiscounted, what an episode is paid is what it began with: no policy is better for it (Ng 1999)."""
    lived = played(visibility=1.0)
    nearness = sights.potential(FAMILY, lived.observations)
    assert nearness.min() == -1 and nearness.max() == 0
    np.testing.assert_allclose(losses.shaping(FAMILY, lived, 1.0).sum(0), -nearness[0], atol=1e-5)
    paid = losses.shaping(FAMILY, lived, 0.9)
    np.testing.assert_allclose(paid[:-1], 0.9 * nearness[1:] - nearness[:-1], atol=1e-6)
    assert losses.rewarded([Term("predict", 1.0)], FAMILY, lived, 0.9) is None
    twice = losses.rewarded([Term("shaping", 2.0)], FAMILY, lived, 0.9)
    np.testing.assert_allclose(twice, 2 * paid)


def test_who_stands_beside_the_bottom_centre_is_one_step_away() -> None:
    part, (side, _, channels) = FAMILY.layout["view"]
    observation = np.zeros(FAMILY.observation_size, np.uint8)
    assert sights.seen(FAMILY, observation) == side * side
    assert sights.potential(FAMILY, observation) == -1
    ahead = (side - 2) * side + side // 2
    observation[part.start + ahead * channels + channels - 1] = 1
    assert sights.seen(FAMILY, observation) == ahead
    farthest = side - 1 + side // 2
    assert sights.potential(FAMILY, observation) == pytest.approx(-1 / (farthest + 1))


def test_terms_take_their_own_demonstrations_and_add_to_the_loss() -> None:
    lived, shown, made = played(), [played(key=2), played(key=3)], network()
    terms = [Term("clone", 0.5, demonstrations=1), Term("clone", 2.0, demonstrations=1)]
    prepared = losses.prepare(terms, [], FAMILY, lived, shown, 1)
    for term, own in zip(prepared, shown, strict=True):
        assert torch.equal(term.targets.actions, torch.from_numpy(own.actions))
    estimates = ppo.advantages(lived, 0.9, 0.8)
    lanes = torch.arange(LANES)
    plain, parts = ppo.loss(made, ppo.prepare(lived, estimates), lanes, LEARNER)
    total, told = ppo.loss(made, ppo.prepare(lived, estimates, prepared[:1]), lanes, LEARNER)
    assert set(told) - set(parts) == {"clone"}
    assert total.item() == pytest.approx(float(plain.detach() + 0.5 * told["clone"]), abs=1e-5)
