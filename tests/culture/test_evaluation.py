"""Members of one run or of several are measured again, compared, and their returns kept in a file."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from culture import focal
from culture.evaluation import Asked, evaluate
from culture.files import Files
from culture.members import bests_of, members_of, settings_of
from culture.returns import load as load_returns
from culture.returns import save
from culture.scores import scores, table
from culture.setting import prepare
from populations.workers import open_pool
from tests.culture.small_runs import contents
from tests.culture.whole_runs import finished
from viewer.library import Run
from worlds.formats import FormatError

TINY = (
    "workers=0",
    "world.trial_length=10",
    "culture.steps=320",
    "culture.generations=2",
    "culture.single_lifetime=false",
    "evaluation.tasks=8",
    "evaluation.episodes=4",
    "learner.hidden=16",
    "run.replays=0",
)
HERE = Asked(workers=0)


def _run(path: Path, *more: str) -> Path:
    return finished(path, *TINY, *more)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two seeds, in worlds with another order of goals."""
    folder = tmp_path_factory.mktemp("runs")
    return [_run(folder / f"s{seed}", f"seed={seed}") for seed in (0, 1)]


@pytest.fixture(scope="module")
def pair(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two runs in the same worlds."""
    other = _run(tmp_path_factory.mktemp("other") / "fast", "learner.learning_rate=0.003")
    return [runs[0], other]


def _changed(run: Path, path: Path, before: str, after: str) -> Path:
    """A copy of a run with other settings."""
    shutil.copytree(run, path)
    config = path / "config.yaml"
    assert before in config.read_text()
    config.write_text(config.read_text().replace(before, after))
    return path


def test_members_on_disk_are_measured_again_as_they_were(runs: list[Path]) -> None:
    before = contents(runs[0])
    found = scores(evaluate(runs[:1], HERE))
    assert contents(runs[0]) == before
    lineage = Run(runs[0]).table("lineage")
    columns = (lineage[name] for name in ("generation", "member", "how", "return"))
    recorded = {
        (g, member): value for g, member, how, value in zip(*columns, strict=True) if how == "born"
    }
    assert len(found["members"]) == 4
    for line in found["members"]:
        assert line["return"] == pytest.approx(
            recorded[line["generation"], line["member"]], abs=1e-6
        )
    assert "held-out tasks" in table(found)


def test_several_runs_are_compared_by_what_tasks_are_worth_to_all_of_them(runs: list[Path]) -> None:
    found = scores(evaluate(runs, Asked(workers=0, best=True)))
    assert found["runs"] == [str(run) for run in runs]
    lines = [(line["run"], line["generation"]) for line in found["members"]]
    assert lines == [(str(run), generation) for run in runs for generation in (0, 1)]
    alone = scores(evaluate(runs[:1], HERE))
    assert found["worth"]["version"] != alone["worth"]["version"]
    mine = {(line["generation"], line["member"]): line["return"] for line in alone["members"]}
    for line in found["members"][:2]:  # what it earns depends on nobody else
        assert line["return"] == mine[line["generation"], line["member"]]
    assert str(runs[1]) in table(found)


def test_the_best_of_a_generation_is_the_first_of_its_lineage(runs: list[Path]) -> None:
    settings = settings_of(runs[0])
    pool = open_pool(0)
    family = prepare(settings, pool, lambda event: None).family
    pool.close()
    everybody = members_of(runs[0], family, settings, None)
    lineage = Run(runs[0]).table("lineage")
    firsts = [lineage["member"][lineage["generation"].tolist().index(g)] for g in (0, 1)]
    assert [kept.member.name for kept in bests_of(runs[0], everybody)] == firsts


def test_runs_of_other_worlds_are_not_compared(runs: list[Path], tmp_path: Path) -> None:
    other = _changed(runs[0], tmp_path / "other", "wrong_penalty: 1.0", "wrong_penalty: 0.25")
    with pytest.raises(FormatError, match="world.wrong_penalty is 0.25, not 1.0"):
        evaluate([runs[0], other], HERE)
    other = _changed(runs[0], tmp_path / "more", "tasks: 8", "tasks: 16")
    with pytest.raises(FormatError, match="evaluation.tasks is 16, not 8"):
        evaluate([runs[0], other], HERE)
    with pytest.raises(FormatError, match="is given twice"):
        evaluate([runs[0], runs[0]], HERE)
    for meet in (
        lambda: evaluate(runs, Asked(workers=0, company="population")),
        lambda: focal.evaluate(runs[:1], HERE, ["visitor"], runs[1]),
    ):
        with pytest.raises(FormatError, match="seed is 1, not 0"):
            meet()


def test_an_unknown_member_or_a_network_of_another_size_is_refused(
    runs: list[Path], tmp_path: Path
) -> None:
    with pytest.raises(FormatError, match="has no member 'g9_m9'; known: g0_m0"):
        evaluate(runs[:1], Asked(workers=0, member="g9_m9"))
    other = _changed(runs[0], tmp_path / "run", "hidden: 16", "hidden: 32")
    with pytest.raises(FormatError, match=r"another architecture: hidden is 16"):
        evaluate([other], HERE)


def test_everybody_meets_the_best_of_all_generations_and_nobody_changes_another(
    pair: list[Path],
) -> None:
    both = evaluate(pair, Asked(workers=0, company="population"))
    assert len(both.rosters) == 4 and len(set(both.rosters)) == 4
    assert both.table.shape == (8 + 1, 4, 8, 1)  # members and the oracle, rosters, tasks, agent_0
    one = evaluate(pair[:1], Asked(workers=0, company="population"))
    assert one.rosters == both.rosters[:2]
    np.testing.assert_array_equal(one.table[:4], both.table[:4, :2])
    assert "beside the best of all generations" in table(scores(both))


def test_a_kept_table_says_the_same_again(pair: list[Path], tmp_path: Path) -> None:
    played = evaluate(pair[:1], Asked(workers=0, company="population"))
    save(played, tmp_path / "returns.parquet")
    again = load_returns(tmp_path / "returns.parquet")
    assert scores(again) == scores(played)
    assert [path.name for path in tmp_path.iterdir()] == ["returns.parquet"]


def test_a_table_that_holds_no_evaluation_is_refused(runs: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "returns.parquet"
    played = evaluate(runs[:1], Asked(workers=0, member="g0_m0"))
    save(played, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FormatError, match="cannot be read"):
        load_returns(path)
    path.write_bytes(next((runs[0] / "lineage").iterdir()).read_bytes())
    with pytest.raises(FormatError, match="its columns are not"):
        load_returns(path)
    holes = played.table.copy()
    holes[0, 0, 0, 0] = np.nan
    twice = [*played.tasks[:1], *played.tasks[:1], *played.tasks[2:]]
    for spoiled in (
        {"tasks": tuple(twice)},
        {"who": played.who[::-1]},
        {"who": tuple(who._replace(run="") for who in played.who)},
        {"who": tuple(who._replace(name="\x1b[2J") for who in played.who)},
        {"table": np.full_like(holes, np.nan)},
    ):
        save(type(played)(**{**played.__dict__, **spoiled}), path)
        with pytest.raises(FormatError, match=r"returns\.parquet: "):
            load_returns(path)


def test_a_table_that_cannot_be_kept_is_refused_before_anybody_plays(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("culture.returns.limits", SimpleNamespace(PARQUET_ROWS=8))
    with pytest.raises(FormatError, match="a table holds 8: name one --member"):
        evaluate(runs[:1], HERE, tmp_path / "returns.parquet")
    for name in ("returns.csv", "nowhere/returns.parquet"):
        with pytest.raises(FormatError, match="ends in .parquet and lies in a folder"):
            evaluate(runs[:1], HERE, tmp_path / name)


def test_scenarios_are_measured_for_each_run_and_change_nothing(pair: list[Path]) -> None:
    before = [contents(run) for run in pair]
    found = focal.evaluate(pair[:1], HERE, focal.SCENARIOS)
    rows = {row["scenario"]: row for row in found["scenarios"]}
    assert set(rows) == set(focal.SCENARIOS)
    assert rows["resident"]["focal"] == ["g1_m0", "g1_m1"]  # the last generation
    assert rows["resident"]["background"] in (["g0_m0"], ["g0_m1"])
    assert rows["universal"]["background_return_per_capita"] is None
    for row in rows.values():
        assert np.mean(row["by_task"]["focal"]) == pytest.approx(row["focal_return_per_capita"])
        assert row["focal_low"] <= row["focal_return_per_capita"] <= row["focal_high"]
    one = Asked(workers=0, member="g0_m1")
    other = focal.evaluate(pair[:1], one, ["visitor"], pair[1])
    assert other["scenarios"][0]["focal"] == ["g0_m1"]
    assert len(other["scenarios"]) == 1 and len(other["scenarios"][0]["background"]) == 2
    assert other["scenarios"][0]["background_run"] == str(pair[1])
    assert [contents(run) for run in pair] == before
    assert "visitor" in focal.table(other) and "universal" in focal.table(found)


def test_a_file_is_never_half_written(runs: list[Path], tmp_path: Path) -> None:
    class Full(Files):
        def fsync(self, path: Path) -> None:
            raise OSError(28, "no space left on device", str(path))

    played = evaluate(runs[:1], Asked(workers=0, member="g0_m0"))
    with pytest.raises(OSError, match="no space"):
        save(played, tmp_path / "returns.parquet", Full())
    assert not list(tmp_path.iterdir())
