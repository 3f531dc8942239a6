"""A task as a point in [0, 1]^dim, and the settings from which tasks near a point are drawn.

A point says how much there is of everything, not where: drawing at the point of a task gives a
relative of it, alike in these numbers, as far as the draws of levels and games allow.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from worlds.playground.constants import FREEZE, HEIGHTS, SHAPES, TAG, colour_of, shape_of
from worlds.playground.making.metrics import metrics
from worlds.playground.making.solvable import solvable
from worlds.playground.settings import SpaceSettings
from worlds.playground.task import Task, goals_of, in_use, rules_of

NAMES = (
    *(f"cells of height {height}" for height in range(HEIGHTS)),  # shares of all cells
    *("ramps", "painted"),  # shares of all cells
    *(f"{shape}s" for shape in SHAPES),  # by the slots
    "colours",  # by those in use
    "anchors",  # by the objects
    *("freeze", "tag"),  # by the agents
    *("depth", "dead ends"),  # by the most there may be
    *("atoms", "options"),  # of all goals, of one agent: by the most there may be
    *("negated", "competitiveness"),
)
DIM = len(NAMES)
_OF_GOALS = ("game_atoms", "goal_options", "negate", "competitiveness")
_SPARE = 3  # kinds that `ChainSettings` asks for beside one for each rule


def vector(task: Task, settings: SpaceSettings) -> list[float]:
    """Where a valid task lies: DIM numbers in [0, 1]."""
    return [min(1.0, float(value)) for value in (*_level(task, settings), *_game(task, settings))]


def settings_at(point: Sequence[float], settings: SpaceSettings) -> SpaceSettings:
    """The settings of tasks near a point; what they draw lies within `settings`."""
    at = dict(zip(NAMES, map(float, point), strict=True))
    counts = [at[f"{shape}s"] * settings.slots for shape in SHAPES]
    used = sum(weight > 0 for weight in settings.shapes)
    fewest = -(-(settings.depth[1] + _SPARE) // used)  # colours, so that chains have kinds
    freeze = round(100 * at["freeze"])
    return replace(
        settings,
        height_weights=_weights([at[f"cells of height {height}"] for height in range(HEIGHTS)]),
        ramp_percent=_ramp_percent(at["ramps"]),
        patches=_patches(at["painted"], settings),
        objects=_fit(sum(counts), settings.objects),
        shapes=tuple(
            max(1, round(100 * count / settings.slots)) if weight else 0
            for count, weight in zip(counts, settings.shapes, strict=True)
        ),
        colours=max(fewest, round(at["colours"] * settings.colours)),
        anchors=round(100 * at["anchors"]),
        freeze=freeze,
        tag=min(100 - freeze, round(100 * at["tag"])),
        depth=_fit(at["depth"] * settings.depth[1], settings.depth),
        dead_ends=_fit(at["dead ends"] * settings.dead_ends[1], settings.dead_ends),
        game_atoms=_fit(at["atoms"] * settings.game_atoms[1], settings.game_atoms),
        goal_options=_fit(at["options"] * settings.goal_options[1], settings.goal_options),
        negate=round(100 * at["negated"]),
        competitiveness=_fit(100 * at["competitiveness"], settings.competitiveness),
    )


def with_goals_of(one: SpaceSettings, other: SpaceSettings) -> SpaceSettings:
    """The settings of `one` with the goals of `other`: not every level allows the goals of a point."""
    return replace(one, **{name: getattr(other, name) for name in _OF_GOALS})


def _level(task: Task, settings: SpaceSettings) -> list[float]:
    flat, objects = task.height[task.ramp == 0], in_use(task).objects
    kinds = task.kinds[:objects].tolist()
    shapes = [sum(shape_of(kind) == shape for kind in kinds) for shape in range(len(SHAPES))]
    return [
        *(np.bincount(flat, minlength=HEIGHTS) / max(1, flat.size)),
        (task.ramp > 0).mean(),
        (task.floor > 0).mean(),
        *(count / settings.slots for count in shapes),
        len(set(map(colour_of, kinds))) / settings.colours,
        task.fixed.sum() / max(1, objects),
        *((task.gadgets == gadget).sum() / task.bodies for gadget in (FREEZE, TAG)),
    ]


def _game(task: Task, settings: SpaceSettings) -> list[float]:
    goals, rules = goals_of(task), rules_of(task)
    kinds = task.kinds[task.kinds >= 0].tolist()
    depth = max(0, solvable(kinds, rules, goals, task.slots).depth)
    options = [option for goal in goals for option in goal]
    atoms = {atom for option in options for part in option for atom in part}
    required = sum(len(option.require) for option in options)
    forbidden = sum(len(option.forbid) for option in options)
    return [
        depth / max(1, settings.depth[1]),
        (len(rules) - depth) / max(1, settings.dead_ends[1]),
        len(atoms) / settings.game_atoms[1],
        len(options) / task.bodies / settings.goal_options[1],
        forbidden / max(1, required + forbidden),
        metrics(goals).competitiveness if options else 0,
    ]


def _weights(shares: list[float]) -> tuple[int, ...]:
    """Height weights whose terrain has about these shares: with smoothing, the power 2.3 of them."""
    most = max(shares) or 1.0
    weights = tuple(round(100 * (share / most) ** (1 / 2.3)) for share in shares)
    return weights if any(weights) else (1, 0, 0, 0)


def _ramp_percent(share: float) -> int:
    """Measured for the default weights at 16x16."""
    return round(float(np.interp(share, (0.01, 0.043, 0.116, 0.277), (1, 25, 50, 100))))


def _patches(share: float, settings: SpaceSettings) -> int:
    """How many rectangles of each colour cover about this share of the cells."""
    terrain = settings.terrain
    sides = (terrain.patch_min + terrain.patch_max) / 2
    missed = 1 - min(0.9, sides**2 / (settings.height * settings.width))
    patches = np.log(1 - min(0.95, share)) / np.log(missed) / max(1, settings.floors)
    return min(16, round(float(patches)))


def _fit(value: float, pair: tuple[int, int]) -> tuple[int, int]:
    """The whole number in the pair's range that is nearest to the value, as a pair."""
    nearest = min(pair[1], max(pair[0], round(value)))
    return nearest, nearest
