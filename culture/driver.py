"""One run as a command carries it out: quiet streams, a log, signals, and how the run stands at the end."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from configs.schema import Settings
from culture import accumulation
from culture.files import RunError
from culture.progress import Progress
from culture.records import Records


def folder_of(settings: Settings, config: str, overrides: Sequence[str]) -> Path:
    """Where the run goes: `run.dir`, else a new folder `runs/DATE_CONFIG_sSEED`, with `-2` … if it exists.

    A relative `run.dir` belongs to the caller's folder if it was typed, to that of the file if it stands in one.
    """
    given = settings.run.dir
    if given:
        typed = any(word.startswith("run.dir=") for word in overrides)
        return Path(given) if typed or not Path(config).is_file() else Path(config).parent / given
    day = datetime.now().strftime("%Y-%m-%d")
    name = f"{day}_{Path(config).stem}_s{settings.seed}"
    folder, number = Path("runs") / name, 2
    while folder.exists():
        folder, number = Path("runs") / f"{name}-{number}", number + 1
    return folder


def log_of(run: Path) -> Path:
    """The file that takes what libraries print."""
    return run / "logs" / "driver.log"


def ending(run: Path, rows: Sequence[dict[str, Any]], door: str) -> str:
    """What stands at the end of a run: the table, the folder and the next commands to type."""
    first, *others = (f"{door} {words} {run}" for words in ("view", "evaluate", "inspect"))
    indent = " " * len("next: ")
    steps = "\n".join([f"next: {first}", *(indent + other for other in others)])
    return f"{accumulation.table(rows)}\nrun:  {run}\n{steps}"


class Stopped(BaseException):
    """SIGINT or SIGTERM asked the run to stop; not an Exception, so that nothing takes it for a fault."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


def drive(records: Records, quiet: bool = False, verbose: bool = False) -> dict[str, Any]:
    """Runs or continues the experiment in `records` to its end and returns its summary.

    What libraries print goes to `logs/driver.log` unless `verbose`. The run is `done`, `stopped` or
    `failed` afterwards. Raises Stopped after a signal, and whatever went wrong.
    """
    if records.finished:
        print(f"{records.path}: complete already", file=sys.stderr)
        saved = records.latest()
        assert saved is not None, "a finished run has a commit"
        return {"rows": saved[2]["rows"]}
    from culture import experiment

    with to_log(log_of(records.path), verbose) as stream, Progress(stream, quiet) as progress:
        for warning in records.warnings:
            progress({"kind": "notice", "text": warning})
        with _Signals() as signals:

            def show(event: dict[str, Any]) -> None:
                progress(event)
                signals.check()

            try:
                summary = experiment.run(records.settings, records, show)
            except BaseException as problem:
                if number := signals.behind(problem):
                    records.set_state("stopped")
                    raise Stopped(number) from None
                if not verbose:
                    traceback.print_exc(file=sys.__stderr__)
                with suppress(RunError):
                    # what another disk or another hour would mend is not the run's failure
                    mends = getattr(problem, "exit_code", 1) in (74, 75)
                    records.set_state("stopped" if mends else "failed", str(problem))
                raise
            records.set_state("done")
            return summary


class _Signals:
    """Turns the first SIGINT or SIGTERM into Stopped, never in the middle of a commit; the second ends at once."""

    def __init__(self) -> None:
        self._asked = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "_Signals":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raises Stopped if a signal came at a moment that had to be finished, or where it was swallowed.

        Also takes SIGTERM back: `ray.init` puts a handler of its own in place.
        """
        for number in self._before:
            signal.signal(number, self._handle)
        if self._asked:
            raise Stopped(self._asked)

    def behind(self, problem: BaseException) -> int:
        """The signal that ended the run with `problem`, 0 for none.

        After a signal every problem counts as its consequence: where the handler interrupts Ray's
        compiled code, that turns Stopped into a SystemError.
        """
        if self._asked:
            return self._asked
        if isinstance(problem, SystemExit):  # of the handler that `ray.init` puts in place
            return signal.SIGTERM
        return signal.SIGINT if isinstance(problem, KeyboardInterrupt) else 0

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            os._exit(128 + number)
        self._asked = number
        if not _inside(frame, Records.commit):
            raise Stopped(number)


def _inside(frame: FrameType | None, function: Callable[..., Any]) -> bool:
    while frame is not None:
        if frame.f_code is function.__code__:
            return True
        frame = frame.f_back
    return False


@contextmanager
def to_log(log: Path, verbose: bool) -> Iterator[TextIO]:
    """Sends file descriptors 1 and 2, also those of child processes, to the log; yields the stderr before."""
    if verbose:
        yield sys.stderr
        return
    log.parent.mkdir(exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    before = os.dup(1), os.dup(2)
    # a test's or a notebook's sys.stderr does not end in descriptor 2 and still works
    own = sys.stderr is not sys.__stderr__
    stream = sys.stderr if own else open(before[1], "w", buffering=1, closefd=False)  # noqa: SIM115
    with open(log, "ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield stream
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        stream.flush()
        os.dup2(before[0], 1)
        os.dup2(before[1], 2)
        for descriptor in before:
            os.close(descriptor)
