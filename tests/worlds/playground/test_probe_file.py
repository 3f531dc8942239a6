"""Probe files: short to write, and refused with file, field and reason if broken or hostile."""

from typing import Any

import numpy as np
import pytest

from worlds.family import TaskError
from worlds.playground.constants import CUBE, SMALLEST, Sizes, kind
from worlds.playground.probe_file import Probe, read_probe
from worlds.playground.suites import probe, probe_names
from worlds.playground.task import digest

LEVEL = "map: |\n" + "  .0.0.0.0.0.0.0.0\n" * 8
SHORT = (
    "about: takes a cube.\nheld_out: task\n"
    + LEVEL
    + """objects: [{kind: black cube, cell: [2, 0]}]
agents: [{cell: [4, 0]}]
goals: ["hold(me, black cube)"]
trial_length: 10
script: {agent_0: "F H"}
earns: {agent_0: 1000}
"""
)


def read(text: str) -> Probe:
    return read_probe(text.encode(), "some.yaml")


def test_what_is_left_out_has_a_default() -> None:
    found = read(SHORT)
    task = found.task
    assert (task.bodies, task.slots, task.trials, task.trial_length) == (1, 1, 1, 10)
    assert (task.reward_mode, task.trial_end) == (0, 0)
    assert task.kinds.tolist() == [kind(CUBE, 0)]
    assert task.present[:, 0].tolist() == [10]
    assert not task.floor.any()
    assert found.scripts[0].actions.tolist() == [[1], [5]]
    assert found.scripts[0].earns == (1000,)


def test_a_map_may_be_a_list_of_lines() -> None:
    listed = LEVEL.replace("|", "").replace("  .", "  - .")
    assert digest(read(SHORT.replace(LEVEL, listed)).task) == digest(read(SHORT).task)


def test_trials_repeat_the_whole_presence() -> None:
    found = read(SHORT + "trials: 3\n").task
    assert np.array_equal(found.present, np.full((3, 1), 10))


# field blamed, what is there, what is written instead.
FAULTS: list[tuple[str, str, str]] = [
    ("some.yaml:2:", "about: takes a cube.", "about: [takes"),
    ("about", "about: takes a cube.\n", ""),
    ("held_out", "held_out: task", "held_out: never"),
    ("task", "held_out: task", "held_out: task\nwind: 1"),
    ("probe", "held_out: task", "held_out: task\nheld_out: game"),
    ("trial_length", "trial_length: 10", "trial_length: ten"),
    ("trial_length", "trial_length: 10", "trial_length: 99999999999999999999"),
    ("trial_length", "trial_length: 10", "trial_length: 1_0"),
    ("trial_length", "trial_length: 10", "trial_length:"),
    ("trials", "trial_length: 10", "trial_length: 10\ntrials: 0"),
    ("trials", "trial_length: 10", "trial_length: 10\ntrials: 2\npresent: [[10]]"),
    ("goals[0]", "hold(me, black cube)", "hold(me, red cube)!"),
    ("atoms[0]", "hold(me, black cube)", "hold(me, red cube)"),
    ("objects[0].kind", "black cube, cell", "brown cube, cell"),
    ("objects[0]", "cell: [2, 0]", "cell: [2, 0], size: 1"),
    ("objects[0].cell", "cell: [2, 0]", "cell: &here [2, 0]"),
    ("agents[0].cell", "cell: [4, 0]", "cell: *here"),
    ("map", LEVEL, ""),
    ("map", LEVEL, "map: 7\n"),
    ("map", LEVEL, LEVEL + "  .0.0.0.0.0.0.0.0\n" * 25),
    ("map[0, 0]", ".0.0", "^2.0"),
    ("script", 'script: {agent_0: "F H"}\n', ""),
    ("script.agent_0", "F H", "F X"),
    ("script.agent_0", "F H", "F" * 5000),
    ("script", 'agent_0: "F H"', 'agent_7: "F H"'),
    ("earns.agent_0", "1000", "0"),
    ("script", "earns:", "scripts: []\nearns:"),
    ("scripts[0]", 'script: {agent_0: "F H"}\nearns: {agent_0: 1000}', "scripts: [F]"),
]


@pytest.mark.parametrize(("field", "old", "new"), FAULTS)
def test_a_broken_file_is_refused_with_file_and_field(field: str, old: str, new: str) -> None:
    assert old in SHORT
    with pytest.raises(TaskError) as caught:
        read(SHORT.replace(old, new, 1))
    assert caught.value.field.startswith("some.yaml")
    assert caught.value.field.removeprefix("some.yaml: ").startswith(field)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[" * 9000, b"7", b"a" * 2_000_000])
def test_a_file_that_is_no_mapping_is_refused(data: bytes) -> None:
    with pytest.raises(TaskError, match=r"some\.yaml"):
        read_probe(data, "some.yaml")


@pytest.mark.parametrize("name", ["", "hide_and_sek", "../probes/tag", "x" * 1000, 7])
def test_an_unknown_probe_is_refused_with_names_that_are_known(name: Any) -> None:
    with pytest.raises(ValueError, match="probe is .* allowed are"):
        probe(name)


def test_a_probe_fits_larger_arrays_and_no_smaller_ones() -> None:
    name = probe_names()[0]
    own = probe(name)
    room = Sizes(*own.height.shape, agents=8, objects=32, atoms=32, rules=16, trials=32)
    assert digest(probe(name, room)) == digest(own)
    with pytest.raises(TaskError, match="sizes"):
        probe(name, SMALLEST._replace(height=31, width=31))
