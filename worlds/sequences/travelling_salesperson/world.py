"""Travelling Salesperson as a family of worlds: settings, batches, and calls into its kernels."""

from typing import Any

import numpy as np

from worlds.family import NO_ACTION, TaskSpace
from worlds.family import version as family_version
from worlds.scene import Scene
from worlds.sequences.comments import CommentFamily, CommentState, knowledge, require_started
from worlds.sequences.ranges import check_ranges, checked_key
from worlds.sequences.travelling_salesperson import kernels, oracle, picture, tours
from worlds.sequences.travelling_salesperson.columns import MOST_CITIES, PAY, PLACES, SIDE
from worlds.sequences.travelling_salesperson.space import TourSpace

_LIMITS = {
    "cities": (4, MOST_CITIES),
    "trials": (1, 32),
    "demonstrators": (0, 8),
    "wrong_penalty": (0, 1000),
}
_LEVEL = 50  # thousandths: how finely agent_0 sees what it was paid
# A mistake, then what a city pays, at most 1000, or 2000 for the last one and the leg home.
_LEVELS = ((-PAY, -1), *((low, low + _LEVEL - 1) for low in range(0, 2 * PAY + 1, _LEVEL)))


class TourState(CommentState):
    """B worlds of Travelling Salesperson; `position` counts the cities visited after the first."""

    def __init__(self, num_worlds: int, cities: int, *others: int) -> None:
        super().__init__(num_worlds, *others)
        self.legs = np.zeros((num_worlds, cities, cities), dtype=np.int16)  # thousandths
        # As visited; that of the trial before stands until it is written over.
        self.tours = np.zeros((num_worlds, cities), dtype=np.int8)
        self.ended = np.zeros(num_worlds, dtype=np.int8)  # position when the trial before ended


