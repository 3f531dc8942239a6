"""Travelling Salesperson: kernels equal the plain reference step by step, and keep the rules of the spec."""

import copy
from typing import Any

import numpy as np
import pytest

from worlds import make, rng
from worlds.sequences.travelling_salesperson.columns import PLACES
from worlds.sequences.travelling_salesperson.reference import ReferenceWorld

NAME = "travelling_salesperson"
SETTINGS: list[dict[str, Any]] = [
    {"cities": 6, "trials": 8, "demonstrators": 3},
    {"cities": 4, "trials": 3, "demonstrators": 1, "wrong_penalty": 300},
    {"cities": 24, "trials": 1, "demonstrators": 8, "cities_key": 4},
    {"cities": 9, "trials": 2, "demonstrators": 2, "cities_key": 5, "observe_clock": True},
    {"cities": 5, "trials": 2, "demonstrators": 0},
]


def _draws(shape: tuple[int, ...], low: int, high: int, key: int = 1) -> np.ndarray:
    words = rng.words(rng.key("draws", key), np.arange(np.prod(shape)))
    return (rng.below(words, high - low) + low).reshape(shape).astype(np.int8)


def _reference(family: Any, row: np.ndarray) -> ReferenceWorld:
    settings = family.settings
    bare, clock = settings["cities_key"] is not None, settings["observe_clock"]
    return ReferenceWorld(row, settings["demonstrators"], settings["wrong_penalty"], bare, clock)


def _started(family: Any, worlds: int, key: int = 3) -> Any:
    state = family.state(worlds)
    family.reset(state, family.space.sample(key, worlds))
    return state


def _observed(family: Any, state: Any) -> np.ndarray:
    shape = (state.num_worlds, family.num_agents, family.observation_size)
    out = np.full(shape, 255, np.uint8)
    family.observe(state, out)
    return out


