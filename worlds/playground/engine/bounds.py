"""Whether task rows may reach the kernels, which do not check bounds."""

import numpy as np

from worlds.kernels import allocating, inlined
from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    FLOOR,
    FLOORS,
    GADGETS,
    HEIGHTS,
    HOLD,
    KINDS,
    ON,
    PREDICATES,
    PRODUCTS,
    REWARD_MODES,
    TRIAL_ENDS,
)
from worlds.playground.engine.record import Room
from worlds.rng import Whole


@allocating
def in_bounds(rows: np.ndarray, room: Room) -> Whole:
    """The first of rows int16 [n, width] that kernels must not see, or -1 if all are sound."""
    taken = np.zeros((room.height, room.width), dtype=np.bool_)
    for i in range(len(rows)):
        row = rows[i]
        taken[:] = False
        sound = _numbers(row, room) and _terrain(row, room) and _things(row, room, taken)
        sound = sound and _atoms(row, room) and _goals(row, room)
        if not (sound and _rules(row, room) and _present(row, room)):
            return i
    return -1


@inlined
def _within(value: Whole, low: Whole, high: Whole) -> bool:
    return bool(low <= value <= high)


@inlined
def _numbers(row: np.ndarray, room: Room) -> bool:
    numbers = row[room.in_numbers :]
    return (
        _within(numbers[0], 1, room.agents)
        and _within(numbers[1], 0, room.objects)
        and _within(numbers[2], 1, room.trials)
        and numbers[3] >= 1
        and _within(numbers[4], 0, len(REWARD_MODES) - 1)
        and _within(numbers[5], 0, len(TRIAL_ENDS) - 1)
    )


@inlined
def _terrain(row: np.ndarray, room: Room) -> bool:
    area = room.height * room.width
    for i in range(area):
        height, ramp, floor = row[i], row[area + i], row[2 * area + i]
        ramps = _within(ramp, 0, 4) and _within(height, 0, HEIGHTS - 1 - (ramp > 0))
        if not (ramps and _within(floor, 0, len(FLOORS))):
            return False
    return True


@inlined
def _things(row: np.ndarray, room: Room, taken: np.ndarray) -> bool:
    """Objects and agents lie inside, no two on one cell; unused slots are empty."""
    bodies, slots = row[room.in_numbers], row[room.in_numbers + 1]
    for thing in range(room.objects + room.agents):
        agent = thing - room.objects
        if agent < 0:
            kind = row[room.in_kinds + thing]
            used = kind >= 0
            fixed = row[room.in_fixed + thing]
            sound = _within(kind, -1, KINDS - 1) and _within(fixed, 0, 1)
            sound = sound and (not used or thing < slots)
        else:
            used = agent < bodies
            sound = _within(row[room.in_gadgets + agent], 0, len(GADGETS) - 1)
        y, x = row[room.in_cells + 2 * thing], row[room.in_cells + 2 * thing + 1]
        sound = sound and _within(row[room.in_facings + thing], 0, 3)
        if used:
            inside = _within(y, 0, room.height - 1) and _within(x, 0, room.width - 1)
            if not inside or taken[y, x]:
                return False
            taken[y, x] = True
        elif y != -1 or x != -1:
            return False
        if not sound:
            return False
    return True


@inlined
def _count(row: np.ndarray, start: Whole, width: Whole, room: Whole) -> Whole:
    """How many rows of a field are in use."""
    for i in range(room):
        if row[start + width * i] < 0:
            return i
    return room


@inlined
def _is_agent(selector: Whole, bodies: Whole) -> bool:
    return selector == ANY_AGENT or _within(selector, AGENT, AGENT + bodies - 1)


@inlined
def _is_thing(selector: Whole, bodies: Whole) -> bool:
    return _within(selector, 0, KINDS - 1) or _is_agent(selector, bodies)


@inlined
def _atoms(row: np.ndarray, room: Room) -> bool:
    """Atoms are about what they may be about, and goals about atoms in use."""
    bodies = row[room.in_numbers]
    atoms = _count(row, room.in_atoms, 3, room.atoms)
    for m in range(atoms):
        predicate, a, b = row[room.in_atoms + 3 * m : room.in_atoms + 3 * m + 3]
        sound = _within(predicate, 0, len(PREDICATES) - 1)
        if predicate == HOLD:
            sound = sound and _is_agent(a, bodies) and _within(b, 0, KINDS - 1)
        elif predicate == ON:
            sound = sound and _is_thing(a, bodies)
            sound = sound and _within(b, FLOOR, FLOOR + len(FLOORS) - 1)
        else:
            sound = sound and _is_thing(a, bodies) and _is_thing(b, bodies)
        if not sound:
            return False
    return True


@inlined
def _goals(row: np.ndarray, room: Room) -> bool:
    """Options are about atoms in use, not too many; used ones come first."""
    atoms = _count(row, room.in_atoms, 3, room.atoms)
    for n in range(room.agents):
        asked = 0
        last = 1
        for k in range(room.options):
            option = n * room.options + k
            either = _double(row, room.in_require, option) | _double(row, room.in_forbid, option)
            if either != 0 and last == 0:
                return False
            last = either
            asked |= either
        count = 0
        for m in range(atoms):
            count += asked >> m & 1
        if asked >> atoms != 0 or count > room.goal_atoms:
            return False
    return True


@inlined
def _double(row: np.ndarray, start: Whole, index: Whole) -> Whole:
    low, high = row[start + 2 * index], row[start + 2 * index + 1]
    return (np.int64(low) & 0xFFFF) | (np.int64(high) & 0xFFFF) << 16


@inlined
def _rules(row: np.ndarray, room: Room) -> bool:
    atoms = _count(row, room.in_atoms, 3, room.atoms)
    for r in range(_count(row, room.in_rules, 1 + PRODUCTS, room.rules)):
        rule = row[room.in_rules + (1 + PRODUCTS) * r :]
        if rule[0] >= atoms:
            return False
        for j in range(1, 1 + PRODUCTS):
            if not _within(rule[j], -1, KINDS - 1):
                return False
    return True


@inlined
def _present(row: np.ndarray, room: Room) -> bool:
    length = row[room.in_numbers + 3]
    sound = True
    for i in range(room.trials * room.agents):
        sound &= _within(row[room.in_present + i], 0, length)
    return sound
