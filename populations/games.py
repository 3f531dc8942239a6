"""Zero-sum games of members against what they meet: values, and skills by Nash averaging (Balduzzi 2018)."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

STEPS = 10_000  # of the mirror descent; its error falls by a factor 1 - rate * entropy in each
ENTROPY = (0.1, 1e-3)  # its weight at the first step and from half of the steps on
RATE = (
    0.5  # of the descent, for payoffs within [-1, 1]; at 1 it still converged on all that was tried
)


def value(payoffs: np.ndarray) -> float:
    """Value of the game [I, J] whose rows maximise and whose columns minimise, both free to mix.

    Of a single column that is its best row. Raises ValueError for payoffs that are not finite or none.
    """
    if not payoffs.size or not np.isfinite(payoffs).all():
        raise ValueError(f"payoffs [I, J] must be finite and at least one, not {payoffs}")
    low, high = payoffs.min(1).max(), payoffs.max(0).min()
    if low == high:  # nobody gains by mixing
        return float(low)
    rows, columns = payoffs.shape
    # maximise v so that every column leaves at least v to the mixture of the rows
    solved = linprog(
        c=np.r_[np.zeros(rows), -1],
        A_ub=np.c_[-payoffs.T, np.ones(columns)],
        b_ub=np.zeros(columns),
        A_eq=np.r_[np.ones(rows), 0][None],
        b_eq=[1],
        bounds=[(0, None)] * rows + [(None, None)],
    )
    if not solved.success:
        raise ValueError(f"the game has no solution: {solved.message}")
    return float(-solved.fun)


def equilibrium(payoffs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most even of the equilibria of a zero-sum game [I, J]: mixtures [I] of rows, [J] of columns.

    By optimistic mirror descent with a weight on entropy that falls (Cen 2021), so that copies share
    what one of them would get; good to about three digits.
    """
    span = max(float(np.abs(payoffs).max()), 1e-12)
    game = payoffs / span
    rows, columns = (np.zeros(size) for size in game.shape)  # logarithms of the mixtures
    seen_rows, seen_columns = _even(rows), _even(columns)
    first, last = ENTROPY
    for step in range(STEPS):
        keep = 1 - RATE * first * (last / first) ** min(1, 2 * step / STEPS)
        # look where both would go, then go there from where both are
        ahead_rows = _even(keep * rows + RATE * (game @ seen_columns))
        ahead_columns = _even(keep * columns - RATE * (seen_rows @ game))
        rows = keep * rows + RATE * (game @ ahead_columns)
        columns = keep * columns - RATE * (ahead_rows @ game)
        seen_rows, seen_columns = ahead_rows, ahead_columns
    return _even(rows), _even(columns)


def skills(scores: np.ndarray) -> np.ndarray:
    """[P] the skill of each member, by its scores [P, K] on the tasks that matter: Nash averaging.

    Tasks that are copies of others count once. Members within the equilibrium all have its value.
    """
    _, tasks = equilibrium(scores)
    return scores @ tasks


def _even(logarithms: np.ndarray) -> np.ndarray:
    powers = np.exp(logarithms - logarithms.max())
    return powers / powers.sum()