def _go(family: Any, state: Any, cities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """agent_0 of every world goes to its city; the others do nothing."""
    actions = np.full((state.num_worlds, family.num_agents), -1, np.int8)
    actions[:, 0] = cities
    return family.step(state, actions)


@pytest.mark.parametrize("settings", SETTINGS)
def test_kernels_equal_the_reference_after_every_step(settings: dict[str, Any]) -> None:
    family = make(NAME, **settings)
    state = _started(family, 8)
    references = [_reference(family, row) for row in state.rows]
    for i, reference in enumerate(references):
        pairs = [[reference.leg(a, b) for b in range(family.cities)] for a in range(family.cities)]
        assert state.legs[i].tolist() == pairs
        reference.penalty = 500
    state.penalty = 500
    steps = family.horizon + 2  # two steps after the end change nothing
    strays = _draws((steps, 8), -1, 5 * family.cities)  # now and then a city out of turn
    for t in range(steps):
        state.visible[:] = strays[t] % 2
        state.shown[:] = _draws(state.shown.shape, -1, family.cities, t)
        seen = _observed(family, state)
        agents = range(family.num_agents)
        planned = [family.oracle(state, agent, 77, 0.3).copy() for agent in agents]
        actions = np.stack(planned, axis=1)
        actions[:, 0] = np.where(strays[t] <= family.cities, strays[t], planned[0])
        for i, reference in enumerate(references):
            for agent in agents:
                told = reference.observe(agent, state.shown[i].tolist(), bool(state.visible[i]))
                assert seen[i, agent].tolist() == told
                assert planned[agent][i] == reference.oracle(agent, 77, 0.3, i)
        rewards, ends = family.step(state, actions)
        for i, reference in enumerate(references):
            assert (rewards[i].tolist(), ends[i]) == reference.step(int(actions[i, 0]))
            _assert_equal(state, i, reference)


def _assert_equal(state: Any, i: int, reference: ReferenceWorld) -> None:
    assert (state.trial[i], state.over[i]) == (reference.trial, reference.over)
    assert state.trial_over[i] == reference.trial_over
    assert (state.last_action[i], state.last_reward[i]) == (
        reference.last_action,
        reference.last_reward,
    )
    assert state.trial_returns[i].tolist() == reference.trial_returns
    assert state.tours[i, : state.position[i] + 1].tolist() == reference.tour


def test_a_world_plays_the_same_alone_in_row_7_of_32_and_under_its_own_number() -> None:
    family = make(NAME, trials=3)
    rows = family.space.sample(1, 32)
    traces = []
    for part, numbers in ((slice(0, 32), np.arange(32)), (slice(7, 8), np.array([7]))):
        state = family.state(len(rows[part]))
        state.worlds[:] = numbers
        family.reset(state, rows[part])
        trace = []
        for _ in range(family.horizon):
            family.step(
                state,
                np.stack([family.oracle(state, n, 9, 0.5).copy() for n in range(4)], axis=1),
            )
            trace.append(family.bytes_of(state, 7 if len(rows[part]) > 1 else 0))
        traces.append(trace)
    assert traces[0] == traces[1]


def test_without_visibility_no_comment_is_seen_and_otherwise_by_agent_0_alone() -> None:
    for settings in SETTINGS:
        family = make(NAME, **settings)
        state = _started(family, 16)
        state.visible[:] = 0
        blank = _observed(family, state)
        assert not blank[:, :, family.social].any()
        state.shown[:] = _draws(state.shown.shape, 0, family.cities)
        assert (_observed(family, state) == blank).all()
        state.visible[:] = 1
        shown = _observed(family, state)
        assert (shown[:, 1:] == blank[:, 1:]).all()
        assert (shown[:, 0][:, ~family.social] == blank[:, 0][:, ~family.social]).all()
        assert shown[:, 0][:, family.social].sum() == 16 * family.num_agents


def test_a_demonstrator_sees_what_agent_0_did_as_in_the_last_trial_of_its_own_life() -> None:
    family = make(NAME, cities=5, trials=3)
    state = _started(family, 4)
    for city in (3, 3, 2):  # the second one ends the first trial
        _go(family, state, np.full(4, city))
    seen = _observed(family, state)
    parts = {name: seen[:, :, part] for name, (part, _) in family.layout.items()}
    for own in ("last_action", "last_reward"):
        assert (parts[own][:, 1:] == parts[own][:, :1]).all()
    assert parts["trial"][0].tolist() == [[0, 1, 0]] + 3 * [[0, 0, 1]]
    assert parts["last_action"][0, 0].tolist() == [0, 0, 1, 0, 0]


@pytest.mark.parametrize("cities", [4, 9, 24])
def test_a_complete_tour_pays_the_cities_less_its_length_and_the_leg_home_once(cities: int) -> None:
    family = make(NAME, cities=cities, trials=2)
    state = _started(family, 8)
    orders = np.stack([np.random.default_rng(i).permutation(cities - 1) + 1 for i in range(8)])
    lengths = [
        _reference(family, row).length(order)
        for row, order in zip(state.rows, orders.tolist(), strict=True)
    ]
    total = np.zeros(8, np.int64)
    for position in range(cities - 1):
        assert (state.position == position).all()
        rewards, ends = _go(family, state, orders[:, position])
        total += rewards[:, 0]
        assert (ends == (position == cities - 2)).all()
        assert not rewards[:, 1:].any()
    assert total.tolist() == [1000 * cities - length for length in lengths]
    assert (state.trial_returns[:, 0, 0] == total).all()
    rewards, ends = _go(family, state, np.zeros(8))  # city 0 is where a trial starts
    assert (rewards[:, 0] == -1000).all() and (ends == 3).all()
    assert not state.trial_returns[:, 0, 1].any()


@pytest.mark.parametrize("stray", [0, 2, -1, 6, 127])
def test_a_city_visited_already_or_none_at_all_is_a_mistake_that_ends_the_trial(
    stray: int,
) -> None:
    family = make(NAME, cities=6, wrong_penalty=700)
    state = _started(family, 4)
    _go(family, state, np.full(4, 2))
    paid = state.trial_returns.copy()
    rewards, ends = _go(family, state, np.full(4, stray))
    assert (rewards[:, 0] == -700).all() and (ends == 1).all()
    assert (state.trial_returns == paid).all()
    assert (state.trial == 1).all() and (state.position == 0).all()
    assert (state.trial_over == 1).all() and (state.last_reward == -1000).all()


def test_no_episode_is_longer_than_the_horizon_and_complete_tours_fill_it() -> None:
    family = make(NAME, cities=7, trials=3)
    state = _started(family, 64)
    for _ in range(family.horizon):
        assert (state.over == 0).all()
        family.step(state, np.repeat(family.oracle(state, 0, 1, 0.5)[:, None], 4, axis=1))
    assert family.horizon == 3 * 6 and (state.over == 1).all()
    before = [family.bytes_of(state, i) for i in range(4)]
    rewards, ends = _go(family, state, np.full(64, 1))
    assert not rewards.any() and not ends.any()
    assert before == [family.bytes_of(state, i) for i in range(4)]


def test_the_trial_over_flag_is_seen_in_exactly_the_next_observation() -> None:
    family = make(NAME, cities=4, trials=4)
    state = _started(family, 1)
    flag = family.layout["trial_over"][0].start
    flags = []
    for city in (1, 2, 3, 2, 2, 1):
        flags.append(int(_observed(family, state)[0, 0, flag]))
        _go(family, state, np.array([city]))
    assert flags == [0, 0, 0, 1, 0, 1]


def test_known_tours_pay_what_the_spec_measured() -> None:
    """Six cities, 4000 tasks: culture spec 2.2; 3 standard errors, and half of its last digit."""
    family = make(NAME, cities=6, trials=2)
    lines = family.yardsticks(family.space.sample(3, 4000))
    for name, expected in (("optimal", 4.36), ("nearest", 4.27), ("random_order", 3.79)):
        assert lines[name].shape == (4000, 2) and lines[name].dtype == np.float32
        paid = lines[name][:, 0]
        error = 3 * np.sqrt(2) * paid.std() / np.sqrt(4000) + 0.005
        assert abs(paid.mean() - expected) < error, name
        assert (lines[name][:, 1] == paid).all()
    assert (lines["optimal"] >= lines["nearest"]).all()
    assert (lines["optimal"] >= lines["random_order"]).all()


def test_the_optimal_tour_is_the_shortest_of_all_and_a_good_one_is_no_longer_than_nearest() -> None:
    family = make(NAME, cities=7)
    rows = family.space.sample(4, 8)
    shortest = [7 - _reference(family, row).shortest() / 1000 for row in rows]
    assert family.yardsticks(rows)["optimal"][:, 0] == pytest.approx(shortest)
    many = make(NAME, cities=13)
    lines = many.yardsticks(many.space.sample(4, 200))
    assert set(lines) == {"good", "nearest", "random_order"}
    assert (lines["good"] >= lines["nearest"]).all()
    assert (lines["good"] - lines["nearest"]).mean() > 0.1


def test_random_order_is_the_mean_over_complete_tours() -> None:
    family = make(NAME, cities=6)
    row = family.space.sample(4, 1)
    reference = _reference(family, row[0])
    orders = [np.random.default_rng(i).permutation(5) + 1 for i in range(4000)]
    paid = np.array([6 - reference.length(order.tolist()) / 1000 for order in orders])
    expected = family.yardsticks(row)["random_order"][0, 0]
    assert abs(paid.mean() - expected) < 3 * paid.std() / np.sqrt(len(paid))


def _paid_at(temperature: float) -> np.ndarray:
    family = make(NAME, cities=6, trials=1)
    state = _started(family, 4000)
    for _ in range(5):
        planned = family.next_cities(state, 0, 1, np.full(4000, temperature))
        _go(family, state, planned)
    return state.trial_returns[:, 0, 0] / 1000


@pytest.mark.parametrize(("temperature", "expected"), [(0.05, 4.25), (0.125, 4.17)])
def test_the_oracle_pays_what_the_spec_measured(temperature: float, expected: float) -> None:
    paid = _paid_at(temperature)
    error = 3 * np.sqrt(2) * paid.std() / np.sqrt(len(paid)) + 0.005
    assert abs(paid.mean() - expected) < error


def test_the_hotter_an_oracle_the_less_it_knows_and_at_0_it_goes_to_the_nearest_city() -> None:
    family = make(NAME, cities=6, trials=1)
    rows = family.space.sample(3, 4000)
    lines = family.yardsticks(rows)
    assert (family.oracle_returns(rows) == lines["nearest"][:, 0]).all()
    means = [_paid_at(temperature).mean() for temperature in (0.0, 0.1, 0.3, 1.0, 100.0)]
    assert means == sorted(means, reverse=True)
    assert means[-1] == pytest.approx(lines["random_order"].mean(), abs=0.03)


def test_oracles_choose_by_their_weights() -> None:
    """Chi square over 10^5 draws of the first city, 4 degrees of freedom: below 18.5 at 0.1 %."""
    family = make(NAME, cities=6, trials=1)
    state = family.state(100_000)
    family.reset(state, np.repeat(family.space.sample(3, 1), 100_000, axis=0))
    drawn = family.next_cities(state, 1, 5, np.full(100_000, 0.25))
    counts = np.bincount(drawn, minlength=6)[1:]
    weights = np.exp(-state.legs[0, 0, 1:] * np.sqrt(2) / 1000 / 0.25)
    expected = 100_000 * weights / weights.sum()
    assert ((counts - expected) ** 2 / expected).sum() < 18.5


def test_the_last_demonstrator_knows_the_most_and_all_draw_apart() -> None:
    family = make(NAME, cities=8, trials=1, demonstrators=4)
    state = _started(family, 4000)
    nearest = state.legs[:, 0, 1:].min(1)
    comments = np.stack([family.oracle(state, n, 5, 1.0).copy() for n in range(5)], axis=1)
    right = (np.take_along_axis(state.legs[:, 0], comments, 1) == nearest[:, None]).mean(0)
    assert (np.diff(right[1:]) > 0.02).all()
    assert right[1] < right[0] < right[4]
    apart = (comments[:, 1:2] != comments[:, 2:]).mean()
    assert apart > 0.5
    assert (family.oracle(state, 4, 5, 1.0) == comments[:, 4]).all()
    assert (family.oracle(state, 4, 6, 1.0) != comments[:, 4]).any()


def test_progress_is_the_share_of_cities_visited() -> None:
    family = make(NAME, cities=5, trials=1)
    state = _started(family, 2)
    found = []
    for city in (1, 2, 3, 4):
        found.append(family.progress(state)[0].tolist())
        _go(family, state, np.full(2, city))
    assert found == [[share] * 4 for share in (0.0, 0.25, 0.5, 0.75)]
    assert (family.progress(state) == 1).all()


def test_a_copy_of_a_state_is_a_world_of_its_own() -> None:
    family = make(NAME)
    state = _started(family, 4)
    _go(family, state, np.full(4, 2))
    before = family.bytes_of(state, 1)
    other = copy.deepcopy(state)
    assert family.bytes_of(other, 1) == before
    _go(family, other, np.full(4, 3))
    assert family.bytes_of(other, 1) != before == family.bytes_of(state, 1)
    assert other.position.tolist() == [2] * 4


def test_with_a_cities_key_only_comments_are_seen() -> None:
    plain = make(NAME, cities=6, cities_key=3)
    assert list(plain.layout) == ["shown", "visible"]
    clock = make(NAME, cities=6, cities_key=3, observe_clock=True)
    state = _started(clock, 2)
    part = clock.layout["position"][0]
    for position, city in enumerate((4, 1, 5)):
        assert np.flatnonzero(_observed(clock, state)[0, 0, part]).tolist() == [position]
        _go(clock, state, np.full(2, city))


def test_sizes_turns_and_layout_are_those_of_the_settings() -> None:
    family = make(NAME, cities=6, trials=8, demonstrators=3)
    assert (family.num_agents, family.num_actions, family.turns) == (4, 6, ((1, 2, 3), (0,)))
    assert list(family.layout) == [
        *("last_action", "trial_over", "last_reward", "shown", "visible", "trial")
    ]
    parts = [part for part, _ in family.layout.values()]
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
    assert parts[-1].stop == family.observation_size
    assert make(NAME, demonstrators=0).turns == ((0,),)


MISUSE = [
    ("step", (np.zeros((4, 4), np.int8),), RuntimeError, "call reset first"),
    ("oracle", (0, 1, 0.0), RuntimeError, "call reset first"),
    ("reset", (np.zeros((3, 18), np.int16),), ValueError, r"\(3, 18\), allowed is \(4, 18\)"),
    ("reset", (np.zeros((4, 18), np.int16),), ValueError, "not of this family: cities is 0"),
]


@pytest.mark.parametrize(("method", "arguments", "kind", "text"), MISUSE)
def test_misuse_before_reset_is_refused(
    method: str, arguments: tuple, kind: type[Exception], text: str
) -> None:
    family = make(NAME)
    with pytest.raises(kind, match=text):
        getattr(family, method)(family.state(4), *arguments)


def test_misuse_after_reset_is_refused_and_changes_nothing() -> None:
    family = make(NAME)
    state = _started(family, 4)
    before = family.bytes_of(state, 2)
    bad = state.rows.copy()
    bad[2, PLACES + 4] = 1001
    for call, text in (
        (lambda: family.step(state, np.zeros((4, 1), np.int8)), "actions have shape"),
        (lambda: family.step(state, np.zeros((4, 4))), "actions are float64"),
        (lambda: family.observe(state, np.zeros((4, 4, 5), np.uint8)), "out is uint8"),
        (lambda: family.oracle(state, 0, 1, 1.5), "noise is 1.5"),
        (lambda: family.oracle(state, 4, 1, 0.0), "agent is 4"),
        (lambda: family.reset(state, bad), r"cities\[2\] is \[1001, \d+\], allowed are whole"),
    ):
        with pytest.raises(ValueError, match=text):
            call()
    assert family.bytes_of(state, 2) == before


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"cities": 3}, "cities is 3, allowed are 4..24"),
        ({"cities": 5.0}, "cities is 5.0, allowed are whole numbers"),
        ({"trials": 0}, "trials is 0"),
        ({"demonstrators": 9}, "demonstrators is 9, allowed are 0..8"),
        ({"wrong_penalty": True}, "wrong_penalty is True"),
        ({"cities_key": "a"}, "cities_key is 'a', allowed are None and whole numbers"),
        ({"observe_clock": True}, "observe_clock is True, allowed is False unless"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make(NAME, **settings)
