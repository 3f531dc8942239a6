"""Families whose demonstrators have no body: each shows a symbol for the place now due, then agent_0 acts."""

from typing import Any

import numpy as np

from worlds.family import NO_ACTION, Layout, TaskSpace, layout_of
from worlds.kernels import allocating
from worlds.rng import Whole, word

EMPTY = -1  # what is shown by a demonstrator that shows nothing

# The record of a world is one row of int16: what changes, then its task.
TRIAL = 0  # 0..X-1, stays X-1 when the episode has ended
POSITION = 1  # steps taken in this trial
OVER = 2  # 1 when the episode has ended
TRIAL_OVER = 3  # 1 in the first observation after a trial's end
LAST_ACTION = 4  # of agent_0, NO_ACTION at the first step of an episode
LAST_REWARD = 5  # of agent_0, in the unit of `reward_levels`, whatever the penalty now is
TASK = 8  # the task row; the columns between are the family's own

# Parts of an observation, in their order; a train-time family shows fewer.
_PARTS = ("last_action", "trial_over", "last_reward", "shown", "visible", "trial", "position")


class CommentState:
    """B worlds. The named arrays are views of one contiguous record per world."""

    def __init__(
        self, num_worlds: int, demonstrators: int, trials: int, width: int, penalty: int
    ) -> None:
        self.num_worlds = num_worlds
        self.record = np.zeros((num_worlds, TASK + width), dtype=np.int16)
        self._name_columns()
        agents = 1 + demonstrators
        self.trial_returns = np.zeros((num_worlds, agents, trials), dtype=np.int32)
        self.shown = np.full((num_worlds, demonstrators), EMPTY, dtype=np.int8)
        self.visible = np.ones(num_worlds, dtype=np.uint8)
        self.worlds = np.arange(num_worlds, dtype=np.uint64)
        self.penalty = penalty
        self.rewards = np.zeros((num_worlds, agents), dtype=np.int16)
        self.ends = np.zeros(num_worlds, dtype=np.uint8)
        self.oracle_actions = np.zeros(num_worlds, dtype=np.int8)
        self.started = False

    def __setstate__(self, kept: dict[str, Any]) -> None:
        """A copy's named arrays are views of its own record, as kernels write nothing else."""
        self.__dict__.update(kept)
        self._name_columns()

    def _name_columns(self) -> None:
        self.trial = self.record[:, TRIAL]  # [B]
        self.position = self.record[:, POSITION]  # [B]
        self.over = self.record[:, OVER]  # [B]
        self.trial_over = self.record[:, TRIAL_OVER]  # [B]
        self.last_action = self.record[:, LAST_ACTION]  # [B]
        self.last_reward = self.record[:, LAST_REWARD]  # [B]
        self.rows = self.record[:, TASK:]  # [B, width]


