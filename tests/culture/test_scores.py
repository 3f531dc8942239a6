"""A table of returns worked by hand: worths, shares, percentiles, participation, and who is ahead."""

import numpy as np
import pytest

from culture.returns import Returns, Who
from culture.scores import scores, table

WHO = (Who("r", 0, "good"), Who("r", 1, "specialist"), Who("r", 1, "idle"), Who("", -1, "noise"))


def _returns(cells: list[list[list[float]]], company: str = "alone") -> Returns:
    """Of agent_0: [I, C, K]."""
    made = np.array(cells, float)[..., None]
    members, rosters, tasks, _ = made.shape
    return Returns(
        suite="heldout",
        company=company,
        solved=0.5,
        episodes=4,
        who=(*WHO[: members - 1], WHO[-1]),
        rosters=tuple(f"roster {c}" for c in range(rosters)),
        tasks=tuple(f"task {k}" for k in range(tasks)),
        table=made,
    )


ALONE = _returns([[[2, 1, 1, 0]], [[0, 4, 0, 0]], [[0, 0, 0, 0]], [[1, 0, 0, 0.05]]])


def test_shares_are_of_the_best_known_where_there_is_one_roster() -> None:
    found = scores(ALONE)
    assert (found["tasks"], found["tasks_counted"]) == (4, 3)  # the last one is not worth a reward
    good, specialist, idle = found["members"]
    assert good["return"] == 1 and good["curve"][-1] == good["p50"] == 1  # of shares 1, 1/4, 1
    assert good["p10"] == pytest.approx(np.percentile([1, 0.25, 1], 10))
    assert (good["participation"], specialist["participation"]) == (1, pytest.approx(1 / 3))
    assert (good["solved"], specialist["solved"], idle["solved"]) == (2, 1, 0)
    assert [line["front"] for line in found["members"]] == [True, False, False]
    assert found["scripts"][0]["member"] == "noise" and "front" not in found["scripts"][0]
    text = table(found)
    assert "good *" in text and "specialist *" not in text and "1 that are worth less" in text


def test_who_is_ahead_in_one_measure_and_behind_in_another_shares_the_front() -> None:
    wide = [0.3, 0.3, 0.3, 0.3, 0.3]
    narrow = [0.0, 0.0, 1.0, 1.0, 1.0]
    found = scores(_returns([[wide], [narrow], [[0.2] * 5], [[1.0] * 5]]))
    assert [line["front"] for line in found["members"]] == [True, True, False]


def test_with_several_rosters_a_task_is_worth_the_value_of_its_game() -> None:
    pennies = [[[2.0], [0.0]], [[0.0], [2.0]], [[0.5], [0.5]], [[0.0], [0.0]]]
    returns = _returns(pennies, "population")
    worths, _ = returns.worth()
    assert worths[0, 0] == pytest.approx(1)  # the first two mix evenly, and so do the rosters
    found = scores(returns)
    assert found["members"][0]["p50"] == pytest.approx(1)  # mean over rosters 1, of 1
    assert found["members"][2]["p50"] == pytest.approx(0.5)
    assert found["rosters"] == ["roster 0", "roster 1"]


def test_where_rewards_are_negative_shares_begin_at_the_least_return() -> None:
    found = scores(_returns([[[3.0]], [[1.0]], [[-1.0]], [[0.0]]]))
    assert [line["p50"] for line in found["members"]] == [1, 0.5, 0]
    assert found["scripts"][0]["p50"] == 0.25  # and yet it was never rewarded
    assert found["scripts"][0]["participation"] == found["members"][2]["participation"] == 0
    assert [line["solved"] for line in found["members"]] == [1, 0, 0]  # of the return as it is


def test_a_copied_task_moves_no_skill_and_a_new_member_makes_a_new_version() -> None:
    cells = np.random.default_rng(0).random((4, 1, 12))
    copied = np.concatenate([cells, cells[..., :1], cells[..., :1]], -1)
    one, more = (scores(_returns(each.tolist())) for each in (cells, copied))
    for line, other in zip(one["members"], more["members"], strict=True):
        assert line["skill"] == pytest.approx(other["skill"], abs=1e-4)
    fewer = scores(_returns(cells[1:].tolist()))
    assert fewer["worth"]["version"] != one["worth"]["version"]


def test_where_nothing_is_worth_anything_there_is_nothing_to_compare() -> None:
    found = scores(_returns([[[0.0]], [[0.0]], [[0.0]], [[0.0]]]))
    assert found["tasks_counted"] == 0
    for line in found["members"]:
        assert line["skill"] is None and not line["front"] and "p50" not in line
    assert " - " in table(found)


def test_a_task_without_some_seats_is_measured_in_those_it_has() -> None:
    returns = _returns([[[2, 1]], [[1, 1]], [[0, 0]], [[0, 0]]], "self_play")
    second = np.array([[[4, np.nan]], [[4, np.nan]], [[0, np.nan]], [[0, np.nan]]])
    both = np.stack([returns.table[..., 0], second], -1)
    found = scores(Returns(**{**returns.__dict__, "table": both}))
    assert found["members"][1]["p50"] == pytest.approx(np.median([(1 / 2 + 1) / 2, 1]))
