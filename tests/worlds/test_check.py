"""Conformance: sound worlds pass, every planted fault is found."""

import random

import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test

import worlds
from tests.worlds.mutants import MUTANTS, Mutant
from worlds.check import check, check_family

SETTINGS = [
    {"trial_length": 12},
    {"trials": 3, "trial_length": 9, "size": 7, "size_min": 3, "view": 3},
    {"order_key": 3, "size": 4, "wrong_penalty": 0, "view": 7, "trial_length": 30},
]


FRESH = "two fresh worlds differ from the first at step"
SENTENCES = {
    "chance in step 1": f"{FRESH} 1 with equal seed and actions",
    "chance from step 2": f"{FRESH} 2 with equal seed and actions",
    "chance from step 6": f"{FRESH} 6 with equal seed and actions",
    "global generator used": "a global random generator was used",
    "seed ignored": "seed ignored: all seeds give the same episode",
    "state left over after reset": "a world that was reset in mid-episode differs from the first "
    "at step 1 with equal seed and actions",
    "observation out of bounds": "an observation is out of the bounds of its space",
    "observation of wrong dtype": "an observation is int64, its space uint8",
    "observation of wrong shape": "an observation has shape (135,), its space (136,)",
    "observation NaN": "an observation holds NaN",
    "observation shares a buffer": "an observation given earlier was overwritten: "
    "the buffer is shared",
    "reward NaN": "a reward is not finite",
    "reward text": "a reward is str, not a number",
    "reward key missing": "a reward is missing",
    "never ends": "the episode does not end within 40 steps: raise steps if it may",
    "dead agent kept": "an agent that had ended was kept in agents",
    "dead agent revived": "an agent that had ended came back",
    "termination not a bool": "a termination is int, not bool",
    "info missing": "an info is missing",
    "info None": "an info is NoneType, not dict",
    "actions changed": "the caller's actions dict was changed",
    "new space object per call": "action_space gives a new object on each call",
}


def test_there_are_22_mutants() -> None:
    assert len(MUTANTS) == 22


@pytest.mark.parametrize("name", MUTANTS)
def test_check_finds_the_planted_fault(name: str) -> None:
    assert SENTENCES[name] in check(MUTANTS[name], seeds=(0, 1), steps=40)


def test_check_passes_the_world_that_faults_are_planted_in() -> None:
    assert check(Mutant, seeds=(0, 1), steps=40) == []


def test_check_leaves_the_global_generators_alone() -> None:
    random.seed(3)
    np.random.seed(3)
    before = random.getstate(), np.random.get_state()[1].tolist()
    check(MUTANTS["global generator used"], seeds=(0,), steps=5)
    assert before == (random.getstate(), np.random.get_state()[1].tolist())


def test_check_reports_a_world_that_raises() -> None:
    def broken() -> None:
        raise ValueError("no such level")

    assert check(broken, seeds=(0,)) == ["raised ValueError: no such level"]


@pytest.mark.parametrize("settings", SETTINGS)
def test_goal_sequence_conforms(settings: dict) -> None:
    assert check(lambda: worlds.parallel_env("goal_sequence", **settings)) == []
    assert check_family(worlds.make("goal_sequence", **settings)) == []


@pytest.mark.parametrize(
    "settings", [{}, {"demonstrators": 0}, {"digits": 10, "end_on_mistake": False, "trials": 2}]
)
def test_memory_sequence_conforms(settings: dict) -> None:
    assert check(lambda: worlds.parallel_env("memory_sequence", **settings)) == []
    assert check_family(worlds.make("memory_sequence", **settings)) == []


def test_a_known_sequence_conforms_and_is_the_same_for_all_seeds() -> None:
    settings = {"trials": 1, "sequence_key": 3}
    assert check(lambda: worlds.parallel_env("memory_sequence", **settings), seeds=(0,)) == []
    assert check_family(worlds.make("memory_sequence", **settings)) == []


@pytest.mark.parametrize("name", ["goal_sequence", "memory_sequence"])
def test_sequences_pass_the_tests_of_pettingzoo(name: str) -> None:
    def make() -> object:
        return worlds.parallel_env(name)

    parallel_api_test(make(), num_cycles=100)
    parallel_seed_test(make)


class _Family:
    """A sound family with one planted fault."""

    def __init__(self) -> None:
        self.sound = worlds.make("goal_sequence", trial_length=6)

    def __getattr__(self, name: str) -> object:
        return getattr(self.sound, name)


class _DependsOnBatch(_Family):
    def step(self, state: object, actions: np.ndarray) -> tuple:
        rewards, ends = self.sound.step(state, actions)
        return rewards + len(rewards), ends


class _DependsOnPlace(_Family):
    def step(self, state: object, actions: np.ndarray) -> tuple:
        rewards, ends = self.sound.step(state, actions)
        return rewards + np.arange(len(rewards), dtype=np.int16)[:, None], ends


class _LeavesBytes(_Family):
    def observe(self, state: object, out: np.ndarray) -> None:
        before = out[..., 40].copy()
        self.sound.observe(state, out)
        out[..., 40] = before


class _ChangesTask(_Family):
    def step(self, state: object, actions: np.ndarray) -> tuple:
        state.rows[:, 3] = 7
        return self.sound.step(state, np.zeros_like(actions))


class _ChangesActions(_Family):
    def step(self, state: object, actions: np.ndarray) -> tuple:
        answer = self.sound.step(state, actions)
        actions[:] = 0
        return answer


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (_DependsOnBatch, "a world alone plays differently"),
        (_DependsOnPlace, "a world in another batch plays differently"),
        (_LeavesBytes, "observe leaves bytes of its buffer as they were"),
        (_ChangesTask, "play changes the task"),
        (_ChangesActions, "step changes the caller's actions"),
    ],
)
def test_check_family_finds_the_planted_fault(fault: type[_Family], sentence: str) -> None:
    assert sentence in check_family(fault())
