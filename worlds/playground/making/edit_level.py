"""Small edits of a level: its terrain, its objects, where agents start and what they carry.

An edit takes a task, draws and the settings, and returns a changed copy; None where it does not
apply. Whether the copy is a valid task is seen to by `mutate`.
"""

import numpy as np

from worlds.playground.constants import EMPTY, GADGETS, KINDS, NO_OBJECT, SLAB, shape_of
from worlds.playground.making.draws import Draws
from worlds.playground.making.place import walk_and_parts
from worlds.playground.making.terrain import WINDOW_SIDES, recollapse
from worlds.playground.settings import SpaceSettings
from worlds.playground.task import Task, in_use

Cell = tuple[int, int]


def terrain_window(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """Collapses a window again; what then stands badly moves to the nearest good cell."""
    rows, columns = draws.between(*WINDOW_SIDES), draws.between(*WINDOW_SIDES)
    top, left = draws.below(settings.height - rows + 1), draws.below(settings.width - columns + 1)
    window = np.array([[top, left, rows, columns]])
    level = (task.height[None], task.ramp[None])
    try:
        height, ramp = recollapse(*level, window, [draws.key()], settings.terrain)
    except ValueError:  # nothing fits what stands around this window
        return None
    return _settled(task._replace(height=height[0], ramp=ramp[0], cells=task.cells.copy()))


def paint_floor(task: Task, draws: Draws, settings: SpaceSettings) -> Task:
    """Paints or clears a rectangle."""
    terrain = settings.terrain
    rows = draws.between(terrain.patch_min, terrain.patch_max)
    columns = draws.between(terrain.patch_min, terrain.patch_max)
    top, left = draws.below(settings.height - rows + 1), draws.below(settings.width - columns + 1)
    floor = task.floor.copy()
    floor[top : top + rows, left : left + columns] = draws.between(0, settings.floors)
    return task._replace(floor=floor)


def move_object(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """Puts an object somewhere else."""
    return _moved(task, draws, in_use(task).objects, 0)


def add_object(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """One more object, of a kind in use."""
    slot, free = in_use(task).objects, _free_cells(task)
    if slot == task.slots or not free:
        return None
    kinds, cells, facings = task.kinds.copy(), task.cells.copy(), task.facings.copy()
    kinds[slot] = draws.one(settings.kinds)
    cells[slot] = draws.one(free)
    facings[slot] = _facing(int(kinds[slot]), draws)
    return task._replace(kinds=kinds, cells=cells, facings=facings)


def remove_object(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """One object less; those after it move up a slot."""
    objects = in_use(task).objects
    if objects == 0:
        return None
    slot = draws.below(objects)
    kinds, cells, facings, fixed = (
        array.copy() for array in (task.kinds, task.cells, task.facings, task.fixed)
    )
    for array, empty in ((kinds, NO_OBJECT), (cells, EMPTY), (facings, 0), (fixed, 0)):
        array[slot : objects - 1] = array[slot + 1 : objects]
        array[objects - 1] = empty
    return task._replace(kinds=kinds, cells=cells, facings=facings, fixed=fixed)


def change_kind(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """Another kind for one object."""
    objects = in_use(task).objects
    if objects == 0:
        return None
    slot = draws.below(objects)
    kinds, facings = task.kinds.copy(), task.facings.copy()
    kinds[slot] = draws.one(settings.kinds)
    if shape_of(int(kinds[slot])) != shape_of(int(task.kinds[slot])):
        facings[slot] = _facing(int(kinds[slot]), draws)
    return task._replace(kinds=kinds, facings=facings)


def turn_slab(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """Another uphill direction for one slab."""
    slabs = [slot for slot, kind in enumerate(task.kinds.tolist()) if _is_slab(kind)]
    if not slabs:
        return None
    facings = task.facings.copy()
    slot = draws.one(slabs)
    facings[slot] = (facings[slot] + draws.between(1, 3)) % 4
    return task._replace(facings=facings)


def toggle_anchor(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """An object becomes an anchor, or is one no longer."""
    objects = in_use(task).objects
    if objects == 0:
        return None
    fixed = task.fixed.copy()
    fixed[draws.below(objects)] ^= 1
    return task._replace(fixed=fixed)


def move_agent(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """Another start and heading for one agent."""
    moved = _moved(task, draws, task.bodies, len(task.kinds))
    if moved is None:
        return None
    facings = task.facings.copy()
    changed = np.flatnonzero((moved.cells != task.cells).any(axis=1))
    facings[changed] = draws.below(4)
    return moved._replace(facings=facings)


def swap_agents(task: Task, draws: Draws, settings: SpaceSettings) -> Task | None:
    """Two agents change places and headings."""
    if task.bodies < 2:
        return None
    pair = [len(task.kinds) + agent for agent in draws.some(range(task.bodies), 2)]
    cells, facings = task.cells.copy(), task.facings.copy()
    cells[pair], facings[pair] = cells[pair[::-1]], facings[pair[::-1]]
    return task._replace(cells=cells, facings=facings)


def change_gadget(task: Task, draws: Draws, settings: SpaceSettings) -> Task:
    """Another gadget for one agent, or none."""
    gadgets = task.gadgets.copy()
    agent = draws.below(task.bodies)
    gadgets[agent] = (gadgets[agent] + draws.between(1, len(GADGETS) - 1)) % len(GADGETS)
    return task._replace(gadgets=gadgets)


def good_cells(task: Task) -> tuple[np.ndarray, float]:
    """The flat cells of the main part, bool [H, W], and the share of all cells in that part."""
    blocked = np.zeros((1, *task.height.shape), dtype=np.uint8)
    for row, column in task.cells[: len(task.kinds)][task.fixed == 1].tolist():
        blocked[0, row, column] = 1
    _, part, main = walk_and_parts(task.height[None], task.ramp[None], blocked)
    inside = part[0] == main[0]
    return inside & (task.ramp == 0), float(inside.mean())


def stranded(task: Task) -> int:
    """How many agents and loose objects do not start on good cells."""
    good, _ = good_cells(task)
    loose = np.concatenate([task.fixed == 0, np.ones(len(task.cells) - len(task.kinds), bool)])
    cells = task.cells[loose & (task.cells[:, 0] != EMPTY)]
    return int((~good[cells[:, 0], cells[:, 1]]).sum())


def _moved(task: Task, draws: Draws, things: int, first: int) -> Task | None:
    """One of the things from `first` on somewhere else."""
    free = _free_cells(task)
    if things == 0 or not free:
        return None
    cells = task.cells.copy()
    cells[first + draws.below(things)] = draws.one(free)
    return task._replace(cells=cells)


def _free_cells(task: Task) -> list[Cell]:
    """Good cells where nothing starts."""
    taken = set(map(tuple, task.cells.tolist()))
    good, _ = good_cells(task)
    return [
        (row, column) for row, column in np.argwhere(good).tolist() if (row, column) not in taken
    ]


def _settled(task: Task) -> Task | None:
    """Moves anchors off ramps, then all else onto good cells; None where there are too few.

    Writes into `task.cells`.
    """
    slots = len(task.kinds)
    anchors = [slot for slot in range(slots) if task.fixed[slot]]
    if not _move_bad(task, anchors, task.ramp == 0):
        return None
    good, _ = good_cells(task)
    loose = [thing for thing in range(len(task.cells)) if thing >= slots or not task.fixed[thing]]
    used = [thing for thing in loose if task.cells[thing, 0] != EMPTY]
    return task if _move_bad(task, used, good) else None


def _move_bad(task: Task, things: list[int], good: np.ndarray) -> bool:
    """Moves each thing that is not on a good cell to the nearest free one; False if there is none."""
    free = good.copy()
    for row, column in task.cells[task.cells[:, 0] != EMPTY].tolist():
        free[row, column] = False
    for thing in things:
        row, column = task.cells[thing].tolist()
        if good[row, column]:
            continue
        left = np.argwhere(free)
        if not len(left):
            return False
        distance = np.abs(left - (row, column)).max(axis=1)
        nearest = left[distance.argmin()]  # of equals the first in reading order
        task.cells[thing] = nearest
        free[tuple(nearest)] = False
    return True


def _facing(kind: int, draws: Draws) -> int:
    return draws.below(4) if _is_slab(kind) else 0


def _is_slab(kind: int) -> bool:
    return 0 <= kind < KINDS and shape_of(kind) == SLAB
