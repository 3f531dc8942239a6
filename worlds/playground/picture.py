"""What pictures of the playground show: the board of a world, a task at its start, an agent's view."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from worlds.family import Layout
from worlds.playground.constants import (
    ABSENT,
    COLOURS,
    DIRECTIONS,
    EMPTY,
    FOREVER,
    GADGETS,
    NO_GADGET,
    NO_OBJECT,
    SHAPES,
    Sizes,
    colour_of,
    shape_of,
)
from worlds.playground.reference import ReferenceWorld
from worlds.playground.task import Task, from_row
from worlds.playground.text import KIND_NAMES, goal_conditions, goal_sentence, rule_sentences
from worlds.scene import NO_NUMBER, Body, Mark, Scene, Strip, Terrain, Thing

_FLOOR_LETTERS = " bogptn"  # plain, blue, orange, grey, pink, teal, brown
_NORTH = 3  # in a scene, where directions begin in the east


class Look(NamedTuple):
    """What can be seen of one world now; the fields are those of a state, for one world."""

    kinds: list[int]
    cells: Sequence[Sequence[int]]
    facings: list[int]
    hands: list[int]
    frozen: list[int]
    away: list[int]
    cooldowns: list[int]
    truth: int
    trial: int
    time: int
    points: list[int]  # thousandths of this trial, by agent
    visible: bool  # whether agent_0 sees the others


class _Plan(NamedTuple):
    """What a picture shows of a task, whatever happens in it."""

    task: Task
    terrain: Terrain
    inside: np.ndarray  # [H, W] bool
    options: list[list[tuple[int, int]]]  # of each agent, required and forbidden atoms as bits
    goals: tuple[str, ...]  # of each agent, in words
    conditions: tuple[tuple[tuple[str, ...], ...], ...]  # of each agent and option, in words
    rules: tuple[tuple[str, ...], ...]  # as each agent may read them


def scene(sizes: Sizes, state: Any, index: int) -> Scene:
    """World `index` of a batch; the others are faint where agent_0 does not see them."""
    return _scene(_plan(state.rows[index].tobytes(), sizes), _look(state, index))


def task_scene(task: Task, view: int = Sizes().view) -> Scene:
    """A task at the start of its first trial; agents see windows of `view` cells a side.

    It needs no family, and so no kernels.
    """
    return _scene(_read(task), _start(task, view))


def text(sizes: Sizes, state: Any, index: int) -> str:
    """World `index` as lines of letters, three a cell.

    First the height of the ground, or an arrow up a ramp; then an agent as its number and heading,
    or an object as the first letter of its colour and a sign of its shape (`=` slab, `#` cube,
    `o` sphere, `A` pyramid), or a blank and a letter for the floor's paint.
    """
    plan, look = _plan(state.rows[index].tobytes(), sizes), _look(state, index)
    return "\n".join([*_letters(plan.task, look), *_told(plan, look)])


def view_scene(observation: np.ndarray, layout: Layout) -> Scene:
    """What one agent sees, from its observation uint8 `[D]`: it stands below and looks up.

    Others are numbered as counted on from it. An agent that is not there sees nothing.
    """
    observation = np.asarray(observation)
    window, body = (
        observation[part].reshape(shape).astype(np.int8)
        for part, shape in (layout["view"], layout["body"])
    )
    height, floor, objects, marks, others, turns = window
    seen = height > 0
    own_height, trial, trials, passed = (int(observation[layout["body"][0]][k]) for k in _CLOCK)
    ramp = floor % 5
    terrain = Terrain(
        np.where(seen, np.clip(height - 4 + own_height, 0, 3), 0).astype(np.int8),
        np.where(ramp > 0, _turned(ramp - 1) + 1, 0).astype(np.int8),
        floor // 5,
    )
    things = tuple(
        _seen_mark(row, column, int(objects[row, column]) - 1, int(marks[row, column]))
        for row, column in np.argwhere(objects > 0).tolist()
    )
    bodies = tuple(
        _other(row, column, int(others[row, column]), int(turns[row, column]) - 1)
        for row, column in np.argwhere(others > 0).tolist()
    )
    return Scene(
        seen,
        things,
        bodies + _self(body, len(window[0])),
        trials=_trials(trial + passed / 255, trials),
        terrain=terrain,
    )


_CLOCK = (6, 10, 11, 12)  # own height, trial, trials and time in the body's part


def _seen_mark(row: int, column: int, kind: int, sign: int) -> Mark:
    """An object as an agent sees it, which cannot tell an anchor from what is frozen."""
    uphill = _turned(max(sign // 2 - 1, 0))
    return _mark(row, column, kind, uphill, pinned=False, frozen=bool(sign % 2))


def _self(body: np.ndarray, side: int) -> tuple[Body, ...]:
    """The agent itself in the window; nobody if it is not in the world now."""
    present, away, shape, colour, gadget, cooldown = body[:6].tolist()
    if away or not present:
        return ()
    held = (SHAPES[shape - 1], COLOURS[colour - 1]) if shape else None
    place = (side - 1, side // 2, _NORTH, NO_NUMBER)
    return (Body(*place, held=held, gadget=_gadget(gadget), ready=cooldown == 0),)


def _other(row: int, column: int, number: int, sign: int) -> Body:
    kind = sign // 4 - 1
    return Body(row, column, _turned(sign % 4), number, held=None if kind < 0 else _thing(kind))


@lru_cache(maxsize=64)
def _plan(row: bytes, sizes: Sizes) -> _Plan:
    return _read(from_row(np.frombuffer(row, dtype=np.int16), sizes))


def _read(task: Task) -> _Plan:
    options = [
        [(r, f) for r, f in zip(require, forbid, strict=True) if r | f]
        for require, forbid in zip(task.require.tolist(), task.forbid.tolist(), strict=True)
    ]
    ramp = np.where(task.ramp > 0, _turned(task.ramp - 1) + 1, 0).astype(np.int8)
    return _Plan(
        task=task,
        terrain=Terrain(task.height, ramp, task.floor),
        inside=np.ones(task.height.shape, dtype=bool),
        options=options[: task.bodies],
        goals=tuple(goal_sentence(task, agent) for agent in range(task.bodies)),
        conditions=tuple(goal_conditions(task, agent) for agent in range(task.bodies)),
        rules=tuple(tuple(rule_sentences(task, agent)) for agent in range(task.bodies)),
    )


def _look(state: Any, index: int) -> Look:
    trial = int(state.trial[index])
    return Look(
        kinds=state.kinds[index].tolist(),
        cells=state.cells[index].tolist(),
        facings=state.facings[index].tolist(),
        hands=state.hands[index].tolist(),
        frozen=state.frozen[index].tolist(),
        away=state.away[index].tolist(),
        cooldowns=state.cooldowns[index].tolist(),
        truth=int(state.truth[index]),
        trial=trial,
        time=int(state.time[index]),
        points=state.trial_returns[index, :, trial].tolist(),
        visible=bool(state.visible[index]),
    )


def _start(task: Task, view: int) -> Look:
    one = ReferenceWorld(task, view)
    return Look(
        kinds=one.kinds,
        cells=one.cells,
        facings=one.facings,
        hands=one.hands,
        frozen=one.frozen,
        away=one.away,
        cooldowns=one.cooldowns,
        truth=one.truth,
        trial=one.trial,
        time=one.time,
        points=[0] * one.bodies,
        visible=True,
    )


def _scene(plan: _Plan, look: Look) -> Scene:
    task = plan.task
    agents = range(task.bodies)
    slots = len(task.kinds)
    # agent_0 is drawn last, over the others.
    bodies = tuple(_body(task, look, n) for n in reversed(agents) if look.away[slots + n] == 0)
    return Scene(
        floor=plan.inside,
        marks=_marks(look),
        bodies=bodies,
        strips=tuple(_strip(plan, look, n) for n in agents),
        trials=_trials(look.trial + look.time / task.trial_length, task.trials),
        terrain=plan.terrain,
        told=plan.goals,
    )


def _marks(look: Look) -> tuple[Mark, ...]:
    marks = []
    for slot, kind in enumerate(look.kinds):
        if kind != NO_OBJECT and look.away[slot] == 0 and slot not in look.hands:
            (row, column), frozen = look.cells[slot], look.frozen[slot]
            uphill = _turned(look.facings[slot])
            marks.append(_mark(row, column, kind, uphill, frozen == FOREVER, frozen > 0))
    return tuple(marks)


def _mark(row: int, column: int, kind: int, uphill: int, pinned: bool, frozen: bool) -> Mark:
    shape, colour = _thing(kind)
    return Mark(row, column, shape, colour, uphill=uphill, pinned=pinned, frozen=frozen)


def _body(task: Task, look: Look, agent: int) -> Body:
    thing = len(task.kinds) + agent
    row, column = look.cells[thing]
    held = look.hands[agent]
    return Body(
        row,
        column,
        heading=_turned(look.facings[thing]),
        number=agent,
        faded=agent > 0 and not look.visible,
        held=None if held == EMPTY else _thing(look.kinds[held]),
        gadget=_gadget(int(task.gadgets[agent])),
        ready=look.cooldowns[agent] == 0,
    )


def _strip(plan: _Plan, look: Look, agent: int) -> Strip:
    slots = len(plan.task.kinds)
    return Strip(
        number=agent,
        reached=-(-look.points[agent] // 1000),
        faded=agent > 0 and not look.visible,
        options=tuple(
            tuple(
                bool(look.truth >> atom & 1) == bool(require >> atom & 1)
                for atom in range((require | forbid).bit_length())
                if (require | forbid) >> atom & 1
            )
            for require, forbid in plan.options[agent]
        ),
        conditions=plan.conditions[agent],
        rules=plan.rules[agent],
        gone=look.away[slots + agent] != 0,
        leaves=_leaves(plan.task, look, agent),
    )


def _leaves(task: Task, look: Look, agent: int) -> int | None:
    steps = int(task.present[look.trial, agent])
    stays = steps == task.trial_length or look.away[len(task.kinds) + agent] == ABSENT
    return None if stays else steps - look.time


def _letters(task: Task, look: Look) -> list[str]:
    """The board, three letters and a space a cell."""
    ground = np.where(task.ramp > 0, np.array(list(" ^>v<"))[task.ramp], task.height.astype("<U1"))
    board = np.char.add(np.char.add(ground, " "), np.array(list(_FLOOR_LETTERS))[task.floor])
    for mark in _marks(look):
        sign = "=#oA"[SHAPES.index(mark.shape)]
        at = mark.row, mark.column
        board[at] = board[at][0] + mark.colour[0] + sign
    slots = len(task.kinds)
    for agent in range(task.bodies):
        if look.away[slots + agent] == 0:
            row, column = look.cells[slots + agent]
            arrow = "^>v<"[look.facings[slots + agent]]
            board[row, column] = f"{board[row, column][0]}{agent}{arrow}"
    return [" ".join(line).rstrip() for line in board.tolist()]


def _told(plan: _Plan, look: Look) -> list[str]:
    """Trial and step, then one line per agent."""
    task = plan.task
    told = [f"trial {look.trial + 1} of {task.trials}, step {look.time} of {task.trial_length}"]
    for agent in range(task.bodies):
        thing = len(task.kinds) + agent
        row, column = look.cells[thing]
        held, away = look.hands[agent], look.away[thing]
        if away == ABSENT:
            where = "absent"
        elif away:
            where = f"away for {away} steps"
        else:
            where = f"at ({row}, {column}) facing {DIRECTIONS[look.facings[thing]]}"
        if held != EMPTY:
            where += f", holds a {KIND_NAMES[look.kinds[held]]}"
        if (leaves := _leaves(task, look, agent)) is not None:
            where += f", leaves in {leaves} steps"
        if agent and not look.visible:
            where += ", hidden"
        told.append(
            f"agent_{agent} {where}, {look.points[agent] / 1000:g} points: {plan.goals[agent]}"
        )
    return told


def _trials(passed: float, trials: int) -> tuple[float, ...]:
    """The share of each trial that has passed."""
    return tuple(min(max(passed - trial, 0.0), 1.0) for trial in range(trials))


def _thing(kind: int) -> Thing:
    return SHAPES[shape_of(kind)], COLOURS[colour_of(kind)]


def _gadget(gadget: int) -> str:
    return "" if gadget == NO_GADGET else GADGETS[gadget]


def _turned(direction: Any) -> Any:
    """A direction, or an array of them, counted from the east as in a scene."""
    return (direction + 3) % 4
