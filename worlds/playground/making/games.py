"""Games: goals for the agents of a level, drawn at a wanted competitiveness and balance.

In three steps, so that a caller can look in between which of the atoms hold at the start:
`atom_pool` (what makes sense in a level), `draw_atoms` (up to six of it), `draw_goals`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from worlds.family import TaskError
from worlds.playground.constants import (
    AGENT,
    ANY_AGENT,
    FLOOR,
    HOLD,
    KINDS,
    LARGEST,
    NEAR,
    ON,
    PREDICATES,
    SEE,
    TOUCH,
)
from worlds.playground.making.game_search import NO_START, Game, Limits, search
from worlds.playground.making.terrain import check, check_all
from worlds.playground.making.truth_tables import WORD_ATOMS
from worlds.playground.task import Atom, Goal, Option, Task, ordered
from worlds.rng import word, word_below

MANY = 2  # of a kind: as many as an atom can tell apart
_ATOMS, _GOALS, _TARGET = range(3)  # keys of one game


@dataclass(frozen=True)
class GameSettings:
    """What games may be like; pairs are ranges, both ends included."""

    atoms: tuple[int, int] = (2, 6)  # drawn for a game; goals need not use all of them
    options: tuple[int, int] = (1, 3)  # of one agent
    option_atoms: tuple[int, int] = (1, 3)  # of one option
    negate: int = 30  # percent of drawn atoms that must not hold
    competitiveness: tuple[int, int] = (0, 100)  # percent, drawn for each game
    balance: tuple[int, int] = (0, 100)  # percent; other ranges take up to 1 ms for two agents
    predicates: tuple[int, ...] = (3, 2, 3, 2, 3)  # weights of near, touch, hold, see, on
    objects_only: int = 25  # percent of the weight of a predicate: atoms without an agent
    any_agent: int = 15  # percent: atoms about any agent; what is left names agents

    def __post_init__(self) -> None:
        check_range("atoms", self.atoms, 1, WORD_ATOMS)
        check_range("options", self.options, 1, LARGEST.options)
        check_range("option_atoms", self.option_atoms, 1, WORD_ATOMS)
        check("negate", self.negate, 0, 100)
        check_range("competitiveness", self.competitiveness, 0, 100)
        check_range("balance", self.balance, 0, 100)
        check_all("predicates", self.predicates, len(PREDICATES), len(PREDICATES), 100)
        if not any(self.predicates):
            raise TaskError("predicates", self.predicates, "is at least one weight above 0")
        check("objects_only", self.objects_only, 0, 100)
        check("any_agent", self.any_agent, 0, 100 - self.objects_only)


class Pool(NamedTuple):
    """Different atoms in canonical form, and what is known of the things they are about."""

    atoms: np.ndarray  # [P, 3] int8
    weights: np.ndarray  # [P] int64, how likely each is drawn, relative
    counts: np.ndarray  # [KINDS] int64, things there may be of each kind, at most MANY


def check_range(field: str, found: Any, least: int, most: int) -> None:
    """Refuses whatever is no pair of whole numbers, low <= high, in least..most."""
    check_all(field, found, 2, 2, most)
    check(f"{field}[0]", found[0], least, found[1])


def atom_pool(task: Task, settings: GameSettings) -> Pool:
    """Every atom that makes sense in a level with its rules: P of them, weighted by the settings.

    About kinds that are there or produced, the task's agents and painted floors, but not of anchors
    alone, between which nothing changes; goals of the task are not looked at. Within a predicate,
    atoms of equal sort (of objects only, of any agent, of a named one) are equally likely. Raises
    `TaskError` if there is none.
    """
    counts, loose = _kinds(task)
    kinds = np.flatnonzero(counts).tolist()
    floors = [FLOOR + mark - 1 for mark in np.unique(task.floor).tolist() if mark]
    named = [AGENT + agent for agent in range(task.bodies)]
    anyone = [ANY_AGENT] if task.bodies > 1 else []
    pairs = [  # of which one can be moved
        (a, b)
        for i, a in enumerate(kinds)
        for b in kinds[i + (counts[a] < MANY) :]
        if a in loose or b in loose
    ]
    others = [(a, b) for i, a in enumerate(named) for b in named[i + 1 :]]
    everyone = [(ANY_AGENT, ANY_AGENT)] if anyone else []
    sorts = {
        NEAR: (pairs, _product(kinds, anyone) + everyone, _product(kinds, named) + others),
        TOUCH: (pairs, _product(kinds, anyone) + everyone, _product(kinds, named) + others),
        HOLD: ([], _product(anyone, loose), _product(named, loose)),
        SEE: (
            pairs,
            _product(anyone, kinds) + everyone,
            _product(named, kinds) + others + [(b, a) for a, b in others],
        ),
        ON: (_product(loose, floors), _product(anyone, floors), _product(named, floors)),
    }
    named_share = 100 - settings.objects_only - settings.any_agent
    shares = (settings.objects_only, settings.any_agent, named_share)
    atoms: list[Atom] = []
    weights: list[int] = []
    for predicate, weight in enumerate(settings.predicates):
        for found, share in zip(sorts[predicate], shares, strict=True):
            if weight * share > 0 and found:
                atoms += [(predicate, a, b) for a, b in found]
                weights += [max(1, 1000 * weight * share // len(found))] * len(found)
    if not atoms:
        raise TaskError("predicates", settings.predicates, "are some that fit this level")
    return Pool(np.array(atoms, dtype=np.int8), np.array(weights, dtype=np.int64), counts)


def draw_atoms(key: int, pool: Pool, settings: GameSettings, core: Sequence[Atom] = ()) -> Pool:
    """The m atoms of a game: those of `core` first, then drawn without replacement; m <= 6.

    Raises `TaskError` for more than six different atoms in `core`.
    """
    first = list(dict.fromkeys(map(ordered, core)))
    if len(first) > WORD_ATOMS:
        raise TaskError("core", len(first), f"are at most {WORD_ATOMS} atoms")
    own = np.uint64(word(np.uint64(key), np.uint64(_ATOMS)))
    low, high = settings.atoms
    wanted = low + int(word_below(own, np.uint64(0), high - low + 1))
    weights = pool.weights.copy()
    for atom in first:
        weights[(pool.atoms == atom).all(axis=1)] = 0
    chosen = []
    for count in range(len(first), wanted):
        sums = weights.cumsum()
        if not sums.size or sums[-1] == 0:
            break
        drawn = word_below(own, np.uint64(1 + count), sums[-1])
        chosen.append(int(np.searchsorted(sums, drawn, side="right")))
        weights[chosen[-1]] = 0
    atoms = np.array(first, dtype=np.int8).reshape(-1, 3)
    return Pool(
        np.concatenate([atoms, pool.atoms[chosen]]),
        np.concatenate([np.ones(len(first), dtype=np.int64), pool.weights[chosen]]),
        pool.counts,
    )


def draw_goals(
    key: int,
    pool: Pool,
    agents: int,
    settings: GameSettings,
    start_truth: Sequence[int] | np.ndarray | None = None,
    core: Sequence[Atom] = (),
) -> list[Goal] | None:
    """A goal for each agent over the atoms of `pool` (at most six: see `draw_atoms`).

    start_truth: for each atom of the pool whether it holds at the start; goals that then hold are
    avoided. Without it goals may be reached from the start.
    core: none, one atom that every option requires, or one for each agent; all in the pool.

    As near as a short search comes to the competitiveness drawn from the settings (within 0.02 as a
    rule), then to their range of balance. None where these atoms allow no game (all hold at the
    start, say): draw others.

    Raises `TaskError` for a larger pool or a core that is not in it.
    """
    if not 1 <= len(pool.atoms) <= WORD_ATOMS:
        raise TaskError("pool", len(pool.atoms), f"are 1..{WORD_ATOMS} atoms: use draw_atoms")
    key_of_target, key_of_goals = (
        np.uint64(word(np.uint64(key), np.uint64(index))) for index in (_TARGET, _GOALS)
    )
    room = (agents + 1, settings.options[1])
    game = Game(
        np.zeros(room, dtype=np.uint64),
        np.zeros(room, dtype=np.uint64),
        np.zeros(agents + 1, dtype=np.int64),
        np.zeros(agents + 1, dtype=np.uint64),
        _core_bits(core, pool, agents),
        *_logic(pool),
        np.zeros(1, dtype=np.uint64),
    )
    limits = _limits(key_of_target, len(pool.atoms), settings, start_truth)
    return _goals(game, pool) if search(key_of_goals, limits, game) else None


def clashes(one: Atom, other: Atom, counts: np.ndarray) -> bool:
    """Whether two atoms evidently cannot both hold, with so many things of each kind.

    A hand holds one thing; the only thing of a kind is in one hand, or on one floor, or neither.
    """
    if one > other:
        one, other = other, one
    (predicate, a, b), (second, c, d) = one, other
    if predicate == second == HOLD:
        other_thing = a == c != ANY_AGENT and b != d
        other_hand = b == d and a != c and ANY_AGENT not in (a, c) and counts[b] < MANY
        return other_thing or other_hand
    if predicate == second == ON:
        return a == c != ANY_AGENT and b != d and (a >= AGENT or bool(counts[a] < MANY))
    return predicate == HOLD and second == ON and b == c and bool(counts[b] < MANY)


def implies(one: Atom, other: Atom) -> bool:
    """Whether an atom evidently cannot hold without another.

    What is held is near, touched and seen; what touches is near; what an agent does, any agent does.
    """
    (predicate, a, b), (second, c, d) = one, other
    if predicate == HOLD and second in (NEAR, TOUCH):
        a, b = b, a
    elif predicate != second and (predicate, second) not in ((HOLD, SEE), (TOUCH, NEAR)):
        return False
    return one != other and _among(a, c) and _among(b, d)


def _among(selector: int, wider: int) -> bool:
    return selector == wider or wider == ANY_AGENT and AGENT <= selector < ANY_AGENT


def _limits(
    key: np.uint64,
    atoms: int,
    settings: GameSettings,
    start_truth: Sequence[int] | np.ndarray | None,
) -> Limits:
    low, high = settings.competitiveness
    least, most = settings.balance
    low = max(low, min(high, 100 - most))  # balance is at least cooperativeness
    target = low + int(word_below(key, np.uint64(0), high - low + 1))
    start = NO_START
    if start_truth is not None:
        start = sum(1 << index for index, holds in enumerate(start_truth) if holds)
    return Limits(
        atoms,
        *settings.options,
        *settings.option_atoms,
        settings.negate,
        start,
        target / 100,
        least / 100,
        most / 100,
    )


def _goals(game: Game, pool: Pool) -> list[Goal]:
    """The goals of a finished search."""
    atoms: list[Atom] = [(predicate, a, b) for predicate, a, b in pool.atoms.tolist()]
    sizes = game.sizes[:-1].tolist()
    return [
        tuple(
            Option(_picked(require, atoms), _picked(forbid, atoms))
            for require, forbid in zip(requires[:size], forbids[:size], strict=True)
        )
        for requires, forbids, size in zip(
            game.require.tolist(), game.forbid.tolist(), sizes, strict=False
        )
    ]


def _logic(pool: Pool) -> tuple[np.ndarray, np.ndarray]:
    """For each atom those that clash with it and those it implies, uint64 [m] each."""
    atoms = pool.atoms.tolist()
    clash, implied = np.zeros((2, len(atoms)), dtype=np.uint64)
    for i, one in enumerate(atoms):
        clash[i] = sum(1 << j for j, other in enumerate(atoms) if clashes(one, other, pool.counts))
        implied[i] = sum(1 << j for j, other in enumerate(atoms) if implies(one, other))
    return clash, implied


def _kinds(task: Task) -> tuple[np.ndarray, list[int]]:
    """How many things of each kind there may be, [KINDS], and the kinds that can be taken."""
    there = task.kinds >= 0
    made = np.unique(task.rules[:, 1:])
    counts = np.bincount(task.kinds[there], minlength=KINDS)
    loose = np.bincount(task.kinds[there & (task.fixed == 0)], minlength=KINDS)
    for number in (counts, loose):
        number[made[made >= 0]] += 1  # for certain; more where a rule fires again
    return np.minimum(counts, MANY), np.flatnonzero(loose).tolist()


def _product(first: list[int], second: list[int]) -> list[tuple[int, int]]:
    return [(a, b) for a in first for b in second]


def _core_bits(core: Sequence[Atom], pool: Pool, agents: int) -> np.ndarray:
    """The atoms that every option of an agent requires, uint64 [agents]."""
    if len(core) not in (0, 1, agents):
        raise TaskError("core", len(core), f"are 0, 1 or {agents} atoms")
    known = {tuple(atom): 1 << index for index, atom in enumerate(pool.atoms.tolist())}
    bits = np.zeros(agents, dtype=np.uint64)
    for index, atom in enumerate(map(ordered, core)):
        if atom not in known:
            raise TaskError(f"core[{index}]", atom, "are atoms of the pool")
        bits[index if len(core) > 1 else slice(None)] = known[atom]
    return bits


def _picked(mask: int, atoms: list[Atom]) -> frozenset[Atom]:
    return frozenset(atom for index, atom in enumerate(atoms) if mask >> index & 1)
