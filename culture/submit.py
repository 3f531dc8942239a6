"""Sends a run to a Ray cluster as a job: what is uploaded, with which token, and how it went."""

import logging
import os
import secrets
import shlex
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.limits import MIB
from configs.problems import masked
from configs.schema import Settings

UPLOAD = 100 * MIB  # Ray refuses larger packages in its own words only after zipping them
LARGEST = 5  # files that are shown
POLL = 2.0  # seconds between two looks at a job
PATIENCE = 15  # looks in a row that may fail: a head that restarts, a tunnel that is opened again
NEEDS_CLUSTER = "submit needs ray[default]: pip install 'ratchet[cluster]'"


class SubmitError(Exception):
    """The job cannot be sent, or its cluster cannot be reached: one sentence with the cure."""

    exit_code = 1


class LostError(SubmitError):
    """A job runs on, but its cluster does not answer any more."""

    exit_code = 75


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
    def place(self) -> str:
        """The address as it may be shown."""
        return masked(self.address)

    @property
    def line(self) -> str:
        """The equivalent command, for a shell in any folder; a password is left out."""
        settings = [
            f"{name}={shlex.quote(value)}" for name, value in self.token.environment.items()
        ]
        command = ["ray", "job", "submit", "--address", self.place]
        command += ["--working-dir", str(self.folder), "--no-wait", "--"]
        return " ".join([*settings, shlex.join(command), self.entrypoint])

    def logs(self, name: str) -> str:
        """The command that shows what the job called `name` prints."""
        return shlex.join(["ray", "job", "logs", name, "--address", self.place, "--follow"])


def check(settings: Settings) -> None:
    """Raises SubmitError if what a run of `settings` leaves behind would be lost with the job's own folder."""
    if not Path(settings.run.dir).is_absolute():
        raise SubmitError("a job's own folder is thrown away: add run.dir=/FOLDER/ON/THE/CLUSTER")


def project(door: Path, files: Sequence[Path]) -> Path:
    """The checkout to upload: the folder of `ratchet.py`. Raises SubmitError if the job could not run from it.

    `files` are those of the settings, as they were named; the job must find them by the same names.
    """
    folder = door.resolve()
    if not (folder / "pyproject.toml").is_file():
        raise SubmitError(f"{folder}: is no checkout of ratchet: submit uploads the source tree")
    for file in files:
        if file.is_absolute() or (folder / file).resolve() != file.resolve():
            raise SubmitError(
                f"{file}: is not uploaded under that name: put it below {folder}, start there"
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


def announce(job: Job, needed: Sequence[Path] = (), quiet: bool = False) -> None:
    """Says on stderr what is uploaded and how it is protected, and on stdout the same as a `ray` command.

    Raises SubmitError if a `needed` file of the settings stays at home. `quiet` leaves warnings only.
    """
    os.environ.update(job.token.environment)  # Ray reads it once, when it is imported
    files = upload(job.folder)
    names = {name for _, name in files}
    for file in needed:
        if os.path.normpath(file) not in names:
            raise SubmitError(
                f"{file}: is not uploaded: put it below {job.folder}, where neither .gitignore nor "
                ".rayignore names it"
            )
    if not quiet:
        total = sum(size for size, _ in files)
        print(f"upload: {len(files)} files, {total / MIB:.2f} MiB, the largest:", file=sys.stderr)
        for size, name in files[:LARGEST]:
            print(f"  {size / 1024:8.1f} KiB  {name}", file=sys.stderr)
    if warning := job.token.warning():
        print(warning, file=sys.stderr)
    if not quiet:
        print("the same by hand:", file=sys.stderr)
    print(job.line, flush=True)


def send(job: Job, wait: bool = False, quiet: bool = False) -> int:
    """Uploads and starts the job, prints its name; with `wait` follows it and returns its exit code.

    Raises SubmitError.
    """
    client = _client(job)
    name = f"ratchet-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    with _refusing(f"{job.place}: the job was refused"):
        client.submit_job(
            entrypoint=job.entrypoint,
            submission_id=name,
            runtime_env={"working_dir": str(job.folder)},
        )
    print(f"job: {name}", flush=True)
    if wait:
        return _follow(client, job, name, quiet)
    if not quiet:
        print(f"next: {job.logs(name)}", file=sys.stderr)
    return 0


def _follow(client: Any, job: Job, name: str, quiet: bool) -> int:
    """Passes the job's log on to stdout until the job ends; raises LostError."""
    written = 0
    status: Any = None
    while True:
        found, log = _look(client, job, name)
        print(log[written:], end="", flush=True)
        written = max(written, len(log))
        if found.status != status:
            status = found.status
            if not quiet:
                print(f"job {name}: {status.value.lower()}", file=sys.stderr)
        if status.is_terminal():
            if status.value == "SUCCEEDED":
                return 0
            if found.message and not log:
                print(_short(found.message), file=sys.stderr)
            return found.driver_exit_code or 1
        time.sleep(POLL)


def _look(client: Any, job: Job, name: str) -> tuple[Any, str]:
    """What is known of the job, and its whole log; asked again while the cluster does not answer."""
    for failed in range(PATIENCE):
        try:
            with _refusing("it does not answer"):
                return client.get_job_info(name), client.get_job_logs(name)
        except SubmitError as problem:
            reason = problem
            if failed + 1 < PATIENCE:
                time.sleep(POLL)
    raise LostError(f"lost sight of job {name} ({reason}); it goes on: {job.logs(name)}")


def _client(job: Job) -> Any:
    os.environ.update(job.token.environment)
    try:
        from ray.job_submission import JobSubmissionClient
    except ImportError:
        raise SubmitError(NEEDS_CLUSTER) from None
    for name in ("ray", "ray.dashboard.modules.dashboard_sdk"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with _refusing(f"{job.place}: cannot be reached"):
        return JobSubmissionClient(job.address)


@contextmanager
def _refusing(text: str) -> Iterator[None]:
    """What Ray's job client raises, in one sentence that begins with `text`."""
    from ray.exceptions import RayError

    try:
        yield
    except (RayError, RuntimeError, OSError, ValueError) as problem:
        if "ray[default]" in str(problem):
            raise SubmitError(NEEDS_CLUSTER) from None
        raise SubmitError(f"{text}: {_short(problem)}") from None


def _short(problem: object) -> str:
    """The problem in one line; Ray's run to pages."""
    text = masked(" ".join(str(problem).split()))
    return text if len(text) <= 300 else text[:297] + "..."
