"""The play window without a display: posted keys, the log, the picture, and the replay that is kept."""

import json

import numpy as np
import pytest

from tests.viewer.conftest import ROOT

pygame = pytest.importorskip("pygame")

import worlds  # noqa: E402
from viewer.attempt import Attempt  # noqa: E402
from viewer.co_players import scripted  # noqa: E402
from viewer.main import show  # noqa: E402
from viewer.opening import Options  # noqa: E402
from viewer.play import play  # noqa: E402
from viewer.play_keys import WINDOW_KEYS, action_keys, bindings, command_of  # noqa: E402
from viewer.play_screen import PlayScreen, known  # noqa: E402
from viewer.tasks import Chosen, find  # noqa: E402
from worlds.family import NO_ACTION  # noqa: E402
from worlds.shards import read  # noqa: E402


@pytest.fixture(scope="module")
def task():
    family = worlds.make("goal_sequence", trials=2, trial_length=6)
    return Chosen("goal_sequence:3", family, family.space.sample(3, 1)[0])


@pytest.fixture
def screen(task):
    return PlayScreen(
        task.name, lambda: Attempt(task.family, task.row, (scripted("oracle"),) * 2, 0, 1)
    )


@pytest.fixture
def played(task, tmp_path, monkeypatch, capsys):
    """Plays a script in an empty folder; -> (exit code, states of the log, what was printed)."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.chdir(tmp_path)

    def run(script, **more):
        log, shot = tmp_path / "log.jsonl", tmp_path / "window.png"
        size = more.pop("size", (1000, 700))
        options = Options(shot, script, log, size=size)
        code = play(task, [scripted("oracle")], options=options, **more)
        states = [json.loads(line) for line in log.read_text().splitlines()]
        return code, states, capsys.readouterr()

    return run


def test_keys_act_and_the_world_waits_for_them(played, tmp_path):
    code, states, told = played("WAIT,UP,A,PERIOD,SHIFT+D,H,WAIT")
    assert (code, told.err) == (0, "")
    assert [state["last"] and state["last"][0] for state in states if state["event"] != "wait"] == [
        None,
        "forward",
        "left",
        "wait",
        "right",
        "right",
    ]
    assert states[-1]["step"] == 4
    (episode,) = read(tmp_path / "human-001.parquet", simulate=True)
    assert (episode.actions.astype(np.int8)[:, 0] == [2, 0, NO_ACTION, 1]).all()
    assert (episode.split, episode.agents[0].role, episode.agents[1].role) == (
        "human",
        "human",
        "oracle",
    )
    assert "1 attempt saved" in told.out and "view human-001.parquet" in told.out
    assert pygame.image.load(tmp_path / "window.png").get_size() == (1000, 700)


def test_every_attempt_is_kept_and_the_next_file_has_another_name(played, tmp_path):
    _, states, told = played("UP,R,R,UP,UP,R,ESCAPE")
    assert [state["attempt"] for state in states][-2:] == [3, 3]
    assert "2 attempts saved" in told.out
    assert [episode.length for episode in read(tmp_path / "human-001.parquet")] == [1, 2]
    played("UP")
    assert (tmp_path / "human-002.parquet").exists()


def test_who_never_acted_leaves_nothing(played, tmp_path):
    code, _, told = played("V,TAB,ESCAPE")
    assert (code, told.out) == (0, "")
    assert not list(tmp_path.glob("*.parquet"))


def test_running_time_goes_on_by_itself_and_takes_the_last_key(played, tmp_path):
    _, states, _ = played("PLUS,T,UP,WAIT,T,WAIT,WAIT")
    by_event = [(state["event"], state["step"]) for state in states]
    assert states[1]["pace"] == 8
    steps = [step for event, step in by_event if event == "step"]
    assert steps == sorted(steps) and steps[-1] == states[-1]["step"] == 12
    assert states[-1]["over"] and not states[-1]["running"]
    (episode,) = read(tmp_path / "human-001.parquet")
    assert episode.actions[:, 0].tolist().count(2) == 1


def test_tab_takes_the_other_seat_and_another_attempt_keeps_it(played):
    _, states, _ = played("TAB,UP,R")
    assert [state["seat"] for state in states] == [0, 1, 1, 1]


def test_a_crowd_with_long_goals_is_drawn_in_every_window(tmp_path, monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    family = worlds.make("playground", agents=8, height=32, width=32, depth=(1, 2))
    crowd = Chosen("crowd", family, family.space.sample(3, 1)[0])
    for number, size in enumerate(((64, 64), (640, 480), (1280, 900))):
        options = Options(tmp_path / "window.png", "TAB,UP,V,G", size=size)
        path = tmp_path / f"{number}.parquet"
        assert play(crowd, [scripted("random")], 6, save=path, options=options) == 0
        assert [agent.role for agent in read(path)[0].agents].count("human") == 1


def test_small_windows_and_all_colours_are_drawn(played):
    for size in ((64, 64), (640, 480), (1600, 600)):
        code, _, told = played("C,UP,C,V,UP,C", size=size)
        assert (code, told.err) == (0, "")


def test_a_file_that_exists_is_refused_before_anything_is_played(task, tmp_path, capsys):
    taken = tmp_path / "mine.parquet"
    taken.write_text("mine")
    for path, words in ((taken, "exists already"), (tmp_path / "no" / "x", "there is no folder")):
        assert play(task, [scripted("noop")], save=path) == 1
        assert words in capsys.readouterr().err
    assert taken.read_text() == "mine"


def test_the_fog_hides_what_the_agent_does_not_see_but_never_itself(screen, task):
    attempt = screen.attempt
    for _ in range(4):
        screen.press("UP")
    scene = attempt.scene()
    fogged = known(scene, task.family.view_scene(attempt.observations[attempt.seat]), attempt.seat)
    assert fogged.dark is not None and fogged.dark.any() and not fogged.dark.all()
    assert len(fogged.marks) < len(scene.marks)
    assert not any(mark.next_for for mark in fogged.marks)
    assert {body.number for body in fogged.bodies} >= {0}
    assert not any(fogged.dark[mark.row, mark.column] for mark in fogged.marks)


def test_every_action_of_a_family_has_a_key_of_its_own():
    actions = ("stay", "forward", "back", "left", "right", "hand", "gadget", "sing", "dance")
    bound = bindings(actions)
    given = [command_of(name, bound) for key in action_keys(actions) for name in key.names]
    assert set(given) == {*actions[1:], "wait"}
    assert (command_of("1", bound), command_of("2", bound)) == ("sing", "dance")
    assert (command_of("SHIFT+W", bound), command_of("F1", bound)) == ("forward", "")


def test_a_probe_is_played_with_ticks_for_what_holds_and_its_replay_can_be_watched(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    probe = find("hide_and_seek")
    log, path = tmp_path / "log.jsonl", tmp_path / "mine.parquet"
    options = Options(tmp_path / "window.png", "UP,V,RIGHT,TAB,SPACE,PERIOD", log)
    assert play(probe, [scripted("oracle")], save=path, options=options) == 0
    (episode,) = read(path, simulate=True)
    assert (episode.world, episode.length) == ("playground", 4)
    assert [agent.role for agent in episode.agents] == ["human", "human"]
    assert show(path, tmp_path / "replay.png") == 0


def test_every_condition_of_a_goal_has_words_and_a_tick(task):
    probe = find("tag_fiesta")
    attempt = Attempt(probe.family, probe.row, (scripted("noop"),) * 3, 1)
    strip = attempt.scene().strips[1]
    assert strip.conditions == (
        (
            "NOT (agent_0 is on the blue floor)",
            "stand on the blue floor",
            "NOT (agent_2 is on the blue floor)",
        ),
    )
    assert strip.options == ((True, False, True),)


def test_the_docs_list_every_key():
    actions = find("hide_and_seek").family.action_names
    shown = [key for key in (*action_keys(actions), *WINDOW_KEYS) if key.label]
    page = (ROOT / "docs" / "by_hand.md").read_text()
    assert [f"| {key.label} | {key.meaning} |" for key in shown] == [
        line
        for line in page.split("| key | meaning |\n|---|---|\n")[1].split("\n\n")[0].splitlines()
    ]
