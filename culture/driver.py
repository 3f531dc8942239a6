"""One run as a command carries it out: quiet streams, a log, signals, and how the run stands at the end."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from configs.commands import door, word
from culture import accumulation, checkpoint, identity
from culture.files import DamagedError, DiskError, RunError
from culture.progress import Progress
from culture.records import Records
from worlds import formats


def log_of(run: Path) -> Path:
    """The file that takes what libraries print."""
    return run / "logs" / "driver.log"


def ending(run: Path, rows: Sequence[dict[str, Any]]) -> str:
    """What stands at the end of a run: the table, the folder and the next commands to type."""
    first, *others = (f"{door()} {words} {word(run)}" for words in ("view", "evaluate", "inspect"))
    indent = " " * len("next: ")
    steps = "\n".join([f"next: {first}", *(indent + other for other in others)])
    return f"{accumulation.table(rows)}\nrun:  {run}\n{steps}"


class Stopped(BaseException):
    """SIGINT or SIGTERM asked the run to stop; not an Exception, so that nothing takes it for a fault."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


def drive(
    run: Path, opening: Callable[[], Records], quiet: bool = False, verbose: bool = False
) -> dict[str, Any]:
    """Runs or continues to its end the run in `run`, which `opening` opens; -> its digest and rows.

    What libraries print goes to `logs/driver.log` unless `verbose`. The run is `done`, `stopped` or
    `failed` afterwards. Raises Stopped after a signal, and whatever went wrong.
    """
    with _Signals() as signals:  # before there is a run that a signal could leave `running`
        try:
            records = opening()
        except DiskError:  # a finished run needs no writing to show what came of it
            with suppress(DamagedError):
                info = identity.read(run)
                if info["state"] == "done":
                    _say_complete(run)
                    return _result(run, info)
            raise
        with records:
            if records.finished:
                _say_complete(run)
            else:
                _live(records, signals, quiet, verbose)
            return _result(run, records.info)


def _live(records: Records, signals: "_Signals", quiet: bool, verbose: bool) -> None:
    """Carries out the experiment and says in run.json how it ended."""
    with to_log(log_of(records.path), verbose) as stream, Progress(stream, quiet) as progress:

        def show(event: dict[str, Any]) -> None:
            progress(event)
            signals.check()

        try:
            signals.check()
            from culture import experiment  # torch and Ray: seconds

            for warning in records.warnings:
                show({"kind": "notice", "text": warning})
            experiment.run(records.settings, records, show)
            records.set_state("done")
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


def _result(run: Path, info: dict[str, Any]) -> dict[str, Any]:
    """What a finished run came to, read from its last checkpoint."""
    state = formats.read_json(run / checkpoint.name_of(info["generations"] - 1) / "state.json")
    return {"digest": info["digest"], "rows": state["rows"]}


def _say_complete(run: Path) -> None:
    Progress(sys.stderr)({"kind": "notice", "text": f"{run}: complete already"})


class _Signals:
    """Turns the first SIGINT or SIGTERM into Stopped; the second ends at once.

    Never in the middle of a commit, and not before the first `check`: until then the run is made.
    """

    def __init__(self) -> None:
        self._asked = 0
        self._checked = False
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
        self._checked = True
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
        if self._checked and not _inside(frame, Records.commit):
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
    stream = (
        sys.stderr
        if own
        else open(  # noqa: SIM115
            before[1], "w", buffering=1, errors="replace", closefd=False
        )
    )
    with open(log, "ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        yield stream
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        with suppress(OSError):  # its reader may be gone
            stream.flush()
        os.dup2(before[0], 1)
        os.dup2(before[1], 2)
        for descriptor in before:
            os.close(descriptor)
