"""The page about channels tells of all there are, and its example is one."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from configs.keys import SETTINGS
from culture.channels import CHANNELS
from culture.channels.channel import Channel
from populations.rollout import NOBODY, Ticket
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "transmission.md").read_text()


def test_every_channel_and_its_setting_are_told_of() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| `([\w.]+)` \|", PAGE, re.M))
    assert list(told) == ["distil", "clone", "replay", "infer", "predict", "shaping"]
    assert set(told) == set(CHANNELS)
    assert set(told.values()) <= set(SETTINGS)


def test_every_method_of_a_channel_is_told_of() -> None:
    told = re.findall(r"^\| `(\w+)\(", PAGE, re.M)
    own = {name for name in vars(Channel) if callable(getattr(Channel, name))}
    assert set(told) == own - {"weight"}


def test_the_example_is_a_channel() -> None:
    whole, _ = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    made: dict[str, Any] = {}
    exec(compile(whole, "weaning.py", "exec"), made)
    weaning = made["Weaning"]
    about = SimpleNamespace(transmission=SimpleNamespace(weaning=1.0, until=0.25))
    assert issubclass(weaning, Channel) and weaning.weight_of(about) == 1
    channel = weaning(SimpleNamespace(settings=about), None, None)
    ticket = Ticket(1, np.zeros((1, 1)), np.full((1, 2), NOBODY), np.array([0.7, 0.3]))
    assert channel.seat(ticket, 0.2).visibility.tolist() == [1, 1]
    assert channel.seat(ticket, 0.3).visibility.tolist() == [0, 0]
    assert channel.terms(0.2) == [] and channel.demonstrations(None, 1, 0.2) == []
    assert replace(channel.seat(ticket, 0.2), visibility=ticket.visibility) == ticket
