"""The same units give the same bytes in this process and on Ray, whatever happens to workers."""

import os
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pytest
import torch

from populations import manager, units
from populations.manager import Envelope
from populations.units import Outcome, Unit
from populations.workers import InProcess, OnRay, Pool, WorkError, open_pool
from tests.conftest import ROOT
from tests.populations.small import roster, ticket, unit

BATCH = [
    unit(0),
    unit(1, learns=False, keep_memory=True),
    unit(2, roster=roster(0, 0)),
    unit(3, learns=False, record=4),
    unit(4),
]
BROKEN = unit(9, learns=False, roster=roster(0, 1, worlds=33), rows=ticket(1, 33).rows)


@pytest.fixture(scope="module")
def expected() -> list[Outcome]:
    return open_pool(0).perform(BATCH)


@pytest.fixture(scope="module")
def on_ray() -> Iterator[OnRay]:
    """One Ray for all tests of this file, which leaves nothing behind."""
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

    def noting(envelope: Envelope, worker: str, given: Unit) -> None:
        submitted[given.name] += 1
        submit(envelope, worker, given)

    monkeypatch.setattr(backend, "submit", noting)
    return submitted


def test_a_digest_is_over_every_number(expected: list[Outcome]) -> None:
    assert len(set(digests(expected))) == len(BATCH)
    again = open_pool(0).perform(BATCH)
    assert digests(again) == digests(expected)
    for array in ("actions", "visible", "returns", "trial_returns"):
        changed = open_pool(0).perform([BATCH[3]])[0]
        getattr(changed.played, array).reshape(-1)[0] += 1
        assert units.digest(changed) != units.digest(expected[3]), array


def test_a_learning_unit_brings_back_member_and_signals(expected: list[Outcome]) -> None:
    outcome = expected[0]
    assert outcome.member is not None and outcome.member.lived == 64 * 24
    assert outcome.played.trajectory is None
    assert set(outcome.signals) == {"pvl", "l1", "value"}
    assert all(signal.shape == (64,) for signal in outcome.signals.values())
    assert (outcome.signals["l1"] >= outcome.signals["pvl"]).all()
    assert outcome.report["skipped"] == 0 and outcome.report["entropy"] > 1
    assert expected[1].member is None and expected[1].played.memory is not None


def test_an_error_in_this_process_names_its_unit_and_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = InProcess()
    submitted = count(backend, monkeypatch)
    with pytest.raises(WorkError, match="^unit 9: ValueError: a ticket holds 33 worlds"):
        Pool(backend).perform([BATCH[1], BROKEN, BATCH[3]])
    assert submitted["unit 9"] == 1


def test_a_pool_leaves_one_thread_to_torch_in_its_own_process_too() -> None:
    torch.set_num_threads(2)
    open_pool(0).close()
    assert torch.get_num_threads() == 1


def test_numbers_that_are_not_finite_are_refused_with_their_unit() -> None:
    bad = unit(8)
    bad.weights[0][:] = np.nan
    with pytest.raises(WorkError, match="^unit 8: FloatingPointError: .* is not finite; key "):
        open_pool(0).perform([bad])


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
    outcomes = Pool(on_ray).perform(BATCH[::-1])
    assert digests(outcomes)[::-1] == digests(expected)


@pytest.mark.ray
def test_a_killed_worker_changes_nothing(
    on_ray: OnRay, expected: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = dict(zip(on_ray.workers(), on_ray.processes(), strict=True))
    submitted: Counter[str] = Counter()
    submit = on_ray.submit
    killed: list[int] = []

    def killing(envelope: Envelope, worker: str, given: Unit) -> None:
        submitted[given.name] += 1
        submit(envelope, worker, given)
        if given.name == "unit 2" and envelope.attempt == 1 and worker in processes:
            killed.append(processes.pop(worker))
            os.kill(killed[-1], signal.SIGKILL)

    monkeypatch.setattr(on_ray, "submit", killing)
    assert digests(Pool(on_ray).perform(BATCH)) == digests(expected)
    assert killed and submitted["unit 2"] == 2
    assert submitted.total() == len(BATCH) + len(killed)
    while len(on_ray.workers()) < 2:
        on_ray.events()
    alive = on_ray.processes()
    assert len(alive) == 2 and not set(killed) & set(alive)


@pytest.mark.ray
def test_a_worker_that_hangs_is_replaced_and_changes_nothing(
    on_ray: OnRay, expected: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager, "SHORTEST_DEADLINE", 5.0)
    processes = dict(zip(on_ray.workers(), on_ray.processes(), strict=True))
    submit = on_ray.submit
    stopped: list[int] = []

    def stopping(envelope: Envelope, worker: str, given: Unit) -> None:
        submit(envelope, worker, given)
        if given.name == "unit 2" and envelope.attempt == 1:
            stopped.append(processes.pop(worker))
            os.kill(stopped[-1], signal.SIGSTOP)

    monkeypatch.setattr(on_ray, "submit", stopping)
    try:
        assert digests(Pool(on_ray).perform(BATCH)) == digests(expected)
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
    with pytest.raises(WorkError, match="^unit 9: ValueError: a ticket holds 33 worlds"):
        Pool(on_ray).perform([BROKEN])
    assert submitted == {"unit 9": 1}
    assert "in perform" in caplog.text  # the worker's traceback
    assert on_ray.processes() == before
