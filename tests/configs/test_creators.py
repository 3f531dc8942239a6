"""The presets of creators: each names one algorithm and is stacked over any experiment."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from configs.creator_schema import CREATORS
from configs.keys import SETTINGS, flat
from configs.load import SettingsError, load, read, shipped

NAMES = [name for name in shipped() if "/" in name]


@cache
def of(name: str) -> dict[str, Any]:
    """The settings of a shipped file."""
    return flat(load(name))


def test_there_is_a_preset_for_every_algorithm_but_mixtures() -> None:
    assert {of(name)["creator.name"] for name in NAMES if name != "creators/again"} | {"again"} == {
        *CREATORS
    } - {"mix"}


@pytest.mark.parametrize("name", NAMES)
def test_over_an_experiment_only_the_creator_changes(name: str) -> None:
    other = "debug" if name == "creators/paired" else "memory_in_context"  # which has one member
    for experiment in ("quickstart", other):
        before, after = of(experiment), flat(load([experiment, name]))
        changed = [key for key in SETTINGS if before[key] != after[key]]
        assert all(key.startswith("creator.") for key in changed), changed
        assert after["creator.name"] in CREATORS


def test_after_robust_plr_any_other_may_follow() -> None:
    for name in ("random", "eva", "alp_gmm", "omni", "elders"):
        assert not load(["creators/robust_plr", f"creators/{name}"]).creator.robust


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_tells_its_source(name: str) -> None:
    text = Path("configs", f"{name}.yaml").read_text()
    assert text.startswith("# ") and any(word in text for word in ("(", "ours"))


def test_of_several_sources_the_later_one_wins(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("creator: {edits: 7}\nseed: 3\n")
    settings = load(["debug", "creators/accel", mine], ["creator.replay=0.6"])
    assert settings.creator.edits == 7 and settings.creator.replay == 0.6
    assert (settings.creator.robust, settings.seed, settings.workers) == (True, 3, 0)
    assert load([mine, "creators/accel"]).creator.edits == 5


def test_a_file_extends_presets_by_their_names(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("extends: [debug, creators/elders]\n")
    assert load(mine) == load(["debug", "creators/elders"])


def test_a_shipped_name_wins_over_a_file_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "creators").mkdir()
    (tmp_path / "creators" / "accel").write_text("seed: 9\n")
    assert load("creators/accel").seed == 0
    assert load("./creators/accel").seed == 9
    assert load(Path("creators/accel")).seed == 9


def test_of_files_named_by_path_all_texts_are_kept(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(f"# {name}\nseed: 1\n")
    found = read([tmp_path / "one.yaml", "debug", tmp_path / "two.yaml"])
    assert found.text == "# one\nseed: 1\n---\n# two\nseed: 1\n"
    assert [path.name for path in found.files] == ["one.yaml", "two.yaml"]


def test_of_a_name_that_is_nearly_a_preset_s_that_is_told() -> None:
    with pytest.raises(SettingsError, match="Did you mean creators/accel"):
        load(["debug", "creators/acel"])


def test_problems_name_the_command_that_explains_what_was_stacked() -> None:
    with pytest.raises(SettingsError, match="see: ratchet config debug creators/eva --help"):
        load(["debug", "creators/eva"], ["creator.edits=0"])
