"""Simulated workers over a simulated clock: a backend for the real pool, with faults drawn from a seed."""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from populations.manager import (
    ATTEMPTS,
    SHORTEST_DEADLINE,
    Envelope,
    Event,
    Lost,
    Returned,
    Tick,
    WorkerDown,
    WorkerUp,
)

# What may happen to an attempt: lost, lost without a word, called lost and late, returned twice,
# slower than its deadline perhaps, its worker dies, or dies once it has returned.
# Of units that need others, parts may be gone.
FATES = {
    **{"lost": 6, "hangs": 3, "late": 4, "twice": 3, "slow": 2, "dies": 4, "dies_after": 2},
    "gone": 8,
}
FAILING = ("lost", "hangs", "late", "slow", "dies", "gone")
SPENT = 0.05  # share of the attempts after which a worker has grown too large
OWN_ERROR = "ValueError: the third goal is missing"


class Broken(AssertionError):
    """The manager broke a promise."""


class Part(NamedTuple):
    """What a job makes for others; all parts made in one attempt are lost together."""

    text: str
    copy: int


@dataclass(frozen=True)
class Job:
    """A simulated unit; its result is a function of its name."""

    name: str
    kind: str = "plain"  # plain | stubborn: fails until its last attempt | poison | broken | liar
    needs: tuple[tuple[int, int], ...] = ()  # (number, part) of plain jobs before it in its round

    @property
    def result(self) -> str:
        return f"result of {self.name}"

    def parts(self, copy: int) -> tuple["Part", ...]:
        """What it makes for others, as it was made this time."""
        return Part(f"a of {self.name}", copy), Part(f"b of {self.name}", copy)


