"""A batch of playground worlds: one record of bytes per world, and named arrays that look into it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from worlds.playground.columns import width
from worlds.playground.constants import Sizes
from worlds.playground.engine import record as at
from worlds.playground.engine.levels import LevelStore
from worlds.playground.engine.lines import window_tables
from worlds.playground.engine.memory import lines_of_64
from worlds.playground.engine.record import Worlds, num_cells, room_of

# What a world is, in the order of its canonical bytes; all else follows from it.
FIELDS = (
    *("rows", "kinds", "cells", "homes", "facings", "hands", "frozen", "away", "rolls"),
    *("cooldowns", "num_slots", "truth", "witness", "achieved", "wants", "last_actions"),
    *("last_rewards", "time", "trial", "lost", "over", "trial_over", "trial_returns"),
)


class State:
    """B playground worlds. All named arrays of the record are views of it.

    N agents, O object slots, M atoms, X trials, H x W cells are the room of the task space.
    """

    def __init__(self, num_worlds: int, sizes: Sizes, told: int) -> None:
        self.num_worlds, self.sizes = num_worlds, sizes
        size = -(-(at.OBJECT_AT + 2 * num_cells(sizes)) // 64) * 64
        self.r8 = lines_of_64(num_worlds, size)  # [B, R] uint8, the records
        self.rows = np.zeros((num_worlds, width(sizes)), dtype=np.int16)
        self.told = np.zeros((num_worlds, sizes.agents, told), dtype=np.uint8)
        self.trial_returns = np.zeros((num_worlds, sizes.agents, sizes.trials), dtype=np.int32)
        self.visible = np.ones(num_worlds, dtype=np.uint8)
        self.worlds = np.arange(num_worlds, dtype=np.uint64)
        self.penalty = 0  # there are no mistakes to pay for
        self.rewards = np.zeros((num_worlds, sizes.agents), dtype=np.int16)
        self.ends = np.zeros(num_worlds, dtype=np.uint8)
        self.levels = LevelStore(sizes)
        self.lines = window_tables(sizes.view, sizes.width + 1)
        self.started = False
        self.facts: Any = None  # what the oracle knows of the tasks
        self.threads = 1  # that step and observe, each with a range of worlds
        self._pool: ThreadPoolExecutor | None = None
        self._name_arrays()
        self.note_addresses()

    def split(self, call: Callable[[int, int], None]) -> None:
        """Calls a kernel for ranges of worlds that together are all; results do not depend on them."""
        edges = [self.num_worlds * i // self.threads for i in range(self.threads + 1)]
        others = []
        if self.threads > 1:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.threads - 1)
            others = [self._pool.submit(call, *edges[i : i + 2]) for i in range(1, self.threads)]
        call(0, edges[1])  # waking a thread takes as long as some hundred steps
        for other in others:
            other.result()

    def note_addresses(self) -> None:
        """Writes down where the kernels find the arrays, which are not replaced from now on."""
        room, levels = room_of(self.sizes), self.levels
        worlds = Worlds(
            self.r8.ctypes.data,
            self.r8.shape[1],
            levels.tables.ctypes.data,
            levels.size,
            levels.sight,
            levels.windows,
            self.rows.ctypes.data,
            self.rows.strides[0],
            self.told.ctypes.data,
            self.told.strides[0],
            room.agents,
            room.objects,
            room.height,
            room.width,
            room.span,
            room.options,
            room.goal_atoms,
            self.lines.ctypes.data,
            room.in_cells,
            room.in_kinds,
            room.in_facings,
            room.in_fixed,
            room.in_present,
        )
        self._header = np.array(worlds, dtype=np.int64)
        self.header = self._header.ctypes.data  # what kernels are given

    def __getstate__(self) -> dict[str, Any]:
        """Threads are not copied."""
        return self.__dict__ | {"_pool": None}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        """A copy's named arrays are views of its own record, as kernels write nothing else."""
        self.__dict__.update(kept)
        self._name_arrays()
        self.note_addresses()

    def _name_arrays(self) -> None:
        n, o, m = self.sizes.agents, self.sizes.objects, self.sizes.atoms
        self.record = self.r8.view(np.int16)  # [B, R / 2]
        self.kinds = self._bytes(at.KIND, o)  # [B, O] int8
        self.cells = self._pairs(at.Y, at.X, o + n)  # [B, O+N, 2] int8, row and column
        self.homes = self._pairs(at.HOME_Y, at.HOME_X, o + n)  # [B, O+N, 2] int8
        self.facings = self._bytes(at.FACING, o + n)  # [B, O+N] int8
        self.hands = self._bytes(at.HAND, n)  # [B, N] int8, slot or EMPTY
        self.frozen = self._bytes(at.FROZEN, o)  # [B, O] int8, FOREVER for anchors
        self.away = self._bytes(
            at.AWAY, o + n
        )  # [B, O+N] int8, ABSENT for agents out of this trial
        self.rolls = self._pairs(
            at.ROLL, at.ROLL_LEFT, o
        )  # [B, O, 2] int8, direction and cells left
        self.cooldowns = self._bytes(8 * at.COOLDOWNS, n)  # [B, N] int8
        self.num_slots = self.r8[:, at.NUM_SLOTS]  # [B] uint8
        self.truth = self.r8.view(np.uint32)[:, 2 * at.TRUTH]  # [B] uint32
        self.witness = self._pairs(at.WITNESS_A, at.WITNESS_B, m)  # [B, M, 2] int8
        self.achieved = self.r8[:, at.ACHIEVED : at.ACHIEVED + n]  # [B, N] uint8
        self.wants = self.r8[:, at.WANTS : at.WANTS + n]  # [B, N] uint8
        self.last_actions = self._bytes(at.LAST_ACTION, n)  # [B, N] int8
        self.last_rewards = self.record[
            :, at.LAST_REWARD : at.LAST_REWARD + n
        ]  # [B, N] int16 thousandths
        self.time = self.record[:, at.TIME]  # [B] int16
        self.trial = self.record[:, at.TRIAL]  # [B] int16
        self.lost = self.record[:, at.LOST]  # [B] int16, products without a slot
        self.over = self.r8[:, at.OVER]  # [B] uint8, 1 ended by goals, 2 by time
        self.trial_over = self.r8[:, at.TRIAL_OVER]  # [B] uint8, of the step before
        words = self.r8.view(np.uint64)
        self.level = words[:, at.LEVEL]  # [B] uint64, which tables of `levels`
        self.seen = words[:, at.SEEN : at.SEEN + 2 * n].reshape(-1, n, 2)  # [B, N, 2] uint64
        self.object_at = self._map(at.OBJECT_AT)  # [B, H, W] int8, slot + 1
        self.agent_at = self._map(at.OBJECT_AT + num_cells(self.sizes))  # [B, H, W] int8, agent + 1

    def _bytes(self, start: int, count: int) -> np.ndarray:
        return self.r8.view(np.int8)[:, start : start + count]

    def _pairs(self, first: int, second: int, count: int) -> np.ndarray:
        strides = (self.r8.strides[0], 1, second - first)
        shape = (self.num_worlds, count, 2)
        return as_strided(self.r8.view(np.int8)[:, first:], shape, strides)

    def _map(self, start: int) -> np.ndarray:
        height, width = self.sizes.height, self.sizes.width
        inside = self.r8.view(np.int8)[:, start + width + 2 :]
        shape = (self.num_worlds, height, width)
        return as_strided(inside, shape, (self.r8.strides[0], width + 1, 1))
