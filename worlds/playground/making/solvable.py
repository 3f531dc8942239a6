"""Whether rules can turn the start objects into what a goal requires.

A search over multisets of kinds, breadth first. What lies where, who can get there and what must
not hold is left out: agents are taken to be able to make the atom of any rule true.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from worlds.kernels import allocating, plain
from worlds.playground.constants import KINDS
from worlds.playground.task import Atom, Goal, Rule
from worlds.rng import Whole, mix

SOLVABLE, UNSOLVABLE, UNKNOWN = range(3)
LIMIT = 20_000  # multisets that are looked at
NO_DEPTH = -1
_OPEN, _NONE = -2, -1  # what follows from a multiset: not looked at, nothing


class Solvability(NamedTuple):
    """What a search found out."""

    verdict: int  # SOLVABLE, UNSOLVABLE, or UNKNOWN if the limit came first
    depth: int  # how often rules fire before some option finds its kinds; NO_DEPTH if never
    dead_share: float  # of the multisets that were reached, those from which no goal can be


class Search(NamedTuple):
    """The multisets found so far, and which of them have been."""

    counts: np.ndarray  # [limit, KINDS + 1] int8, things of each kind, and of all kinds
    depths: np.ndarray  # [limit] int32
    next: np.ndarray  # [limit, R] int32, what each rule makes of it; _OPEN or _NONE
    table: np.ndarray  # [2 ** t] int32, 1 + number of a multiset; 0 is free


def solvable(
    kinds: Iterable[int],
    rules: Sequence[Rule],
    goals: Iterable[Goal],
    slots: int,
    limit: int = LIMIT,
) -> Solvability:
    """Whether some option of some goal can find the kinds it requires.

    kinds are those of the start objects, `slots` the room for objects: products beyond it are lost.
    SOLVABLE is optimistic, UNSOLVABLE certain. Past the limit the share counts what was not looked
    at as alive. Raises ValueError for more objects than slots.
    """
    start = _counted(kinds)
    if start.sum() > slots:
        raise ValueError(f"slots is {slots}, allowed is room for the {start.sum()} objects")
    wanted = [_most(option.require) for goal in goals for option in goal]
    takes = np.array([_counted(_objects(rule.atom)) for rule in rules], dtype=np.int8)
    makes = np.array([[*rule.products, *[_NONE] * 3][:3] for rule in rules], dtype=np.int8)
    depth, dead, reached, whole = _search(
        start,
        takes.reshape(-1, KINDS),
        makes.reshape(-1, 3),
        np.array(wanted, dtype=np.int8).reshape(-1, KINDS),
        slots,
        limit,
    )
    verdict = SOLVABLE if depth != NO_DEPTH else UNSOLVABLE if whole else UNKNOWN
    return Solvability(verdict, depth, dead / reached)


def _objects(atom: Atom) -> list[int]:
    """The kinds an atom speaks of, once for each thing it takes to hold."""
    return [selector for selector in atom[1:] if selector < KINDS]


def _counted(kinds: Iterable[int]) -> np.ndarray:
    return np.bincount(np.array(list(kinds), dtype=np.int64), minlength=KINDS).astype(np.int8)


def _most(atoms: Iterable[Atom]) -> np.ndarray:
    """Of each kind the most that any one atom needs: several atoms may be about one thing."""
    most = np.zeros(KINDS, dtype=np.int8)
    for atom in atoms:
        most = np.maximum(most, _counted(_objects(atom)))
    return most


@allocating
def _search(
    start: np.ndarray,
    takes: np.ndarray,
    makes: np.ndarray,
    wanted: np.ndarray,
    slots: Whole,
    limit: Whole,
) -> tuple[int, int, int, bool]:
    """Least depth of a goal, dead multisets, all that were reached, and whether there are no more."""
    search = Search(
        np.empty((limit, KINDS), dtype=np.int8),
        np.empty(limit, dtype=np.int32),
        np.empty((limit, len(takes)), dtype=np.int32),
        np.zeros(_power_of_two(2 * limit), dtype=np.int32),
    )
    alive = np.zeros(limit, dtype=np.bool_)
    now = start.copy()
    number, reached = 0, _enter(search, now, 0, 0) + 1
    best, whole = NO_DEPTH, True
    while number < reached:
        counts, depth = search.counts[number], int(search.depths[number])
        alive[number] = _satisfies(counts, wanted)
        if alive[number] and best == NO_DEPTH:
            best = depth
        for rule in range(len(takes)):
            found = _NONE
            if _fire(counts, takes[rule], makes[rule], slots, now):
                found = _enter(search, now, reached, depth + 1)
                reached += found == reached
                whole = whole and found != _OPEN
            search.next[number, rule] = found
        number += 1
    _spread(search.next[:reached], alive)
    return best, reached - int(alive[:reached].sum()), reached, whole


@plain
def _power_of_two(least: Whole) -> int:
    size = 1
    while size < least:
        size *= 2
    return size


@plain
def _satisfies(counts: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether the kinds of some option are there."""
    found = False
    for option in range(len(wanted)):
        found = found or _contains(counts, wanted[option])
    return found


@plain
def _contains(counts: np.ndarray, part: np.ndarray) -> bool:
    lacking = 0
    for kind in range(KINDS):
        lacking += counts[kind] < part[kind]
    return lacking == 0


@plain
def _fire(
    counts: np.ndarray, takes: np.ndarray, makes: np.ndarray, slots: Whole, out: np.ndarray
) -> bool:
    """Writes what a rule makes of these objects; False if it lacks some of its own."""
    if not _contains(counts, takes):
        return False
    room = slots
    for kind in range(KINDS):
        out[kind] = counts[kind] - takes[kind]
        room -= out[kind]
    for product in makes:
        if product != _NONE and room > 0:
            out[product] += 1
            room -= 1
    return True


@plain
def _enter(search: Search, counts: np.ndarray, reached: Whole, depth: Whole) -> int:
    """The number of a multiset; a new one becomes number `reached`, or _OPEN past the limit."""
    mask = np.uint64(search.table.size - 1)
    place = np.uint64(0)
    for kind in range(KINDS):
        place = mix(place ^ np.uint64(counts[kind]))
    place &= mask
    while search.table[place] > 0:
        number = search.table[place] - 1
        if _contains(search.counts[number], counts) and _contains(counts, search.counts[number]):
            return int(number)
        place = (place + np.uint64(1)) & mask
    if reached == search.depths.size:
        return _OPEN
    search.table[place] = reached + 1
    search.depths[reached] = depth
    for kind in range(KINDS):
        search.counts[reached, kind] = counts[kind]
    return int(reached)


@plain
def _spread(following: np.ndarray, alive: np.ndarray) -> None:
    """Multisets are alive from which rules lead to one that is, or to where nobody looked."""
    changed = True
    while changed:
        changed = False
        for number in range(len(following) - 1, -1, -1):
            if not alive[number]:
                for found in following[number]:
                    if found == _OPEN or (found >= 0 and alive[found]):
                        alive[number] = changed = True
