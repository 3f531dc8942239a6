"""Channels beside watching: off they change nothing, on they can be combined, recorded, continued and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from culture.channels import CHANNELS, opened
from culture.channels.channel import Channel
from culture.recordings import Recorder
from culture.setting import Setting, newborn, prepare
from culture.transmission import Lesson
from populations.member import network_of
from populations.rollout import NOBODY, ORACLE, REPLAY, Ticket, roll
from populations.workers import open_pool
from tests.culture.test_experiment import _run, _run_cut_short, _settings
from tests.populations.small import same
from viewer.library import Run
from worlds import shards

ON = (  # the settings that switch each channel on
    "transmission.distil=1",
    "transmission.clone=1",
    "transmission.replay=0.5",
    "transmission.shaping=0.1",
    "learner.predict_weight=0.1",
    "learner.infer_weight=1",
)
UNIFORM = (
    *("creator.name=uniform", "culture.single_lifetime=false", "run.replays=0"),
    "culture.generations=2",
)
COMMENTS = (
    *("world.name=memory_sequence", "world.trials=1", "culture.steps=1280"),
    "world.trial_length=20",  # the default: here mistakes and digits end a trial
    *("transmission.distil=1", "transmission.clone=1"),
    *("learner.predict_weight=0.1", "learner.infer_weight=1"),
)


def _setting(overrides: Sequence[str] = ()) -> Setting:
    settings = _settings((*UNIFORM, *overrides))
    return prepare(settings, open_pool(0, "", lambda text: None), lambda event: None)


def _opened(overrides: Sequence[str] = ()) -> dict[str, Channel]:
    """All channels by name, whether switched on or not, of a generation that has elders."""
    setting = _setting(overrides)
    lesson = Lesson(elders=tuple(newborn(setting, 0)), rule="elders")
    recorder = Recorder(setting, lesson.elders, 1)
    return {name: kind(setting, lesson, recorder) for name, kind in CHANNELS.items()}


def _ticket(setting: Setting, worlds: int = 64) -> Ticket:
    family = setting.family
    roster = np.zeros((worlds, family.num_agents), np.int16)
    roster[:, 1] = 1
    rows = family.space.sample(5, worlds)
    return Ticket(7, rows, roster, np.full(family.trials, 0.5), learning=(0,))


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_of_weight_0_does_nothing(name: str) -> None:
    channel = _opened()[name]
    ticket, member = _ticket(channel.setting), channel.lesson.elders[0]
    for progress in (0.0, 0.5, 1.0):
        assert channel.seat(ticket, progress) is ticket
        assert channel.terms(progress) == []
        assert channel.demonstrations(member, 1, progress) == []


def test_settings_switch_channels_on() -> None:
    for overrides, count in (((), 0), (ON[:1], 1), (ON, len(CHANNELS))):
        setting = _setting(overrides)
        assert len(opened(setting, Lesson(), Recorder(setting, (), 0))) == count


@pytest.mark.parametrize("name", CHANNELS)
def test_nothing_passes_on_where_nobody_knows_more(name: str) -> None:
    setting = _setting(ON)
    channel = CHANNELS[name](setting, Lesson(), Recorder(setting, (), 0))
    ticket = _ticket(setting)
    assert channel.seat(ticket, 0.0) is ticket and channel.terms(0.0) == []
    assert channel.demonstrations(newborn(setting, 0)[0], 1, 0.0) == []
    seen = CHANNELS[name](setting, Lesson(scripted=ORACLE), Recorder(setting, (), 0))
    assert bool(seen.terms(0.0)) == (name in ("predict", "shaping"))


def test_imitation_fades_out_and_prediction_does_not() -> None:
    half = _opened((*ON, "transmission.until=0.5"))
    for name in ("distil", "clone", "shaping", "infer"):
        weights = [[term.weight for term in half[name].terms(p)] for p in (0.0, 0.25, 0.5, 1.0)]
        (at_birth,), (later,) = weights[:2]
        assert later == pytest.approx(at_birth / 2) and weights[2:] == [[], []]
    assert [term.weight for term in half["predict"].terms(1.0)] == [0.1]


def test_what_is_inferred_is_as_visible_as_elders_are() -> None:
    infer = _opened(ON)["infer"]
    told = [dict(infer.terms(progress)[0].facts)["visibility"] for progress in (0.0, 0.2)]
    assert told == pytest.approx([1.0, 0.8])


def test_recordings_are_what_elders_did_and_what_they_saw() -> None:
    """A recording that is played again gives the elder's own observations, actions and rewards."""
    setting = _setting()
    elders = newborn(setting, 0)
    recorder = Recorder(setting, elders, 1)
    assert recorder.made is None
    recordings = recorder.recordings
    assert recordings is recorder.made and recordings is not None
    assert recordings.elders[:3] == ("g0_m0", "g0_m1", "g0_m0")
    assert recordings.steps == len(recordings.rows) * setting.family.horizon
    unit = recordings.lesson(setting, "again", 3)
    again = roll(setting.family, unit.ticket, []).trajectories[0]
    drawn = recordings.drawn(3, 32)
    assert sorted(drawn) == list(range(32))
    seats = again.seats % setting.family.num_agents
    assert (seats == recordings.seat).all() and again.lived.all()
    np.testing.assert_array_equal(again.actions, recordings.actions[:, drawn, recordings.seat])
    episodes = recordings.episodes(1)
    rewards = np.stack([one.rewards[:, recordings.seat] for one in episodes], 1)
    np.testing.assert_allclose(again.rewards, rewards[:, drawn] / 1000, atol=1e-6)


