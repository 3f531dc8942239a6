"""The buffer keeps the best, draws by its weights, and says the same for the same key."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from populations.creators.buffer import PRIORITIES, Buffer, pick
from populations.creators.draws import Draws
from populations.creators.groups import group
from tests.populations.creators.episodes import outcomes

BATCHES = st.lists(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 1), st.sampled_from([0.0, 0.5, 1.0, 2.0])),
        min_size=1,
        max_size=12,
    ),
    max_size=8,
)


def put(
    buffer: Buffer,
    tasks: list[int],
    scores: list[float],
    rosters: list[int] | None = None,
    returns: list[float] | None = None,
) -> np.ndarray:
    """Puts distinct tasks with the scores given; their returns are the scores unless given too."""
    groups = group("toy", outcomes(tasks, returns or scores, rosters=rosters))
    slots, memory = buffer.recall(groups)
    return buffer.put(groups, slots, memory, np.array(scores, np.float64))


def tasks_of(buffer: Buffer) -> list[int]:
    return sorted(buffer["rows"][:, 0].tolist())


@settings(max_examples=30, deadline=None)
@given(BATCHES, st.integers(1, 9), st.sampled_from(PRIORITIES), st.integers(0, 5))
def test_a_buffer_stays_whole_whatever_is_put_and_drawn(batches, capacity, priority, n) -> None:
    buffer = Buffer(2, capacity, priority=priority)
    draws = Draws(1)
    for batch in batches:
        tasks, rosters, returns = (list(column) for column in zip(*batch, strict=True))
        groups = group("toy", outcomes(tasks, returns, rosters=rosters))
        slots, memory = buffer.recall(groups)
        scores = groups.mean(groups.returns)[:, 0]
        kept = buffer.put(groups, slots, memory, scores)
        buffer.sample(draws, n)

        pairs = list(zip(buffer["task"].tolist(), buffer["roster"].tolist(), strict=True))
        assert buffer.size <= capacity
        assert len(set(pairs)) == len(pairs)
        again, _ = buffer.recall(groups)
        np.testing.assert_array_equal(again >= 0, kept)
        np.testing.assert_array_equal(buffer["task"][again[kept]], groups.tasks[kept])
        np.testing.assert_allclose(buffer["score"][again[kept]], scores[kept])
        assert buffer["stamp"].max() <= buffer.draws
        np.testing.assert_allclose(buffer.weights().sum(), 1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 9), min_size=4, max_size=4), st.lists(st.floats(0, 9), min_size=1))
def test_a_full_buffer_loses_its_lowest_weights_to_higher_scores_only(old, new) -> None:
    buffer = Buffer(2, 4, staleness=0.0)
    put(buffer, [0, 1, 2, 3], old)
    put(buffer, list(range(10, 10 + len(new))), new)
    # All stamps are equal and staleness is off, so the lowest weight is the lowest score.
    np.testing.assert_allclose(np.sort(buffer["score"]), np.sort(old + new)[-4:])


def test_a_row_that_waited_long_survives_one_that_scores_more() -> None:
    buffer = Buffer(2, 2, staleness=0.99)
    put(buffer, [0, 1], [0.1, 0.2])
    buffer.draws, buffer["stamp"][:] = 9, [0, 9]
    put(buffer, [2], [0.3])
    assert tasks_of(buffer) == [0, 2]


def test_a_roster_that_plays_no_more_gives_its_row_to_the_next_on_the_same_task() -> None:
    buffer = Buffer(2, 8)
    put(buffer, [0, 1, 2], [9.0, 5.0, 1.0], rosters=[7, 7, 7], returns=[3.0, 3.0, 3.0])
    put(buffer, [0, 3], [2.0, 4.0], rosters=[8, 8], returns=[1.0, 1.0])
    assert tasks_of(buffer) == [0, 1, 2, 3]
    found = dict(zip(buffer["rows"][:, 0].tolist(), buffer["score"].tolist(), strict=True))
    assert found == {0: 2.0, 1: 5.0, 2: 1.0, 3: 4.0}
    row = buffer["rows"][:, 0].tolist().index(0)
    assert buffer["roster"][row] == 8
    assert (buffer["visits"][row, 0], buffer["mean"][row, 0]) == (1, 1.0)  # nothing of roster 7
    put(buffer, [1, 1], [6.0, 7.0], rosters=[8, 9])  # two heirs: one takes the row, one is new
    pairs = sorted(zip(buffer["rows"][:, 0].tolist(), buffer["roster"].tolist(), strict=True))
    assert pairs == [(0, 8), (1, 8), (1, 9), (2, 7), (3, 8)]


def test_rank_weights_are_those_of_the_paper() -> None:
    buffer = Buffer(2, 8, temperature=0.5, staleness=0.0)
    put(buffer, [0, 1, 2], [1.0, 9.0, 4.0])
    expected = np.array([1 / 9, 1, 1 / 4])
    np.testing.assert_allclose(buffer.weights(), expected / expected.sum())


def test_proportional_weights_are_those_of_the_paper() -> None:
    buffer = Buffer(2, 8, priority="proportional", temperature=0.5, staleness=0.0)
    put(buffer, [0, 1, 2, 3], [1e-200, 3e-200, 0.0, -5.0])
    np.testing.assert_allclose(buffer.weights(), [0.1, 0.9, 0, 0])
    put(buffer, [0, 1], [0.0, -1.0])  # nothing is worth anything now
    np.testing.assert_allclose(buffer.weights(), 0.25)


def test_staleness_is_mixed_in_by_draws_since_the_last() -> None:
    buffer = Buffer(2, 8, temperature=1.0, staleness=0.25)
    put(buffer, [0, 1], [2.0, 1.0])
    np.testing.assert_allclose(buffer.weights(), 0.75 * np.array([2 / 3, 1 / 3]) + 0.25 * 0.5)
    buffer.draws, buffer["stamp"][:] = 8, [7, 5]
    np.testing.assert_allclose(buffer.weights(), [0.75 * 2 / 3 + 0.25 / 4, 0.75 / 3 + 0.25 * 3 / 4])


def test_equal_scores_have_equal_weights() -> None:
    buffer = Buffer(2, 8)
    put(buffer, [0, 1, 2, 3], [1.0, 0.0, 1.0, 0.0])
    weights = buffer.priorities()
    assert weights[0] == weights[2] > weights[1] == weights[3]


def test_fresh_weights_fade_with_the_square_of_their_age() -> None:
    buffer = Buffer(2, 8, priority="fresh", staleness=0.0)
    for task in (0, 1, 2):
        put(buffer, [task], [1.0])
    expected = np.array([1 / 9, 1 / 4, 1])
    np.testing.assert_allclose(buffer.weights(), expected / expected.sum())


def test_each_draw_of_a_batch_stamps_its_row_before_the_next() -> None:
    buffer = Buffer(2, 4, staleness=1.0)
    put(buffer, [0, 1, 2, 3], [1.0] * 4)
    buffer.draws = 1
    first = buffer.sample(Draws(3), 2)
    assert first[0] != first[1]  # a row drawn just now has waited for nothing
    stamps = sorted(buffer["stamp"].tolist())
    assert stamps == [0, 0, 2, 3]


def test_draws_follow_the_weights() -> None:
    buffer = Buffer(2, 8, temperature=1.0, staleness=0.0)
    put(buffer, [0, 1, 2], [3.0, 2.0, 1.0])
    counts = np.bincount(buffer.sample(Draws(5), 20_000), minlength=3)
    np.testing.assert_allclose(counts / 20_000, buffer.weights(), atol=0.015)


def test_stale_draws_follow_the_waiting_times() -> None:
    counts = np.zeros(3)
    draws = Draws(6)
    buffer = Buffer(2, 8, staleness=1.0)
    put(buffer, [0, 1, 2], [3.0, 2.0, 1.0])
    for _ in range(4000):
        buffer.draws, buffer["stamp"][:] = 10, [9, 7, 4]
        counts[buffer.sample(draws, 1)[0]] += 1
    np.testing.assert_allclose(counts / 4000, [0.1, 0.3, 0.6], atol=0.03)


def test_the_same_key_draws_the_same_rows() -> None:
    slots = []
    for _ in range(2):
        buffer = Buffer(2, 8)
        put(buffer, list(range(8)), [float(i) for i in range(8)])
        slots.append(buffer.sample(Draws(11), 50).tolist())
    assert slots[0] == slots[1]


def test_a_task_put_twice_is_kept_once_and_its_episodes_add_up() -> None:
    buffer = Buffer(2, 8)
    put(buffer, [4], [1.0])
    put(buffer, [4], [3.0])
    assert buffer.size == 1
    assert buffer["score"].tolist() == [3.0]
    assert buffer["visits"].tolist() == [[2]]
    assert buffer["best"].tolist() == [[3.0]]
    assert buffer["mean"].tolist() == [[2.0]]


def test_one_task_with_two_rosters_takes_two_rows() -> None:
    buffer = Buffer(2, 8)
    put(buffer, [4, 4], [1.0, 2.0], rosters=[1, 2])
    assert buffer.size == 2


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_scores_and_returns_that_are_not_finite_change_nothing(odd: float) -> None:
    for scores, returns in (([odd, odd], [5.0, 5.0]), ([5.0, 5.0], [odd, odd])):
        buffer = Buffer(2, 8)
        put(buffer, [1], [2.0])
        before = buffer.state()
        kept = put(buffer, [1, 2], scores, returns=returns)
        assert kept.tolist() == [True, False]
        assert buffer.refused == 2
        for name in ("task", "score", "mean", "best", "visits"):
            np.testing.assert_array_equal(buffer.state()[name], before[name])


def test_a_loaded_buffer_has_the_same_scale_and_clocks() -> None:
    buffer, other = Buffer(2, 8), Buffer(2, 8)
    put(buffer, [1, 2], [2.0, 7.0])
    buffer.sample(Draws(1), 3)
    other.load(buffer.state())
    assert other.scale == buffer.scale and other.scale.top == 7.0
    assert (other.draws, other.batches, other.quiet) == (3, 1, 0)
    put(other, [1], [2.0])
    assert other.size == 2


def test_a_space_smaller_than_the_fill_is_replayed_in_the_end() -> None:
    buffer = Buffer(2, 10, min_fill=1.0)
    put(buffer, [0, 1, 2], [1.0, 1.0, 1.0])
    for _ in range(3):
        assert not buffer.ready
        put(buffer, [0, 1, 2], [1.0, 1.0, 1.0])
    put(buffer, [0], [1.0])
    assert buffer.ready


def test_a_buffer_is_ready_when_filled_far_enough() -> None:
    buffer = Buffer(2, 4, min_fill=0.5)
    assert not buffer.ready
    put(buffer, [0], [1.0])
    assert not buffer.ready
    put(buffer, [1], [1.0])
    assert buffer.ready


def test_an_empty_buffer_says_why_it_cannot_be_drawn_from() -> None:
    with pytest.raises(ValueError, match="empty"):
        Buffer(2, 4).sample(Draws(0), 1)


def test_settings_out_of_range_are_refused() -> None:
    for wrong in ({"capacity": 0}, {"priority": "best"}, {"temperature": 0}, {"staleness": 2}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Buffer(2, **wrong)


def test_pick_never_takes_what_has_no_share() -> None:
    shares = np.array([0.0, 0.5, 0.0, 0.5, 0.0])
    units = np.array([0.0, 0.4999, 0.5, 1 - 2.0**-53])
    assert pick(shares, units).tolist() == [1, 1, 3, 3]
