"""The tasks worth playing again, keyed by (task, roster), with their scores: PLR's level buffer."""

from __future__ import annotations

import numpy as np

from populations.creators.draws import Draws
from populations.creators.groups import Groups
from populations.creators.memory import COLUMNS, OF_LEARNERS, Memory, Scale, add, blank, empty

PRIORITIES = ("rank", "proportional", "fresh")
ABSENT = -1  # the slot of a (task, roster) that is not kept

_COUNTERS = ("draws", "batches", "quiet", "refused")


class Buffer:
    """A struct of arrays with room for `capacity` rows, of which the first `size` are filled.

    Priorities, w_i of row i (Jiang 2021): "rank" w = 1 / rank^(1 / temperature), rank 1 the highest
    score, equal scores sharing their weights; "proportional" w = max(score, 0)^(1 / temperature), so
    that however many are worthless take nothing from the others; "fresh" w = max(score, 0) / age^2, age in batches
    since the score was estimated (1 for the latest). The chance to be drawn is (1 - staleness) w /
    sum w + staleness c / sum c, c the draws since the row's last. Where all w (or all c) are 0,
    they count as equal.

    "fresh" is for tasks whose children are played rather than they themselves: nothing corrects the
    score of such a task, so it must fade. The sum of 1 / age^2 is finite: however many tasks are
    kept, the latest estimates decide.

    Raises ValueError for settings out of range.
    """

    def __init__(
        self,
        width: int,
        capacity: int = 4000,
        *,
        priority: str = "rank",
        temperature: float = 0.3,
        staleness: float = 0.3,
        min_fill: float = 0.5,
        floor: float = 0.0,
        agents: int = 1,
    ) -> None:
        if capacity < 1:
            raise ValueError(f"capacity is {capacity}; a buffer needs room for at least one task")
        if priority not in PRIORITIES:
            raise ValueError(f"priority is {priority!r}; choose one of {', '.join(PRIORITIES)}")
        if not temperature > 0:
            raise ValueError(f"temperature is {temperature}; it must be above 0")
        for name, value in (("staleness", staleness), ("min_fill", min_fill)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}; it must lie in [0, 1]")
        self.capacity, self.priority, self.temperature = capacity, priority, temperature
        self.staleness, self.min_fill = staleness, min_fill
        self.scale = Scale(floor, -np.inf)
        self.agents = agents  # in whose seats somebody learns
        self.size = 0
        self.draws = 0  # rows drawn so far: the clock of `stamp`
        self.batches = 0  # batches put so far: the clock of `created`
        self.quiet = 0  # groups put since one was new: see `ready`
        self.refused = 0  # groups whose score or returns were not finite
        self._columns: dict[str, np.ndarray] = {
            "rows": np.zeros((capacity, width), np.int16),
            "task": np.zeros(capacity, np.uint64),
            "roster": np.zeros(capacity, np.uint64),
            "parent": np.zeros(capacity, np.uint64),
            "created": np.zeros(capacity, np.int64),
            "stamp": np.zeros(capacity, np.int64),  # the draw at which it was last drawn
            "score": np.zeros(capacity, np.float64),
            "scored": np.zeros(capacity, np.int64),  # the batch that gave the score
            **empty((capacity, agents), floor),
        }
        self._slots: dict[tuple[int, int], int] = {}

    def __getitem__(self, column: str) -> np.ndarray:
        """A view of one column's filled part, [size] or [size, width]."""
        return self._columns[column][: self.size]

    @property
    def ready(self) -> bool:
        """Whether to replay: filled to `min_fill`, or nothing new in the last `capacity` groups.

        Without the second half a space with fewer tasks than `min_fill * capacity` is never
        replayed, and robust PLR never trains.
        """
        return self.size > 0 and (
            self.size >= self.min_fill * self.capacity or self.quiet >= self.capacity
        )

    def weights(self) -> np.ndarray:
        """[size] float64, each row's chance to be drawn next; sums to 1."""
        kept = self.priorities()
        return (1 - self.staleness) * kept + self.staleness * _shares(self.draws - self["stamp"])

    def priorities(self) -> np.ndarray:
        """[size] float64, the part of `weights` that comes from the scores; sums to 1."""
        scores = self["score"]
        if self.priority == "fresh":
            ages = np.maximum(self.batches - self["scored"], 1)
            return _shares(np.maximum(scores, 0.0) / ages.astype(np.float64) ** 2)
        if self.priority == "proportional":
            positive = np.maximum(scores, 0.0)
            most = positive.max(initial=0.0) or 1.0  # else high powers of small scores would vanish
            return _shares((positive / most) ** (1 / self.temperature))
        order = np.argsort(-scores, kind="stable")
        ranked = np.arange(1, self.size + 1) ** (-1 / self.temperature)
        begins = np.ones(self.size, bool)
        begins[1:] = np.diff(scores[order]) != 0
        starts = np.flatnonzero(begins)
        tied = np.diff(np.append(starts, self.size))
        weights = np.empty(self.size)
        weights[order] = np.repeat(np.add.reduceat(ranked, starts) / tied, tied)
        return _shares(weights)

    def sample(self, draws: Draws, n: int) -> np.ndarray:
        """Draws `n` slots, int64 [n]; each draw stamps its row before the next is made.

        A batch is thus not n copies of one draw from a frozen distribution (jaxued). Raises
        ValueError when the buffer is empty.
        """
        if not self.size:
            raise ValueError("the buffer is empty; put tasks into it before drawing from it")
        stale = draws.units(n) < self.staleness
        units = draws.units(n)
        slots = pick(self.priorities(), units)
        stamps = self["stamp"]
        places = np.arange(1, self.size + 1)
        for at in range(n):
            if stale[at]:
                ends = places * self.draws - np.cumsum(stamps)  # running sums of c; exact
                ends = ends if ends[-1] else places
                slots[at] = np.searchsorted(ends, int(units[at] * ends[-1]), side="right")
            self.draws += 1
            stamps[slots[at]] = self.draws
        return slots

    def recall(self, groups: Groups) -> tuple[np.ndarray, Memory]:
        """The groups' slots (int64 [K], or ABSENT) and what is known with this batch counted in.

        Nobody in a batch plays with the roster of a past generation any more, so the score of such a
        row would stay for ever. Where its task is played by another roster, that takes its slot and
        nothing of what was known.
        """
        pairs = _pairs(groups.tasks, groups.rosters)
        slots = np.array([self._slots.get(pair, ABSENT) for pair in pairs], np.int64)
        before = blank(len(groups), self.scale, self.agents)
        held = slots != ABSENT
        for name in COLUMNS:
            getattr(before, name)[held] = self._columns[name][slots[held]]
        gone = np.flatnonzero(~np.isin(self["roster"], groups.rosters))
        heirs = np.flatnonzero(~held)
        _, of_gone, of_heirs = np.intersect1d(
            self["task"][gone], groups.tasks[heirs], return_indices=True
        )
        slots[heirs[of_heirs]] = gone[of_gone]
        return slots, add(before, groups)

    def put(
        self, groups: Groups, slots: np.ndarray, memory: Memory, scores: np.ndarray
    ) -> np.ndarray:
        """Keeps a batch with its scores; returns bool [K], which groups are in the buffer now.

        `slots` and `memory` are `recall(groups)`. Rows already held are brought up to date. New
        ones fill the free room; then the best of them meet the rows with the lowest weights, found
        once per batch, and replace those whose score is lower. A group whose score or mean return
        is NaN or infinite changes nothing: an episode that never ended must not look like a good
        task.
        """
        self.scale = memory.scale
        sound = np.isfinite(scores) & np.isfinite(memory.mean).all(1)
        self.refused += int(np.sum(~sound))
        held = sound & (slots != ABSENT)
        fresh = np.flatnonzero(sound & (slots == ABSENT))
        self.quiet = 0 if len(fresh) else self.quiet + len(groups)
        self._rename(slots[held], groups.rosters[held])
        self._write(slots[held], np.flatnonzero(held), memory, scores)

        room = min(len(fresh), self.capacity - self.size)
        places = np.arange(self.size, self.size + room)
        entering, late = fresh[:room], fresh[room:]
        if len(late):
            self._insert(places, entering, groups, memory, scores)
            late = late[np.argsort(-scores[late], kind="stable")][: self.capacity]
            places = np.argsort(self.weights(), kind="stable")[: len(late)]
            better = scores[late] > self["score"][places]
            places, entering = places[better], late[better]
        self._insert(places, entering, groups, memory, scores)
        self.batches += 1
        return np.array([pair in self._slots for pair in _pairs(groups.tasks, groups.rosters)])

    def forget(self) -> None:
        """Others learn from now on: tasks and scores stay, what learners did on them is unknown again."""
        blanks = empty((self.size, self.agents), self.scale.floor)
        for name in OF_LEARNERS:
            self[name][:] = blanks[name]

    def clear(self) -> None:
        """Holds no task any more; the clocks and the scale go on."""
        self.size, self._slots = 0, {}

    def state(self) -> dict[str, np.ndarray]:
        """The filled rows, the counters and the scale, as plain arrays."""
        return {
            **{name: self[name].copy() for name in self._columns},
            "counters": np.array([getattr(self, name) for name in _COUNTERS], np.int64),
            "top": np.array([self.scale.top], np.float64),
        }

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Takes up a `state()`; raises ValueError when it does not fit this buffer."""
        size = len(state["task"])
        if size > self.capacity:
            raise ValueError(
                f"the state holds {size} tasks but the buffer has room for {self.capacity}; "
                "use the capacity it was saved with"
            )
        for name, column in self._columns.items():
            if state[name].shape != (size, *column.shape[1:]) or state[name].dtype != column.dtype:
                raise ValueError(
                    f"column {name} of the state is {state[name].dtype}{state[name].shape}, "
                    f"expected {column.dtype}{(size, *column.shape[1:])}"
                )
            column[:size] = state[name]
        self.size = size
        for name, value in zip(_COUNTERS, state["counters"].tolist(), strict=True):
            setattr(self, name, value)
        self.scale = Scale(self.scale.floor, float(state["top"][0]))
        pairs = _pairs(self["task"], self["roster"])
        self._slots = {pair: slot for slot, pair in enumerate(pairs)}

    def _insert(
        self,
        places: np.ndarray,
        entering: np.ndarray,
        groups: Groups,
        memory: Memory,
        scores: np.ndarray,
    ) -> None:
        """Puts the groups `entering` into the slots `places`, in place of what is there."""
        leaving = places[places < self.size]
        for pair in _pairs(self["task"][leaving], self["roster"][leaving]):
            del self._slots[pair]
        self.size = max(self.size, int(places.max(initial=ABSENT)) + 1)
        self["rows"][places] = groups.rows[entering]
        self["task"][places] = groups.tasks[entering]
        self["roster"][places] = groups.rosters[entering]
        self["parent"][places] = groups.parents[entering]
        self["created"][places] = self.batches
        self["stamp"][places] = self.draws
        self._write(places, entering, memory, scores)
        pairs = _pairs(groups.tasks[entering], groups.rosters[entering])
        self._slots.update(zip(pairs, places.tolist(), strict=True))

    def _rename(self, places: np.ndarray, rosters: np.ndarray) -> None:
        """Hands the rows at `places` to these rosters."""
        for pair in _pairs(self["task"][places], self["roster"][places]):
            del self._slots[pair]
        self["roster"][places] = rosters
        pairs = _pairs(self["task"][places], rosters)
        self._slots.update(zip(pairs, places.tolist(), strict=True))

    def _write(
        self, places: np.ndarray, groups: np.ndarray, memory: Memory, scores: np.ndarray
    ) -> None:
        self["score"][places] = scores[groups]
        self["scored"][places] = self.batches
        for name in COLUMNS:
            self[name][places] = getattr(memory, name)[groups]


def pick(shares: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Indices drawn by `shares` (float64 [n], not all 0), one per number in [0, 1) of `units`."""
    ends = np.cumsum(shares)
    places = np.searchsorted(ends, units * ends[-1], side="right")
    return np.minimum(places, np.flatnonzero(shares)[-1])


def _pairs(tasks: np.ndarray, rosters: np.ndarray) -> list[tuple[int, int]]:
    return list(zip(tasks.tolist(), rosters.tolist(), strict=True))


def _shares(weights: np.ndarray) -> np.ndarray:
    """The weights divided by their sum, or all equal where the sum is 0."""
    total = weights.sum()
    return weights / total if total > 0 else np.full(len(weights), 1 / max(len(weights), 1))
