"""Other people's environments behave as a family of worlds, and say what they cannot be."""

import json
from typing import Any

import numpy as np
import pettingzoo
import pytest
from gymnasium import spaces

from tests.conftest import code_of
from tests.worlds.foreign import Chase, seeing
from worlds import bring_your_own, rng
from worlds.bring_your_own import BringYourOwn, family
from worlds.check import check, check_family
from worlds.family import EPISODE_ENDED, NO_ACTION, make
from worlds.family import version as family_version

OURS = f"ratchet/goal_sequence-v{family_version('goal_sequence')}"
SIZES = {"size": 4, "trial_length": 6}
B = 3


def played(chase: BringYourOwn, actions: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """(observations, rewards, ends) before and after each of the actions [T, B, N]."""
    state = chase.state(actions.shape[1])
    chase.reset(state, chase.space.sample(1, actions.shape[1]))
    trace = []
    for move in actions:
        seen = np.full((len(move), chase.num_agents, chase.observation_size), 255, np.uint8)
        chase.observe(state, seen)
        rewards, ends = chase.step(state, move)
        trace.append((seen, rewards.copy(), ends.copy()))
    return trace


def test_families_of_other_people_conform() -> None:
    assert check(Chase, steps=5) == []
    assert check_family(family(Chase, trial_length=5)) == []
    assert check_family(make("bring_your_own", env=OURS, options=json.dumps(SIZES))) == []


def test_parts_of_what_agents_see_lie_where_the_layout_says() -> None:
    chase = family(Chase)
    assert {name: shape for name, (_, shape) in chase.layout.items()} == {
        "body": (3,),
        "flags": (3,),
        "numbers": (3,),
    }
    seen, _, _ = played(chase, np.zeros((1, B, 2), np.int8))[0]
    cat, mouse = seen[0]
    near = [int(part) for part in cat[3:6]]
    assert cat[:3].tolist() == [1, 1, 0] and sorted(near) == [0, 0, 1]
    assert cat[6:].tolist() == [9, 0, 190]  # lives as they are; -2 and 1 of -2..2 in 254 steps
    assert mouse.tolist() == [1, 0, 1, 0, 1, 0, 0, 0, 0]
    assert chase.cardinality.tolist() == [2] * 6 + [255, 255, 255]
    assert len({bytes(world[0, 3:6]) for world in played(chase, np.zeros((1, 32, 2)))[0][0]}) == 3


def test_who_leaves_is_neither_asked_nor_shown_nor_rewarded() -> None:
    trace = played(family(Chase, trial_length=9), np.full((6, B, 2), 2, np.int8))
    present = [[int(agent[0]) for agent in seen[0]] for seen, _, _ in trace]
    assert present == [[1, 1], [1, 1], [1, 0], [1, 0], [0, 0], [0, 0]]
    assert [rewards[0].tolist() for _, rewards, _ in trace] == [
        *([[1000, 250]] * 2),
        *([[1000, 0]] * 2),
        *([[0, 0]] * 2),
    ]
    assert [bool(ends[0] & EPISODE_ENDED) for *_, ends in trace] == [False] * 3 + [True] + [
        False
    ] * 2


def test_the_horizon_ends_what_would_go_on() -> None:
    trace = played(family(Chase, trial_length=3), np.zeros((3, B, 2), np.int8))
    assert [bool(ends[0]) for *_, ends in trace] == [False, False, True]


def test_actions_are_those_of_the_agents_own_space() -> None:
    chase = family(Chase)
    assert chase.num_actions == 6
    state = chase.state(1)
    chase.reset(state, chase.space.sample(0, 1))
    chase.step(state, np.array([[5, 5]], np.int8))  # the cat's last is 3
    chase.step(state, np.array([[NO_ACTION, NO_ACTION]], np.int8))
    last, first = state.worlds_of[0].done
    assert (last["cat"], last["mouse"].tolist()) == (2, [1, 2])
    assert (first["cat"], first["mouse"].tolist()) == (-1, [0, 0])


def test_our_own_world_earns_the_same_behind_a_strange_face() -> None:
    ours = make("goal_sequence", **SIZES)
    strange = make("bring_your_own", env=OURS, options=json.dumps(SIZES), trial_length=6)
    rows = strange.space.sample(3, B)
    seeds = [strange.space.to_json(row)["seed"] for row in rows]
    keys = [rng.key("parallel_env", "goal_sequence", seed, 0) for seed in seeds]
    tasks = np.concatenate([ours.space.sample(rng.key(key, "task"), 1) for key in keys])
    moves = rng.below(rng.words(5, np.arange(6 * B * 2)), 3).reshape(6, B, 2).astype(np.int8)
    states = [ours.state(B), strange.state(B)]
    ours.reset(states[0], tasks)
    strange.reset(states[1], rows)
    seen = np.zeros((B, 2, ours.observation_size), np.uint8)
    told = np.zeros((B, 2, strange.observation_size), np.uint8)
    for move in moves:
        ours.observe(states[0], seen)
        strange.observe(states[1], told)
        assert np.array_equal(told[..., 3:], seen)
        for one, other in zip(
            ours.step(states[0], move), strange.step(states[1], move), strict=True
        ):
            assert np.array_equal(one, other)
    assert states[0].trial_returns.any()
    assert np.array_equal(states[0].trial_returns, states[1].trial_returns)


@pytest.mark.parametrize("scale", [1.0, 0.1])
def test_rewards_that_do_not_fit_name_agent_and_cure(scale: float) -> None:
    made = bring_your_own.family(lambda: Chase(reward=100 / scale), reward_scale=scale)
    with pytest.raises(ValueError, match=r"mouse was rewarded with .* lower reward_scale"):
        played(made, np.zeros((1, 1, 2), np.int8))
    fits = bring_your_own.family(lambda: Chase(reward=10 / scale), reward_scale=scale)
    assert played(fits, np.zeros((1, 1, 2), np.int8))[0][1][0, 1] == 10_000


def test_there_is_no_oracle_and_no_picture() -> None:
    chase = family(Chase)
    state = chase.state(1)
    assert not chase.has_oracle and not chase.social.any()
    for asked in (
        lambda: chase.oracle(state, 0, 0),
        lambda: chase.oracle_returns(chase.space.sample(0, 1)),
        lambda: chase.scene(state, 0),
    ):
        with pytest.raises(ValueError, match="bring_your_own (has no oracle|draws no pictures)"):
            asked()


class Endless(Chase):
    def __init__(self) -> None:
        super().__init__()
        self.possible_agents = []


class Continuous(Chase):
    def action_space(self, agent: str) -> spaces.Space:
        return spaces.Box(-1, 1, (2,))


@pytest.mark.parametrize(
    ("make_env", "said"),
    [
        (Endless, "has no possible_agents"),
        (Continuous, r"cat acts in Box\(.*\), allowed are Discrete and MultiDiscrete"),
        (seeing(spaces.Text(5)), r"cat sees Text\(.*\), allowed are Box"),
        (seeing(spaces.Box(0, 255, (300, 300, 3), np.uint8)), "cat sees 270000 bytes in Box"),
    ],
)
def test_what_cannot_be_brought_is_named(make_env: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        family(make_env)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"env": "os:system"}, "env is 'os:system', allowed are the parallel ones of PettingZoo: "),
        ({"env": "classic/chess-v6"}, "env is 'classic/chess-v6', allowed"),
        ({"env": OURS, "options": "[1]"}, "options are '\\[1\\]', allowed is a JSON object"),
        ({"env": OURS, "options": "size=4"}, "allowed is a JSON object: "),
        ({"env": OURS, "options": '{"size": 99}'}, "cannot be made with options .*size is 99"),
        ({"env": OURS, "trial_length": 0}, "trial_length is 0, allowed are whole numbers from 1"),
        ({"env": OURS, "reward_scale": 0.0}, "reward_scale is 0.0, allowed are numbers above 0"),
        ({"env": OURS, "bound": -1.0}, "bound is -1.0, allowed are numbers from 0"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make("bring_your_own", **settings)


def test_the_page_shows_what_works(capsys: pytest.CaptureFixture[str]) -> None:
    checks, own = code_of("bring_your_own.md")
    found: dict[str, Any] = {}
    exec(checks, found)
    assert found["problems"] == []
    try:
        exec(own, {})
    finally:
        del pettingzoo.parallel_registry["mine/chase-v0"]
    assert capsys.readouterr().out.startswith("2 6 {'body'")


def test_what_is_registered_can_be_brought_by_its_id() -> None:
    pettingzoo.register("parallel", "tests/chase-v0", entry_point="tests.worlds.foreign:Chase")
    try:
        made = make("bring_your_own", env="tests/chase-v0", options='{"reward": 0.5}')
        assert played(made, np.zeros((1, 1, 2), np.int8))[0][1][0, 1] == 500
        assert made.settings["env"] == "tests/chase-v0"
    finally:
        del pettingzoo.parallel_registry["tests/chase-v0"]
