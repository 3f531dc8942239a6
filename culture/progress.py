"""How a running experiment is shown: bars on a terminal, one plain line per generation elsewhere."""

from collections.abc import Callable
from typing import Any, TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from culture.plan import counted

Event = dict[str, Any]
WIDE = 80  # letters of a terminal that has room for a bar beside the numbers


class Progress:
    """Takes the events of `culture.experiment.run` and writes them to `stream` (stderr).

    `quiet` leaves out everything but notices. A context: leaving it gives the terminal back. A
    reader that goes away, with its pipe or terminal, ends nothing but what is shown.
    """

    def __init__(self, stream: TextIO, quiet: bool = False) -> None:
        self._stream = cast(TextIO, _Stream(stream))
        self._quiet = quiet
        self._generations = 0
        self._console = Console(file=self._stream, highlight=False)
        self._bars: Bars | None = None
        self._row: TaskID | None = None  # the bar of the running generation
        if self._console.is_terminal and not quiet:
            columns = _columns(self._console.width)
            self._bars = Bars(*columns, console=self._console, transient=True)

    def __enter__(self) -> "Progress":
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, event: Event) -> None:
        """Shows one event; kinds it does not know are left out."""
        match event["kind"]:
            case "start":
                self._generations = event["generations"]
                self._say(_start(event))
            case "iteration":
                self._iteration(event)
            case "check":
                self._check(event)
            case "generation":
                self._end_of_bar()
                self._say(generation_line(event, self._generations))
            case "notice":
                self._write(str(event["text"]))

    def _iteration(self, event: Event) -> None:
        if self._bars is None:
            return
        fields = {"generation": event["generation"], "return_": _number(event.get("return"))}
        if self._row is None:
            self._row = self._bars.add_task("", total=event["iterations"], **fields)
        self._bars.update(
            self._row, completed=event["iteration"], total=event["iterations"], **fields
        )

    def _check(self, event: Event) -> None:
        """Of a comparison that changed nothing nothing is said."""
        if event["copies"]:
            copies = ", ".join(f"{child} from {parent}" for child, parent in event["copies"])
            self._say(
                f"generation {event['generation']} iteration {event['iteration']}  copied {copies}"
            )

    def _end_of_bar(self) -> None:
        if self._bars is not None and self._row is not None:
            self._bars.remove_task(self._row)
            self._row = None

    def _say(self, text: str) -> None:
        if not self._quiet:
            self._write(text)

    def _write(self, text: str) -> None:
        if self._bars is not None:
            self._console.print(text, markup=False, soft_wrap=True)
        else:
            print(text, file=self._stream, flush=True)


class _Stream:
    """A stream that falls silent, for good, when nobody can be written to any more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._heard = True

    def write(self, text: str) -> int:
        """Writes as the stream does."""
        self._attempt(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flushes as the stream does."""
        self._attempt(self._stream.flush)

    def _attempt(self, step: Callable[[], object]) -> None:
        if self._heard:
            try:
                step()
            except OSError:
                self._heard = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _columns(width: int) -> list[ProgressColumn]:
    """What a bar shows: on a narrow terminal the numbers alone, for rich would cut them."""
    if width < WIDE:
        text = (
            "gen {task.fields[generation]}  {task.completed}/{task.total}  {task.fields[return_]}"
        )
        return [TextColumn(text)]
    return [
        TextColumn("generation {task.fields[generation]}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} iterations"),
        TextColumn("return {task.fields[return_]}"),
        TimeElapsedColumn(),
    ]


def generation_line(event: Event, generations: int) -> str:
    """What is said about a finished generation; what the event does not hold is left out."""
    parts = [f"generation {event['generation']}"]
    if generations:
        parts[0] += f" (of 0..{generations - 1})"
    parts.append(f"return {_number(event.get('return'))}")
    if event.get("low") is not None and event.get("high") is not None:
        parts[-1] += f" [{event['low']:.2f}, {event['high']:.2f}]"
    if event.get("lone_return") is not None:
        parts.append(f"single lifetime {_number(event['lone_return'])}")
    if event.get("gain") is not None:
        parts.append(f"gain {event['gain']:+.2f}")
    if event.get("solved") is not None:
        parts.append(f"solved {event['solved']}/{event.get('tasks', '?')}")
    if event.get("seconds") is not None:
        parts.append(f"{event['seconds']:.0f} s")
    if event.get("memory"):
        workers = event["workers"]
        who = f"{counted(workers, 'worker')}, largest" if workers else "this process"
        parts.append(f"{who} {event['memory']:,} MiB")
    return "  ".join(parts)


def _start(event: Event) -> str:
    return (
        f"{counted(event['generations'], 'generation')} of {counted(event['members'], 'member')}, "
        f"{event['steps']:,} agent-steps each"
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
