"""Memory Sequence: kernels equal the plain reference step by step, and keep the rules of the spec."""

from typing import Any

import numpy as np
import pytest

from worlds import make, rng
from worlds.family import NO_ACTION
from worlds.render import render
from worlds.sequences.memory_sequence.columns import DIGITS, RIGHT
from worlds.sequences.memory_sequence.reference import ReferenceWorld

SETTINGS: list[dict[str, Any]] = [
    {},
    {"digits": 10, "length": 7, "trials": 3, "demonstrators": 8, "end_on_mistake": False},
    {"digits": 2, "length": 64, "trials": 2, "demonstrators": 0},
    {"digits": 10, "trials": 1, "demonstrators": 5, "sequence_key": 3},
    {"digits": 4, "length": 9, "trials": 1, "sequence_key": 3, "observe_clock": True},
]
# Right digits of a perfect lone learner in trials 1, 2, 3, 4, 8, 16, 32: culture spec 2.1.
CEILINGS = {
    3: (0.49, 1.24, 2.39, 3.26, 7.34, 15.3, 23.9),
    10: (0.11, 0.24, 0.39, 0.57, 1.36, 3.17, 6.71),
}
POINTS = [0, 1, 2, 3, 7, 15, 31]


def _draws(key: str, shape: tuple[int, ...], n: int) -> np.ndarray:
    words = rng.words(rng.key("test", key), np.arange(int(np.prod(shape))))
    return rng.below(words, n).reshape(shape)


def _mostly_right(family: Any, state: Any, random: np.ndarray) -> np.ndarray:
    """The digit due, but where `random` is 0 a wait and where it is 1 the next digit."""
    due = np.take_along_axis(state.rows[:, DIGITS:], state.position[:, None].astype(int), 1)[:, 0]
    return np.where(
        random == 0, NO_ACTION, np.where(random == 1, (due + 1) % family.num_actions, due)
    )


@pytest.mark.parametrize("settings", SETTINGS)
def test_kernels_equal_the_reference_after_every_step(settings: dict[str, Any]) -> None:
    family = make("memory_sequence", **settings)
    agents = family.num_agents
    rows = family.space.sample(5, 8)
    state = family.state(8)
    family.reset(state, rows)
    state.penalty = 500
    end = family.settings["end_on_mistake"]
    references = [ReferenceWorld(row, family.num_actions, agents - 1, end) for row in rows]
    for reference in references:
        reference.penalty = 500
    steps = family.horizon + 2  # steps after the end change nothing
    seen, random = _draws("seen", (steps, 8), 2), _draws("moves", (steps, 8), 12)
    out = np.full((8, agents, family.observation_size), 255, np.uint8)
    for t in range(steps):
        state.visible[:] = seen[t]
        planned = [family.oracle(state, agent, 77, 0.3).copy() for agent in range(agents)]
        state.shown[:] = np.stack(planned, axis=1)[:, 1:]
        state.shown[t % 8] = (-1, 11)[t % 2]  # nothing, and what is no digit
        family.observe(state, out)
        actions = np.stack(planned, axis=1)
        actions[:, 0] = _mostly_right(family, state, random[t])
        for i, reference in enumerate(references):
            for agent in range(agents):
                _assert_seen(family, out[i, agent], reference, agent, seen[t, i], state.shown[i])
                assert planned[agent][i] == reference.oracle(agent, 77, 0.3, i)
        rewards, ends = family.step(state, actions)
        for i, reference in enumerate(references):
            assert (rewards[i].tolist(), ends[i]) == reference.step(actions[i].tolist())
            _assert_equal(state, i, reference)


def _assert_seen(
    family: Any, row: np.ndarray, reference: ReferenceWorld, agent: int, visible: int, shown: Any
) -> None:
    if family.settings["sequence_key"] is None:
        assert row.tolist() == reference.observe(agent, bool(visible), shown.tolist())
        return
    clock = [reference.position == place for place in range(family.length)]
    expected = reference.comments(agent, bool(visible), shown.tolist())
    assert row.tolist() == expected + (clock if family.settings["observe_clock"] else [])


