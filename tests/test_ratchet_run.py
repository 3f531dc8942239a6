"""`ratchet run` and `resume` as processes: what they say, where it goes, and how a run ends."""

import io
import json
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from filelock import FileLock

from configs.commands import door as called
from configs.load import load, read
from culture import accumulation
from culture.driver import Stopped, drive, ending
from culture.plan import folder_of
from culture.progress import Progress, generation_line
from culture.records import DiskError, Records
from tests.conftest import Command, command_line, environment
from tests.culture.small_runs import contents
from tests.test_ratchet import document

SAID = ("generation ", "3 generations ")  # how our own lines of progress begin
EVENT = {
    "kind": "generation",
    "generation": 1,
    "return": 0.5,
    "low": 0.4,
    "high": 0.6,
    "lone_return": 0.3,
    "gain": 0.2,
    "solved": 3,
    "tasks": 8,
}


def info(run: Path) -> dict[str, object]:
    return json.loads((run / "run.json").read_text())


def test_a_run_ends_with_a_table_on_stdout_and_the_commands_to_type(finished: Path) -> None:
    lines = (finished / "stdout").read_text().splitlines()
    assert len(lines) <= 40
    assert "tasks solved" in lines[0]
    assert [line.split()[0] for line in lines[1:4]] == ["0", "1", "2"]
    assert "run:  runs/first" in lines
    assert lines[-3].startswith("next: ") and lines[-3].endswith(" view runs/first")


def test_progress_is_one_plain_line_per_generation_on_stderr(finished: Path) -> None:
    text = (finished / "stderr").read_text()
    assert "\x1b" not in text and "\r" not in text
    told = [line for line in text.splitlines() if line.startswith("generation ")]
    assert [line.split()[1] for line in told] == ["0", "1", "2"]
    others = [line for line in text.splitlines() if not line.startswith(SAID)]
    assert not others, "something of a library came through"


def test_a_finished_run_says_so_and_has_a_digest(finished: Path) -> None:
    found = info(finished / "runs" / "first")
    assert found["state"] == "done" and len(str(found["digest"])) == 64


def test_the_same_command_twice_is_complete_already(ratchet: Command, mine: Path) -> None:
    before = info(mine)["digest"]
    done = ratchet("run", "debug", f"run.dir={mine}")
    assert done.returncode == 0, done.stderr
    assert "complete already" in done.stderr and "tasks solved" in done.stdout
    assert info(mine)["digest"] == before


def test_other_settings_on_the_same_folder_are_refused_with_the_differences(
    ratchet: Command, mine: Path
) -> None:
    done = ratchet("run", "debug", "seed=9", f"run.dir={mine}")
    assert done.returncode == 2
    assert not done.stdout and "seed: 0 -> 9" in done.stderr
    assert info(mine)["state"] == "done"


def test_a_folder_in_use_is_75(ratchet: Command, mine: Path) -> None:
    with FileLock(mine / "lock"):
        done = ratchet("resume", str(mine))
    assert done.returncode == 75
    assert "in use" in done.stderr and "Traceback" not in done.stderr


def test_only_resumable_settings_may_change_on_resume(ratchet: Command, mine: Path) -> None:
    done = ratchet("resume", str(mine), "seed=9")
    assert done.returncode == 2 and "seed" in done.stderr
    done = ratchet("resume", str(mine), "culture.generation=9")
    assert done.returncode == 2 and "Did you mean culture.generations?" in done.stderr


def test_a_run_stays_where_it_is(ratchet: Command, mine: Path, tmp_path: Path) -> None:
    before = contents(mine)
    done = ratchet("resume", str(mine), f"run.dir={tmp_path / 'other'}")
    assert done.returncode == 2 and "a run stays where it is" in done.stderr
    assert contents(mine) == before


