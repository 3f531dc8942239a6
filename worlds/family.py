"""What every family of worlds offers, and the registry that finds a family by its name."""

import reprlib
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np

# What stands where in a flat observation: name -> (slice of the D bytes, shape of the field).
Layout = dict[str, tuple[slice, tuple[int, ...]]]

NO_ACTION = (
    -1
)  # the action of an agent that does nothing, and its last action before the first step
TRIAL_ENDED = 1  # bits of `ends`
EPISODE_ENDED = 2


class TaskError(ValueError):
    """One thing wrong with a task: the field, what was found there, what is allowed."""

    def __init__(self, field: str, found: Any, allowed: str) -> None:
        self.field, self.found, self.allowed = field, found, allowed
        super().__init__(f"{field} is {_short(found)}, allowed {allowed}")


class TaskSpace(Protocol):
    """All tasks of a family; a task is one row of small integers, rows are int16 `[n, width]`."""

    width: int
    dim: int
    suites: tuple[str, ...]  # names of the lists that `suite` knows

    def sample(self, key: int, n: int) -> np.ndarray:
        """n tasks, never held out; the first k of them do not depend on n."""

    def mutate(self, rows: np.ndarray, key: int, edits: int = 1) -> np.ndarray:
        """Each task after `edits` small edits: valid, unlike its parent, never held out."""

    def vector(self, rows: np.ndarray) -> np.ndarray:
        """The level of each task as float32 `[n, dim]` in [0, 1]."""

    def from_vector(self, x: np.ndarray, key: int) -> np.ndarray:
        """The tasks at these points; what a vector does not say is drawn from `key`."""

    def describe(self, row: np.ndarray) -> str:
        """The task in plain sentences."""

    def suite(self, name: str, n: int) -> np.ndarray:
        """n tasks of a named list that does not depend on the seed of any experiment."""

    def held_out(self, rows: np.ndarray) -> np.ndarray:
        """bool `[n]`: tasks that no creator may propose."""

    def problems(self, row: np.ndarray) -> list[str]:
        """What is wrong with a row, one sentence each; empty for a valid task."""

    def to_json(self, row: np.ndarray) -> dict[str, Any]:
        """The task in words and numbers that a person can read and edit."""

    def from_json(self, task: Any) -> np.ndarray:
        """The inverse of `to_json`; raises `TaskError`."""


class State(Protocol):
    """A batch of B worlds, written in place by the kernels."""

    num_worlds: int
    rows: np.ndarray  # [B, width] int16, the task of each world
    visible: np.ndarray  # [B] uint8, written by the caller: does agent_0 see the others now
    worlds: np.ndarray  # [B] uint64, number of each world for the draws of its oracle
    penalty: int  # thousandths lost by a mistake, for learning; reported returns ignore it
    trial_returns: np.ndarray  # [B, N, X] int32 thousandths, the measure as reported
    trial: np.ndarray  # [B], number of the trial that goes on, 0..X-1
    over: np.ndarray  # [B], 1 once the episode has ended


