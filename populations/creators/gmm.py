"""Mixtures of Gaussians with full covariances: fitted by expectation maximisation, chosen by AIC, drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from populations.creators.buffer import pick
from populations.creators.distances import squares
from populations.creators.draws import Draws

ROUNDS = 100  # of expectation and maximisation at most
GAIN = 1e-3  # of the mean log-likelihood: a round that gains less is the last
RIDGE = 1e-4  # added to every variance, so that points on a line or on a grid have a density


@dataclass(frozen=True)
class Mixture:
    """C Gaussians over d numbers."""

    weights: np.ndarray  # [C] float64, sum 1
    means: np.ndarray  # [C, d] float64
    covariances: np.ndarray  # [C, d, d] float64, symmetric and positive definite

    def __len__(self) -> int:
        return len(self.weights)

    def log_densities(self, points: np.ndarray) -> np.ndarray:
        """[n, C] log of weight times density of each Gaussian at `points` [n, d]."""
        factors = np.linalg.cholesky(self.covariances)
        apart = points[None] - self.means[:, None]  # [C, n, d]
        scaled = apart @ np.linalg.inv(factors).transpose(0, 2, 1)
        widths = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(1)  # half of log det
        constant = np.log(self.weights) - widths - 0.5 * points.shape[1] * np.log(2 * np.pi)
        return np.asarray(constant - 0.5 * (scaled**2).sum(2).T)

    def aic(self, points: np.ndarray) -> float:
        """Akaike's criterion on `points` [n, d], 2 parameters - 2 log-likelihood; lower is better."""
        dim = points.shape[1]
        parameters = len(self) * (1 + dim + dim * (dim + 1) // 2) - 1  # weights sum to 1
        return float(2 * parameters - 2 * _log_sums(self.log_densities(points)).sum())


def fit(points: np.ndarray, most: int, draws: Draws) -> Mixture:
    """Of mixtures of 2 to `most` Gaussians fitted to `points` [n, d] that of the lowest AIC, the first of equals.

    Points of fewer than three kinds have as many Gaussians as there are kinds. Raises ValueError
    without points, and for a `most` below 2.
    """
    if not len(points) or most < 2:
        raise ValueError(f"{len(points)} points, most is {most}; give points, and 2 or more")
    kinds = len(np.unique(points, axis=0))
    counts = range(min(2, kinds), min(most, kinds) + 1)
    found = [expectation_maximisation(points, count, draws) for count in counts]
    return min(found, key=lambda mixture: mixture.aic(points))


def expectation_maximisation(points: np.ndarray, count: int, draws: Draws) -> Mixture:
    """`count` Gaussians fitted to `points` [n, d], of which at least `count` differ (Dempster 1977)."""
    centres = _spread(points, count, draws)
    nearest = squares(points, points[centres]).argmin(1)
    mixture = _maximised(points, np.eye(count)[nearest])
    before = -np.inf
    for _ in range(ROUNDS):
        logs = mixture.log_densities(points)
        totals = _log_sums(logs)
        likelihood = float(totals.mean())
        if likelihood - before < GAIN:
            break
        mixture = _maximised(points, np.exp(logs - totals[:, None]))
        before = likelihood
    return mixture


def points_of(
    means: np.ndarray, covariances: np.ndarray, chosen: np.ndarray, draws: Draws
) -> np.ndarray:
    """[n, d] one point of each Gaussian that `chosen` [n] names, of `means` [C, d], `covariances` [C, d, d]."""
    factors = np.linalg.cholesky(covariances)
    noise = normals(draws, (len(chosen), means.shape[1]))
    return np.asarray(means[chosen] + (factors[chosen] @ noise[:, :, None])[:, :, 0])


def normals(draws: Draws, shape: tuple[int, int]) -> np.ndarray:
    """Standard normal numbers, float64 (Box 1958)."""
    units = draws.units(2 * int(np.prod(shape))).reshape(2, *shape)
    return np.asarray(np.sqrt(-2 * np.log1p(-units[0])) * np.cos(2 * np.pi * units[1]))


def _spread(points: np.ndarray, count: int, draws: Draws) -> np.ndarray:
    """[count] indices of points far apart: each by its squared distance to the nearest before (Arthur 2007)."""
    chosen = draws.below(len(points), 1)
    far = squares(points, points[chosen])[:, 0]
    for unit in draws.units(count - 1):
        chosen = np.append(chosen, pick(far, np.array([unit])))
        far = np.minimum(far, squares(points, points[chosen[-1:]])[:, 0])
    return chosen


def _maximised(points: np.ndarray, shares: np.ndarray) -> Mixture:
    """The likeliest mixture when Gaussian c has the part `shares` [n, c] of point n."""
    counts = shares.sum(0) + np.finfo(np.float64).tiny  # one that has lost all its points stays one
    means = shares.T @ points / counts[:, None]
    apart = points[None] - means[:, None]  # [C, n, d]
    weighted = apart * (shares.T / counts[:, None])[:, :, None]
    covariances = weighted.transpose(0, 2, 1) @ apart
    return Mixture(counts / counts.sum(), means, covariances + RIDGE * np.eye(points.shape[1]))


def _log_sums(logs: np.ndarray) -> np.ndarray:
    """[n] log of the sum of exponentials over [n, C]."""
    top = logs.max(1)
    return np.asarray(top + np.log(np.exp(logs - top[:, None]).sum(1)))
