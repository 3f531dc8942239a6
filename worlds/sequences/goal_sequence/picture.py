"""What pictures of Goal Sequence show: the board of a world, and the window that an agent sees."""

from typing import Any

import numpy as np

from worlds.family import Layout
from worlds.scene import NO_HEADING, NO_NUMBER, Body, Mark, Scene, Strip
from worlds.sequences.goal_sequence.columns import (
    COLOURS,
    GOALS,
    NORTH,
    NUM_AGENTS,
    NUM_GOALS,
    ORDER,
    ORDER_LENGTH,
    SHAPES,
    SIZE,
    TRIAL_LENGTH,
    TRIALS,
)

_COMING = 6  # goals shown ahead of each agent
_OTHER = 1 + NUM_GOALS  # channel of the other agent


def world_scene(state: Any, index: int) -> Scene:
    """World `index` of a batch; agent_1 is faint where agent_0 does not see it."""
    row = state.rows[index]
    side = int(row[SIZE])
    hidden = not state.visible[index]
    pointers = state.pointers[index].tolist()
    coming = [
        [int(row[ORDER + (pointer + ahead) % ORDER_LENGTH]) for ahead in range(_COMING)]
        for pointer in pointers
    ]
    marks = []
    for colour, cell in enumerate(row[GOALS : GOALS + NUM_GOALS].tolist()):
        next_for = tuple(n for n in range(NUM_AGENTS) if coming[n][0] == colour)
        down, right = divmod(cell, side)
        marks.append(Mark(down, right, SHAPES[colour], COLOURS[colour], next_for))
    bodies = []
    for n in range(NUM_AGENTS):
        place = divmod(int(state.cells[index, n]), side)
        bodies.append(Body(*place, int(state.headings[index, n]), n, faded=n > 0 and hidden))
    strips = tuple(
        Strip(n, pointers[n], tuple((SHAPES[c], COLOURS[c]) for c in coming[n]), n > 0 and hidden)
        for n in range(NUM_AGENTS)
    )
    passed = int(state.trial[index]) + int(state.position[index]) / int(row[TRIAL_LENGTH])
    trials = tuple(min(max(passed - x, 0.0), 1.0) for x in range(int(row[TRIALS])))
    # agent_0 is drawn last, over the others.
    return Scene(np.ones((side, side), bool), tuple(marks), tuple(bodies[::-1]), strips, trials)


def view_scene(observation: np.ndarray, layout: Layout) -> Scene:
    """The window of one observation, uint8 `[D]`; the agent itself stands below, looking up."""
    part, shape = layout["view"]
    window = np.asarray(observation)[part].reshape(shape)
    marks = tuple(
        Mark(int(row), int(column), SHAPES[colour], COLOURS[colour])
        for colour in range(NUM_GOALS)
        for row, column in np.argwhere(window[..., 1 + colour])
    )
    others = np.argwhere(window[..., _OTHER])
    bodies = [Body(int(row), int(column), NO_HEADING, 1) for row, column in others]
    bodies.append(Body(shape[0] - 1, shape[1] // 2, NORTH, NO_NUMBER))
    trial = np.asarray(observation)[layout["trial"][0]]
    return Scene(window[..., 0] == 0, marks, tuple(bodies), trials=tuple(trial.astype(float)))


def text(state: Any, index: int) -> str:
    """World `index` as lines of letters: goals as capitals, `.` for the floor, arrows for agents."""
    row = state.rows[index]
    side = int(row[SIZE])
    board = np.full((side, side, 2), [".", " "], dtype="<U1")  # goal or floor, then an agent
    for colour, cell in enumerate(row[GOALS : GOALS + NUM_GOALS].tolist()):
        board[*divmod(cell, side), 0] = COLOURS[colour][0].upper()
    told = [f"trial {int(state.trial[index]) + 1} step {int(state.position[index])}"]
    for n in range(NUM_AGENTS):
        down, right = divmod(int(state.cells[index, n]), side)
        due = COLOURS[row[ORDER + int(state.pointers[index, n]) % ORDER_LENGTH]]
        heading = ">v<^"[int(state.headings[index, n])]
        board[down, right, 1] = heading
        hidden = ", hidden" if n and not state.visible[index] else ""
        told.append(
            f"agent_{n} {heading} at ({down}, {right}), "
            f"reached {int(state.pointers[index, n])}, next {due}{hidden}"
        )
    lines = ["".join(line.ravel()).rstrip() for line in board]
    return "\n".join(lines + told)
