"""Pools of workers: the same units in this process or on Ray actors, with the same result.

`workers=0` never imports Ray. Ray repeats nothing by itself: the manager decides what is done again.
"""

from __future__ import annotations

import logging
import math
import os
import secrets
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from configs.environment import FIXED
from populations import units
from populations.footprint import Footprint, footprint
from populations.manager import (
    Command,
    Envelope,
    Event,
    Lost,
    Manager,
    Replace,
    Returned,
    Stop,
    Submit,
    Tick,
    WorkerDown,
    WorkerUp,
)
from populations.rollout import Trajectory
from populations.units import Unit

ENVIRONMENT = {
    **FIXED,
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "error",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "PYTHONWARNINGS": "ignore",
}
_log = logging.getLogger(__name__)  # stderr: in a run, its log

WAIT = 0.5  # seconds between two looks at the clock while nothing arrives
PATIENCE = 60.0  # seconds before people are told that workers find no core
STILLBORN = 5  # how often in a row each may die as it starts: a lost node takes many at once


class WorkError(Exception):
    """A unit failed for good; the text names it and the reason."""


@dataclass(frozen=True)
class Missing:
    """The answer of a worker that could not get what a unit needs: units of the batch."""

    units: tuple[int, ...]


class Worker:
    """What an actor is: it performs units and keeps nothing that could not be made again."""

    def perform(self, unit: Unit, parts: Sequence[Trajectory] = ()) -> tuple[Any, ...]:
        """(digest, outcome, memory of this process), then the parts made."""
        outcome, made = units.perform(unit, parts)
        return (units.digest(outcome, made), outcome, footprint()), *made

    def perform_on_ray(self, unit: Unit, parts: Sequence[Any], weights: Sequence[Any]) -> Any:
        """The same with references in place of parts and weights. Ray takes a single answer bare."""
        import ray

        found, missing = [], []
        for (index, _), reference in zip(unit.needs, parts, strict=True):
            try:
                found.append(ray.get(reference))
            except ray.exceptions.ObjectLostError:
                missing.append(index)
        if missing:
            answer, *made = Missing(tuple(missing)), *[None] * unit.makes
        else:
            whole = replace(unit, weights=tuple(ray.get(list(weights))))
            answer, *made = self.perform(whole, found)
        return (answer, *made) if made else answer

    def process(self) -> int:
        """The worker's process id: its first answer, and for tests that kill it."""
        return os.getpid()


class Backend(Protocol):
    """Where units run: does what the manager commands and tells what happened."""

    largest: Footprint  # of all workers so far

    def workers(self) -> list[str]: ...
    def submit(self, envelope: Envelope, worker: str, unit: Unit, parts: Sequence[Any]) -> None: ...
    def replace(self, worker: str) -> None: ...
    def events(self) -> list[Event]: ...
    def close(self) -> None: ...


