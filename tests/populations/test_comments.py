"""Rollouts of families whose demonstrators comment: who shows what, when it is seen, and from which memory."""

from typing import Any

import numpy as np

from populations.member import born, network_of
from populations.rollout import NOBODY, NOISE, ORACLE, Played, Ticket, roll
from tests.populations.small import LEARNER, roster
from worlds import rng
from worlds.family import NO_ACTION, make

FAMILY = make("memory_sequence", digits=4, length=64, end_on_mistake=False)
SHORT = make("memory_sequence", length=5, trials=3)
FALLING = np.array([1.0, 2 / 3, 1 / 3, 0.0])


def _watched(*seats: int, worlds: int = 512) -> Played:
    asked = Ticket(
        key=rng.key("test"),
        rows=FAMILY.space.sample(1, worlds),
        roster=roster(*seats, worlds=worlds),
        visibility=FALLING,
        record=worlds,
    )
    return roll(FAMILY, asked, [])


def test_demonstrators_are_seen_as_often_as_each_trial_says_and_in_the_last_one_never() -> None:
    seen = _watched(NOISE, NOISE, NOISE, NOISE).visible
    assert seen is not None and seen.shape == (256, 512)
    counts = seen.reshape(4, -1).sum(axis=1)
    draws = seen.size / 4
    assert counts[0] == draws and counts[3] == 0
    expected = FALLING[1:3] * draws
    error = counts[1:3] - expected
    assert (error**2 / expected + error**2 / (draws - expected)).sum() < 13.8  # χ², p = .001


def test_who_comments_never_changes_when_comments_are_seen() -> None:
    noise, oracles = (_watched(NOISE, *[who] * 3) for who in (NOISE, ORACLE))
    assert (noise.visible == oracles.visible).all()
    assert (noise.actions[..., 0] == oracles.actions[..., 0]).all()
    assert (noise.actions[..., 1:] != oracles.actions[..., 1:]).any()


def _lived(seats: tuple[int, ...], **more: Any) -> tuple[Played, np.ndarray]:
    network = network_of(born("ada", SHORT, LEARNER, 1).weights, SHORT, LEARNER)
    asked = Ticket(
        key=rng.key("test"),
        rows=SHORT.space.sample(1, 32),
        roster=roster(*seats, worlds=32),
        visibility=np.ones(3),
        learning=(0,),
        record=32,
        greedy=True,
        **more,
    )
    played = roll(SHORT, asked, [network, network])
    part, shape = SHORT.layout["shown"]
    observations = played.trajectories[0].observations
    return played, observations[..., part].reshape(*observations.shape[:2], *shape)


def test_the_young_see_what_demonstrators_show_in_the_same_step() -> None:
    played, shown = _lived((0, ORACLE, NOISE, NOBODY))
    lived = played.trajectories[0].lived
    for agent in (1, 2):
        said = played.actions[..., agent][lived]
        assert (shown[..., agent - 1, :][lived].argmax(axis=-1) == said).all()
    assert not shown[..., 2, :].any()
    assert (played.actions[..., 3] == NO_ACTION).all()


def test_an_elder_begins_every_trial_with_what_its_heirloom_says() -> None:
    memory = np.random.default_rng(1).normal(size=(32, 3, LEARNER.hidden)).astype(np.float32)
    seen = np.zeros((32, 3, SHORT.observation_size), np.uint8)
    seen[..., SHORT.layout["trial"][0].stop - 1] = 1
    played, shown = _lived((0, 1, 1, 1), start_memory=memory, start_observation=seen)
    inside = played.trajectories[0]
    trial = inside.observations[..., SHORT.layout["trial"][0]].argmax(axis=-1)
    before = np.vstack([np.full((1, 32), -1), trial[:-1]])
    first = (trial != before) & inside.lived
    for world in range(32):
        said = shown[first[:, world], world].argmax(axis=-1)
        assert len(said) == 3 and (said == said[0]).all()
    assert len(np.unique(shown[0].argmax(axis=-1), axis=0)) > 3
