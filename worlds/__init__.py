"""Tasks and the worlds they are played in: batched integer kernels, replays and pictures.

Importing this room loads neither torch nor ray, and makes every family known to
`pettingzoo.make("parallel", "ratchet/NAME-vN")`.
"""

import importlib
from typing import Any

import pettingzoo

from worlds.family import make, names, version

__all__ = ["make", "names", "parallel_env", "version"]

for _name in names():
    pettingzoo.register(
        "parallel",
        f"ratchet/{_name}-v{version(_name)}",
        entry_point="worlds.parallel_env:parallel_env",
        kwargs={"name": _name},
    )


def __getattr__(name: str) -> Any:
    """`parallel_env` loads gymnasium and the kernels, so it comes when it is asked for."""
    if name == "parallel_env":
        return importlib.import_module("worlds.parallel_env")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
