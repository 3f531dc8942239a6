"""The scripted demonstrator: it knows all legs, and prefers near cities more or less strictly."""

import numpy as np

from worlds.kernels import allocating, plain
from worlds.rng import Whole
from worlds.sequences.comments import POSITION, TRIAL, comment_word
from worlds.sequences.travelling_salesperson.columns import PAY

_LEG = np.sqrt(2.0) / PAY  # a leg in sides of the square
_CERTAIN = 2**24  # weight of the nearest city; whole weights do not hang on the last bit of `exp`


@allocating
def next_cities(
    record: np.ndarray,
    tours: np.ndarray,
    legs: np.ndarray,
    worlds: np.ndarray,
    temperatures: np.ndarray,
    num_agents: Whole,
    agent: Whole,
    key: np.uint64,
    out: np.ndarray,
) -> None:
    """Draws a city that is not yet visited into out int8 [B], by softmax of -distance / temperature.

    Distances are from where agent_0 is, in sides of the square; temperatures are float64 [B], at 0
    it is the nearest city, of several the first. City 0 if all are visited.
    """
    cities = legs.shape[1]
    weights = np.empty(cities, np.int64)
    for b in range(record.shape[0]):
        position = np.int64(record[b, POSITION])
        here = np.int64(tours[b, position])
        _weigh(tours[b, : position + 1], legs[b, here], temperatures[b], weights)
        step = record[b, TRIAL] * (cities - 1) + position
        drawn = comment_word(key, worlds[b], num_agents, step, agent) >> np.uint64(32)
        left = np.int64((drawn * np.uint64(weights.sum())) >> np.uint64(32))
        out[b] = 0
        for city in range(cities):
            if 0 <= left < weights[city]:
                out[b] = city
            left -= weights[city]


@plain
def _weigh(visited: np.ndarray, legs: np.ndarray, temperature: float, weights: np.ndarray) -> None:
    """Whole weights of all cities by their legs [D] from here, 0 of those that are visited."""
    weights[:] = 1
    for city in visited:
        weights[city] = 0
    nearest = -1
    for city in range(weights.size):
        if weights[city] > 0 and (nearest < 0 or legs[city] < legs[nearest]):
            nearest = city
    for city in range(weights.size):
        if city == nearest:
            weights[city] = _CERTAIN
        elif weights[city] > 0:
            further = (legs[city] - legs[nearest]) * _LEG
            share = np.exp(-further / temperature) if temperature > 0 else 0.0
            weights[city] = np.int64(_CERTAIN * share + 0.5)
