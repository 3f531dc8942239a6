"""The controller keeps its place whatever is pressed."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.playback import COMMANDS, SPEEDS, STEPS_PER_SECOND, Playback, Track

TRACKS = (Track(20, 2, (3, 9)), Track(0, 1), Track(7, 3, (7,)))
commands = st.tuples(st.sampled_from(COMMANDS), st.integers(-50, 50))
waits = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(st.one_of(commands, waits), max_size=60), st.integers(-3, 5))
def test_step_stays_within_the_replay_under_any_commands(actions, index):
    playback = Playback(TRACKS, index)
    for action in actions:
        if isinstance(action, tuple):
            playback.command(*action)
        else:
            playback.advance(action)
        assert 0 <= playback.step <= playback.length
        assert 0 <= playback.index < len(TRACKS)
        assert 0 <= playback.agent < playback.track.agents
        assert playback.speed in SPEEDS
        json.dumps(playback.state(), allow_nan=False)


def test_it_opens_paused_at_the_first_step():
    playback = Playback(TRACKS)
    assert (playback.step, playback.playing) == (0, False)
    assert not playback.advance(10.0)


def test_playing_passes_as_many_steps_as_the_clock_says():
    playback = Playback(TRACKS)
    playback.command("toggle")
    for _ in range(10):
        playback.advance(0.1)
    assert playback.step in (int(STEPS_PER_SECOND), int(STEPS_PER_SECOND) - 1)


@pytest.mark.parametrize("looping", [False, True])
def test_playing_stops_at_the_end_unless_it_loops(looping):
    playback = Playback(TRACKS)
    if looping:
        playback.command("loop")
    playback.command("toggle")
    seen = set()
    for _ in range(60):
        playback.advance(0.2)
        seen.add(playback.step)
    assert playback.playing is looping
    assert playback.length in seen
    assert (playback.step == playback.length) or looping


def test_playing_again_at_the_end_starts_from_the_beginning():
    playback = Playback(TRACKS)
    playback.command("end")
    playback.command("toggle")
    assert (playback.step, playback.playing) == (0, True)


def test_a_step_by_hand_pauses():
    playback = Playback(TRACKS)
    playback.command("toggle")
    playback.command("forward_ten")
    assert (playback.step, playback.playing) == (10, False)
    playback.command("back")
    assert playback.step == 9


def test_next_event_goes_from_event_to_event_and_then_to_the_end():
    playback = Playback(TRACKS)
    steps = []
    for _ in range(4):
        playback.command("next_event")
        steps.append(playback.step)
    assert steps == [3, 9, 20, 20]


def test_another_replay_opens_paused_at_its_first_step():
    playback = Playback(TRACKS)
    playback.command("end")
    playback.command("next_replay")
    assert (playback.index, playback.step, playback.playing, playback.length) == (1, 0, False, 0)
    playback.command("toggle")
    assert not playback.playing, "an empty replay cannot play"
    playback.command("previous_replay")
    playback.command("previous_replay")
    assert playback.index == 0


def test_escape_closes_the_help_before_it_leaves():
    playback = Playback(TRACKS)
    playback.command("help")
    playback.command("leave")
    assert not playback.help and not playback.leaving
    playback.command("leave")
    assert playback.leaving


def test_a_shorter_track_pulls_the_step_back():
    playback = Playback(TRACKS)
    playback.command("end")
    playback.replace(0, Track(5, 1))
    assert (playback.step, playback.length) == (5, 5)


def test_unknown_commands_and_empty_lists_are_refused():
    with pytest.raises(ValueError, match="known: toggle"):
        Playback(TRACKS).command("jump")
    with pytest.raises(ValueError, match="at least one"):
        Playback([])


def test_a_stalled_clock_does_not_leap():
    playback = Playback((Track(1000),))
    playback.command("toggle")
    playback.advance(3600.0)
    assert playback.step <= math.ceil(STEPS_PER_SECOND)
