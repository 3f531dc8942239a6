"""Legs and steps of a batch of Travelling Salesperson worlds: integers only, nothing random."""

import numpy as np

from worlds.family import EPISODE_ENDED, NO_ACTION, TRIAL_ENDED
from worlds.kernels import allocating
from worlds.rng import Whole
from worlds.sequences.comments import LAST_ACTION, LAST_REWARD, OVER, POSITION, TRIAL, TRIAL_OVER
from worlds.sequences.travelling_salesperson.columns import PAY, PLACES


@allocating
def measure(rows: np.ndarray, legs: np.ndarray) -> None:
    """Fills legs int16 [n, D, D]: round(1000 * distance / diagonal) between the cities of each row.

    The square root of half a whole number never lies midway between two whole numbers.
    """
    cities = legs.shape[1]
    for i in range(rows.shape[0]):
        for one in range(cities):
            for other in range(cities):
                right = np.int64(rows[i, PLACES + 2 * one]) - rows[i, PLACES + 2 * other]
                down = np.int64(rows[i, PLACES + 2 * one + 1]) - rows[i, PLACES + 2 * other + 1]
                legs[i, one, other] = np.int16(np.sqrt(0.5 * (right * right + down * down)) + 0.5)


@allocating
def step(
    record: np.ndarray,
    tours: np.ndarray,
    ended: np.ndarray,
    legs: np.ndarray,
    trial_returns: np.ndarray,
    actions: np.ndarray,
    penalty: Whole,
    rewards: np.ndarray,
    ends: np.ndarray,
) -> None:
    """Moves agent_0 of every world to the next city; writes rewards [B, N] and ends [B].

    A new city pays 1000 less the leg; the last one pays for the leg home, too, and ends the trial.
    Anything else is a mistake, which takes `penalty` and ends the trial. A trial's end goes back to
    city 0 within the same call.
    """
    cities = legs.shape[1]
    for b in range(record.shape[0]):
        world, tour = record[b], tours[b]
        ends[b] = 0
        for n in range(rewards.shape[1]):
            rewards[b, n] = 0
        if world[OVER]:
            continue
        trial, position = world[TRIAL], np.int64(world[POSITION])
        city = np.int64(actions[b, 0])
        known = 0 <= city < cities
        new = known
        for visited in range(position + 1):
            new = new and tour[visited] != city
        if new:
            reward = PAY - np.int64(legs[b, tour[position], city])
            position += 1
            tour[position] = city
            trial_over = position == cities - 1
            if trial_over:
                reward += PAY - legs[b, city, 0]
            trial_returns[b, 0, trial] += reward
            rewards[b, 0] = reward
            world[LAST_REWARD] = reward
        else:
            trial_over = True
            rewards[b, 0] = -penalty
            world[LAST_REWARD] = -PAY
        world[LAST_ACTION] = city if known else NO_ACTION
        world[POSITION] = position
        world[TRIAL_OVER] = trial_over
        if trial_over:
            ended[b] = position
            ends[b] = TRIAL_ENDED
            if trial + 1 == trial_returns.shape[2]:
                ends[b] = TRIAL_ENDED | EPISODE_ENDED
                world[OVER] = 1
            else:
                world[TRIAL] = trial + 1
                world[POSITION] = 0
