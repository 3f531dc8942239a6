"""Contradictions between settings are refused before anything starts (B2)."""

from collections.abc import Sequence

import pytest

from configs.keys import SETTINGS
from configs.load import SettingsError, load
from configs.rules import RULES
from configs.schema import Settings

ANY_SIZE = ("world.name=playground", "population.roster=self_play")
PLAYGROUND = (*ANY_SIZE, "world.size=9")
CASES = [  # rule, what contradicts it, what does not
    ("the_world_fits_its_family", ["world.size=16"], [*ANY_SIZE, "world.size=16"]),
    ("the_world_fits_its_family", ["world.view=11"], [*PLAYGROUND, "world.view=11"]),
    ("the_world_fits_its_family", [*ANY_SIZE, "world.size=7"], [*ANY_SIZE, "world.size=8"]),
    ("the_world_fits_its_family", [*PLAYGROUND, "world.view=3"], [*PLAYGROUND, "world.view=5"]),
    ("settings_are_of_the_family", ["playground.tag=0"], [*PLAYGROUND, "playground.tag=0"]),
    (
        "settings_are_of_the_family",
        [*PLAYGROUND, "world.wrong_penalty=0.5"],
        ["world.wrong_penalty=0.5"],
    ),
    (
        "least_is_at_most_most",
        [*PLAYGROUND, "playground.depth_min=3"],
        [*PLAYGROUND, "playground.depth_min=2"],
    ),
    ("heirlooms_are_of_goal_sequence", [*PLAYGROUND, "culture.mode=episodic"], [*PLAYGROUND]),
    (
        "elders_need_a_body",
        [*PLAYGROUND, "playground.agents=1", "population.roster=elders"],
        [*PLAYGROUND, "playground.agents=1"],
    ),
    ("elders_are_members", ["culture.elders=5"], ["culture.elders=4"]),
    ("worlds_fill_blocks", ["population.worlds=48"], ["population.worlds=64"]),
    ("minibatches_divide_a_block", ["learner.minibatches=3"], ["learner.minibatches=8"]),
    ("repeats_divide_a_block", ["creator.repeats=3"], ["creator.repeats=2"]),
    ("evaluations_fill_blocks", ["evaluation.tasks=63"], ["evaluation.tasks=72"]),
    ("buffer_holds_a_proposal", ["creator.capacity=255"], ["creator.capacity=256"]),
    ("eva_evolves", ["creator.edits=0"], ["creator.edits=1"]),
    (
        "only_plr_probes",
        ["creator.robust=true"],
        ["creator.robust=true", "creator.name=plr"],
    ),
    (
        "spread_needs_repeats",
        ["creator.score=learnability", "creator.repeats=1"],
        ["creator.score=learnability", "creator.repeats=2"],
    ),
    (
        "elder_gap_needs_elders",
        ["creator.score=elder_gap", "culture.generations=1"],
        ["creator.score=elder_gap", "culture.generations=2"],
    ),
    (
        "elders_fade",
        ["culture.visibility_start=0.5", "culture.visibility_end=0.6"],
        ["culture.visibility_start=0.5", "culture.visibility_end=0.5"],
    ),
    ("steps_hold_a_rollout", ["culture.steps=5119"], ["culture.steps=5120"]),
    (
        "a_single_lifetime_fits_an_episode",
        ["culture.mode=episodic", "world.trials=8", "culture.generations=5"],
        ["culture.mode=episodic", "world.trials=8", "culture.generations=4"],
    ),
    (
        "replays_are_of_held_out_tasks",
        ["run.replays=33", "evaluation.tasks=32"],
        ["run.replays=32", "evaluation.tasks=32"],
    ),
    ("returns_fit_a_table", ["evaluation.tasks=6256"], ["evaluation.tasks=6248"]),
    ("measurements_fit_a_table", ["evaluation.points=625"], ["evaluation.points=624"]),
    (
        "ray_needs_workers",
        ["ray.address=auto", "workers=0"],
        ["ray.address=auto", "workers=1"],
    ),
]


def test_every_rule_has_its_cases() -> None:
    assert {name for name, _, _ in CASES} == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize(("name", "wrong", "right"), CASES)
def test_a_contradiction_is_refused_and_its_neighbour_allowed(
    name: str, wrong: Sequence[str], right: Sequence[str]
) -> None:
    (rule,) = [rule for rule in RULES if rule.__name__ == name]
    assert rule(load(None, right)) == []
    with pytest.raises(SettingsError) as caught:
        load(None, wrong)
    (problem,) = caught.value.problems
    assert problem.key in RULES[rule]


def test_rules_read_only_known_keys() -> None:
    assert all(key in SETTINGS for keys in RULES.values() for key in keys)


def test_the_defaults_break_no_rule() -> None:
    assert [problem for rule in RULES for problem in rule(Settings())] == []


def test_a_rule_is_not_asked_about_a_value_that_is_wrong_already() -> None:
    with pytest.raises(SettingsError) as caught:
        load(None, ["population.members=none", "culture.elders=200"])
    assert [problem.key for problem in caught.value.problems] == ["population.members"]


def test_a_contradiction_with_a_default_names_the_default() -> None:
    with pytest.raises(SettingsError) as caught:
        load(None, ["creator.repeats=2", "population.worlds=4096"])
    (problem,) = caught.value.problems
    assert (problem.where, problem.key) == ("default", "creator.capacity")