def test_a_finished_run_that_cannot_be_written_still_shows_its_table(mine: Path) -> None:
    def refused() -> Records:
        raise DiskError("the disk is read-only")

    rows = drive(mine, lambda: Records.open(mine))["rows"]
    before = contents(mine)
    assert drive(mine, refused) == {"digest": info(mine)["digest"], "rows": rows}
    assert contents(mine) == before
    for unfinished in (mine.parent / "new", mine):
        (mine / "run.json").write_text(json.dumps({**info(mine), "state": "stopped"}))
        with pytest.raises(DiskError):
            drive(unfinished, refused)


def test_letters_the_output_cannot_show_are_no_problem(ratchet: Command, mine: Path) -> None:
    done = ratchet("resume", str(mine), PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "-0." in done.stdout and "?" in done.stdout


def test_resume_takes_resumable_settings_and_json_is_one_document(
    ratchet: Command, mine: Path
) -> None:
    done = ratchet("resume", str(mine), "run.keep=3", "--json")
    assert done.returncode == 0, done.stderr
    rows = document(done.stdout)["rows"]
    assert [row["generation"] for row in rows] == [0, 1, 2]


def test_a_run_stopped_by_ctrl_c_resumes_to_the_same_digest(
    ratchet: Command, finished: Path, tmp_path: Path
) -> None:
    rest = interrupted(tmp_path, signal.SIGINT, 130)
    assert "resume runs/first" in rest and "Traceback" not in rest
    done = ratchet("resume", "runs/first")
    assert done.returncode == 0, done.stderr
    assert digests_agree(tmp_path, finished)


@pytest.mark.ray
def test_two_workers_stopped_by_sigterm_are_quiet_and_end_with_the_same_digest(
    ratchet: Command, finished: Path, tmp_path: Path
) -> None:
    """With SIGTERM, for which `ray.init` puts a handler of its own in place of ours."""
    interrupted(tmp_path, signal.SIGTERM, 143, "workers=2")
    done = ratchet("resume", "runs/first")
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stderr.splitlines() if not line.startswith(SAID)]
    assert done.stdout == (finished / "stdout").read_text()
    assert digests_agree(tmp_path, finished)


def test_sigterm_as_soon_as_there_is_a_run_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long before torch and Ray are imported, which takes seconds."""
    monkeypatch.chdir(tmp_path)  # commands are told as they are called from there
    process = subprocess.Popen(
        command_line("run", "debug", "run.dir=run"),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        end = time.monotonic() + 60
        while not (tmp_path / "run" / "run.json").exists() and time.monotonic() < end:
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 143
    assert told == f"stopped; to go on: {called()} resume run\n"
    assert info(tmp_path / "run")["state"] == "stopped"


def test_a_signal_while_the_run_is_made_waits_for_the_run(tmp_path: Path) -> None:
    path = tmp_path / "run"

    def opening() -> Records:
        signal.raise_signal(signal.SIGTERM)
        return Records.create(path, load("debug"))

    with pytest.raises(Stopped) as end:
        drive(path, opening)
    assert end.value.exit_code == 143
    assert info(path)["state"] == "stopped"


@pytest.mark.parametrize("streams", [">&-", ">&- 2>&- <&-", "2>&1 | true"])
def test_a_run_goes_on_though_nobody_listens(streams: str, tmp_path: Path) -> None:
    words = ["run", "debug", "run.dir=run", "culture.generations=1", "culture.steps=640"]
    command = shlex.join(command_line(*words))
    shell = f"set -o pipefail; {command} {streams}"
    done = subprocess.run(["bash", "-c", shell], cwd=tmp_path, env=environment(), timeout=240)
    assert done.returncode == 0
    assert info(tmp_path / "run")["state"] == "done"


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_ends_with_its_reader_and_nothing_else_does(terminal: bool) -> None:
    class Gone(io.StringIO):
        def isatty(self) -> bool:
            return terminal

        def write(self, text: str) -> int:
            raise BrokenPipeError

    with Progress(Gone()) as progress:
        for _ in range(3):
            event = {"kind": "iteration", "generation": 1, "iteration": 1, "iterations": 2}
            progress(event)
            progress(EVENT)


@pytest.mark.parametrize(
    "problem",
    [SystemError("returned a result with an exception set"), SystemExit(15), RuntimeError("late")],
)
def test_whatever_follows_a_signal_is_a_stop(
    problem: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray's compiled code turns what a handler raises into a SystemError."""
    from culture import experiment

    def run(settings: object, records: object, progress: object) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except Stopped:
            raise problem from None

    monkeypatch.setattr(experiment, "run", run)
    path = tmp_path / "run"
    with pytest.raises(Stopped) as end:
        drive(path, lambda: Records.create(path, load("debug", [])))
    assert end.value.exit_code == 143
    assert info(tmp_path / "run")["state"] == "stopped"


