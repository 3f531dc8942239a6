"""AGAIN takes over the curriculum of the generation that began alike and ended best."""

from __future__ import annotations

from typing import Any

import numpy as np
from safetensors.numpy import load, save

from configs.creator_schema import Again as Settings
from configs.creator_schema import Gmm
from populations.creators.again import CELLS, RECENT, Again
from populations.creators.curricula import Curricula
from tests.populations.creators.ladders import Climber, Ladders, built
from tests.populations.creators.test_alp_gmm import told

SPACE: Any = Ladders(ladders=4, rungs=8)
FIT = 20  # tasks of a window, and between fits


def creator(**settings: Any) -> Again:
    again = Settings(**{"least": 0.0, **settings})
    gmm = Gmm(window=FIT, every=FIT, most=3)
    found = built(SPACE, 5, name="again", score="learning_progress", gmm=gmm, again=again)
    assert isinstance(found, Again)
    return found


def live(one: Again, climber: Climber, proposals: int) -> None:
    for _ in range(proposals):
        one.observe(climber.play(one.propose(10), 1))


def with_past(one: Again, firsts: list[float], lasts: list[float]) -> Again:
    """Generations that had two stages each, of returns 0.25 and 0.5: all at the rung of their number."""
    one.firsts = np.repeat(np.array(firsts)[:, None], CELLS, axis=1)
    one.lasts = np.repeat(np.array(lasts)[:, None], CELLS, axis=1)
    for number in range(len(firsts)):
        for return_ in (0.25, 0.5):
            rung = (number + 1) / 7
            one.curricula.add(return_, np.array([[0, rung, 0, 0.5]]), 1e-6 * np.eye(4)[None])
        one.curricula.begin()
    return one


def play(one: Again, return_: float, tasks: int = FIT) -> None:
    """Tasks all over the space with the same return; the scale is from 0 to 1."""
    rows = SPACE.sample(one.tasks + 1, tasks)
    one.observe(told(list(rows), np.full(tasks, return_)))


def scaled(one: Again) -> Again:
    """With the best of all returns known."""
    play(one, 1.0, 1)
    one.buffer.forget()
    one.graduate()
    return one


def test_stages_and_gaussians_of_each_learner_lie_together() -> None:
    found = Curricula(2)
    for sizes in ([1, 3], [], [2]):
        for size in sizes:
            found.add(size / 10, np.full((size, 2), size), np.tile(np.eye(2), (size, 1, 1)))
        found.begin()
    assert found.stages.tolist() == [2, 0, 1, 0]
    assert [found.of(learner) for learner in range(3)] == [(0, 2), (2, 2), (2, 3)]
    for stage, size in enumerate([1, 3, 2]):
        means, covariances = found.stage(stage)
        assert means.tolist() == [[size, size]] * size and covariances.shape == (size, 2, 2)
        assert found.returns[stage] == size / 10


def test_a_generation_leaves_what_it_knew_and_its_mixtures_with_their_returns() -> None:
    one = creator(pretest=2)
    for return_ in (
        0.0,
        1.0,
        0.5,
        1.0,
    ):  # fits after each; mixtures are in force from the second on
        play(one, return_)
    known = one.known.copy()
    one.graduate()
    # The first mixture knew of no progress; those of the others were in force for 0.5 and 1.0.
    assert one.curricula.stages.tolist() == [2, 0]
    np.testing.assert_allclose(one.curricula.returns, [0.5, 1.0])
    assert (one.lasts == known).all() and one.firsts.shape == (1, CELLS)
    assert one.lasts.sum() > one.firsts.sum() > 0
    assert not one.known.any()


def test_what_is_known_of_a_cell_is_a_running_mean_from_nothing() -> None:
    one = creator()
    one.observe(told([3, 3], [1.0, 1.0]))
    cell = ((SPACE.vector(np.array([[0, 3, 0]])) - one.cells) ** 2).sum(1).argmin()
    expected = np.zeros(CELLS)
    expected[cell] = 1 - 0.9**2
    np.testing.assert_allclose(one.known, expected)


