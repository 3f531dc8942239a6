"""Every setting says what it means and may be, and mistyped keys find the one that was meant."""

import dataclasses
import subprocess
import sys
from operator import attrgetter
from typing import get_type_hints

import pytest

from configs.keys import SECTIONS, SETTINGS, children, flat, suggestion
from configs.schema import Settings


@pytest.mark.parametrize("key", SETTINGS)
def test_a_setting_has_help_and_a_number_has_a_range(key: str) -> None:
    said = SETTINGS[key]
    assert said.help.endswith(".")
    if isinstance(said.default, int | float) and not isinstance(said.default, bool):
        limits = said.choices or (said.low, said.high)
        assert None not in limits
        if not said.choices:
            assert said.low is not None and said.high is not None
            assert said.low <= said.default <= said.high
            assert not said.open or said.low < said.default
    if said.choices:
        assert isinstance(said.choices, tuple) and said.default in said.choices


@pytest.mark.parametrize("section", ["", *SECTIONS])
def test_defaults_have_the_types_that_are_written(section: str) -> None:
    part = attrgetter(section)(Settings()) if section else Settings()
    for name, written in get_type_hints(type(part)).items():
        assert type(getattr(part, name)) is written
        assert dataclasses.is_dataclass(written) or written in (bool, int, float, str)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_has_one_sentence(section: str) -> None:
    assert SECTIONS[section].endswith(".") and "\n" not in SECTIONS[section]


def test_flat_lists_every_setting_in_order() -> None:
    assert list(flat(Settings())) == list(SETTINGS)


def test_children_are_the_names_below() -> None:
    assert children("ray") == ["address", "worker_memory"]
    top = {section for section in SECTIONS if "." not in section}
    assert top | {"seed", "workers"} == set(children(""))
    assert children("creator.again") == ["least", "nearest", "pretest", "random"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("world.sise", "world.size"),
        ("sede", "seed"),
        ("learning_rate", "learner.learning_rate"),
        ("population.elders", "culture.elders"),
        ("lr", "learner.learning_rate"),
        ("wrold.size", "world.size"),
        ("popluation", "population"),
        ("learner.entropy_wieght", "learner.entropy_weight"),
        ("zebra", None),
        ("x" * 100_000, None),
    ],
)
def test_a_mistyped_key_finds_the_one_that_was_meant(typed: str, meant: str | None) -> None:
    assert suggestion(typed) == meant


def test_the_schema_needs_the_standard_library_only() -> None:
    code = (
        "import sys, configs.schema, configs.limits, configs.keys;"
        "assert not {'yaml', 'omegaconf', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
