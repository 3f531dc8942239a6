"""A real window: Xvfb, real key presses and a real click; every wait is for a line of the log, never for a time."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.viewer.conftest import ROOT
from worlds.shards import read

pygame = pytest.importorskip("pygame")

PATIENCE = 60.0  # seconds until a missing line of the log is a failure
MISSING = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]

RATCHET = ("-m", "ratchet")
OPTIONS = ("--log", "log.jsonl", "--max-seconds", "120")

pytestmark = [
    pytest.mark.x11,
    pytest.mark.skipif(
        bool(MISSING), reason=f"needs {' and '.join(MISSING)} (Debian: xvfb xauth xdotool)"
    ),
]


@pytest.fixture
def display():
    """A screen of our own on a number that the server chooses itself."""
    reading, writing = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        "1280x900x24",
        "-nolisten",
        "tcp",
    ]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()  # written once the server accepts clients
    if not number:
        server.wait()
        pytest.skip("Xvfb does not start here")
    yield f":{number}"
    server.terminate()
    server.wait()


@pytest.fixture
def opened(display, tmp_path):
    """Opens a window on that screen: `opened(*words)` runs Python with these and returns its driver."""
    processes = []
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("SDL_VIDEODRIVER", "WAYLAND_DISPLAY")
    }
    environment |= {
        "DISPLAY": display,
        "SDL_VIDEO_WINDOW_POS": "0,0",
        "SDL_VIDEODRIVER": "x11",
        "PYTHONPATH": str(ROOT),
    }

    def start(*words):
        processes.append(subprocess.Popen([sys.executable, *words], cwd=tmp_path, env=environment))
        return Driver(tmp_path / "log.jsonl", display, processes[-1])

    yield start
    for process in processes:
        process.kill()
        process.wait()


class Driver:
    """Presses keys, clicks, and reads what the viewer says about it."""

    def __init__(self, log: Path, display: str, process: subprocess.Popen) -> None:
        self.log, self.process = log, process
        self.environment = {**os.environ, "DISPLAY": display}
        self.seen = 0

    def do(self, *words):
        subprocess.run(["xdotool", *map(str, words)], env=self.environment, check=True)

    def wait_for(self, what, wanted):
        """The first line after those already waited for that is `wanted`."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            text = self.log.read_text() if self.log.exists() else ""
            lines = text[: text.rfind("\n") + 1].splitlines()
            for number, line in itertools.islice(enumerate(lines), self.seen, None):
                state = json.loads(line)
                if wanted(state):
                    self.seen = number + 1
                    return state
            assert self.process.poll() is None, f"the viewer ended while we waited for {what}"
            time.sleep(0.02)  # between two looks at the log
        raise AssertionError(f"no {what} in the log within {PATIENCE:g} s")


def test_keys_and_clicks_of_a_real_user_arrive(opened, replay_file, tmp_path):
    window = opened(*RATCHET, "view", str(replay_file), *OPTIONS)
    first = window.wait_for("open window", lambda state: state["event"] == "open")
    assert (first["step"], first["playing"]) == (0, False), "it opens paused at the first step"
    left, top, width, height = first["timeline"]

    window.do("mousemove", 640, 300)  # without a window manager the keyboard follows the pointer
    window.do("key", "Right")
    assert window.wait_for("step", lambda state: state["event"] == "key RIGHT")["step"] == 1

    window.do("key", "space")
    played = window.wait_for(
        "playing", lambda state: state["event"] == "step" and state["step"] >= 3
    )
    assert played["playing"]
    window.do("key", "space")
    assert not window.wait_for(
        "pause", lambda state: state["event"] == "key SPACE" and not state["playing"]
    )["playing"]

    window.do("mousemove", left + width // 2, top + height // 2, "click", 1)
    clicked = window.wait_for("click", lambda state: state["event"].startswith("down"))
    assert abs(clicked["step"] - clicked["length"] / 2) <= 1

    window.do("key", "F12")
    saved = window.wait_for("picture", lambda state: state["event"].startswith("saved"))
    picture = pygame.image.load(tmp_path / saved["event"].removeprefix("saved "))
    assert picture.get_size() == (1280, 900)
    assert (
        len({tuple(picture.get_at((x, y))) for x in range(0, 1280, 40) for y in range(0, 900, 40)})
        > 5
    )

    window.do("key", "q")
    assert window.process.wait(timeout=PATIENCE) == 0


def test_a_real_user_plays_and_keeps_a_replay(opened, tmp_path):
    words = ("play", "goal_sequence:3", "--with", "oracle", "--save", "mine.parquet")
    window = opened(*RATCHET, *words, *OPTIONS)
    first = window.wait_for("open window", lambda state: state["event"] == "open")
    assert first["step"] == 0 and not first["running"], "the world waits for the person"

    window.do("mousemove", 640, 300)
    window.do("key", "Up")
    window.wait_for("step forward", lambda state: state["step"] == 1)
    window.do("key", "period")
    assert window.wait_for("wait", lambda state: state["step"] == 2)["last"][0] == "wait"
    window.do("key", "t")
    window.wait_for("running time", lambda state: state["step"] > 3)
    window.do("key", "Escape")
    assert window.process.wait(timeout=PATIENCE) == 0
    (episode,) = read(tmp_path / "mine.parquet", simulate=True)
    assert episode.length > 3 and episode.actions[0, 0] == 2