def test_gaussians_of_little_progress_are_not_left_to_others() -> None:
    one = creator(least=0.4)
    one.means = np.array([[0, 0, 0, 0.4], [0, 1, 0, 0.5], [1, 1, 0, 0.1]])
    one.covariances = np.tile(np.eye(4), (3, 1, 1))
    play(one, 1.0, 5)
    one.graduate()
    assert one.curricula.gaussians.tolist() == [1]
    np.testing.assert_allclose(one.curricula.means, [[0, 1, 0, 0.5]])


def test_of_those_most_alike_the_one_that_ended_best_is_followed() -> None:
    # Nobody knows anything at first: generations 1 and 2 are most alike, and 0 ended best of all.
    for nearest, chosen in ((1, 1), (2, 2), (3, 0)):
        one = with_past(scaled(creator(pretest=1, nearest=nearest)), [0.9, 0.0, 0.1], [1, 0.2, 0.4])
        one.firsts, one.lasts = one.firsts[-3:], one.lasts[-3:]
        one.curricula.stages = one.curricula.stages[-4:]
        play(one, 0.0)
        np.testing.assert_allclose(one._gaussians()[0][-1], [0, (chosen + 1) / 7, 0, 0.5])
        assert one.metrics()["stages_left"] == 2


def test_a_mixture_is_followed_until_its_return_is_reached_and_then_alp_gmm_goes_on() -> None:
    one = with_past(creator(pretest=1, random=0.0), [0.0], [1.0])
    play(one, 0.0)
    left = []
    for return_ in (1.0, 0.0, 0.6, 0.6, 0.6, 0.4, 1.0, 1.0, 1.0):
        play(one, return_)
        left.append(int(one.metrics()["stages_left"]))
    # The last 50 of the first 60 have the mean 0.44, of 0.25; those of the next 60 0.52, of 0.5.
    assert left == [2, 2, 1, 1, 1, 0, 0, 0, 0]
    assert RECENT == 50 and len(one._gaussians()[0]) == len(one.means)


def test_a_mixture_stays_while_its_return_is_not_reached() -> None:
    one = with_past(creator(pretest=1), [0.0], [1.0])
    one.curricula.returns[:] = 0.9
    for _ in range(8):
        play(one, 0.5)
    assert one.metrics()["stages_left"] == 2


def test_own_gaussians_are_drawn_from_beside_those_taken_over() -> None:
    one = with_past(creator(pretest=1, random=0.0), [0.0], [1.0])
    play(one, 0.0)
    one.means = np.array([[1.0, 1.0, 0.0, 0.5]])  # as promising as the one taken over
    one.covariances = 1e-6 * np.eye(4)[None]
    drawn = one.propose(1000).rows
    assert 0.45 < (drawn == [3, 8, 0]).all(1).mean() < 0.55
    assert 0.45 < (drawn == [0, 2, 0]).all(1).mean() < 0.55


def test_without_earlier_generations_it_is_alp_gmm() -> None:
    one, climber = creator(), Climber(SPACE, 9)
    live(one, climber, 8)
    assert one.metrics()["stages_left"] == 0 and len(one._gaussians()[0]) == len(one.means)


def test_it_goes_on_bit_for_bit_over_generations_and_within_a_curriculum() -> None:
    one, climber = creator(pretest=1), Climber(SPACE, 9)
    for _ in range(2):
        live(one, climber, 12)
        one.graduate()
    live(one, climber, 4)
    one.curricula.returns[:] = 2.0  # a return that nobody reaches, so that it stays
    live(one, climber, 2)
    assert one.metrics()["stages_left"] > 0
    other = creator(pretest=1)
    other.load(load(save(one.state())))
    copy = Climber(SPACE, 9)
    copy.logits, copy.values = climber.logits.copy(), climber.values.copy()
    copy.draws.counter = climber.draws.counter
    for _ in range(8):
        np.testing.assert_array_equal(one.propose(10).rows, (other_rows := other.propose(10)).rows)
        one.observe(climber.play(other_rows, 1))
        other.observe(copy.play(other_rows, 1))
    one.graduate()
    other.graduate()
    assert save(one.state()) == save(other.state())
