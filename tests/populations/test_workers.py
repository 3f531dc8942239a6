"""The same units give the same bytes in this process and on Ray, whatever happens to workers."""

import os
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import torch

from populations import manager, units
from populations.manager import Envelope
from populations.units import Learn, Learned, Outcome, Unit
from populations.workers import InProcess, OnRay, Pool, WorkError, open_pool
from tests.conftest import ROOT
from tests.populations.small import learns, member, rolls, roster, ticket

# Two units of play in which both members learn, one in which member 0 fills both seats, two without learners.
BATCH = [
    rolls(0, learning=(0, 1)),
    rolls(1, learning=(), keep_heirlooms=True),
    rolls(2, roster=roster(0, 0)),
    rolls(3, learning=(), record=4),
    rolls(4, learning=(1, 0)),
    learns(5, (0, 0)),
    learns(6, (2, 0)),
    learns(7, (4, 0), (0, 1), member=member("member 1")),
]
BROKEN = rolls(9, learning=(), roster=roster(0, 1, worlds=33), rows=ticket(1, 33).rows)


@pytest.fixture(scope="module")
def expected() -> list[Outcome]:
    return open_pool(0).perform(BATCH)


@pytest.fixture(scope="module")
def on_ray(expected: list[Outcome]) -> Iterator[OnRay]:
    """One Ray for all tests of this file, which leaves nothing behind; RLlib is loaded before."""
    folder = tempfile.mkdtemp(prefix="rt")  # short: sockets limit the path
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", folder)
        before = dict(os.environ)
        patch.delenv("RAY_ADDRESS", raising=False)
        patch.setenv("PYTHONPATH", str(ROOT))
        backend = OnRay(2)
        while len(backend.workers()) < 2:  # each is there once it has answered
            backend.events()
        yield backend
        backend.close()
        assert not os.listdir(folder)
        os.environ.clear()
        os.environ.update(before)
    os.rmdir(folder)


def digests(outcomes: list[Outcome]) -> list[str]:
    return [units.digest(outcome) for outcome in outcomes]