def test_a_recording_stands_in_for_an_elder_in_its_own_task() -> None:
    replay = _opened(ON)["replay"]
    setting, ticket = replay.setting, _ticket(replay.setting)
    seated = replay.seat(ticket, 0.9)
    np.testing.assert_array_equal(seated.rows[:32], ticket.rows[:32])
    assert (seated.roster[:32, 1] == 1).all() and (seated.roster[32:, 1] == REPLAY).all()
    assert (seated.roster[:, 0] == 0).all() and seated.visibility is ticket.visibility
    recordings = replay.recordings
    assert {row.tobytes() for row in seated.rows[32:]} <= {r.tobytes() for r in recordings.rows}
    alone = replace(
        seated,
        roster=np.where(seated.roster == REPLAY, REPLAY, NOBODY).astype(np.int16),
        learning=(),
    )
    played = roll(setting.family, alone, [])
    shown = [one.returns[1] for one in recordings.episodes(1)]
    assert sorted(played.returns[32:, 1].tolist()) == pytest.approx(sorted(shown))


def test_to_watch_with_visibility_0_is_to_be_alone() -> None:
    """Bit for bit the same is lived through beside elders who are never seen and beside nobody."""
    setting = _setting()
    networks = [
        network_of(member.weights, setting.family, setting.settings.learner)
        for member in newborn(setting, 0)
    ]
    beside = replace(_ticket(setting), visibility=np.zeros(setting.family.trials))
    alone = replace(beside, roster=np.where(beside.roster == 1, NOBODY, beside.roster))
    lived = [roll(setting.family, ticket, networks).trajectories for ticket in (beside, alone)]
    assert same(*lived)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("channels") / "run"
    return path, _run(path, (*UNIFORM, *ON))


def test_all_channels_together_are_recorded_and_counted(taught: tuple[Path, str]) -> None:
    run = Run(taught[0])
    assert not run.problems
    files = sorted(path.name for path in (taught[0] / "recordings").iterdir())
    assert files == ["g0001.parquet"]  # there is nobody to record before
    episodes = shards.read(taught[0] / "recordings" / files[0], simulate=True)
    assert len(episodes) == 32
    assert {one.agents[1].member for one in episodes} == {run.table("lineage")["member"][0]}
    plain = 2 * 640 * np.arange(2)  # beside the young, in every world; noise is no elder
    recorded = 32 * 10 * np.arange(2)
    assert [line["elder_steps"] for line in run.metrics()] == (plain + recorded).tolist()
    names = {*run.table("metrics")["name"]}
    assert {"distil", "clone", "infer", "predict"} <= names


def test_a_taught_run_cut_short_ends_with_the_same_digest(
    taught: tuple[Path, str], tmp_path: Path
) -> None:
    _run_cut_short(tmp_path / "run", (*UNIFORM, *ON))
    assert _run(tmp_path / "run", (*UNIFORM, *ON)) == taught[1]


def test_comments_are_predicted_and_imitated(tmp_path: Path) -> None:
    _run(tmp_path / "run", (*UNIFORM, *COMMENTS))
    names = {*Run(tmp_path / "run").table("metrics")["name"]}
    assert {"distil", "clone", "comments", "predict"} <= names
