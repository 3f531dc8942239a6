"""Goal Sequence as a family of worlds: settings, batches, and calls into its kernels."""

from typing import Any

import numpy as np

from worlds.family import Layout, TaskSpace, layout_of
from worlds.family import version as family_version
from worlds.scene import Scene
from worlds.sequences.goal_sequence import kernels, picture, plans
from worlds.sequences.goal_sequence.columns import (
    ACTIONS,
    CELLS,
    HEADINGS,
    LAST_ACTION,
    LAST_REWARD,
    NUM_AGENTS,
    NUM_GOALS,
    OVER,
    POINTERS,
    POSITION,
    RECORD,
    TASK,
    TRIAL,
    TRIAL_OVER,
    TURNED,
    WIDTH,
)
from worlds.sequences.goal_sequence.draws import in_bounds
from worlds.sequences.goal_sequence.space import GoalSpace
from worlds.sequences.goal_sequence.tables import CHANNELS, NUM_HEADINGS, OTHER, make_tables
from worlds.sequences.ranges import check_ranges, checked_key

_LIMITS = {
    "size": (3, 15),
    "trials": (1, 32),
    "trial_length": (1, 256),
    "view": (3, 9),
    "wrong_penalty": (0, 1000),
    "size_min": (3, 15),
}


class GoalState:
    """B worlds of Goal Sequence. The named arrays are views of one contiguous record per world."""

    def __init__(self, num_worlds: int, trials: int, size: int, penalty: int) -> None:
        self.num_worlds = num_worlds
        self.record = np.zeros((num_worlds, RECORD), dtype=np.int16)
        self._name_columns()
        self.trial_returns = np.zeros((num_worlds, NUM_AGENTS, trials), dtype=np.int32)
        self.aims = np.full((num_worlds, NUM_AGENTS), kernels.UNAIMED, dtype=np.int8)
        self.visible = np.ones(num_worlds, dtype=np.uint8)
        self.worlds = np.arange(num_worlds, dtype=np.uint64)
        self.penalty = penalty
        self.rewards = np.zeros((num_worlds, NUM_AGENTS), dtype=np.int16)
        self.ends = np.zeros(num_worlds, dtype=np.uint8)
        self.started = False
        self.planned = False  # are `plans` those of the present tasks
        self.par: np.ndarray | None = None  # [B, N] goals that the oracle reaches in a trial
        words = plans.num_words(size)
        # [B, colour, heading, forward | left, words]: see plans.make_plans
        self.plans = np.zeros((num_worlds, NUM_GOALS, NUM_HEADINGS, 2, words), dtype=np.uint64)
        self.oracle_actions = np.zeros(num_worlds, dtype=np.int8)

    def __setstate__(self, kept: dict[str, Any]) -> None:
        """A copy's named arrays are views of its own record, as kernels write nothing else."""
        self.__dict__.update(kept)
        self._name_columns()

    def _name_columns(self) -> None:
        self.cells = self.record[:, CELLS : CELLS + NUM_AGENTS]  # [B, N] row * H + column
        self.headings = self.record[:, TURNED : TURNED + NUM_AGENTS]  # [B, N]
        self.pointers = self.record[:, POINTERS : POINTERS + NUM_AGENTS]  # [B, N]
        self.last_action = self.record[:, LAST_ACTION : LAST_ACTION + NUM_AGENTS]  # [B, N]
        self.last_reward = self.record[:, LAST_REWARD : LAST_REWARD + NUM_AGENTS]  # [B, N] -1 0 1
        self.trial = self.record[:, TRIAL]  # [B]
        self.position = self.record[:, POSITION]  # [B] steps taken in this trial
        self.over = self.record[:, OVER]  # [B]
        self.trial_over = self.record[:, TRIAL_OVER]  # [B]
        self.rows = self.record[:, TASK : TASK + WIDTH]  # [B, width]