class Pool:
    """Performs batches of units on a backend, in the order given, whatever happens to workers."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._manager = Manager(backend.workers())

    def perform(self, batch: Sequence[Unit]) -> list[Any]:
        """All outcomes in the order of the units. Raises WorkError when a unit fails for good."""
        needs = [[index for index, _ in unit.needs] for unit in batch]
        commands = self._manager.begin([unit.name for unit in batch], time.monotonic(), needs)
        while True:
            for command in commands:
                self._obey(command, batch)
            if self._manager.done:
                return self._manager.results()
            commands = []
            for event in self.backend.events():
                commands += self._manager.on(event, time.monotonic())

    def close(self) -> None:
        self.backend.close()

    def _obey(self, command: Command, batch: Sequence[Unit]) -> None:
        match command:
            case Submit(envelope, worker, made):
                unit = batch[envelope.unit]
                parts = [made[index][part] for index, part in unit.needs]
                self.backend.submit(envelope, worker, unit, parts)
            case Replace(worker):
                self.backend.replace(worker)
            case Stop(problem):
                raise WorkError(problem)


class InProcess:
    """One worker, which is this process."""

    def __init__(self) -> None:
        self._worker = Worker()
        self._happened: list[Event] = []
        self.largest = Footprint()

    def workers(self) -> list[str]:
        return ["here"]

    def submit(self, envelope: Envelope, worker: str, unit: Unit, parts: Sequence[Any]) -> None:
        try:
            (digest, outcome, held), *made = self._worker.perform(unit, parts)
        except Exception as error:  # never repeated, as on Ray; here its traceback can stay with it
            raise WorkError(f"{unit.name}: {_told(error)}") from error
        self.largest = max(self.largest, held)
        self._happened.append(Returned(envelope, digest, outcome, made))

    def replace(self, worker: str) -> None:
        self._happened.append(WorkerUp(worker))

    def events(self) -> list[Event]:
        happened, self._happened = self._happened, []
        return happened or [Tick()]

    def close(self) -> None:
        """Nothing to end."""


class OnRay:
    """Ray actors, one core each. Starts its own local Ray unless an address is given or a job runs inside a cluster.

    A worker that holds more than `bound` MiB after a unit is replaced, so that no leak grows without
    end; 0: no bound. Every worker that waits for a core longer than PATIENCE is told of.
    """

    def __init__(
        self,
        workers: int,
        address: str = "",
        tell: Callable[[str], None] = _log.warning,
        bound: int = 0,
    ) -> None:
        self.largest = Footprint()
        self._bound = bound
        self._folder = Path(
            tempfile.mkdtemp(prefix="rr")
        )  # mode 700, and short: sockets limit paths to 107 bytes
        self._ray = _start_ray(workers, address, self._folder)
        self._actors: dict[str, Any] = {}
        self._starting: dict[Any, str] = {}  # workers that have not answered yet
        self._running: dict[Any, tuple[Envelope, str, list[Any]]] = {}
        self._shared: dict[
            int, tuple[np.ndarray, Any, int]
        ] = {}  # by id: weights, reference, round
        self._born = self._stillborn = 0
        self._tell, self._tell_at = tell, math.inf
        for _ in range(workers):
            self._add()

    def workers(self) -> list[str]:
        return [name for name in self._actors if name not in self._starting.values()]

    def submit(self, envelope: Envelope, worker: str, unit: Unit, parts: Sequence[Any]) -> None:
        weights = [self._share(array, envelope.round) for array in unit.weights]
        call = self._actors[worker].perform_on_ray.options(num_returns=1 + unit.makes)
        answer = call.remote(replace(unit, weights=()), list(parts), weights)
        reference, *trajectories = answer if unit.makes else [answer]
        self._running[reference] = (envelope, worker, trajectories)

    def _share(self, array: np.ndarray, round: int) -> Any:
        """A reference to weights that several units of a round have in common: each node fetches them once."""
        if all(kept != round for _, _, kept in self._shared.values()):
            self._shared = {key: each for key, each in self._shared.items() if each[2] == round - 1}
        known = self._shared.get(id(array))
        reference = self._ray.put(array) if known is None else known[1]
        self._shared[id(array)] = (array, reference, round)  # held, so that the id stays its own
        return reference

    def replace(self, worker: str) -> None:
        # What it had answered before may still arrive: the manager compares it with the repetition.
        self._ray.kill(self._actors.pop(worker))
        self._add()

    def events(self) -> list[Event]:
        awaited = [*self._running, *self._starting]
        if not awaited:  # a unit pauses before its repetition
            time.sleep(WAIT / 5)
            return [Tick()]
        ready, _ = self._ray.wait(awaited, num_returns=1, timeout=WAIT)
        if self._starting and time.monotonic() > self._tell_at:
            self._tell_at = math.inf
            cores = self._ray.cluster_resources().get("CPU", 0)
            self._tell(
                f"{len(self.workers())} of {len(self._actors)} workers run;"
                f" the others wait for free cores: this Ray has {cores:g}"
            )
        return [
            self._greet(reference) if reference in self._starting else self._fetch(reference)
            for reference in ready
        ] or [Tick()]

    def processes(self) -> list[int]:
        """Process ids of the workers."""
        return [self._ray.get(actor.process.remote()) for actor in self._actors.values()]

    def close(self) -> None:
        for actor in self._actors.values():
            self._ray.kill(actor)
        self._ray.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _add(self) -> None:
        """A new actor; it gets work once it has answered, for Ray may have no core for it yet."""
        actor = self._ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(Worker)
        name = f"worker-{self._born}"
        self._born += 1
        self._actors[name] = actor.remote()
        self._starting[self._actors[name].process.remote()] = name
        self._tell_at = time.monotonic() + PATIENCE

    def _greet(self, reference: Any) -> Event:
        worker = self._starting.pop(reference)
        try:
            self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            self._stillborn += 1
            if self._stillborn == STILLBORN * len(self._actors):
                text = f"{self._stillborn} workers died as they started: {error}"
                raise WorkError(text) from error
            self._actors.pop(worker)
            self._add()
            return Tick()
        self._stillborn = 0
        return WorkerUp(worker)

    def _fetch(self, reference: Any) -> Event:
        envelope, worker, trajectories = self._running.pop(reference)
        errors = self._ray.exceptions
        try:
            answer = self._ray.get(reference)
            if isinstance(answer, Missing):
                return Lost(envelope, "a node with what it needs was lost", missing=answer.units)
            digest, outcome, held = answer
            return Returned(envelope, digest, outcome, trajectories, self._spent(worker, held))
        except errors.RayTaskError as error:
            if isinstance(error.cause, errors.RayError):  # Ray let our code down, not it itself
                return Lost(envelope, _told(error.cause))
            # An error of our own code: it would come again, so that it is shown, not repeated.
            _log.error("%s", error)
            return Lost(envelope, _told(error.cause or error), repeat=False)
        except errors.RayError as error:  # its process, its node or what it answered is gone
            return WorkerDown(worker, _told(error).partition("\n")[0])

    def _spent(self, worker: str, held: Footprint) -> bool:
        """Whether a worker that holds so much is to be replaced; people hear of the first."""
        spent = 0 < self._bound < held.resident
        if spent and self.largest.resident <= self._bound:
            self._tell(
                f"{worker} held {held.resident} MiB, more than ray.worker_memory ({self._bound}):"
                " such workers are replaced after each unit"
            )
        self.largest = max(self.largest, held)
        return spent


def open_pool(
    workers: int,
    address: str = "",
    tell: Callable[[str], None] = _log.warning,
    bound: int = 0,
) -> Pool:
    """A pool of `workers` Ray actors of at most `bound` MiB, or of this process alone for 0 workers.

    `tell` takes notices for people.
    """
    units.one_thread()  # here too, where members are born
    return Pool(OnRay(workers, address, tell, bound) if workers else InProcess())


def _told(error: BaseException) -> str:
    """Kind and text of an error, as at the end of a traceback."""
    return "".join(traceback.format_exception_only(error)).strip()


def _start_ray(workers: int, address: str, folder: Path) -> Any:
    """Quiet and private: own token, no dashboard, nobody else's cluster."""
    os.environ.update(ENVIRONMENT)
    inside_job = "RAY_ADDRESS" in os.environ
    joins = bool(address) or inside_job
    if not joins:
        _own_token(folder / "token")
    import ray

    for name in ("ray", "ray._common.deprecation"):
        logging.getLogger(name).setLevel(logging.ERROR)
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    settings["runtime_env"] = {"env_vars": ENVIRONMENT}
    if joins:
        ray.init(address=address or "auto", **settings)
    else:
        inner = str(folder / "r")  # Ray opens its own folder to everybody
        ray.init(
            address="local", num_cpus=workers, include_dashboard=False, _temp_dir=inner, **settings
        )
    return ray


def _own_token(token: Path) -> None:
    """Ray writes its default token readable for everybody; ours lies in a private folder, mode 600.

    Without RAY_AUTH_MODE a local Ray switches tokens on by itself, also in a process that imported it before.
    """
    token.touch(mode=0o600)
    token.write_text(_secret())
    os.environ.pop("RAY_AUTH_MODE", None)
    os.environ["RAY_AUTH_TOKEN_PATH"] = str(token)


@lru_cache(maxsize=1)
def _secret() -> str:
    """One for the whole process: Ray remembers the first token that it read."""
    return secrets.token_hex(32)
