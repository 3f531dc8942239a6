"""ALP-GMM plays where returns change, and begins anew with every generation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from configs.creator_schema import Gmm
from populations.creators import alp_gmm
from populations.creators.alp_gmm import AlpGmm
from populations.creators.creator import Outcomes
from tests.populations.creators.episodes import outcomes
from tests.populations.creators.ladders import KIND, LADDER, RUNG, Climber, Ladders, built, climb

SPACE: Any = Ladders(ladders=4, rungs=8)


def creator(space: Any = SPACE, **settings: Any) -> AlpGmm:
    found = built(space, 5, name="alp_gmm", score="learning_progress", gmm=Gmm(**settings))
    assert isinstance(found, AlpGmm)
    return found


def told(rows: Any, returns: Any) -> Outcomes:
    """One episode of each of these tasks, or rungs of the first ladder."""
    rows = np.array([[0, row, 0] if isinstance(row, int) else row for row in rows], np.int16)
    found = outcomes(list(range(len(rows))), returns)
    return found.of(replace(found.proposal, rows=rows), np.arange(len(rows)), found.task)


def test_progress_is_the_distance_from_the_return_on_the_nearest_earlier_task() -> None:
    one = creator()
    one.observe(told([1, 5], [1.0, 0.25]))
    assert one.progress().tolist() == [0, 0]  # nothing was played before, not even beside them
    one.observe(told([2, 4, 5], [0.5, 0.5, 0.25]))
    np.testing.assert_allclose(one.progress(), [0, 0, 0.5, 0.25, 0])
    one.observe(told([5], [1.0]))
    np.testing.assert_allclose(one.progress()[-1], 0.75)


def test_of_equally_near_tasks_the_latest_counts() -> None:
    one = creator()
    for return_ in (1.0, 0.0, 0.25):
        one.observe(told([3], [return_]))
    np.testing.assert_allclose(one.progress(), [0, 1, 0.25])


def test_progress_is_a_share_of_the_best_return_above_the_floor() -> None:
    one = creator()
    one.observe(told([3, 8], [2.0, 4.0]))
    one.observe(told([3, 8], [-7.0, 4.0]))  # as bad as doing nothing
    np.testing.assert_allclose(one.progress(), [0, 0, 0.5, 0])


def test_the_episodes_of_a_task_count_together_and_odd_returns_not_at_all() -> None:
    one = creator()
    twice = told([3], [0.5]).of(told([3], [0.0]).proposal, np.array([0, 0]), np.zeros(2, np.int32))
    one.observe(twice)
    one.observe(told([3, 4], [np.nan, 1.0]))
    assert one.returns.tolist() == [0.5, 1.0] and one.tasks == 2


def test_all_is_drawn_from_the_space_until_the_window_is_full_then_fits_come_regularly() -> None:
    one, climber = creator(window=30, every=20, random=0.0), Climber(SPACE, 9)
    fits = []
    for _ in range(12):
        before = one.means
        one.observe(climber.play(one.propose(8), 1))
        fits.append(one.means is not before)
    # After 32 tasks, the first 30 or more; then after at least 20 more, 56 and 80.
    assert [8 * (place + 1) for place, fitted in enumerate(fits) if fitted] == [32, 56, 80]


def test_tasks_come_from_where_there_is_progress() -> None:
    one = creator(window=60, every=60, most=4, random=0.0)
    rows = SPACE.sample(1, 60)
    changing = np.isin(rows[:, RUNG], (5, 6)) & (rows[:, KIND] == 0)
    for turn in range(2):  # the second time, returns have changed on rungs 5 and 6 alone
        one.observe(told(list(rows), np.where(changing, float(turn), rows[:, KIND])))
    drawn = one.propose(400).rows
    assert np.isin(drawn[:, RUNG], (4, 5, 6, 7)).mean() > 0.9
    assert (drawn[:, KIND] == 0).mean() > 0.9


def test_a_part_of_the_tasks_is_drawn_from_the_whole_space() -> None:
    one = creator(window=10, random=0.5)
    one.means = np.array([[0.0, 0.0, 0.0, 1.0]])  # one Gaussian, on a single task
    one.covariances = 1e-6 * np.eye(4)[None]
    drawn = one.propose(1000).rows
    aimed = (drawn == [0, 1, 0]).all(1).mean()
    assert 0.45 < aimed - 0.5 / 64 < 0.55
    assert set(drawn[:, LADDER].tolist()) == {0, 1, 2, 3}


def test_gaussians_are_drawn_by_their_progress_and_evenly_where_there_is_none() -> None:
    one = creator(random=0.0)
    one.covariances = np.tile(1e-6 * np.eye(4), (2, 1, 1))
    for progress, share in (((0.3, 0.1), 0.75), ((0.0, 0.2), 0.0), ((0.0, 0.0), 0.5)):
        one.means = np.array([[0, 0, 0, progress[0]], [0, 1, 0, progress[1]]])
        low = (one.propose(2000).rows[:, RUNG] == 1).mean()
        assert abs(low - share) < 0.03


def test_a_generation_begins_with_the_whole_space_and_no_returns_of_others() -> None:
    one, climber = creator(window=20), Climber(SPACE, 9)
    for _ in range(6):
        one.observe(climber.play(one.propose(8), 1))
    assert len(one.means)
    one.graduate()
    assert not len(one.means) and not one.tasks
    one.observe(told([3], [1.0]))
    assert one.progress().tolist() == [0]
    assert len(one.rows()) > 1  # what earlier generations could do stays known


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alp_gmm, "KNOWN", 16)
    one, climber = creator(window=24), Climber(SPACE, 9)
    for _ in range(10):
        one.observe(climber.play(one.propose(8), 1))
        assert len(one.vectors) == len(one.returns) == len(one.before) <= 24
    assert one.tasks == 80 and len(one.progress()) == 24


def test_it_climbs_well_above_uniform_draws() -> None:
    skills = {}
    for name in ("uniform", "alp_gmm"):
        settings = {"gmm": Gmm(window=100, every=100, most=6)} if name == "alp_gmm" else {}
        made = built(SPACE, 3, name=name, repeats=1, **settings)
        skills[name] = climb(made, Climber(SPACE, 3), 30_000)["skill"]
    assert skills["alp_gmm"] > skills["uniform"] + 0.3
