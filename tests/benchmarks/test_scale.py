"""The simulated cluster counts what it should, and the benchmark of scale keeps its door."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.cluster import NODE, Costs, Shape, simulate, tickets, total
from tests.benchmarks import printed

COSTS = Costs(
    *(1.0, 0.5, 0.0, 0.0),  # seconds: play, learning from a block, a message, a byte
    *(1_000, 10_000, 30_000, 100, 2_000),  # bytes: ticket, weights, member, outcome, block
    network=float("inf"),
)
SHAPE = Shape(64, blocks=2, agents=2)


def test_a_single_node_moves_no_trajectory_and_nobody_waits() -> None:
    found = simulate(SHAPE, NODE, COSTS)
    blocks = 64 * 2 * 2
    assert found.moved == 0 and found.stayed == blocks * COSTS.block
    assert found.messages == 2 * 128 and found.fetched == 64 * COSTS.weights
    assert found.sent == 64 * (COSTS.ticket + COSTS.member)
    assert found.received == 64 * (COSTS.outcome + COSTS.member)
    assert found.waiting == 0 and 0.8 * 3 * 64 <= found.busy <= 1.2 * 3 * 64
    assert COSTS.block <= found.held <= blocks * COSTS.block


def test_work_is_the_same_on_any_number_of_workers_and_time_is_not() -> None:
    few, many = simulate(SHAPE, 4, COSTS), simulate(SHAPE, 64, COSTS)
    assert few.busy == pytest.approx(many.busy)
    assert few.stayed == many.stayed + many.moved and many.moved > 0
    assert few.seconds > 8 * many.seconds
    assert few.efficiency > 0.95 > many.efficiency


def test_a_slow_driver_or_network_is_what_everybody_waits_for() -> None:
    slow = simulate(SHAPE, 64, replace(COSTS, call=1.0))
    assert slow.seconds >= 128 and slow.driver >= 128
    thin = simulate(SHAPE, 64, replace(COSTS, network=1e4))
    assert thin.seconds >= thin.sent / 1e4 and thin.waiting > 0


def test_islands_never_meet_and_everybody_learns_equally_much() -> None:
    rosters = tickets(Shape(64, blocks=4, island=16), 0)
    assert (rosters // 16 == np.arange(64)[:, None, None] // 16).all()
    assert (np.bincount(rosters.reshape(-1)) == 4 * 2).all()


def test_side_by_side_is_as_long_as_the_longest() -> None:
    parts = [simulate(Shape(16), NODE, COSTS, seed) for seed in range(3)]
    whole = total(parts)
    assert whole.seconds == max(part.seconds for part in parts) and whole.workers == 3 * NODE
    assert whole.efficiency <= max(part.efficiency for part in parts)


@pytest.mark.ray
def test_prints_one_document_with_the_promised_rows() -> None:
    document = printed("scale", "--quick")
    assert document["benchmark"] == "scale"
    rows = {row["name"]: row for row in document["rows"]}
    assert 0 < rows["driver of 64 tiny members"]["value"] < 0.5
    for name in ("8 workers", "64 workers", "256 workers", "16 x 16 workers"):
        assert 0 < rows[f"{name}: efficiency"]["value"] <= 1
    assert rows["16 x 16 workers: trajectories moved"]["value"] == 0
