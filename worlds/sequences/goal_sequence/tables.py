"""Facts about every grid size, computed once per family instead of at each step."""

from dataclasses import dataclass

import numpy as np

from worlds.sequences.goal_sequence.columns import HEADINGS

NUM_HEADINGS = len(HEADINGS)
TAIL = 6  # bytes of last_reward and last_action at the end of an observation, written last
CHANNELS = 5  # of the view: outside, three colours, the other agent
OTHER = 4  # the channel of the other agent


@dataclass(frozen=True)
class Tables:
    """Lookups by pose = cell * 4 + heading, for all sizes one after another."""

    pose_start: np.ndarray  # [size + 1] int64, first pose of each size
    place_start: np.ndarray  # [size + 1] int64, first entry of `places` of each size
    ahead: np.ndarray  # [poses] int16, cell reached by one step forward
    templates: np.ndarray  # [poses, D] uint8, an observation but for goals, agents, trial and tail
    places: np.ndarray  # [poses x cells] int16, byte of a cell in the view; D - TAIL if not in it


def make_tables(size_min: int, size: int, view: int, observation_size: int) -> Tables:
    """The tables of all grids of size_min..size cells a side, seen through a view x view window."""
    pose_start = np.zeros(size + 1, dtype=np.int64)
    place_start = np.zeros(size + 1, dtype=np.int64)
    ahead, templates, places = [], [], []
    poses = entries = 0
    for side in range(size_min, size + 1):
        pose_start[side], place_start[side] = poses, entries
        cells, headings = np.divmod(np.arange(side * side * NUM_HEADINGS), NUM_HEADINGS)
        ahead.append(_ahead(side, cells, headings))
        templates.append(_templates(side, view, cells, headings, observation_size))
        places.append(_places(side, view, cells, headings, observation_size))
        poses += cells.size
        entries += places[-1].size
    return Tables(
        pose_start,
        place_start,
        np.concatenate(ahead),
        np.concatenate(templates),
        np.concatenate(places),
    )


def deltas(headings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns by which one step forward moves, for headings east, south, west, north."""
    return np.array([0, 1, 0, -1])[headings], np.array([1, 0, -1, 0])[headings]


def _ahead(side: int, cells: np.ndarray, headings: np.ndarray) -> np.ndarray:
    rows, columns = np.divmod(cells, side)
    down, right = deltas(headings)
    rows = np.clip(rows + down, 0, side - 1)
    columns = np.clip(columns + right, 0, side - 1)
    return (rows * side + columns).astype(np.int16)


def _templates(
    side: int, view: int, cells: np.ndarray, headings: np.ndarray, observation_size: int
) -> np.ndarray:
    rows, columns = np.divmod(cells, side)
    down, right = deltas(headings)
    forward = (view - 1 - np.arange(view))[None, :, None]
    aside = (np.arange(view) - view // 2)[None, None, :]
    # The right-hand side of heading (down, right) is (right, -down).
    seen_rows = rows[:, None, None] + forward * down[:, None, None] + aside * right[:, None, None]
    seen_columns = (
        columns[:, None, None] + forward * right[:, None, None] - aside * down[:, None, None]
    )
    inside = (seen_rows >= 0) & (seen_rows < side) & (seen_columns >= 0) & (seen_columns < side)
    window = np.zeros((cells.size, view, view, CHANNELS), dtype=np.uint8)
    window[..., 0] = ~inside
    templates = np.zeros((cells.size, observation_size), dtype=np.uint8)
    flat = view * view * CHANNELS
    templates[:, :flat] = window.reshape(cells.size, flat)
    templates[np.arange(cells.size), flat + headings] = 1
    return templates


def _places(
    side: int, view: int, cells: np.ndarray, headings: np.ndarray, observation_size: int
) -> np.ndarray:
    rows, columns = np.divmod(cells, side)
    down, right = (delta[:, None] for delta in deltas(headings))
    target_rows, target_columns = np.divmod(np.arange(side * side), side)
    away_down = target_rows[None, :] - rows[:, None]
    away_right = target_columns[None, :] - columns[:, None]
    forward = away_down * down + away_right * right
    aside = away_down * right - away_right * down
    seen = (forward >= 0) & (forward < view) & (np.abs(aside) <= view // 2)
    byte = ((view - 1 - forward) * view + view // 2 + aside) * CHANNELS
    return np.where(seen, byte, observation_size - TAIL).astype(np.int16).reshape(-1)