class CommentFamily:
    """What Memory Sequence and Travelling Salesperson share: batches, turns and observations.

    A subclass sets `settings`, `space`, `horizon` and the names of its actions, then calls `_fit`.
    """

    name: str
    settings: dict[str, Any]
    space: TaskSpace
    horizon: int

    def _fit(
        self,
        symbols: int,
        demonstrators: int,
        trials: int,
        reward_levels: tuple[tuple[int, int], ...],
        bare: bool,
        clock: int,
    ) -> None:
        """Sizes and layout of an observation.

        Args:
            reward_levels: one flag each: the least and the most last reward for which it stands.
            bare: train-time, agent_0 sees neither what it did nor what it earned.
            clock: positions to show, one flag each; 0 shows none.
        """
        self.num_agents = 1 + demonstrators
        self.num_actions = symbols
        everyone = tuple(range(1, self.num_agents))
        self.turns: tuple[tuple[int, ...], ...] = (everyone, (0,)) if everyone else ((0,),)
        self.trials = trials
        self._symbols, self._demonstrators = symbols, demonstrators
        self._levels = np.array(reward_levels, dtype=np.int16).reshape(-1, 2)
        self.layout = _layout(symbols, demonstrators, trials, len(reward_levels), bare, clock)
        last = list(self.layout.values())[-1]
        self.observation_size = last[0].stop
        self.by_position: np.ndarray | None = None
        if bare and trials == 1:
            self.by_position = np.zeros((self.horizon, self.observation_size), dtype=np.uint8)
            if clock:
                self.by_position[:, self.layout["position"][0]] = np.eye(self.horizon, clock)
        self.social = np.zeros(self.observation_size, dtype=bool)
        self.social[self.layout["shown"][0]] = True
        self.social[self.layout["visible"][0]] = True
        self.cardinality = np.full(self.observation_size, 2, dtype=np.uint8)
        # Where each part begins; nothing is written for those that are not there.
        parts = (self.layout.get(part) for part in _PARTS)
        self._starts = np.array([part[0].start if part else EMPTY for part in parts])

    def state(self, num_worlds: int) -> CommentState:
        """Room for `num_worlds` worlds; `reset` comes before anything else."""
        return CommentState(
            num_worlds,
            self._demonstrators,
            self.trials,
            self.space.width,
            self.settings["wrong_penalty"],
        )

    def reset(self, state: Any, rows: np.ndarray) -> None:
        """Starts an episode of task `rows[i]`, int16 `[B, width]`, in every world i."""
        rows = np.ascontiguousarray(rows, dtype=np.int16)
        allowed = (state.num_worlds, self.space.width)
        if rows.shape != allowed:
            raise ValueError(f"rows have shape {rows.shape}, allowed is {allowed}")
        # Kernels do not check bounds, so a row of another space must not reach them.
        if not self._in_bounds(rows):
            bad = next(found for row in rows if (found := self.space.problems(row)))
            raise ValueError(f"a task is not of this family: {bad[0]}")
        state.record[:, :TASK] = 0
        state.last_action[:] = NO_ACTION
        state.rows[:] = rows
        state.trial_returns[:] = 0
        state.shown[:] = EMPTY
        state.started = True

    def step(self, state: CommentState, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """agent_0 acts; actions int8 `[B, N]`, of which those of demonstrators change nothing.

        Returns rewards int16 `[B, N]` thousandths and ends uint8 `[B]` (bit 0 trial, bit 1
        episode); both belong to the state and are overwritten by the next step.
        """
        require_started(state)
        if actions.shape != (state.num_worlds, self.num_agents):
            allowed = (state.num_worlds, self.num_agents)
            raise ValueError(f"actions have shape {actions.shape}, allowed is {allowed}")
        if actions.dtype.kind not in "iu":
            raise ValueError(f"actions are {actions.dtype}, allowed are whole numbers")
        self._step(state, actions)
        return state.rewards, state.ends

    def observe(self, state: CommentState, out: np.ndarray) -> None:
        """Writes what every agent sees into `out`, uint8 `[B, N, D]`: zeros and ones, see `layout`.

        agent_0 sees `state.shown` where `state.visible` is not 0. Demonstrators see the place of
        agent_0 as if they were in the last trial of their own life, with nobody to watch.
        """
        require_started(state)
        allowed = (state.num_worlds, self.num_agents, self.observation_size)
        if out.shape != allowed or out.dtype != np.uint8:
            raise ValueError(f"out is {out.dtype} {out.shape}, allowed is uint8 {allowed}")
        _observe(
            state.record,
            state.shown,
            state.visible,
            self._levels,
            self._starts,
            self._symbols,
            self.trials,
            out,
        )

    def bytes_of(self, state: CommentState, index: int) -> bytes:
        """The canonical little-endian bytes of world `index`: its record and its returns so far."""
        record = state.record[index].astype("<i2").tobytes()
        return record + state.trial_returns[index].astype("<i4").tobytes()

    def _check_oracle(self, state: CommentState, agent: int, noise: float) -> None:
        """Raises for worlds without a task, and for an agent or a noise that there cannot be."""
        require_started(state)
        if not 0.0 <= noise <= 1.0:
            raise ValueError(f"noise is {noise}, allowed are 0..1")
        if agent not in range(self.num_agents):
            raise ValueError(f"agent is {agent}, allowed are 0..{self.num_agents - 1}")

    def _in_bounds(self, rows: np.ndarray) -> bool:
        """Whether no value of any row could lead a kernel outside its arrays."""
        raise NotImplementedError

    def _step(self, state: Any, actions: np.ndarray) -> None:
        """Writes `state.rewards` and `state.ends`; those of worlds that are over are 0."""
        raise NotImplementedError


def require_started(state: CommentState) -> None:
    """Raises RuntimeError for worlds that have no task yet."""
    if not state.started:
        raise RuntimeError("the worlds have no task yet: call reset first")


@allocating
def knowledge(key: np.uint64, worlds: np.ndarray, num_agents: Whole) -> np.ndarray:
    """float64 `[B, N]` in [0, 1): how much each oracle of an episode knows, the last the most.

    Uniform; those of agents 1.. are sorted rising, that of agent_0 is its own.
    """
    out = np.empty((worlds.size, num_agents), dtype=np.float64)
    for b in range(worlds.size):
        own = word(key, worlds[b])
        for n in range(num_agents):
            drawn = np.float64(word(own, np.uint64(n)) >> np.uint64(11)) * 2.0**-53
            place = n
            while place > 1 and out[b, place - 1] > drawn:
                out[b, place] = out[b, place - 1]
                place -= 1
            out[b, place] = drawn
    return out


@allocating
def comment_word(
    key: np.uint64, world: np.uint64, num_agents: Whole, step: Whole, agent: Whole
) -> np.uint64:
    """The word of an oracle for one step of an episode, apart from those of `knowledge`."""
    return word(word(key, world), np.uint64(num_agents * (1 + step) + agent))


@allocating
def _observe(
    record: np.ndarray,
    shown: np.ndarray,
    visible: np.ndarray,
    levels: np.ndarray,
    starts: np.ndarray,
    symbols: Whole,
    trials: Whole,
    out: np.ndarray,
) -> None:
    """Writes all observations into out [B, N, D]; `starts` is in the order of `_PARTS`."""
    for b in range(record.shape[0]):
        world = record[b]
        for n in range(out.shape[1]):
            row = out[b, n]
            for i in range(row.size):
                row[i] = 0
            if starts[0] != EMPTY:
                if world[LAST_ACTION] != NO_ACTION:
                    row[starts[0] + world[LAST_ACTION]] = 1
                for level in range(levels.shape[0]):
                    least, most = levels[level, 0], levels[level, 1]
                    row[starts[2] + level] = least <= world[LAST_REWARD] <= most
            if starts[6] != EMPTY:
                row[starts[6] + world[POSITION]] = 1
            if n > 0:
                if starts[5] != EMPTY:
                    row[starts[5] + trials - 1] = 1
                continue
            if starts[0] != EMPTY:
                row[starts[1]] = world[TRIAL_OVER]
            if starts[5] != EMPTY:
                row[starts[5] + world[TRIAL]] = 1
            if visible[b]:
                row[starts[4]] = 1
                for a in range(shown.shape[1]):
                    if 0 <= shown[b, a] < symbols:
                        row[starts[3] + a * symbols + shown[b, a]] = 1


def _layout(
    symbols: int, demonstrators: int, trials: int, levels: int, bare: bool, clock: int
) -> Layout:
    own: dict[str, tuple[int, ...]] = {
        "last_action": (symbols,),
        "trial_over": (1,),
        "last_reward": (levels,),
    }
    shared: dict[str, tuple[int, ...]] = {"shown": (demonstrators, symbols), "visible": (1,)}
    if bare:
        return layout_of(shared | ({"position": (clock,)} if clock else {}))
    return layout_of(own | shared | {"trial": (trials,)})
