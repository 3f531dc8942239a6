"""The step and the oracle of a batch of Memory Sequence worlds: integers only, nothing random in a step."""

import numpy as np

from worlds.family import EPISODE_ENDED, NO_ACTION, TRIAL_ENDED
from worlds.kernels import allocating
from worlds.rng import Whole
from worlds.sequences.comments import (
    LAST_ACTION,
    LAST_REWARD,
    OVER,
    POSITION,
    TASK,
    TRIAL,
    TRIAL_OVER,
    comment_word,
)
from worlds.sequences.memory_sequence.columns import DIGITS, RIGHT, TRIALS, WRONG

UNSAID = -2  # a place that agent_0 has not come to; NO_ACTION where it said no digit
_PAY = 1000  # thousandths for a right digit


@allocating
def step(
    record: np.ndarray,
    said: np.ndarray,
    trial_returns: np.ndarray,
    actions: np.ndarray,
    penalty: Whole,
    num_digits: Whole,
    end_on_mistake: bool,
    rewards: np.ndarray,
    ends: np.ndarray,
) -> None:
    """agent_0 says a digit for the place that is due; writes rewards [B, N] and ends [B].

    Pays 1000 for the right one, takes `penalty` for any other action. A trial ends after the last
    place, and at a mistake if `end_on_mistake`; the next one begins within the same call.
    """
    length = said.shape[2]
    for b in range(record.shape[0]):
        world = record[b]
        ends[b] = 0
        for n in range(rewards.shape[1]):
            rewards[b, n] = 0
        if world[OVER]:
            continue
        trial, position = world[TRIAL], world[POSITION]
        action = actions[b, 0]
        right = action == world[TASK + DIGITS + position]
        if action < 0 or action >= num_digits:
            action = NO_ACTION
        said[b, trial, position] = action
        world[LAST_ACTION] = action
        world[TRIAL_OVER] = 0
        if right:
            world[LAST_REWARD] = RIGHT
            rewards[b, 0] = _PAY
            trial_returns[b, 0, trial] += _PAY
        else:
            world[LAST_REWARD] = WRONG
            rewards[b, 0] = -penalty
        if position + 1 < length and (right or not end_on_mistake):
            world[POSITION] = position + 1
            continue
        ends[b] = TRIAL_ENDED
        world[TRIAL_OVER] = 1
        if trial + 1 == world[TASK + TRIALS]:
            ends[b] = TRIAL_ENDED | EPISODE_ENDED
            world[OVER] = 1
        else:
            world[TRIAL] = trial + 1
            world[POSITION] = 0


@allocating
def oracle(
    record: np.ndarray,
    worlds: np.ndarray,
    chances: np.ndarray,
    num_agents: Whole,
    agent: Whole,
    key: np.uint64,
    num_digits: Whole,
    out: np.ndarray,
) -> None:
    """Writes the digit due with chance chances[b], float64 [B], else a uniform digit.

    The draw depends on key, number of the world, step of the episode and agent alone.
    """
    length = record.shape[1] - TASK - DIGITS
    for b in range(record.shape[0]):
        world = record[b]
        at = np.int64(world[TRIAL]) * length + world[POSITION]
        drawn = comment_word(key, worlds[b], num_agents, at, agent)
        if np.float64(drawn >> np.uint64(32)) < chances[b] * 4294967296.0:
            out[b] = world[TASK + DIGITS + world[POSITION]]
        else:
            low = drawn & np.uint64(0xFFFFFFFF)
            out[b] = (low * np.uint64(num_digits)) >> np.uint64(32)
