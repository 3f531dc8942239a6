"""A run folder and a file of replays open alike."""

import shutil
from dataclasses import replace

import pytest

from tests.culture.small_runs import commit_of, start
from viewer.shelf import Shelf, open_shelf
from worlds.formats import FormatError


@pytest.fixture(scope="module")
def run(episodes, tmp_path_factory):
    """A run of two generations with three replays each."""
    path = tmp_path_factory.mktemp("runs") / "run"
    with start(path) as records:
        for generation in range(2):
            recorded = [replace(episode, generation=generation) for episode in episodes]
            records.commit(generation, replace(commit_of(generation), replays=recorded))
    return path


def test_a_run_holds_the_replays_of_all_generations_and_begins_with_the_newest(run):
    shelf = open_shelf(run)
    assert (shelf.name, len(shelf), shelf.newest) == ("run", 6, 3)
    assert [episode.generation for episode in open_shelf(run, 1).episodes] == [1, 1, 1]
    assert len(open_shelf(run, 7)) == 0


def test_a_file_holds_its_own_replays(replay_file, episodes):
    shelf = open_shelf(replay_file)
    assert [one.task_id for one in shelf.episodes] == [one.task_id for one in episodes]
    assert len(open_shelf(replay_file, 5)) == 0


def test_stories_are_told_once_and_few_are_kept(episodes):
    shelf = Shelf("many", list(episodes) * 3)
    first = shelf.story(0)
    assert shelf.story(0) is first
    for index in range(len(shelf)):
        shelf.story(index)
    assert shelf.story(0) is not first


def test_a_damaged_shard_is_named_beside_the_whole_ones(run, run_with_damage):
    damaged, shard = run_with_damage
    shelf = open_shelf(damaged)
    assert (len(shelf), shelf.damage) == (3, "1 file damaged")
    assert shelf.problems[0].startswith(f"{shard}: damaged")
    assert (open_shelf(run).problems, open_shelf(run).damage) == ((), "")


def test_a_run_whose_only_replays_are_damaged_says_which(run, tmp_path):
    damaged = shutil.copytree(run, tmp_path / "damaged")
    for path in (damaged / "replays").glob("*.parquet"):
        path.write_bytes(b"PAR1")
    with pytest.raises(FormatError, match="replays/g0000"):
        open_shelf(damaged)
