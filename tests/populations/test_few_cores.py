"""More workers than Ray has cores: the work goes on with those that run, and a person is told."""

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from populations import workers
from populations.workers import OnRay, Pool, WorkError, open_pool
from tests.conftest import ROOT
from tests.populations.test_workers import BATCH, digests


@pytest.fixture
def one_core(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`OnRay` on a local Ray with a single core, whatever it asks for."""
    folder = tempfile.mkdtemp(prefix="rt")  # short: sockets limit the path
    monkeypatch.setattr(tempfile, "tempdir", folder)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    before, start = dict(os.environ), workers._start_ray
    monkeypatch.setattr(workers, "_start_ray", lambda asked, *rest: start(1, *rest))
    yield
    os.environ.clear()
    os.environ.update(before)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.ray
def test_workers_without_a_core_are_told_and_get_no_work(
    one_core: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 0.0)
    expected, told = digests(open_pool(0).perform(BATCH)), list[str]()
    backend = OnRay(2, tell=told.append)
    try:
        pool = Pool(backend)
        assert digests(pool.perform(BATCH)) == expected
        began = time.monotonic()
        assert digests(pool.perform(BATCH)) == expected
        assert time.monotonic() - began < 60  # no deadline of a worker that never came
        assert len(backend.workers()) == 1
        (text,) = told
        assert text.endswith("of 2 workers run; the others wait for free cores: this Ray has 1")
    finally:
        backend.close()


class Stillborn(workers.Worker):
    """Cannot be made."""

    def __init__(self) -> None:
        raise RuntimeError("no such library here")


@pytest.mark.ray
def test_workers_that_die_as_they_start_end_the_work(
    one_core: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(workers, "Worker", Stillborn)
    backend = OnRay(1)
    try:
        with pytest.raises(WorkError, match="^5 workers died as they started: (.|\n)*no such lib"):
            Pool(backend).perform(BATCH)
    finally:
        backend.close()
