"""Managers that are wrong in one way each; the simulation must find every one of them."""

from dataclasses import replace
from typing import Any

from populations import manager
from populations.manager import (
    ATTEMPTS,
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
)


class ArrivalOrder(Manager):
    """Hands results over as they came."""

    def begin(self, *given: Any) -> list[Command]:
        self.came: list[int] = []
        return super().begin(*given)

    def _returned(self, event: Returned, now: float) -> list[Command]:
        envelope = event.envelope
        if envelope.round == self.round and not self._units[envelope.unit].done:
            self.came.append(envelope.unit)
        return super()._returned(event, now)

    def results(self) -> list[Any]:
        return [self._units[index].result for index in self.came]


class CountsDuplicates(Manager):
    """Is done when as many results came as there are units."""

    def begin(self, *given: Any) -> list[Command]:
        self.count = 0
        return super().begin(*given)

    def _returned(self, event: Returned, now: float) -> list[Command]:
        self.count += event.envelope.round == self.round
        return super()._returned(event, now)

    @property
    def done(self) -> bool:
        return self.count >= len(self._units)


class AcceptsStaleRounds(Manager):
    """Takes the result of an earlier round for one of this round."""

    def _returned(self, event: Returned, now: float) -> list[Command]:
        if event.envelope.unit < len(self._units):
            event = replace(event, envelope=replace(event.envelope, round=self.round))
        return super()._returned(event, now)


class AcceptsAnyDigest(Manager):
    """Never compares two attempts at one unit."""

    def _returned(self, event: Returned, now: float) -> list[Command]:
        return [one for one in super()._returned(event, now) if not isinstance(one, Stop)]


class NoTimeout(Manager):
    """Waits for ever."""

    def _patience(self) -> float:
        return float("inf")


class RepeatsOwnErrors(Manager):
    """Tries again what will fail again."""

    def _lost(self, event: Lost, now: float) -> list[Command]:
        return super()._lost(replace(event, repeat=True), now)


class OneAttemptFewer(Manager):
    """Gives up after four attempts."""

    limit = ATTEMPTS - 1

    def on(self, event: Event, now: float) -> list[Command]:
        before = manager.ATTEMPTS
        manager.ATTEMPTS = self.limit
        try:
            return super().on(event, now)
        finally:
            manager.ATTEMPTS = before


class OneAttemptMore(OneAttemptFewer):
    """Gives up after six attempts."""

    limit = ATTEMPTS + 1


class HandsIdleWorkersTwice(Manager):
    """Leaves a worker among the idle when it gets work."""

    def _assign(self, now: float) -> list[Command]:
        commands = super()._assign(now)
        self._idle.extend(one.worker for one in commands[:1] if isinstance(one, Submit))
        return commands


class FreesTwice(Manager):
    """Takes a worker for idle at each copy of a result, whatever it does meanwhile."""

    def _assign(self, now: float) -> list[Command]:
        commands = super()._assign(now)
        submitted = [one for one in commands if isinstance(one, Submit)]
        who = {one.envelope: one.worker for one in submitted}
        self.who: dict[Envelope, str] = {**getattr(self, "who", {}), **who}
        return commands

    def _returned(self, event: Returned, now: float) -> list[Command]:
        running = self._running.get(self.who[event.envelope])
        if running is not None and running.envelope != event.envelope:
            self._idle.append(self.who[event.envelope])
        return super()._returned(event, now)


class KeepsWorkersBusy(Manager):
    """Never gives a worker work again once its attempt was called lost."""

    def _lost(self, event: Lost, now: float) -> list[Command]:
        commands = self._repeat(event.envelope, event.reason, event.repeat, now)
        return commands + self._assign(now)


class ReplacesNobody(Manager):
    """Lets a dead worker rest in peace, and its place stay empty."""

    def _down(self, worker: str, reason: str, now: float) -> list[Command]:
        return [one for one in super()._down(worker, reason, now) if not isinstance(one, Replace)]


class KeepsTheSpent(Manager):
    """Lets a worker go on that has grown too large."""

    def _returned(self, event: Returned, now: float) -> list[Command]:
        return super()._returned(replace(event, spent=False), now)


class ForgetsDeadWorkersUnits(Manager):
    """Repeats what was lost, but not what died with its worker."""

    def _down(self, worker: str, reason: str, now: float) -> list[Command]:
        self._running.pop(worker, None)
        return super()._down(worker, reason, now)


class BelievesEveryDeath(Manager):
    """Replaces a worker once more when its death is told once more."""

    def on(self, event: Event, now: float) -> list[Command]:
        if isinstance(event, WorkerDown) and event.name not in (*self._idle, *self._running):
            return [Replace(event.name)]
        return super().on(event, now)


class NeverPauses(Manager):
    """Repeats at once, again and again."""

    def _repeat(self, envelope: Envelope, reason: str, repeat: bool, now: float) -> list[Command]:
        return super()._repeat(envelope, reason, repeat, float("-inf"))


class RepeatsWhatReturned(Manager):
    """Does a unit once more although its first attempt came back late."""

    def _returned(self, event: Returned, now: float) -> list[Command]:
        if event.envelope.round != self.round:
            return super()._returned(event, now)
        waiting = self._units[event.envelope.unit].waiting
        commands = super()._returned(event, now)
        if waiting:
            self._wait(event.envelope.unit)
        return commands


class NamesNobody(Manager):
    """Stops without saying which unit it was."""

    def on(self, event: Event, now: float) -> list[Command]:
        commands = super().on(event, now)
        return [Stop("a unit failed") if isinstance(one, Stop) else one for one in commands]


class BeginsTooEarly(Manager):
    """Does not wait for what a unit needs."""

    def _ready(self, index: int) -> bool:
        return self._units[index].waiting


class LeavesWhatIsGone(Manager):
    """Repeats who misses parts, but not who made them."""

    def _undo(self, index: int, now: float) -> None:
        pass


class RemakesWhatIsThere(Manager):
    """Makes parts again that were made again already."""

    def _free(self, envelope: Envelope, now: float) -> dict[int, int]:
        return {need: self._units[need].attempts for need in super()._free(envelope, now)}


class LetsGoTooEarly(Manager):
    """Lets parts go when the first of those who need them is done."""

    def _release(self, unit: Any) -> None:
        for need in unit.needs:
            self._units[need].wanted = 1
        super()._release(unit)


class KeepsTheTorn(Manager):
    """Makes lost parts again, but not what it takes to make them."""

    def _undo(self, index: int, now: float) -> None:
        unit = self._units[index]
        needs, unit.needs = unit.needs, ()
        super()._undo(index, now)
        unit.needs = needs


MUTANTS = (
    BeginsTooEarly,
    LeavesWhatIsGone,
    RemakesWhatIsThere,
    LetsGoTooEarly,
    KeepsTheTorn,
    ArrivalOrder,
    CountsDuplicates,
    AcceptsStaleRounds,
    AcceptsAnyDigest,
    NoTimeout,
    RepeatsOwnErrors,
    OneAttemptFewer,
    OneAttemptMore,
    HandsIdleWorkersTwice,
    FreesTwice,
    KeepsWorkersBusy,
    ReplacesNobody,
    KeepsTheSpent,
    ForgetsDeadWorkersUnits,
    BelievesEveryDeath,
    NeverPauses,
    RepeatsWhatReturned,
    NamesNobody,
)
