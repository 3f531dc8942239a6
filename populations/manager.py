"""The manager of a graph of units: events in, commands out. No Ray, thread, clock or file.

It decides who does what and what is repeated; never what the result is, since a unit is a pure function of its inputs.
What a unit makes for others (`parts`) may be lost after it has returned; then it is done again.
"""

from __future__ import annotations

import heapq
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
    """A worker finished; `digest` is over everything in the result and the parts."""

    envelope: Envelope
    digest: str
    result: Any
    parts: Sequence[Any] = ()  # what units that need this one will take from it
    spent: bool = False  # its worker is to be replaced before it does anything else


@dataclass(frozen=True)
class Lost:
    """An attempt ended without a result.

    `repeat` is false for errors raised by our own code: they would come again. `missing` are the units
    whose parts it needed and that nobody holds any more.
    """

    envelope: Envelope
    reason: str
    repeat: bool = True
    missing: tuple[int, ...] = ()


@dataclass(frozen=True)
class WorkerUp:
    name: str


@dataclass(frozen=True)
class WorkerDown:
    name: str
    reason: str = "the worker died"


@dataclass(frozen=True)
class Tick:
    """Time has passed."""


Event = Returned | Lost | WorkerUp | WorkerDown | Tick


@dataclass(frozen=True)
class Submit:
    envelope: Envelope
    worker: str
    parts: dict[int, Sequence[Any]] = field(default_factory=dict)  # of each unit that it needs


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
    needs: Sequence[int] = ()
    serves: list[int] = field(default_factory=list)  # units that need this one
    wanted: int = 0  # of these, how many are not done
    lacks: int = 0  # of its needs, how many are not done
    waiting: bool = True  # for a worker, its pause or what it lacks
    attempts: int = 0
    failures: int = 0  # of attempts, since it was done last
    not_before: float = 0.0
    done: bool = False
    digest: str = ""
    result: Any = None
    parts: Sequence[Any] = ()
    worker: str = ""  # who did it last
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Running:
    envelope: Envelope
    since: float
    deadline: float
    taken: dict[int, int] = field(
        default_factory=dict
    )  # unit it needs -> attempt that made its parts


