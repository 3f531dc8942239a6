"""Known tours to compare with: the shortest one, a good one, the nearest city next, and chance."""

import numpy as np

from worlds.kernels import allocating, plain
from worlds.rng import Whole

MOST_EXACT = 12  # cities; the time of the exact search doubles with each


def known_tours(legs: np.ndarray) -> dict[str, np.ndarray]:
    """Lengths of closed tours by name, float64 [n] thousandths of the diagonal; legs int16 [n, D, D].

    `optimal` is the shortest one up to 12 cities, above that there is `good`: the nearest city
    next, then improved until no two legs can be exchanged. `random_order` is the mean over all
    orders, in which each of the D (D - 1) / 2 legs stands with chance 2 / (D - 1).
    """
    cities = legs.shape[1]
    nearest = np.empty(len(legs), np.int64)
    best = np.empty(len(legs), np.int64)
    _nearest_lengths(legs, cities > MOST_EXACT, nearest, best)
    if cities <= MOST_EXACT:
        _shortest_lengths(legs, best)
    return {
        "optimal" if cities <= MOST_EXACT else "good": best.astype(np.float64),
        "nearest": nearest.astype(np.float64),
        "random_order": legs.sum(axis=(1, 2), dtype=np.int64) / (cities - 1),
    }


@allocating
def _shortest_lengths(legs: np.ndarray, out: np.ndarray) -> None:
    """By dynamic programming over sets of visited cities and the last of them (Held 1962)."""
    others = legs.shape[1] - 1
    reached = np.empty((2**others, others), np.int64)
    for i in range(legs.shape[0]):
        for visited in range(1, 2**others):
            for last in range(others):
                before = visited & ~(1 << last)
                if before == visited:
                    continue
                shortest = np.int64(legs[i, 0, last + 1]) if before == 0 else np.int64(2**62)
                for city in range(others):
                    if before >> city & 1:
                        length = reached[before, city] + legs[i, city + 1, last + 1]
                        shortest = min(shortest, length)
                reached[visited, last] = shortest
        out[i] = 2**62
        for last in range(others):
            out[i] = min(out[i], reached[2**others - 1, last] + legs[i, last + 1, 0])


@allocating
def _nearest_lengths(
    legs: np.ndarray, improved: bool, nearest: np.ndarray, good: np.ndarray
) -> None:
    for i in range(legs.shape[0]):
        tour = _nearest_tour(legs[i])
        nearest[i] = _length(legs[i], tour)
        if improved:
            _exchange(legs[i], tour)
            good[i] = _length(legs[i], tour)


@plain
def _nearest_tour(legs: np.ndarray) -> np.ndarray:
    cities = legs.shape[0]
    tour = np.zeros(cities, np.int64)
    left = np.ones(cities, np.bool_)
    left[0] = False
    for position in range(1, cities):
        chosen = -1
        for city in range(cities):
            nearer = chosen < 0 or legs[tour[position - 1], city] < legs[tour[position - 1], chosen]
            if left[city] and nearer:
                chosen = city
        tour[position] = chosen
        left[chosen] = False
    return tour


@plain
def _exchange(legs: np.ndarray, tour: np.ndarray) -> None:
    """Turns parts of a tour around as long as that makes it shorter (2-opt; Croes 1958)."""
    cities = tour.size
    better = True
    while better:
        better = False
        for first in range(1, cities - 1):
            for last in range(first + 1, cities):
                before, after = tour[first - 1], tour[(last + 1) % cities]
                now = legs[before, tour[first]] + legs[tour[last], after]
                if legs[before, tour[last]] + legs[tour[first], after] < now:
                    tour[first : last + 1] = tour[first : last + 1][::-1].copy()
                    better = True


@plain
def _length(legs: np.ndarray, tour: np.ndarray) -> Whole:
    length: Whole = np.int64(0)
    for position in range(tour.size):
        length += legs[tour[position], tour[(position + 1) % tour.size]]
    return length
