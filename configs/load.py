"""From files and the command line to checked settings: all problems at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from configs import creator_rules, limits, transmission_rules
from configs.compare import difference, digest, only_resumable
from configs.describe import help_for, schema_json
from configs.keys import SECTIONS
from configs.problems import COMMAND_LINE, Problem, SettingsError
from configs.references import Given, Resolver
from configs.rules import RULES
from configs.scalars import Value
from configs.schema import Settings
from configs.sources import Files, read_overrides, shipped
from configs.walk import Reading
from configs.write import to_dict, to_yaml

__all__ = [
    "Loaded",
    "Problem",
    "SettingsError",
    "creator_rules",  # registered by being here
    "difference",
    "digest",
    "help_for",
    "load",
    "only_resumable",
    "read",
    "schema_json",
    "shipped",
    "to_dict",
    "to_yaml",
    "transmission_rules",  # registered by being here
]

DEFAULT = "default"  # the place of a setting that nobody gave


@dataclass(frozen=True)
class Loaded:
    """Checked settings, and what is known of where they came from."""

    settings: Settings
    text: str  # of the files that were named by path; "" if all were shipped
    files: tuple[Path, ...]  # those read by path: the ones named and all they extend
    folder: (
        Path  # a relative run.dir starts here: where its file lies, or the caller's folder if typed
    )
    notices: tuple[str, ...]  # what a user should know but need not mend


def load(
    source: str | Path | Sequence[str | Path] | None,
    overrides: Sequence[str] = (),
    *,
    trusted: bool = True,
) -> Settings:
    """The settings of `read`, which is asked the same way."""
    return read(source, overrides, trusted=trusted).settings


def read(
    source: str | Path | Sequence[str | Path] | None,
    overrides: Sequence[str] = (),
    *,
    trusted: bool = True,
) -> Loaded:
    """Settings of `source` (shipped name, path, or None: the defaults) and KEY=VALUE `overrides`.

    Of several sources later ones win. `trusted=False` is for files that come with a run: no references,
    no `extends`. Raises SettingsError with all problems.
    """
    typed = read_overrides(overrides, trusted)
    files = Files(trusted)
    sources = [source] if isinstance(source, str | Path) else source or []
    for each in sources:
        files.add(each)
    stacked = [*files.stacked, typed]
    settings = _settle([typed, *files.told], stacked, _named(sources, files.told))
    folders = [reading.folder for reading in stacked if "run.dir" in reading.given]
    return Loaded(
        settings,
        files.text,
        tuple(reading.file for reading in files.stacked if reading.file is not None),
        folders[-1] if folders else Path(),
        tuple(files.notices),
    )


def _named(sources: Sequence[str | Path], told: Sequence[Reading]) -> list[str]:
    """How a command that shows help would name the `sources`; empty if one was not found."""
    missing = any(p.where == COMMAND_LINE for reading in told for p in reading.problems)
    return [] if missing else [str(source) for source in sources]


def _settle(
    told: Sequence[Reading], stacked: Iterable[Reading], sources: Sequence[str]
) -> Settings:
    """Checked settings; the last of `stacked` wins, problems come in the order of `told`."""
    given: dict[str, Given] = {}
    for reading in stacked:
        given.update(reading.given)
    problems = [problem for reading in told for problem in reading.problems]
    wrong = {key for reading in told for key in reading.wrong}
    values = _values(given, problems, wrong)
    settings = _merged(values)
    for rule, keys in RULES.items():
        if not wrong.intersection(keys):
            for p in rule(settings):
                where = given[p.key].where if p.key in given else DEFAULT
                problems.append(Problem(where, p.key, p.text))
    if problems:
        shown = problems[: limits.SETTINGS_PROBLEMS]
        if len(problems) > len(shown):
            shown.append(Problem("", "", "further problems are not shown; mend these first"))
        raise SettingsError(shown, sources)
    return settings


def _values(
    given: Mapping[str, Given], problems: list[Problem], wrong: set[str]
) -> dict[str, Value]:
    """Key path -> value with references replaced; adds to `problems` and `wrong`."""
    resolver = Resolver(given)
    values: dict[str, Value] = {}
    for key, said in given.items():
        try:
            values[key] = resolver.value(key)
        except ValueError as error:
            problems.append(Problem(said.where, key, str(error)))
            wrong.add(key)
    return values


def _merged(values: Mapping[str, Value]) -> Settings:
    """The schema's defaults with `values` over them."""
    given: dict[str, Any] = {}
    for key, value in values.items():
        *sections, name = key.split(".")
        part = given
        for section in sections:
            part = part.setdefault(section, {})
        part[name] = value
    settings = OmegaConf.to_object(OmegaConf.merge(_schema(), given))
    assert isinstance(settings, Settings), "the schema is merged into, so its class comes out"
    return settings


@cache
def _schema() -> DictConfig:
    """The schema as OmegaConf knows it, unlocked: it makes frozen dataclasses read-only."""
    schema = OmegaConf.structured(Settings)
    for section in (schema, *(OmegaConf.select(schema, key) for key in SECTIONS)):
        OmegaConf.set_readonly(section, False)
    return schema
