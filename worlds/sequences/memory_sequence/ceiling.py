"""How much a lone learner can know at best: one that never says a digit again that was wrong there."""

import numpy as np


def lone_ceiling(num_digits: int, length: int, trials: int, end_on_mistake: bool) -> np.ndarray:
    """Its expected right digits in each trial, float64 `[X]`: the same for every sequence.

    Of a place with r refuted digits it says the right one with chance 1 / (D - r), whatever that is.
    """
    if not end_on_mistake:  # all places are tried in every trial
        return length * np.minimum(np.arange(1, trials + 1) / num_digits, 1.0)
    # chance[k, r]: before a trial, k places are known and r digits refuted for the next.
    chance = np.zeros((length + 1, num_digits))
    chance[0, 0] = 1.0
    expected = np.zeros(trials)
    hits = 1.0 / (num_digits - np.arange(num_digits))
    for x in range(trials):
        after = np.zeros_like(chance)
        arrives = np.zeros(length + 1)  # at a place of which nothing was refuted, in this trial
        for k in range(length):
            after[k, 1:] += chance[k, :-1] * (1 - hits[:-1])
            after[k, 1] += arrives[k] * (1 - hits[0])
            arrives[k + 1] = chance[k] @ hits + arrives[k] * hits[0]
        after[length, 0] = chance[length].sum() + arrives[length]
        expected[x] = after.sum(1) @ np.arange(length + 1)
        chance = after
    return expected