def _assert_equal(state: Any, i: int, reference: ReferenceWorld) -> None:
    assert (state.trial[i], state.position[i]) == (reference.trial, reference.position)
    assert (state.over[i], state.trial_over[i]) == (reference.over, reference.trial_over)
    assert (state.last_action[i], state.last_reward[i]) == (
        reference.last_action,
        reference.last_reward,
    )
    assert state.trial_returns[i, 0].tolist() == [1000 * count for count in reference.correct]
    assert not state.trial_returns[i, 1:].any()


def test_a_world_plays_the_same_alone_in_row_7_of_32_and_under_its_own_number() -> None:
    family = make("memory_sequence")
    rows = family.space.sample(1, 32)
    traces = []
    for part, numbers in ((slice(0, 32), np.arange(32)), (slice(7, 8), np.array([7]))):
        state = family.state(len(rows[part]))
        state.worlds[:] = numbers
        family.reset(state, rows[part])
        trace = []
        for _ in range(family.horizon):
            moves = [family.oracle(state, n, 9, 0.5).copy() for n in range(4)]
            family.step(state, np.stack(moves, axis=1))
            trace.append(
                (np.stack(moves)[:, 7 % len(state.over)], state.record.copy()[7 % len(state.over)])
            )
        traces.append(trace)
    for one, other in zip(*traces, strict=True):
        assert (one[0] == other[0]).all() and (one[1] == other[1]).all()


def test_hidden_demonstrators_leave_no_hint_and_nobody_hints_to_them() -> None:
    family = make("memory_sequence")
    rows = family.space.sample(3, 16)
    state = family.state(16)
    family.reset(state, rows)
    out = np.zeros((2, 16, 4, family.observation_size), np.uint8)
    social = np.flatnonzero(family.social)
    for t in range(family.horizon):
        for n, visible in enumerate((0, 1)):
            state.visible[:] = visible
            state.shown[:] = _draws(f"shown {t} {n}", (16, 3), 3)
            family.observe(state, out[n])
        assert not out[0][..., social].any()
        assert not out[:, :, 1:, social].any()
        assert (
            out[1, :, 0, social].sum(axis=0) == 4
        ).all()  # three symbols, and that they are seen
        rest = np.flatnonzero(~family.social)
        assert (out[0][..., rest] == out[1][..., rest]).all()
        family.step(state, np.repeat(_draws(f"moves {t}", (16, 1), 3), 4, axis=1))


def test_demonstrators_see_the_young_as_in_their_own_last_trial() -> None:
    family = make("memory_sequence")
    state = family.state(4)
    family.reset(state, family.space.sample(3, 4))
    out = np.zeros((4, 4, family.observation_size), np.uint8)
    for _ in range(6):
        family.step(state, np.ones((4, 4), np.int8))
        family.observe(state, out)
        trial, over = family.layout["trial"][0], family.layout["trial_over"][0]
        assert (out[:, 1:, trial] == [0, 0, 0, 1]).all() and not out[:, 1:, over].any()
        for part in ("last_action", "last_reward"):
            where = family.layout[part][0]
            assert (out[:, 1:, where] == out[:, :1, where]).all()


class _Lone:
    """Never says a digit again that was wrong at its place, and remembers those that were right."""

    def __init__(self, worlds: int, length: int, digits: int, key: int) -> None:
        self.open = np.ones((worlds, length, digits), bool)
        self.draws = np.random.default_rng(key)

    def act(self, position: np.ndarray) -> np.ndarray:
        left = self.open[np.arange(len(position)), position]
        return np.argmax(left * self.draws.random(left.shape), axis=1)

    def learn(self, position: np.ndarray, action: np.ndarray, right: np.ndarray) -> None:
        worlds = np.arange(len(position))
        said = self.open[worlds, position, action].copy()
        self.open[worlds[right], position[right]] = False
        self.open[worlds, position, action] = np.where(right, said, False)