class Workplace:
    """Does what the pool commands, unless it draws a fault; time passes only in `events`."""

    def __init__(self, random: Random, workers: int) -> None:
        self.now = 0.0
        self.faults: Counter[str] = Counter()
        self.work = 0.0  # seconds of simulated work handed out, without faults
        self._random = random
        self._alive = {f"worker-{index}" for index in range(workers)}
        self._born = workers
        self._occupied: dict[str, Envelope] = {}
        self._failures: Counter[str] = Counter()
        self._agenda: list[tuple[float, int, Callable[[], Event | None]]] = []
        self._planned = 0
        self._copies = 0
        self._gone: set[int] = set()  # copies of parts that nobody holds any more

    def workers(self) -> list[str]:
        return sorted(self._alive)

    def submit(self, envelope: Envelope, worker: str, unit: Job, parts: Sequence[Part]) -> None:
        if worker not in self._alive:
            return  # it died in the same breath, and the manager knows
        round = unit.name.partition(",")[0]
        wanted = [Job(f"{round}, unit {index}").parts(0)[part].text for index, part in unit.needs]
        if [part.text for part in parts] != wanted:
            raise Broken(f"{unit.name} got {parts}, it needs {wanted}")
        self._occupied[worker] = envelope
        duration = self._random.uniform(0.5, 3)
        self.work += duration
        fate = self._fate(unit, parts)
        self.faults[fate] += fate != "well"
        self._copies += 1
        spent = self._random.random() < SPENT
        self.faults["spent"] += spent
        made = unit.parts(self._copies)
        returned = Returned(envelope, unit.result, unit.result, made, spent)
        if fate == "broken":
            self._tell(duration, worker, Lost(envelope, OWN_ERROR, repeat=False))
        elif fate in ("lost", "late"):
            self._tell(duration, worker, Lost(envelope, "the object was lost"))
        elif fate == "gone":
            self._gone |= {part.copy for part in parts if self._random.random() < 0.6}
            # Some tell it when what they missed has been made again.
            delay = self._random.choice((0.0, 8.0))
            self.work += delay
            self._tell(duration + delay, worker, self._missing(envelope, unit, parts))
        elif fate == "dies":
            self._plan(duration, lambda: self._die(worker))
        elif fate in ("well", "twice", "dies_after", "liar"):
            # Half of them fetch their parts late, when these may be lost.
            late = self._random.random() < 0.5 and self._failures[unit.name] < ATTEMPTS - 1
            self._tell(duration, worker, returned, (unit, parts) if late else None)
        if fate == "late":
            delay = self._random.uniform(0, self._random.choice((2, 90)))
            self._tell(duration + delay, worker, returned)
        elif fate == "slow":
            self._tell(self._random.uniform(20, 2 * SHORTEST_DEADLINE), worker, returned)
        elif fate == "twice":
            self._tell(duration + self._random.uniform(0, 40), worker, returned)
        elif fate == "liar":
            self._tell(duration, worker, Returned(envelope, "another digest", "another result"))
        elif fate == "dies_after":

            def dies_idle() -> Event | None:
                return None if worker in self._occupied else self._die(worker)

            self._plan(duration + self._random.uniform(0, 2), dies_idle)

    def replace(self, worker: str) -> None:
        """The old worker may live on unseen, so that what it still does can arrive."""
        self._alive.discard(worker)
        self._occupied.pop(worker, None)
        self._plan(self._random.uniform(0, 5), self._bear)
        if self._random.random() < 0.2:  # its death is told once more
            self._plan(self._random.uniform(0, 20), lambda: WorkerDown(worker))

    def events(self) -> list[Event]:
        """What happens next, sometimes several things at once; a tick if nothing does for half a second."""
        wait = 0.5
        if not self._agenda or self._agenda[0][0] > self.now + wait:
            self.now += wait
            return [Tick()]
        happened: list[Event] = []
        for _ in range(self._random.choice((1, 1, 1, 2, 4))):
            if not self._agenda or self._agenda[0][0] > self.now + wait:
                break
            if happened and self._agenda[0][2].__name__ == "dies_idle":
                break  # else it could die with work that nobody knows it was just given
            moment, _, happens = heapq.heappop(self._agenda)
            self.now = max(self.now, moment)
            event = happens()
            if event is not None:
                happened.append(event)
        return happened or [Tick()]

    def close(self) -> None:
        """Nothing to end."""

    def _fate(self, unit: Job, parts: Sequence[Part]) -> str:
        last = ATTEMPTS - 1
        if any(part.copy in self._gone for part in parts) and self._failures[unit.name] < last:
            self._failures[unit.name] += 1
            return "gone"
        last = ATTEMPTS - 1
        if unit.kind == "broken":
            return "broken"
        if unit.kind == "liar":
            return "liar"
        if unit.kind == "poison" or unit.kind == "stubborn" and self._failures[unit.name] < last:
            fate = self._random.choice(("lost", "hangs", "dies"))
        else:
            others = 100 - sum(FATES.values())
            possible = {fate: n for fate, n in FATES.items() if unit.needs or fate != "gone"}
            fates, weights = zip(*possible.items(), ("well", others), strict=True)
            fate = self._random.choices(fates, weights)[0]
        if fate in FAILING:
            if unit.kind != "poison" and self._failures[unit.name] >= last:
                return "well"  # a unit that is not poison succeeds at its last attempt
            self._failures[unit.name] += 1
        return fate

    def _plan(self, delay: float, happens: Callable[[], Event | None]) -> None:
        self._planned += 1  # breaks ties, so that functions are never compared
        heapq.heappush(self._agenda, (self.now + delay, self._planned, happens))

    def _missing(self, envelope: Envelope, unit: Job, parts: Sequence[Part]) -> Lost:
        """What is told of an attempt whose parts are gone."""
        pairs = zip(unit.needs, parts, strict=True)
        missing = sorted({index for (index, _), part in pairs if part.copy in self._gone})
        return Lost(envelope, "a node was lost", missing=tuple(missing))

    def _tell(
        self,
        delay: float,
        worker: str,
        event: Returned | Lost,
        fetches: tuple[Job, Sequence[Part]] | None = None,
    ) -> None:
        def happens() -> Event:
            if self._occupied.get(worker) == event.envelope:
                del self._occupied[worker]
            if fetches is not None:
                lost = self._missing(event.envelope, *fetches)
                self._failures[fetches[0].name] += bool(lost.missing)
                return lost if lost.missing else event
            return event

        self._plan(delay, happens)

    def _die(self, worker: str) -> Event:
        self._alive.discard(worker)
        self._occupied.pop(worker, None)
        return WorkerDown(worker)

    def _bear(self) -> Event:
        name = f"worker-{self._born}"
        self._born += 1
        self._alive.add(name)
        return WorkerUp(name)
