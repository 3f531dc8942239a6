"""Goal Sequence: kernels equal the plain reference step by step, and keep the rules of the spec."""

from typing import Any

import numpy as np
import pytest

from worlds import make, rng
from worlds.sequences.goal_sequence import plans
from worlds.sequences.goal_sequence.columns import FORWARD, GOALS, LEFT, ORDER, RIGHT, STARTS
from worlds.sequences.goal_sequence.reference import ReferenceWorld

SETTINGS: list[dict[str, Any]] = [
    {"size": 5, "trials": 4, "trial_length": 20},
    {"size": 3, "trials": 2, "trial_length": 40},
    {"size": 7, "size_min": 3, "trials": 2, "trial_length": 30, "order_key": 4, "view": 3},
    {
        "size": 15,
        "size_min": 9,
        "trial_length": 70,
        "order_key": 9,
        "view": 9,
        "wrong_penalty": 300,
    },
]


def _moves(family: Any, steps: int, worlds: int, key: int = 1) -> np.ndarray:
    words = rng.words(rng.key("moves", key), np.arange(steps * worlds * 2))
    return (rng.below(words, 5).reshape(steps, worlds, 2) - 1).astype(np.int8)  # -1..3


@pytest.mark.parametrize("settings", SETTINGS)
def test_kernels_equal_the_reference_after_every_step(settings: dict[str, Any]) -> None:
    family = make("goal_sequence", **settings)
    rows = family.space.sample(5, 8)
    state = family.state(8)
    family.reset(state, rows)
    penalty = family.settings["wrong_penalty"]
    references = [ReferenceWorld(row, family.settings["view"], penalty) for row in rows]
    state.penalty = 500
    for reference in references:
        reference.penalty = 500
    steps = family.horizon + 2  # two steps after the end change nothing
    seen = rng.below(rng.words(2, np.arange(steps * 8)), 2).reshape(steps, 8)
    out = np.full((8, 2, family.observation_size), 255, np.uint8)
    random = _moves(family, steps, 8)
    for t in range(steps):
        state.visible[:] = seen[t]
        family.observe(state, out)
        planned = [family.oracle(state, agent, 77, 0.3).copy() for agent in range(2)]
        actions = np.where(random[t] >= 2, np.stack(planned, axis=1), random[t]).astype(np.int8)
        for i, reference in enumerate(references):
            for agent in range(2):
                assert out[i, agent].tolist() == reference.observe(agent, bool(seen[t, i]))
                assert planned[agent][i] == reference.oracle(agent, 77, 0.3, i)
        rewards, ends = family.step(state, actions)
        for i, reference in enumerate(references):
            assert (rewards[i].tolist(), ends[i]) == reference.step(actions[i].tolist())
            _assert_equal(state, i, reference)


def _assert_equal(state: Any, i: int, reference: ReferenceWorld) -> None:
    places = [divmod(int(cell), reference.size) for cell in state.cells[i]]
    assert places == [pose[:2] for pose in reference.poses]
    assert state.headings[i].tolist() == [pose[2] for pose in reference.poses]
    assert state.pointers[i].tolist() == reference.pointers
    assert state.last_action[i].tolist() == reference.last_action
    assert state.last_reward[i].tolist() == reference.last_reward
    assert (state.trial[i], state.over[i]) == (reference.trial, reference.over)
    assert state.trial_over[i] == reference.trial_over
    if not reference.over:
        assert state.position[i] == reference.position
    assert state.trial_returns[i].tolist() == reference.trial_returns


@pytest.mark.parametrize("settings", SETTINGS)
def test_plans_equal_a_plain_breadth_first_search(settings: dict[str, Any]) -> None:
    family = make("goal_sequence", **settings)
    rows = family.space.sample(6, 8)
    state = family.state(8)
    family.reset(state, rows)
    family.oracle(state, 0, 0)
    for i, row in enumerate(rows):
        reference = ReferenceWorld(row, 5, 1000)
        for colour in range(3):
            for (down, right, heading), action in reference.plan(colour).items():
                cell = down * reference.size + right
                assert plans.planned(state.plans, i, colour, cell, heading) == action


