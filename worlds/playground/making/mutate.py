"""Mutations: small edits of a task, each drawn anew until the outcome is a task worth the name."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from worlds import rng
from worlds.family import TaskError
from worlds.playground.making import edit_game as game
from worlds.playground.making import edit_level as level
from worlds.playground.making.draws import Draws
from worlds.playground.making.solvable import UNSOLVABLE, solvable
from worlds.playground.making.truth_tables import columns, masks, tables
from worlds.playground.problems import problems
from worlds.playground.settings import SpaceSettings
from worlds.playground.task import Goal, Task, canonical, goals_of, rules_of, same

TRIES = 200  # draws for each edit; in cramped worlds 20 failed 6 of 2,391 tasks (measured)


class Edit(NamedTuple):
    """How a task is changed, and which fields of it that may change."""

    change: Callable[[Task, Draws, SpaceSettings], Task | None]  # None: it does not apply here
    fields: tuple[str, ...]


# What decides where one can walk, and who starts where.
_PLACES = frozenset({"height", "ramp", "cells", "fixed"})
# What renumbers the atoms renumbers what points to them.
_GOALS = ("atoms", "require", "forbid", "rules")

EDITS = {
    "terrain_window": Edit(level.terrain_window, ("height", "ramp", "cells")),
    "paint_floor": Edit(level.paint_floor, ("floor",)),
    "move_object": Edit(level.move_object, ("cells",)),
    "add_object": Edit(level.add_object, ("cells", "kinds", "facings")),
    "remove_object": Edit(level.remove_object, ("cells", "kinds", "facings", "fixed")),
    "change_kind": Edit(level.change_kind, ("kinds", "facings")),
    "turn_slab": Edit(level.turn_slab, ("facings",)),
    "toggle_anchor": Edit(level.toggle_anchor, ("fixed",)),
    "move_agent": Edit(level.move_agent, ("cells", "facings")),
    "swap_agents": Edit(level.swap_agents, ("cells", "facings")),
    "change_gadget": Edit(level.change_gadget, ("gadgets",)),
    "atom_add": Edit(game.atom_add, _GOALS),
    "atom_drop": Edit(game.atom_drop, _GOALS),
    "atom_negate": Edit(game.atom_negate, _GOALS),
    "atom_replace": Edit(game.atom_replace, _GOALS),
    "option_add": Edit(game.option_add, _GOALS),
    "option_drop": Edit(game.option_drop, _GOALS),
    "swap_goals": Edit(game.swap_goals, _GOALS),
    "rule_add": Edit(game.rule_add, _GOALS),
    "rule_drop": Edit(game.rule_drop, (*_GOALS, "hidden_rules")),
    "rule_product": Edit(game.rule_product, ("rules",)),
    "hide": Edit(game.hide, ("hidden_rules", "hidden_kinds", "hidden_predicates")),
    "unhide": Edit(game.unhide, ("hidden_rules", "hidden_kinds", "hidden_predicates")),
    "presence": Edit(game.presence, ("present",)),
    "trials": Edit(game.trials, ("trials", "present")),
    "trial_length": Edit(game.trial_length, ("trial_length", "present")),
}


def mutate(
    task: Task,
    key: int,
    edits: int,
    settings: SpaceSettings,
    held_out: Callable[[Task], bool],
) -> tuple[Task, tuple[str, ...]]:
    """A valid, canonical task `edits` edits away that is not held out, and their names in order.

    The task is valid and fits `settings.sizes`. Raises ValueError if 200 draws of an edit gave
    nothing: no goal that always holds, nothing that no rules can bring about, no start in a worse
    place than before, and not the task that it began with.
    """
    start = task = canonical(task)
    names: list[str] = []
    for number in range(edits):
        last, badly = number == edits - 1, level.stranded(task)
        for attempt in range(TRIES):
            draws = Draws(rng.key("edit", key, number, attempt))
            name = draws.one(settings.edits)
            child = _edited(task, name, draws, settings, badly)
            if child is not None and not (last and (same(child, start) or held_out(child))):
                break
        else:
            allowed = ", ".join(settings.edits)
            raise ValueError(f"no task to be had in {TRIES} draws of {allowed}: allow more edits")
        task = child
        names.append(name)
    return task, tuple(names)


def _edited(
    task: Task, name: str, draws: Draws, settings: SpaceSettings, badly: int
) -> Task | None:
    """The task after one edit; None if that is no better than nothing. `badly`: how many start in bad places."""
    edit = EDITS[name]
    try:
        child = edit.change(task, draws, settings)
    except TaskError:  # there is no room for it, or no atom to be had
        return None
    if child is None or _unchanged(edit, task, child) or problems(child, settings.sizes):
        return None
    goals, rules = goals_of(child), rules_of(child)
    if _always_held(goals) or _PLACES & {*edit.fields} and level.stranded(child) > badly:
        return None
    if rules:
        kinds = [kind for kind in child.kinds.tolist() if kind >= 0]
        if solvable(kinds, rules, goals, child.slots).verdict == UNSOLVABLE:
            return None
    return child


def _unchanged(edit: Edit, task: Task, child: Task) -> bool:
    return all(np.array_equal(getattr(task, name), getattr(child, name)) for name in edit.fields)


def _always_held(goals: list[Goal]) -> bool:
    """Whether some goal holds whatever is true."""
    atoms, require, forbid = masks(goals)
    missed = ~tables(require, forbid, columns(len(atoms)))
    return not bool(missed.any(axis=1).all())
