"""How far a cohort is in its life, and how hard its world is by then."""

from __future__ import annotations

from typing import Any

import pytest

from culture.living import Cohort
from culture.transmission import ALONE


def _cohort(iterations: int, **life: Any) -> Cohort:
    """A cohort of four iterations a generation, so many of which are over in this one."""
    nobody: Any = None
    return Cohort("one", nobody, [], nobody, ALONE, 4, reports=[[]] * iterations, **life)


def test_a_life_is_spread_over_its_generations() -> None:
    assert [_cohort(done).progress for done in (0, 1, 4)] == [0, 0.25, 1]
    lone = [
        _cohort(done, generations=2, lived=lived).progress for lived in (0, 1) for done in (0, 2)
    ]
    assert lone == [0, 0.25, 0.5, 0.75]


def test_the_world_hardens_for_the_young_as_for_a_lone_learner_of_the_same_experience() -> None:
    for generation in (0, 1):
        for done in range(4):
            young = _cohort(done, elders=generation / 2, share=1 / 2)
            lone = _cohort(done, generations=2, lived=generation)
            assert young.hardship(0.5) == pytest.approx(lone.hardship(0.5))
    assert [_cohort(done).hardship(0.5) for done in (0, 1, 2, 3)] == [0, 0.5, 1, 1]
    assert _cohort(0).hardship(0.0) == 1