def test_a_walled_in_goal_is_reached_through_another() -> None:
    family = make("goal_sequence", size=5, trial_length=30)
    task = family.space.to_json(family.space.sample(1, 1)[0])
    order = (["orange", "blue", "green"] * 22)[:63] + ["blue"]
    row = family.space.from_json(task | {"goals": [[0, 0], [0, 1], [1, 0]], "order": order})
    assert family.oracle_returns(row[None])[0] > 0


def test_a_world_plays_the_same_alone_in_row_7_of_32_and_under_its_own_number() -> None:
    family = make("goal_sequence", trials=2)
    rows = family.space.sample(1, 32)
    traces = []
    for part, numbers in ((slice(0, 32), np.arange(32)), (slice(7, 8), np.array([7]))):
        state = family.state(len(rows[part]))
        state.worlds[:] = numbers
        family.reset(state, rows[part])
        trace = []
        for t in range(family.horizon):
            actions = np.stack([family.oracle(state, n, t, 0.5).copy() for n in (0, 1)], axis=1)
            family.step(state, actions)
            trace.append(family.bytes_of(state, 7 if len(rows[part]) > 1 else 0))
        traces.append(trace)
    assert traces[0] == traces[1]


def test_without_visibility_no_hint_of_the_demonstrator_is_left() -> None:
    family = make("goal_sequence", trials=2)
    rows = family.space.sample(3, 16)
    moves = _moves(family, family.horizon, 16)
    seen = []
    for key in (1, 2):
        state = family.state(16)
        state.visible[:] = 0
        family.reset(state, rows)
        out = np.zeros((family.horizon, 16, 2, family.observation_size), np.uint8)
        for t in range(family.horizon):
            family.observe(state, out[t])
            moves[t, :, 1] = family.oracle(state, 1, key, 0.5)
            family.step(state, moves[t])
        seen.append(out)
    assert (seen[0][:, :, 0] == seen[1][:, :, 0]).all()
    assert (seen[0][:, :, 1] != seen[1][:, :, 1]).any()


def test_the_demonstrator_never_sees_the_young() -> None:
    family = make("goal_sequence")
    state = family.state(64)
    family.reset(state, family.space.sample(1, 64))
    out = np.zeros((64, 2, family.observation_size), np.uint8)
    window, shape = family.layout["view"]
    seen = 0
    for moves in _moves(family, family.horizon, 64):
        family.observe(state, out)
        others = out[..., window].reshape(64, 2, *shape)[..., 4].sum(axis=(2, 3))
        assert (others[:, 1] == 0).all()
        seen += others[:, 0].sum()
        family.step(state, moves)
    assert seen > 0


def test_the_demonstrator_is_seen_on_a_goal() -> None:
    family = make("goal_sequence", order_key=1)
    task = family.space.to_json(family.space.sample(1, 1)[0])
    task |= {"goals": [[1, 2], [4, 4], [4, 0]], "starts": [[2, 2, "north"], [0, 2, "south"]]}
    state = family.state(1)
    family.reset(state, family.space.from_json(task)[None])
    family.step(state, np.array([[-1, FORWARD]], np.int8))
    out = np.zeros((1, 2, family.observation_size), np.uint8)
    family.observe(state, out)
    window, shape = family.layout["view"]
    # One cell ahead of agent_0, who stands below the middle and looks up: orange and the other.
    assert out[0, 0, window].reshape(shape)[3, 2].tolist() == [0, 1, 0, 0, 1]


def test_turning_never_pays_and_a_wrong_goal_never_moves_the_pointer() -> None:
    family = make("goal_sequence", size=3, trial_length=200)
    state = family.state(64)
    family.reset(state, family.space.sample(2, 64))
    touched = {1: 0, -1: 0}
    for moves in _moves(family, 199, 64):
        before = state.pointers.copy()
        rewards, _ = family.step(state, moves)
        assert (rewards[moves != FORWARD] == 0).all()
        assert (state.pointers - before == (rewards > 0)).all()
        for sign in touched:
            touched[sign] += (np.sign(rewards) == sign).sum()
    assert min(touched.values()) > 50


