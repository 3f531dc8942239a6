"""Prints docs/probes.md, the pages of the playground's held-out tasks: `make docs`.

With a folder as argument, the pictures are drawn into it, and what was there before goes.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from worlds.playground.picture import task_scene
from worlds.playground.settings import SpaceSettings
from worlds.playground.space import PlaygroundSpace
from worlds.playground.suites import probe, probe_about, probe_names
from worlds.playground.task import Task, from_row
from worlds.playground.text import goal_sentence, rule_sentences
from worlds.render import draw
from worlds.scene import Body, Mark, Scene, Terrain

FOLDER = "pictures/playground"  # beside the page
TILE = 24  # pixels of a cell
LEGEND_TILE = 40
COLOURS = 256  # of a picture, which keeps all of them within 3 MB
KMEANS = 3  # rounds that bring those colours nearer to the picture's
SAMPLE = 12  # tasks of the generated suite that are shown

HEAD = """\
# Held-out tasks of the playground

Made from `worlds/playground/probes/` and the generated suite by `make docs`. No creator may propose
these tasks: members are judged by them. `ratchet list tasks` names them, `ratchet view NAME` shows
one.

## How to read a picture

![a legend]({folder}/legend.png)

- First row: slab (the arrow leads up), cube, sphere, pyramid; an anchor, which nothing moves; a
  frozen cube; a cube on each height of the ground.
- Second row: agents point where they look. Here with the freeze gadget, with the tag gadget, holding
  a sphere, faint because agent_0 may not see it, and standing on a slab.
- Third row: floors, each with a colour and a texture of its own: blue, orange, grey, pink, teal,
  brown. Fourth row: ramps, whose arrows lead up. Where one cannot walk up, the upper edge is bright
  and a shadow falls below it.
- Below each board, one line per agent: how many points it has in this trial, then the ways to its
  goal, a square for each part of it, full once that part is as it should be. A faint agent is not
  there at the start. The bars are the trials.
"""


def main() -> None:
    """Prints the page and draws the pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
    print(HEAD.format(folder=FOLDER))
    _save(_legend(), folder, "legend", LEGEND_TILE)
    names = probe_names()
    print(f"## The {len(names)} probes\n\nWritten by hand; each is proved solvable by a script.\n")
    print("| level | task |\n|---|---|")
    for name in names:
        task = probe(name)
        _save(task_scene(task), folder, name, TILE)
        print(_row(name, f"**{name}**. {probe_about(name).strip()}", task))
    print(
        "\n## Generated\n\nThe first of the suite `heldout`: drawn from a key of its own, so that no "
        "experiment's seed gives them.\n\n| level | task |\n|---|---|"
    )
    space = PlaygroundSpace(SpaceSettings())
    for index, row in enumerate(space.suite("heldout", SAMPLE)):
        task = from_row(row, space.sizes)
        _save(task_scene(task), folder, f"heldout_{index}", TILE)
        print(_row(f"heldout_{index}", f"**heldout {index}**", task))


def _row(name: str, text: str, task: Task) -> str:
    """A line of a table: the picture, and the task in words."""
    words = "<br>".join([" ".join(text.split()), *_goals(task), *_rules(task)])
    return f"| ![{name}]({FOLDER}/{name}.png) | {words} |"


def _goals(task: Task) -> Iterator[str]:
    """The goal of each agent; those who are told the same share a line."""
    who: dict[str, list[str]] = {}
    for agent in range(task.bodies):
        who.setdefault(goal_sentence(task, agent), []).append(f"agent_{agent}")
    for goal, agents in who.items():
        yield f"{', '.join(agents)}: {goal}"


def _rules(task: Task) -> list[str]:
    return [f"*{sentence}*" for sentence in rule_sentences(task)]


def _save(scene: Scene, folder: Path | None, name: str, tile: int) -> None:
    if folder is not None:
        image = Image.fromarray(draw(scene, tile, "okabe_ito"))
        # The usual median cut would give the rare colours, which are those of things, away.
        few = image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, KMEANS, dither=Image.Dither.NONE)
        few.save(folder / f"{name}.png", optimize=True)


def _legend() -> Scene:
    height, ramp, paint = np.zeros((3, 4, 10), dtype=np.int8)
    height[0, 6:] = range(4)
    height[3, 2:4], height[3, 6] = (1, 1), 1
    ramp[3, 1], ramp[3, 7] = 1, 3  # up eastward, up westward
    paint[2, :6] = range(1, 7)
    marks = [
        Mark(0, column, shape, colour)
        for column, (shape, colour) in enumerate(
            [("slab", "yellow"), ("cube", "red"), ("sphere", "green"), ("pyramid", "purple")]
        )
    ]
    marks += [Mark(0, 4, "pyramid", "black", pinned=True), Mark(0, 5, "cube", "white", frozen=True)]
    marks += [Mark(0, column, "cube", "yellow") for column in range(6, 10)]
    marks.append(Mark(1, 4, "slab", "white"))
    bodies = (
        Body(1, 0, 3, 0, gadget="freeze"),
        Body(1, 1, 0, 1, gadget="tag"),
        Body(1, 2, 1, 2, held=("sphere", "yellow")),
        Body(1, 3, 2, 3, faded=True),
        Body(1, 4, 0, 4),
    )
    floor = np.ones(height.shape, dtype=bool)
    return Scene(floor, tuple(marks), bodies, terrain=Terrain(height, ramp, paint))


if __name__ == "__main__":
    main()
