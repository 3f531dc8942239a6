"""Sends a run to a Ray cluster as a job: what is uploaded, with which token, and how it went."""

import logging
import os
import secrets
import shlex
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.limits import MIB
from configs.schema import Settings

UPLOAD = 100 * MIB  # Ray refuses larger packages in its own words only after zipping them
LARGEST = 5  # files that are shown
POLL = 2.0  # seconds between two looks at a job
NEEDS_CLUSTER = "submit needs ray[default]: pip install 'ratchet[cluster]'"


class SubmitError(Exception):
    """The job cannot be sent, or its cluster cannot be reached: one sentence with the cure."""

    exit_code = 1


@dataclass(frozen=True)
class Token:
    """How the job server knows us: by the token in `path`, or not at all (None)."""

    path: Path | None

    @property
    def environment(self) -> dict[str, str]:
        """What both `ratchet submit` and `ray job submit` need; said explicitly, see docs/cluster.md."""
        if self.path is None:
            return {"RAY_AUTH_MODE": "disabled"}
        return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(self.path)}

    def warning(self) -> str:
        """One sentence if the token does not protect anything, "" otherwise."""
        if self.path is None:
            return "no token: whoever reaches this cluster can run code on it (docs/cluster.md)"
        if self.path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            return f"{self.path}: other users can read this token: chmod 600 {self.path}"
        return ""


@dataclass(frozen=True)
class Job:
    """A run as a Ray job: `words` follow `python -m ratchet run`, in the uploaded copy of `folder`."""

    address: str
    folder: Path
    words: tuple[str, ...]
    token: Token

    @property
    def entrypoint(self) -> str:
        """The command that the cluster runs; the uploaded tree comes first on its path."""
        return shlex.join(["python", "-m", "ratchet", "run", *self.words])

    @property
    def line(self) -> str:
        """The equivalent command, for a shell in any folder."""
        settings = [
            f"{name}={shlex.quote(value)}" for name, value in self.token.environment.items()
        ]
        command = ["ray", "job", "submit", "--address", self.address]
        command += ["--working-dir", str(self.folder), "--no-wait", "--"]
        return " ".join([*settings, shlex.join(command), self.entrypoint])


def check(settings: Settings) -> None:
    """Raises SubmitError if what a run of `settings` leaves behind would be lost with the job's own folder."""
    if not Path(settings.run.dir).is_absolute():
        raise SubmitError("a job's own folder is thrown away: add run.dir=/FOLDER/ON/THE/CLUSTER")


def project(door: Path, config: str) -> Path:
    """The checkout to upload: the folder of `ratchet.py`. Raises SubmitError if the job could not run from it."""
    folder = door.resolve()
    if not (folder / "pyproject.toml").is_file():
        raise SubmitError(f"{folder}: is no checkout of ratchet: submit uploads the source tree")
    file = Path(config)
    if file.is_file() and (file.is_absolute() or (folder / file).resolve() != file.resolve()):
        raise SubmitError(
            f"{config}: is not uploaded under that name: put it below {folder}, start there"
        )
    return folder


def token_of(path: str | None) -> Token:
    """The token of `--token FILE`, else of RAY_AUTH_TOKEN_PATH, else none. Raises SubmitError."""
    given = path or os.environ.get("RAY_AUTH_TOKEN_PATH")
    if not given:
        return Token(None)
    file = Path(given).expanduser()
    if not file.is_file():
        raise SubmitError(f"{file}: there is no such token file: copy it from the cluster's head")
    return Token(file.absolute())


def upload(folder: Path) -> list[tuple[int, str]]:
    """Size in bytes and relative name of every file that Ray will upload, largest first.

    Follows .gitignore and .rayignore as Ray does. Raises SubmitError above 100 MiB.
    """
    from ray._private.runtime_env.packaging import _dir_travel

    quiet = logging.getLogger(__name__)
    quiet.setLevel(logging.ERROR)
    files: list[tuple[int, str]] = []

    def keep(path: Path) -> None:
        if path.is_file():
            files.append((path.stat().st_size, str(path.relative_to(folder))))

    _dir_travel(folder, [], keep, include_gitignore=True, logger=quiet)
    files.sort(key=lambda file: (-file[0], file[1]))
    total = sum(size for size, _ in files)
    if total > UPLOAD:
        shown = ", ".join(f"{name} ({size / MIB:.1f} MiB)" for size, name in files[:LARGEST])
        raise SubmitError(
            f"{folder}: {total / MIB:.0f} MiB to upload, at most {UPLOAD // MIB}: "
            f"name in .rayignore what the job does not need; largest: {shown}"
        )
    return files


def announce(job: Job) -> None:
    """Says on stderr what is uploaded and how it is protected, and on stdout the same as a `ray` command."""
    os.environ.update(job.token.environment)  # Ray reads it once, when it is imported
    files = upload(job.folder)
    total = sum(size for size, _ in files)
    print(f"upload: {len(files)} files, {total / MIB:.2f} MiB, the largest:", file=sys.stderr)
    for size, name in files[:LARGEST]:
        print(f"  {size / 1024:8.1f} KiB  {name}", file=sys.stderr)
    if warning := job.token.warning():
        print(warning, file=sys.stderr)
    print("the same by hand:", file=sys.stderr)
    print(job.line, flush=True)


def send(job: Job, wait: bool = False) -> int:
    """Uploads and starts the job, prints its name; with `wait` follows it and returns its exit code.

    Raises SubmitError.
    """
    client = _client(job)
    name = f"ratchet-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    with _refusing(f"{job.address}: the job was refused"):
        client.submit_job(
            entrypoint=job.entrypoint,
            submission_id=name,
            runtime_env={"working_dir": str(job.folder)},
        )
    print(f"job: {name}", flush=True)
    if wait:
        return _follow(client, name)
    print(f"next: ray job logs {name} --address {job.address} --follow", file=sys.stderr)
    return 0


def _follow(client: Any, name: str) -> int:
    """Passes the job's log on to stdout until the job ends."""
    written = 0
    status: Any = None
    while True:
        found = client.get_job_info(name)
        log = client.get_job_logs(name)
        print(log[written:], end="", flush=True)
        written = max(written, len(log))
        if found.status != status:
            status = found.status
            print(f"job {name}: {status.value.lower()}", file=sys.stderr)
        if status.is_terminal():
            if status.value == "SUCCEEDED":
                return 0
            if found.message and not log:
                print(_short(found.message), file=sys.stderr)
            return found.driver_exit_code or 1
        time.sleep(POLL)


def _client(job: Job) -> Any:
    os.environ.update(job.token.environment)
    try:
        from ray.job_submission import JobSubmissionClient
    except ImportError:
        raise SubmitError(NEEDS_CLUSTER) from None
    for name in ("ray", "ray.dashboard.modules.dashboard_sdk"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with _refusing(f"{job.address}: cannot be reached"):
        return JobSubmissionClient(job.address)


@contextmanager
def _refusing(text: str) -> Iterator[None]:
    """What Ray's job client raises, in one sentence that begins with `text`."""
    from ray.exceptions import RayError

    try:
        yield
    except (RayError, RuntimeError, ConnectionError, ValueError) as problem:
        if "ray[default]" in str(problem):
            raise SubmitError(NEEDS_CLUSTER) from None
        raise SubmitError(f"{text}: {_short(problem)}") from None


def _short(problem: object) -> str:
    """The problem in one line; Ray's run to pages."""
    text = " ".join(str(problem).split())
    return text if len(text) <= 300 else text[:297] + "..."