class TravellingSalesperson(CommentFamily):
    """Visit every city once and return, the shorter the better; only the leg just made is ever told.

    `cities` a map, `trials` an episode. Agents 1.. are `demonstrators` without a body: an action of
    theirs is a comment, the city they would go to next, which agent_0 may see before it acts.
    `wrong_penalty` thousandths for a city that is visited already. With `cities_key` one map for all
    tasks, and agent_0 sees comments alone; with `observe_clock` also how many cities it has visited.
    Cook 2024, with the corrections listed in docs.
    """

    name = "travelling_salesperson"
    version = family_version("travelling_salesperson")
    knowing, has_oracle = True, True

    def __init__(
        self,
        cities: int = 8,
        trials: int = 8,
        demonstrators: int = 3,
        wrong_penalty: int = 1000,
        cities_key: int | None = None,
        observe_clock: bool = False,
    ) -> None:
        self.settings: dict[str, Any] = {
            "cities": cities,
            "trials": trials,
            "demonstrators": demonstrators,
            "wrong_penalty": wrong_penalty,
            "cities_key": checked_key("cities_key", cities_key),
            "observe_clock": observe_clock,
        }
        check_ranges(self.settings, _LIMITS)
        shared = cities_key is not None
        if observe_clock and not shared:
            raise ValueError("observe_clock is True, allowed is False unless there is a cities_key")
        self.cities = cities
        self.action_names = tuple(f"city {city}" for city in range(cities))
        self.horizon = trials * (cities - 1)  # each step visits another city, or ends the trial
        self.space: TaskSpace = TourSpace(
            cities, trials, self.settings["cities_key"], wrong_penalty
        )
        self._fit(cities, demonstrators, trials, _LEVELS, shared, cities if observe_clock else 0)

    def state(self, num_worlds: int) -> TourState:
        """Room for `num_worlds` worlds; `reset` comes before anything else."""
        others = self.settings["demonstrators"], self.trials, self.space.width
        return TourState(num_worlds, self.cities, *others, self.settings["wrong_penalty"])

    def reset(self, state: Any, rows: np.ndarray) -> None:
        """Starts an episode of task `rows[i]`, int16 `[B, width]`, in every world i, at city 0."""
        super().reset(state, rows)
        state.tours[:] = 0
        state.ended[:] = 0
        kernels.measure(state.rows, state.legs)

    def oracle(self, state: TourState, agent: int, key: int, noise: float = 0.0) -> np.ndarray:
        """Cities int8 `[B]` to which the scripted agent would go next; overwritten by the next call.

        It prefers near cities by a softmax at its own temperature, in sides of the square. That is
        drawn once per world, uniform in 0..`noise`; of the demonstrators the last one's is lowest.
        The draws depend on `key`, `state.worlds`, the agent and the step alone.
        """
        self._check_oracle(state, agent, noise)
        known = knowledge(np.uint64(key), state.worlds, self.num_agents)[:, agent]
        return self.next_cities(state, agent, key, noise * (1 - known))

    def next_cities(
        self, state: TourState, agent: int, key: int, temperatures: np.ndarray
    ) -> np.ndarray:
        """What `oracle` would go to at these temperatures, float64 `[B]`, in place of those it draws."""
        oracle.next_cities(
            state.record,
            state.tours,
            state.legs,
            state.worlds,
            temperatures,
            self.num_agents,
            agent,
            np.uint64(key),
            state.oracle_actions,
        )
        return state.oracle_actions

    def oracle_returns(self, rows: np.ndarray, noise: float = 0.0) -> np.ndarray:
        """float32 `[n]`: reported return of the oracle as agent_0, alone, over one episode."""
        rows = np.ascontiguousarray(rows, dtype=np.int16)
        state = self.state(len(rows))
        self.reset(state, rows)
        actions = np.full((len(rows), self.num_agents), NO_ACTION, dtype=np.int8)
        for _ in range(self.horizon):
            actions[:, 0] = self.oracle(state, 0, 0, noise)
            self.step(state, actions)
        return (state.trial_returns[:, 0].sum(axis=1) / PAY).astype(np.float32)

    def yardsticks(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """What known tours pay in each trial, float32 `[n, X]` in units of reward.

        `optimal` (above 12 cities `good`), `nearest` city next, and the mean over complete tours in
        `random_order`; see `tours.known_tours`.
        """
        rows = np.ascontiguousarray(rows, dtype=np.int16)
        legs = np.empty((len(rows), self.cities, self.cities), np.int16)
        kernels.measure(rows, legs)
        return {
            name: np.repeat(self.cities - lengths[:, None] / PAY, self.trials, 1).astype(np.float32)
            for name, lengths in tours.known_tours(legs).items()
        }

    def bytes_of(self, state: Any, index: int) -> bytes:
        """The canonical little-endian bytes of world `index`: its record, returns so far, and tour."""
        tour = state.tours[index].tobytes() + state.ended[index].tobytes()
        return super().bytes_of(state, index) + tour

    def progress(self, state: TourState) -> np.ndarray:
        """float32 `[B, N]`: cities visited in this trial after the first, as a share of all; one for all agents."""
        require_started(state)
        share = state.position / np.float32(self.cities - 1)
        return np.repeat(share[:, None], self.num_agents, axis=1).astype(np.float32)

    def scene(self, state: TourState, index: int) -> Scene:
        """What a picture of world `index` shows."""
        require_started(state)
        return picture.world_scene(state, index)

    def view_scene(self, observation: np.ndarray) -> Scene:
        """What a picture of one agent's observation, uint8 `[D]`, shows."""
        return picture.view_scene(observation, self.layout)

    def text(self, state: TourState, index: int) -> str:
        """World `index` as lines of letters."""
        require_started(state)
        return picture.text(state, index)

    def _in_bounds(self, rows: np.ndarray) -> bool:
        inside = (rows[:, PLACES:] >= 0) & (rows[:, PLACES:] <= SIDE)
        return bool(inside.all() and (rows[:, :PLACES] == [self.cities, self.trials]).all())

    def _step(self, state: Any, actions: np.ndarray) -> None:
        kernels.step(
            state.record,
            state.tours,
            state.ended,
            state.legs,
            state.trial_returns,
            actions,
            int(state.penalty),
            state.rewards,
            state.ends,
        )
