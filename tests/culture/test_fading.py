"""Elders that leave: whom a ticket lets go and when, and what stays of a task for creators and viewers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from configs.load import load
from culture import experiment
from culture.records import Records
from culture.transmission import faded
from populations.rollout import NOBODY, NOISE, ORACLE, Ticket, roll
from viewer.library import Run
from worlds.from_settings import family_of
from worlds.playground.columns import field

LENGTH, TRIALS = 10, 3
SMALL = (
    *("workers=0", "population.roster=elders", "evaluation.company=alone"),
    *("world.size=8", "world.view=5", f"world.trial_length={LENGTH}", f"world.trials={TRIALS}"),
    *("population.worlds=32", "learner.hidden=16", "learner.minibatches=2"),
    *("culture.generations=2", "culture.steps=1920", "culture.visibility_end=0"),
    *("evaluation.tasks=16", "evaluation.episodes=2", "evaluation.points=0", "run.replays=4"),
    *("playground.agents=3", "playground.shared_goal=100", "transmission.fade=presence"),
)
FAMILY = family_of(load("playground", SMALL), TRIALS)


def _present(rows: np.ndarray) -> np.ndarray:
    return field(rows, "present", FAMILY.space.settings.sizes)


def _ticket(*seats: int, learning: tuple[int, ...] = (0,)) -> Ticket:
    return Ticket(
        key=1,
        rows=FAMILY.space.sample(1, 32),
        roster=np.tile(np.array(seats, np.int16), (32, 1)),
        visibility=np.array([1, 0.5, 0]),
        learning=learning,
    )


@pytest.mark.parametrize("elder", [1, ORACLE, NOISE])
def test_elders_and_scripts_leave_as_they_would_fade(elder: int) -> None:
    ticket = faded(FAMILY, _ticket(0, elder, elder), "presence")
    assert (_present(ticket.rows) == [[10, 10, 10], [10, 5, 5], [10, 0, 0]]).all()
    assert ticket.visibility.tolist() == [1, 1, 1]  # while they are there they are seen


@pytest.mark.parametrize("peer", [0, 1])
def test_who_learns_stays(peer: int) -> None:
    ticket = faded(FAMILY, _ticket(0, peer, 2, learning=(0, 1)), "presence")
    assert (_present(ticket.rows) == [[10, 10, 10], [10, 10, 5], [10, 10, 0]]).all()


def test_a_member_with_the_memory_of_an_elder_leaves_itself() -> None:
    ticket = faded(FAMILY, _ticket(0, 0, NOBODY, learning=()), "presence")
    assert (_present(ticket.rows) == [[10, 10, 0], [10, 5, 0], [10, 0, 0]]).all()


def test_where_nobody_is_seated_nobody_is_there() -> None:
    ticket = faded(FAMILY, _ticket(0, NOBODY, NOBODY), "presence")
    assert (_present(ticket.rows) == [10, 0, 0]).all()


def test_elders_that_blank_leave_the_task_alone() -> None:
    ticket = _ticket(0, 1, 1)
    assert faded(FAMILY, ticket, "blank") is ticket


def test_steps_are_counted_of_those_who_were_there() -> None:
    ticket = faded(FAMILY, _ticket(ORACLE, NOISE, NOBODY, learning=()), "presence")
    played = roll(FAMILY, ticket, [])
    # Of the trial in which an elder leaves it is observed once more than it acts.
    assert (played.lived == [30, 10 + 6, 0]).all()
    assert played.steps == 32 * 46


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fading") / "run"
    settings = load("playground", [*SMALL, "creator.name=eva"])
    with Records.open_or_create(path, settings) as records:
        experiment.run(settings, records, lambda event: None)
        records.set_state("done")
    return path


def test_creators_keep_tasks_as_they_were_proposed(finished: Path) -> None:
    tasks = [json.loads(text) for text in Run(finished).table("tasks")["task_json"]]
    assert tasks and all(row == [LENGTH] * 3 for task in tasks for row in task["present"])


def test_replays_show_elders_that_leave_and_members_that_are_alone(finished: Path) -> None:
    alone = [one for one in Run(finished).episodes(1) if one.split == "eval"]
    beside = [one for one in Run(finished).episodes(1) if one.split == "example"]
    assert alone and beside
    assert all((_present(one.task[None])[0] == [10, 0, 0]).all() for one in alone)
    assert all((_present(one.task[None])[0] == [10, 5, 5]).all() for one in beside)
    assert {agent.role for one in beside for agent in one.agents[1:]} == {"elder"}
