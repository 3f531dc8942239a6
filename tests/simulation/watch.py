"""Stands between the pool and its manager and objects to every command that breaks a promise."""

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


class Broken(AssertionError):
    """The manager broke a promise."""


class Watch:
    """A manager that is watched; believes what the events say and nothing else."""

    def __init__(self, manager: Manager, workers: Sequence[str]) -> None:
        self.attempts: dict[tuple[int, int], int] = {}  # (round, unit) -> attempts handed out
        self._manager = manager
        self._up = set(workers)
        self._busy: dict[str, Envelope] = {}
        self._trusted: dict[int, Envelope] = {}  # the attempt at each unit that nobody called lost
        self._returned: dict[int, str] = {}  # unit -> digest of its first result
        self._not_before: dict[int, float] = {}
        self._round = 0

    @property
    def done(self) -> bool:
        return self._manager.done

    def results(self) -> list[Any]:
        return self._manager.results()

    def begin(self, names: Sequence[str], now: float) -> list[Command]:
        self._round += 1
        self._trusted, self._returned, self._not_before = {}, {}, {}
        return self._checked(self._manager.begin(names, now), now)

    def on(self, event: Event, now: float) -> list[Command]:
        contradicted = False
        match event:
            case Returned(envelope, digest):
                self._free(envelope)
                if envelope.round == self._round:
                    contradicted = self._returned.setdefault(envelope.unit, digest) != digest
            case Lost(envelope, _, repeat):
                self._free(envelope)
                self._forget(envelope, now if repeat else float("inf"))
            case WorkerUp(name):
                self._up.add(name)
            case WorkerDown(name) if name in self._busy:
                self._forget(self._busy.pop(name), now)
        commands = self._checked(self._manager.on(event, now), now)
        if contradicted and not any(isinstance(command, Stop) for command in commands):
            raise Broken(f"{event} contradicts an earlier result, yet nothing stops")
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
        if unit in self._returned:
            raise Broken(f"{envelope} has returned already")
        if unit in self._trusted:
            raise Broken(f"{envelope} while {self._trusted[unit]} is under way")
        if now < self._not_before.get(unit, 0.0):
            raise Broken(f"{envelope} at {now}, before {self._not_before[unit]}")
        if not envelope.attempt == self.attempts.get((self._round, unit), 0) + 1 <= ATTEMPTS:
            raise Broken(f"{envelope} is not the next attempt, or one too many")
        self.attempts[self._round, unit] = envelope.attempt
        self._busy[worker] = self._trusted[unit] = envelope

    def _free(self, envelope: Envelope) -> None:
        for worker, busy in list(self._busy.items()):
            if busy == envelope:
                del self._busy[worker]

    def _forget(self, envelope: Envelope, now: float) -> None:
        """The attempt is lost: another may follow after its pause."""
        if self._trusted.get(envelope.unit) == envelope:
            del self._trusted[envelope.unit]
            if envelope.attempt < ATTEMPTS:
                self._not_before[envelope.unit] = now + PAUSES[envelope.attempt]
