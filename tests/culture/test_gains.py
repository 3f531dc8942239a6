"""Metrics of accumulation are those of tables worked by hand, and say nothing where nothing was handed on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from culture import gains
from culture.trials import Block, Trials, collect, columns, joined
from worlds.formats import FormatError

# Two tasks, three trials. Means over tasks: generation 0: .5 1 2, 1: 2 3 3, 2: 2.5 3 2.5.
CULTURE = [
    [[0, 1, 2], [1, 1, 2]],
    [[2, 3, 4], [2, 3, 2]],
    [[2, 3, 3], [3, 3, 2]],
]
LONE = [[[0, 1, 2], [0, 1, 1]], [[1, 2, 2], [1, 1, 1]], [[1, 1, 2], [2, 1, 1]]]
PLACEBO = [[[0, 1, 1], [1, 1, 2]]] * 3


def _trials(**conditions: Any) -> Trials:
    """Conditions as [generation, task, trial], or [generation, member, task, trial]."""
    blocks: dict[str, dict[int, Block]] = {}
    lines: dict[str, np.ndarray] = {}
    for name, values in conditions.items():
        array = np.array(values, float)
        array = array[:, None] if array.ndim == 3 else array
        members = tuple(f"m{index}" for index in range(array.shape[1]))
        if name in ("optimal", "random_order", "good"):
            lines[name] = array[0, 0]
        else:
            blocks[name] = {each: Block(members, block) for each, block in enumerate(array)}
    tasks = tuple(f"t{index}" for index in range(array.shape[2]))
    return Trials(tasks, blocks, lines)


def _of(found: dict[str, Any], metric: str) -> dict[int, float]:
    return {
        row["generation"]: pytest.approx(row["value"])
        for row in found["metrics"]
        if row["metric"] == metric
    }


def test_the_metrics_are_those_of_a_table_worked_by_hand() -> None:
    found = gains.document([_trials(culture=CULTURE, lone=LONE, placebo=PLACEBO)])
    assert _of(found, "ratchet") == {1: 1.0, 2: 0.5}
    assert _of(found, "gain") == {0: 0.5, 1: 1.5, 2: 1.0}
    assert _of(found, "placebo_gap") == {0: 0.5, 1: 1.5, 2: 1.0}
    assert _of(found, "head_start") == {1: 1.5, 2: 2.0}
    assert _of(found, "innovation") == {1: 1.0, 2: -0.5}
    assert _of(found, "slippage") == {1: -1.0, 2: 0.5}
    assert _of(found, "retention") == {0: 2.0, 1: 1.0, 2: 2.5 / 3}
    assert not _of(found, "isolated_gap") and not _of(found, "inherit_gap")


def test_curves_tell_each_trial_of_each_condition() -> None:
    found = gains.document([_trials(culture=CULTURE, lone=LONE)])
    means = {
        (row["condition"], row["generation"], row["trial"]): row["value"] for row in found["curves"]
    }
    assert means["culture", 1, 0] == 2.0 and means["lone", 2, 2] == 1.5
    assert len(means) == 2 * 3 * 3


def test_what_does_not_change_stands_for_all_generations() -> None:
    found = gains.document([_trials(culture=CULTURE, isolated=PLACEBO[:1])])
    assert _of(found, "isolated_gap") == {0: 0.5, 1: 1.5, 2: 1.0}
    drawn = [row["generation"] for row in found["curves"] if row["condition"] == "isolated"]
    assert set(drawn) == {0}


def test_an_episode_of_one_trial_has_no_head_start_and_nothing_to_retain() -> None:
    culture = np.array(CULTURE)[:, :, -1:]
    found = gains.document([_trials(culture=culture)])
    told = {row["metric"] for row in found["metrics"]}
    assert told == {"ratchet", "innovation", "slippage", "surpassing", "spread"}


def test_beating_elders_is_counted_task_by_task() -> None:
    found = gains.document([_trials(culture=[[[1], [1], [1], [1]], [[2], [1], [0], [5]]])])
    assert _of(found, "surpassing") == {1: 0.625}


def test_spread_is_between_members_on_the_same_task() -> None:
    found = gains.document([_trials(culture=[[[[1], [10]], [[3], [10]]]])])
    assert _of(found, "spread") == {0: 0.5}  # 1 on the first task, 0 on the second


def test_reliance_is_what_is_lost_when_elders_are_hidden() -> None:
    shown, hidden = [[[4.0, 4.0], [2.0, 2.0]]], [[[1.0, 3.0], [1.0, 1.0]]]
    found = gains.document([_trials(culture=shown, shown=shown, hidden=hidden)])
    assert _of(found, "reliance") == {0: 0.5}
    found = gains.document([_trials(culture=shown, isolated=hidden)])
    assert _of(found, "reliance") == {0: 0.5}
    assert not _of(gains.document([_trials(culture=shown)]), "reliance")


def test_differences_are_paired_by_task() -> None:
    """Tasks that differ much in what they pay hide nothing, as long as both sides meet the same ones."""
    pays = np.random.default_rng(0).normal(0, 100, size=(1, 64, 1))
    found = gains.document([_trials(culture=pays + 1.0, lone=pays)])
    (row,) = (row for row in found["metrics"] if row["metric"] == "gain")
    assert row["low"] == pytest.approx(1.0) and row["high"] == pytest.approx(1.0)


def test_the_same_members_are_drawn_together_in_all_generations() -> None:
    skills = np.array([[0.0], [50.0], [100.0]])[None, :, :, None] * np.ones((1, 3, 8, 1))
    found = gains.document([_trials(culture=np.concatenate([skills, skills + 1]))])
    row = next(row for row in found["metrics"] if row["metric"] == "ratchet")
    assert row["low"] == pytest.approx(1.0) and row["high"] == pytest.approx(1.0)


def test_over_runs_a_seed_is_the_unit() -> None:
    """A thousand tasks do not make three seeds more certain."""
    runs = [
        _trials(culture=np.full((1, 1000, 1), 2.0 + more), lone=np.full((1, 1000, 1), 1.0))
        for more in (0.0, 0.6, 1.2)
    ]
    found = gains.document(runs)
    (row,) = (row for row in found["metrics"] if row["metric"] == "gain")
    assert row["value"] == pytest.approx(1.6)
    assert row["low"] == pytest.approx(1.0) and row["high"] == pytest.approx(2.2)


def test_nothing_is_measured_where_the_interval_holds_zero() -> None:
    noise = np.random.default_rng(0).normal(size=(2, 1, 64, 2))
    text = gains.table(gains.document([_trials(culture=noise, lone=noise[:, :, ::-1])]))
    assert "no gain measured" in text and "no ratchet measured" in text
    text = gains.table(gains.document([_trials(culture=noise + 9, lone=noise)]))
    assert "no gain measured" not in text


def test_where_nothing_can_be_handed_on_the_ratchet_is_rarely_called_one() -> None:
    """Negative control: tasks change between generations, so that each does what the first did."""
    draw, called, values = np.random.default_rng(5), 0, []
    for key in range(60):
        skill = draw.normal(size=(1, 3, 1, 1))  # of each member, the same in every generation
        found = gains.document([_trials(culture=skill + draw.normal(size=(4, 3, 32, 2)))], key=key)
        row = next(
            row for row in found["metrics"] if row["metric"] == "ratchet" and row["generation"] == 3
        )
        values.append(row["value"])
        called += row["low"] > 0 or row["high"] < 0
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))
    assert called <= 9  # of 60 at 5 %: more than 9 has a chance below 1 %


def test_a_tour_is_told_as_a_share_of_what_can_be_gained() -> None:
    low, high = [[[3.0], [2.0], [4.0]]], [[[5.0], [4.0], [4.0]]]
    run = _trials(culture=[[[4.0], [2.5], [4.0]]], random_order=low, optimal=high)
    found = gains.document([run])
    told = {row["condition"]: row["value"] for row in found["curves"]}
    assert told == {"culture": pytest.approx(0.375), "random_order": 0.0, "optimal": 1.0}
    assert found["ends"] == ("random_order", "optimal")
    assert found["tasks"] == 2  # the third leaves no room
    run = _trials(culture=[[[4.0], [2.5], [4.0]]], random_order=low, good=high)
    assert gains.document([run])["ends"] == ("random_order", "good")
    assert gains.document([_trials(culture=low, optimal=high)])["ends"] is None


def test_behaviour_is_that_of_the_journal_with_an_interval_over_runs() -> None:
    run, lines = _trials(culture=CULTURE), [{"attention": value} for value in (0.1, None, 0.3)]
    found = gains.document([run], journals=[lines])
    rows = [row for row in found["metrics"] if row["metric"] == "attention"]
    assert [(row["generation"], row["value"], row["low"]) for row in rows] == [
        (0, 0.1, None),
        (2, 0.3, None),
    ]
    more = [{"attention": value} for value in (0.3, 0.4, 0.3)]
    rows = gains.document([run, run], journals=[lines, more])["metrics"]
    (first, last) = (row for row in rows if row["metric"] == "attention")
    assert (first["low"], first["value"], first["high"]) == pytest.approx((0.1, 0.2, 0.3))
    assert (last["low"], last["value"], last["high"]) == pytest.approx((0.3, 0.3, 0.3))


def test_intervals_descend_from_the_key() -> None:
    noise = np.random.default_rng(1).normal(size=(2, 3, 16, 2))
    one, again, other = (gains.document([_trials(culture=noise)], key=key) for key in (1, 1, 2))
    assert one == again != other


def test_runs_that_do_not_go_together_are_refused() -> None:
    culture = np.array(CULTURE)
    with pytest.raises(FormatError, match="other trials"):
        gains.document([_trials(culture=culture), _trials(culture=culture[..., :2])])


def test_what_was_written_is_read_back() -> None:
    culture, lone = np.arange(12.0).reshape(2, 3, 2), -np.arange(6.0).reshape(1, 3, 2)
    yardstick = np.full((1, 3, 2), 9.0)
    told = [
        columns(0, "oracle", [""], ["x", "y", "z"], yardstick),
        columns(0, "oracle", ["a"], ["x", "y", "z"], lone),  # the young beside it, by the same name
        columns(0, "culture", ["b", "a"], ["x", "y", "z"], culture),
        columns(0, "lone", ["l"], ["x", "y", "z"], lone),
        columns(1, "culture", ["c", "d"], ["x", "y", "z"], culture + 1),
    ]
    found = collect(joined(told), "run")
    assert found.tasks == ("x", "y", "z") and found.generations == 2 and found.trials == 2
    assert found.blocks["culture"][0].members == ("a", "b")
    np.testing.assert_array_equal(found.blocks["culture"][0].values, culture[::-1])
    np.testing.assert_array_equal(found.blocks["lone"][0].values, lone)
    np.testing.assert_array_equal(found.yardsticks["oracle"], yardstick[0])
    np.testing.assert_array_equal(found.blocks["oracle"][0].values, lone)


def test_a_task_that_is_there_twice_is_told_once_by_its_mean() -> None:
    values = np.array([[[1.0], [5.0], [3.0]]])
    told = collect(columns(0, "culture", ["a"], ["x", "y", "x"], values), "run")
    assert told.tasks == ("x", "y")
    assert told.blocks["culture"][0].values.tolist() == [[[2.0], [5.0]]]


def test_tables_that_are_not_whole_are_refused() -> None:
    part = columns(0, "culture", ["a"], ["x", "y"], np.ones((1, 2, 2)))
    short = {name: list(column)[:-1] for name, column in part.items()}
    with pytest.raises(FormatError, match="run: measures of culture in generation 0 are missing"):
        collect(short, "run")
    with pytest.raises(FormatError, match="there twice"):
        collect(joined([part, part]), "run")
    with pytest.raises(FormatError, match="no table of trials"):
        collect({name: [] for name in part}, "run")
    later = columns(1, "culture", ["a"], ["x", "y"], np.ones((1, 2, 2)))
    with pytest.raises(FormatError, match="a generation is missing"):
        collect(later, "run")
