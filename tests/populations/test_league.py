"""The league: a record of who beats whom, by name, and the odds that follow from it."""

import numpy as np
import pytest

from populations.league import DECAY, Records, odds
from populations.rollout import NOISE

NAMES = ["ada", "bo", "elder", "ada"]  # entry 3 is ada as she is, not learning
ROSTERS = np.array([[[0, 2], [0, 2], [0, NOISE]], [[1, 2], [1, 3], [1, 1]]], np.int16)
RETURNS = np.array([[[2, 1], [1, 1], [9, 0]], [[0, 1], [3, 1], [5, 0]]], float)


@pytest.fixture
def records():
    records = Records()
    records.observe(NAMES, ROSTERS, RETURNS)
    return records


def test_who_never_met_is_even():
    assert (Records().shares(["ada"], ["bo", "cy"]) == 0.5).all()


def test_a_share_counts_wins_and_half_the_ties(records):
    shares = records.shares(["ada", "bo"], ["elder", "ada"])
    assert shares.tolist() == [[(1 + 0.5 + 1) / (2 + 2), 0.5], [1 / (1 + 2), (1 + 1) / (1 + 2)]]


def test_scripts_and_oneself_leave_no_record(records):
    assert records.games.sum() == 4
    assert records.games[1, records.others.index("bo")] == 0


def test_counts_decay_per_iteration(records):
    records.observe(NAMES, ROSTERS, RETURNS)
    elder = records.others.index("elder")
    assert records.games[0, elder] == pytest.approx(2 + 2 * DECAY)
    assert records.wins[0, elder] == pytest.approx(1 + DECAY)
    assert records.ties[0, elder] == pytest.approx(1 + DECAY)


def test_members_come_and_go_by_name(records):
    before = records.shares(["bo"], ["elder"])
    records.observe(["bo", "elder"], np.array([[[0, 0]]], np.int16), np.zeros((1, 1, 2)))
    after = records.shares(["bo", "ada"], ["elder", "ada"])
    assert records.learners == ("bo",) and set(records.others) == {"bo", "elder"}
    assert after[0, 0] == pytest.approx(1 / (DECAY + 2)) and before[0, 0] == 1 / 3
    assert after[1].tolist() == [0.5, 0.5] and after[0, 1] == 0.5


def test_odds_favour_whom_the_weights_name(records):
    x = records.shares(NAMES[:2], NAMES)
    assert (odds(records, NAMES, 2, "hard") == (1 - x) ** 2).all()
    assert (odds(records, NAMES, 2, "even") == x * (1 - x)).all()
    assert (odds(records, NAMES, 2, "uniform") == 1).all()
