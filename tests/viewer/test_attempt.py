"""Playing by hand without a window: whose turn it is, who played whom, and the record that is kept."""

import numpy as np
import pytest

import worlds
from viewer.attempt import Attempt
from viewer.co_players import CoPlayer, scripted, seated
from worlds.episode import Agent, replay

LEFT, RIGHT, FORWARD = range(3)


@pytest.fixture(scope="module")
def family():
    return worlds.make("goal_sequence", trials=2, trial_length=6)


def begin(family, *names, seat=0, key=1):
    table = seated([scripted(name) for name in names], family.num_agents, seat)
    return Attempt(family, family.space.sample(3, 1)[0], table, seat, key)


def test_the_world_moves_only_when_the_person_acts(family):
    attempt = begin(family, "oracle")
    before = family.bytes_of(attempt.state, 0)
    assert attempt.observations.any() and family.bytes_of(attempt.state, 0) == before
    attempt.act(LEFT)
    assert attempt.steps == 1 and family.bytes_of(attempt.state, 0) != before


def test_the_person_plays_its_seat_and_co_players_the_others(family):
    attempt = begin(family, "oracle", seat=1)
    for _ in range(3):
        attempt.act(LEFT)
    episode = attempt.episode()
    assert (episode.actions[:, 1] == LEFT).all() and not (episode.actions[:, 0] == LEFT).all()
    assert episode.agents == (Agent("agent_0", "", "oracle"), Agent("agent_1", "", "human"))


def test_waiting_is_an_action_of_the_record_that_does_nothing(family):
    attempt = begin(family, "noop")
    start = family.scene(attempt.state, 0).bodies
    attempt.act()
    assert family.scene(attempt.state, 0).bodies == start
    assert attempt.episode().actions.tolist() == [[255, 255]]


def test_a_seat_that_was_left_is_played_by_its_co_player_and_still_counts_as_a_persons(family):
    attempt = begin(family, "oracle")
    attempt.act(LEFT)
    attempt.take(1)
    attempt.act(RIGHT)
    assert attempt.episode().actions[1, 1] == RIGHT
    assert [agent.role for agent in attempt.episode().agents] == ["human", "human"]


def test_a_co_player_sees_every_step_of_its_own_agent_though_a_person_plays_it(family):
    seen = []

    def start(family, agent, key):
        def act(state, observation):
            seen.append((agent, observation.copy()))
            return LEFT

        return act

    attempt = Attempt(family, family.space.sample(3, 1)[0], (CoPlayer("ada", "member", start),) * 2)
    wanted = []
    for action in (FORWARD, RIGHT):
        wanted += [(agent, attempt.observations[agent].copy()) for agent in range(2)]
        attempt.act(action)
    assert len(seen) == len(wanted) == 4
    for (agent, got), (other, expected) in zip(seen, wanted, strict=True):
        assert agent == other and np.array_equal(got, expected)
    assert attempt.episode().agents[1] == Agent("agent_1", "ada", "member")


@pytest.mark.parametrize("steps", [1, 5, 12])
def test_what_was_played_can_be_replayed_whenever_it_was_broken_off(family, steps):
    attempt = begin(family, "random")
    for step in range(steps):
        attempt.act(step % 3)
    episode = attempt.episode()
    assert (episode.split, episode.length) == ("human", steps)
    replay(episode).check()
    assert episode.returns.tolist() == (attempt.returns / 1000).tolist()
    assert attempt.trial_returns.sum(axis=1).tolist() == attempt.returns.tolist()


def test_an_episode_ends_and_then_nothing_moves(family):
    attempt = begin(family, "oracle")
    for _ in range(family.horizon):
        assert not attempt.over
        attempt.act()
    assert attempt.over
    before = family.bytes_of(attempt.state, 0)
    assert attempt.act(FORWARD) == 0
    assert attempt.steps == family.horizon and family.bytes_of(attempt.state, 0) == before


def test_chance_of_a_co_player_depends_on_the_key_alone(family):
    def moves(key):
        attempt = begin(family, "random", key=key)
        for _ in range(family.horizon):
            attempt.act()
        return attempt.episode().actions[:, 1].tolist()

    assert moves(1) == moves(1) != moves(2)


def test_before_the_first_step_there_is_nothing_to_record(family):
    with pytest.raises(ValueError, match="nothing was played yet"):
        begin(family, "noop").episode()


def test_the_last_co_player_takes_all_seats_that_remain():
    noop, oracle = scripted("noop"), scripted("oracle")
    assert seated([noop, oracle], 4, seat=1) == (noop, noop, oracle, oracle)
    assert seated([noop], 1, seat=0) == (noop,)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda family: scripted("expert"), "'expert', known are noop, random, oracle"),
        (lambda family: seated([scripted("noop")] * 3, 2, 0), "3 co-players, other agents are 1"),
        (lambda family: begin(family, "noop", seat=2), "seat is 2, allowed are 0..1"),
        (lambda family: begin(family, "noop").take(-1), "seat is -1"),
        (
            lambda family: Attempt(family, family.space.sample(3, 1)[0], (scripted("noop"),)),
            "co-players are 1, allowed are 2",
        ),
    ],
)
def test_a_wrong_seat_or_co_player_is_named(family, wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong(family)


@pytest.fixture(scope="module")
def commented():
    return worlds.make("memory_sequence", length=4, trials=2)


def test_demonstrators_show_before_the_person_acts(commented):
    attempt = begin(commented, "oracle")
    digits = attempt.row[1:]
    for place in range(3):
        assert attempt.state.shown[0].tolist() == [digits[place]] * 3
        part, shape = commented.layout["shown"]
        seen = attempt.observations[0, part].reshape(shape)
        assert (seen.argmax(axis=1) == digits[place]).all()
        attempt.act(int(digits[place]))
    episode = attempt.episode()
    assert (episode.actions == digits[:3, None]).all()
    replay(episode).check()


def test_a_person_may_comment_and_agent_0_acts_after_it(commented):
    heard = []

    def start(family, agent, key):
        return lambda state, observation: heard.append(state.shown[0].tolist()) or 0

    table = [CoPlayer("listener", "bot", start), *[scripted("noop")] * 3]
    attempt = Attempt(commented, commented.space.sample(3, 1)[0], table, seat=2)
    assert attempt.state.shown[0].tolist() == [-1, -1, -1]  # a person has not chosen yet
    attempt.act(1)
    assert heard == [[-1, 1, -1]]
    assert attempt.episode().actions[0].tolist() == [0, 255, 1, 255]
