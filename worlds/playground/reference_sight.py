"""What the plain Python playground sees and observes: sight, the truth of atoms, views."""

from collections.abc import Iterator
from typing import Any

from worlds.playground.constants import (
    ABSENT,
    AGENT,
    ANY_AGENT,
    CHANNELS,
    CUBE,
    EMPTY,
    FLOOR,
    HOLD,
    NEAR,
    NO_ATOM,
    NO_OBJECT,
    ON,
    SEE,
    SLAB,
    STEPS,
    TOUCH,
    colour_of,
    shape_of,
)

Cell = tuple[int, int]  # row, column


class _Fields:
    """A task as plain lists and numbers."""

    def __init__(self, task: Any) -> None:
        for name in TASK_FIELDS:
            value = getattr(task, name)
            setattr(self, name, value.tolist() if hasattr(value, "tolist") else value)


TASK_FIELDS = (
    *("height", "ramp", "floor", "cells", "kinds", "facings", "fixed", "gadgets", "atoms"),
    *("require", "forbid", "rules", "present", "bodies", "slots", "trials", "trial_length"),
    *("reward_mode", "trial_end"),
)


class Sight:
    """The half of a reference world that changes nothing but what is seen and true."""

    task: Any
    kinds: list[int]
    facings: list[int]
    cells: list[Any]
    hands: list[int]
    frozen: list[int]
    away: list[int]
    object_at: dict[Cell, int]
    agent_at: dict[Cell, int]

    def read(self, task: Any, view: int) -> None:
        """Takes a task's fields."""
        self.task = task = _Fields(task)
        self.view = view
        self.bodies: int = task.bodies
        self.slots_total: int = len(task.kinds)  # agents are things from here on
        self.height, self.ramp = task.height, task.ramp
        # The used atoms of each agent's goal, ascending, and its used options.
        self.options: list[list[tuple[int, int]]] = []
        self.goal_atoms: list[list[int]] = []
        for require, forbid in zip(task.require, task.forbid, strict=True):
            used = [(r, f) for r, f in zip(require, forbid, strict=True) if r or f]
            asked = 0
            for r, f in used:
                asked |= r | f
            self.options.append(used)
            self.goal_atoms.append([m for m in range(len(task.atoms)) if asked >> m & 1])

    # Terrain

    def inside(self, cell: Cell) -> bool:
        """Whether a cell lies on the map."""
        return 0 <= cell[0] < len(self.height) and 0 <= cell[1] < len(self.height[0])

    def uphill(self, cell: Cell) -> int | None:
        """Where a ramp leads up: that of the tile, else that of a slab on flat ground; or None."""
        tile = self.ramp[cell[0]][cell[1]]
        if tile:
            return tile - 1
        slot = self.object_at.get(cell)
        if slot is not None and shape_of(self.kinds[slot]) == SLAB:
            return self.facings[slot]
        return None

    def side(self, cell: Cell, direction: int) -> int:
        """The height of a cell at its side: ramps are low at their foot alone."""
        uphill = self.uphill(cell)
        raised = uphill is not None and direction != (uphill + 2) % 4
        return self.height[cell[0]][cell[1]] + raised

    def climb(self, here: Cell, there: Cell, direction: int) -> int:
        """How much higher the neighbour begins than this cell ends."""
        return self.side(there, (direction + 2) % 4) - self.side(here, direction)

    # Sight, in half-heights

    def eye(self, cell: Cell) -> int:
        """How high somebody who stands here looks from."""
        return 2 * self.height[cell[0]][cell[1]] + (self.uphill(cell) is not None) + 1

    def top(self, cell: Cell) -> int:
        """How high this cell hides what is behind it."""
        slot = self.object_at.get(cell)
        stands = slot is not None and shape_of(self.kinds[slot]) in (SLAB, CUBE)
        return 2 * self.height[cell[0]][cell[1]] + (self.ramp[cell[0]][cell[1]] > 0) + 2 * stands

    def mark(self, cell: Cell) -> int:
        """How high one looks to see what is here.

        Where an agent stands it is its eye, so that two agents see each other or neither does, also
        on a slab that lies on a ramp, which is higher than an eye there.
        """
        return self.eye(cell) if cell in self.agent_at else max(self.eye(cell), self.top(cell))

    def clear(self, here: Cell, there: Cell, low: int, high: int) -> bool:
        """Whether nothing between stands above the line from `low` here to `high` there."""
        steps = max(abs(there[0] - here[0]), abs(there[1] - here[1]))
        for k in range(1, steps):
            top = min(
                self.top((row, column))
                for row in between(here[0], there[0], k, steps)
                for column in between(here[1], there[1], k, steps)
            )
            if (top - low) * steps > (high - low) * k:
                return False
        return True

    def window(self, agent: int) -> Iterator[tuple[int, int, Cell]]:
        """Row and column in the view, and the cell on the map, of all that may be seen."""
        thing = self.slots_total + agent
        cell, heading = self.cells[thing], self.facings[thing]
        (down, right), (down_aside, right_aside) = STEPS[heading], STEPS[(heading + 1) % 4]
        half = self.view // 2
        for ahead in range(self.view):
            for aside in range(-half, half + 1):
                there = (
                    cell[0] + ahead * down + aside * down_aside,
                    cell[1] + ahead * right + aside * right_aside,
                )
                if self.inside(there):
                    yield self.view - 1 - ahead, half + aside, there

    def look(self) -> None:
        """What every agent sees, and the truth and witnesses of all atoms."""
        self.seen = [[[0] * self.view for _ in range(self.view)] for _ in range(self.bodies)]
        self.sights: list[set[Cell]] = [set() for _ in range(self.bodies)]
        for agent in range(self.bodies):
            if self.away[self.slots_total + agent] != 0:
                continue
            here = self.cells[self.slots_total + agent]
            for row, column, cell in self.window(agent):
                if self.clear(here, cell, self.eye(here), self.mark(cell)):
                    self.seen[agent][row][column] = 1
                    self.sights[agent].add(cell)
        self.truth = 0
        self.witness = [(-1, -1)] * len(self.task.atoms)
        for number, (predicate, first, second) in enumerate(self.task.atoms):
            if predicate == NO_ATOM:
                break
            pair = next(self._pairs(predicate, first, second), None)
            if pair is not None:
                self.truth |= 1 << number
                self.witness[number] = pair

    def holds(self, agent: int) -> int:
        """1 if some option of the agent's goal holds."""
        return int(any(self.option_holds(option) for option in self.options[agent]))

    def option_holds(self, option: tuple[int, int]) -> bool:
        """Whether all that it requires is true and nothing that it forbids."""
        require, forbid = option
        return self.truth & require == require and not self.truth & forbid

    # Atoms

    def _things(self, selector: int) -> Iterator[int]:
        """The live things that a selector stands for, in rising order."""
        if selector < AGENT:
            for slot in range(self.slots_total):
                if self.kinds[slot] == selector != NO_OBJECT and self.away[slot] == 0:
                    yield slot
            return
        agents = range(self.bodies) if selector == ANY_AGENT else [selector - AGENT]
        for agent in agents:
            if self.away[self.slots_total + agent] == 0:
                yield self.slots_total + agent

    def _pairs(self, predicate: int, first: int, second: int) -> Iterator[tuple[int, int]]:
        """The pairs for which an atom holds, in rising order."""
        for a in self._things(first):
            if predicate == ON:
                down, right = self.cells[a]
                if self.task.floor[down][right] == 1 + second - FLOOR and a not in self.hands:
                    yield a, -1
                continue
            for b in self._things(second):
                if a != b and self._related(predicate, a, b):
                    yield a, b

    def _related(self, predicate: int, a: int, b: int) -> bool:
        if predicate == HOLD:
            return self.hands[a - self.slots_total] == b
        here, there = self.cells[a], self.cells[b]
        down, right = abs(here[0] - there[0]), abs(here[1] - there[1])
        rise = abs(self.height[here[0]][here[1]] - self.height[there[0]][there[1]])
        if predicate == NEAR:
            return max(down, right) <= 1 and rise <= 1
        if predicate == TOUCH:
            return down + right <= 1 and rise == 0
        assert predicate == SEE
        if a >= self.slots_total:
            return there in self.sights[a - self.slots_total]
        return self.clear(here, there, self.mark(here), self.mark(there))

    # Observations

    def view_of(self, agent: int) -> list[list[list[int]]]:
        """What an agent sees, [V][V][C]: relative height, floor and ramp, object, its state, others."""
        view = [[[0] * CHANNELS for _ in range(self.view)] for _ in range(self.view)]
        thing = self.slots_total + agent
        if self.away[thing] != 0:
            return view
        heading, own = self.facings[thing], self.cells[thing]
        for row, column, cell in self.window(agent):
            if self.seen[agent][row][column]:
                rise = self.height[cell[0]][cell[1]] - self.height[own[0]][own[1]]
                tile = self.ramp[cell[0]][cell[1]]
                floor = self.task.floor[cell[0]][cell[1]]
                view[row][column] = [
                    4 + max(-3, min(3, rise)),
                    5 * floor + (1 + (tile - 1 - heading) % 4 if tile else 0),
                    *self._object_marks(cell, heading),
                    *self._agent_marks(cell, agent, heading),
                ]
        return view

    def _object_marks(self, cell: Cell, heading: int) -> tuple[int, int]:
        slot = self.object_at.get(cell)
        if slot is None:
            return 0, 0
        slab = shape_of(self.kinds[slot]) == SLAB
        turned = 1 + (self.facings[slot] - heading) % 4 if slab else 0
        return 1 + self.kinds[slot], (self.frozen[slot] != 0) + 2 * turned

    def _agent_marks(self, cell: Cell, agent: int, heading: int) -> tuple[int, int]:
        other = self.agent_at.get(cell, agent)
        if other == agent:
            return 0, 0
        held = self.hands[other]
        turned = (self.facings[self.slots_total + other] - heading) % 4
        hand = 0 if held == EMPTY else 1 + self.kinds[held]
        return (other - agent) % self.bodies, 1 + turned + 4 * hand

    def body_marks(self, agent: int) -> list[int]:
        """What an agent knows of its own body, 8 numbers: from presence to the ramp underfoot."""
        thing = self.slots_total + agent
        held, cell = self.hands[agent], self.cells[thing]
        kind = None if held == EMPTY else self.kinds[held]
        uphill = self.uphill(cell)
        return [
            int(self.away[thing] != ABSENT),
            max(self.away[thing], 0),
            0 if kind is None else 1 + shape_of(kind),
            0 if kind is None else 1 + colour_of(kind),
            self.task.gadgets[agent],
            self.cooldowns[agent],
            self.height[cell[0]][cell[1]],
            0 if uphill is None else 1 + (uphill - self.facings[thing]) % 4,
        ]

    cooldowns: list[int]


def between(start: int, end: int, k: int, steps: int) -> list[int]:
    """Coordinates after k of `steps` steps of a line, rounded; two where it falls half-way."""
    twice = 2 * k * (end - start) + steps  # floor(x + 1/2) in whole numbers
    nearest = start + twice // (2 * steps)
    return [nearest - 1, nearest] if twice % (2 * steps) == 0 else [nearest]
