"""Which task a word means, what a list of tasks holds, and what is said of a word that means none."""

import json

import pytest

pygame = pytest.importorskip("pygame")

import worlds  # noqa: E402
from viewer import listing  # noqa: E402
from viewer.main import show_task  # noqa: E402
from viewer.tasks import UnknownTaskError, catalogue, find, means_task  # noqa: E402
from worlds.family import TaskError  # noqa: E402
from worlds.playground import suites  # noqa: E402

PROBE = (
    "map: |\n"
    + 8 * f"  {8 * '.0'}\n"
    + """
objects: [{kind: black cube, cell: [2, 0]}]
agents: [{cell: [4, 0]}]
goals: ["hold(me, black cube)"]
trials: 2
trial_length: 10
"""
)


def test_a_seed_names_one_task_that_nobody_holds_out():
    first, again, other = (find(f"goal_sequence:{seed}") for seed in (7, 7, 8))
    assert first.id == again.id != other.id
    assert find("goal_sequence").id == find("goal_sequence:0").id
    assert not first.family.space.held_out(first.row[None])[0]


def test_every_listed_task_can_be_asked_for_by_its_name():
    tasks = catalogue("goal_sequence", "heldout", 3)
    assert [find(task.name).id for task in tasks] == [task.id for task in tasks]
    assert tasks[0].family.space.held_out(tasks[0].row[None])[0]


def test_a_listed_task_written_into_a_file_is_the_same_task(tmp_path):
    (row, *_) = listing.of_suite("goal_sequence", None)
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(row["file"]))
    assert means_task(str(path))
    assert find(str(path)).id == row["id"]
    assert row["sentence"] in listing.suite_lines([row])
    assert "2 agents" in listing.suite_lines([row]) and "1 trial " in listing.suite_lines([row])


def test_a_task_is_played_in_the_worlds_of_its_co_players_if_it_fits():
    family = worlds.make("goal_sequence", size=7)
    assert find("goal_sequence:1", family).family is family
    for other in ("hide_and_seek", "playground:1"):
        with pytest.raises(UnknownTaskError, match="co-players live in goal_sequence"):
            find(other, family)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("goal_sequense:1", "did you mean goal_sequence:0"),
        ("hide_and_sek", "did you mean hide_and_seek"),
        ("goal_sequence:x", "'x' is not a number"),
        ("goal_sequence:²", "is not a number"),
        ("goal_sequence:1234567890", "of up to 9 digits"),
        ("goal_sequence:heldout:10000", "the last number that can be asked for is 9999"),
        ("goal_sequence:nonsense:1", "unknown suite 'nonsense'"),
        ("a:b:c:d", "no task has this name"),
    ],
)
def test_a_word_that_means_no_task_is_told_with_the_cure(text, words):
    with pytest.raises(UnknownTaskError, match=words):
        find(text)


def test_a_task_and_a_file_of_one_name_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "goal_sequence:1").mkdir()
    with pytest.raises(UnknownTaskError, match=r"write \./goal_sequence:1 for the file"):
        means_task("goal_sequence:1")
    assert not means_task("./goal_sequence:1")
    assert means_task("goal_sequence:2")
    with pytest.raises(UnknownTaskError, match="no such file or folder, and no task"):
        means_task("nowhere")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"world": "goal_sequence", "task": {}, "more": 1}, "more"),
        ({"world": "nowhere", "task": {}}, "world is 'nowhere'"),
        ({"world": "goal_sequence", "task": []}, "allowed"),
        ({"world": "goal_sequence", "settings": {"size": 99}, "task": {}}, "size is 99"),
        ({"world": "goal_sequence", "settings": {"colour": 1}, "task": {}}, "settings"),
        ({"map": 3}, "map is 3"),
        ([], "mapping"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_the_field_and_the_reason(tmp_path, found, words):
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(found))
    with pytest.raises((UnknownTaskError, TaskError), match=words) as told:
        find(str(path))
    assert str(told.value).startswith(str(path))


def test_the_task_screen_shows_whose_view_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    log, shot = tmp_path / "log.jsonl", tmp_path / "task.png"
    assert show_task("goal_sequence:3", shot, "TAB,C,TAB,TAB", log) == 0
    states = [json.loads(line) for line in log.read_text().splitlines()]
    assert [state["agent"] for state in states] == [0, 1, 1, 0, 1]
    assert {state["id"] for state in states} == {find("goal_sequence:3").id}
    assert pygame.image.load(shot).get_size() == (1280, 900)
    for size in ((64, 64), (640, 480)):
        assert show_task("goal_sequence:3", shot, size=size) == 0


def test_a_probe_is_named_by_its_name_alone_and_told_by_what_it_tests():
    task = find("hide_and_seek")
    assert (task.family.name, task.family.num_agents) == ("playground", 2)
    assert task.about and task.sentence == task.about and "\n" not in task.sentence
    assert task.lines[0] == task.about and any("agent_1" in line for line in task.lines[1:])


def test_every_probe_is_listed_in_worlds_that_have_just_its_agents_and_trials():
    rows = listing.of_suite(None, None)
    assert [row["name"] for row in rows] == list(suites.probe_names())
    for row in rows:
        assert row["agents"] == len(row["file"]["task"]["agents"])
        assert row["trials"] == len(row["file"]["task"]["present"])
    assert len(listing.suite_lines(rows).splitlines()) == len(rows)


def test_a_probe_of_ones_own_needs_neither_script_nor_sentence(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(PROBE)
    task = find(str(path))
    assert (task.family.num_agents, task.family.trials, task.about) == (1, 2, "")
    assert "agent_0 wants: hold the black cube." in task.lines
    path.write_text(PROBE.replace("black cube, cell", "blue cube, cell"))
    with pytest.raises(TaskError, match=r"mine.yaml: objects\[0\].kind is 'blue cube'"):
        find(str(path))


def test_a_probe_is_told_to_members_as_they_were_told_their_own_tasks():
    family = worlds.make("playground", view=7, options=3, rules=4)
    task = find("tag_fiesta", family)
    assert task.family.num_agents == 3 and family.num_agents == 2
    assert (task.family.layout, task.family.observation_size) == (
        family.layout,
        family.observation_size,
    )
    with pytest.raises(TaskError, match="rules"):
        find("crafting_tree", family)
