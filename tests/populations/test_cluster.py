"""On a cluster of several nodes, nodes come and go: the result stays, and little is done twice."""

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from populations import workers
from populations.manager import Envelope, Event, Lost, WorkerDown
from populations.units import Learn, Unit
from populations.workers import OnRay, Pool, open_pool
from tests.conftest import ROOT
from tests.populations.small import learns, member, rolls
from tests.populations.test_workers import digests

ROLLS = 6
ALL = range(ROLLS)
BATCH: list[Unit] = [
    *(rolls(index, learning=(0, 1)) for index in ALL),
    learns(ROLLS, *((index, 0) for index in ALL)),
    learns(ROLLS + 1, *((index, 1) for index in ALL), member=member("member 1")),
    learns(ROLLS + 2, (0, 0)),
]
STORE = {"object_store_memory": 80 * 2**20}  # bytes, about the least that Ray takes
# A lost node is known after 1.5 s in place of half a minute.
HEALTH = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 1000,
    "health_check_failure_threshold": 3,
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without cores for workers, and two nodes of one core; leaves nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="rt"))  # short: sockets limit the path
    (folder / "ray").mkdir()  # `Cluster` writes into it
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        before = dict(os.environ)
        os.environ.pop("RAY_ADDRESS", None)
        os.environ.update(workers.ENVIRONMENT, PYTHONPATH=str(ROOT), RAY_TMPDIR=str(folder))
        workers._own_token(folder / "token")
        os.environ["RAY_AUTH_MODE"] = "token"
        from ray._private.authentication_test_utils import reset_auth_token_state
        from ray.cluster_utils import Cluster

        reset_auth_token_state()  # where Ray was imported before, it had read the environment

        head = {"num_cpus": 0, "_system_config": HEALTH, **STORE}
        nodes = Cluster(initialize_head=True, head_node_args=head)
        for _ in range(2):
            nodes.add_node(num_cpus=1, **STORE)
        yield nodes
        nodes.shutdown()
        os.environ.clear()
        os.environ.update(before)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def on_ray(cluster: Any) -> Iterator[OnRay]:
    backend = OnRay(2, cluster.address)
    yield backend
    backend.close()


def wait_for(on_ray: OnRay, count: int) -> list[str]:
    """Until so many workers have answered; -> who they are."""
    while len(on_ray.workers()) < count:
        on_ray.events()
    return on_ray.workers()


def node_of(cluster: Any, process: int) -> Any:
    """The node whose raylet is the parent of a worker's process."""
    parent = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    (node,) = [
        each
        for each in cluster.worker_nodes
        if parent in [one.process.pid for one in each.all_processes["raylet"]]
    ]
    return node


def told_of(error: Exception) -> Event:
    """What the manager hears when the answer of an attempt is this error."""
    import ray

    def get(reference: object) -> None:
        raise error

    backend = object.__new__(OnRay)
    backend._ray = SimpleNamespace(exceptions=ray.exceptions, get=get)
    backend._running = {"answer": (Envelope(1, 0, 1), "worker-0", [])}
    return backend._fetch("answer")


def test_whatever_ray_loses_is_done_again_and_our_own_errors_are_not() -> None:
    from ray import exceptions as of

    lost = [
        *(kind("00" * 28, "", "") for kind in (of.ObjectLostError, of.OwnerDiedError)),
        of.ObjectReconstructionFailedError("00" * 28, reason=None, owner_address="", call_site=""),
        *(of.ActorDiedError(), of.ActorUnavailableError("no connection", None)),
        *(kind("gone") for kind in (of.NodeDiedError, of.OutOfMemoryError, of.RaySystemError)),
        *(of.LocalRayletDiedError(), of.WorkerCrashedError()),
    ]
    for error in lost:
        event = told_of(error)
        assert isinstance(event, WorkerDown) and event.name == "worker-0", error
        assert event.reason.startswith(f"ray.exceptions.{type(error).__name__}: "), event.reason
    for cause, again in ((lost[0], True), (ValueError("33 worlds"), False)):
        error = of.RayTaskError("perform", "traceback", cause).as_instanceof_cause()
        event = told_of(error)
        assert isinstance(event, Lost) and event.repeat is again and not event.missing
        assert type(cause).__name__ in event.reason


@pytest.mark.ray
def test_a_lost_node_costs_what_it_did_and_held_and_a_new_one_gets_work(
    cluster: Any, on_ray: OnRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = digests(open_pool(0).perform(BATCH))
    first = wait_for(on_ray, 2)
    pool, submit = Pool(on_ray), on_ray.submit
    assert digests(pool.perform(BATCH)) == expected  # everything is loaded now, on both
    who: dict[str, list[str]] = defaultdict(list)  # unit -> whom it was submitted to
    lost: list[str] = []

    def losing(envelope: Envelope, worker: str, given: Unit, parts: Sequence[Any]) -> None:
        """As the first to need all trajectories begins, the node goes that made some of them."""
        who[given.name].append(worker)
        if given.name == f"learn {ROLLS}" and not lost:
            lost.append(who["roll 1"][0])
            process = dict(zip(on_ray.workers(), on_ray.processes(), strict=True))[lost[0]]
            cluster.remove_node(node_of(cluster, process), allow_graceful=False)
        submit(envelope, worker, given, parts)

    monkeypatch.setattr(on_ray, "submit", losing)
    assert digests(pool.perform(BATCH)) == expected
    again = {name for name, submitted in who.items() if len(submitted) > 1}
    held = {f"roll {index}" for index in ALL if who[f"roll {index}"][0] == lost[0]}
    assert held <= again
    for name in again - held:  # it was under way there, or took what was there
        assert name.startswith("learn"), name
    assert all(len(who[name]) == 2 for name in held)

    told: list[str] = []
    monkeypatch.setattr(on_ray, "_tell", told.append)
    on_ray._tell_at = 0.0  # people have waited long enough
    who.clear()
    assert digests(pool.perform(BATCH)) == expected
    assert told == ["1 of 2 workers run; the others wait for free cores: this Ray has 1"]
    assert all(
        submitted == who["roll 0"] for submitted in who.values()
    )  # once each, by who is left
    cluster.add_node(num_cpus=1, **STORE)
    while set(first).issuperset(worker for submitted in who.values() for worker in submitted):
        who.clear()
        assert digests(pool.perform(BATCH)) == expected
    assert all(len(submitted) == 1 for submitted in who.values())


@pytest.mark.ray
def test_workers_that_hold_too_much_are_replaced_and_change_nothing(
    cluster: Any, on_ray: OnRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(on_ray, "_tell", told.append)
    monkeypatch.setattr(on_ray, "_bound", 1)  # MiB
    monkeypatch.setattr(on_ray, "largest", workers.Footprint())
    first = wait_for(on_ray, 2)
    batch = [one for one in BATCH if not isinstance(one, Learn)][:3]
    expected = digests(open_pool(0).perform(batch))
    assert digests(Pool(on_ray).perform(batch)) == expected
    assert on_ray.largest.resident > 50
    (text,) = told
    assert "more than ray.worker_memory (1)" in text
    assert not set(first) & set(wait_for(on_ray, 2))
