"""Episodes: played again they are what they were, in any batch and process, or say so."""

import dataclasses
import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from worlds import make, rng
from worlds.episode import Agent, Episode, ReplayError, record, replay

WHO = (Agent("agent_0", "g0001-m2", "young"), Agent("agent_1", "", "oracle"))


def play(worlds: int = 6, which: list[int] | None = None, **settings: Any) -> list[Episode]:
    """Episodes of random agents, also used by the tests of shards and of golden digests."""
    family = make("goal_sequence", **settings)
    rows = family.space.sample(rng.key("test"), worlds)
    shape = (family.horizon, worlds, family.num_agents)
    words = rng.words(rng.key("moves"), np.arange(32 * np.prod(shape))).reshape(*shape, 32)[..., 0]
    moves = rng.below(words, 4) - 1
    seen = rng.below(words[..., 0], 2)
    return record(family, rows, moves, seen, WHO, generation=3, split="eval", which=which)


def test_an_episode_is_recorded_the_same_in_any_batch() -> None:
    whole = play(trials=2)
    for place, alone in zip((4, 1), play(trials=2, which=[4, 1]), strict=True):
        assert alone.digests == whole[place].digests
        assert (alone.rewards == whole[place].rewards).all()
        assert (alone.actions == whole[place].actions).all()
        assert alone.task_id == whole[place].task_id


def test_a_replay_ends_where_the_episode_ended() -> None:
    episode = play(trials=2)[2]
    again = replay(episode)
    again.check()
    assert again.position == again.length == 40
    assert again.state.over[0] == 1
    assert (again.state.trial_returns[0].sum(axis=1) / 1000 == episode.returns).all()
    assert len(episode.digests) == 3  # after 16, 32 and 40 steps


def test_seeking_leads_to_the_same_world_from_both_sides() -> None:
    again = replay(play(trials=2)[0])
    seen = {}
    for position in (0, 40, 17, 18, 3, 40, 0):
        again.seek(position)
        found = again.state.record.tobytes() + again.observations().tobytes()
        assert seen.setdefault(position, found) == found
        assert again.state.visible[0] == again.episode.visible[min(position, 39)]
    with pytest.raises(ValueError, match="position is 41, allowed are 0..40"):
        again.seek(41)


def test_a_batch_played_with_another_penalty_is_recorded_with_the_reported_one() -> None:
    family = make("goal_sequence", trials=1, size=3, trial_length=40)
    rows = family.space.sample(rng.key("penalty"), 6)
    words = rng.words(rng.key("penalty moves"), np.arange(40 * 6 * 2)).reshape(40, 6, 2)
    moves = rng.below(words, 3).astype(np.int8)
    state = family.state(6)
    family.reset(state, rows)
    state.penalty = 1  # a mistake costs a thousandth while learning, and a whole one in reports
    played = np.stack([family.step(state, move)[0].copy() for move in moves])
    assert set(np.unique(played)) == {-1, 0, 1000}
    reported = np.where(played == -1, -1000, played)
    episodes = record(family, rows, moves, np.ones((40, 6), np.uint8), WHO)
    for i, episode in enumerate(episodes):
        assert episode.rewards.tolist() == reported[:, i].tolist()
        assert episode.returns.tolist() == (reported[:, i].sum(axis=0) / 1000).tolist()
        assert set(np.unique(episode.rewards)) <= {-1000, 0, 1000}
        assert (episode.returns == episode.rewards.sum(axis=0) / 1000).all()


@pytest.mark.parametrize(
    ("field", "change", "text"),
    [
        ("actions", lambda a: 2 - np.minimum(a, 2), "pays|differs from the recorded"),
        (
            "rewards",
            lambda r: r + np.eye(20, 2, -8, dtype=np.int16),
            r"step 9 pays \[.*recorded is",
        ),
        ("digests", lambda d: ("0" * 16, *d[1:]), "after step 16 the world differs"),
        ("digests", lambda d: d[:1], "after step 20 the world differs .*recorded none"),
        ("version", lambda v: v + 1, "recorded with version 1 of goal_sequence, this is version 0"),
        ("world", lambda w: "maze", "the world cannot be made: unknown world 'maze'"),
        ("settings", lambda s: s | {"depth": 3}, "the world cannot be made: .*depth"),
        ("settings", lambda s: s | {"size": 400}, "the world cannot be made: size is 400"),
        ("task", lambda t: t * 0, "the task is not valid: size is 0"),
        ("actions", lambda a: np.zeros((21, 2), np.uint8), r"actions have shape \(21, 2\)"),
        ("actions", lambda a: a[:, :1], r"actions have shape \(20, 1\)"),
    ],
)
def test_a_changed_episode_is_refused(field: str, change: Any, text: str) -> None:
    episode = play()[0]
    changed = dataclasses.replace(episode, **{field: change(getattr(episode, field))})
    with pytest.raises(ReplayError, match=text):
        replay(changed).check()


def test_agents_must_be_named_for_every_world() -> None:
    family = make("goal_sequence")
    moves, seen = np.zeros((20, 2, 2), np.int8), np.zeros((20, 2), np.uint8)
    rows = family.space.sample(1, 2)
    each = record(family, rows, moves, seen, [WHO, WHO[::-1]])
    assert [episode.agents[0].role for episode in each] == ["young", "oracle"]
    with pytest.raises(ValueError, match="agents name 1 worlds"):
        record(family, rows, moves, seen, [WHO])


def test_another_process_gives_the_same_digests_without_the_features_of_this_processor() -> None:
    code = (
        "import json\n"
        "from tests.worlds.test_episode import play\n"
        "print(json.dumps([episode.digests for episode in play(trials=2)]))"
    )
    plain = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "PYTHONHASHSEED": "1"}
    plain["NPY_DISABLE_CPU_FEATURES"] = "AVX512F AVX2 FMA3"
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | plain | {"NUMBA_CACHE_DIR": ""},
    )
    assert json.loads(answer.stdout or "null") == [
        list(episode.digests) for episode in play(trials=2)
    ], answer.stderr


def test_an_episode_that_ends_early_is_recorded_to_its_end_and_shows_its_comments_again() -> None:
    family = make("memory_sequence", length=6, trials=2)
    rows = family.space.sample(1, 8)
    shape = (family.horizon, 8, family.num_agents)
    moves = rng.below(rng.words(3, np.arange(np.prod(shape))), 4).reshape(shape) - 1
    seen = np.ones(shape[:2])
    who = [Agent(f"agent_{n}", "", "bot") for n in range(4)]
    episodes = record(family, rows, moves, seen, who)
    assert len({episode.length for episode in episodes}) > 1
    for i, episode in enumerate(episodes):
        again = replay(episode)
        for t in range(episode.length):
            assert again.state.over[0] == 0
            assert (again.state.shown[0] == moves[t, i, 1:]).all()
            again.forward()
        assert again.state.over[0] == 1 and (again.state.shown[0] == -1).all()
        assert (episode.actions.astype(np.int8) == moves[: episode.length, i]).all()
