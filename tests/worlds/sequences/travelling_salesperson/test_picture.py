"""Pictures of Travelling Salesperson: the map, the tour, who points where, and what one agent is told."""

from typing import Any

import numpy as np
import pytest

from worlds import make
from worlds.palettes import PALETTES
from worlds.render import draw, render
from worlds.scene import unseen

NAME = "travelling_salesperson"


def _state(**settings: Any) -> tuple[Any, Any]:
    family = make(NAME, **settings)
    state = family.state(2)
    family.reset(state, family.space.sample(3, 2))
    return family, state


def _go(family: Any, state: Any, *cities: int) -> None:
    for city in cities:
        family.step(state, np.full((2, family.num_agents), city, np.int8))


@pytest.mark.parametrize("tile", [8, 16, 33, 64])
@pytest.mark.parametrize("palette", PALETTES)
def test_a_world_and_a_view_become_pictures_of_their_sizes(tile: int, palette: str) -> None:
    family, state = _state(cities=24, trials=3, demonstrators=8)
    state.shown[:] = np.arange(8)
    _go(family, state, 5, 6, 7)
    picture = render(family, state, 1, tile, palette)
    assert picture.dtype == np.uint8 and picture.shape[1] == 10 * tile + 2 * (tile // 4)
    out = np.zeros((2, 9, family.observation_size), np.uint8)
    family.observe(state, out)
    assert draw(family.view_scene(out[0, 0]), tile, palette).shape[1] == picture.shape[1]


def test_pictures_follow_tour_comments_and_visibility() -> None:
    family, state = _state(cities=6, trials=2)
    pictures = [render(family, state, 1)]
    _go(family, state, 3)
    pictures.append(render(family, state, 1))
    assert (render(family, state, 1) == pictures[-1]).all()
    state.shown[1] = 4, 5, 5
    pictures.append(render(family, state, 1))
    state.visible[1] = 0
    pictures.append(render(family, state, 1))
    for before, after in zip(pictures, pictures[1:], strict=False):
        assert (before != after).any()


def test_the_tour_is_drawn_closed_after_the_trial_and_a_mistake_is_crossed_out() -> None:
    family, state = _state(cities=4, trials=3)
    _go(family, state, 2, 1)
    assert family.scene(state, 0).chart.route == (0, 2, 1)
    _go(family, state, 3)
    chart = family.scene(state, 0).chart
    assert chart.route == (0, 2, 1, 3, 0) and chart.mistake is None
    assert chart.length > 0
    _go(family, state, 1)
    assert family.scene(state, 0).chart.route == (0, 1)
    _go(family, state, 1)
    chart = family.scene(state, 0).chart
    assert chart.route == (0, 1) and chart.mistake == 1
    assert (render(family, state, 0).reshape(-1, 3) == PALETTES["okabe_ito"]["red"]).all(1).any()


def test_the_bar_tells_the_shortest_tour_and_the_mean_of_all() -> None:
    for cities, best in ((6, "optimal"), (13, "good")):
        family, state = _state(cities=cities, trials=1)
        lines = family.yardsticks(state.rows)
        scene = family.scene(state, 0)
        marks = dict(scene.chart.marks)
        assert 0 < marks["circle"] < marks["square"] < 1
        told = [cities - lines[name][0, 0] for name in (best, "random_order")]
        assert marks["circle"] / marks["square"] == pytest.approx(told[0] / told[1], rel=1e-5)
        assert f"{best} {told[0]:.2f}, random order {told[1]:.2f}" in scene.told[0]


def test_a_view_knows_no_places_and_shows_what_the_observation_says() -> None:
    family, state = _state(cities=6, trials=2)
    state.shown[0] = 4, -1, 2
    _go(family, state, 3)
    out = np.zeros((2, 4, family.observation_size), np.uint8)
    family.observe(state, out)
    one, other = family.view_scene(out[0, 0]).chart, family.view_scene(out[1, 0]).chart
    assert one.places == other.places
    assert one.route == (3,) and one.mistake is None
    assert one.comments == ((1, 4), (3, 2))
    assert not unseen(family.scene(state, 0), family.view_scene(out[0, 0]), 0).any()
    _go(family, state, 3)
    family.observe(state, out)
    assert family.view_scene(out[0, 0]).chart.mistake == 3
    assert not family.view_scene(out[0, 1]).chart.comments


def test_text_tells_the_tour_and_who_points_where() -> None:
    family, state = _state(cities=4, trials=2)
    state.shown[0] = 2, 3, -1
    state.visible[0] = 0
    _go(family, state, 2)
    lines = family.text(state, 0).split("\n")
    assert lines[0] == "trial 1 step 1"
    assert lines[1] == f"tour 0 > 2, length {state.legs[0, 0, 2] / 1000:.3f}"
    hidden = "shows 2, hidden", "shows 3, hidden", "shows nothing, hidden"
    assert lines[2:] == [f"agent_{n} {told}" for n, told in enumerate(hidden, 1)]
    _go(family, state, 2)
    assert family.text(state, 0).split("\n")[1].endswith("ended by a mistake")
    _go(family, state, 1, 2, 3)
    assert family.text(state, 0).split("\n")[1].startswith("tour 0 > 1 > 2 > 3 > 0")
    assert family.text(state, 0).split("\n")[1].endswith("closed")
