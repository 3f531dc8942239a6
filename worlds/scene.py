"""What a picture of a world shows: a family fills a `Scene`, `worlds.render` draws it.

Directions are 0 east, 1 south, 2 west, 3 north.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))  # row, column of one cell in each direction
NO_HEADING = -1  # of a body whose heading cannot be seen
NO_NUMBER = -1  # of a body that looks at itself

Thing = tuple[str, str]  # shape, and the name of its colour in a palette


class Terrain(NamedTuple):
    """The ground of a board that is not flat."""

    height: np.ndarray  # [rows, columns] int8, 0..3; for a ramp its low side
    ramp: np.ndarray  # [rows, columns] int8, 0 flat, else 1 + uphill direction
    paint: np.ndarray  # [rows, columns] int8, 0 plain, else 1 + floor colour


@dataclass(frozen=True, slots=True)
class Mark:
    """A thing that lies in a cell."""

    row: int
    column: int
    shape: str  # flat: circle, square, triangle or cross; solid: slab, cube, sphere or pyramid
    colour: str  # name in a palette
    next_for: tuple[int, ...] = ()  # agents that must go there next
    uphill: int = 0  # direction of a slab
    pinned: bool = False  # an anchor
    frozen: bool = False
    label: str = ""  # digits written on it


@dataclass(frozen=True, slots=True)
class Body:
    """An agent in a cell."""

    row: int
    column: int
    heading: int  # a direction or NO_HEADING
    number: int  # of the agent, 0..7; in an agent's view counted on from it, or NO_NUMBER
    faded: bool = False  # agent_0 does not see it
    held: Thing | None = None
    gadget: str = ""  # freeze or tag
    ready: bool = True  # its gadget


@dataclass(frozen=True, slots=True)
class Strip:
    """A line under the board for one agent: how it does, and what it is after."""

    number: int
    reached: int | None  # goals or whole points in this trial; None: there is nothing to reach
    coming: tuple[Thing, ...] = ()  # goals one after another, the next one first
    faded: bool = False
    options: tuple[tuple[bool, ...], ...] = ()  # ways to its goal: which atoms are as they should
    conditions: tuple[tuple[str, ...], ...] = ()  # `options` in words
    rules: tuple[str, ...] = ()  # what it may read of them
    gone: bool = False  # it is not on the board
    leaves: int | None = (
        None  # in how many steps it leaves the trial; None: it stays to its end, or is gone
    )


@dataclass(frozen=True, slots=True)
class Chart:
    """Numbered places anywhere on a board, and a way from one to the next."""

    places: tuple[tuple[float, float], ...]  # row and column of each one's middle, cells
    route: tuple[int, ...] = ()  # places in the order of their visits; agent_0 is at the last one
    known: tuple[int, ...] = ()  # places of a route to compare with, drawn faintly
    mistake: int | None = None  # a place where it was wrong to go
    comments: tuple[tuple[int, int], ...] = ()  # agent, and the place it points at
    faded: bool = False  # agent_0 does not see the comments
    length: float = 0.0  # of the route, as a share of the longest that the bar can tell
    marks: tuple[tuple[str, float], ...] = ()  # shapes beside the bar, at lengths to compare with


@dataclass(frozen=True)
class Scene:
    """One picture: a board of cells, what lies and stands on it, and what is told below it."""

    floor: np.ndarray  # [rows, columns] bool, False outside of the world
    marks: tuple[Mark, ...]
    bodies: tuple[Body, ...]
    strips: tuple[Strip, ...] = ()
    trials: tuple[float, ...] = ()  # share of each trial that has passed
    terrain: Terrain | None = None  # None: flat and plain
    dark: np.ndarray | None = None  # [rows, columns] bool, cells to be shaded
    told: tuple[str, ...] = ()  # what each strip means in words
    chart: Chart | None = None  # drawn over the board, with a bar of lengths in its last row


def numbered(view: Scene, agent: int, agents: int) -> Scene:
    """What `agent`, one of so many, sees, with everyone under its own number in place of that counted on from it."""
    bodies = (replace(body, number=(agent + max(body.number, 0)) % agents) for body in view.bodies)
    return replace(view, bodies=tuple(bodies))


def unseen(scene: Scene, view: Scene, number: int) -> np.ndarray:
    """The cells of a board, bool `[rows, columns]`, that agent `number` does not see.

    `view` is what it sees: itself, the body that has NO_NUMBER, looks up. Who is not on the board
    sees nothing.
    """
    dark = np.ones(scene.floor.shape, dtype=bool)
    own = [body for body in scene.bodies if body.number == number]
    eye = [body for body in view.bodies if body.number == NO_NUMBER]
    if not own or not eye:
        return dark
    rows, columns = np.nonzero(view.floor)
    ahead, aside = eye[0].row - rows, columns - eye[0].column
    forward, right = STEPS[own[0].heading], STEPS[(own[0].heading + 1) % 4]
    rows = own[0].row + ahead * forward[0] + aside * right[0]
    columns = own[0].column + ahead * forward[1] + aside * right[1]
    height, width = scene.floor.shape
    inside = (rows >= 0) & (columns >= 0) & (rows < height) & (columns < width)
    dark[rows[inside], columns[inside]] = False
    return dark
