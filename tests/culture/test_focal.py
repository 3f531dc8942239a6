"""Seats of a world are filled as the mask says, with replacement, and the background stays what it is."""

import numpy as np
import pytest

from culture.focal import SCENARIOS, draw, mask
from populations.rollout import NOISE


@pytest.mark.parametrize(
    ("agents", "resident"), [(2, 1), (3, 2), (4, 3), (5, 3), (8, 5)], ids=lambda value: str(value)
)
def test_residents_are_most_visitors_are_the_rest(agents: int, resident: int) -> None:
    counts = {name: mask(name, agents, 12).sum(1) for name in SCENARIOS}
    assert set(counts["resident"]) == {resident}
    assert set(counts["visitor"]) == {agents - resident}
    assert set(counts["universal"]) == {agents}


def test_every_seat_is_focal_equally_often() -> None:
    for name in SCENARIOS:
        assert len(set(mask(name, 3, 12).sum(0))) == 1
    assert mask("visitor", 3, 3).tolist() == np.eye(3, dtype=bool).tolist()


def test_one_agent_has_no_background() -> None:
    assert mask("universal", 1, 4).all()
    for name in ("resident", "visitor"):
        with pytest.raises(ValueError, match="at least two agents"):
            mask(name, 1, 4)


def test_seats_are_drawn_with_replacement_from_their_own_side() -> None:
    focal = np.tile(mask("resident", 3, 8), (500, 1))
    roster = draw(1, focal, members=4, background=2)
    assert roster.dtype == np.int16
    assert set(roster[focal]) == {0, 1, 2, 3} and set(roster[~focal]) == {4, 5}
    for side, count in ((roster[focal], 4), (roster[~focal] - 4, 2)):
        shares = np.bincount(side, minlength=count) / len(side)
        np.testing.assert_allclose(shares, 1 / count, atol=0.03)
    both = roster.reshape(-1)[focal.reshape(-1)].reshape(-1, 2)
    assert np.mean(both[:, 0] == both[:, 1]) == pytest.approx(1 / 4, abs=0.05)
    np.testing.assert_array_equal(draw(1, focal, 4, 2), roster)
    assert (draw(2, focal, 4, 2) != roster).any()


def test_without_background_the_others_move_at_random() -> None:
    focal = mask("visitor", 2, 4)
    roster = draw(1, focal, members=1, background=0)
    assert set(roster[focal]) == {0} and set(roster[~focal]) == {NOISE}
