"""Makes a creator from its settings."""

from __future__ import annotations

from populations.creators.buffer import Buffer
from populations.creators.eva import Eva
from populations.creators.plr import PLR
from populations.creators.scores import COMPARING
from populations.creators.uniform import Uniform
from worlds.family import TaskSpace

NAMES = ("uniform", "plr", "eva")


def make(
    world: str,
    space: TaskSpace,
    key: int,
    *,
    name: str = "eva",
    score: str = "positive_value_loss",
    capacity: int = 4000,
    temperature: float = 0.3,
    staleness: float = 0.3,
    replay: float = 0.8,
    min_fill: float = 0.5,
    repeats: int = 4,
    evolved: float = 0.8,
    edits: int = 2,
    robust: bool = False,
    rosters: bool = False,
    floor: float = 0.0,
) -> Eva | PLR | Uniform:
    """The creator `name` for the tasks of `world`; settings as in the section creator of a config.

    `repeats`, the episodes the caller plays of each task, is checked only. `floor` is the return
    that counts as nothing achieved. Raises ValueError for an unknown name or a setting out of
    range.
    """
    if name not in NAMES:
        raise ValueError(f"creator is {name!r}; choose one of {', '.join(NAMES)}")
    if score in COMPARING and repeats < 2:
        raise ValueError(f"score {score} compares episodes of one task; set repeats to 2 or more")
    if name == "eva":
        buffer = Buffer(
            space.width,
            capacity,
            priority="fresh",
            staleness=0.0,  # old tasks come back through the uniform part
            min_fill=min_fill,
            floor=floor,
        )
        return Eva(world, space, key, score, buffer, evolved=evolved, edits=edits, rosters=rosters)
    buffer = Buffer(
        space.width,
        capacity,
        temperature=temperature,
        staleness=staleness,
        min_fill=min_fill,
        floor=floor,
    )
    if name == "plr":
        return PLR(
            *(world, space, key, score, buffer),
            replay=replay,
            edits=edits,
            robust=robust,
            rosters=rosters,
        )
    return Uniform(world, space, key, score, buffer)
