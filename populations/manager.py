"""The manager of a batch of units: events in, commands out. No Ray, thread, clock or file.

It decides who does what and what is repeated; never what the result is, since a unit is a pure function of its inputs.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

ATTEMPTS = 5  # of one unit before the run stops and names it
PAUSES = (0.0, 0.0, 0.5, 1.0, 2.0)  # seconds before attempt 1, 2, …
SHORTEST_DEADLINE = 300.0  # seconds, for units that compile first; else SLACK x the median duration
SLACK = 10.0


@dataclass(frozen=True)
class Envelope:
    """Which attempt at which unit of which round this is; anything else that arrives is stale."""

    round: int
    unit: int
    attempt: int


@dataclass(frozen=True)
class Returned:
    """A worker finished; `digest` is over everything in the result."""

    envelope: Envelope
    digest: str
    result: Any


@dataclass(frozen=True)
class Lost:
    """An attempt ended without a result. `repeat` is false for errors raised by our own code: they would come again."""

    envelope: Envelope
    reason: str
    repeat: bool = True


@dataclass(frozen=True)
class WorkerUp:
    name: str


@dataclass(frozen=True)
class WorkerDown:
    name: str


@dataclass(frozen=True)
class Tick:
    """Time has passed."""


Event = Returned | Lost | WorkerUp | WorkerDown | Tick


@dataclass(frozen=True)
class Submit:
    envelope: Envelope
    worker: str


@dataclass(frozen=True)
class Replace:
    """End this worker and start another under a new name, announced by `WorkerUp`."""

    worker: str


@dataclass(frozen=True)
class Stop:
    problem: str


Command = Submit | Replace | Stop


@dataclass
class _Unit:
    attempts: int = 0
    not_before: float = 0.0
    done: bool = False
    digest: str = ""
    result: Any = None
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Running:
    envelope: Envelope
    since: float
    deadline: float


class Manager:
    """Hands units to workers, one at a time each, and collects their results in the order of the units."""

    def __init__(self, workers: Sequence[str]) -> None:
        self.round = 0
        self._idle: deque[str] = deque(workers)
        self._running: dict[str, _Running] = {}
        self._units: list[_Unit] = []
        self._names: Sequence[str] = ()
        self._waiting: list[int] = []
        self._durations: deque[float] = deque(maxlen=64)

    @property
    def done(self) -> bool:
        return all(unit.done for unit in self._units)

    def results(self) -> list[Any]:
        """The results in unit order; valid once `done`."""
        return [unit.result for unit in self._units]

    def begin(self, names: Sequence[str], now: float) -> list[Command]:
        """Start a round of units; `names` say what each is, for messages."""
        self.round += 1
        self._units = [_Unit() for _ in names]
        self._names = names
        self._waiting = list(range(len(names)))
        return self._assign(now)

    def on(self, event: Event, now: float) -> list[Command]:
        """Take one event; -> what to do now."""
        match event:
            case Returned():
                return self._returned(event, now)
            case Lost():
                return self._lost(event, now)
            case WorkerUp(name):
                self._idle.append(name)
                return self._assign(now)
            case WorkerDown(name):
                return self._down(name, "the worker died", now)
            case Tick():
                late = [name for name, running in self._running.items() if now > running.deadline]
                commands = [
                    command
                    for name in late
                    for command in self._down(name, "no answer before its deadline", now)
                ]
                return commands + self._assign(now)

    def _returned(self, event: Returned, now: float) -> list[Command]:
        self._free(event.envelope, now)
        if event.envelope.round != self.round:
            return self._assign(now)
        unit = self._units[event.envelope.unit]
        if unit.done:
            if unit.digest != event.digest:
                name = self._names[event.envelope.unit]
                return [
                    Stop(
                        f"{name}: two attempts gave different results; the numerics of the workers differ"
                    )
                ]
            return self._assign(now)
        unit.done, unit.digest, unit.result = True, event.digest, event.result
        if event.envelope.unit in self._waiting:  # a late first attempt overtook its own repetition
            self._waiting.remove(event.envelope.unit)
        return self._assign(now)

    def _lost(self, event: Lost, now: float) -> list[Command]:
        self._free(event.envelope, now)
        return self._repeat(event.envelope, event.reason, event.repeat, now) + self._assign(now)

    def _down(self, worker: str, reason: str, now: float) -> list[Command]:
        if worker not in self._idle and worker not in self._running:
            return []  # replaced already: a death may be told more than once
        if worker in self._idle:
            self._idle.remove(worker)
        running = self._running.pop(worker, None)
        commands: list[Command] = [Replace(worker)]
        if running is not None:
            commands += self._repeat(running.envelope, reason, True, now)
        return commands + self._assign(now)

    def _repeat(self, envelope: Envelope, reason: str, repeat: bool, now: float) -> list[Command]:
        if envelope.round != self.round or self._units[envelope.unit].done:
            return []
        unit, name = self._units[envelope.unit], self._names[envelope.unit]
        if envelope.attempt != unit.attempts or envelope.unit in self._waiting:
            return []  # an older attempt; a newer one is under way
        unit.reasons.append(reason)
        if not repeat:
            return [Stop(f"{name}: {reason}")]
        if unit.attempts >= ATTEMPTS:
            return [Stop(f"{name}: {ATTEMPTS} attempts failed: " + "; ".join(unit.reasons))]
        unit.not_before = now + PAUSES[unit.attempts]
        self._waiting.append(envelope.unit)
        self._waiting.sort()
        return []

    def _assign(self, now: float) -> list[Command]:
        commands: list[Command] = []
        for index in [index for index in self._waiting if self._units[index].not_before <= now]:
            if not self._idle:
                break
            worker, unit = self._idle.popleft(), self._units[index]
            unit.attempts += 1
            self._waiting.remove(index)
            envelope = Envelope(self.round, index, unit.attempts)
            self._running[worker] = _Running(envelope, now, now + self._patience())
            commands.append(Submit(envelope, worker))
        return commands

    def _patience(self) -> float:
        usual = statistics.median(self._durations) if self._durations else 0.0
        return max(SHORTEST_DEADLINE, SLACK * usual)

    def _free(self, envelope: Envelope, now: float) -> None:
        for worker, running in list(self._running.items()):
            if running.envelope == envelope:
                del self._running[worker]
                self._idle.append(worker)
                self._durations.append(now - running.since)
