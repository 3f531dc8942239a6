"""Every score equals its formula, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from populations.creators.groups import Groups, group
from populations.creators.memory import Memory, Scale, add, blank
from populations.creators.scores import judged
from tests.populations.creators.episodes import outcomes


def judge(score: str, *batches: dict) -> np.ndarray:
    """The score of the tasks of the last batch; all batches must hold the same tasks."""
    memory: Memory | None = None
    for batch in batches:
        groups = group("toy", outcomes(**batch))
        memory = add(memory or blank(len(groups), Scale(0.0, -np.inf)), groups)
    return judged(score, "mean", groups, memory)


def test_value_losses_are_means_over_the_episodes_of_a_task() -> None:
    batch = {"tasks": [1, 2, 1], "returns": [0, 0, 0], "pvl": [0.2, 0.7, 0.4], "l1": [1, 2, 4]}
    np.testing.assert_allclose(judge("positive_value_loss", batch), [0.3, 0.7])
    np.testing.assert_allclose(judge("l1_value_loss", batch), [2.5, 2.0])


def test_a_value_loss_does_not_grow_with_the_number_of_episodes() -> None:
    few = {"tasks": [1], "returns": [0.0], "pvl": [0.5]}
    many = {"tasks": [1] * 9, "returns": [0.0] * 9, "pvl": [0.5] * 9}
    np.testing.assert_allclose(
        judge("positive_value_loss", few), judge("positive_value_loss", many)
    )


def test_max_mc_remembers_the_best_return_of_earlier_batches() -> None:
    first = {"tasks": [1], "returns": [5.0], "value": [0.0]}
    second = {"tasks": [1, 1], "returns": [1.0, 2.0], "value": [1.0, 2.0]}
    np.testing.assert_allclose(judge("max_mc", first, second), [5.0 - 1.5])


def test_spreads_compare_the_episodes_of_one_task() -> None:
    batch = {"tasks": [1, 2, 1, 2, 1, 2], "returns": [0, 3, 1, 3, 5, 3]}
    np.testing.assert_allclose(judge("max_minus_min", batch), [5, 0])
    np.testing.assert_allclose(judge("max_minus_mean", batch), [3, 0])


def test_learnability_is_highest_where_half_succeeds() -> None:
    batch = {"tasks": [1, 1, 2, 2, 3, 3], "returns": [0, 0, 0, 2, 2, 2]}
    np.testing.assert_allclose(judge("learnability", batch), [0, 0.25, 0])


def test_learning_progress_compares_two_running_means_of_what_was_seen() -> None:
    def bent(x: float) -> float:
        return 0.9 * x / (x + 0.1 * (1 - 2 * x))

    fast = slow = of_fast = of_slow = 0.0
    batches = []
    for visits in range(1, 200):
        value = float(visits > 5)
        fast, of_fast = fast + 0.1 * (value - fast), of_fast + 0.1 * (1 - of_fast)
        slow, of_slow = slow + 0.1 * (fast - slow), of_slow + 0.1 * (of_fast - of_slow)
        batches.append({"tasks": [1], "returns": [value]})
        if visits in (5, 6, 9, 199):
            expected = abs(bent(fast / of_fast) - bent(slow / of_slow))
            np.testing.assert_allclose(judge("learning_progress", *batches), [expected], atol=1e-9)
    assert expected < 1e-3  # it dies down where nothing changes any more


def test_what_pays_the_same_from_the_first_is_no_progress() -> None:
    batch = {"tasks": [1, 1, 1, 2, 2, 2], "returns": [0.5, 0.5, 0.5, 1, 1, 1]}
    np.testing.assert_allclose(judge("learning_progress", batch, batch), [0, 0], atol=1e-9)


def test_elder_gap_is_p_times_what_elders_have_ahead() -> None:
    batch = {
        "tasks": [1, 1, 2, 2, 3, 3, 4, 4],
        "returns": [0, 1, 0, 1, 0, 0, 1, 1],
        "elders": [1, 0.6, 0.5, 0.5, 1, 1, 0, 0],
    }
    # p = .5, .5, 0, 1 and p* = .8, .5 (a coin flip), 1 (too hard), 0 (the young are ahead)
    np.testing.assert_allclose(judge("elder_gap", batch), [0.5 * 0.3, 0, 0, 0], atol=1e-7)


def test_elder_gap_without_elders_is_learnability() -> None:
    batch = {"tasks": [1, 1, 2, 2], "returns": [0, 1, 1, 1]}
    np.testing.assert_allclose(judge("elder_gap", batch), judge("learnability", batch))


def test_elder_returns_are_pooled_over_batches_and_missing_ones_passed_over() -> None:
    nan = float("nan")
    first = {"tasks": [1, 1], "returns": [0, 1], "elders": [1, nan]}
    second = {"tasks": [1, 1], "returns": [0, 1], "elders": [0, 1]}
    np.testing.assert_allclose(judge("elder_gap", first, second), [0.5 * (2 / 3 - 0.5)])


def test_returns_below_the_floor_count_as_nothing_achieved() -> None:
    batch = {"tasks": [1, 2, 3], "returns": [-4, 0, 8]}
    np.testing.assert_allclose(judge("learnability", batch), [0, 0, 0])
    np.testing.assert_allclose(Scale(-4.0, 8.0).share(np.array([-4, 2, 8])), [0, 0.5, 1])


def test_one_task_with_two_rosters_is_scored_twice() -> None:
    batch = {"tasks": [1, 1, 1], "returns": [0, 4, 1], "rosters": [8, 9, 8]}
    np.testing.assert_allclose(judge("max_minus_min", batch), [1, 0])


def test_the_placebo_depends_on_identity_alone() -> None:
    one = judge("random_score", {"tasks": [1, 2], "returns": [0, 0]})
    other = judge("random_score", {"tasks": [1, 2], "returns": [5, 9]})
    np.testing.assert_array_equal(one, other)
    assert one[0] != one[1]


def test_groups_stand_in_order_of_first_appearance_with_their_episodes_in_order() -> None:
    groups: Groups = group("toy", outcomes([7, 3, 7, 5, 3, 7], [0, 1, 2, 3, 4, 5]))
    assert groups.rows[:, 0].tolist() == [7, 3, 5]
    assert groups.counts.tolist() == [[3], [2], [1]]
    assert groups.returns.tolist() == [0, 2, 5, 1, 4, 3]


def test_outcomes_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="pvl"):
        outcomes([1, 2], [0, 0], pvl=[1.0])
