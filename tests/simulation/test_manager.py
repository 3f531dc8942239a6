"""Whatever happens to workers, the manager gives the faultless results, in order, within bounds."""

from collections import Counter

import pytest

from populations.manager import Manager, WorkerDown
from tests.simulation.history import play
from tests.simulation.mutants import MUTANTS
from tests.simulation.workplace import FATES

HISTORIES = 300
MUTANT_HISTORIES = 60


def test_every_history_ends_with_the_faultless_results(request: pytest.FixtureRequest) -> None:
    alone = request.config.getoption("--seed", default=None)
    faults: Counter[str] = Counter()
    for seed in range(HISTORIES) if alone is None else [alone]:
        try:
            faults += play(seed)
        except Exception as error:
            pytest.fail(f"{error!r}\nagain: python -m pytest tests/simulation --seed {seed}")
    if alone is None:  # else the histories claim less than they say
        assert all(faults[fate] >= 20 for fate in (*FATES, "spent")), faults


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_manager_is_found(mutant: type[Manager]) -> None:
    for seed in range(MUTANT_HISTORIES):
        try:
            play(seed, mutant)
        except Exception:
            return
    pytest.fail(f"{mutant.__name__} survived {MUTANT_HISTORIES} histories")


def test_a_history_is_the_same_each_time() -> None:
    assert [play(seed) for seed in range(5)] == [play(seed) for seed in range(5)]


def test_no_units_are_done_at_once() -> None:
    manager = Manager(["a"])
    assert manager.begin([], 0.0) == []
    assert manager.done and manager.results() == []


def test_the_death_of_an_unknown_worker_is_nobodys_loss() -> None:
    manager = Manager(["a"])
    manager.begin(["unit"], 0.0)
    assert manager.on(WorkerDown("before"), 0.0) == []
