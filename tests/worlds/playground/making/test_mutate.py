"""Mutations: valid, canonical, unlike their parents, and changed in the named fields alone."""

from contextlib import suppress

import numpy as np
import pytest

from tests.worlds.playground.tasks import example
from worlds import rng
from worlds.playground.constants import EMPTY
from worlds.playground.making import edit_game, edit_level
from worlds.playground.making.draws import Draws
from worlds.playground.making.mutate import EDITS, mutate
from worlds.playground.making.solvable import UNSOLVABLE, solvable
from worlds.playground.making.tiles import edge_errors
from worlds.playground.problems import problems
from worlds.playground.settings import SpaceSettings
from worlds.playground.space import PlaygroundSpace
from worlds.playground.task import Task, canonical, from_row, goals_of, rules_of, same
from worlds.playground.text import goal_sentence

ALL = SpaceSettings(
    height=12,
    width=12,
    agents=3,
    trials=4,
    depth=(1, 3),
    dead_ends=(1, 2),
    hide_rules=30,
    hide_kinds=30,
    hide_predicates=30,
    presence="random",
    edits=tuple(EDITS),
)
SPACE = PlaygroundSpace(ALL)


def _parents(n: int, key: int = 1) -> list[Task]:
    return [from_row(row, SPACE.sizes) for row in SPACE.sample(rng.key("parents", key), n)]


def _changed(one: Task, other: Task) -> set[str]:
    return {
        name
        for name in Task._fields
        if not np.array_equal(getattr(one, name), getattr(other, name))
    }


def _mutants(name: str, n: int, key: int) -> list[tuple[Task, Task]]:
    """Parents and children for one kind of edit, where it applies."""
    chosen = SpaceSettings(**ALL.as_dict() | {"edits": (name,)})
    pairs = []
    for number, parent in enumerate(_parents(n, key)):
        with suppress(ValueError):
            child, names = mutate(parent, number, 1, chosen, lambda _: False)
            assert names == (name,)
            pairs.append((parent, child))
    assert 4 * len(pairs) > n
    return pairs


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_gives_a_valid_canonical_task_and_changes_its_own_fields_alone(name: str) -> None:
    for parent, child in _mutants(name, 15, key=1):
        assert problems(child, SPACE.sizes) == []
        assert same(canonical(child), child)
        assert not list(edge_errors(child.height, child.ramp, ALL.cliff))
        changed = _changed(parent, child)
        assert changed and changed <= set(EDITS[name].fields)


def test_starts_stay_in_the_main_part() -> None:
    for name in ("terrain_window", "toggle_anchor", "move_object", "move_agent", "add_object"):
        for parent, child in _mutants(name, 12, key=3):
            assert edit_level.stranded(parent) == edit_level.stranded(child) == 0


def test_what_stands_badly_after_a_collapse_moves_to_the_nearest_good_cell() -> None:
    moved = 0
    for parent, child in _mutants("terrain_window", 30, key=4):
        good, _ = edit_level.good_cells(child)
        window = np.argwhere((parent.height != child.height) | (parent.ramp != child.ramp))
        assert (np.ptp(window, axis=0) < 7).all()
        loose = np.append(parent.fixed == 0, [True] * parent.bodies)
        pairs = zip(parent.cells[loose].tolist(), child.cells[loose].tolist(), strict=True)
        for before, after in pairs:
            if before == after:
                continue
            moved += 1
            distance = np.abs(np.argwhere(good) - before).max(axis=1)
            nearer = np.argwhere(good)[distance < max(np.abs(np.subtract(after, before)))]
            taken = parent.cells.tolist() + child.cells.tolist()
            assert good[tuple(after)] and all(cell in taken for cell in nearer.tolist())
    assert moved > 5


def test_mutations_of_tasks_with_rules_can_still_be_solved() -> None:
    for number, parent in enumerate(_parents(20, key=5)):
        child, _ = mutate(parent, number, 3, ALL, lambda _: False)
        kinds = child.kinds[child.kinds != EMPTY].tolist()
        found = solvable(kinds, rules_of(child), goals_of(child), child.slots)
        assert found.verdict != UNSOLVABLE


def test_several_edits_are_named_in_order_and_do_not_lead_back() -> None:
    chosen = SpaceSettings(**ALL.as_dict() | {"edits": ("hide", "unhide")})
    for number, parent in enumerate(_parents(20, key=6)):
        child, names = mutate(parent, number, 2, chosen, lambda _: False)
        assert len(names) == 2 and set(names) <= {"hide", "unhide"}
        assert not same(child, parent)


def test_swapped_goals_speak_of_their_new_owners() -> None:
    task = example()  # agent 0 wants hold(me, cube) and not near(me, agent_1), or near(...)
    chosen = SpaceSettings(height=8, width=10, agents=4)
    swapped = edit_game.swap_goals(task, Draws(1), chosen)
    assert swapped is not None
    assert goal_sentence(swapped, 0) == "nothing"
    before = goal_sentence(task, 0)
    assert goal_sentence(swapped, 1) == before.replace("agent_1", "agent_0")


def test_the_same_key_gives_the_same_mutation() -> None:
    rows = SPACE.sample(8, 6)
    one, names = SPACE.mutate_named(rows, 3, 2)
    other, again = SPACE.mutate_named(rows, 3, 2)
    assert (one == other).all() and names == again
    alone, _ = SPACE.mutate_named(rows[:2], 3, 2)
    assert (alone == one[:2]).all()
    assert (SPACE.mutate(rows, 4, 2) != one).any(axis=1).all()


def test_what_cannot_be_mutated_is_said() -> None:
    chosen = SpaceSettings(depth=(0, 0), dead_ends=(0, 0), edits=("rule_drop", "unhide"))
    space = PlaygroundSpace(chosen)
    with pytest.raises(ValueError, match="no task to be had in 200 draws of rule_drop, unhide"):
        space.mutate(space.sample(1, 1), 1)
    with pytest.raises(ValueError, match="edits is 0"):
        space.mutate(space.sample(1, 1), 1, 0)


def test_a_held_out_mutant_is_drawn_again() -> None:
    (parent,) = _parents(1, key=9)
    first, _ = mutate(parent, 1, 1, ALL, lambda _: False)
    second, _ = mutate(parent, 1, 1, ALL, lambda task: same(task, first))
    assert not same(first, second) and not same(second, parent)
    with pytest.raises(ValueError, match="no task to be had"):
        mutate(parent, 1, 1, ALL, lambda _: True)