@pytest.mark.parametrize("digits", [3, 10])
def test_a_scripted_lone_learner_reaches_the_ceiling_and_the_ceiling_is_that_of_the_spec(
    digits: int,
) -> None:
    family = make("memory_sequence", digits=digits, trials=32, demonstrators=0)
    worlds = 3000
    rows = family.space.sample(8, worlds)
    state = family.state(worlds)
    family.reset(state, rows)
    lone = _Lone(worlds, family.length, digits, 1)
    while not state.over.all():
        position = state.position.astype(int)
        action = lone.act(position)
        family.step(state, action[:, None].astype(np.int8))
        lone.learn(position, action, state.last_reward == RIGHT)
    found = state.trial_returns[:, 0] / 1000
    error = found.std(axis=0) / np.sqrt(worlds)
    ceiling = family.yardsticks(rows)["ceiling"]
    assert ceiling.shape == (worlds, 32) and (ceiling == ceiling[0]).all()
    assert (np.abs(found.mean(axis=0) - ceiling[0]) < 4 * error + 1e-6).all()
    # The spec's own figures are simulations of a few thousand tasks.
    assert np.abs(ceiling[0, POINTS] - CEILINGS[digits]).max() < 0.06


def test_a_copier_of_exact_elders_has_all_digits_in_every_trial_that_it_can_see() -> None:
    family = make("memory_sequence", trials=3)
    state = family.state(32)
    family.reset(state, family.space.sample(1, 32))
    out = np.zeros((32, 4, family.observation_size), np.uint8)
    part, shape = family.layout["shown"]
    while not state.over.all():
        state.visible[:] = state.trial < 2
        for n in (1, 2, 3):
            state.shown[:, n - 1] = family.oracle(state, n, 5)
        family.observe(state, out)
        copied = out[:, 0, part].reshape(32, *shape)[:, 2].argmax(axis=1)  # 0 if nothing is shown
        family.step(state, np.repeat(copied[:, None], 4, axis=1).astype(np.int8))
    right = state.trial_returns[:, 0] // 1000
    assert (right[:, :2] == family.length).all()
    assert right[:, 2].mean() < 2


def test_no_policy_without_company_exceeds_the_ceiling_over_many_tasks() -> None:
    """One that knows the right digit with the chance of the ceiling's first trial, and repeats itself."""
    family = make("memory_sequence", demonstrators=0)
    state = family.state(10_000)
    family.reset(state, family.space.sample(4, 10_000))
    guesses = _draws("guesses", (10_000, family.length), 3)
    while not state.over.all():
        action = guesses[np.arange(10_000), state.position]
        family.step(state, action[:, None].astype(np.int8))
    mean = state.trial_returns[:, 0].mean(axis=0) / 1000
    ceiling = family.yardsticks(state.rows[:1])["ceiling"][0]
    assert (mean < ceiling + 0.03).all() and (mean[1:] < ceiling[1:] - 0.5).all()


@pytest.mark.parametrize("noise", [0.0, 1 / 3, 2 / 3, 1.0])
def test_oracles_are_right_as_often_as_the_spec_says_and_the_last_one_the_most(
    noise: float,
) -> None:
    family = make("memory_sequence", length=64, trials=1, end_on_mistake=False)
    state = family.state(2000)
    family.reset(state, family.space.sample(1, 2000))
    right = np.zeros((2000, 4))
    for _ in range(64):
        due = state.rows[np.arange(2000), DIGITS + state.position]
        moves = np.stack([family.oracle(state, n, 3, noise).copy() for n in range(4)], axis=1)
        right += moves == due[:, None]
        family.step(state, moves)
    known = np.random.default_rng(1).random((100_000, 3))
    known.sort(axis=1)
    m = (1 - noise) / noise if noise else np.inf
    chance = 1 - 1 / (1 + m * known) if noise else np.ones_like(known)
    expected = (chance + (1 - chance) / 3).mean(axis=0)
    found = right[:, 1:] / 64
    error = found.std(axis=0) / np.sqrt(2000) + 0.001
    assert (np.abs(found.mean(axis=0) - expected) < 4 * error).all()
    assert (np.diff(expected) > 0.02).all() or noise in (0.0, 1.0)


