"""What stands in which column of a playground task row, and the shape and dtype of every field."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from worlds.playground.constants import NO_ATOM, NO_KIND, NO_OBJECT, PRODUCTS, Sizes

NO_CELL = -1  # row and column of an empty slot


class Column(NamedTuple):
    """One field of a task: its columns in a row, and the array it becomes."""

    where: slice  # int16 columns of the row; a uint32 takes two, its low half first
    shape: tuple[int, ...]  # of the array; () for a plain number
    dtype: np.dtype
    empty: int  # what unused rows of the array hold


@lru_cache(maxsize=256)
def columns(sizes: Sizes) -> dict[str, Column]:
    """The columns of every field of `Task`, in its order, for a space of these sizes."""
    found: dict[str, Column] = {}
    start = 0
    for name, (kind, shape, empty) in _fields(sizes).items():
        dtype = np.dtype(kind)
        end = start + math.prod(shape) * max(1, dtype.itemsize // 2)
        found[name] = Column(slice(start, end), shape, dtype, empty)
        start = end
    return found


def width(sizes: Sizes) -> int:
    """The number of int16 columns of a row."""
    return max(column.where.stop for column in columns(sizes).values())


def field(rows: np.ndarray, name: str, sizes: Sizes) -> np.ndarray:
    """One field of many tasks, from rows int16 `[n, width]`: `[n, *shape]`, in its own dtype."""
    column = columns(sizes)[name]
    values = np.ascontiguousarray(rows[:, column.where])
    values = values.view("<u4") if column.dtype.itemsize == 4 else values.astype(column.dtype)
    return values.reshape(len(rows), *column.shape)


def _fields(sizes: Sizes) -> dict[str, tuple[str, tuple[int, ...], int]]:
    n, o = sizes.agents, sizes.objects
    area = (sizes.height, sizes.width)
    return {
        "height": ("int8", area, 0),
        "ramp": ("int8", area, 0),
        "floor": ("int8", area, 0),
        "cells": ("int8", (o + n, 2), NO_CELL),
        "kinds": ("int8", (o,), NO_OBJECT),
        "facings": ("int8", (o + n,), 0),
        "fixed": ("uint8", (o,), 0),
        "gadgets": ("int8", (n,), 0),
        "atoms": ("int8", (sizes.atoms, 3), NO_ATOM),
        "require": ("uint32", (n, sizes.options), 0),
        "forbid": ("uint32", (n, sizes.options), 0),
        "rules": ("int8", (sizes.rules, 1 + PRODUCTS), NO_KIND),
        "hidden_rules": ("uint32", (n,), 0),
        "hidden_kinds": ("uint32", (n,), 0),
        "hidden_predicates": ("uint8", (n,), 0),
        "present": ("int16", (sizes.trials, n), 0),
        "bodies": ("int16", (), 0),
        "slots": ("int16", (), 0),
        "trials": ("int16", (), 0),
        "trial_length": ("int16", (), 0),
        "reward_mode": ("int16", (), 0),
        "trial_end": ("int16", (), 0),
    }
