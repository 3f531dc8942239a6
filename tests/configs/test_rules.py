"""Contradictions between settings are refused before anything starts (B2)."""

from collections.abc import Sequence

import pytest

from configs.keys import SETTINGS
from configs.load import SettingsError, load
from configs.rules import RULES
from configs.schema import Settings

ANY_SIZE = ("world.name=playground", "population.roster=self_play")
PLAYGROUND = (*ANY_SIZE, "world.size=9")
COMPARED = ("pbt.check_every=50000", "pbt.warm_up=299999")
FOREIGN = ("world.name=bring_your_own", "bring_your_own.env=sisl/pursuit-v5", "run.replays=0")
MEMORY = ("world.name=memory_sequence", "creator.name=uniform")
TOUR = ("world.name=travelling_salesperson", "creator.name=uniform")
MIXED = (
    "population.roster=mixture",
    *(f"mixture.{name}=0" for name in ("previous", "population", "self_play")),
)
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
        "settings_are_of_the_family",
        ["bring_your_own.bound=1"],
        [*FOREIGN, "bring_your_own.bound=1"],
    ),
    ("settings_are_of_the_family", [*FOREIGN, "world.size=6"], [*FOREIGN, "world.size=5"]),
    ("settings_are_of_the_family", ["sequence.symbols=4"], [*MEMORY, "sequence.symbols=4"]),
    ("settings_are_of_the_family", [*MEMORY, "world.trial_length=9"], ["world.trial_length=9"]),
    ("the_world_fits_its_family", [*MEMORY, "sequence.symbols=11"], [*MEMORY]),
    ("the_world_fits_its_family", [*TOUR, "sequence.symbols=2"], [*TOUR, "sequence.symbols=24"]),
    ("a_foreign_world_has_an_id", [*FOREIGN, "bring_your_own.env="], [*FOREIGN]),
    ("foreign_worlds_are_as_they_are", [*FOREIGN, "run.replays=1"], [*FOREIGN]),
    ("foreign_worlds_are_as_they_are", [*FOREIGN, "culture.visibility_end=0.5"], [*FOREIGN]),
    (
        "foreign_worlds_are_as_they_are",
        [*FOREIGN, "culture.first_generation=oracle"],
        [*FOREIGN, "culture.first_generation=alone"],
    ),
    ("foreign_worlds_are_as_they_are", [*FOREIGN, "population.roster=oracle"], [*FOREIGN]),
    (
        "least_is_at_most_most",
        [*PLAYGROUND, "playground.depth_min=3"],
        [*PLAYGROUND, "playground.depth_min=2"],
    ),
    (
        "heirlooms_are_of_our_own",
        [*FOREIGN, "culture.mode=episodic"],
        ["world.name=playground", "world.size=9", "culture.mode=episodic"],
    ),
    (
        "elders_need_a_body",
        [*PLAYGROUND, "playground.agents=1", "population.roster=elders"],
        [*PLAYGROUND, "playground.agents=1"],
    ),
    (
        "elders_need_a_body",
        [*MEMORY, "sequence.demonstrators=0"],
        [*MEMORY, "sequence.demonstrators=0", "population.roster=self_play"],
    ),
    (
        "demonstrators_do_not_learn",
        [*MEMORY, "population.roster=population"],
        [*MEMORY, "population.roster=oracle"],
    ),
    (
        "a_known_sequence_has_one_trial",
        [*MEMORY, "world.trials=2"],
        [*MEMORY, "world.trials=2", "culture.mode=episodic"],
    ),
    (
        "a_known_sequence_has_one_trial",
        [*MEMORY, "sequence.observe_clock=true", "culture.mode=episodic"],
        [*MEMORY, "sequence.observe_clock=true"],
    ),
    (
        "a_known_sequence_needs_no_creator",
        [*MEMORY[:1]],
        [*MEMORY[:1], "culture.mode=episodic"],
    ),
    (
        "settings_are_of_the_roster",
        ["mixture.noop=0.1"],
        ["mixture.noop=0.1", "population.roster=mixture"],
    ),
    (
        "settings_are_of_the_roster",
        ["population.history=2"],
        ["population.history=2", "population.roster=league"],
    ),
    (
        "settings_are_of_the_roster",
        ["population.snapshot_every=5000", "population.roster=mixture"],
        ["population.snapshot_every=5000", "population.roster=mixture", "mixture.fictitious=0.1"],
    ),
    (
        "a_mixture_fits_its_blocks",
        ["population.roster=mixture", "population.worlds=96"],
        ["population.roster=mixture", "population.worlds=128"],
    ),
    (
        "a_mixture_fits_its_blocks",
        [*MIXED, "mixture.random=0"],
        [*MIXED],
    ),
    (
        "controls_are_of_the_mode",
        ["culture.isolated=true"],
        ["culture.isolated=true", "culture.mode=episodic"],
    ),
    (
        "controls_are_of_the_mode",
        ["culture.inherit=true", "culture.mode=episodic"],
        ["culture.inherit=true"],
    ),
    (
        "controls_have_time_to_differ",
        ["culture.placebo=true", "culture.generations=1"],
        ["culture.placebo=true", "culture.generations=2"],
    ),
    (
        "controls_need_elders",
        ["culture.untaught=true", "population.roster=self_play"],
        ["culture.untaught=true", "population.roster=league"],
    ),
    (
        "a_roster_is_of_train_time",
        ["population.roster=league", "culture.mode=episodic"],
        ["culture.mode=episodic"],
    ),
    ("elders_are_members", ["culture.elders=5"], ["culture.elders=4"]),
    ("worlds_fill_blocks", ["population.worlds=48"], ["population.worlds=64"]),
    ("minibatches_divide_a_block", ["learner.minibatches=3"], ["learner.minibatches=8"]),
    (
        "only_the_playground_shows_goals",
        ["learner.encoder=attention"],
        [*PLAYGROUND, "learner.encoder=attention"],
    ),
    (
        "only_the_playground_shows_goals",
        ["learner.auxiliary_weight=0.1"],
        [*PLAYGROUND, "learner.auxiliary_weight=0.1"],
    ),
    ("repeats_divide_a_block", ["creator.repeats=3"], ["creator.repeats=2"]),
    ("evaluations_fill_blocks", ["evaluation.tasks=63"], ["evaluation.tasks=72"]),
    (
        "settings_are_of_the_creator",
        ["creator.sfl.share=0.4"],
        ["creator.name=sfl", "creator.sfl.share=0.4"],
    ),
    (
        "settings_are_of_the_creator",
        ["creator.name=mix", "creator.gmm.every=99"],
        ["creator.name=mix", "creator.gmm.every=99", "creator.mix.alp_gmm=1"],
    ),
    (
        "settings_are_of_the_creator",
        ["creator.name=eva", "creator.priority=proportional"],
        ["creator.name=plr", "creator.priority=proportional"],
    ),
    (
        "a_mix_has_parts",
        ["creator.name=mix", "creator.mix.uniform=0", "creator.mix.plr=0"],
        ["creator.name=mix", "creator.mix.uniform=0"],
    ),
    ("buffer_holds_a_proposal", ["creator.capacity=255"], ["creator.capacity=256"]),
    ("eva_and_poet_evolve", ["creator.edits=0"], ["creator.edits=1"]),
    (
        "eva_and_poet_evolve",
        ["creator.edits=0", "creator.name=poet"],
        ["creator.edits=0", "creator.name=dynamic"],
    ),
    (
        "gates_need_repeats",
        ["creator.name=poet", "creator.repeats=1"],
        ["creator.name=poet", "creator.repeats=2"],
    ),
    (
        "gates_need_repeats",
        ["creator.name=mix", "creator.mix.dynamic=1", "creator.repeats=1"],
        ["creator.name=mix", "creator.mix.dynamic=0", "creator.repeats=1"],
    ),
    (
        "kept_tasks_were_probed",
        ["creator.name=sfl", "creator.sfl.pool=100"],
        ["creator.name=sfl", "creator.sfl.pool=128"],
    ),
    (
        "probing_leaves_time_to_learn",
        ["creator.name=sfl", "culture.steps=20480"],
        ["creator.name=sfl", "culture.steps=102400"],
    ),
    (
        "only_plr_probes",
        ["creator.robust=true"],
        ["creator.robust=true", "creator.name=plr"],
    ),
    (
        "company_can_be_asked_for",
        ["creator.rosters=true", "creator.name=uniform"],
        ["creator.rosters=true"],
    ),
    (
        "company_can_be_asked_for",
        ["creator.rosters=true", "population.roster=self_play"],
        ["creator.rosters=true", "population.roster=league"],
    ),
    (
        "company_can_be_asked_for",
        ["creator.name=maestro", "population.roster=self_play"],
        ["creator.name=maestro", "population.roster=league"],
    ),
    (
        "former_selves_fit_a_lifetime",
        ["population.roster=fictitious", "population.snapshot_every=2999"],
        ["population.roster=fictitious", "population.snapshot_every=3000"],
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
        "regret_compares_members",
        ["creator.name=paired", "creator.repeats=1"],
        ["creator.name=paired", "creator.repeats=2"],
    ),
    (
        "regret_compares_members",
        ["creator.name=mix", "creator.mix.paired=1", "creator.repeats=1"],
        ["creator.name=mix", "creator.mix.plr=1", "creator.repeats=1"],
    ),
    (
        "regret_compares_members",
        ["creator.name=paired", "population.members=1", "population.roster=self_play"],
        ["creator.name=uniform", "population.members=1", "population.roster=self_play"],
    ),
    (
        "again_needs_a_past",
        ["creator.name=again", "culture.generations=1"],
        ["creator.name=again", "culture.generations=2"],
    ),
    (
        "imitation_needs_elders",
        ["transmission.distil=1", "population.roster=self_play"],
        ["transmission.distil=1", "population.roster=league"],
    ),
    (
        "imitation_needs_elders",
        ["transmission.clone=1", "culture.mode=episodic"],
        ["transmission.clone=1"],
    ),
    (
        "channels_suit_the_world",
        ["world.name=playground", "world.size=9", "learner.infer_weight=1"],
        ["world.name=playground", "world.size=9", "transmission.clone=1"],
    ),
    (
        "sight_needs_somebody_who_knows",
        ["learner.predict_weight=1", "population.roster=self_play"],
        ["learner.predict_weight=1", "population.roster=oracle"],
    ),
    (
        "recordings_have_their_own_tasks",
        ["transmission.replay=0.5"],
        ["transmission.replay=0.5", "creator.name=uniform"],
    ),
    (
        "recordings_fill_blocks",
        ["transmission.clone=1", "transmission.recordings=33"],
        ["transmission.clone=1", "transmission.recordings=64"],
    ),
    (
        "settings_are_of_a_channel",
        ["transmission.until=0.5"],
        ["transmission.shaping=1", "transmission.until=0.5"],
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
    ("trials_fit_a_table", ["evaluation.tasks=4168"], ["evaluation.tasks=4160"]),
    ("measurements_fit_a_table", ["evaluation.points=568"], ["evaluation.points=567"]),
    ("comparisons_are_wanted", ["pbt.rest=5000"], [*COMPARED, "pbt.rest=5000"]),
    ("comparisons_happen", [*COMPARED[:1], "pbt.warm_up=300000"], COMPARED),
    (
        "comparisons_need_two",
        [*COMPARED, "population.members=1", "population.roster=self_play"],
        [*COMPARED, "population.members=2"],
    ),
    (
        "comparisons_fit_a_table",
        ["pbt.check_every=641", "pbt.warm_up=50000"],
        ["pbt.check_every=642", "pbt.warm_up=50000"],
    ),
    (
        "own_creators_have_settings",
        ["pbt.creators=true", "creator.name=alp_gmm"],
        ["pbt.creators=true", "creator.name=eva"],
    ),
    (
        "own_creators_have_settings",
        ["pbt.creators=true", "creator.name=uniform"],
        ["pbt.creators=true", "creator.name=plr"],
    ),
    (
        "probes_are_of_all",
        ["pbt.creators=true", "creator.robust=true", "creator.name=plr"],
        ["pbt.creators=true", "creator.name=plr"],
    ),
    (
        "own_creators_fit_a_table",
        ["pbt.creators=true", "creator.capacity=25001"],
        ["pbt.creators=true", "creator.capacity=25000"],
    ),
    (
        "a_goal_is_shared_by_several",
        [*PLAYGROUND, "playground.agents=1", "playground.hide_from_young=1"],
        [*PLAYGROUND, "playground.agents=2", "playground.hide_from_young=1"],
    ),
    (
        "shared_goals_have_room",
        [*PLAYGROUND, "playground.shared_goal=1", "playground.depth_max=4"],
        [*PLAYGROUND, "playground.shared_goal=1", "playground.depth_max=3"],
    ),
    (
        "there_are_rules_to_hide",
        [
            *(*PLAYGROUND, "playground.hide_from_young=1"),
            *("playground.depth_max=0", "playground.dead_ends=0"),
        ],
        [*PLAYGROUND, "playground.hide_from_young=1", "playground.depth_max=0"],
    ),
    (
        "bodies_leave_the_playground_only",
        ["transmission.fade=presence"],
        [*PLAYGROUND, "transmission.fade=presence"],
    ),
    (
        "bodies_leave_the_playground_only",
        [*PLAYGROUND, "transmission.fade=presence", "playground.presence=random"],
        [*PLAYGROUND, "transmission.fade=presence"],
    ),
    (
        "a_memory_goes_on_where_elders_live_on",
        ["transmission.heirlooms=false"],
        ["transmission.heirlooms=false", "culture.mode=episodic"],
    ),
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
