"""What pictures of Travelling Salesperson show: the map with the tour, and what an agent is told of it."""

from typing import Any

import numpy as np

from worlds.family import Layout
from worlds.scene import Chart, Scene, Strip
from worlds.sequences.comments_picture import told_comments
from worlds.sequences.travelling_salesperson import tours
from worlds.sequences.travelling_salesperson.columns import PAY, PLACES, SIDE, TRIALS

_CELLS = 10  # a side of the map
_EDGE = 0.9  # cells between the edge of the board and the outermost city
_SHAPES = {"optimal": "circle", "good": "circle", "random_order": "square"}


def world_scene(state: Any, index: int) -> Scene:
    """World `index` of a batch; comments are faint where agent_0 does not see them.

    Right after a trial's end it shows the tour of that trial, closed if it was complete, or with a
    cross on the city that was visited already. The bar tells its length, with a circle where the
    shortest tour's is, and a square for the mean of all orders.
    """
    row = state.rows[index]
    route, closed = _route(state, index)
    legs = state.legs[index]
    known = {
        name: float(lengths[0]) / PAY
        for name, lengths in tours.known_tours(legs[None]).items()
        if name in _SHAPES
    }
    longest = 1.5 * max(known.values())
    length = _length(legs, route)
    best = "optimal" if "optimal" in known else "good"
    told = f"tour {length:.2f}, {best} {known[best]:.2f}, random order {known['random_order']:.2f}"
    cities, wrong = state.tours.shape[1], state.trial_over[index] and not closed
    chart = Chart(
        places=tuple(_place(x, y) for x, y in row[PLACES:].reshape(-1, 2).tolist()),
        route=route,
        mistake=int(state.last_action[index]) if wrong and state.last_action[index] >= 0 else None,
        comments=_pointed(state.shown[index], cities),
        faded=not state.visible[index],
        length=length / longest,
        marks=tuple((_SHAPES[name], length / longest) for name, length in known.items()),
    )
    others = (Strip(1 + n, None, faded=chart.faded) for n in range(state.shown.shape[1]))
    strips = (Strip(0, len(route) - closed), *others)
    passed = int(state.trial[index]) + int(state.position[index]) / (cities - 1)
    passed = int(row[TRIALS]) if state.over[index] else passed
    trials = tuple(min(max(passed - x, 0.0), 1.0) for x in range(int(row[TRIALS])))
    return Scene(
        _floor(1),
        (),
        (),
        strips,
        trials,
        told=(told, *told_comments(state, index, cities)),
        chart=chart,
    )


def view_scene(observation: np.ndarray, layout: Layout) -> Scene:
    """One observation, uint8 `[D]`: cities on a ring, for nobody sees their places.

    The route is the last action alone, crossed out if it was a mistake.
    """
    seen = {name: observation[part].reshape(shape) for name, (part, shape) in layout.items()}
    cities = seen["shown"].shape[1]
    turns = np.linspace(0, 2 * np.pi, cities, endpoint=False)
    middle, radius = _CELLS / 2, _CELLS / 2 - 1.4
    last = tuple(np.flatnonzero(seen.get("last_action", [])).tolist())
    mistake = last and seen["last_reward"][0]
    chart = Chart(
        places=tuple((middle - radius * np.cos(t), middle + radius * np.sin(t)) for t in turns),
        route=last,
        mistake=last[0] if mistake else None,
        comments=tuple((int(n) + 1, int(city)) for n, city in np.argwhere(seen["shown"])),
    )
    trials = tuple(seen["trial"].astype(float)) if "trial" in seen else ()
    return Scene(_floor(0), (), (), trials=trials, chart=chart)


def text(state: Any, index: int) -> str:
    """World `index` as lines of letters: the tour as far as it goes, its length, and what is pointed at."""
    route, closed = _route(state, index)
    names = [f"{city}" for city in route]
    length = _length(state.legs[index], route)
    ended = " closed" if closed else " ended by a mistake" if state.trial_over[index] else ""
    shown = told_comments(state, index, state.tours.shape[1])
    lines = [
        f"trial {int(state.trial[index]) + 1} step {int(state.position[index])}",
        f"tour {' > '.join(names)}, length {length:.3f}{ended}",
        *(f"agent_{n + 1} {told}" for n, told in enumerate(shown)),
    ]
    return "\n".join(lines)


def _route(state: Any, index: int) -> tuple[tuple[int, ...], bool]:
    """The cities of the tour that goes on or has just ended; is it closed, then city 0 stands at its end, too."""
    ended = bool(state.trial_over[index])
    position = int(state.ended[index] if ended else state.position[index])
    visited = tuple(state.tours[index, : position + 1].tolist())
    closed = ended and len(visited) == state.tours.shape[1]
    return (visited + visited[:1] if closed else visited), closed


def _length(legs: np.ndarray, route: tuple[int, ...]) -> float:
    """In diagonals of the map."""
    return sum(int(legs[one, other]) for one, other in zip(route, route[1:], strict=False)) / PAY


def _pointed(shown: np.ndarray, cities: int) -> tuple[tuple[int, int], ...]:
    """Who points at which city; what is no city is not drawn."""
    return tuple((n + 1, city) for n, city in enumerate(shown.tolist()) if 0 <= city < cities)


def _place(right: int, down: int) -> tuple[float, float]:
    scale = (_CELLS - 2 * _EDGE) / SIDE
    return _EDGE + scale * down, _EDGE + scale * right


def _floor(rows: int) -> np.ndarray:
    """The board, with so many rows below the map."""
    return np.ones((_CELLS + rows, _CELLS), bool)
