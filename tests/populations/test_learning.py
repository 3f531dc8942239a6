"""A member learns a small task in seconds, and those who do not learn load no learner."""

import json
import subprocess
import sys

import numpy as np
import pytest

from configs.schema import Learner
from populations.member import born
from populations.rollout import NOBODY, ORACLE, Ticket
from populations.units import Learn, Roll
from populations.workers import open_pool
from tests.conftest import ROOT, environment
from tests.populations.small import learns, rolls, roster, same
from worlds import rng
from worlds.family import make

SETTINGS: tuple[tuple[str, object], ...] = (("size", 3), ("trial_length", 16), ("order_key", 1))
WORLDS, ITERATIONS = 256, 10  # 40,960 agent-steps
OWN = ((0, 0),)  # the first part of the first unit
POOL = open_pool(0)


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
            learning=(0,),
        )
        about = ("", family.name, SETTINGS, settings)
        play = Roll(*about, (member.weights,), asked)
        learn = Learn(*about, (), member, OWN, learning_rate=3e-3, seed=rng.seed(key))
        played, learned = POOL.perform([play, learn])
        member = learned.member
        returns.append(float(played.returns[:, 0].mean()))
    assert np.mean(returns[-2:]) > max(returns[0] + 0.6, 0.3), returns
    assert member.lived == WORLDS * 16 * ITERATIONS


def test_a_member_follows_an_exact_oracle_and_keeps_some_of_what_it_saw() -> None:
    """Memory Sequence of 6 digits, 3 trials: seen, half seen, on its own."""
    about = (("length", 6), ("trials", 3))
    family = make("memory_sequence", **dict(about))
    settings = Learner(hidden=32, entropy_weight=0.01, epochs=2)
    member = born("ada", family, settings, rng.key(1))
    for iteration in range(20):
        key = rng.key(1, iteration)
        asked = Ticket(
            key=key,
            rows=family.space.sample(key, WORLDS),
            roster=roster(0, ORACLE, ORACLE, ORACLE, worlds=WORLDS),
            visibility=np.array([1.0, 0.5, 0.0]),
            learning=(0,),
        )
        named = ("", family.name, about, settings)
        play = Roll(*named, (member.weights,), asked)
        learn = Learn(*named, (), member, OWN, learning_rate=3e-3, seed=rng.seed(key))
        played, learned = POOL.perform([play, learn])
        member = learned.member
    first, _, last = played.trial_returns[:, 0].mean(0)
    assert first >= 4.0
    assert last > 0.8  # guessing has half a digit


def test_a_probe_tells_the_creator_as_much_and_teaches_nobody() -> None:
    _, learned, probed = POOL.perform([rolls(), learns(0, *OWN), learns(0, *OWN, probe=True)])
    assert same(probed.signals, learned.signals)
    assert same(probed.member.weights, rolls().weights[0])
    assert not same(learned.member.weights, rolls().weights[0])
    assert (probed.member.lived, probed.member.updates) == (learned.member.lived, 0)


ALONE = """
import json, sys
loaded = []
def note(): loaded.append(sorted({"ray", "ray.rllib", "torch", "pygame", "pyarrow"} & set(sys.modules)))
import populations; note()
import tests.populations.small as small
from populations.workers import open_pool
pool = open_pool(0)
outcome, = pool.perform([small.rolls(learning=())]); note()
pool.close()
assert outcome.steps > 0
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
