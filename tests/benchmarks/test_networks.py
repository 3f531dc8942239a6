"""The benchmark of networks compares what it says, and its learners learn."""

from benchmarks import networks
from configs.load import load


def test_every_network_is_timed_against_another() -> None:
    row = networks._pair(
        "s5 vs gru",
        networks.make("goal_sequence"),
        20,
        networks.Learner(hidden=8, memory="s5"),
        networks.Learner(hidden=8),
    )
    assert row.value > 0 and row.baseline and row.ratio == row.value / row.baseline


def test_recall_is_learned_beyond_chance() -> None:
    assert networks._recall("gru", seed=0, updates=80) > 0.3  # chance is 1/8


def test_a_lifetime_ends_with_what_was_earned_and_what_is_earned_held_out() -> None:
    settings = load("in_context", ["world.trials=1", "population.worlds=32", "learner.hidden=8"])
    earned, held_out = networks._life(settings, settings.learner, seed=0, steps=32 * 20 * 2)
    assert -20 <= earned <= 20 and -20 <= held_out <= 20
