"""The command line: exit codes, streams, JSON, and what it loads."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ratchet as door
from configs.commands import door as called
from configs.environment import FIXED
from culture import driver
from culture.records import Records
from tests.conftest import ROOT, Command, command_line, environment

COMMANDS = [
    "run",
    "train",
    "resume",
    "evaluate",
    "plot",
    "play",
    "view",
    "export",
    "inspect",
    "config",
    "list",
    "doctor",
    "submit",
]
HEAVY = {"ray", "torch", "matplotlib"}
# What --help must do without; the words of the command line stand in configs.
STANDARD_ONLY = {
    "numpy",
    "numba",
    "omegaconf",
    "pyarrow",
    "pygame",
    "rich",
    "yaml",
    *door.ROOMS[1:],
}


def document(text: str) -> dict[str, Any]:
    """The one JSON document in `text`, which holds no NaN and says its format."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in JSON")

    found = json.loads(text, parse_constant=refuse)
    assert found["format"] == 1
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert door.main([command, "--help"]) == 0
    told = capsys.readouterr()
    assert told.out and not told.err


def test_no_command_shows_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert door.main([]) == 2
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["view"],
        ["play"],
        ["play", "goal_sequence:1", "--seat", "first"],
        ["list", "nonsense"],
        ["run", "debug", "--nonsense"],
        ["run", "debug", "--dry"],
        ["inspect", "a", "b"],
        ["export", "x"],
        ["export", "x", "-o", "y.gif", "--steps", "now"],
        ["doctor", "-v", "-q"],
    ],
)
def test_a_wrong_command_line_is_one_line_and_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.main(words) == 2
    told = capsys.readouterr()
    assert not told.out
    assert len(told.err.splitlines()) == 1 and "--help" in told.err


def test_settings_may_follow_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert door.main(["run", "debug", "--dry-run", "seed=7", "--json", "workers=0"]) == 0
    settings = document(capsys.readouterr().out)["settings"]
    assert (settings["seed"], settings["workers"]) == (7, 0)


def test_wrong_settings_are_told_all_at_once_and_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("culture:\n  visibility_start: 1.4\nlearner:\n  learning_rate: fast\n")
    assert door.main(["run", str(file), "world.sise=32"]) == 2
    told = capsys.readouterr()
    assert not told.out
    first, *problems, see = told.err.splitlines()
    assert first == "3 problems in the settings:"
    assert problems[0].startswith("  command line ") and "Did you mean world.size?" in problems[0]
    assert f"{file}:2" in problems[1] and "1.4 is outside 0..1" in problems[1]
    assert f"{file}:4" in problems[2]
    assert see.startswith(f"see: {called()} config")


