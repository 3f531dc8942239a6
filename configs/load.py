"""From files, the command line or a dictionary to checked settings: all problems at once."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from configs import limits
from configs import nodes as tree
from configs.compare import difference, digest, only_resumable
from configs.describe import help_for, schema_json
from configs.keys import SECTIONS
from configs.problems import COMMAND_LINE, Problem, SettingsError
from configs.references import Given, Resolver
from configs.rules import RULES
from configs.scalars import Value, spell
from configs.schema import Settings
from configs.sources import Files, read_overrides, shipped
from configs.walk import Reading, walk
from configs.write import documented, to_dict, to_yaml

__all__ = [
    "Problem",
    "SettingsError",
    "difference",
    "digest",
    "documented",
    "from_dict",
    "help_for",
    "load",
    "only_resumable",
    "schema_json",
    "shipped",
    "to_dict",
    "to_yaml",
]

DEFAULT = "default"  # the place of a setting that nobody gave
STORED = "settings"  # the place of settings that come as a dictionary


def load(
    source: str | Path | None,
    overrides: Sequence[str] = (),
    *,
    trusted: bool = True,
    notices: list[str] | None = None,
) -> Settings:
    """Settings of `source` (shipped name, path, or None: the defaults) and KEY=VALUE `overrides`.

    `trusted=False` is for files that come with a run: no references, no `extends`. What a user
    should know but need not mend is added to `notices`. Raises SettingsError with all problems.
    """
    typed = read_overrides(overrides, trusted)
    files = Files(trusted)
    if source is not None:
        files.add(source)
    if notices is not None:
        notices.extend(files.notices)
    named = _named(source, files.told)
    return _settle([typed, *files.told], [*files.stacked, typed], named)


def from_dict(values: Mapping[str, Any]) -> Settings:
    """Settings from a dictionary as `to_dict` gives, checked as a file is; raises SettingsError."""
    reading = Reading()
    root = _node(values, 0)
    if isinstance(root, tree.Mapping):
        walk("", root, reading, lambda line: STORED, trusted=False)
    else:
        reading.refuse(STORED, "", "not a dictionary")
    return _settle([reading], [reading], "")


def _named(source: str | Path | None, told: Sequence[Reading]) -> str:
    """How a command that shows help would name `source`; "" for one that was not found."""
    found = bool(told) and not any(p.where == COMMAND_LINE for p in told[0].problems)
    return str(source) if found else ""


def _settle(told: Sequence[Reading], stacked: Iterable[Reading], source: str) -> Settings:
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
        raise SettingsError(shown, source)
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


def _node(value: Any, depth: int) -> tree.Node:
    """The node a file would have for a plain value."""
    if isinstance(value, Mapping) and depth < limits.YAML_DEPTH:
        entries = [
            (tree.Scalar(str(k), quoted=True), _node(v, depth + 1)) for k, v in value.items()
        ]
        return tree.Mapping(entries)
    if isinstance(value, list | tuple):
        return tree.Items()
    if value is None:
        return tree.Scalar("null")
    if isinstance(value, bool | int | float | str):
        return tree.Scalar(spell(value), quoted=isinstance(value, str))
    return tree.Scalar("", refused=f"a {type(value).__name__} is not a setting")
