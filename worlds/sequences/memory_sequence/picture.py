"""What pictures of Memory Sequence show: the digits, what was said in each trial, and the comments."""

from typing import Any

import numpy as np

from worlds.family import Layout
from worlds.scene import Body, Mark, Scene, Strip
from worlds.sequences.comments_picture import (
    NORTH,
    comment_rows,
    comments,
    mistake,
    seen_comments,
    symbol,
    told_comments,
)
from worlds.sequences.memory_sequence.columns import DIGITS
from worlds.sequences.memory_sequence.kernels import UNSAID

_BROADEST = 3.0  # columns for each row of a board


def world_scene(state: Any, index: int, symbols: int) -> Scene:
    """World `index` of a batch: above the digits, below them a row for each trial, last the comments.

    A long sequence is broken into lines. agent_0 stands at the place due, demonstrators stand beside
    what they show.
    """
    digits = state.rows[index, DIGITS:].tolist()
    said = state.said[index]
    trials, length = said.shape
    columns = _columns(trials, length)
    rows = 1 + trials
    lines = -(-length // columns)
    below = lines * (rows + 1)
    width = max(columns, 2)
    demonstrators = state.shown.shape[1]
    floor = np.zeros((below + comment_rows(demonstrators, width), width), dtype=bool)
    marks: list[Mark] = []
    for place, digit in enumerate(digits):
        line, column = divmod(place, columns)
        top = line * (rows + 1)
        floor[top : top + rows, column] = True
        marks.append(symbol(top, column, digit))
        for trial in range(trials):
            marks += _said(top + 1 + trial, column, int(said[trial, place]), digit)
    line, column = divmod(int(state.position[index]), columns)
    trial = int(state.trial[index])
    row = line * (rows + 1) + 1 + trial
    bodies = [] if state.over[index] else [Body(row, column, NORTH, 0)]
    more, others = comments(state, index, below, width, symbols)
    for body in others:
        floor[body.row, body.column : body.column + 2] = True
    return Scene(
        floor,
        (*marks, *more),
        (*others, *bodies),
        _strips(state, index, demonstrators),
        _passed(state, index),
        told=("the digits one after another", *told_comments(state, index, symbols)),
    )


def view_scene(observation: np.ndarray, layout: Layout) -> Scene:
    """One observation, uint8 `[D]`: above the demonstrators and what they show, below the last action.

    What was wrong is crossed out.
    """
    marks, bodies = seen_comments(observation, layout)
    floor = np.ones((2, max(layout["shown"][1][0], 1)), dtype=bool)
    trials: tuple[float, ...] = ()
    if "last_action" in layout:
        floor = np.vstack([floor, np.zeros_like(floor[:1])])
        floor[2, 0] = True
        marks += [
            symbol(2, 0, int(n)) for n in np.flatnonzero(_part(observation, layout, "last_action"))
        ]
        if _part(observation, layout, "last_reward")[1]:
            marks.append(mistake(2, 0))
        trials = tuple(_part(observation, layout, "trial").astype(float))
    return Scene(floor, tuple(marks), tuple(bodies), trials=trials)


def text(state: Any, index: int, symbols: int) -> str:
    """World `index` as lines of letters: the digits, what was said in each trial, the comments."""
    lines = ["digits  " + " ".join(str(digit) for digit in state.rows[index, DIGITS:])]
    for trial, said in enumerate(state.said[index].tolist()):
        letters = ["." if one == UNSAID else "-" if one < 0 else str(one) for one in said]
        lines.append(f"trial {trial + 1} " + " ".join(letters))
    lines.append(f"trial {int(state.trial[index]) + 1} place {int(state.position[index]) + 1}")
    for n, told in enumerate(told_comments(state, index, symbols)):
        lines.append(f"agent_{n + 1} {told}")
    return "\n".join(lines)


def _columns(trials: int, length: int) -> int:
    """Places of a line: as many as keep the board from being too broad."""
    lines = 1
    while -(-length // lines) > _BROADEST * (lines * (2 + trials) - 1):
        lines += 1
    return -(-length // lines)


def _said(row: int, column: int, said: int, digit: int) -> list[Mark]:
    if said == UNSAID:
        return []
    marks = [symbol(row, column, said)] if said >= 0 else []
    return marks if said == digit else [*marks, mistake(row, column)]


def _strips(state: Any, index: int, demonstrators: int) -> tuple[Strip, ...]:
    right = int(state.trial_returns[index, 0, state.trial[index]]) // 1000
    hidden = not state.visible[index]
    others = (Strip(1 + n, None, faded=hidden) for n in range(demonstrators))
    return (Strip(0, right), *others)


def _passed(state: Any, index: int) -> tuple[float, ...]:
    """The share of each trial that has passed; one that has ended is over, however short."""
    trials, length = state.said.shape[1:]
    now = int(state.trial[index]) + int(state.over[index])
    going = int(state.position[index]) / length
    return tuple(1.0 if x < now else going if x == now else 0.0 for x in range(trials))


def _part(observation: np.ndarray, layout: Layout, name: str) -> np.ndarray:
    return observation[layout[name][0]]
