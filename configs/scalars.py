"""From text to the value of a setting; whatever YAML may misread is refused with its cure."""

import difflib
import math
import re

from yaml import ScalarNode  # type: ignore[import-untyped]
from yaml.resolver import Resolver  # type: ignore[import-untyped]

from configs import limits
from configs.nodes import Scalar
from configs.problems import clip
from configs.setting import Setting

Value = bool | int | float | str

WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]*)")
REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
OCTAL = re.compile(r"[+-]?0[0-9]+")
UNDERSCORES = re.compile(r"[+-]?[0-9][0-9.]*(_[0-9.]*)+([eE][+-]?[0-9]+)?")
SEXAGESIMAL = re.compile(r"[+-]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
OTHER_BASE = re.compile(r"[+-]?0(x[0-9a-fA-F_]+|b[01_]+)")
NOT_FINITE = re.compile(r"[+-]?\.?(inf|infinity|nan)", re.IGNORECASE)
DIGITS = 19  # of 2**63 - 1


def read(setting: Setting, scalar: Scalar) -> Value:
    """The value of `setting` that `scalar` spells; raises ValueError with what is allowed."""
    if scalar.null:
        raise ValueError(
            f"null is no value. Leave the key out for its default ({spell(setting.default)})"
        )
    if isinstance(setting.default, bool):
        return _truth(scalar)
    value = _text(setting, scalar) if isinstance(setting.default, str) else _number(setting, scalar)
    if setting.choices and value not in setting.choices:
        raise ValueError(_not_a_choice(setting, scalar))
    return value


def expected(setting: Setting) -> str:
    """What a value must be: `a number (float, > 0, per update)`."""
    if isinstance(setting.default, bool):
        return "true or false"
    if setting.choices:
        return f"one of {', '.join(map(str, setting.choices))}"
    return "text" if isinstance(setting.default, str) else f"a number ({kind(setting)})"


def kind(setting: Setting) -> str:
    """Type, open bound and unit in words: `float, > 0, per update`."""
    words = [setting.unit] if setting.unit else []
    if setting.open:
        words.insert(0, f"> {setting.low:g}")
    if not setting.unit.startswith("probability"):  # says already what it is
        names = {bool: "true or false", int: "whole number", float: "float", str: "text"}
        words.insert(0, names[type(setting.default)])
    return ", ".join(words)


def span(setting: Setting) -> str:
    """The range of a number: `0..1`; "" if it has none."""
    low, high = setting.low, setting.high
    return "" if low is None or high is None else f"{_bound(low)}..{_bound(high)}"


def spell(value: Value) -> str:
    """`value` as a YAML file of ours writes it; text only where it needs no quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _truth(scalar: Scalar) -> bool:
    if scalar.quoted and scalar.text in ("true", "false"):
        raise ValueError(f"'{scalar.text}' is quoted text. Remove the quotes")
    if scalar.quoted or scalar.text not in ("true", "false"):
        raise ValueError(f"'{clip(scalar.text)}' is not true or false")
    return scalar.text == "true"


def _text(setting: Setting, scalar: Scalar) -> str:
    text, shown = scalar.text, clip(scalar.text)
    if setting.choices:
        return text
    if len(text) > limits.REFERENCE_LENGTH:
        raise ValueError(f"too long: {len(text):,} letters; at most {limits.REFERENCE_LENGTH:,}")
    if not text.isprintable():
        raise ValueError(f'"{shown}" has a letter that cannot be printed')
    if text == "???":
        raise ValueError('"???" stands for a missing value. Write the value')
    if not scalar.quoted:
        tag = Resolver().resolve(ScalarNode, text, (True, False))
        if tag.endswith(":bool"):
            raise ValueError(f'{shown} is true or false to YAML, not text. Quote it: "{shown}"')
        if tag.endswith((":int", ":float")) or REAL.fullmatch(text):
            raise ValueError(f'{shown} is a number to YAML, not text. Quote it: "{shown}"')
    return text


def _number(setting: Setting, scalar: Scalar) -> int | float:
    text, shown = scalar.text, clip(scalar.text)
    whole = isinstance(setting.default, int)
    if scalar.quoted and REAL.fullmatch(text):
        raise ValueError(f'"{shown}" is quoted text, not a number. Remove the quotes')
    if scalar.quoted:
        raise ValueError(f'"{shown}" is not {expected(setting)}')
    if trap := _trap(text):
        raise ValueError(f"{shown} {trap}")
    if not REAL.fullmatch(text):
        raise ValueError(f'"{shown}" is not {expected(setting)}')
    if whole and WHOLE.fullmatch(text):
        value: int | float = _integer(text)
    else:
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(f"{shown} is not a finite number ({kind(setting)})")
        if whole:
            raise ValueError(f"{shown} is not a whole number{_as_whole(value)}")
    _in_range(setting, value, shown)
    return value


def _trap(text: str) -> str:
    """Why a number is written in a way that YAML reads differently from people; "" if it is not."""
    if len(text) > limits.REFERENCE_LENGTH:
        return "is too long"
    plain = text.replace("_", "")
    if NOT_FINITE.fullmatch(text):
        return "is not a finite number"
    if OCTAL.fullmatch(text):
        octal = "" if set("89") & set(text) else f"means {int(text, 8)} (octal) to YAML"
        return f"{octal or 'has leading zeros'}. Write {int(text)}"
    if SEXAGESIMAL.fullmatch(text):
        return f"means {_sixties(plain)} (base 60) to YAML. Write the number in decimal"
    if OTHER_BASE.fullmatch(text):
        return f"is not decimal. Write {int(plain, 0)}"
    if UNDERSCORES.fullmatch(text):
        return f"has underscores. Write {plain}"
    return ""


def _sixties(text: str) -> str:
    total = 0.0
    for part in text.lstrip("+-").split(":"):
        total = total * 60 + float(part)
    return f"{'-' if text.startswith('-') else ''}{total:g}"


def _integer(text: str) -> int:
    digits = len(text.lstrip("+-"))
    if digits > DIGITS or abs(int(text)) > limits.LARGEST_INTEGER:
        raise ValueError(
            f"{clip(text)} has {digits} digits; whole numbers reach {limits.LARGEST_INTEGER}"
        )
    return int(text)


def _as_whole(value: float) -> str:
    return f". Write {int(value)}" if value.is_integer() and abs(value) < 1e18 else ""


def _in_range(setting: Setting, value: int | float, shown: str) -> None:
    low, high = setting.low, setting.high
    under = low is not None and (value <= low if setting.open else value < low)
    if under or (high is not None and value > high):
        raise ValueError(f"{shown} is outside {span(setting)} ({kind(setting)})")


def _bound(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _not_a_choice(setting: Setting, scalar: Scalar) -> str:
    names = [str(choice) for choice in setting.choices]
    close = difflib.get_close_matches(scalar.text.lower()[:100], names, n=1, cutoff=0.5)
    shown = f'"{clip(scalar.text)}"' if isinstance(setting.default, str) else clip(scalar.text)
    cure = f". Did you mean {close[0]}?" if close and isinstance(setting.default, str) else ""
    return f"{shown} is not one of {', '.join(names)}{cure}"
