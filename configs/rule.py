"""What a rule between settings is, and all that are registered."""

from collections.abc import Callable

from configs.problems import Problem
from configs.schema import Settings

Rule = Callable[[Settings], list[Problem]]

RULES: dict[Rule, tuple[str, ...]] = {}  # each rule -> the keys it reads


def reads(*keys: str) -> Callable[[Rule], Rule]:
    """Registers a rule with the keys it reads; it is not asked if one of them is wrong already."""

    def register(rule: Rule) -> Rule:
        RULES[rule] = keys
        return rule

    return register


def problem(key: str, text: str) -> list[Problem]:
    """What a rule returns that sees one problem, with the setting `key`."""
    return [Problem("", key, text)]
