"""Stands between the pool and its manager and objects to every command that breaks a promise."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from populations.manager import (
    ATTEMPTS,
    PAUSES,
    Command,
    Envelope,
    Event,
    Lost,
    Manager,
    Replace,
    Returned,
    Stop,
    Submit,
    WorkerDown,
    WorkerUp,
)
from tests.simulation.workplace import Broken


class Watch:
    """A manager that is watched; believes what the events say and nothing else."""

    def __init__(self, manager: Manager, workers: Sequence[str]) -> None:
        self.attempts: dict[tuple[int, int], int] = {}  # (round, unit) -> attempts handed out
        self._manager = manager
        self._up = set(workers)
        self._busy: dict[str, Envelope] = {}
        self._trusted: dict[int, Envelope] = {}  # the attempt at each unit that nobody called lost
        self._returned: dict[int, str] = {}  # unit -> digest of its first result
        self._failures: Counter[int] = Counter()  # of each unit, since it was done last
        self._undone: set[int] = set()  # units whose parts were lost since
        self._let_go: set[int] = set()  # units whose parts nobody needed any more
        self._needs: Sequence[Sequence[int]] = ()
        self._taken: dict[Envelope, dict[int, int]] = {}  # what an attempt took of what it needs
        self._not_before: dict[int, float] = {}
        self._round = 0

    @property
    def done(self) -> bool:
        return self._manager.done

    def results(self) -> list[Any]:
        return self._manager.results()

    def begin(
        self, names: Sequence[str], now: float, needs: Sequence[Sequence[int]]
    ) -> list[Command]:
        self._round += 1
        self._trusted, self._returned, self._not_before = {}, {}, {}
        self._undone, self._needs, self._failures = set(), needs, Counter()
        self._let_go = set()
        return self._checked(self._manager.begin(names, now, needs), now)

    def on(self, event: Event, now: float) -> list[Command]:
        contradicted, spent = False, ""
        match event:
            case Returned(envelope, digest):
                worker = self._free(envelope)
                spent = worker if event.spent else ""
                if envelope.round == self._round:
                    contradicted = self._returned.setdefault(envelope.unit, digest) != digest
                    self._note(envelope.unit)
            case Lost(envelope, _, repeat, missing):
                occupied = envelope in self._busy.values()
                self._free(envelope)
                self._forget(envelope, now if repeat else float("inf"))
                if envelope.round == self._round and occupied:
                    self._miss(envelope, missing)
            case WorkerUp(name):
                self._up.add(name)
            case WorkerDown(name) if name in self._busy:
                self._forget(self._busy.pop(name), now)
        commands = self._checked(self._manager.on(event, now), now)
        if contradicted and not any(isinstance(command, Stop) for command in commands):
            raise Broken(f"{event} contradicts an earlier result, yet nothing stops")
        if spent and Replace(spent) not in commands:
            raise Broken(f"{spent} is spent and not replaced")
        return commands

    def _checked(self, commands: list[Command], now: float) -> list[Command]:
        for command in commands:
            match command:
                case Submit(envelope, worker):
                    self._submitted(envelope, worker, now)
                case Replace(worker):
                    if worker not in self._up:
                        raise Broken(f"replaces {worker}, which is not there")
                    self._up.discard(worker)
                    if worker in self._busy:
                        self._forget(self._busy.pop(worker), now)
        return commands

    def _submitted(self, envelope: Envelope, worker: str, now: float) -> None:
        unit = envelope.unit
        if envelope.round != self._round:
            raise Broken(f"{envelope} is not of round {self._round}")
        if worker not in self._up:
            raise Broken(f"{envelope} for {worker}, which is not there")
        if worker in self._busy:
            raise Broken(f"{envelope} for {worker}, which is busy with {self._busy[worker]}")
        if unit in self._returned and unit not in self._undone:
            raise Broken(f"{envelope} has returned already")
        for need in self._needs[unit]:
            if need not in self._returned or need in self._undone:
                raise Broken(f"{envelope} needs {need}, which is not done")
        self._taken[envelope] = {
            need: self.attempts[self._round, need] for need in self._needs[unit]
        }
        if unit in self._trusted:
            raise Broken(f"{envelope} while {self._trusted[unit]} is under way")
        if now < self._not_before.get(unit, 0.0):
            raise Broken(f"{envelope} at {now}, before {self._not_before[unit]}")
        if envelope.attempt != self.attempts.get((self._round, unit), 0) + 1:
            raise Broken(f"{envelope} is not the next attempt")
        if self._failures[unit] >= ATTEMPTS:
            raise Broken(f"{envelope} is one attempt too many")
        self.attempts[self._round, unit] = envelope.attempt
        self._busy[worker] = self._trusted[unit] = envelope

    def _note(self, unit: int) -> None:
        """The unit is done; what nobody else needs is let go."""
        self._undone.discard(unit)
        self._failures[unit] = 0
        done = self._returned.keys() - self._undone
        for maker in (unit, *self._needs[unit]):
            wanted = [one for one, needs in enumerate(self._needs) if maker in needs]
            (self._let_go.add if done.issuperset(wanted) else self._let_go.discard)(maker)

    def _miss(self, envelope: Envelope, missing: Sequence[int]) -> None:
        """Parts are gone: they are made again, if they are still those that the attempt took."""
        for unit in missing:
            if self._taken[envelope][unit] == self.attempts[self._round, unit]:
                self._undo(unit)

    def _undo(self, unit: int) -> None:
        """It is to be done again, and so is what it needs and was let go."""
        if unit not in self._returned or unit in self._undone:
            return
        self._undone.add(unit)
        self._trusted.pop(unit, None)
        self._not_before.pop(unit, None)
        for need in self._needs[unit]:
            if need in self._let_go:
                self._undo(need)

    def _free(self, envelope: Envelope) -> str:
        """Who was busy with it, if anybody."""
        worker = next((name for name, busy in self._busy.items() if busy == envelope), "")
        self._busy.pop(worker, None)
        return worker

    def _forget(self, envelope: Envelope, now: float) -> None:
        """The attempt is lost: another may follow after its pause."""
        if self._trusted.get(envelope.unit) == envelope:
            del self._trusted[envelope.unit]
            self._fail(envelope.unit, now)

    def _fail(self, unit: int, now: float) -> None:
        self._failures[unit] += 1
        if self._failures[unit] < ATTEMPTS:
            self._not_before[unit] = now + PAUSES[self._failures[unit]]
