"""What a picture of a world shows: a family fills a `Scene`, `worlds.render` draws it."""

from dataclasses import dataclass

import numpy as np

NO_HEADING = -1  # of a body whose heading cannot be seen
NO_NUMBER = -1  # of a body that looks at itself


@dataclass(frozen=True)
class Mark:
    """A thing that lies in a cell."""

    row: int
    column: int
    shape: str  # circle, square or triangle
    colour: str  # name in a palette
    next_for: tuple[int, ...] = ()  # agents that must go there next


@dataclass(frozen=True)
class Body:
    """An agent in a cell."""

    row: int
    column: int
    heading: int  # 0 east, 1 south, 2 west, 3 north, NO_HEADING
    number: int  # of the agent, 0..9, or NO_NUMBER
    faded: bool = False  # agent_0 does not see it


@dataclass(frozen=True)
class Strip:
    """A line under the board for one agent: how many goals it has reached, and which come next."""

    number: int
    reached: int
    coming: tuple[tuple[str, str], ...]  # shape and colour
    faded: bool = False


@dataclass(frozen=True)
class Scene:
    """One picture: a board of cells, what lies and stands on it, and what is told below it."""

    floor: np.ndarray  # [rows, columns] bool, False outside of the world
    marks: tuple[Mark, ...]
    bodies: tuple[Body, ...]
    strips: tuple[Strip, ...] = ()
    trials: tuple[float, ...] = ()  # share of each trial that has passed
