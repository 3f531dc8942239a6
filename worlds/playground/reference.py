"""The playground once more, in plain Python and one world at a time: the oracle of the kernels' tests.

Written from the rules alone: lists and whole numbers, no table, search or trick of the kernels. It
keeps the names of the branches it took, so that a test can tell what it has never met.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from worlds.playground.constants import (
    ABSENT,
    ALL_GOALS,
    ANY_GOAL,
    AWAY_STEPS,
    BACK,
    COOLDOWN_STEPS,
    CUBE,
    EMPTY,
    FIRST,
    FLIP,
    FOREVER,
    FORWARD,
    FREEZE,
    FROZEN_STEPS,
    GADGET,
    HAND,
    LEFT,
    NO_GADGET,
    NO_KIND,
    NO_OBJECT,
    NO_RULE,
    PYRAMID,
    REACH,
    RIGHT,
    ROLL_CELLS,
    SLAB,
    SPHERE,
    STATE,
    STEPS,
    shape_of,
)
from worlds.playground.reference_sight import Cell, Sight

ENDED_BY_GOALS, ENDED_BY_TIME = 1, 2


class ReferenceWorld(Sight):
    """One world; all that is public is a plain number or list, to compare with a state.

    `task` has the fields of `Task` as arrays or lists, `view` is the side of the window in cells.
    Things are numbered as in a state: slots 0..O-1, then agents from O on.
    """

    def __init__(self, task: Any, view: int) -> None:
        self.read(task, view)
        self.branches: set[str] = set()
        self.trial = self.over = self.lost = 0
        self.trial_over = 0
        self.rewards = [0] * self.bodies
        self.last_actions = [0] * self.bodies
        self.last_rewards = [0] * self.bodies
        self._start_trial()

    def step(self, actions: Sequence[int]) -> None:
        """One step of all agents; afterwards `rewards` are thousandths, by agent."""
        self.rewards, self.trial_over = [0] * self.bodies, 0
        if self.over:
            return
        self._leave()
        for turn in range(self.bodies):
            agent = (turn + self.time) % self.bodies
            self.last_actions[agent] = 0
            if self.away[self.slots_total + agent] == 0:
                self.last_actions[agent] = int(actions[agent])
                self._act(agent, int(actions[agent]))
        self._roll()
        self._count_down()
        before = self.truth
        self.look()
        if self._fire(before):
            self.look()
        self._reward()

    # Trials

    def _start_trial(self) -> None:
        task, slots = self.task, self.slots_total
        self.time = 0
        self.kinds = list(task.kinds)
        self.facings = list(task.facings)
        self.cells = [tuple(cell) for cell in task.cells]
        self.homes = list(self.cells)
        self.hands = [EMPTY] * self.bodies
        self.frozen = [FOREVER if anchor else 0 for anchor in task.fixed]
        self.away = [0] * len(self.cells)
        self.rolls = [(0, 0)] * slots
        self.cooldowns = [0] * self.bodies
        self.achieved = [0] * self.bodies
        self.object_at: dict[Cell, int] = {}
        self.agent_at: dict[Cell, int] = {}
        for slot in range(slots):
            if self.kinds[slot] != NO_OBJECT:
                self.object_at[self.cells[slot]] = slot
        self.num_slots = max([0, *(slot + 1 for slot in self.object_at.values())])
        for agent in range(self.bodies):
            if task.present[self.trial][agent] == 0:
                self.away[slots + agent] = ABSENT
            else:
                self.agent_at[self.cells[slots + agent]] = agent
        self.look()
        self.wants = [int(not self.holds(agent)) for agent in range(self.bodies)]

    def _leave(self) -> None:
        for agent in range(self.bodies):
            here = self.away[self.slots_total + agent] != ABSENT
            if here and self.task.present[self.trial][agent] == self.time:
                self.branches.add("left early")
                self._take_off(agent)
                self.away[self.slots_total + agent] = ABSENT

    def _reward(self) -> None:
        self.time += 1
        length, mode = self.task.trial_length, self.task.reward_mode
        for agent in range(self.bodies):
            self.last_rewards[agent] = 0
            if self.away[self.slots_total + agent] == ABSENT:
                continue
            holds = self.holds(agent)
            if mode == STATE:
                reward = 1000 * holds
            elif mode == FIRST:
                reward = 1000 - 900 * self.time // length if holds > self.achieved[agent] else 0
            else:
                assert mode == FLIP
                reward = 1000 * (holds == self.wants[agent])
                if reward:
                    self.branches.add("wants turned over")
                    self.wants[agent] = 1 - self.wants[agent]
            self.achieved[agent] |= holds
            self.rewards[agent] = self.last_rewards[agent] = reward
        goals = self._goals_reached()
        if not goals and self.time < length:
            return
        self.trial_over = 1
        if self.trial + 1 == self.task.trials:
            self.over = ENDED_BY_GOALS if goals else ENDED_BY_TIME
            return
        self.branches.add("next trial")
        self.trial += 1
        self._start_trial()

    def _goals_reached(self) -> bool:
        """Whether this trial ends because of goals; agents without one are not asked."""
        reached = [
            self.achieved[agent]
            for agent in range(self.bodies)
            if self.away[self.slots_total + agent] != ABSENT and self.options[agent]
        ]
        if self.task.trial_end == ANY_GOAL:
            return any(reached)
        return self.task.trial_end == ALL_GOALS and bool(reached) and all(reached)

    # Acting

    def _act(self, agent: int, action: int) -> None:
        heading = self.facings[self.slots_total + agent]
        if action == FORWARD:
            self._walk(agent, heading)
        elif action == BACK:
            self._walk(agent, (heading + 2) % 4)
        elif action in (LEFT, RIGHT):
            turn = 1 if action == RIGHT else 3
            self.facings[self.slots_total + agent] = (heading + turn) % 4
        elif action == HAND:
            self._use_hand(agent, heading)
        elif action == GADGET:
            self._use_gadget(agent, heading)

    def _walk(self, agent: int, direction: int) -> None:
        here = self.cells[self.slots_total + agent]
        there = ahead(here, direction)
        if not self.inside(there) or there in self.agent_at:
            return
        if self.climb(here, there, direction) > 0:
            self.branches.add("too steep")
            return
        slot = self.object_at.get(there)
        if (
            slot is not None
            and shape_of(self.kinds[slot]) != SLAB
            and not self._push(slot, direction)
        ):
            self.branches.add("blocked by an object")
            return
        if slot is not None and shape_of(self.kinds[slot]) == SLAB:
            self.branches.add("walked on a slab")
        del self.agent_at[here]
        self.agent_at[there] = agent
        self.cells[self.slots_total + agent] = there
        if self.hands[agent] != EMPTY:
            self.cells[self.hands[agent]] = there

    def _push(self, slot: int, direction: int) -> bool:
        """Pushes a cube or sphere one cell on; whether it went."""
        shape, here = shape_of(self.kinds[slot]), self.cells[slot]
        there = ahead(here, direction)
        if shape == PYRAMID or self.frozen[slot] != 0 or not self.free(there):
            return False
        if self.climb(here, there, direction) > 0:
            return False
        if self.ramp[here[0]][here[1]] or self.ramp[there[0]][there[1]]:
            self.branches.add("pushed on a ramp")
        self._move_object(slot, there)
        if shape == SPHERE:
            self.rolls[slot] = (direction, ROLL_CELLS)
            self.branches.add("pushed a sphere")
        else:
            assert shape == CUBE
            self.branches.add("pushed a cube")
        return True

    def _use_hand(self, agent: int, heading: int) -> None:
        here = self.cells[self.slots_total + agent]
        there = ahead(here, heading)
        if not self.inside(there) or abs(self.climb(here, there, heading)) > 1:
            return
        slot = self.hands[agent]
        if slot != EMPTY:
            if self.free(there):
                self.branches.add("put down")
                self.hands[agent] = EMPTY
                self.facings[slot] = heading
                self._lay(slot, there)
            return
        found = self.object_at.get(there)
        if found is None or self.frozen[found] != 0 or there in self.agent_at:
            return
        self.branches.add("took")
        del self.object_at[there]
        self.rolls[found] = (0, 0)
        self.hands[agent] = found
        self.cells[found] = here

    def _use_gadget(self, agent: int, heading: int) -> None:
        gadget = self.task.gadgets[agent]
        if gadget == NO_GADGET or self.cooldowns[agent] > 0:
            return
        self.cooldowns[agent] = COOLDOWN_STEPS
        here = cell = self.cells[self.slots_total + agent]
        for _ in range(REACH):
            cell = ahead(cell, heading)
            if not self.inside(cell) or 2 * self.height[cell[0]][cell[1]] > self.eye(here):
                return
            if cell in self.agent_at:
                if gadget != FREEZE:
                    self._tag_agent(self.agent_at[cell])
                return
            if cell in self.object_at:
                self._hit_object(self.object_at[cell], gadget)
                return

    def _tag_agent(self, agent: int) -> None:
        self.branches.add("tagged an agent")
        if self.hands[agent] != EMPTY:
            self.branches.add("tag made a holder drop")
        self._take_off(agent)
        self.away[self.slots_total + agent] = AWAY_STEPS

    def _hit_object(self, slot: int, gadget: int) -> None:
        if self.frozen[slot] == FOREVER:
            self.branches.add("hit an anchor")
            return
        self.rolls[slot] = (0, 0)
        if gadget == FREEZE:
            self.branches.add("froze an object")
            self.frozen[slot] = FROZEN_STEPS
        else:
            self.branches.add("tagged an object")
            self.frozen[slot] = 0
            del self.object_at[self.cells[slot]]
            self.away[slot] = AWAY_STEPS

    def _take_off(self, agent: int) -> None:
        """An agent leaves the map and drops what it holds."""
        cell = self.cells[self.slots_total + agent]
        if self.agent_at.get(cell) == agent:
            del self.agent_at[cell]
        slot, self.hands[agent] = self.hands[agent], EMPTY
        if slot != EMPTY:
            self._lay(slot, self.nearest(cell))

    # Motion

    def _roll(self) -> None:
        for slot in range(self.num_slots):
            if self.kinds[slot] == NO_OBJECT or shape_of(self.kinds[slot]) != SPHERE:
                continue
            here = self.cells[slot]
            if self.object_at.get(here) != slot or self.frozen[slot] != 0:
                continue
            uphill = self.ramp[here[0]][here[1]] - 1
            if uphill >= 0:
                self.rolls[slot] = ((uphill + 2) % 4, ROLL_CELLS)
            direction, left = self.rolls[slot]
            if left == 0:
                continue
            there = ahead(here, direction)
            can = self.free(there) and self.climb(here, there, direction) <= 0
            if can and self.ramp[there[0]][there[1]] != 1 + direction:
                self.branches.add("rolled down" if uphill >= 0 else "rolled on")
                self._move_object(slot, there)
                self.rolls[slot] = (direction, left - 1) if left > 1 else (0, 0)
            else:
                self.branches.add("roll ended")
                self.rolls[slot] = (0, 0)

    def _count_down(self) -> None:
        self.frozen = [steps - (steps > 0) for steps in self.frozen]
        self.cooldowns = [steps - (steps > 0) for steps in self.cooldowns]
        for thing in range(self.slots_total + self.bodies):
            if self.away[thing] <= 0:
                continue
            self.away[thing] -= 1
            if self.away[thing] == 0:
                cell = self.nearest(self.homes[thing])
                if thing < self.slots_total:
                    self.branches.add("an object came back")
                    self._lay(thing, cell)
                else:
                    self.branches.add("an agent came back")
                    self.cells[thing] = cell
                    self.agent_at[cell] = thing - self.slots_total

    # Rules

    def _fire(self, before: int) -> bool:
        """Fires what rules can, on the truth and witnesses of now; whether any did."""
        touched: set[int] = set()
        fired = False
        for atom, *products in self.task.rules:
            if atom == NO_RULE:
                break
            if not self.truth >> atom & 1:
                continue
            witnesses = [thing for thing in self.witness[atom] if thing >= 0]
            objects = [thing for thing in witnesses if thing < self.slots_total]
            if touched & set(objects) or (not objects and before >> atom & 1):
                self.branches.add("rule held back")
                continue
            fired = True
            made = [product for product in products if product != NO_KIND]
            origin = self.cells[(objects or witnesses)[0]]
            places = [self._remove(slot) for slot in objects]
            touched |= set(objects)
            for number, product in enumerate(made):
                place = places[number] if number < len(places) else None
                slot = objects[number] if place else self._empty_slot()
                if slot is None:
                    self.branches.add("product lost")
                    self.lost += 1
                    continue
                self._make(slot, product, place, origin)
                touched.add(slot)
        return fired

    def _remove(self, slot: int) -> tuple[Cell, int]:
        """Takes an object out of the world; -> where it was, and in whose hand (or EMPTY)."""
        cell, holder = self.cells[slot], EMPTY
        if slot in self.hands:
            holder = self.hands.index(slot)
            self.hands[holder] = EMPTY
        else:
            del self.object_at[cell]
        self.kinds[slot] = NO_OBJECT
        self.cells[slot], self.homes[slot] = (-1, -1), (-1, -1)
        self.frozen[slot], self.facings[slot], self.rolls[slot] = 0, 0, (0, 0)
        return cell, holder

    def _make(self, slot: int, kind: int, place: tuple[Cell, int] | None, origin: Cell) -> None:
        """A product, in place of an object it was made from or near the `origin`."""
        self.kinds[slot] = kind
        self.num_slots = max(self.num_slots, slot + 1)
        if place is not None and place[1] != EMPTY:
            self.branches.add("product in hand")
            self.hands[place[1]] = slot
            self.cells[slot] = self.homes[slot] = place[0]
            return
        cell = origin if place is None else place[0]
        stands = cell in self.agent_at and shape_of(kind) != SLAB
        if place is None or cell in self.object_at or stands:
            if stands:
                self.branches.add("product beside an agent")
            cell = self.nearest(cell)
        self._lay(slot, cell)
        self.homes[slot] = cell

    def _empty_slot(self) -> int | None:
        for slot in range(self.task.slots):
            if self.kinds[slot] == NO_OBJECT:
                return slot
        return None

    # Places

    def free(self, cell: Cell) -> bool:
        """Inside, with neither an object nor an agent."""
        return self.inside(cell) and cell not in self.object_at and cell not in self.agent_at

    def nearest(self, cell: Cell) -> Cell:
        """The first free cell by ring of Chebyshev radius 0, 1, 2 …, in a ring by row, then column."""
        return next(found for found in self._rings(cell) if self.free(found))

    def _rings(self, cell: Cell) -> Iterator[Cell]:
        for radius in range(max(len(self.height), len(self.height[0]))):
            for down in range(-radius, radius + 1):
                for right in range(-radius, radius + 1):
                    if max(abs(down), abs(right)) == radius:
                        yield cell[0] + down, cell[1] + right

    def _lay(self, slot: int, cell: Cell) -> None:
        self.cells[slot] = cell
        self.object_at[cell] = slot

    def _move_object(self, slot: int, there: Cell) -> None:
        del self.object_at[self.cells[slot]]
        self._lay(slot, there)


def ahead(cell: Cell, direction: int) -> Cell:
    """The neighbour of a cell, which may lie outside."""
    down, right = STEPS[direction]
    return cell[0] + down, cell[1] + right
