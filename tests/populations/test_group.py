"""A group is the population's own rollout and update behind RLlib's face, and runs under Tune."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from populations import group as module
from populations import units
from populations.group import Group, GroupConfig, key_of, newborn, tickets
from populations.networks import pack_named
from populations.rollout import NOBODY
from populations.workers import _start_ray
from tests.conftest import code_of
from tests.populations.small import SETTINGS, same
from worlds import formats, rng

RETURN = "env_runners/episode_return_mean"


def config(**more: Any) -> GroupConfig:
    """Two members in small worlds, each beside the other unless said otherwise."""
    given = {"members": 2, "worlds": 32, "roster": "population", "hidden": 16, "minibatches": 2}
    return GroupConfig().world("goal_sequence", **dict(SETTINGS)).population(**{**given, **more})


@pytest.fixture(scope="module")
def private_ray() -> Iterator[Any]:
    """A Ray of our own, with a folder whose name is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="rt"))
    with pytest.MonkeyPatch.context() as patch:
        for name, text in os.environ.items():
            patch.setenv(name, text)  # so that all is put back, whatever Ray sets
        patch.delenv("RAY_ADDRESS", raising=False)
        ray = _start_ray(1, "", folder)  # one worker, which Tune uses again
        yield ray
        ray.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def trained(private_ray: Any) -> Iterator[tuple[Group, dict[str, Any]]]:
    """A group after one round, and what `train()` returned."""
    group = config().build_algo()
    yield group, group.train()
    group.stop()


@pytest.mark.ray
def test_a_round_equals_the_units_of_a_population(trained: tuple[Group, dict[str, Any]]) -> None:
    group, _ = trained
    settings, asked = group.config.learner_settings(), tickets(group.config, 0)
    members = [newborn(group.config, name) for name in group.config.names]
    weights = tuple(each.weights for each in members)
    common = ("of a round", "goal_sequence", SETTINGS, settings)
    parts = [units.perform(units.Roll(*common, weights, ticket))[1] for ticket in asked]
    for index, member in enumerate(members):
        unit = units.Learn(
            *common,
            weights=(),
            member=member,
            needs=((index, index), (1 - index, index)),
            learning_rate=settings.learning_rate,
            seed=rng.seed(rng.key(key_of(group.config, 0, index), "minibatches")),
        )
        outcome, _ = units.perform(unit, [parts[part][number] for part, number in unit.needs])
        assert isinstance(outcome, units.Learned)
        learned = group.member(member.name)
        assert learned.updates and same(learned, outcome.member)


@pytest.mark.ray
def test_results_are_those_that_rllib_users_know(trained: tuple[Group, dict[str, Any]]) -> None:
    group, results = trained
    sampled, horizon = results["env_runners"], group.config.family().horizon
    assert results["training_iteration"] == 1
    assert results["num_env_steps_sampled_lifetime"] == 2 * 32 * horizon
    assert sampled["episode_return_min"] <= sampled["episode_return_mean"]
    assert sampled["episode_return_mean"] <= sampled["episode_return_max"]
    assert (
        set(results["learners"])
        == set(sampled["module_episode_return_mean"])
        == {
            "member_0",
            "member_1",
        }
    )
    assert results["learners"]["member_0"]["num_module_steps_trained_lifetime"] == 64 * horizon


@pytest.mark.ray
def test_a_restored_group_goes_on_as_if_nothing_had_happened(
    private_ray: Any, tmp_path: Path
) -> None:
    one, other = config().build_algo(), config().build_algo()
    one.train()
    other.restore_from_path(one.save_to_path(tmp_path))
    results = [each.train() for each in (one, other)]
    assert same(one.member("member_1"), other.member("member_1"))
    lifetimes = [each["num_env_steps_sampled_lifetime"] for each in results]
    assert lifetimes[0] == lifetimes[1] and results[0]["training_iteration"] == 2
    for each in (one, other):
        each.stop()


