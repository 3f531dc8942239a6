"""Mixtures of Gaussians, against densities and updates worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from populations.creators import gmm
from populations.creators.draws import Draws
from populations.creators.gmm import (
    RIDGE,
    Mixture,
    expectation_maximisation,
    fit,
    normals,
    points_of,
)


def blobs(centres: list[list[float]], each: int = 100, width: float = 0.03) -> np.ndarray:
    """[n, 2] points around the centres."""
    noise = normals(Draws(1), (each * len(centres), 2))
    return np.repeat(np.array(centres), each, axis=0) + width * noise


TWO = Mixture(
    np.array([0.25, 0.75]),
    np.array([[0.0, 0.0], [1.0, 2.0]]),
    np.array([[[1.0, 0.0], [0.0, 1.0]], [[2.0, 1.0], [1.0, 2.0]]]),
)


def test_log_densities_are_those_of_the_formula() -> None:
    points = np.array([[0.0, 0.0], [3.0, 1.0]])
    found = TWO.log_densities(points)
    for n, point in enumerate(points):
        for c in range(2):
            apart, covariance = point - TWO.means[c], TWO.covariances[c]
            density = np.exp(-0.5 * apart @ np.linalg.solve(covariance, apart))
            density /= 2 * np.pi * np.sqrt(np.linalg.det(covariance))
            np.testing.assert_allclose(found[n, c], np.log(TWO.weights[c] * density))
    np.testing.assert_allclose(found[0, 0], np.log(0.25 / (2 * np.pi)))


def test_akaike_counts_weights_means_and_covariances() -> None:
    point = np.zeros((1, 2))
    density = np.exp(TWO.log_densities(point)).sum()
    # Two Gaussians over two numbers: 1 free weight, 2 x 2 means, 2 x 3 variances and covariances.
    assert TWO.aic(point) == pytest.approx(2 * 11 - 2 * np.log(density))


def test_a_round_gives_each_gaussian_its_part_of_every_point() -> None:
    points = np.array([[0.0, 0.0], [2.0, 0.0], [4.0, 2.0]])
    shares = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    found = gmm._maximised(points, shares)
    np.testing.assert_allclose(found.weights, [0.5, 0.5])
    np.testing.assert_allclose(found.means, [[2 / 3, 0], [10 / 3, 4 / 3]])
    # First Gaussian, first number: (1 x (2/3)^2 + 1/2 x (4/3)^2) / 1.5 = 8/9.
    np.testing.assert_allclose(found.covariances[0], [[8 / 9 + RIDGE, 0], [0, RIDGE]])
    np.testing.assert_allclose(
        found.covariances[1], [[8 / 9 + RIDGE, 8 / 9], [8 / 9, 8 / 9 + RIDGE]]
    )


def test_every_round_makes_the_points_likelier() -> None:
    points = blobs([[0.2, 0.2], [0.4, 0.4], [0.8, 0.3]], width=0.1)
    shares = np.eye(3)[Draws(2).below(3, len(points))]
    likelihoods = []
    for _ in range(20):
        mixture = gmm._maximised(points, shares)
        logs = mixture.log_densities(points)
        totals = np.log(np.exp(logs).sum(1))
        likelihoods.append(totals.mean())
        shares = np.exp(logs - totals[:, None])
    assert (np.diff(likelihoods) > -1e-6).all() and likelihoods[-1] > likelihoods[0] + 0.1


def test_the_centres_shape_and_number_of_clear_clouds_are_found() -> None:
    centres = [[0.1, 0.1], [0.9, 0.2], [0.5, 0.8]]
    found = fit(blobs(centres), most=6, draws=Draws(3))
    assert len(found) == 3
    order = np.argsort(found.means[:, 0])
    np.testing.assert_allclose(found.means[order], sorted(centres), atol=0.02)
    np.testing.assert_allclose(found.weights, 1 / 3, atol=0.01)
    widths = np.sqrt(np.diagonal(found.covariances, axis1=1, axis2=2))
    np.testing.assert_allclose(widths, np.sqrt(0.03**2 + RIDGE), atol=0.006)


def test_a_cloud_that_is_long_and_slanted_is_seen_as_such() -> None:
    points = blobs([[0.5, 0.5]], each=400, width=0.1)
    points[:, 1] = points[:, 0] + (points[:, 1] - 0.5) / 10
    found = expectation_maximisation(points, 1, Draws(1))
    deviations = np.sqrt(np.diagonal(found.covariances[0]))
    assert found.covariances[0, 0, 1] / np.prod(deviations) > 0.95


@pytest.mark.parametrize("kinds", [1, 2, 3])
def test_points_of_few_kinds_have_no_more_gaussians_than_that(kinds: int) -> None:
    points = np.tile(np.arange(3.0)[:kinds, None] * [0.3, 0.2], (20, 1))
    found = fit(points, most=10, draws=Draws(1))
    assert len(found) == kinds
    for array in (found.weights, found.means, found.covariances):
        assert np.isfinite(array).all()
    np.testing.assert_allclose(np.sort(found.means[:, 0]), np.arange(kinds) * 0.3, atol=1e-9)


def test_a_gaussian_that_loses_all_its_points_harms_nobody() -> None:
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    found = gmm._maximised(points, np.array([[1.0, 0.0], [1.0, 0.0]]))
    logs = found.log_densities(points)
    assert found.weights[0] == 1 and np.isfinite(logs).all()


def test_equal_draws_give_equal_mixtures() -> None:
    points = blobs([[0.2, 0.2], [0.6, 0.6]], width=0.2)
    one, two = (fit(points, 5, Draws(7)) for _ in range(2))
    np.testing.assert_array_equal(one.means, two.means)
    np.testing.assert_array_equal(one.covariances, two.covariances)


def test_drawn_points_have_the_means_and_covariances_asked_for() -> None:
    chosen = np.repeat([0, 1], 20_000)
    found = points_of(TWO.means, TWO.covariances, chosen, Draws(1))
    for c in range(2):
        np.testing.assert_allclose(found[chosen == c].mean(0), TWO.means[c], atol=0.05)
        np.testing.assert_allclose(np.cov(found[chosen == c].T), TWO.covariances[c], atol=0.06)


def test_no_points_and_a_single_gaussian_are_refused() -> None:
    for points, most in ((np.zeros((0, 2)), 5), (np.zeros((3, 2)), 1)):
        with pytest.raises(ValueError, match="give points, and 2 or more"):
            fit(points, most, Draws(1))
