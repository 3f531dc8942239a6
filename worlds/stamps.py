"""Things and agents as coloured pictures that can be laid over a cell.

A stamp is cached and must not be written.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from worlds import sprites
from worlds.palettes import LETTERED, PALETTES, Colour, agent_colour, ink
from worlds.scene import NO_NUMBER, STEPS, Body, Mark, Thing

_HAND = (0.24, 0.25)  # middle of what an agent holds: tiles ahead of it, and to its right
_HELD = 0.44  # size of a thing in a hand, tiles
_SMALLEST_LETTERED = 20  # pixels of a cell in which a letter leaves room for the shape
_BADGE = 0.32  # middle of the badge of its gadget: tiles behind it, and to its left
_FAINT = 0.35  # opacity of a body that agent_0 does not see
_DARKER = 0.6  # brightness of a side in the shade
_PALE = (206, 210, 220)  # outline of what is darker than an outline


class Stamp(NamedTuple):
    """What is laid over a cell of `tile` pixels: `cell * keep + light`."""

    keep: np.ndarray  # [tile, tile, 1] float32, 0..1
    light: np.ndarray  # [tile, tile, 3] float32, half a step more so that cutting rounds


Layer = tuple[np.ndarray, np.ndarray | Colour]  # coverage, colour of each pixel or of all


def lay(cell: np.ndarray, stamp: Stamp) -> None:
    """Lays a stamp over a square of pixels, uint8 `[tile, tile, 3]`."""
    cell[:] = cell * stamp.keep + stamp.light


def stamp(layers: Iterable[Layer]) -> Stamp:
    """Layers from the lowest to the highest as one stamp."""
    keep, light = np.ones((1, 1, 1), np.float32), np.zeros((1, 1, 3), np.float32)
    for coverage, colour in layers:
        cover = coverage[..., None]
        keep = keep * (1 - cover)
        light = light * (1 - cover) + cover * np.asarray(colour, dtype=np.float32)
    return Stamp(keep, light + np.float32(0.5))


def of_mark(mark: Mark, tile: int, palette: str) -> Stamp:
    """A thing that lies in a cell, with the frames of the agents that must go there next."""
    return _mark(replace(mark, row=0, column=0), tile, palette)


def of_body(body: Body, tile: int, palette: str) -> Stamp:
    """An agent with its number, what it holds and its gadget; faint if it is faded."""
    return _body(replace(body, row=0, column=0), tile, palette)


@lru_cache(maxsize=256)
def _mark(look: Mark, tile: int, palette: str) -> Stamp:
    colours = PALETTES[palette]
    layers: list[Layer] = [
        (sprites.frame(agent, tile), agent_colour(colours, agent)) for agent in look.next_for
    ]
    if look.pinned:
        layers += _base(tile, colours)
    layers += _thing((look.shape, look.colour), look.uphill, tile, colours, 0.9)
    if palette in LETTERED and look.shape in _SOLIDS and tile >= _SMALLEST_LETTERED:
        layers.append(_letter(look, tile, colours))
    if look.label:
        layers.append((_text(look.label, tile), colours[ink(colours[look.colour])]))
    if look.frozen:
        layers += _frost(tile, colours)
    return stamp(layers)


@lru_cache(maxsize=256)
def _body(look: Body, tile: int, palette: str) -> Stamp:
    colours = PALETTES[palette]
    colour = agent_colour(colours, max(look.number, 0))
    layers: list[Layer] = []
    if look.gadget:
        layers += _gadget(look, tile, colours)
    layers += [
        (sprites.body(look.heading, tile, grow=2.0), colours["outline"]),
        (sprites.body(look.heading, tile), colour),
    ]
    if look.held is not None:
        layers += _in_hand(look.held, look.heading, tile, colours)
    opacity = _FAINT if look.faded else 1.0
    layers = [(opacity * coverage, shade) for coverage, shade in layers]
    if look.number != NO_NUMBER:
        # Faint bodies are mostly the floor's colour, on which white is read best.
        shade = colours["text"] if look.faded else colours[ink(colour)]
        layers.append((_text(str(look.number), tile), shade))
    return stamp(layers)


def _thing(
    thing: Thing, uphill: int, tile: int, colours: dict[str, Colour], scale: float
) -> list[Layer]:
    shape, name = thing
    colour = np.array(colours[name], dtype=np.float32)
    solid = _SOLIDS.get(shape)
    outline = _PALE if solid and max(colours[name]) < 60 else colours["outline"]
    turn = -uphill if shape == "slab" else 0
    inner = np.rot90(sprites.shape(shape, tile, scale), turn)
    outer = np.rot90(sprites.shape(shape, tile, scale, grow=max(1.5, tile / 20)), turn)
    light = solid(tile, scale) if solid else np.ones((tile, tile))
    shade = _lit(colour, np.rot90(light, turn)[..., None])
    return [(outer, outline), (inner, shade.astype(np.float32))]


def _lit(colour: np.ndarray, light: np.ndarray) -> np.ndarray:
    """A colour under light 0..2: darker below 1, towards white above; black shows its sides too."""
    dark = np.minimum(light, 1.0) * colour
    bright = np.clip(light - 1.0, 0.0, 1.0)
    return dark + bright * (255 - dark)


def _slab(tile: int, scale: float) -> np.ndarray:
    """A plank: dark at its foot, with an arrow uphill."""
    x, y = (axis / scale for axis in sprites.grid(tile))
    light = 0.72 + 0.28 * np.clip(x + 0.5, 0, 1)
    arrow = np.maximum(np.abs(x + 0.8 * np.abs(y) - 0.24) * 0.78 - 0.05, np.abs(y) - 0.22)
    grain = np.minimum(np.abs(np.abs(x + 0.2) - 0.1) - 0.012, 1)
    light = light - 0.3 * sprites.coverage(np.maximum(grain, np.abs(y) - 0.3), tile)
    return light + 0.85 * sprites.coverage(arrow * scale, tile)


def _cube(tile: int, scale: float) -> np.ndarray:
    """A lit top, a face in the shade below it."""
    x, y = (axis / scale for axis in sprites.grid(tile))
    face = sprites.coverage((0.13 - y) * scale, tile)
    edge = sprites.coverage((np.abs(y - 0.13) - 0.012) * scale, tile)
    back = sprites.coverage((y + 0.26) * scale, tile)
    return 1 - (1 - _DARKER) * face + 0.28 * np.maximum(edge, 0.7 * back)


def _sphere(tile: int, scale: float) -> np.ndarray:
    x, y = (axis / scale for axis in sprites.grid(tile))
    away = np.hypot(x + 0.12, y + 0.14)
    shade = 1 - (1 - _DARKER) * np.clip((away - 0.16) / 0.4, 0, 1)
    return shade + 0.8 * sprites.coverage((away - 0.075) * scale, tile)


def _pyramid(tile: int, scale: float) -> np.ndarray:
    """Two faces that meet in a ridge right of the middle."""
    x, y = (axis / scale for axis in sprites.grid(tile))
    ridge = 0.16 * (y + 0.4) / 0.73
    face = sprites.coverage((ridge - x) * scale, tile)
    edge = sprites.coverage((np.abs(x - ridge) - 0.014) * scale, tile)
    return 1.06 - (1.06 - _DARKER) * face + 0.3 * edge


_SOLIDS = {"slab": _slab, "cube": _cube, "sphere": _sphere, "pyramid": _pyramid}


def _base(tile: int, colours: dict[str, Colour]) -> list[Layer]:
    """The plate of an anchor, with a bolt in each corner."""
    x, y = sprites.grid(tile)
    plate = sprites.box(x, y, 0.48, 0.48, 0.08)
    bolts = np.hypot(np.abs(x) - 0.385, np.abs(y) - 0.385)
    return [
        (sprites.coverage(plate, tile), colours["outline"]),
        (sprites.coverage(plate + 0.035, tile), (74, 78, 88)),
        (sprites.coverage(bolts - 0.085, tile), colours["outline"]),
        (sprites.coverage(bolts - 0.055, tile), (214, 218, 226)),
    ]


def _frost(tile: int, colours: dict[str, Colour]) -> list[Layer]:
    """A veil and a ring of ice, broken into needles."""
    x, y = sprites.grid(tile)
    away, angle = np.hypot(x, y), np.arctan2(y, x)
    gaps = 0.5 + 0.5 * np.cos(12 * angle)
    ring = np.maximum(away - (0.43 + 0.06 * gaps), 0.41 - away)
    frost = colours["frost"]
    return [
        (0.3 * sprites.coverage(away - 0.42, tile), frost),
        (sprites.coverage(ring, tile, grow=1.0), colours["outline"]),
        (sprites.coverage(ring, tile), frost),
    ]


def _gadget(look: Body, tile: int, colours: dict[str, Colour]) -> list[Layer]:
    """A badge behind and to the left of an agent: a snow star or a target; dim while it cools down."""
    x, y = sprites.grid(tile)
    forward, aside = sprites.turned(x, y, look.heading)
    forward, aside = forward + _BADGE, aside + _BADGE
    away = np.hypot(forward, aside)
    if look.gadget == "freeze":
        arms = np.min(
            [
                np.abs(forward * np.sin(turn) - aside * np.cos(turn))
                for turn in (0, np.pi / 3, 2 * np.pi / 3)
            ],
            axis=0,
        )
        sign, colour = np.maximum(arms - 0.024, away - 0.145), colours["frost"]
    else:
        sign, colour = np.minimum(np.abs(away - 0.11) - 0.026, away - 0.045), colours["orange"]
    return [
        (sprites.coverage(away - 0.18, tile), colours["outline"]),
        (sprites.coverage(sign, tile) * (1.0 if look.ready else 0.4), colour),
    ]


def _in_hand(thing: Thing, heading: int, tile: int, colours: dict[str, Colour]) -> list[Layer]:
    size = max(round(tile * _HELD), 4)
    ahead, right = STEPS[heading], STEPS[(heading + 1) % 4]
    top, left = (
        min(max(round(tile * (0.5 + _HAND[0] * a + _HAND[1] * r) - size / 2), 0), tile - size)
        for a, r in zip(ahead, right, strict=True)
    )
    around = ((top, tile - size - top), (left, tile - size - left))
    layers: list[Layer] = []
    for coverage, colour in _thing(thing, 0, size, colours, 1.0):
        shades = np.broadcast_to(np.asarray(colour, dtype=np.float32), (size, size, 3))
        layers.append((np.pad(coverage, around), np.pad(shades, (*around, (0, 0)))))
    return layers


def _letter(look: Mark, tile: int, colours: dict[str, Colour]) -> Layer:
    """The first letter of a thing's colour: on a slab at its foot, on others below the middle."""
    letter = _text(look.colour[0].upper(), tile)
    down, right = STEPS[look.uphill] if look.shape == "slab" else (-0.6, 0)
    shift = round(-0.16 * tile * down), round(-0.16 * tile * right)
    return np.roll(letter, shift, axis=(0, 1)), colours[ink(colours[look.colour])]


def _text(text: str, tile: int) -> np.ndarray:
    """Coverage of letters in the middle of a cell; nothing if they do not fit."""
    dots = sprites.dots(text, max(1, round(tile / 26)))
    out = np.zeros((tile, tile), dtype=np.float32)
    if dots.shape[0] <= tile and dots.shape[1] <= tile:
        top, left = (tile - dots.shape[0] + 1) // 2, (tile - dots.shape[1] + 1) // 2
        out[top : top + dots.shape[0], left : left + dots.shape[1]] = dots
    return out
