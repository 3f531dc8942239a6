"""`ratchet submit` and the raw `ray job submit` line, against a Ray head that the test starts on loopback."""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

import ratchet as door
from configs.load import load
from culture import submit as jobs
from tests.conftest import ROOT, command_line, environment

BIN = Path(sys.executable).parent
MARK = "RATCHET_TEST_MARK"  # in the environment of every process that a test's head starts
SMALL = ("culture.generations=1", "culture.steps=640")


@dataclass(frozen=True)
class Head:
    """A Ray head of our own: where it listens, its token, and the environment to reach it with."""

    address: str
    token: Path
    env: dict[str, str]


@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    """Private folder with a short path, free ports, a token that only we can read; gone afterwards."""
    pytest.importorskip("aiohttp", reason="needs ray[default]")
    folder = Path(tempfile.mkdtemp(prefix="rt"))
    mark = secrets.token_hex(8)
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(secrets.token_hex(32))
    (folder / "ray").mkdir()
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])
    env = environment(PATH=path, RAY_TMPDIR=str(folder), RAY_USAGE_STATS_ENABLED="0")
    env.pop("PYTHONPATH")  # the job must find everything in the tree that was uploaded
    known = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token), MARK: mark}
    gcs, dashboard, *others = free_ports(6)
    names = ("dashboard-agent-listen-port", "dashboard-agent-grpc-port", "metrics-export-port")
    ports = [f"--{name}={port}" for name, port in zip(names, others, strict=False)]
    command = [str(BIN / "ray"), "start", "--head", "--block", "--disable-usage-stats"]
    command += [f"--port={gcs}", f"--dashboard-port={dashboard}", *ports]
    command += ["--node-ip-address=127.0.0.1", "--dashboard-host=127.0.0.1", "--num-cpus=2"]
    command += [f"--temp-dir={folder}", "--object-store-memory=100000000"]
    with open(folder / "head.log", "wb") as log:
        process = subprocess.Popen(command, env={**env, **known}, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{dashboard}"
        wait_until(lambda: listens(dashboard), process, folder / "head.log")
        yield Head(address, token, env)
    finally:
        process.terminate()
        end_marked(mark)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.ray
def test_submit_and_the_raw_line_both_run_the_experiment(head: Head, tmp_path: Path) -> None:
    raw, ours = tmp_path / "raw", tmp_path / "ours"
    words = ["submit", "debug", "--address", head.address, "--token", str(head.token), *SMALL]

    shown = subprocess.run(
        command_line(*words, f"run.dir={raw}", "--dry-run"),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert shown.returncode == 0, shown.stderr
    assert "upload:" in shown.stderr and not raw.exists()
    (line,) = shown.stdout.splitlines()
    assert "RAY_AUTH_MODE=token" in line and "ray job submit" in line
    sent = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env=head.env, capture_output=True, text=True
    )
    assert sent.returncode == 0, sent.stdout + sent.stderr
    (job,) = set(re.findall(r"raysubmit_\w+", sent.stdout))

    done = subprocess.run(
        command_line(*words, "workers=1", f"run.dir={ours}", "--wait"),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "job: ratchet-" in done.stdout and "tasks solved" in done.stdout
    assert "succeeded" in done.stderr

    known = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(head.token)}
    logs = subprocess.run(
        [str(BIN / "ray"), "job", "logs", job, "--address", head.address, "--follow"],
        env={**head.env, **known},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert "tasks solved" in logs.stdout, logs.stdout + logs.stderr
    digests = {json.loads((run / "run.json").read_text())["digest"] for run in (raw, ours)}
    assert len(digests) == 1 and digests != {""}


@pytest.mark.ray
def test_a_job_that_fails_gives_its_exit_code(head: Head, tmp_path: Path) -> None:
    words = ["submit", "debug", "--address", head.address, "--token", str(head.token)]
    done = subprocess.run(
        command_line(*words, "run.dir=/proc/self/nowhere", "--wait"),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 74, done.stdout + done.stderr
    assert "/proc/self/nowhere" in done.stdout


@pytest.mark.ray
def test_without_the_token_nobody_gets_in(head: Head, tmp_path: Path) -> None:
    wrong = tmp_path / "token"
    wrong.touch(mode=0o600)
    wrong.write_text(secrets.token_hex(32))
    words = ["submit", "debug", "--address", head.address, f"run.dir={tmp_path / 'run'}"]
    for token in ([], ["--token", str(wrong)]):
        done = subprocess.run(
            command_line(*words, *token),
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 1, done.stdout + done.stderr
        last = done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr and head.address in last


def test_a_cluster_that_is_not_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    (port,) = free_ports(1)
    job = jobs.Job(f"http://127.0.0.1:{port}", ROOT, ("debug",), jobs.Token(None))
    with pytest.raises(jobs.SubmitError, match="cannot be reached"):
        jobs.send(job)


def test_the_line_says_the_token_explicitly(tmp_path: Path) -> None:
    token = tmp_path / "my token"
    token.touch(mode=0o600)
    job = jobs.Job("http://head:8265", tmp_path, ("debug", "seed=1"), jobs.token_of(str(token)))
    assert job.line == (
        f"RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH='{token}' ray job submit --address http://head:8265 "
        f"--working-dir {tmp_path} --no-wait -- python -m ratchet run debug seed=1"
    )
    assert not job.token.warning()
    token.chmod(0o644)
    assert "chmod 600" in job.token.warning()


def test_no_token_is_said_and_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH", raising=False)
    token = jobs.token_of(None)
    assert token.environment == {"RAY_AUTH_MODE": "disabled"}
    assert "run code" in token.warning()
    with pytest.raises(jobs.SubmitError, match="no such token file"):
        jobs.token_of("/nowhere/token")


def test_results_must_go_where_they_last() -> None:
    with pytest.raises(jobs.SubmitError, match="run.dir"):
        jobs.check(load("debug", []))
    jobs.check(load("debug", ["run.dir=/shared/run"]))


def test_what_is_uploaded_is_the_source_and_little_else() -> None:
    files = dict((name, size) for size, name in jobs.upload(ROOT))
    assert {"ratchet.py", "pyproject.toml", "configs/quickstart.yaml"} <= set(files)
    folders = {name.split("/")[0] for name in files}
    assert not folders & {".git", ".venv", "runs", "docs", "tests", "benchmarks"}
    assert sum(files.values()) < 5_000_000


def test_too_much_to_upload_is_refused_with_the_largest_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "film.raw").write_bytes(bytes(2000))
    (tmp_path / ".rayignore").write_text("*.mp4\n")
    (tmp_path / "film.mp4").write_bytes(bytes(9000))
    assert [name for _, name in jobs.upload(tmp_path)] == ["film.raw", ".rayignore"]
    monkeypatch.setattr(jobs, "UPLOAD", 1000)
    with pytest.raises(jobs.SubmitError, match="film.raw"):
        jobs.upload(tmp_path)


def test_only_a_checkout_can_be_submitted(tmp_path: Path) -> None:
    with pytest.raises(jobs.SubmitError, match="checkout"):
        jobs.project(tmp_path, [])
    assert jobs.project(ROOT, []) == ROOT
    elsewhere = tmp_path / "mine.yaml"
    elsewhere.touch()
    with pytest.raises(jobs.SubmitError, match="below"):
        jobs.project(ROOT, [elsewhere])


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small source tree that the door takes for its own, as the caller's folder."""
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH", raising=False)
    folder = tmp_path / "checkout"
    (folder / "examples").mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    (folder / ".rayignore").write_text("/examples\n")
    (folder / "examples" / "base.yaml").write_text("seed: 1\n")
    (folder / "mine.yaml").write_text("seed: 1\n")
    (tmp_path / "outside.yaml").write_text("seed: 1\n")
    monkeypatch.setattr(door, "__file__", str(folder / "ratchet.py"))
    monkeypatch.setattr(door, "_check_rooms", lambda: None)
    monkeypatch.chdir(folder)
    return folder


SUBMIT = ["submit", "--address", "http://bob:hunter2@head:8265", "--dry-run", "run.dir=/shared/r"]


@pytest.mark.parametrize(
    ("config", "extends", "missing"),
    [
        ("examples/base.yaml", "", "examples/base.yaml"),
        ("mine.yaml", "examples/base.yaml", "examples/base.yaml"),
        ("mine.yaml", "../outside.yaml", "../outside.yaml"),
    ],
)
def test_settings_that_are_not_uploaded_are_refused_by_name(
    config: str, extends: str, missing: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if extends:
        (checkout / "mine.yaml").write_text(f"extends: {extends}\n")
    assert door.main([*SUBMIT, config]) == 2  # CONFIG stands before its settings
    assert door.main(["submit", config, *SUBMIT[1:]]) == 1
    told = capsys.readouterr()
    assert not told.out
    assert told.err.splitlines()[-1].startswith(f"{missing}: is not uploaded")


def test_quiet_shows_the_command_and_what_is_wrong_and_no_password(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.main(["submit", "mine.yaml", *SUBMIT[1:]]) == 0
    loud = capsys.readouterr()
    assert "upload:" in loud.err and "http://***@head:8265" in loud.out
    assert "hunter2" not in loud.out + loud.err
    assert door.main(["submit", "mine.yaml", *SUBMIT[1:], "-q"]) == 0
    quiet = capsys.readouterr()
    assert quiet.out == loud.out
    assert [line.split(":")[0] for line in quiet.err.splitlines()] == ["no token"]


class Cluster:
    """A job client that fails `hiccups` looks before it answers that the job has ended well."""

    def __init__(self, hiccups: int) -> None:
        self.hiccups = hiccups

    def get_job_info(self, name: str) -> SimpleNamespace:
        self.hiccups -= 1
        if self.hiccups >= 0:
            raise ConnectionError("http://bob:hunter2@head:8265: connection refused")
        status = SimpleNamespace(value="SUCCEEDED", is_terminal=lambda: True)
        return SimpleNamespace(status=status)

    def get_job_logs(self, name: str) -> str:
        return "the table\n"


def test_a_cluster_that_does_not_answer_is_asked_again_and_then_lost_from_sight(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "POLL", 0)
    job = jobs.Job("http://bob:hunter2@head:8265", tmp_path, ("debug",), jobs.Token(None))
    assert jobs._follow(Cluster(jobs.PATIENCE - 1), job, "one", quiet=True) == 0
    assert capsys.readouterr().out == "the table\n"
    with pytest.raises(jobs.LostError) as lost:
        jobs._follow(Cluster(jobs.PATIENCE), job, "one", quiet=True)
    assert lost.value.exit_code == 75
    assert "lost sight of job one" in str(lost.value) and "ray job logs one" in str(lost.value)
    assert "hunter2" not in str(lost.value)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listened on a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(condition: object, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it holds, at most 90 s and only while the process lives."""
    assert callable(condition)
    end = time.monotonic() + 90
    while not condition():
        assert process.poll() is None and time.monotonic() < end, log.read_text()[-4000:]
        time.sleep(0.1)


def end_marked(mark: str) -> None:
    """Ends the processes that carry our mark, and only those."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)
        except OSError:
            continue  # gone meanwhile, or not ours to look at