class Family(Protocol):
    """A family of worlds: one interface over a batch of tasks of one kind.

    A step has one turn for each entry of `turns`: the agents of the turn observe and act; then one
    `step` takes the actions of all. Where there are two turns, the caller writes what agents 1.. of the
    first chose to `state.shown`, int8 `[B, N - 1]`, -1 for nothing, which agent_0 sees where visible.
    """

    name: str
    version: int
    settings: dict[str, Any]
    num_agents: int
    num_actions: int
    action_names: tuple[str, ...]
    turns: tuple[tuple[int, ...], ...]  # agents that act together; together all of them
    # [T, D] uint8, what those who act first see at each step, where it follows from the step alone
    by_position: np.ndarray | None
    horizon: int  # most steps of an episode
    trials: int
    observation_size: int
    layout: Layout
    social: np.ndarray  # [D] bool, bytes that show other agents: all 0 while they are hidden
    cardinality: np.ndarray  # [D] uint8, values that each byte of an observation takes; 2 is a flag
    space: TaskSpace
    has_oracle: bool  # whether `oracle` and `oracle_returns` can be called
    knowing: bool  # whether the oracle knows how to earn nearly all there is in any task

    def state(self, num_worlds: int) -> Any:
        """Room for `num_worlds` worlds; `reset` comes before anything else."""

    def reset(self, state: Any, rows: np.ndarray) -> None:
        """Starts an episode of task `rows[i]` in every world i."""

    def step(self, state: Any, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rewards int16 `[B, N]` thousandths, ends uint8 `[B]`; the next step overwrites both."""

    def observe(self, state: Any, out: np.ndarray) -> None:
        """Writes what every agent sees into `out`, uint8 `[B, N, D]`; all below `cardinality`."""

    def oracle(self, state: Any, agent: int, key: int, noise: float = 0.0) -> np.ndarray:
        """Actions int8 `[B]` of the scripted agent that knows the task.

        A `noise` of 0 knows all, of 1 (nearly) nothing. Agents draw apart from each other under one
        `key`, which must be the same throughout an episode.
        """

    def oracle_returns(self, rows: np.ndarray, noise: float = 0.0) -> np.ndarray:
        """float32 `[n]`: return of the oracle as agent_0, alone, over an episode of each task."""

    def yardsticks(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Known lines to measure by, by name: float32 `[n, X]`, per task and trial; {} if none are."""

    def bytes_of(self, state: Any, index: int) -> bytes:
        """The canonical bytes of one world, for digests."""

    def progress(self, state: Any) -> np.ndarray:
        """float32 `[B, N]` in [0, 1]: how far each agent has come in this trial."""

    def scene(self, state: Any, index: int) -> Any:
        """What `worlds.render` draws of one world."""

    def text(self, state: Any, index: int) -> str:
        """One world as lines of letters."""

    def view_scene(self, observation: np.ndarray) -> Any:
        """What `worlds.render` draws of one agent's observation, uint8 `[D]`."""


def as_rows(rows: np.ndarray, width: int) -> np.ndarray:
    """Task rows int16 `[n, width]`, of one row too; raises ValueError for another shape."""
    rows = np.ascontiguousarray(rows, dtype=np.int16)
    rows = rows[None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or rows.shape[1] != width:
        raise ValueError(f"rows have shape {rows.shape}, allowed is (n, {width})")
    return rows


def check_fields(task: Any, names: tuple[str, ...]) -> None:
    """Raises `TaskError` unless a task in JSON is an object with these fields and no other."""
    if not isinstance(task, dict):
        raise TaskError("task", task, f"is an object with the fields {', '.join(names)}")
    for field in task:
        if field not in names:
            raise TaskError("task", field, f"are the fields {', '.join(names)}")
    for field in names:
        if field not in task:
            raise TaskError(field, None, "is a value: the field is missing")


def layout_of(shapes: dict[str, tuple[int, ...]]) -> Layout:
    """The layout of an observation whose parts have these shapes and follow one another."""
    layout: Layout = {}
    start = 0
    for name, shape in shapes.items():
        stop = start + int(np.prod(shape))
        layout[name] = (slice(start, stop), shape)
        start = stop
    return layout


def make(name: str, **settings: Any) -> Family:
    """The family called `name`; raises ValueError for an unknown name or setting."""
    if name not in _FAMILIES:
        raise ValueError(f"unknown world {name!r}, known are {', '.join(sorted(_FAMILIES))}")
    _, load = _FAMILIES[name]
    return load(**settings)


def names() -> list[str]:
    """Names of all families of our own, sorted; `bring_your_own` needs to be told what to bring."""
    return sorted(_FAMILIES.keys() - {"bring_your_own"})


def version(name: str) -> int:
    """The version of a family's rules, without loading its kernels."""
    return _FAMILIES[name][0]


def named_task(world: str, name: str) -> tuple[dict[str, Any], Any]:
    """A hand-authored task by its name: the settings of a family with room for it, and its JSON form.

    Raises ValueError for an unknown name, and for a world that has none.
    """
    if world != "playground":
        raise ValueError(f"task is {name!r}, but {world} has no tasks with names")
    from worlds.playground.reading import to_json
    from worlds.playground.suites import probe, settings_for

    task = probe(name)
    return settings_for(task), to_json(task)


def identity(name: str, rows: np.ndarray) -> list[str]:
    """The identity of each task: 16 hexadecimal digits of BLAKE2b over world name and row."""
    head = name.encode() + b"\0"
    packed = np.ascontiguousarray(rows, dtype="<i2")
    return [blake2b(head + row.tobytes(), digest_size=8).hexdigest() for row in packed]


def _short(found: Any) -> str:
    """Foreign text must not fill the screen, nor steer it."""
    text = reprlib.repr(found)
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _bring_your_own(**settings: Any) -> Family:
    from worlds.bring_your_own import of

    return of(**settings)


def _goal_sequence(**settings: Any) -> Family:
    from worlds.sequences.goal_sequence.world import GoalSequence

    return GoalSequence(**settings)


def _memory_sequence(**settings: Any) -> Family:
    from worlds.sequences.memory_sequence.world import MemorySequence

    return MemorySequence(**settings)


def _playground(**settings: Any) -> Family:
    from worlds.playground.world import Playground

    return Playground(**settings)


def _travelling_salesperson(**settings: Any) -> Family:
    from worlds.sequences.travelling_salesperson.world import TravellingSalesperson

    return TravellingSalesperson(**settings)


# name -> (version of its rules, what makes it); a loader imports its kernels when it is called.
_FAMILIES: dict[str, tuple[int, Callable[..., Family]]] = {
    "bring_your_own": (0, _bring_your_own),
    "goal_sequence": (0, _goal_sequence),
    "memory_sequence": (0, _memory_sequence),
    "playground": (0, _playground),
    "travelling_salesperson": (0, _travelling_salesperson),
}
