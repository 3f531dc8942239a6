"""What is written says what it means and loads back to the same settings."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from configs.keys import SECTIONS, SETTINGS, flat
from configs.load import (
    SettingsError,
    help_for,
    load,
    schema_json,
    shipped,
    to_yaml,
)
from configs.rules import RULES
from configs.schema import Settings
from configs.setting import Setting
from configs.write import scalar

RULED = {key for keys in RULES.values() for key in keys}
PLAIN = st.text(st.characters(exclude_categories=("C", "Z")), max_size=20)


def values(said: Setting) -> st.SearchStrategy[Any]:
    """Allowed values of one setting."""
    if said.choices:
        return st.sampled_from(said.choices)
    if isinstance(said.default, bool):
        return st.booleans()
    if isinstance(said.default, str):
        return PLAIN.filter(lambda text: "${" not in text and "@" not in text and text != "???")
    assert said.low is not None and said.high is not None
    if isinstance(said.default, int):
        return st.integers(int(said.low), int(said.high))
    return st.floats(said.low, said.high, exclude_min=said.open)


@st.composite
def any_settings(draw: st.DrawFn) -> Settings:
    """Settings that differ from the defaults in a few keys and break no rule."""
    keys = draw(st.lists(st.sampled_from(list(SETTINGS)), max_size=4, unique=True))
    overrides = [f"{key}={scalar(draw(values(SETTINGS[key])))}" for key in keys]
    try:
        return load(None, overrides)
    except SettingsError as error:
        assert {problem.key for problem in error.problems} <= RULED, str(error)
        reject()


@settings(
    derandomize=True,
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(written=any_settings(), comments=st.booleans())
def test_what_is_written_loads_back_equal(
    tmp_path: Path, written: Settings, comments: bool
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(to_yaml(written, comments), encoding="utf-8")
    assert load(path, trusted=False) == written


@pytest.mark.parametrize("name", shipped())
def test_every_preset_comes_back_from_its_documented_form(name: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(to_yaml(load(name)), encoding="utf-8")
    assert load(path) == load(name)


def test_comments_give_help_range_and_source() -> None:
    text = to_yaml(Settings())
    for key, said in SETTINGS.items():
        assert said.help in text, key
    assert "float, > 0, per update; 0..1; default 0.001; Cook 2024" in text
    assert max(map(len, text.splitlines())) < 220


def test_without_comments_there_is_one_line_per_key() -> None:
    text = to_yaml(Settings(), comments=False)
    assert "#" not in text
    assert len(text.splitlines()) == len(SETTINGS) + len(SECTIONS)


@pytest.mark.parametrize("key", ["", *SETTINGS, *SECTIONS])
def test_help_is_there_for_every_key(key: str) -> None:
    assert key in help_for(key)


def test_help_for_an_unknown_key_suggests_one() -> None:
    with pytest.raises(SettingsError, match="Did you mean world.size"):
        help_for("world.sise")


def test_the_schema_document_describes_every_setting() -> None:
    document = json.loads(json.dumps(schema_json(), allow_nan=False))
    assert document["format"] == 1
    for key, said in SETTINGS.items():
        part = document
        for name in key.split("."):
            part = part["properties"][name]
        assert (part["default"], part["description"]) == (said.default, said.help)
    assert document["properties"]["learner"]["additionalProperties"] is False
    assert document["properties"]["learner"]["properties"]["clip"]["exclusiveMinimum"] == 0
    assert list(document["properties"]["world"]["properties"])[0] == "name"
    assert len(flat(Settings())) == len(SETTINGS)
