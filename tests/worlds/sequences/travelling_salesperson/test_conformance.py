"""Travelling Salesperson under the rules of PettingZoo and of our own check."""

from typing import Any

import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test

import worlds
from worlds.check import check, check_family

NAME = "travelling_salesperson"


@pytest.mark.parametrize(
    "settings",
    [{"cities": 5, "trials": 2, "demonstrators": 2}, {"cities": 4, "demonstrators": 0}],
)
def test_it_conforms(settings: dict[str, Any]) -> None:
    assert check(lambda: worlds.parallel_env(NAME, **settings)) == []
    assert check_family(worlds.make(NAME, **settings)) == []


def test_with_a_cities_key_it_conforms_but_that_all_seeds_are_of_one_map() -> None:
    settings = {"cities": 6, "trials": 1, "cities_key": 3, "observe_clock": True}
    assert check(lambda: worlds.parallel_env(NAME, **settings)) == [
        "seed ignored: all seeds give the same episode"
    ]
    assert check_family(worlds.make(NAME, **settings)) == []


def test_it_passes_the_tests_of_pettingzoo() -> None:
    def world() -> Any:
        return worlds.parallel_env(NAME, cities=5, trials=2)

    parallel_api_test(world(), num_cycles=60)
    parallel_seed_test(world)
