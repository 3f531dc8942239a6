"""Rosters: which member plays which agent in the worlds of an iteration.

Every learning member has one ticket. Its worlds come in blocks of 32 that share one row of the
roster, so that all lanes stay whole blocks. The learner is agent_0 of all its worlds; a rule says
who is beside it. Where current members meet (`self_play`, `population`) all agents learn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from configs.rules import ALL_LEARN
from populations.creators.buffer import pick
from populations.rollout import NOBODY, NOISE, ORACLE
from worlds import rng

SELF = -4  # the learner beside itself, in a digest of company
TOGETHER = (
    2  # blocks with the same co-players: a forward pass of 64 lanes costs 1.5 times one of 32
)
NAMES = {ORACLE: "oracle", NOISE: "noise", NOBODY: "nobody"}  # of scripts in a roster


@dataclass(frozen=True)
class Cast:
    """Who can be in a roster. Entries 0..learners-1 are the current members; nobody else learns."""

    learners: int  # P
    previous: tuple[int, ...] = ()  # frozen members of earlier generations, newest and best first
    snapshots: tuple[tuple[int, ...], ...] = ()  # per learner: its own former selves, oldest first
    peers: tuple[int, ...] = ()  # per learner: itself as it is now, for company that does not learn
    elders: int = 1  # how many of `previous` the rule `elders` names
    script: int = NOBODY  # ORACLE, NOISE or NOBODY: beside whom a learner is that has nobody else
    ranked: bool = False  # frozen members have their seats by rank, the same in all worlds


def draw(
    key: int,
    rule: str | Mapping[str, float],
    cast: Cast,
    blocks: int,
    agents: int,
    odds: np.ndarray | None = None,
) -> np.ndarray:
    """The entry of the cast, or ORACLE, NOISE, NOBODY, in each seat: [P, blocks, N] int16.

    A pure function of its arguments. A mixture, weights by rule, gives each block one of its rules,
    the same in all tickets, in the numbers of `apportion`. `odds` [P, entries] float64 are the
    relative chances by which a learner's `league` draws each entry; unused by the other rules.
    Raises ValueError for an unknown rule and for a mixture of more rules than blocks.
    """
    shape = (cast.learners, blocks, agents - 1)
    rosters = np.empty((cast.learners, blocks, agents), np.int16)
    rosters[:, :, 0] = np.arange(cast.learners)[:, None]
    if isinstance(rule, str):
        rosters[:, :, 1:] = _rule(rule)(key, cast, shape, odds)
        return rosters
    places = _shuffled(rng.key(key, "places"), (blocks,))
    for name, count in apportion(rule, blocks).items():
        mine, places = places[:count], places[count:]
        shape = (cast.learners, count, agents - 1)
        rosters[:, mine, 1:] = _rule(name)(rng.key(key, name), cast, shape, odds)
    return rosters


def apportion(mixture: Mapping[str, float], blocks: int) -> dict[str, int]:
    """Blocks of each rule with a weight above 0: its share by largest remainder, but at least one.

    Raises ValueError where there are fewer blocks than rules.
    """
    weights = {name: weight for name, weight in sorted(mixture.items()) if weight > 0}
    if not weights or len(weights) > blocks:
        raise ValueError(
            f"a mixture of {len(weights)} rules needs from 1 to {blocks} rules for {blocks} blocks"
        )
    total = sum(weights.values())
    counts = dict.fromkeys(weights, 1)
    for _ in range(blocks - len(weights)):
        behind = max(weights, key=lambda name: weights[name] / total * blocks - counts[name])
        counts[behind] += 1
    return counts


def seats_learned(rule: str | Mapping[str, float], blocks: int, agents: int) -> int:
    """Seats that each learner fills and learns from in one world of every block of an iteration.

    The same for every learner, since each fills every seat of a block equally often.
    """
    counts = {rule: blocks} if isinstance(rule, str) else apportion(rule, blocks)
    return sum(count * (agents if name in ALL_LEARN else 1) for name, count in counts.items())


def company(names: Sequence[str], rosters: np.ndarray) -> np.ndarray:
    """Of rosters [P, B, N] a digest [P, B] uint64 of who is beside agent_0, seat by seat.

    `names` are the cast's. The learner beside itself is the same company for every learner.
    """
    told = {SELF: "self", **NAMES, **dict(enumerate(names))}
    others = np.where(rosters[..., 1:] == rosters[..., :1], SELF, rosters[..., 1:])
    rows = [tuple(row) for ticket in others.tolist() for row in ticket]
    digests = {row: rng.key("roster", *(told[one] for one in row)) for row in set(rows)}
    return np.array([digests[row] for row in rows], np.uint64).reshape(others.shape[:-1])


Shape = tuple[int, int, int]  # P learners, blocks, N - 1 seats beside the learner
Rule = Callable[[int, Cast, Shape, np.ndarray | None], np.ndarray]  # -> broadcasts to the shape


def _rule(name: str) -> Rule:
    if name not in RULES:
        raise ValueError(f"roster is {name!r}; choose one of {', '.join(RULES)}")
    return RULES[name]


def _self_play(key: int, cast: Cast, shape: Shape, odds: np.ndarray | None) -> np.ndarray:
    return np.arange(cast.learners)[:, None, None]


def _population(key: int, cast: Cast, shape: Shape, odds: np.ndarray | None) -> np.ndarray:
    """A Latin arrangement: seat by seat, the tickets' co-players are the learners shifted by an offset.

    So every member fills every seat of a block once over all tickets. Offsets of a block's seats
    differ while there are enough members. TOGETHER blocks share them, for larger batches.
    """
    learners, blocks, seats = shape
    if learners == 1:
        return _self_play(key, cast, shape, odds)
    rounds, drawn = -(-seats // (learners - 1)), -(-blocks // TOGETHER)
    offsets = 1 + _shuffled(rng.key(key, "offsets"), (drawn, rounds, learners - 1))
    offsets = offsets.reshape(drawn, -1)[:, :seats].repeat(TOGETHER, 0)[:blocks]
    order = _shuffled(rng.key(key, "order"), (learners,))
    ranks = np.argsort(order)
    return order[(ranks[:, None, None] + offsets) % learners]


def _previous(key: int, cast: Cast, shape: Shape, odds: np.ndarray | None) -> np.ndarray:
    return _in_turn(key, cast.previous, cast, shape)


def _elders(key: int, cast: Cast, shape: Shape, odds: np.ndarray | None) -> np.ndarray:
    return _in_turn(key, cast.previous[: cast.elders], cast, shape)


def _in_turn(key: int, entries: Sequence[int], cast: Cast, shape: Shape) -> np.ndarray:
    """Equally often, from a drawn one on; the same for all learners, who meet the same tasks."""
    _, blocks, seats = shape
    if not entries:
        return np.full(shape, cast.script)
    if cast.ranked:
        return by_rank(entries, seats)
    first = rng.key(key, "first") % len(entries)
    turn = (first + np.arange(blocks * seats)) % len(entries)
    return np.array(entries)[turn].reshape(1, blocks, seats)


def by_rank(entries: Sequence[int], seats: int) -> np.ndarray:
    """[seats] entries that come best first, the best in the last seat; NOBODY in seats that are left over."""
    found = np.full(seats, NOBODY, np.int16)
    best = list(entries)[:seats][::-1]
    found[seats - len(best) :] = best
    return found


def _league(key: int, cast: Cast, shape: Shape, odds: np.ndarray | None) -> np.ndarray:
    """Frozen and current members, but not the learner itself, each by its odds."""
    learners, blocks, seats = shape
    if odds is None:
        raise ValueError("roster league needs the odds of each entry")
    units = _units(rng.key(key, "league"), shape)
    drawn = np.full(shape, cast.script)
    for learner in range(learners):
        others = [entry for index, entry in enumerate(cast.peers) if index != learner]
        entries = np.array([*cast.previous, *others], int)
        if len(entries):
            picked = pick(odds[learner, entries], units[learner].reshape(-1))
            drawn[learner] = entries[picked].reshape(blocks, seats)
    return drawn


def _fictitious(key: int, cast: Cast, shape: Shape, odds: np.ndarray | None) -> np.ndarray:
    """The learner's former selves, all equally likely; the first of them moved at random."""
    words = rng.words(rng.key(key, "fictitious"), np.arange(np.prod(shape))).reshape(shape)
    drawn = np.empty(shape, int)
    for learner in range(cast.learners):
        entries = np.array([NOISE, *(cast.snapshots[learner] if cast.snapshots else ())])
        drawn[learner] = entries[rng.below(words[learner], len(entries))]
    return drawn


def _script(entry: int) -> Rule:
    return lambda key, cast, shape, odds: np.full(shape, entry)


RULES: dict[str, Rule] = {
    "elders": _elders,
    "previous": _previous,
    "population": _population,
    "self_play": _self_play,
    "league": _league,
    "fictitious": _fictitious,
    "noop": _script(NOBODY),
    "random": _script(NOISE),
    "oracle": _script(ORACLE),
}


def _shuffled(key: int, shape: tuple[int, ...]) -> np.ndarray:
    """Random orders of 0..n-1 along the last axis, int64."""
    return np.argsort(_words(key, shape), axis=-1, kind="stable")


def _units(key: int, shape: tuple[int, ...]) -> np.ndarray:
    return (_words(key, shape) >> np.uint64(11)) * 2.0**-53


def _words(key: int, shape: tuple[int, ...]) -> np.ndarray:
    return rng.words(key, np.arange(np.prod(shape, dtype=int)).reshape(shape))
