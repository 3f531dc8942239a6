"""The benchmark of learning keeps its rows, and its plain update learns what ours learns."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import learning
from populations import memories, ppo
from populations.gru import gru
from populations.networks import pack
from tests.populations.small import LEARNER, member, network, played, ticket


def test_the_plain_update_learns_what_ours_learns() -> None:
    (lived,) = played(ticket()).trajectories
    estimates = ppo.advantages(lived, LEARNER.gamma, LEARNER.gae_lambda)
    batch = ppo.prepare(lived, estimates)
    whole = replace(LEARNER, minibatches=1)  # so that orders do not matter
    after = []
    for update in (ppo.update, learning.plain):
        made = network(member())
        update(made, learning.optimiser(made, 1e-3), batch, whole, 1)
        after.append(pack(made))
    moved = np.abs(after[0] - member().weights).max()
    assert moved > 1e-3
    np.testing.assert_allclose(after[1], after[0], atol=moved / 20)
    assert memories.gru is gru


def test_rows_are_those_that_others_read() -> None:
    rows = {row.name: row for row in learning.units(8)}
    assert {"gru, 20 steps of 32 h8", "gru, 64 steps of 16 h8"} <= set(rows)
    for row in rows.values():
        assert row.value > 0 and row.cpu_seconds > 0
        assert row.baseline is None or row.ratio == pytest.approx(row.value / row.baseline)
