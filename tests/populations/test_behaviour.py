"""What is said of a member's choices is what they are: worked by hand, and of members made to behave."""

from __future__ import annotations

from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from populations import behaviour
from populations.rollout import Trajectory
from tests.populations.small import FAMILY, networks, played, roster, same, ticket


class Fixed:
    """Chooses by the first byte it sees: the logits of that row."""

    def __init__(self, *logits: list[float]) -> None:
        self.logits = torch.tensor(logits).log_softmax(-1)

    def start(self, lanes: int) -> torch.Tensor:
        return torch.zeros(lanes, 1)

    def sequence(self, seen: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, Any]:
        return self.logits[seen[..., 0].long()], None


def _trajectory(first: list[list[int]], lived: list[list[int]] | None = None) -> Trajectory:
    """Observations of two bytes, [T, L] the first ones."""
    seen = np.stack([np.array(first), np.ones_like(first)], -1).astype(np.uint8)
    zeros = np.zeros(seen.shape[:2], np.float32)
    there = np.ones(zeros.shape, bool) if lived is None else np.array(lived, bool)
    return Trajectory(
        seen, zeros.astype(int), *[zeros] * 3, zeros.astype(np.uint8), there, np.arange(1)
    )


SOCIAL = np.array([True, False])


def test_attention_is_the_divergence_from_choices_without_others() -> None:
    p, q = np.array([0.8, 0.2]), np.array([0.5, 0.5])
    one = Fixed(list(np.log(q)), list(np.log(p)))
    there = (p * np.log(p / q)).sum()  # in half of the steps others are seen
    assert behaviour.attention(one, _trajectory([[1], [0]]), SOCIAL) == pytest.approx(there / 2)
    heedless = Fixed(list(np.log(q)), list(np.log(q)))
    assert behaviour.attention(heedless, _trajectory([[1], [0]]), SOCIAL) == 0


def test_steps_that_nobody_lived_do_not_count() -> None:
    one = Fixed([0.0, 0.0], [9.0, -9.0])
    seen = _trajectory([[1], [0]], lived=[[0], [1]])
    assert behaviour.attention(one, seen, SOCIAL) == 0
    assert behaviour.exploration(one, seen) == pytest.approx(np.log(2))
    nothing = _trajectory([[1], [0]], lived=[[0], [0]])
    assert behaviour.exploration(one, nothing) == 0


def test_diversity_is_the_mean_divergence_of_pairs() -> None:
    chances = np.array([[0.5, 0.5], [0.8, 0.2], [0.1, 0.9]])
    members = [Fixed(list(np.log(each))) for each in chances]
    pairs = [(p * np.log(p / q)).sum() for p in chances for q in chances if p is not q]
    expected = sum(pairs) / 6
    assert behaviour.diversity(members, _trajectory([[0]])) == pytest.approx(expected)
    assert behaviour.diversity(members[:1] * 3, _trajectory([[0]])) == pytest.approx(0, abs=1e-7)
    assert behaviour.diversity(members[:1], _trajectory([[0]])) == 0


def test_real_members_attend_only_where_others_are_seen() -> None:
    seen = {}
    for chance in (0.0, 1.0):
        asked = ticket(roster=roster(0, 1), visibility=np.full(FAMILY.trials, chance))
        (trajectory,) = played(asked).trajectories
        seen[chance] = behaviour.attention(networks()[0], trajectory, FAMILY.social)
    assert seen[0.0] == 0 < seen[1.0]


def test_looking_closely_changes_nothing_of_what_is_played() -> None:
    asked = ticket(roster=roster(0, 1), record=3, learning=())
    plain = played(asked)
    looked = behaviour.look(FAMILY, asked, networks(), compared=(0, 1))
    assert set(looked.notes) == {"attention", "exploration", "diversity"}
    assert not plain.notes and not looked.trajectories
    assert same(replace(looked, notes={}), plain)


def test_only_the_choices_of_agent_0_are_looked_at() -> None:
    """The same member as co-player sees nobody it could attend to, and would dilute what is told."""
    asked = ticket(roster=roster(0, 0), learning=())
    both = behaviour.look(FAMILY, asked, networks(), ()).notes
    (trajectory,) = played(replace(asked, learning=(0,))).trajectories
    mine = trajectory.seats % FAMILY.num_agents == 0
    own = {part.name: getattr(trajectory, part.name) for part in fields(trajectory)}
    own = {name: array[:, mine] if array.ndim > 1 else array[mine] for name, array in own.items()}
    expected = behaviour.attention(networks()[0], Trajectory(**own), FAMILY.social)
    assert both["attention"] == expected != 0


class Comments:
    """Two steps; the right action is always 1."""

    def state(self, worlds: int) -> Any:
        return SimpleNamespace(over=np.zeros(worlds, int))

    def reset(self, state: Any, rows: np.ndarray) -> None:
        self.steps = 0

    def oracle(self, state: Any, agent: int, key: int, noise: float) -> np.ndarray:
        assert (agent, noise) == (0, 0.0)
        return np.ones(len(state.over), np.int8)

    def step(self, state: Any, actions: np.ndarray) -> None:
        self.steps += 1
        state.over[0] = 1  # the first world ends early


def test_following_tells_right_comments_from_wrong_ones() -> None:
    # [T, B, N]: agent_0, a worse demonstrator, the best one
    actions = np.array(
        [
            [[1, 0, 1], [1, 0, 1], [2, 0, 2], [0, 0, 2]],
            [[1, 0, 1], [0, 0, 1], [2, 0, 2], [1, 0, -1]],
        ],
        np.int8,
    )
    visible = np.array([[1, 1, 1, 1], [1, 1, 0, 1]], np.uint8)
    found = behaviour.following(Comments(), np.zeros((4, 1), np.int16), actions, visible)
    # right: worlds 0, 1, then 1 alone, for world 0 is over; wrong: worlds 2, 3, later hidden or nothing
    assert found == {"followed_right": pytest.approx(2 / 3), "followed_wrong": 0.5}


def test_where_nothing_was_shown_nothing_was_followed() -> None:
    actions = np.ones((1, 2, 2), np.int8)
    assert not behaviour.following(Comments(), np.zeros((2, 1)), actions, np.zeros((1, 2)))
