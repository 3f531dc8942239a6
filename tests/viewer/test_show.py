"""The whole viewer without a display: posted keys, its log, its picture, its refusals."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tests.culture.small_runs import start
from tests.viewer.conftest import ROOT
from worlds.shards import write

pygame = pytest.importorskip("pygame")

SHOW = """
import json, sys
from pathlib import Path
from viewer.main import show
arguments = json.loads(sys.argv[1])
for name in ("path", "shot", "log"):
    if name in arguments:
        arguments[name] = Path(arguments[name])
code = show(**arguments)
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules} & {"ray", "torch"})))
sys.exit(code)
"""


def show(**arguments):
    """Runs `viewer.main.show` in a process of its own that has no display."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    text = json.dumps({key: str(v) if hasattr(v, "parts") else v for key, v in arguments.items()})
    return subprocess.run(
        [sys.executable, "-c", SHOW, text],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_keys_of_a_script_are_logged_and_the_picture_is_saved(replay_file, tmp_path):
    shot, log = tmp_path / "window.png", tmp_path / "log.jsonl"
    script = "RIGHT,RIGHT,SHIFT+RIGHT,LEFT,TAB,V,SPACE,WAIT,SPACE,END,UP,RIGHTBRACKET,2,H"
    done = show(path=replay_file, shot=shot, log=log, script=script, size=[1000, 700])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "[]\n", "no banner, and neither ray nor torch is loaded"

    states = [json.loads(line) for line in log.read_text().splitlines()]
    pressed = {}
    for state in states:
        pressed.setdefault(state["event"], []).append(state)
    assert states[0]["event"] == "open"
    assert (states[0]["step"], states[0]["playing"], states[0]["replays"]) == (0, False, 3)
    assert [state["step"] for state in pressed["key RIGHT"]] == [1, 2]
    assert pressed["key SHIFT+RIGHT"][0]["step"] == 12
    assert pressed["key LEFT"][0]["step"] == 11
    assert pressed["key TAB"][0]["agent"] == 1
    assert not pressed["key V"][0]["panes"]
    first, second = pressed["key SPACE"]
    assert first["playing"] and not second["playing"] and second["step"] > first["step"]
    assert pressed["key END"][0]["step"] == pressed["key END"][0]["length"] == 40
    assert pressed["key RIGHTBRACKET"][0]["replay"] == 1
    assert pressed["key 2"][0]["agent"] == 1
    assert pressed["key H"][0]["help"]

    picture = pygame.image.load(shot)
    assert picture.get_size() == (1000, 700)
    pixels = np.frombuffer(pygame.image.tobytes(picture, "RGB"), np.uint8).reshape(-1, 3)
    assert len(np.unique(pixels, axis=0)) > 50


@pytest.fixture
def show_here(monkeypatch):
    """`viewer.main.show` in this process, without a display."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    from viewer.main import show

    return show


def test_a_click_on_the_timeline_seeks_and_escape_leads_to_the_list_and_back(
    show_here, replay_file, tmp_path
):
    log, shot = tmp_path / "log.jsonl", tmp_path / "window.png"
    assert show_here(replay_file, shot=shot, log=log) == 0
    left, top, width, height = json.loads(log.read_text().splitlines()[0])["timeline"]
    click = f"CLICK@{left + width // 4}:{top + height // 2}"
    script = f"{click},ESCAPE,RIGHT,RETURN,RIGHT,ESCAPE,S"
    assert show_here(replay_file, shot=shot, log=log, script=script) == 0
    states = [json.loads(line) for line in log.read_text().splitlines()]
    clicked = next(state for state in states if state["event"].startswith("down"))
    assert clicked["step"] == 10
    screens = [state["screen"] for state in states if state["event"].startswith("key")]
    assert screens == ["browser", "browser", "replay", "replay", "browser", "browser"]
    opened = next(state for state in states if state["event"] == "key RETURN")
    assert (opened["replay"], opened["step"]) == (1, 0)
    assert states[-1]["sort"] == "by return"


def test_the_list_marks_the_replay_that_was_watched_last(show_here, replay_file, tmp_path):
    log = tmp_path / "log.jsonl"
    script = "ESCAPE,S,HOME,RETURN,RIGHTBRACKET,LEFTBRACKET,LEFTBRACKET,RIGHTBRACKET,ESCAPE"
    assert show_here(replay_file, log=log, script=script) == 0
    states = [json.loads(line) for line in log.read_text().splitlines()]
    assert states[-1]["screen"] == "browser"
    assert states[-1]["episode"] == states[-2]["replay"] == 1


def test_a_damaged_shard_is_named_and_the_others_are_shown(
    show_here, run_with_damage, tmp_path, capsys
):
    run, shard = run_with_damage
    shot = tmp_path / "window.png"
    for screen in ("replay", "browser"):
        assert show_here(run, shot=shot, screen=screen, size=(640, 480)) == 0
        said = capsys.readouterr().err
        assert said.startswith(f"{shard}: damaged") and said.count("\n") == 1


def test_a_run_without_replays_that_is_going_on_says_so(show_here, tmp_path, capsys):
    start(tmp_path / "run").close()
    assert show_here(tmp_path / "run", script="Q") == 1
    assert capsys.readouterr().err == (
        f"{tmp_path}/run: no replays yet: the run is still going on\n"
    )


def test_a_replay_that_cannot_be_simulated_keeps_no_one_from_the_others(
    show_here, episodes, tmp_path, capsys
):
    wrong = replace(episodes[0], digests=("0" * 16,) * len(episodes[0].digests))
    path, log = tmp_path / "two.parquet", tmp_path / "log.jsonl"
    write(path, [wrong, episodes[1]])
    assert show_here(path, log=log, script="RIGHTBRACKET,END") == 0
    said = capsys.readouterr().err
    assert said.startswith(f"{path}: replay 0 (counted from 0): after step 16")
    assert said.count("\n") == 1
    last = json.loads(log.read_text().splitlines()[-1])
    assert (last["replay"], last["step"], last["problem"]) == (1, 40, "")
    write(path, [wrong])
    assert show_here(path, script="END") == 1
    assert capsys.readouterr().err.startswith(f"{path}: replay 0 (counted from 0): ")


def test_the_list_of_replays_is_a_screen_of_its_own(show_here, replay_file, tmp_path):
    shot, log = tmp_path / "list.png", tmp_path / "log.jsonl"
    assert show_here(replay_file, shot=shot, log=log, screen="browser", size=(800, 600)) == 0
    assert json.loads(log.read_text().splitlines()[0])["screen"] == "browser"
    assert pygame.image.load(shot).get_size() == (800, 600)


def test_a_held_key_switches_once_but_goes_on_stepping(show_here, replay_file, tmp_path):
    from viewer.screen import ReplayScreen
    from viewer.shelf import open_shelf
    from viewer.window import Window

    window = Window((800, 600))
    screen = ReplayScreen(open_shelf(replay_file))
    for key in (pygame.K_v, pygame.K_RIGHT):
        for _ in range(3):
            pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key, mod=0, unicode=""))
    window.run(screen, script=())
    window.close()
    assert not screen.playback.panes
    assert screen.playback.step == 3


def test_without_a_display_one_sentence_names_the_command_for_a_picture(replay_file):
    done = show(path=replay_file)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"ratchet view {replay_file} --shot" in done.stderr


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        ({"path": "nowhere.parquet"}, 1, "no such file"),
        ({"path": "pyproject.toml"}, 1, "no replay shard"),
        ({"path": "viewer"}, 1, "not a run folder"),
        ({"generation": 7}, 1, "no replays of generation 7"),
        ({"script": "RIGHT,JUMP"}, 2, "unknown key 'JUMP'"),
        ({"script": "CLICK@²:3"}, 2, "write a click as CLICK@X:Y"),
        ({"script": "CLICK@1:2:x"}, 2, "write a click as CLICK@X:Y"),
        ({"script": f"CLICK@{10**9}:1"}, 2, "write a click as CLICK@X:Y"),
        ({"shot": "window.xyz"}, 2, "name it window.png"),
        ({"screen": "family"}, 2, "unknown screen"),
        ({"size": [10, 900]}, 2, "edges"),
        ({"shot": "/nowhere/window.png"}, 1, "cannot be written"),
        ({"log": "/nowhere/log.jsonl"}, 1, "/nowhere/log.jsonl"),
    ],
)
def test_a_mistake_gives_one_sentence_and_no_traceback(
    arguments, code, words, show_here, replay_file, tmp_path, capsys
):
    given = {"path": replay_file, "shot": tmp_path / "window.png", **arguments}
    for name in ("path", "shot", "log"):
        if name in given:
            given[name] = ROOT / given[name]
    assert show_here(**given) == code
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1