@pytest.mark.parametrize(
    "words",
    [
        ["list", "worlds"],
        ["list", "configs"],
        ["list", "runs"],
        ["list", "tasks"],
        ["list", "tasks", "--world", "goal_sequence"],
        ["doctor"],
        ["config", "debug"],
        ["config", "--help", "world.size"],
        ["config", "--schema"],
        ["config", "debug", "--diff", "quickstart"],
        ["run", "debug", "--dry-run"],
    ],
)
def test_json_is_exactly_one_document(
    words: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert door.main([*words, "--json"]) == 0
    told = capsys.readouterr()
    document(told.out)
    assert not told.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["inspect", "nowhere"], 1),
        (["list", "tasks", "nowhere"], 1),
        (["list", "tasks", "--world", "nowhere"], 1),
        (["list", "tasks", "--world", "goal_sequence", "--suite", "nonsense"], 1),
        (["list", "runs", "--suite", "heldout"], 2),
        (["evaluate", "nowhere"], 1),
        (["evaluate", "nowhere", "--background", "nowhere"], 2),
        (["evaluate", "nowhere", "--scenario", "all", "--best"], 2),
        (["evaluate", "nowhere", "nowhere.parquet"], 1),
        (["resume", "nowhere"], 1),
        (["config", "nowhere"], 2),
        (["run", "--dry-run", "seed=x"], 2),
        (["nonsense"], 2),
    ],
)
def test_with_json_problems_are_json_too(
    words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.main([*words, "--json"]) == code
    told = capsys.readouterr()
    assert document(told.out)["problems"]
    assert not told.err


@pytest.mark.parametrize(
    "words",
    [
        ["view", "nowhere"],
        ["play", "nowhere"],
        ["play", "goal_sequence:1", "--with", "nowhere"],
        ["play", "goal_sequence:1", "--save", "nowhere/x.parquet"],
        ["export", "nowhere", "-o", "x.gif"],
        ["inspect", "nowhere"],
        ["resume", "nowhere"],
        ["evaluate", "nowhere"],
        ["evaluate", "nowhere.parquet"],
        ["plot", "nowhere"],
        ["list", "members", "nowhere"],
        ["inspect", str(ROOT / "pyproject.toml")],
        ["list", "replays", str(ROOT)],
        ["list", "runs", "nowhere"],
    ],
)
def test_a_missing_or_foreign_file_is_one_line_and_1(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.main(words) == 1
    told = capsys.readouterr()
    assert not told.out
    assert len(told.err.splitlines()) == 1


def test_a_fault_of_ours_is_one_line_and_its_traceback_only_with_v(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(asked: object) -> int:
        return 1 // 0

    monkeypatch.setattr(door, "doctor", broken)
    assert door.main(["doctor"]) == 1
    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told and "Traceback" not in told
    assert door.main(["doctor", "-v"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_the_file_of_the_settings_is_kept_and_a_namesake_of_a_shipped_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(run: Path, opening: Callable[[], Records], *_: bool) -> dict[str, Any]:
        opening().close()
        return {"digest": "", "rows": []}

    monkeypatch.setattr(driver, "drive", opened)
    monkeypatch.chdir(tmp_path)
    Path("debug").write_bytes(b"\xff\xfe")
    Path("mine.yaml").write_text("extends: debug  # mine\n")
    for config, text in (("debug", ""), ("mine.yaml", "extends: debug  # mine\n")):
        folder = f"run_{config}"
        assert door.main(["run", config, f"run.dir={folder}", "--json"]) == 0
        assert Path(folder, "config.source.yaml").read_text() == text


def test_documented_settings_load_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert door.main(["config", "debug", "seed=5"]) == 0
    file = tmp_path / "mine.yaml"
    file.write_text(capsys.readouterr().out)
    assert door.main(["config", str(file), "--diff", "debug"]) == 0
    assert capsys.readouterr().out == "seed: 0 -> 5\n"


def test_light_commands_load_neither_torch_nor_ray(finished: Path, tmp_path: Path) -> None:
    """One process, one command after the other; what has been loaded after each is looked at."""
    run = str(finished / "runs" / "first")
    code = f"""
import json, sys
import ratchet
def loaded(): return {{name.split(".")[0] for name in sys.modules}}
def call(*words):
    try: code = ratchet.main(list(words))
    except SystemExit as end: code = end.code
    assert code == 0, (words, code)
for words in ([], ["--help"], ["run", "--help"], ["--version"]):
    ratchet.main(words)
    assert not loaded() & {STANDARD_ONLY!r}, (words, loaded() & {STANDARD_ONLY!r})
for words in (["list", "configs"], ["config", "debug"], ["run", "--dry-run"], ["doctor"],
              ["list", "worlds"], ["list", "runs", {str(finished / "runs")!r}],
              ["list", "tasks", {run!r}], ["list", "members", {run!r}], ["inspect", {run!r}],
              ["list", "replays", {run!r}], ["view", {run!r}, "--shot", "view.png"],
              ["view", "goal_sequence:1", "--shot", "task.png"],
              ["list", "tasks", "--world", "goal_sequence"],
              ["play", "goal_sequence:1", "--with", "oracle", "--script", "UP"],
              ["export", {run!r}, "-o", "replay.gif"], ["plot", {run!r}, "-o", "returns.csv"]):
    call(*words)
    assert not loaded() & {HEAVY!r}, (words, loaded() & {HEAVY!r})
"""
    env = environment(SDL_VIDEODRIVER="dummy")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_package_that_hides_ours_is_named(ratchet: Command, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "__init__.py").touch()
    done = ratchet("list", "configs")
    assert done.returncode == 2
    assert str(tmp_path / "configs") in done.stderr and "rename" in done.stderr


def test_a_pipe_gets_neither_colour_nor_cursor_movement(ratchet: Command) -> None:
    for words in (["--help"], ["doctor"], ["run", "debug", "--dry-run"]):
        done = ratchet(*words, FORCE_COLOR="")
        assert "\x1b" not in done.stdout + done.stderr


def test_where_there_are_no_runs_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert door.main(["list", "runs"]) == 0
    assert capsys.readouterr().out == "no runs below runs\n"
    assert door.main(["list", "runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"no runs below {tmp_path}\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--help"], 0), (["list", "worlds"], 0), (["config", "--schema"], 0), (["run", "nope"], 2)],
)
def test_a_reader_that_is_gone_changes_no_exit_code(words: list[str], code: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            command_line(*words), env=environment(), stdout=writing, stderr=writing
        )
    finally:
        os.close(writing)
    assert done.returncode == code


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["list", "worlds"]])
def test_a_result_that_cannot_be_written_is_one_line_and_1(words: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command_line(*words), env=environment(), stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "No space left" in done.stderr


def test_a_refusal_names_a_command_that_can_be_pasted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my file.yaml").write_text("world:\n  size: 100\n")
    assert door.main(["run", "my file.yaml"]) == 2
    see = capsys.readouterr().err.splitlines()[-1]
    assert see == f"see: {called()} config 'my file.yaml' --help world"


def test_a_reader_that_has_enough_is_no_problem() -> None:
    shell = f"{sys.executable} -m ratchet config | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", shell], env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0 and not done.stderr


def test_the_environment_is_fixed_by_one_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setattr(os, "execve", lambda *words: started.append(words))
    for name in FIXED:
        monkeypatch.setenv(name, "7")
    door._pin_environment(True)
    (program, words, env) = started.pop()
    assert program == sys.executable and words[1:] == sys.orig_argv[1:]
    assert {name: env[name] for name in FIXED} == FIXED
    for name, value in FIXED.items():
        monkeypatch.setenv(name, value)
    door._pin_environment(True)
    assert not started


def test_pygame_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from culture import doctor

    monkeypatch.setattr(doctor, "_version", lambda name: "1.0")
    checks = {check["name"]: check for check in doctor.examine(door.ROOMS)}
    assert not checks["pygame"]["fine"]
    monkeypatch.setattr(doctor, "_version", lambda name: "1.0" if name != "pygame-ce" else "")
    checks = {check["name"]: check for check in doctor.examine(door.ROOMS)}
    assert checks["pygame"]["fine"]


def test_a_temporary_folder_too_deep_for_sockets_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from culture import doctor

    deep = tmp_path / ("x" * 100)
    monkeypatch.setattr(doctor.tempfile, "gettempdir", lambda: str(deep))
    (check,) = [check for check in doctor.examine(door.ROOMS) if check["name"] == "temporary"]
    assert "TMPDIR" in check["cure"]
