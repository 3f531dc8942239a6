"""A story tells what was recorded, step for step."""

from dataclasses import replace

import numpy as np
import pytest

from viewer.story import tell
from worlds.episode import ReplayError, replay


@pytest.fixture(scope="module")
def story(episodes):
    return tell(episodes[0])


def test_returns_end_at_the_returns_of_the_episode(story, episodes):
    assert (story.returns[-1] / 1000).tolist() == episodes[0].returns.tolist()
    assert story.returns[0].tolist() == [0, 0]
    assert story.turns(0)[-1] == (story.length, int(story.returns[-1, 0]))


def test_events_are_the_rewards_that_are_not_zero(story, episodes):
    total = {agent: 0 for agent in range(story.agents)}
    for position, agent, amount in story.events:
        assert amount == episodes[0].rewards[position - 1, agent] != 0
        total[agent] += amount
    assert list(total.values()) == story.returns[-1].tolist()


def test_trials_begin_at_the_boundaries(story):
    assert story.boundaries == (20,)
    assert [int(story.trials[step]) for step in (0, 19, 20, 40)] == [0, 0, 1, 1]


def test_places_and_views_are_those_of_the_replay(story, episodes):
    again = replay(episodes[0])
    for step in (0, 1, 17, 20, 40):
        again.seek(step)
        assert np.array_equal(story.views[step], again.observations())
        for agent in range(story.agents):
            cell = int(again.state.cells[0, agent])
            assert story.place(step, agent) == divmod(cell, story.grid[1])


def test_sights_are_the_spans_in_which_others_are_shown(story, episodes):
    shown = np.zeros(story.length, dtype=np.uint8)
    for start, end in story.sights():
        shown[start:end] = 1
    assert np.array_equal(shown, episodes[0].visible)
    assert [story.seen(step) for step in (0, 1, 3)] == [False, True, False]


def test_a_recorded_reward_that_does_not_come_again_is_refused(episodes):
    rewards = episodes[0].rewards.copy()
    rewards[5] += 1000
    with pytest.raises(ReplayError, match="step 6"):
        tell(replace(episodes[0], rewards=rewards))