def count(backend: OnRay | InProcess, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each unit is submitted from now on."""
    submitted: Counter[str] = Counter()
    submit = backend.submit

    def noting(envelope: Envelope, worker: str, given: Unit, parts: Sequence[Any]) -> None:
        submitted[given.name] += 1
        submit(envelope, worker, given, parts)

    monkeypatch.setattr(backend, "submit", noting)
    return submitted


def test_a_digest_is_over_every_number(expected: list[Outcome]) -> None:
    assert len(set(digests(expected))) == len(BATCH)
    again = open_pool(0).perform(BATCH)
    assert digests(again) == digests(expected)
    for array in ("actions", "visible", "returns", "trial_returns"):
        changed = open_pool(0).perform([BATCH[3]])[0]
        getattr(changed, array).reshape(-1)[0] += 1
        assert units.digest(changed) != units.digest(expected[3]), array
    played, parts = units.perform(BATCH[0])
    whole = units.digest(played, parts)
    for name in ("observations", "actions", "log_probs", "values", "rewards", "ends", "seats"):
        getattr(parts[1], name).reshape(-1)[0] += 1
        assert units.digest(played, parts) != whole, name
        getattr(parts[1], name).reshape(-1)[0] -= 1


def test_learning_brings_back_member_and_signals(expected: list[Outcome]) -> None:
    learned = expected[5]
    assert isinstance(learned, Learned) and learned.member.lived == 64 * 24
    assert expected[0].trajectories == () and expected[1].memory is not None
    assert set(learned.signals) == {"pvl", "l1", "value"}
    assert all(signal.shape == (64,) for signal in learned.signals.values())
    assert (learned.signals["l1"] >= learned.signals["pvl"]).all()
    assert learned.report["skipped"] == 0 and learned.report["entropy"] > 1


def test_all_seats_of_a_member_in_all_tickets_are_lived(expected: list[Outcome]) -> None:
    assert expected[6].member.lived == 2 * 64 * 24  # both seats of one ticket
    assert expected[7].member.lived == 2 * 64 * 24  # one seat in each of two
    assert all(
        signal.shape == (2 * 64,) for signal in expected[7].signals.values()
    )  # of each of them


def test_an_error_in_this_process_names_its_unit_and_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = InProcess()
    submitted = count(backend, monkeypatch)
    with pytest.raises(WorkError, match="^roll 9: ValueError: a ticket holds 33 worlds"):
        Pool(backend).perform([BATCH[1], BROKEN, BATCH[3]])
    assert submitted["roll 9"] == 1


def test_a_pool_leaves_one_thread_to_torch_in_its_own_process_too() -> None:
    torch.set_num_threads(2)
    open_pool(0).close()
    assert torch.get_num_threads() == 1


@pytest.mark.ray
@pytest.mark.parametrize("workers", [1, 2])
def test_ray_gives_the_same_bytes(
    on_ray: OnRay, expected: list[Outcome], workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = on_ray.workers()[:workers]
    monkeypatch.setattr(on_ray, "workers", lambda: names)
    submitted = count(on_ray, monkeypatch)
    assert digests(Pool(on_ray).perform(BATCH)) == digests(expected)
    assert submitted == Counter(one.name for one in BATCH)


@pytest.mark.ray
def test_another_order_of_units_gives_the_same_bytes(
    on_ray: OnRay, expected: list[Outcome]
) -> None:
    last = len(BATCH) - 1
    turned = [
        replace(one, needs=tuple((last - index, part) for index, part in one.needs))
        if isinstance(one, Learn)
        else one
        for one in BATCH[::-1]
    ]
    outcomes = Pool(on_ray).perform(turned)
    assert digests(outcomes)[::-1] == digests(expected)


@pytest.mark.ray
def test_lost_trajectories_are_played_again_and_change_nothing(
    on_ray: OnRay, expected: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    def lost() -> None:
        raise ray.exceptions.ObjectLostError("00" * 28, "", "")

    gone = ray.remote(num_cpus=0)(lost).remote()  # whoever gets it meets what a lost node leaves
    submitted: Counter[str] = Counter()
    submit = on_ray.submit

    def losing(envelope: Envelope, worker: str, given: Unit, parts: Sequence[Any]) -> None:
        submitted[given.name] += 1
        first = given.name == "learn 7" and submitted["learn 7"] == 1
        submit(envelope, worker, given, [gone, *parts[1:]] if first else parts)

    monkeypatch.setattr(on_ray, "submit", losing)
    assert digests(Pool(on_ray).perform(BATCH)) == digests(expected)
    assert submitted["learn 7"] == submitted["roll 4"] == 2
    assert submitted.total() == len(BATCH) + 2


@pytest.mark.ray
def test_a_killed_worker_changes_nothing(
    on_ray: OnRay, expected: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = dict(zip(on_ray.workers(), on_ray.processes(), strict=True))
    submitted: Counter[str] = Counter()
    submit = on_ray.submit
    killed: list[int] = []

    def killing(envelope: Envelope, worker: str, given: Unit, parts: Sequence[Any]) -> None:
        submitted[given.name] += 1
        submit(envelope, worker, given, parts)
        if given.name == "learn 6" and envelope.attempt == 1 and worker in processes:
            killed.append(processes.pop(worker))
            os.kill(killed[-1], signal.SIGKILL)

    monkeypatch.setattr(on_ray, "submit", killing)
    assert digests(Pool(on_ray).perform(BATCH)) == digests(expected)
    assert killed and submitted["learn 6"] == 2
    assert submitted.total() == len(BATCH) + len(killed)
    while len(on_ray.workers()) < 2:
        on_ray.events()
    alive = on_ray.processes()
    assert len(alive) == 2 and not set(killed) & set(alive)


@pytest.mark.ray
def test_a_worker_that_hangs_is_replaced_and_changes_nothing(
    on_ray: OnRay, expected: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "SHORTEST_DEADLINE", 15.0)  # a new worker loads torch first
    processes = dict(zip(on_ray.workers(), on_ray.processes(), strict=True))
    submit = on_ray.submit
    stopped: list[int] = []

    def stopping(envelope: Envelope, worker: str, given: Unit, parts: Sequence[Any]) -> None:
        submit(envelope, worker, given, parts)
        if given.name == "roll 2" and envelope.attempt == 1:
            stopped.append(processes.pop(worker))
            os.kill(stopped[-1], signal.SIGSTOP)

    monkeypatch.setattr(on_ray, "submit", stopping)
    try:
        assert digests(Pool(on_ray).perform(BATCH[:5])) == digests(expected[:5])
    finally:
        for process in stopped:
            with suppress(ProcessLookupError):  # Ray has ended it
                os.kill(process, signal.SIGCONT)
    assert len(stopped) == 1 and stopped[0] not in on_ray.processes()


@pytest.mark.ray
def test_an_error_on_ray_names_its_unit_and_is_not_repeated(
    on_ray: OnRay, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    submitted = count(on_ray, monkeypatch)
    before = on_ray.processes()
    with pytest.raises(WorkError, match="^roll 9: ValueError: a ticket holds 33 worlds"):
        Pool(on_ray).perform([BROKEN])
    assert submitted == {"roll 9": 1}
    assert "in perform" in caplog.text  # the worker's traceback
    assert on_ray.processes() == before
