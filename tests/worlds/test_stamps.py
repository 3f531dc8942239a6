"""Things and agents in colour: each is told from the others, and from the ground below it."""

import itertools

import numpy as np
import pytest

from worlds import stamps
from worlds.palettes import LETTERED, PALETTES, ink
from worlds.scene import Body, Mark
from worlds.sprites import dots

SHAPES = ("slab", "cube", "sphere", "pyramid")
COLOURS = ("black", "purple", "yellow", "green", "red", "white")


def _on(ground: int, stamp: stamps.Stamp, tile: int) -> np.ndarray:
    cell = np.full((tile, tile, 3), ground, np.uint8)
    stamps.lay(cell, stamp)
    return cell.astype(int)


def _all_differ(pictures: list[np.ndarray], least: float) -> None:
    """Mean difference of two pictures over a cell, in steps of brightness."""
    for one, other in itertools.combinations(pictures, 2):
        assert np.abs(one - other).mean() >= least


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("tile", [20, 48])
def test_every_kind_looks_unlike_the_others(palette: str, tile: int) -> None:
    kinds = [Mark(0, 0, shape, colour) for shape in SHAPES for colour in COLOURS]
    _all_differ([_on(80, stamps.of_mark(kind, tile, palette), tile) for kind in kinds], 4)


@pytest.mark.parametrize("ground", [20, 60, 110, 150])
def test_every_kind_stands_out_from_every_ground(ground: int) -> None:
    for shape, colour in itertools.product(SHAPES, COLOURS):
        cell = _on(ground, stamps.of_mark(Mark(0, 0, shape, colour), 32, "okabe_ito"), 32)
        assert (np.abs(cell - ground).max(axis=2) > 50).sum() > 60, (shape, colour)


def test_a_thing_shows_whether_it_is_pinned_or_frozen_and_a_slab_its_uphill() -> None:
    looks = [Mark(0, 0, "slab", "green", uphill=uphill) for uphill in range(4)]
    looks += [Mark(0, 0, "slab", "green", pinned=True), Mark(0, 0, "slab", "green", frozen=True)]
    _all_differ([_on(80, stamps.of_mark(look, 32, "okabe_ito"), 32) for look in looks], 6)
    cubes = [Mark(0, 0, "cube", "green", uphill=uphill) for uphill in range(4)]
    pictures = [_on(80, stamps.of_mark(cube, 32, "okabe_ito"), 32) for cube in cubes]
    assert all((picture == pictures[0]).all() for picture in pictures)


def test_an_agent_shows_number_heading_gadget_and_what_it_holds() -> None:
    looks = [Body(0, 0, heading, 2) for heading in range(4)]
    looks += [Body(0, 0, 0, 3), Body(0, 0, 0, 2, held=("cube", "red"))]
    looks += [Body(0, 0, 0, 2, held=("sphere", "red"))]
    looks += [Body(0, 0, 0, 2, gadget=gadget) for gadget in ("freeze", "tag")]
    looks += [Body(0, 0, 0, 2, gadget="freeze", ready=False)]
    _all_differ([_on(80, stamps.of_body(look, 32, "okabe_ito"), 32) for look in looks], 0.8)


@pytest.mark.parametrize("heading", range(4))
def test_what_an_agent_holds_is_ahead_of_it_to_the_right(heading: int) -> None:
    empty, full = (
        _on(80, stamps.of_body(Body(0, 0, heading, 0, held=held), 48, "okabe_ito"), 48)
        for held in (None, ("cube", "red"))
    )
    changed = np.rot90(np.abs(full - empty).sum(axis=2) > 0, heading)  # it faces east now
    rows, columns = np.nonzero(changed)
    assert rows.min() > 20 and columns.min() > 20


def test_a_stamp_laid_twice_is_the_same_as_laid_once_where_it_is_solid() -> None:
    stamp = stamps.of_mark(Mark(0, 0, "cube", "red"), 32, "okabe_ito")
    cell = np.full((32, 32, 3), 80, np.uint8)
    stamps.lay(cell, stamp)
    once = cell.copy()
    stamps.lay(cell, stamp)
    solid = stamp.keep[..., 0] == 0
    assert solid.sum() > 300 and (cell == once)[solid].all()


@pytest.mark.parametrize("palette", LETTERED)
def test_where_colours_say_little_a_thing_bears_the_letter_of_its_colour(palette: str) -> None:
    colours = PALETTES[palette]
    for shape, colour in itertools.product(SHAPES, COLOURS):
        cell = _on(80, stamps.of_mark(Mark(0, 0, shape, colour), 48, palette), 48)
        letter = dots(colour[0].upper(), 2)
        inked = (cell == colours[ink(colours[colour])]).all(axis=2)
        windows = np.lib.stride_tricks.sliding_window_view(inked, letter.shape)
        assert (windows[..., letter].all(axis=2)).any(), (shape, colour)