class Manager:
    """Hands units to workers, one at a time each, and collects their results in the order of the units.

    A unit is ready once all that it needs is done. Of those that are ready, units that need others go
    first, so that parts do not pile up, and to the worker where a part of theirs was made, if it is idle.
    What an event costs does not grow with the round: a thousand units are no burden.
    """

    def __init__(self, workers: Sequence[str]) -> None:
        self.round = 0
        self._idle: deque[str] = deque(workers)
        self._running: dict[str, _Running] = {}
        self._holders: dict[Envelope, str] = {}  # of what is running
        self._units: list[_Unit] = []
        self._undone = 0  # units
        self._names: Sequence[str] = ()
        # A heap of those that may begin, by their turn; some entries may not be true any more.
        self._startable: list[tuple[bool, int]] = []
        self._durations: deque[float] = deque(maxlen=64)

    @property
    def done(self) -> bool:
        return not self._undone

    def results(self) -> list[Any]:
        """The results in unit order; valid once `done`."""
        return [unit.result for unit in self._units]

    def begin(
        self, names: Sequence[str], now: float, needs: Sequence[Sequence[int]] | None = None
    ) -> list[Command]:
        """Start a round of units; `names` say what each is, for messages, `needs` the units whose parts it takes."""
        self.round += 1
        needs = needs or [()] * len(names)
        self._units = [_Unit(wanted, lacks=len(wanted)) for wanted in needs]
        self._undone, self._names = len(names), names
        for index, unit in enumerate(self._units):
            for need in unit.needs:
                self._units[need].serves.append(index)
                self._units[need].wanted += 1
        self._startable = []
        for index in range(len(names)):
            self._wait(index)
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
            case WorkerDown(name, reason):
                return self._down(name, reason, now)
            case Tick():
                late = [name for name, running in self._running.items() if now > running.deadline]
                commands = [
                    command
                    for name in late
                    for command in self._down(name, "no answer before its deadline", now)
                ]
                return commands + self._assign(now)

    def _returned(self, event: Returned, now: float) -> list[Command]:
        worker = self._holders.get(event.envelope)
        self._free(event.envelope, now)
        commands: list[Command] = []
        if event.spent and worker is not None:
            self._idle.remove(worker)
            commands.append(Replace(worker))
        if event.envelope.round == self.round:
            commands += self._accept(event)
        return commands + self._assign(now)

    def _accept(self, event: Returned) -> list[Command]:
        """Take the result for that of its unit, unless another was there before."""
        index, unit = event.envelope.unit, self._units[event.envelope.unit]
        # It may have been done before, and its parts been lost.
        if unit.digest not in ("", event.digest):
            return [self._contradicted(index)]
        if unit.done:
            return []
        unit.digest, unit.result = event.digest, event.result
        unit.parts = event.parts if unit.wanted else ()
        unit.failures, unit.reasons = 0, []
        unit.waiting = False  # a late first attempt may overtake its own repetition
        self._set_done(index, True)
        self._release(unit)
        return []

    def _set_done(self, index: int, done: bool) -> None:
        """Done, or not any more: those who need it may begin, or not any more."""
        change = 1 if done else -1
        self._units[index].done = done
        self._undone -= change
        for served in self._units[index].serves:
            self._units[served].lacks -= change
            if done and self._units[served].waiting:
                self._wait(served)

    def _release(self, unit: _Unit) -> None:
        """Parts that the unit was the last to need are let go."""
        for need in unit.needs:
            self._units[need].wanted -= 1
            if not self._units[need].wanted:
                self._units[need].parts = ()

    def _contradicted(self, unit: int) -> Stop:
        name = self._names[unit]
        return Stop(
            f"{name}: two attempts gave different results; the numerics of the workers differ"
        )

    def _lost(self, event: Lost, now: float) -> list[Command]:
        taken = self._free(event.envelope, now)
        commands = self._repeat(event.envelope, event.reason, event.repeat, now)
        for missing in event.missing:
            # not if they were made again since this attempt took them
            if taken.get(missing) == self._units[missing].attempts:
                self._undo(missing, now)
        return commands + self._assign(now)

    def _undo(self, index: int, now: float) -> None:
        """A finished unit whose parts are gone is done again, and before it what it needs and was let go."""
        unit = self._units[index]
        if not (unit.done and unit.wanted):
            return
        unit.parts, unit.not_before = (), now
        self._set_done(index, False)
        self._wait(index)
        for need in unit.needs:
            self._units[need].wanted += 1
            if self._units[need].wanted == 1:
                self._undo(need, now)

    def _down(self, worker: str, reason: str, now: float) -> list[Command]:
        if worker not in self._idle and worker not in self._running:
            return []  # replaced already: a death may be told more than once
        if worker in self._idle:
            self._idle.remove(worker)
        running = self._running.pop(worker, None)
        commands: list[Command] = [Replace(worker)]
        if running is not None:
            del self._holders[running.envelope]
            commands += self._repeat(running.envelope, reason, True, now)
        return commands + self._assign(now)

    def _repeat(self, envelope: Envelope, reason: str, repeat: bool, now: float) -> list[Command]:
        if envelope.round != self.round or self._units[envelope.unit].done:
            return []
        unit, name = self._units[envelope.unit], self._names[envelope.unit]
        if envelope.attempt != unit.attempts or unit.waiting:
            return []  # an older attempt; a newer one is under way
        if not repeat:
            return [Stop(f"{name}: {reason}")]
        return self._again(envelope.unit, reason, now)

    def _again(self, index: int, reason: str, now: float) -> list[Command]:
        unit, name = self._units[index], self._names[index]
        unit.reasons.append(reason)
        unit.failures += 1
        if unit.failures >= ATTEMPTS:
            return [Stop(f"{name}: {ATTEMPTS} attempts failed: " + "; ".join(unit.reasons))]
        unit.not_before = now + PAUSES[unit.failures]
        self._wait(index)
        return []

    def _wait(self, index: int) -> None:
        self._units[index].waiting = True
        if self._ready(index):
            heapq.heappush(self._startable, self._turn(index))

    def _turn(self, index: int) -> tuple[bool, int]:
        return not self._units[index].needs, index

    def _ready(self, index: int) -> bool:
        return self._units[index].waiting and not self._units[index].lacks

    def _next_worker(self, unit: _Unit) -> str:
        """An idle worker, where a part that the unit needs was made if that one is idle."""
        near = next((self._units[need].worker for need in unit.needs), "")
        if near not in self._idle:
            return self._idle.popleft()
        self._idle.remove(near)
        return near

    def _assign(self, now: float) -> list[Command]:
        commands: list[Command] = []
        paused: list[tuple[bool, int]] = []
        while self._idle and self._startable:
            turn = heapq.heappop(self._startable)
            if not self._ready(turn[1]):
                continue
            if self._units[turn[1]].not_before > now:
                paused.append(turn)
            else:
                commands.append(self._start(turn[1], now))
        for turn in paused:
            heapq.heappush(self._startable, turn)
        return commands

    def _start(self, index: int, now: float) -> Submit:
        unit = self._units[index]
        worker = unit.worker = self._next_worker(unit)
        unit.attempts += 1
        unit.waiting = False
        envelope = Envelope(self.round, index, unit.attempts)
        taken = {need: self._units[need].attempts for need in unit.needs}
        self._running[worker] = _Running(envelope, now, now + self._patience(), taken)
        self._holders[envelope] = worker
        return Submit(envelope, worker, {need: self._units[need].parts for need in unit.needs})

    def _patience(self) -> float:
        usual = statistics.median(self._durations) if self._durations else 0.0
        return max(SHORTEST_DEADLINE, SLACK * usual)

    def _free(self, envelope: Envelope, now: float) -> dict[int, int]:
        """The worker of this attempt is idle again; -> what the attempt took, empty for a stale one."""
        worker = self._holders.pop(envelope, None)
        if worker is None:
            return {}
        running = self._running.pop(worker)
        self._idle.append(worker)
        self._durations.append(now - running.since)
        return running.taken if envelope.round == self.round else {}