@pytest.mark.ray
def test_exported_members_are_numbers_and_text(
    trained: tuple[Group, dict[str, Any]], tmp_path: Path
) -> None:
    group, _ = trained
    cards = group.export_members(tmp_path)
    assert (
        sorted(path.suffix for path in tmp_path.iterdir()) == [".json"] * 2 + [".safetensors"] * 2
    )
    about = formats.read_json(cards[0])
    assert (about["name"], about["world"]) == ("member_0", "goal_sequence")
    arrays = formats.read_tensors(cards[0].with_suffix(".safetensors"))
    network = group.get_module("member_0").network
    named = {name.removeprefix("weights/"): array for name, array in arrays.items()}
    assert np.array_equal(pack_named(network, named), group.member("member_0").weights)


@pytest.mark.ray
def test_training_without_samples_is_an_error(
    trained: tuple[Group, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    group, _ = trained

    def empty(*round_of: Any) -> Any:
        return [
            replace(each, roster=np.full_like(each.roster, NOBODY), learning=())
            for each in tickets(*round_of)
        ]

    monkeypatch.setattr(module, "tickets", empty)
    with pytest.raises(RuntimeError, match="no samples"):
        group.train()


@pytest.mark.ray
def test_learning_that_breaks_down_ends_the_trial(private_ray: Any) -> None:
    group = config().training(lr=1e30).build_algo()
    with pytest.raises(FloatingPointError, match="member_0: learning broke down; lower lr"):
        group.train()
    group.stop()


@pytest.mark.ray
def test_tune_breeds_groups(private_ray: Any, tmp_path: Path) -> None:
    """Its scheduler saves a group, and goes on from there with other settings."""
    from ray import tune
    from ray.tune.schedulers import PopulationBasedTraining

    scheduler = PopulationBasedTraining(
        time_attr="training_iteration",
        perturbation_interval=1,
        quantile_fraction=0.5,  # the better of two is copied
        hyperparam_mutations={"lr": [1e-3, 1e-2], "entropy_coeff": [0.0, 0.1]},
        synch=True,
    )
    tuner = tune.Tuner(
        Group,
        param_space=config().training(lr=tune.grid_search([1e-5, 1e-3])),
        tune_config=tune.TuneConfig(
            metric=RETURN, mode="max", scheduler=scheduler, reuse_actors=True
        ),
        run_config=tune.RunConfig(
            stop={"training_iteration": 2}, verbose=0, storage_path=str(tmp_path)
        ),
    )
    results = tuner.fit()
    assert not results.errors
    assert [trial.metrics["training_iteration"] for trial in results] == [2, 2]
    rates = {trial.config["lr"] for trial in results}
    assert rates != {1e-5, 1e-3} and rates & {1e-5, 1e-3}, "one was copied, with another rate"


@pytest.mark.ray
def test_the_page_shows_what_works(
    private_ray: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(code_of("rllib.md")[0], {})
    assert capsys.readouterr().out.split()[1] == "2560.0"  # 2 members x 64 worlds x 20 steps
    assert (tmp_path / "members" / "member_1.json").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"worlds": 33}, "worlds is 33, allowed are multiples of 32"),
        ({"members": 1}, "members is 1, too few for roster population"),
        ({"roster": "league"}, "roster is 'league', allowed are population, self_play"),
        ({"minibatch": 2}, "population\\(\\) has no minibatch; allowed are"),
    ],
)
def test_settings_that_a_group_does_not_have_are_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        config(**more).validate()


@pytest.mark.parametrize("setting", ["num_learners", "num_env_runners"])
def test_a_group_works_in_one_process(setting: str) -> None:
    asked = config()
    setattr(asked, setting, 2)
    with pytest.raises(ValueError, match=f"{setting} is 2; a Group works in one process"):
        asked.validate()


def test_everybody_learns_in_all_seats() -> None:
    asked = tickets(config(members=4, worlds=96), 0)
    rosters = np.concatenate([each.roster for each in asked])
    for seat in range(2):
        assert (np.bincount(rosters[:, seat]) == 96).all()
    assert (rosters[:, 0] != rosters[:, 1]).all()
    assert all(each.learning == tuple(np.unique(each.roster)) for each in asked)
    alone = tickets(config(roster="self_play"), 0)
    assert [each.learning for each in alone] == [(0,), (1,)]
