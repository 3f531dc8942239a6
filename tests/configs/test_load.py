"""Files, what they extend and the command line become one set of checked settings."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from configs.keys import SETTINGS, flat
from configs.load import SettingsError, load, read, shipped, to_yaml
from configs.schema import Settings

Writer = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Writes a file below the test's folder and returns its path."""

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def texts(error: SettingsError) -> str:
    return "\n".join(problem.text for problem in error.problems)


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_file_loads(name: str) -> None:
    assert isinstance(load(name), Settings)


def test_the_documented_presets_are_shipped() -> None:
    presets = {"quickstart", "debug", "in_context", "in_weights", "playground", "cluster"}
    assert presets <= set(shipped())


def test_debug_works_in_this_process() -> None:
    assert load("debug").workers == 0


def test_cluster_says_only_where_to_work() -> None:
    cluster, default = flat(load("cluster")), flat(Settings())
    changed = [key for key in SETTINGS if cluster[key] != default[key]]
    assert changed and all(SETTINGS[key].resumable for key in changed)


def test_without_a_source_every_setting_has_its_default() -> None:
    assert load(None) == Settings()


def test_settings_are_frozen_all_the_way_down() -> None:
    settings = load("debug", ["world.size=7"])
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.world.size = 8  # type: ignore[misc]


def test_the_command_line_wins_over_the_file_over_what_it_extends(write: Writer) -> None:
    write("base.yaml", "seed: 1\nworkers: 1\nworld: {size: 6, view: 3, trials: 2}\n")
    write("second.yaml", "workers: 3\nworld: {view: 9, trials: 3}\n")
    path = write("mine.yaml", "extends: [base.yaml, second.yaml]\nworld: {trials: 4}\n")
    settings = load(path, ["world.trials=5"])
    assert (settings.seed, settings.workers) == (1, 3)
    assert (settings.world.size, settings.world.view, settings.world.trials) == (6, 9, 5)
    assert load(path).world.trials == 4


def test_a_shipped_name_can_be_extended_from_a_file_of_the_same_name(write: Writer) -> None:
    path = write("debug.yaml", "extends: debug\nseed: 9\n")
    assert load(path) == dataclasses.replace(load("debug"), seed=9)


def test_extended_paths_start_from_the_file_that_names_them(write: Writer) -> None:
    write("deep/base.yaml", "extends: ../other.yaml\n")
    write("other.yaml", "seed: 5\n")
    assert load(write("mine.yaml", "extends: deep/base.yaml\n")).seed == 5


def test_a_bad_value_is_told_even_where_a_later_source_replaces_it(write: Writer) -> None:
    path = write("mine.yaml", "seed: fast\n")
    with pytest.raises(SettingsError, match="fast"):
        load(path, ["seed=1"])


def test_an_empty_file_is_allowed_with_a_notice(write: Writer) -> None:
    loaded = read(write("mine.yaml", "# nothing yet\n"))
    assert loaded.settings == Settings()
    assert len(loaded.notices) == 1 and "mine.yaml is empty" in loaded.notices[0]


def test_a_byte_order_mark_does_no_harm(write: Writer) -> None:
    assert load(write("mine.yaml", "\ufeffseed: 4\n")).seed == 4


def test_the_same_place_may_not_be_a_list_of_files_of_files(write: Writer) -> None:
    with pytest.raises(SettingsError, match="must be a name, a path, or a list"):
        load(write("mine.yaml", "extends: [[debug]]\n"))


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("learner.learning_rate=1e-4", 1e-4),
        ("learner.learning_rate=.5", 0.5),
        ("learner.gamma=1", 1.0),
        ("seed=+7", 7),
        ("seed=9223372036854775807", 2**63 - 1),
        ("culture.single_lifetime=false", False),
        ("run.dir=", ""),
        ("run.dir=here # there", "here # there"),
        ("run.dir=a: b", "a: b"),
        ("run.dir='no'", "no"),
        ('run.dir="1.50"', "1.50"),
        ("run.dir=s3://bucket/runs", "s3://bucket/runs"),
        ("run.dir=2026-11-20", "2026-11-20"),
    ],
)
def test_what_is_meant_is_taken(override: str, value: object) -> None:
    key = override.partition("=")[0]
    got = flat(load(None, [override]))[key]
    assert got == value and type(got) is type(value)


