"""Drawing, editing and decoding Goal Sequence tasks, whole batches at a time, from keyed words."""

import numpy as np

from worlds.kernels import allocating, plain
from worlds.rng import Whole, mix, word, word_below
from worlds.sequences.goal_sequence.columns import (
    EAST,
    GOALS,
    NUM_AGENTS,
    NUM_GOALS,
    ORDER,
    ORDER_LENGTH,
    SIZE,
    STARTS,
    TRIAL_LENGTH,
    TRIALS,
    WIDTH,
)
from worlds.sequences.goal_sequence.tables import NUM_HEADINGS

ATTEMPTS = 4096  # redraws before a space is declared empty
_ORDER_COUNTER = 16  # words of a task from here on are for its order

# Edits.
_MOVE_GOAL, _SWAP_GOALS, _RESIZE, _MOVE_START, _TURN_START = range(5)


@plain
def level_class(row: np.ndarray) -> np.int64:
    """A fixed hash of size, goals and starts, 0..7; class 0 is held out."""
    value = np.uint64(row[SIZE])
    for column in range(GOALS, WIDTH):
        value = mix(value * np.uint64(257) + np.uint64(row[column]) + np.uint64(1))
    return np.int64(value >> np.uint64(61))


@allocating
def classes(rows: np.ndarray) -> np.ndarray:
    """The class of each row, int64 [n]."""
    out = np.empty(rows.shape[0], dtype=np.int64)
    for i in range(rows.shape[0]):
        out[i] = level_class(rows[i])
    return out


@allocating
def draw_order(order: np.ndarray, key: np.uint64) -> None:
    """64 colours, uniform among those without a colour twice running, first and last included."""
    bits = word(key, np.uint64(_ORDER_COUNTER))
    order[0] = word_below(key, np.uint64(_ORDER_COUNTER + 1), NUM_GOALS)
    for i in range(1, ORDER_LENGTH):
        bit = np.int64((bits >> np.uint64(i)) & np.uint64(1))
        order[i] = (order[i - 1] + 1 + bit) % NUM_GOALS
    if order[-1] == order[0]:
        # A last goal equal to the first is turned into the colour between its two neighbours.
        order[-1] = NUM_GOALS - order[0] - order[-2]


@allocating
def sample(
    rows: np.ndarray,
    key: np.uint64,
    template: np.ndarray,
    size_min: Whole,
    home: bool,
    held_out: bool,
) -> bool:
    """Fills rows [n, width]; row i depends on the key and i alone. False if nothing was found."""
    for i in range(rows.shape[0]):
        own = word(key, np.uint64(i))
        found = False
        for attempt in range(ATTEMPTS):
            _draw(rows[i], word(own, np.uint64(attempt)), template, size_min, home)
            if (level_class(rows[i]) == 0) == held_out:
                found = True
                break
        if not found:
            return False
    return True


@allocating
def mutate(
    rows: np.ndarray,
    key: np.uint64,
    edits: Whole,
    size_min: Whole,
    size: Whole,
    home: bool,
    out: np.ndarray,
) -> bool:
    """Fills out [n, width] with edited copies of rows, unlike them and never held out."""
    for i in range(rows.shape[0]):
        own = word(key, np.uint64(i))
        found = False
        for attempt in range(ATTEMPTS):
            out[i] = rows[i]
            drawn = word(own, np.uint64(attempt))
            for edit in range(edits):
                _edit(out[i], word(drawn, np.uint64(edit)), size_min, size, home)
            if level_class(out[i]) != 0 and _differ(out[i], rows[i]):
                found = True
                break
        if not found:
            return False
    return True