class GoalSequence:
    """Touch the goals in the right order, which only reward and the other agent's ways reveal.

    `size` cells a side (each task its own in size_min..size), `trials` of `trial_length` steps, a
    `view` of so many cells a side, `wrong_penalty` thousandths for a wrong goal. With `order_key`
    one order for all tasks. Cook 2024, with the corrections listed in docs.
    """

    name = "goal_sequence"
    version = family_version("goal_sequence")
    num_agents = NUM_AGENTS
    turns: tuple[tuple[int, ...], ...] = ((0, 1),)
    num_actions = len(ACTIONS)
    action_names: tuple[str, ...] = ACTIONS
    knowing, has_oracle = True, True
    by_position: np.ndarray | None = None

    def __init__(
        self,
        size: int = 5,
        trials: int = 1,
        trial_length: int = 20,
        view: int = 5,
        wrong_penalty: int = 1000,
        order_key: int | None = None,
        size_min: int | None = None,
    ) -> None:
        self.settings: dict[str, Any] = {
            "size": size,
            "trials": trials,
            "trial_length": trial_length,
            "view": view,
            "wrong_penalty": wrong_penalty,
            "order_key": checked_key("order_key", order_key),
            "size_min": size if size_min is None else size_min,
        }
        _check(self.settings)
        self.trials = trials
        self.horizon = trials * trial_length
        self._bounds = (self.settings["size_min"], size, trials, trial_length)
        self.layout = _layout(view, trials)
        self.observation_size = self.layout["last_action"][0].stop
        self.social = np.zeros(self.observation_size, dtype=bool)
        self.social[OTHER : view * view * CHANNELS : CHANNELS] = True
        self.cardinality = np.full(self.observation_size, 2, dtype=np.uint8)
        self.space: TaskSpace = GoalSpace(
            size,
            self.settings["size_min"],
            trials,
            trial_length,
            self.settings["order_key"],
            wrong_penalty,
        )
        self._tables = make_tables(self.settings["size_min"], size, view, self.observation_size)

    def state(self, num_worlds: int) -> GoalState:
        """Room for `num_worlds` worlds; `reset` comes before anything else."""
        size, penalty = self.settings["size"], self.settings["wrong_penalty"]
        return GoalState(num_worlds, self.trials, size, penalty)

    def reset(self, state: GoalState, rows: np.ndarray) -> None:
        """Starts an episode of task `rows[i]`, int16 `[B, width]`, in every world i."""
        rows = np.ascontiguousarray(rows, dtype=np.int16)
        if rows.shape != (state.num_worlds, WIDTH):
            raise ValueError(
                f"rows have shape {rows.shape}, allowed is {(state.num_worlds, WIDTH)}"
            )
        # Kernels do not check bounds, so a row of another space must not reach them.
        if not in_bounds(rows, *self._bounds):
            bad = next(found for row in rows if (found := self.space.problems(row)))
            raise ValueError(f"a task is not of this family: {bad[0]}")
        kernels.reset(state.record, state.aims, state.trial_returns, rows)
        state.started = True
        state.planned = False
        state.par = None

    def step(self, state: GoalState, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Moves all agents; actions int8 `[B, N]`, anything but 0 left, 1 right, 2 forward is a
        wait.

        Returns rewards int16 `[B, N]` thousandths and ends uint8 `[B]` (bit 0 trial, bit 1
        episode); both belong to the state and are overwritten by the next step.
        """
        _require_started(state)
        if actions.shape != (state.num_worlds, NUM_AGENTS):
            allowed = (state.num_worlds, NUM_AGENTS)
            raise ValueError(f"actions have shape {actions.shape}, allowed is {allowed}")
        if actions.dtype.kind not in "iu":
            raise ValueError(f"actions are {actions.dtype}, allowed are whole numbers")
        kernels.step(
            state.record,
            state.aims,
            state.trial_returns,
            actions,
            int(state.penalty),
            self.settings["wrong_penalty"],
            self._tables.pose_start,
            self._tables.ahead,
            state.rewards,
            state.ends,
        )
        return state.rewards, state.ends

    def observe(self, state: GoalState, out: np.ndarray) -> None:
        """Writes what every agent sees into `out`, uint8 `[B, N, D]`: zeros and ones, see `layout`.

        agent_0 sees agent_1 where `state.visible` is not 0; agent_1 never sees agent_0.
        """
        _require_started(state)
        allowed = (state.num_worlds, NUM_AGENTS, self.observation_size)
        if out.shape != allowed or out.dtype != np.uint8:
            raise ValueError(f"out is {out.dtype} {out.shape}, allowed is uint8 {allowed}")
        tables = self._tables
        kernels.observe(
            state.record,
            state.visible,
            tables.pose_start,
            tables.place_start,
            tables.templates,
            tables.places,
            self.layout["trial"][0].start,
            out,
        )

    def oracle(self, state: GoalState, agent: int, key: int, noise: float = 0.0) -> np.ndarray:
        """Actions int8 `[B]` of the scripted agent that knows the order; overwritten by the next
        call.

        At each trial start and after each goal it aims at a wrong colour with chance `noise`, and
        goes the shortest way there around the other goals. The draws depend on `key`,
        `state.worlds` and the step alone.
        """
        _require_started(state)
        if not 0.0 <= noise <= 1.0:
            raise ValueError(f"noise is {noise}, allowed are 0..1")
        if agent not in range(NUM_AGENTS):
            raise ValueError(f"agent is {agent}, allowed are 0..{NUM_AGENTS - 1}")
        if not state.planned:
            plans.make_plans(state.record, state.plans)
            state.planned = True
        plans.oracle(
            state.record,
            state.aims,
            state.plans,
            state.worlds,
            agent,
            np.uint64(key),
            np.uint64(round(noise * 2**32)),
            state.oracle_actions,
        )
        return state.oracle_actions

    def oracle_returns(self, rows: np.ndarray, noise: float = 0.0) -> np.ndarray:
        """float32 `[n]`: reported return of the oracle as agent_0, alone, over one episode."""
        state = self._play_oracle(rows, self.horizon, noise)
        return (state.trial_returns[:, 0].sum(axis=1) / 1000).astype(np.float32)

    def yardsticks(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """float32 `[n, X]`: what the oracle earns in each trial of each task, as agent_0, alone."""
        state = self._play_oracle(rows, self.horizon, 0.0)
        return {"oracle": (state.trial_returns[:, 0] / 1000).astype(np.float32)}

    def bytes_of(self, state: GoalState, index: int) -> bytes:
        """The canonical little-endian bytes of world `index`: its record and its returns so far."""
        record = state.record[index].astype("<i2").tobytes()
        return record + state.trial_returns[index].astype("<i4").tobytes()

    def progress(self, state: GoalState) -> np.ndarray:
        """float32 `[B, N]`: goals touched in this trial, as a share of what the oracle reaches."""
        _require_started(state)
        if state.par is None:
            best = self._play_oracle(state.rows, self.settings["trial_length"], 0.0)
            state.par = np.maximum(best.trial_returns[:, :, 0] // 1000, 1)
        return np.minimum(state.pointers / state.par, 1.0).astype(np.float32)

    def scene(self, state: GoalState, index: int) -> Scene:
        """What a picture of world `index` shows."""
        _require_started(state)
        return picture.world_scene(state, index)

    def view_scene(self, observation: np.ndarray) -> Scene:
        """What a picture of one agent's observation, uint8 `[D]`, shows."""
        return picture.view_scene(observation, self.layout)

    def text(self, state: GoalState, index: int) -> str:
        """World `index` as lines of letters."""
        _require_started(state)
        return picture.text(state, index)

    def _play_oracle(self, rows: np.ndarray, steps: int, noise: float) -> GoalState:
        """Both agents as oracles from the start of an episode, for `steps` steps."""
        rows = np.ascontiguousarray(rows, dtype=np.int16)
        state = self.state(len(rows))
        self.reset(state, rows)
        actions = np.empty((len(rows), NUM_AGENTS), dtype=np.int8)
        for _ in range(steps):
            for agent in range(NUM_AGENTS):
                actions[:, agent] = self.oracle(state, agent, 0, noise)
            self.step(state, actions)
        return state


def _require_started(state: GoalState) -> None:
    if not state.started:
        raise RuntimeError("the worlds have no task yet: call reset first")


def _layout(view: int, trials: int) -> Layout:
    return layout_of(
        {
            "view": (view, view, CHANNELS),
            "heading": (len(HEADINGS),),
            "trial": (trials,),
            "last_reward": (3,),  # wrong goal, none, right goal
            "last_action": (len(ACTIONS),),
        }
    )


def _check(settings: dict[str, Any]) -> None:
    check_ranges(settings, _LIMITS)
    if settings["view"] % 2 == 0:
        raise ValueError(f"view is {settings['view']}, allowed are odd numbers")
    if settings["size_min"] > settings["size"]:
        raise ValueError(
            f"size_min is {settings['size_min']}, allowed are 3..{settings['size']} (size)"
        )