def test_a_whole_number_for_a_float_becomes_a_float() -> None:
    assert isinstance(load(None, ["learner.gamma=1"]).learner.gamma, float)


def test_references_take_the_final_value_of_another_setting(write: Writer) -> None:
    text = 'workers: ${culture.elders}\nrun: {dir: "runs/${seed}-${world.size}"}\nseed: 3\n'
    settings = load(write("mine.yaml", text), ["world.size=7", "culture.elders=${seed}"])
    assert settings.run.dir == "runs/3-7"
    assert settings.workers == settings.culture.elders == 3


def test_references_go_through_at_most_eight_others(write: Writer) -> None:
    shares = (
        key
        for key, said in SETTINGS.items()
        if isinstance(said.default, float)
        and said.high == 1
        and "transmission" not in key
        and key.count(".") == 1
    )
    keys = list(shares)[-11:]
    chain = [f"{a}=${{{b}}}" for a, b in zip(keys, keys[1:], strict=False)]
    assert load(None, chain[2:]) is not None
    with pytest.raises(SettingsError, match="through more than 8 others"):
        load(None, chain)


def test_files_that_come_with_a_run_may_not_refer_or_extend(write: Writer) -> None:
    path = write("config.yaml", "extends: debug\nseed: ${workers}\n")
    with pytest.raises(SettingsError) as caught:
        load(path, trusted=False)
    assert [p.key for p in caught.value.problems] == ["extends", "seed"]


def test_no_environment_text_reaches_settings(
    write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "do-not-tell")
    for text in ("${oc.env:TOKEN}", "${env:TOKEN}", "${oc.decode:${oc.env:TOKEN}}"):
        with pytest.raises(SettingsError) as caught:
            load(write("mine.yaml", f'run: {{dir: "{text}"}}\n'))
        assert "do-not-tell" not in str(caught.value)
    assert load(None, ["run.dir=$TOKEN"]).run.dir == "$TOKEN"


def test_a_password_in_a_path_is_not_shown() -> None:
    settings = load(None, ["run.dir=s3://anna:secret@bucket/runs"])
    assert settings.run.dir == "s3://anna:secret@bucket/runs"
    assert 'dir: "s3://***@bucket/runs"' in to_yaml(settings)


def test_a_folder_belongs_to_the_file_that_names_it_also_an_extended_one(write: Writer) -> None:
    base = write("deep/base.yaml", "run:\n  dir: results\n")
    path = write("mine.yaml", "extends: deep/base.yaml\nseed: 5\n")
    loaded = read(path)
    assert loaded.folder == base.parent and loaded.settings.run.dir == "results"
    assert loaded.files == (base, path)
    assert loaded.text == "extends: deep/base.yaml\nseed: 5\n"
    assert read(path, ["run.dir=here"]).folder == Path()
    write("mine.yaml", "extends: deep/base.yaml\nrun:\n  dir: own\n")
    assert read(path).folder == path.parent


def test_of_a_shipped_file_no_text_is_told_even_beside_a_file_of_that_name(
    write: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write("debug", "a stranger's")
    loaded = read("debug")
    assert (loaded.settings, loaded.text, loaded.files) == (load("debug"), "", ())


def test_links_in_a_circle_are_no_settings(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("b.yaml")
    (tmp_path / "b.yaml").symlink_to("a.yaml")
    with pytest.raises(SettingsError, match="a.yaml: too many levels of symbolic links"):
        load(tmp_path / "a.yaml")