@allocating
def decode(
    points: np.ndarray,
    key: np.uint64,
    template: np.ndarray,
    size_min: Whole,
    size: Whole,
    home: bool,
    draws_order: bool,
    out: np.ndarray,
) -> bool:
    """Fills out [n, width] with the tasks at points float32 [n, dim] in [0, 1].

    Goals that fall onto each other or onto a start move on to the next free cell; a held-out level
    is edited until it is none.
    """
    for i in range(points.shape[0]):
        own = word(key, np.uint64(i))
        row = out[i]
        row[:] = template
        if draws_order:
            draw_order(row[ORDER : ORDER + ORDER_LENGTH], own)
        point = points[i]
        side = size_min + _bin(point[0], size - size_min + 1)
        row[SIZE] = side
        for goal in range(NUM_GOALS):
            down = _bin(point[1 + 2 * goal], side)
            row[GOALS + goal] = down * side + _bin(point[2 + 2 * goal], side)
        for n in range(NUM_AGENTS):
            start = STARTS + 3 * n
            if home:
                _send_home(row, n)
            else:
                base = 1 + 2 * NUM_GOALS + 3 * n
                row[start] = _bin(point[base], side)
                row[start + 1] = _bin(point[base + 1], side)
                row[start + 2] = _bin(point[base + 2], NUM_HEADINGS)
        _repair(row, home)
        attempt = 0
        while level_class(row) == 0:
            if attempt == ATTEMPTS:
                return False
            _edit(row, word(own, np.uint64(attempt)), size_min, size, home)
            attempt += 1
    return True


@allocating
def in_bounds(
    rows: np.ndarray, size_min: Whole, size: Whole, trials: Whole, trial_length: Whole
) -> bool:
    """Whether no value of any row could lead a kernel outside its arrays."""
    for i in range(rows.shape[0]):
        row = rows[i]
        side = np.int64(row[SIZE])
        if side < size_min or side > size:
            return False
        if row[TRIALS] != trials or row[TRIAL_LENGTH] != trial_length:
            return False
        for column in range(ORDER, ORDER + ORDER_LENGTH):
            if row[column] < 0 or row[column] >= NUM_GOALS:
                return False
        for column in range(GOALS, GOALS + NUM_GOALS):
            if row[column] < 0 or row[column] >= side * side:
                return False
        for n in range(NUM_AGENTS):
            for column in range(STARTS + 3 * n, STARTS + 3 * n + 2):
                if row[column] < 0 or row[column] >= side:
                    return False
            if row[STARTS + 3 * n + 2] < 0 or row[STARTS + 3 * n + 2] >= NUM_HEADINGS:
                return False
    return True


@plain
def _draw(
    row: np.ndarray, key: np.uint64, template: np.ndarray, size_min: Whole, home: bool
) -> None:
    """A fresh level, and a fresh order where the template (its first colour -1) has none."""
    row[:] = template
    if template[ORDER] < 0:
        draw_order(row[ORDER : ORDER + ORDER_LENGTH], key)
    side = size_min + word_below(key, np.uint64(0), template[SIZE] - size_min + 1)
    row[SIZE] = side
    for n in range(NUM_AGENTS):
        if home:
            _send_home(row, n)
        else:
            cell = word_below(key, np.uint64(1 + 2 * n), side * side)
            row[STARTS + 3 * n] = cell // side
            row[STARTS + 3 * n + 1] = cell % side
            row[STARTS + 3 * n + 2] = word_below(key, np.uint64(2 + 2 * n), NUM_HEADINGS)
    for goal in range(NUM_GOALS):
        row[GOALS + goal] = -1
    for goal in range(NUM_GOALS):
        _move_goal(row, goal, key, 5 + goal, home)


@plain
def _move_goal(row: np.ndarray, goal: Whole, key: np.uint64, counter: Whole, home: bool) -> None:
    """Moves a goal to a free cell, uniformly among all of them."""
    num_cells = np.int64(row[SIZE]) * np.int64(row[SIZE])
    row[GOALS + goal] = -1
    free = 0
    for cell in range(num_cells):
        free += _is_free(row, cell, home)
    skip = word_below(key, np.uint64(counter), free)
    for cell in range(num_cells):
        if _is_free(row, cell, home):
            if skip == 0:
                row[GOALS + goal] = cell
                return
            skip -= 1


