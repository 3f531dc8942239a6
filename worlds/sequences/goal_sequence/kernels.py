"""Reset, step and observe of a batch of Goal Sequence worlds: integers only, nothing random."""

import numpy as np

from worlds.family import EPISODE_ENDED, NO_ACTION, TRIAL_ENDED
from worlds.kernels import allocating, plain
from worlds.rng import Whole
from worlds.sequences.goal_sequence.columns import (
    CELLS,
    FORWARD,
    GOALS,
    LAST_ACTION,
    LAST_REWARD,
    LEFT,
    NUM_AGENTS,
    NUM_GOALS,
    ORDER,
    ORDER_LENGTH,
    OVER,
    POINTERS,
    POSITION,
    RECORD,
    RIGHT,
    SIZE,
    STARTS,
    TASK,
    TRIAL,
    TRIAL_LENGTH,
    TRIAL_OVER,
    TRIALS,
    TURNED,
    WIDTH,
)
from worlds.sequences.goal_sequence.tables import NUM_HEADINGS, TAIL

UNAIMED = -1  # the oracle draws what it is after at its next turn
_PAY = 1000  # thousandths for the right goal


@allocating
def reset(
    record: np.ndarray, aims: np.ndarray, trial_returns: np.ndarray, rows: np.ndarray
) -> None:
    """Starts the first trial of task rows[b] in every world b."""
    for b in range(record.shape[0]):
        for column in range(RECORD):
            record[b, column] = 0
        for column in range(WIDTH):
            record[b, TASK + column] = rows[b, column]
        for n in range(NUM_AGENTS):
            record[b, LAST_ACTION + n] = NO_ACTION
            for x in range(trial_returns.shape[2]):
                trial_returns[b, n, x] = 0
        _place(record[b], aims[b])


@allocating
def step(
    record: np.ndarray,
    aims: np.ndarray,
    trial_returns: np.ndarray,
    actions: np.ndarray,
    penalty: Whole,
    reported_penalty: Whole,
    pose_start: np.ndarray,
    ahead: np.ndarray,
    rewards: np.ndarray,
    ends: np.ndarray,
) -> None:
    """Moves all agents of all worlds by one step; writes rewards [B, N] and ends [B].

    Pays 1000 for changing the cell onto the goal that is due, takes `penalty` for any other goal.
    A trial's end puts the agents back to their starts within the same call.
    """
    for b in range(record.shape[0]):
        world = record[b]
        ends[b] = 0
        if world[OVER]:
            for n in range(NUM_AGENTS):
                rewards[b, n] = 0
            continue
        first_pose = pose_start[world[TASK + SIZE]]
        trial = world[TRIAL]
        world[TRIAL_OVER] = 0
        for n in range(NUM_AGENTS):
            action = actions[b, n]
            heading = world[TURNED + n]
            touched = 0
            if action == LEFT:
                world[TURNED + n] = (heading + 3) & 3
            elif action == RIGHT:
                world[TURNED + n] = (heading + 1) & 3
            elif action == FORWARD:
                before = world[CELLS + n]
                cell = ahead[first_pose + before * NUM_HEADINGS + heading]
                if cell != before:
                    world[CELLS + n] = cell
                    due = world[TASK + ORDER + world[POINTERS + n] % ORDER_LENGTH]
                    for colour in range(NUM_GOALS):
                        if world[TASK + GOALS + colour] == cell:
                            touched = 1 if colour == due else -1
            else:
                action = NO_ACTION
            world[LAST_ACTION + n] = action
            world[LAST_REWARD + n] = touched
            reward: Whole = 0
            if touched == 1:
                reward = _PAY
                world[POINTERS + n] += 1
                trial_returns[b, n, trial] += _PAY
                aims[b, n] = UNAIMED
            elif touched == -1:
                reward = -penalty
                trial_returns[b, n, trial] -= reported_penalty
                aims[b, n] = UNAIMED
            rewards[b, n] = reward
        world[POSITION] += 1
        if world[POSITION] == world[TASK + TRIAL_LENGTH]:
            ends[b] = TRIAL_ENDED
            world[TRIAL_OVER] = 1
            if trial + 1 == world[TASK + TRIALS]:
                ends[b] = TRIAL_ENDED | EPISODE_ENDED
                world[OVER] = 1
            else:
                world[TRIAL] = trial + 1
                world[POSITION] = 0
                _place(world, aims[b])


@allocating
def observe(
    record: np.ndarray,
    visible: np.ndarray,
    pose_start: np.ndarray,
    place_start: np.ndarray,
    templates: np.ndarray,
    places: np.ndarray,
    trial_byte: Whole,
    out: np.ndarray,
) -> None:
    """Writes all observations into out [B, N, D]; agent_1 is shown to agent_0 where visible[b]."""
    size_of_row = templates.shape[1]
    tail = size_of_row - TAIL
    for b in range(record.shape[0]):
        world = record[b]
        side = np.int64(world[TASK + SIZE])
        num_cells = side * side
        first_pose = pose_start[side]
        first_place = place_start[side]
        for n in range(NUM_AGENTS):
            row = out[b, n]
            pose = np.int64(world[CELLS + n]) * NUM_HEADINGS + world[TURNED + n]
            template = templates[first_pose + pose]
            for i in range(size_of_row):
                row[i] = template[i]
            place = first_place + pose * num_cells
            # What is not in view is written into the tail, which is overwritten below.
            for colour in range(NUM_GOALS):
                row[places[place + world[TASK + GOALS + colour]] + 1 + colour] = 1
            if n == 0 and visible[b]:
                row[places[place + world[CELLS + 1]] + 1 + NUM_GOALS] = 1
            row[trial_byte + world[TRIAL]] = 1
            reward = world[LAST_REWARD + n]
            action = world[LAST_ACTION + n]
            row[tail] = reward == -1
            row[tail + 1] = reward == 0
            row[tail + 2] = reward == 1
            row[tail + 3] = action == LEFT
            row[tail + 4] = action == RIGHT
            row[tail + 5] = action == FORWARD


@plain
def _place(world: np.ndarray, aims: np.ndarray) -> None:
    """Puts both agents to their starts and their pointers to the first goal."""
    side = world[TASK + SIZE]
    for n in range(NUM_AGENTS):
        start = TASK + STARTS + 3 * n
        world[CELLS + n] = world[start] * side + world[start + 1]
        world[TURNED + n] = world[start + 2]
        world[POINTERS + n] = 0
        aims[n] = UNAIMED
