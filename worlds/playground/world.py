"""The playground as a family of worlds: settings, batches, and calls into its kernels."""

from typing import Any

import numpy as np

from worlds.family import TRIAL_ENDED, Layout, TaskError, TaskSpace
from worlds.family import version as family_version
from worlds.playground import oracle as planner
from worlds.playground.constants import ACTIONS, STAY, Sizes
from worlds.playground.engine import observe as observations
from worlds.playground.engine.bounds import in_bounds
from worlds.playground.engine.goals import progress
from worlds.playground.engine.record import room_of
from worlds.playground.engine.start import begin_trials, read_tasks
from worlds.playground.engine.state import FIELDS, State
from worlds.playground.engine.step import step
from worlds.playground.engine.told import tell, told_size
from worlds.playground.problems import errors
from worlds.playground.task import from_row
from worlds.scene import Scene


class Playground:
    """Small terrains, objects, gadgets and rules, and a goal of its own for every agent.

    The settings are those of `SpaceSettings`; raises ValueError for an unknown or bad one.
    """

    name = "playground"
    version = family_version("playground")
    num_actions = len(ACTIONS)
    action_names: tuple[str, ...] = ACTIONS
    knowing, has_oracle = False, True
    by_position: np.ndarray | None = None

    def __init__(self, **settings: Any) -> None:
        from worlds.playground.settings import SpaceSettings
        from worlds.playground.space import PlaygroundSpace

        chosen = SpaceSettings.of(settings)
        self._fit(chosen.sizes, chosen.trials * chosen.trial_length)
        self.settings: dict[str, Any] = chosen.as_dict()
        self.space: TaskSpace = PlaygroundSpace(chosen)

    @classmethod
    def of(cls, sizes: Sizes, horizon: int = 1000) -> "Playground":
        """The family for arrays of these sizes, without a task space to draw from."""
        made = cls.__new__(cls)
        made._fit(sizes, horizon)
        return made

    def _fit(self, sizes: Sizes, horizon: int) -> None:
        self.sizes = sizes
        self.num_agents, self.trials, self.horizon = sizes.agents, sizes.trials, horizon
        self.turns: tuple[tuple[int, ...], ...] = (tuple(range(sizes.agents)),)
        self.layout: Layout = observations.layout(sizes)
        self.observation_size = self.layout["rules"][0].stop
        self.social = observations.social(sizes)
        self.cardinality = observations.cardinality(sizes)
        self._room = room_of(sizes)

    def state(self, num_worlds: int) -> State:
        """Room for `num_worlds` worlds; `reset` comes before anything else."""
        return State(num_worlds, self.sizes, told_size(self.sizes))

    def reset(self, state: State, rows: np.ndarray) -> None:
        """Starts an episode of task `rows[i]`, int16 `[B, width]`, in every world i.

        Raises `TaskError` for rows that are no tasks of these sizes, and then changes nothing.
        """
        rows = np.ascontiguousarray(rows, dtype=np.int16)
        if rows.shape != state.rows.shape:
            raise TaskError("rows", rows.shape, f"is {state.rows.shape}")
        bad = in_bounds(rows, self._room)
        if bad >= 0:
            raise next(
                errors(from_row(rows[bad], self.sizes), self.sizes), TaskError("row", bad, "")
            )
        state.rows[:] = rows
        state.r8[:] = 0
        state.trial_returns[:] = 0
        state.level[:] = state.levels.take(rows)
        tell(rows, self._room, state.told)
        state.note_addresses()
        read_tasks(state.header, self._room, rows)
        state.ends[:] = TRIAL_ENDED
        begin_trials(state.header, 0, state.num_worlds, state.ends)
        state.facts = None
        state.started = True

    def step(self, state: State, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Moves all agents; actions int8 `[B, N]`, anything but 0..6 is a wait.

        Returns rewards int16 `[B, N]` thousandths and ends uint8 `[B]` (bit 0 trial, bit 1
        episode); both belong to the state and are overwritten by the next step.
        """
        _require_started(state)
        allowed = (state.num_worlds, self.num_agents)
        if actions.shape != allowed or actions.dtype.kind not in "iu":
            found = f"{actions.dtype} {actions.shape}"
            raise ValueError(f"actions are {found}, allowed are whole numbers {allowed}")
        actions = np.ascontiguousarray(actions)  # else slices would need a kernel of their own

        def call(begin: int, end: int) -> None:
            batch = (state.header, begin, end)
            if step(*batch, actions, state.rewards, state.ends, state.trial_returns):
                begin_trials(*batch, state.ends)

        state.split(call)
        return state.rewards, state.ends

    def observe(self, state: State, out: np.ndarray) -> None:
        """Writes what every agent sees into `out`, uint8 `[B, N, D]`: see `layout`.

        agent_0 sees the others, and what is true of them, where `state.visible` is not 0.
        """
        _require_started(state)
        allowed = (state.num_worlds, self.num_agents, self.observation_size)
        if out.shape != allowed or out.dtype != np.uint8:
            raise ValueError(f"out is {out.dtype} {out.shape}, allowed is uint8 {allowed}")
        whole = np.ascontiguousarray(out)  # kernels write one run of bytes
        header, address = state.header, whole.ctypes.data
        state.split(
            lambda begin, end: observations.observe(header, state.visible, begin, end, address)
        )
        if whole is not out:
            out[:] = whole

    def oracle(self, state: State, agent: int, key: int, noise: float = 0.0) -> np.ndarray:
        """Actions int8 `[B]` of the scripted agent that knows the task, see `oracle.actions`."""
        _require_started(state)
        if not 0.0 <= noise <= 1.0:
            raise ValueError(f"noise is {noise}, allowed are 0..1")
        if agent not in range(self.num_agents):
            raise ValueError(f"agent is {agent}, allowed are 0..{self.num_agents - 1}")
        if state.facts is None:
            state.facts = planner.read_facts(state.rows, self.sizes)
        out = np.empty(state.num_worlds, dtype=np.int8)
        planner.actions(state.facts, state, agent, key, noise, out)
        return out

    def oracle_returns(self, rows: np.ndarray, noise: float = 0.0) -> np.ndarray:
        """float32 `[n]`: return of the oracle as agent_0 over one episode, in which others wait."""
        state = self.state(len(rows))
        self.reset(state, rows)
        actions = np.full((len(rows), self.num_agents), STAY, dtype=np.int8)
        while not state.over.all():
            actions[:, 0] = self.oracle(state, 0, 0, noise)
            self.step(state, actions)
        return (state.trial_returns[:, 0].sum(axis=1) / 1000).astype(np.float32)

    def yardsticks(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Nothing is known of what can be earned at best."""
        return {}

    def bytes_of(self, state: State, index: int) -> bytes:
        """The canonical little-endian bytes of world `index`: its task, state and returns so far."""
        parts = (getattr(state, name)[index] for name in FIELDS)
        return b"".join(part.astype(part.dtype.newbyteorder("<")).tobytes() for part in parts)

    def progress(self, state: State) -> np.ndarray:
        """float32 `[B, N]`: the share of the nearest option that holds, 1 once the goal was held."""
        _require_started(state)
        out = np.empty((state.num_worlds, self.num_agents), dtype=np.float32)
        progress(state.header, out)
        return out

    def scene(self, state: State, index: int) -> Scene:
        """What a picture of world `index` shows."""
        _require_started(state)
        from worlds.playground import picture

        return picture.scene(self.sizes, state, index)

    def text(self, state: State, index: int) -> str:
        """World `index` as lines of letters."""
        _require_started(state)
        from worlds.playground import picture

        return picture.text(self.sizes, state, index)

    def view_scene(self, observation: np.ndarray) -> Scene:
        """What a picture of one agent's observation, uint8 `[D]`, shows."""
        from worlds.playground import picture

        return picture.view_scene(observation, self.layout)


def _require_started(state: State) -> None:
    if not state.started:
        raise RuntimeError("the worlds have no task yet: call reset first")
