"""Values of zero-sum games, and skills that copies of a task or a member do not change."""

import numpy as np
import pytest

from populations.games import equilibrium, skills, value

ROCK_PAPER_SCISSORS = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])


@pytest.mark.parametrize(
    ("payoffs", "worth"),
    [
        ([[3, -1], [-2, 4]], 1),  # both mix: (3 * 4 - 1 * 2) / (3 + 4 + 1 + 2)
        ([[1, 2], [0, 5]], 1),  # a saddle
        ([[1], [4], [2]], 4),  # one column: the best row
        ([[5, 2, 7]], 2),  # one row: the worst column
        (ROCK_PAPER_SCISSORS, 0),
        ([[1, 0], [0, 1], [0.4, 0.4]], 0.5),  # the third row is worse than a mixture
    ],
)
def test_values_of_known_games(payoffs: list[list[float]], worth: float) -> None:
    game = np.array(payoffs, float)
    assert value(game) == pytest.approx(worth, abs=1e-9)
    assert value(game + 3) == pytest.approx(worth + 3, abs=1e-9)


def test_a_game_without_finite_payoffs_is_refused() -> None:
    for payoffs in (np.zeros((0, 2)), np.array([[np.nan, 1.0]])):
        with pytest.raises(ValueError, match="must be finite"):
            value(payoffs)


def test_copies_share_what_one_would_get() -> None:
    copied = [0, 1, 2, 0]
    rows, columns = equilibrium(ROCK_PAPER_SCISSORS[np.ix_(copied, copied)])
    for mixture in (rows, columns):
        np.testing.assert_allclose(mixture, [1 / 6, 1 / 3, 1 / 3, 1 / 6], atol=1e-3)


def test_the_equilibrium_is_one_and_the_most_even() -> None:
    game = np.random.default_rng(0).random((8, 30))
    rows, columns = equilibrium(game)
    assert value(game) - (rows @ game).min() < 2e-3 and (game @ columns).max() - value(game) < 2e-3
    rows, _ = equilibrium(np.array([[1.0, 0], [1, 0], [1, 0]]))
    np.testing.assert_allclose(rows, 1 / 3)


def test_a_copied_task_moves_means_and_not_skills_and_a_copied_member_no_order() -> None:
    scores = np.random.default_rng(1).random((5, 24))
    easy = scores[0].argmax()
    copied = np.concatenate([scores, scores[:, [easy] * 12]], 1)
    np.testing.assert_allclose(skills(copied), skills(scores), atol=1e-4)
    assert np.abs(copied.mean(1) - scores.mean(1)).max() > 0.05
    doubled = skills(np.concatenate([scores, scores[:1]]))
    assert doubled[5] == pytest.approx(doubled[0])
    told = skills(scores)
    apart = np.abs(told[:, None] - told) > 5e-3
    order = np.sign(doubled[:5, None] - doubled[:5]) == np.sign(told[:, None] - told)
    assert order[apart].all()