def test_a_mistake_ends_the_trial_or_costs_and_the_trial_goes_on() -> None:
    for end, steps in ((True, 4), (False, 4 * 6)):
        family = make("memory_sequence", digits=2, length=6, end_on_mistake=end, demonstrators=0)
        state = family.state(3)
        family.reset(state, family.space.sample(1, 3))
        state.penalty = 250
        ends = []
        while not state.over.all():
            wrong = 1 - state.rows[np.arange(3), DIGITS + state.position]
            rewards, ended = family.step(state, wrong[:, None])
            assert (rewards == -250).all()
            ends.append(ended.copy())
        assert len(ends) == steps
        assert [int(end[0]) for end in ends if end[0]] == [1, 1, 1, 3]
        assert not state.trial_returns.any()


def test_the_penalty_of_learning_changes_rewards_but_never_the_measure() -> None:
    family = make("memory_sequence", demonstrators=0)
    rows = family.space.sample(1, 32)
    totals = []
    for penalty in (0, 1000):
        state = family.state(32)
        family.reset(state, rows)
        state.penalty = penalty
        total = np.zeros(32, np.int64)
        for t in range(family.horizon):
            total += family.step(state, _draws(f"{t}", (32, 1), 3))[0][:, 0]
        totals.append((total, state.trial_returns.copy()))
    assert (totals[0][1] == totals[1][1]).all()
    assert (totals[0][0] == totals[0][1].sum(axis=(1, 2))).all()
    assert (totals[1][0] == totals[0][0] - 4000).all()  # one mistake in each trial


def test_yardsticks_are_lines_by_task_and_trial() -> None:
    episodic, known = (
        make("memory_sequence", trials=3),
        make("memory_sequence", trials=1, sequence_key=1),
    )
    lines = episodic.yardsticks(episodic.space.sample(1, 5))
    assert {name: line.shape for name, line in lines.items()} == {
        "oracle": (5, 3),
        "ceiling": (5, 3),
    }
    assert (lines["oracle"] == 24).all()
    assert list(known.yardsticks(known.space.sample(1, 5))) == ["oracle"]
    assert episodic.oracle_returns(episodic.space.sample(1, 5)).tolist() == [72.0] * 5
    without_end = make("memory_sequence", digits=4, length=8, trials=5, end_on_mistake=False)
    ceiling = without_end.yardsticks(without_end.space.sample(1, 1))["ceiling"][0]
    assert ceiling.tolist() == [2, 4, 6, 8, 8]


def test_progress_is_the_share_of_right_digits() -> None:
    family = make("memory_sequence", length=4)
    state = family.state(2)
    family.reset(state, family.space.sample(1, 2))
    for place in range(4):
        assert family.progress(state).tolist() == [[place / 4, 0, 0, 0]] * 2
        family.step(state, np.repeat(state.rows[:, [DIGITS + place]], 4, axis=1))
    assert (family.progress(state) == 0).all()  # of the next trial


MISUSE = [
    ("step", (np.zeros((4, 4), np.int8),), RuntimeError, "call reset first"),
    ("observe", (np.zeros((4, 4, 20), np.uint8),), RuntimeError, "call reset first"),
    ("oracle", (0, 1, 0.0), RuntimeError, "call reset first"),
    ("reset", (np.zeros((3, 25), np.int16),), ValueError, r"\(3, 25\), allowed is \(4, 25\)"),
    ("reset", (np.zeros((4, 25), np.int16),), ValueError, "not of this family: trials is 0"),
]


@pytest.mark.parametrize(("method", "arguments", "kind", "text"), MISUSE)
def test_misuse_before_reset_is_refused(
    method: str, arguments: tuple, kind: type[Exception], text: str
) -> None:
    family = make("memory_sequence")
    with pytest.raises(kind, match=text):
        getattr(family, method)(family.state(4), *arguments)