def test_without_run_dir_a_new_folder_is_named_after_day_config_and_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = read("debug", ["seed=4"])
    first = folder_of(loaded, ["debug"])
    assert first.parent == Path("runs") and first.name.endswith("_debug_s4")
    first.mkdir(parents=True)
    assert folder_of(loaded, ["some/folder/debug.yaml"]).name == f"{first.name}-2"


def test_a_folder_named_in_a_file_lies_beside_that_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("run:\n  dir: results\n")
    assert folder_of(read(file), [str(file)]) == tmp_path / "results"
    assert folder_of(read(file, ["run.dir=results"]), [str(file)]) == Path("results")


def test_a_folder_that_cannot_be_written_is_one_line(ratchet: Command) -> None:
    done = ratchet("run", "debug", "run.dir=/proc/self/nowhere")
    assert done.returncode == 74, done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_quiet_leaves_only_notices() -> None:
    stream = io.StringIO()
    with Progress(stream, quiet=True) as progress:
        progress({"kind": "start", "generations": 3, "members": 2, "steps": 100})
        progress(EVENT)
        progress({"kind": "notice", "text": "a worker was replaced"})
    assert stream.getvalue() == "a worker was replaced\n"


def test_a_terminal_gets_bars_and_keeps_the_lines() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with Progress(stream) as progress:
        progress({"kind": "start", "generations": 3, "members": 2, "steps": 100})
        for iteration in (1, 2):
            event = {"kind": "iteration", "generation": 1, "iteration": iteration}
            progress({**event, "iterations": 2, "steps": 50, "return": None})
        progress(EVENT)
    assert generation_line(EVENT, 3) in stream.getvalue()


def test_a_narrow_terminal_keeps_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with Progress(stream) as progress:
        event = {"kind": "iteration", "generation": 12, "iteration": 250, "iterations": 1000}
        progress({**event, "return": -0.125})
    assert "gen 12  250/1000  -0.12" in stream.getvalue()


def test_the_next_commands_can_be_pasted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accumulation, "table", lambda rows: "the table")
    for name, word in (("my run", "'my run'"), ("-x", "./-x"), ("runs/a", "runs/a")):
        assert ending(Path(name), []).endswith(f"{called()} inspect {word}")


def test_a_generation_is_told_without_what_is_not_known() -> None:
    bare = {"kind": "generation", "generation": 0, "return": None, "gain": None}
    assert generation_line(bare, 1) == "generation 0 (of 0..0)  return -"


def test_the_door_is_named_as_it_works_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/ratchet")
    assert called() == "ratchet"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert called().endswith(("/bin/ratchet", "-m ratchet"))


def digests_agree(one: Path, other: Path) -> bool:
    return info(one / "runs" / "first")["digest"] == info(other / "runs" / "first")["digest"]


def interrupted(folder: Path, number: signal.Signals, code: int, *words: str) -> str:
    """Starts `runs/first` and signals it after its first generation; returns the rest of stderr."""
    process = subprocess.Popen(
        command_line("run", "debug", "run.dir=runs/first", *words),
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if line.startswith("generation 0"):
                break
        process.send_signal(number)
        rest = process.stderr.read()
        assert process.wait(60) == code
    finally:
        process.kill()
        process.communicate()
    assert info(folder / "runs" / "first")["state"] == "stopped"
    return rest
