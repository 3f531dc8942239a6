"""One history: the real pool and manager, several rounds of units, and what must be true afterwards."""

from __future__ import annotations

from collections import Counter
from random import Random
from types import SimpleNamespace
from unittest.mock import patch

from populations import workers
from populations.manager import ATTEMPTS, SHORTEST_DEADLINE, Manager
from populations.workers import Pool, WorkError
from tests.simulation.watch import Watch
from tests.simulation.workplace import OWN_ERROR, Broken, Job, Workplace

LONGEST = 20_000.0  # simulated seconds after which a history is taken for endless


def play(seed: int, kind: type[Manager] = Manager) -> Counter[str]:
    """Play the history of a seed; -> its faults by name. Raises Broken when a promise is broken."""
    random = Random(seed)
    place = Workplace(random, random.randint(1, 4))
    pool = Pool(place)  # type: ignore[arg-type]  # jobs stand for units
    watch = Watch(kind(place.workers()), place.workers())
    pool._manager = watch  # type: ignore[assignment]

    def monotonic() -> float:
        if place.now > LONGEST:
            raise Broken("the round never ends")
        return place.now

    with patch.object(workers, "time", SimpleNamespace(monotonic=monotonic)):
        for round in range(1, random.randint(2, 5) + 1):
            jobs = _jobs(random, round)
            if _perform(pool, watch, jobs, round):
                break
    _bounded(place)
    return place.faults


def _jobs(random: Random, round: int) -> list[Job]:
    """Mostly plain units; now and then a stubborn one, or one that must stop everything."""
    kinds = ["plain"] * random.randint(1, 12)
    special = random.choices(("plain", "stubborn", "poison", "broken", "liar"), (14, 3, 1, 1, 1))
    kinds[random.randrange(len(kinds))] = special[0]
    return [
        Job(f"round {round}, unit {index}", kind, _needs(random, index))
        for index, kind in enumerate(kinds)
    ]


def _needs(random: Random, index: int) -> tuple[tuple[int, int], ...]:
    """Some of the units before; not of most units, so that there is something to begin with."""
    if random.random() < 0.6:
        return ()
    found = random.sample(range(index), random.randint(0, min(3, index)))
    return tuple((need, random.randrange(2)) for need in found)


def _perform(pool: Pool, watch: Watch, jobs: list[Job], round: int) -> bool:
    """One round; true if it stopped everything, as it had to."""
    fatal = next((job for job in jobs if job.kind in ("poison", "broken")), None)
    try:
        results = pool.perform(jobs)  # type: ignore[arg-type]
    except WorkError as error:
        _stopped_rightly(str(error), watch, jobs, round)
        return True
    if fatal:
        raise Broken(f"{fatal.name} is {fatal.kind}, yet nothing stopped")
    if results != [job.result for job in jobs]:
        raise Broken(f"results are {results}")
    return False


def _stopped_rightly(text: str, watch: Watch, jobs: list[Job], round: int) -> None:
    job = next((job for job in jobs if text.startswith(f"{job.name}: ")), None)
    if job is None:
        raise Broken(f"no unit of this round is named by {text!r}")
    attempts = watch.attempts[round, jobs.index(job)]
    allowed = {
        "poison": attempts == ATTEMPTS and f"{ATTEMPTS} attempts failed" in text,
        "broken": OWN_ERROR in text,
        "liar": "two attempts gave different results" in text,
    }
    if not allowed.get(job.kind, False):
        raise Broken(f"a {job.kind} unit stopped after {attempts} attempts: {text}")


def _bounded(place: Workplace) -> None:
    """Nobody waits without a reason: work in a row, and for each fault a deadline, a pause and a new worker."""
    bound = place.work + 10 + 10 * sum(place.faults.values())
    bound += SHORTEST_DEADLINE * (place.faults["slow"] + place.faults["hangs"])
    if place.now > bound:
        raise Broken(f"{place.now:.0f} simulated seconds, more than {bound:.0f}")