def test_misuse_after_reset_is_refused_and_changes_nothing() -> None:
    family = make("memory_sequence")
    state = family.state(4)
    rows = family.space.sample(1, 4)
    family.reset(state, rows)
    before = family.bytes_of(state, 2)
    bad = rows.copy()
    bad[2, DIGITS] = 3
    for call, text in (
        (lambda: family.step(state, np.zeros((4, 1), np.int8)), "actions have shape"),
        (lambda: family.step(state, np.zeros((4, 4))), "actions are float64"),
        (lambda: family.observe(state, np.zeros((4, 4, 5), np.uint8)), "out is uint8"),
        (lambda: family.oracle(state, 0, 1, 1.5), "noise is 1.5"),
        (lambda: family.oracle(state, 4, 1, 0.0), "agent is 4"),
        (lambda: family.reset(state, bad), r"digits\[0\] is 3, allowed are 0..2"),
    ):
        with pytest.raises(ValueError, match=text):
            call()
    assert family.bytes_of(state, 2) == before


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"digits": 11}, "digits is 11, allowed are 2..10"),
        ({"length": 5.0}, "length is 5.0, allowed are whole numbers"),
        ({"demonstrators": 9}, "demonstrators is 9, allowed are 0..8"),
        ({"wrong_penalty": True}, "wrong_penalty is True"),
        ({"end_on_mistake": 1}, "end_on_mistake is 1, allowed are True and False"),
        ({"observe_clock": True}, "allowed is False without a sequence_key"),
        ({"sequence_key": 1}, "trials is 4, allowed is 1 with a sequence_key"),
        ({"sequence_key": "a"}, "sequence_key is 'a', allowed are None and whole numbers"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make("memory_sequence", **settings)


def test_the_layout_is_that_of_the_spec() -> None:
    """Episodic D + 1 + 2 + A D + 1 + X flags, train-time A D + 1, and L more with a clock."""
    for settings, size in (({}, 20), (SETTINGS[3], 51), (SETTINGS[4], 4 * 3 + 1 + 9)):
        family = make("memory_sequence", **settings)
        assert family.observation_size == size
        parts = [part for part, _ in family.layout.values()]
        assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
        assert parts[-1].stop == size


def test_pictures_and_text_follow_the_world() -> None:
    family = make("memory_sequence", length=4, trials=2)
    state = family.state(1)
    family.reset(state, np.array([[2, 0, 1, 2, 0]], np.int16))
    state.shown[0] = [1, NO_ACTION, 0]
    start = render(family, state, 0)
    lines = family.text(state, 0).split("\n")
    assert lines[:3] == ["digits  0 1 2 0", "trial 1 . . . .", "trial 2 . . . ."]
    assert lines[4:] == ["agent_1 shows 1", "agent_2 shows nothing", "agent_3 shows 0"]
    family.step(state, np.zeros((1, 4), np.int8))
    family.step(state, np.zeros((1, 4), np.int8))
    assert family.text(state, 0).split("\n")[1:4] == [
        "trial 1 0 0 . .",
        "trial 2 . . . .",
        "trial 2 place 1",
    ]
    scene = family.scene(state, 0)
    assert [(mark.row, mark.column) for mark in scene.marks if mark.shape == "cross"] == [(1, 1)]
    assert [strip.reached for strip in scene.strips] == [0, None, None, None]
    assert scene.trials == (1.0, 0.0)
    state.visible[0] = 0
    hidden = family.scene(state, 0)
    assert len(hidden.marks) == len(scene.marks) - 2 and hidden.bodies[0].faded
    assert render(family, state, 0).shape == start.shape
    assert (render(family, state, 0) != start).any()


def test_what_an_agent_sees_is_drawn_from_its_observation_alone() -> None:
    family = make("memory_sequence")
    state = family.state(1)
    family.reset(state, family.space.sample(1, 1))
    out = np.zeros((1, 4, family.observation_size), np.uint8)
    state.shown[0] = [2, 2, 1]
    wrong = (state.rows[:, DIGITS] + 1) % 3
    family.step(state, np.repeat(wrong[:, None], 4, axis=1))
    family.observe(state, out)
    young, elder = (family.view_scene(out[0, n]) for n in (0, 1))
    assert [mark.label for mark in young.marks] == ["2", "2", "1", str(wrong[0]), ""]
    assert len(young.bodies) == 3 and not elder.bodies
    assert [mark.label for mark in elder.marks] == [str(wrong[0]), ""]
    assert young.trials == (0.0, 1.0, 0.0, 0.0)