@plain
def _is_free(row: np.ndarray, cell: Whole, home: bool) -> bool:
    """No goal, no start, and with home starts neither the cell behind them."""
    side = np.int64(row[SIZE])
    for goal in range(NUM_GOALS):
        if row[GOALS + goal] == cell:
            return False
    for n in range(NUM_AGENTS):
        if row[STARTS + 3 * n] * side + row[STARTS + 3 * n + 1] == cell:
            return False
    return not (home and cell == (side // 2) * side)


@plain
def _send_home(row: np.ndarray, n: Whole) -> None:
    row[STARTS + 3 * n] = row[SIZE] // 2
    row[STARTS + 3 * n + 1] = 1
    row[STARTS + 3 * n + 2] = EAST


@plain
def _repair(row: np.ndarray, home: bool) -> None:
    """Moves every goal that stands where it may not to the next free cell."""
    num_cells = np.int64(row[SIZE]) * np.int64(row[SIZE])
    for goal in range(NUM_GOALS):
        cell = np.int64(row[GOALS + goal])
        # Later goals give way to earlier ones.
        kept = row[GOALS + goal : GOALS + NUM_GOALS].copy()
        row[GOALS + goal : GOALS + NUM_GOALS] = -1
        while not _is_free(row, cell, home):
            cell = (cell + 1) % num_cells
        row[GOALS + goal : GOALS + NUM_GOALS] = kept
        row[GOALS + goal] = cell


@plain
def _edit(row: np.ndarray, key: np.uint64, size_min: Whole, size: Whole, home: bool) -> None:
    """One small edit, drawn uniformly among those that the space allows."""
    kinds = np.empty(5, dtype=np.int64)
    kinds[0], kinds[1] = _MOVE_GOAL, _SWAP_GOALS
    count = 2
    if size_min < size:
        kinds[count] = _RESIZE
        count += 1
    if not home:
        kinds[count], kinds[count + 1] = _MOVE_START, _TURN_START
        count += 2
    kind = kinds[word_below(key, np.uint64(0), count)]
    first = word_below(key, np.uint64(1), NUM_GOALS)
    start = STARTS + 3 * word_below(key, np.uint64(2), NUM_AGENTS)
    if kind == _MOVE_GOAL:
        _move_goal(row, first, key, 3, home)
    elif kind == _SWAP_GOALS:
        second = (first + 1 + word_below(key, np.uint64(4), NUM_GOALS - 1)) % NUM_GOALS
        kept = row[GOALS + first]
        row[GOALS + first] = row[GOALS + second]
        row[GOALS + second] = kept
    elif kind == _RESIZE:
        side = row[SIZE] + 1 - 2 * word_below(key, np.uint64(5), 2)
        _resize(row, min(max(side, size_min), size), home)
    elif kind == _MOVE_START:
        side = np.int64(row[SIZE])
        cell = word_below(key, np.uint64(6), side * side)
        row[start], row[start + 1] = cell // side, cell % side
        _repair(row, home)
    else:
        turn = 1 + word_below(key, np.uint64(7), NUM_HEADINGS - 1)
        row[start + 2] = (row[start + 2] + turn) % NUM_HEADINGS


@plain
def _resize(row: np.ndarray, side: Whole, home: bool) -> None:
    """Another grid size; what stood outside comes in at the edge."""
    old = np.int64(row[SIZE])
    row[SIZE] = side
    for goal in range(NUM_GOALS):
        down, right = row[GOALS + goal] // old, row[GOALS + goal] % old
        row[GOALS + goal] = min(down, side - 1) * side + min(right, side - 1)
    for n in range(NUM_AGENTS):
        if home:
            _send_home(row, n)
        else:
            row[STARTS + 3 * n] = min(row[STARTS + 3 * n], side - 1)
            row[STARTS + 3 * n + 1] = min(row[STARTS + 3 * n + 1], side - 1)
    _repair(row, home)


@plain
def _differ(one: np.ndarray, other: np.ndarray) -> bool:
    same = True
    for column in range(WIDTH):
        same = same and one[column] == other[column]
    return not same


@plain
def _bin(x: float, count: Whole) -> np.int64:
    """Which of `count` equal parts of [0, 1] holds x; whatever is not above 0 is in the first."""
    if not x > 0.0:
        return np.int64(0)
    return np.int64(min(np.int64(min(x, 1.0) * count), count - 1))
