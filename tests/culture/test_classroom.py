"""The classroom counts what was played, mixes no company, and never promises more than anybody has earned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import worlds
from culture.classroom import ALONE, SHOWN, Classroom, best_known, shrunk
from culture.company import Company
from culture.encode import table_bytes
from populations.member import Member
from populations.rollout import NOBODY, ORACLE, Played
from worlds.family import identity
from worlds.tables import read_table

FAMILY = worlds.make("goal_sequence", size=5)
ROWS = FAMILY.space.sample(1, 3)
TASKS = identity(FAMILY.name, ROWS)


def _table(*rows: tuple[Any, ...]) -> dict[str, Any]:
    """Rows of generation, task, roster, member, returns."""
    told = [np.array(row[4], float) for row in rows]
    return {
        "generation": [row[0] for row in rows],
        "task": [row[1] for row in rows],
        "roster": [row[2] for row in rows],
        "member": [row[3] for row in rows],
        "mode": [ALONE] * len(rows),
        "episodes": np.array([len(each) for each in told]),
        "return_sum": np.array([each.sum() for each in told]),
        "return_squares": np.array([(each**2).sum() for each in told]),
    }


def test_episodes_are_counted_by_task_company_member_and_mode() -> None:
    found = Classroom()
    rosters = np.array([7, 7, 7, 8], np.uint64)
    found.add(
        FAMILY, ROWS[[0, 0, 1, 0]], rosters, ["a"] * 4, SHOWN, np.array([1.0, 0.0, 2.0, -3.0])
    )
    found.add(FAMILY, ROWS[:1], rosters[:1], ["a"], ALONE, np.array([5.0]))
    rows = found.columns(FAMILY.space)
    assert len(rows["task"]) == 4  # no row mixes rosters, nor modes
    at = {
        key: number
        for number, key in enumerate(zip(rows["task"], rows["roster"], rows["mode"], strict=True))
    }
    shared = at[TASKS[0], f"{7:016x}", SHOWN]
    names = ("episodes", "successes", "return_sum", "return_squares")
    assert [rows[name][shared] for name in names] == [2, 1, 1.0, 1.0]
    other = at[TASKS[0], f"{8:016x}", SHOWN]
    assert [rows[name][other] for name in names] == [1, 0, -3.0, 9.0]
    assert rows["vector"][shared] == FAMILY.space.vector(ROWS[:1])[0].tolist()


def test_the_order_of_units_changes_nothing(tmp_path: Any) -> None:
    rosters, returns = np.full(3, 7, np.uint64), np.array([1.0, 2.0, 3.0])
    one, other = Classroom(), Classroom()
    one.add(FAMILY, ROWS, rosters, ["a", "b", "a"], ALONE, returns)
    for index in (2, 0, 1):
        part = slice(index, index + 1)
        other.add(FAMILY, ROWS[part], rosters[part], [["a", "b", "a"][index]], ALONE, returns[part])
    written = [table_bytes("classroom", each.columns(FAMILY.space), 4) for each in (one, other)]
    assert written[0] == written[1]
    (tmp_path / "t.parquet").write_bytes(written[0])
    found = read_table(tmp_path / "t.parquet", "classroom")
    assert (
        list(found["generation"]) == [4] * 3
        and found["vector"] == one.columns(FAMILY.space)["vector"]
    )


def test_elders_are_counted_on_the_tasks_of_the_young_and_learners_are_not() -> None:
    seats = np.array([[[0, 1], [0, ORACLE], [0, NOBODY]]], np.int16)  # one young, three worlds
    members = [
        Member(name, *(np.zeros(1, np.float32) for _ in range(3))) for name in ("young", "elder")
    ]
    company = Company(tuple(members), 1, range(1, 2), seats)
    returns = np.array([[9.0, 1.0], [9.0, 2.0], [9.0, 0.0]], np.float32)
    played = Played(returns, returns[..., None], np.ones(3, np.int32), np.ones((3, 2), np.int32))
    found = Classroom()
    found.watch(FAMILY, company, ROWS[None], [played])
    rows = found.columns(FAMILY.space)
    told = dict(
        zip(rows["member"], zip(rows["task"], rows["return_sum"], strict=True), strict=True)
    )
    assert told == {"elder": (TASKS[0], 1.0), "oracle": (TASKS[1], 2.0)}
    assert len(set(rows["roster"])) == 2


def test_tasks_that_nobody_keeps_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    found, rosters = Classroom(), np.full(4, 7, np.uint64)
    found.add(FAMILY, ROWS[[0, 1, 1, 2]], rosters, ["a"] * 4, SHOWN, np.ones(4))
    found.forget_all_but(TASKS[:2])
    assert found.columns(FAMILY.space)["task"] == sorted(TASKS[:2])
    monkeypatch.setattr("culture.classroom.MOST", 1)
    found.forget_all_but(TASKS)
    assert found.columns(FAMILY.space)["task"] == [TASKS[1]] and len(found) == 1


def test_the_best_known_is_of_the_same_task_and_company() -> None:
    exact = [[2.0] * 8, [5.0] * 8, [9.0] * 8]  # no chance in them, so nothing is shrunk
    found = best_known(
        _table(
            (0, "x", "r", "a", exact[0]), (1, "x", "r", "b", exact[1]), (1, "x", "s", "b", exact[2])
        )
    )
    assert found == {("x", "r"): 5.0, ("x", "s"): 9.0}


def test_few_episodes_are_believed_less_than_many() -> None:
    draw = np.random.default_rng(0)
    worth = draw.normal(3, 1, size=40)
    rows = [(0, f"t{i}", "r", "a", worth[i] + draw.normal(0, 2, size=4)) for i in range(40)]
    lucky = (0, "few", "r", "a", [7.0, 7.5])
    steady = (0, "many", "r", "a", [7.25, 6.0, 8.5] * 30)
    table = _table(*rows, lucky, steady)
    estimates = shrunk(table)
    assert estimates[-2] < 6 < 7 < estimates[-1] < 7.25
    means = table["return_sum"] / table["episodes"]
    errors = [np.mean((guess[:40] - worth) ** 2) for guess in (estimates, means)]
    assert errors[0] < errors[1]


def test_single_episodes_say_nothing_but_the_mean_of_their_kind() -> None:
    estimates = shrunk(_table((0, "x", "r", "a", [0.0]), (0, "y", "r", "a", [4.0])))
    assert estimates == pytest.approx([2.0, 2.0])


def test_what_is_known_never_exceeds_the_best_mean() -> None:
    draw = np.random.default_rng(1)
    rows = [
        (
            int(draw.integers(2)),
            f"t{draw.integers(6)}",
            f"r{draw.integers(2)}",
            f"m{number}",
            returns,
        )
        for number, returns in enumerate(draw.normal(size=(60, 3)))
    ]
    table = _table(*rows)
    means = table["return_sum"] / table["episodes"]
    for (task, roster), value in best_known(table).items():
        mine = [
            mean
            for mean, t, r in zip(means, table["task"], table["roster"], strict=True)
            if (t, r) == (task, roster)
        ]
        assert value <= max(mine)