def test_trials_have_exactly_their_length_and_begin_again_at_the_starts() -> None:
    family = make("goal_sequence", trials=3, trial_length=7)
    rows = family.space.sample(2, 4)
    state = family.state(4)
    family.reset(state, rows)
    out = np.zeros((4, 2, family.observation_size), np.uint8)
    first = None
    for t in range(21):
        family.observe(state, out)
        first = out.copy() if t == 0 else first
        part, _ = family.layout["trial"]
        assert (out[..., part] == np.eye(3)[t // 7]).all()
        if t in (7, 14):
            kept = slice(0, family.layout["heading"][0].stop)
            assert (out[..., kept] == first[..., kept]).all()
            assert (state.last_action == LEFT).all()
            assert (state.trial_over == 1).all()
        elif t:
            assert (state.trial_over == 0).all()
        _, ends = family.step(state, np.full((4, 2), LEFT, np.int8))
        assert ends.tolist() == [{6: 1, 13: 1, 20: 3}.get(t, 0)] * 4
    assert (state.over == 1).all()
    before = [family.bytes_of(state, i) for i in range(4)]
    rewards, ends = family.step(state, np.full((4, 2), FORWARD, np.int8))
    assert not rewards.any() and not ends.any()
    assert before == [family.bytes_of(state, i) for i in range(4)]


@pytest.mark.parametrize(
    ("noise", "expected", "error"), [(0.0, 4.63, 0.03), (0.2, 2.81, 0.04), (0.4, 1.04, 0.05)]
)
def test_oracle_returns_are_those_of_the_spec(noise: float, expected: float, error: float) -> None:
    """7x7, one trial of 30 steps: culture spec 2.3, each with its standard error."""
    family = make("goal_sequence", size=7, trial_length=30)
    returns = family.oracle_returns(family.space.sample(3, 4000), noise)
    own = returns.std() / np.sqrt(len(returns))
    assert abs(returns.mean() - expected) < 3 * np.hypot(own, error)


def test_no_other_play_beats_the_exact_oracle_over_many_tasks() -> None:
    family = make("goal_sequence", size=5, trial_length=20)
    rows = family.space.sample(9, 500)
    best = family.oracle_returns(rows).mean()
    assert best > family.oracle_returns(rows, 0.1).mean() > family.oracle_returns(rows, 1.0).mean()


def test_noise_is_correlated_and_right_as_often_as_it_says() -> None:
    family = make("goal_sequence", size=5, trial_length=40)
    rows = family.space.sample(9, 4000)
    state = family.state(4000)
    family.reset(state, rows)
    family.oracle(state, 1, 3, 0.3)
    wrong = state.aims[:, 1] != rows[:, ORDER]
    assert abs(wrong.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 4000)
    both = np.bincount((state.aims[wrong, 1] - rows[wrong, ORDER]) % 3, minlength=3)
    assert abs(both[1] / wrong.sum() - 0.5) < 0.06
    for _ in range(39):
        before, pointers = state.aims[:, 1].copy(), state.last_reward[:, 1].copy()
        actions = np.stack([np.zeros(4000, np.int8), family.oracle(state, 1, 3, 0.3)], axis=1)
        changed = state.aims[:, 1] != before
        assert (pointers[changed] != 0).all() or (before[changed] == -1).all()
        family.step(state, actions)


def test_the_penalty_of_learning_changes_rewards_but_never_reported_returns() -> None:
    family = make("goal_sequence", size=3, trial_length=50, order_key=2)
    rows = family.space.sample(1, 32)
    totals = []
    for penalty in (0, 1000):
        state = family.state(32)
        family.reset(state, rows)
        state.penalty = penalty
        total = np.zeros((32, 2), np.int64)
        for moves in _moves(family, 50, 32):
            total += family.step(state, moves)[0]
        totals.append((total, state.trial_returns.sum(axis=2)))
    assert (totals[0][1] == totals[1][1]).all()
    assert (totals[1][0] == totals[1][1]).all()
    assert (totals[0][0] >= totals[1][0]).all() and (totals[0][0] != totals[1][0]).any()


def test_progress_is_the_share_of_what_the_oracle_reaches() -> None:
    family = make("goal_sequence", size=5)
    rows = family.space.sample(1, 16)
    state = family.state(16)
    family.reset(state, rows)
    assert (family.progress(state) == 0).all()
    for _ in range(family.horizon):
        family.step(state, np.stack([family.oracle(state, n, 0).copy() for n in (0, 1)], axis=1))
    assert (family.progress(state) == 1).all()


def test_a_demonstrator_who_waits_sees_nothing_change() -> None:
    family = make("goal_sequence", order_key=1)
    state = family.state(4)
    rows = family.space.sample(1, 4)
    family.reset(state, rows)
    for moves in _moves(family, 10, 4):
        moves[:, 1] = -1
        family.step(state, moves)
    assert (state.cells[:, 1] == rows[:, STARTS + 3] * 5 + rows[:, STARTS + 4]).all()
    assert (state.last_action[:, 1] == -1).all()


MISUSE = [
    ("step", (np.zeros((4, 2), np.int8),), RuntimeError, "call reset first"),
    ("observe", (np.zeros((4, 2, 136), np.uint8),), RuntimeError, "call reset first"),
    ("oracle", (0, 1, 0.0), RuntimeError, "call reset first"),
    ("reset", (np.zeros((3, 76), np.int16),), ValueError, r"\(3, 76\), allowed is \(4, 76\)"),
    ("reset", (np.zeros((4, 76), np.int16),), ValueError, "not of this family: size is 0"),
]


@pytest.mark.parametrize(("method", "arguments", "kind", "text"), MISUSE)
def test_misuse_before_reset_is_refused(
    method: str, arguments: tuple, kind: type[Exception], text: str
) -> None:
    family = make("goal_sequence")
    with pytest.raises(kind, match=text):
        getattr(family, method)(family.state(4), *arguments)


def test_misuse_after_reset_is_refused_and_changes_nothing() -> None:
    family = make("goal_sequence")
    state = family.state(4)
    rows = family.space.sample(1, 4)
    family.reset(state, rows)
    before = family.bytes_of(state, 2)
    bad = rows.copy()
    bad[2, GOALS] = 25
    for call, text in (
        (lambda: family.step(state, np.zeros((4, 1), np.int8)), "actions have shape"),
        (lambda: family.step(state, np.zeros((4, 2))), "actions are float64"),
        (lambda: family.observe(state, np.zeros((4, 2, 5), np.uint8)), "out is uint8"),
        (lambda: family.oracle(state, 0, 1, 1.5), "noise is 1.5"),
        (lambda: family.oracle(state, 2, 1, 0.0), "agent is 2"),
        (lambda: family.reset(state, bad), r"goals\[0\] is 25, allowed are cells 0..24"),
    ):
        with pytest.raises(ValueError, match=text):
            call()
    assert family.bytes_of(state, 2) == before


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"size": 2}, "size is 2, allowed are 3..15"),
        ({"size": 5.0}, "size is 5.0, allowed are whole numbers"),
        ({"view": 4}, "view is 4, allowed are odd"),
        ({"size": 5, "size_min": 6}, "size_min is 6, allowed are 3..5"),
        ({"trials": 0}, "trials is 0"),
        ({"wrong_penalty": True}, "wrong_penalty is True"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make("goal_sequence", **settings)


def test_unknown_worlds_are_refused() -> None:
    with pytest.raises(
        ValueError, match="unknown world 'maze', known are bring_your_own, goal_sequence"
    ):
        make("maze")


def test_the_layout_covers_the_observation() -> None:
    family = make("goal_sequence", trials=4, view=5)
    assert family.observation_size == 139
    parts = [part for part, _ in family.layout.values()]
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
    assert parts[-1].stop == 139
    assert [RIGHT, family.num_actions] == [family.action_names.index("right"), 3]
