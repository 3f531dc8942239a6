"""Elders of train-time families speak from tables, which say what their networks would."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from configs.schema import Learner
from populations import rollout
from populations.member import born, network_of
from populations.networks import ActorCritic
from populations.reciting import Reciter
from populations.rollout import Ticket, roll
from worlds.family import Family, make

LEARNER = Learner(hidden=32)
STEPS, DIGITS, ELDERS = 6, 4, 2


def family(clock: bool = False, mistakes: bool = True) -> Family:
    return make(
        "memory_sequence",
        digits=DIGITS,
        length=STEPS,
        trials=1,
        demonstrators=ELDERS,
        end_on_mistake=mistakes,
        sequence_key=5,
        observe_clock=clock,
    )


def network(worlds: Family, key: int) -> ActorCritic:
    """Far from a newborn, whose biases are 0: seeing nothing, that would say the same at every step."""
    weights = born("m", worlds, LEARNER, key).weights
    changed = weights + np.random.default_rng(key).normal(0, 0.15, weights.shape)
    return network_of(changed.astype(np.float32), worlds, LEARNER)


def ticket(worlds: Family) -> Ticket:
    return Ticket(
        key=3,
        rows=worlds.space.sample(1, 32),
        roster=np.tile(np.arange(1 + ELDERS, dtype=np.int16), (32, 1)),
        visibility=np.array([0.5]),
        learning=(0,),
        record=32,
    )


def tours(clock: bool) -> Family:
    shared = {"trials": 1, "cities_key": 5, "observe_clock": clock}
    return make("travelling_salesperson", cities=STEPS, demonstrators=ELDERS, **shared)


@pytest.mark.parametrize("clock", [False, True])
def test_a_table_equals_the_network_at_every_step(clock: bool) -> None:
    worlds = family(clock)
    made = network(worlds, 1)
    seen = worlds.by_position
    assert seen is not None
    table, state = Reciter(made, seen), made.start(32)
    steps = table.start(32)
    with torch.inference_mode():
        for now in seen:
            shown = torch.from_numpy(np.tile(now, (32, 1)))
            expected, _, state = made.step(shown, state)
            found, _, steps = table.step(shown, steps)
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert table.table.std(0).max() > 0.1  # what it says depends on the step


@pytest.mark.parametrize(
    "worlds",
    [family(), family(clock=True), family(mistakes=False), tours(False), tours(True)],
    ids=["bare", "clock", "to the end", "tours", "tours, clock"],
)
def test_what_is_played_among_elders_is_the_same(
    monkeypatch: pytest.MonkeyPatch, worlds: Family
) -> None:
    networks = [network(worlds, key) for key in (1, 2, 3)]
    found = roll(worlds, ticket(worlds), networks)
    monkeypatch.setattr(rollout, "Reciter", lambda made, seen: made)
    expected = roll(worlds, ticket(worlds), networks)
    assert found.actions is not None and expected.actions is not None
    lived = found.trajectories[0].lived
    np.testing.assert_array_equal(found.actions[lived], expected.actions[lived])
    np.testing.assert_array_equal(
        found.trajectories[0].observations[lived], expected.trajectories[0].observations[lived]
    )
    assert lived[1:].any()


def test_demonstrators_see_the_step_alone_only_in_train_time() -> None:
    assert family().by_position is not None
    assert make("memory_sequence").by_position is None
    assert make("goal_sequence").by_position is None


def test_elders_say_the_same_wherever_the_young_go() -> None:
    """The young of other weights, the same elders: what elders say at a step does not change."""
    worlds = family(mistakes=False)
    elders = [network(worlds, key) for key in (2, 3)]
    one, two = (
        roll(worlds, replace(ticket(worlds), greedy=True), [network(worlds, key), *elders])
        for key in (1, 4)
    )
    assert one.actions is not None and two.actions is not None
    np.testing.assert_array_equal(one.actions[:, :, 1:], two.actions[:, :, 1:])
    assert (one.actions[:, :, 0] != two.actions[:, :, 0]).any()
