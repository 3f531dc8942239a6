"""Pictures: their sizes, what they show, and colours that everybody can tell apart."""

import itertools
from typing import Any

import numpy as np
import pytest

from worlds import make
from worlds.palettes import PALETTES, ink
from worlds.render import draw, render
from worlds.scene import NO_HEADING, Body, Mark, Scene
from worlds.sprites import body, digits, frame, shape


def _state(family: Any) -> Any:
    state = family.state(4)
    family.reset(state, family.space.sample(3, 4))
    return state


@pytest.mark.parametrize("tile", [8, 16, 33, 64])
@pytest.mark.parametrize("palette", PALETTES)
def test_a_world_becomes_a_picture_of_its_size(tile: int, palette: str) -> None:
    family = make("goal_sequence", size=5, trials=3)
    picture = render(family, _state(family), 2, tile, palette)
    assert picture.dtype == np.uint8
    assert picture.shape[1] == 5 * tile + 2 * (tile // 4)
    assert picture.shape[0] > 5 * tile


def test_pictures_follow_the_world_and_nothing_else() -> None:
    family = make("goal_sequence")
    state = _state(family)
    first = render(family, state, 1)
    assert (render(family, state, 1) == first).all()
    state.visible[1] = 0
    hidden = render(family, state, 1)
    assert (hidden != first).any()
    state.visible[1] = 1
    family.step(state, np.full((4, 2), 2, np.int8))
    assert (render(family, state, 1) != first).any()


def test_goals_agents_and_next_goals_have_their_colours() -> None:
    family = make("goal_sequence", order_key=3)
    state = _state(family)
    colours = PALETTES["okabe_ito"]
    picture = render(family, state, 0, 64).reshape(-1, 3)
    for name in ("orange", "blue", "green", "agent_0", "agent_1"):
        assert (picture == colours[name]).all(axis=1).sum() > 100, name


def test_the_next_goal_is_framed_for_its_agent() -> None:
    floor = np.ones((3, 3), bool)
    plain = draw(Scene(floor, (Mark(1, 1, "circle", "blue"),), ()), 64, "okabe_ito")
    pictures = [
        draw(Scene(floor, (Mark(1, 1, "circle", "blue", agents),), ()), 64, "okabe_ito")
        for agents in ((), (0,), (1,), (0, 1))
    ]
    assert (pictures[0] == plain).all()
    for one, other in itertools.combinations(pictures, 2):
        assert (one != other).any()


def test_what_an_agent_sees_is_drawn_from_its_observation_alone() -> None:
    family = make("goal_sequence", order_key=3)
    state = _state(family)
    out = np.zeros((4, 2, family.observation_size), np.uint8)
    family.observe(state, out)
    pictures = [draw(family.view_scene(observation), 24, "okabe_ito") for observation in out[:, 0]]
    assert {picture.shape for picture in pictures} == {(5 * 24 + 12 + 8, 5 * 24 + 12, 3)}
    outside = PALETTES["okabe_ito"]["outside"]
    assert any((picture == outside).all(axis=2).any() for picture in pictures)


def test_two_agents_in_one_cell_are_both_seen() -> None:
    floor = np.ones((1, 1), bool)
    bodies = (Body(0, 0, 1, 1), Body(0, 0, 0, 0))
    picture = draw(Scene(floor, (), bodies), 64, "okabe_ito").reshape(-1, 3)
    colours = PALETTES["okabe_ito"]
    counts = [(picture == colours[name]).all(axis=1).sum() for name in ("agent_0", "agent_1")]
    assert min(counts) > 100
    assert abs(counts[0] - counts[1]) < 120


def test_headings_numbers_and_shapes_all_differ() -> None:
    sprites = [body(heading, 48) for heading in (NO_HEADING, 0, 1, 2, 3)]
    sprites += [shape(name, 48, 1.0) for name in ("circle", "square", "triangle")]
    sprites += [frame(0, 48), frame(1, 48)]
    for one, other in itertools.combinations(sprites, 2):
        assert np.abs(one - other).sum() > 20
    assert (np.rot90(body(0, 48), -1) == body(1, 48)).all()
    assert digits(0, 1).shape == (7, 5) and digits(128, 2).shape == (14, 34)
    assert len({digits(number, 1).tobytes() for number in range(10)}) == 10


def test_a_world_becomes_text() -> None:
    family = make("goal_sequence", size=4)
    state = _state(family)
    text = family.text(state, 0).split("\n")
    assert [len(line) for line in text[:4]] == [7] * 4
    assert sorted("".join(text[:4]).replace(".", "").replace(" ", "")) == [">", "B", "G", "O"]
    assert text[2][2:4] == ".>"
    assert text[4] == "trial 1 step 0"
    assert text[5].startswith("agent_0 > at (2, 1), reached 0, next ")
    assert "hidden" not in text[6]
    state.visible[0] = 0
    for actions in ([1, 3], [2, 3]):  # agent_0 turns right and goes
        family.step(state, np.tile(np.array(actions, np.int8), (4, 1)))
    text = family.text(state, 0).split("\n")
    assert (text[2][3], text[3][3]) == (">", "v")
    assert text[6].endswith(", hidden") and not text[5].endswith("hidden")


def test_bad_tiles_and_palettes_are_refused() -> None:
    family = make("goal_sequence")
    state = _state(family)
    with pytest.raises(ValueError, match="tile is 4, allowed are 8..256 pixels"):
        render(family, state, 0, 4)
    with pytest.raises(ValueError, match="unknown palette 'sepia', known are okabe_ito"):
        render(family, state, 0, 32, "sepia")


# Machado 2009, severity 1: what linear red, green and blue become in three kinds of sight.
SIGHTS = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


OBJECTS = ("black", "purple", "yellow", "green", "red", "white")
AGENTS = tuple(f"agent_{number}" for number in range(8))
PAINTS = tuple(f"paint_{number}" for number in range(6))


def _lab(colour: tuple[int, int, int], sight: str) -> np.ndarray:
    part = np.array(colour) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(SIGHTS[sight]) @ linear, 0, 1)
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ratio = (np.array(matrix) @ linear) / [0.9505, 1.0, 1.089]
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("palette", ["okabe_ito", "high_contrast"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_are_told_apart_in_every_kind_of_sight(palette: str, sight: str) -> None:
    colours = PALETTES[palette]
    marks = ("orange", "blue", "green", "agent_0", "agent_1", "floor")
    # Agents have numbers and paints have textures besides.
    for names, least in ((marks, 15), (OBJECTS, 15), (AGENTS, 10), (PAINTS, 10)):
        labs = {name: _lab(colours[name], sight) for name in names}
        for one, other in itertools.combinations(names, 2):
            assert np.linalg.norm(labs[one] - labs[other]) >= least, (one, other)


@pytest.mark.parametrize("palette", PALETTES)
def test_higher_ground_is_brighter(palette: str) -> None:
    heights = [_lab(PALETTES[palette][f"height_{height}"], "normal")[0] for height in range(4)]
    assert min(np.diff(heights)) >= 8


def test_grey_objects_differ_in_brightness() -> None:
    lights = sorted(_lab(PALETTES["grey"][name], "normal")[0] for name in OBJECTS)
    assert min(np.diff(lights)) >= 10


def test_numbers_are_black_or_white_whichever_reads_better() -> None:
    assert [ink(colour) for colour in ((255, 255, 255), (0, 0, 0), (204, 121, 167))] == [
        "black",
        "white",
        "black",
    ]
