"""A member learns a small task in seconds, and those who do not learn load no learner."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from configs.schema import Learner
from populations.member import born
from populations.rollout import NOBODY, Ticket
from populations.units import Unit, perform
from tests.conftest import ROOT, environment
from tests.populations.small import roster, same, unit
from worlds import rng
from worlds.family import make

SETTINGS: tuple[tuple[str, object], ...] = (("size", 3), ("trial_length", 16), ("order_key", 1))
WORLDS, ITERATIONS = 256, 10  # 40,960 agent-steps


@pytest.mark.parametrize("seed", [0, 1])
def test_a_member_earns_more_than_it_did_at_first(seed: int) -> None:
    family = make("goal_sequence", **dict(SETTINGS))
    settings = Learner(hidden=32, learning_rate=3e-3, entropy_weight=0.01, minibatches=8)
    member = born("ada", family, settings, rng.key(seed))
    returns = []
    for iteration in range(ITERATIONS):
        key = rng.key(seed, iteration)
        asked = Ticket(
            key=key,
            rows=family.space.sample(key, WORLDS),
            roster=roster(0, NOBODY, worlds=WORLDS),
            visibility=np.zeros(1),
            learning=0,
        )
        work = Unit("", family.name, SETTINGS, asked, (member.weights,), settings)
        outcome = perform(replace(work, member=member, learning_rate=3e-3, seed=rng.seed(key)))
        assert outcome.member is not None
        member = outcome.member
        returns.append(float(outcome.played.returns[:, 0].mean()))
    assert np.mean(returns[-2:]) > max(returns[0] + 0.6, 0.3), returns
    assert member.lived == WORLDS * 16 * ITERATIONS


def test_a_probe_tells_the_creator_as_much_and_teaches_nobody() -> None:
    learned, probed = perform(unit()), perform(replace(unit(), probe=True))
    assert learned.member is not None and probed.member is not None
    assert same(probed.played, learned.played) and same(probed.signals, learned.signals)
    assert same(probed.member.weights, unit().weights[0])
    assert not same(learned.member.weights, unit().weights[0])
    assert (probed.member.lived, probed.member.updates) == (learned.member.lived, 0)


ALONE = """
import json, sys
loaded = []
def note(): loaded.append(sorted({"ray", "ray.rllib", "torch", "pygame", "pyarrow"} & set(sys.modules)))
import populations; note()
import tests.populations.small as small
from populations.workers import open_pool
pool = open_pool(0)
outcome, = pool.perform([small.unit(learns=False)]); note()
pool.close()
assert outcome.member is None and outcome.played.steps > 0
print(json.dumps(loaded))
"""


def test_who_only_plays_loads_neither_ray_nor_rllib() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        cwd=ROOT,
        env=environment(OMP_NUM_THREADS="1"),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[], ["torch"]]
