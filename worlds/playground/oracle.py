"""A scripted agent that knows the whole task and goes for its goal step by step.

It takes the option of its goal that lacks least of those it can further, and of that the first atom
that is not as it should be. If a thing is missing that a rule makes, it goes for the rule's atom instead. It walks
around things by breadth-first search over cells and headings, pushes only where no other way leads,
carries, and puts down; it lays no slabs, uses no gadget and does not outwit others. So its return
is a yardstick that can be beaten, not a bound.
"""

from typing import Any, NamedTuple

import numpy as np

from worlds.kernels import allocating, apart
from worlds.playground.columns import field
from worlds.playground.constants import (
    ACTIONS,
    AGENT,
    ANY_AGENT,
    EMPTY,
    FLOOR,
    HAND,
    HOLD,
    KINDS,
    NEAR,
    NO_RULE,
    ON,
    SEE,
    STAY,
    Sizes,
)
from worlds.playground.ways import (
    NO_WAY,
    Ground,
    can_reach,
    find_ground,
    first_action,
    is_free,
    new_ground,
)
from worlds.rng import Whole, key, word, word_below

_CHAIN = 6  # rules that are followed back from a missing thing
_SIGHT = 3  # cells: it looks at things from so near that little can stand between


class Facts(NamedTuple):
    """What the planner needs of B tasks; N agents, O slots, M atoms, K options, R rules."""

    height: np.ndarray  # [B, H, W] int8
    ramp: np.ndarray  # [B, H, W] int8
    floor: np.ndarray  # [B, H, W] int8
    fixed: np.ndarray  # [B, O] uint8
    atoms: np.ndarray  # [B, M, 3] int8
    require: np.ndarray  # [B, N, K] uint32
    forbid: np.ndarray  # [B, N, K] uint32
    rules: np.ndarray  # [B, R, 1 + S] int8


class Moment(NamedTuple):
    """How B worlds stand: the arrays of the same names of a state."""

    kinds: np.ndarray  # [B, O] int8
    cells: np.ndarray  # [B, O + N, 2] int8
    facings: np.ndarray  # [B, O + N] int8
    hands: np.ndarray  # [B, N] int8
    frozen: np.ndarray  # [B, O] int8
    away: np.ndarray  # [B, O + N] int8
    truth: np.ndarray  # [B] uint32
    time: np.ndarray  # [B] int16


def read_facts(rows: np.ndarray, sizes: Sizes) -> Facts:
    """The facts of valid task rows int16 `[B, width]`."""
    return Facts(*(field(rows, name, sizes) for name in Facts._fields))


def actions(
    facts: Facts, state: Any, agent: int, chance_key: int, noise: float, out: np.ndarray
) -> None:
    """Writes what agent number `agent` does in each world into `out`, int8 `[B]`.

    With chance `noise` it does anything at all; these draws depend on the key, `state.worlds` and
    the time alone.
    """
    # Copied into one piece: else a single world, whose arrays always are, would need its own kernel.
    moment = Moment(*(np.ascontiguousarray(getattr(state, name)) for name in Moment._fields))
    trials = np.ascontiguousarray(state.trial)
    share = np.uint64(round(noise * 2**32))
    words = np.uint64(key(chance_key, "noise", agent))
    _plan(facts, moment, agent, state.worlds, trials, words, share, out)


@allocating
def _plan(
    facts: Facts,
    moment: Moment,
    agent: Whole,
    worlds: np.ndarray,
    trials: np.ndarray,
    words: np.uint64,
    share: np.uint64,
    out: np.ndarray,
) -> None:
    ground = new_ground(facts.height.shape[1], facts.height.shape[2])
    for b in range(out.size):
        own = word(words, np.uint64(worlds[b]))
        at = np.uint64(2) * (np.uint64(trials[b]) * np.uint64(2**16) + np.uint64(moment.time[b]))
        if (word(own, at) >> np.uint64(32)) < share:
            out[b] = word_below(own, at + np.uint64(1), len(ACTIONS))
        else:
            out[b] = _decide(facts, moment, b, agent, ground)


@apart
def _decide(facts: Facts, moment: Moment, b: Whole, agent: Whole, ground: Ground) -> int:
    """What one agent does now."""
    me = moment.kinds.shape[1] + agent
    option = _option(facts, moment, b, agent, 0)
    if moment.away[b, me] != 0 or option < 0:
        return STAY
    find_ground(
        facts.height[b],
        facts.ramp[b],
        moment.kinds[b],
        moment.cells[b],
        moment.facings[b],
        moment.frozen[b],
        moment.away[b],
        moment.hands[b],
        ground,
    )
    tried = 0
    while option >= 0:
        action = _pursue(facts, moment, b, agent, option, ground)
        if action != NO_WAY:
            return action
        tried |= 1 << option
        option = _option(facts, moment, b, agent, tried)
    return STAY


@apart
def _pursue(
    facts: Facts, moment: Moment, b: Whole, agent: Whole, option: Whole, ground: Ground
) -> int:
    """The next action towards an option: for the first of its atoms for which there is one."""
    truth = moment.truth[b]
    for m in range(facts.atoms.shape[1]):
        bit = np.uint32(1) << np.uint32(m)
        action = NO_WAY
        if facts.require[b, agent, option] & bit and not truth & bit:
            action = _bring_about(facts, moment, b, agent, m, ground)
        elif facts.forbid[b, agent, option] & bit and truth & bit:
            action = _undo(facts, moment, b, agent, m, ground)
        if action != NO_WAY:
            return action
    return NO_WAY


@apart
def _option(facts: Facts, moment: Moment, b: Whole, agent: Whole, tried: Whole) -> int:
    """The option, none of the tried, that lacks the fewest atoms; -1 for none or if one holds."""
    best, fewest = -1, 99
    for k in range(facts.require.shape[2]):
        require, forbid = facts.require[b, agent, k], facts.forbid[b, agent, k]
        if require | forbid == 0:
            break
        wrong = (require & ~moment.truth[b]) | (forbid & moment.truth[b])
        if wrong == 0:
            return -1
        lacking = 0
        while wrong:
            wrong &= wrong - np.uint32(1)
            lacking += 1
        if lacking < fewest and not tried >> k & 1:
            best, fewest = k, lacking
    return best


@apart
def _bring_about(
    facts: Facts, moment: Moment, b: Whole, agent: Whole, m: Whole, ground: Ground
) -> int:
    """The next action towards an atom, or NO_WAY."""
    for _ in range(_CHAIN):
        missing = _missing(facts, moment, b, m)
        if missing < 0:
            break
        m = _maker(facts, b, missing)
        if m < 0:
            return NO_WAY
    predicate, first, second = facts.atoms[b, m, 0], facts.atoms[b, m, 1], facts.atoms[b, m, 2]
    me = AGENT + agent
    if predicate == HOLD:
        mine = first in (me, ANY_AGENT)
        return _fetch(facts, moment, b, agent, second, ground) if mine else NO_WAY
    if predicate == ON:
        if first in (me, ANY_AGENT):
            _want_floor(facts.floor[b], second, True, ground)
            return _go(moment, b, agent, ground)
        return _bring_to_floor(facts, moment, b, agent, first, second, ground)
    if first in (me, ANY_AGENT):
        return _approach(moment, b, agent, predicate, second, ground)
    if second in (me, ANY_AGENT):
        return _approach(moment, b, agent, predicate, first, ground)
    return _bring_together(facts, moment, b, agent, predicate, first, second, ground)


@apart
def _undo(facts: Facts, moment: Moment, b: Whole, agent: Whole, m: Whole, ground: Ground) -> int:
    """The next action against an atom that holds and should not, or NO_WAY."""
    predicate, first, second = facts.atoms[b, m, 0], facts.atoms[b, m, 1], facts.atoms[b, m, 2]
    me = AGENT + agent
    mine = first in (me, ANY_AGENT)
    if predicate == HOLD:
        return _put_down(moment, b, agent, ground) if mine else NO_WAY
    if predicate == ON:
        if not mine:
            return _fetch(facts, moment, b, agent, first, ground)
        _want_floor(facts.floor[b], second, False, ground)
        return _go(moment, b, agent, ground)
    if mine or second in (me, ANY_AGENT):
        _want_apart(moment, b, agent, predicate, second if mine else first, ground)
        return _go(moment, b, agent, ground)
    hand = moment.hands[b, agent]
    if hand != EMPTY and moment.kinds[b, hand] in (first, second):
        _want_apart(
            moment, b, agent, predicate, second if moment.kinds[b, hand] == first else first, ground
        )
        return _go(moment, b, agent, ground)
    return _fetch(facts, moment, b, agent, first if first < KINDS else second, ground)


@apart
def _missing(facts: Facts, moment: Moment, b: Whole, m: Whole) -> int:
    """A kind that the atom is about and that is nowhere, or -1."""
    for place in (1, 2):
        kind = facts.atoms[b, m, place]
        if kind < KINDS and not _exists(moment, b, kind):
            return int(kind)
    return -1


@apart
def _exists(moment: Moment, b: Whole, kind: Whole) -> bool:
    for slot in range(moment.kinds.shape[1]):  # noqa: SIM110, kernels know no generators
        if moment.kinds[b, slot] == kind:
            return True
    return False


@apart
def _maker(facts: Facts, b: Whole, kind: Whole) -> int:
    """The atom of the first rule that makes a kind, or -1."""
    for r in range(facts.rules.shape[1]):
        if facts.rules[b, r, 0] == NO_RULE:
            break
        for j in range(1, facts.rules.shape[2]):
            if facts.rules[b, r, j] == kind:
                return int(facts.rules[b, r, 0])
    return -1


@apart
def _fetch(
    facts: Facts, moment: Moment, b: Whole, agent: Whole, kind: Whole, ground: Ground
) -> int:
    """Towards an object of this kind in the own hand; another one is put down first."""
    hand = moment.hands[b, agent]
    if hand != EMPTY:
        return STAY if moment.kinds[b, hand] == kind else _put_down(moment, b, agent, ground)
    ground.mark[:] = 0
    for slot in range(moment.kinds.shape[1]):
        loose = moment.frozen[b, slot] == 0 and not facts.fixed[b, slot]
        if moment.kinds[b, slot] == kind and moment.away[b, slot] == 0 and loose:
            row, column = moment.cells[b, slot]
            free = ground.object_at[row, column] == slot + 1 and not ground.agent_at[row, column]
            ground.mark[row, column] = free
    return _use_hand(moment, b, agent, ground)


@apart
def _put_down(moment: Moment, b: Whole, agent: Whole, ground: Ground) -> int:
    """Towards an empty hand, by laying what is held onto a free cell."""
    for row in range(ground.mark.shape[0]):
        for column in range(ground.mark.shape[1]):
            ground.mark[row, column] = is_free(ground, row, column)
    return _use_hand(moment, b, agent, ground)


@apart
def _bring_to_floor(
    facts: Facts,
    moment: Moment,
    b: Whole,
    agent: Whole,
    kind: Whole,
    colour: Whole,
    ground: Ground,
) -> int:
    hand = moment.hands[b, agent]
    if kind >= KINDS:
        return NO_WAY
    if hand == EMPTY or moment.kinds[b, hand] != kind:
        return _fetch(facts, moment, b, agent, kind, ground)
    for row in range(ground.mark.shape[0]):
        for column in range(ground.mark.shape[1]):
            right = facts.floor[b, row, column] == 1 + colour - FLOOR
            ground.mark[row, column] = right and is_free(ground, row, column)
    return _use_hand(moment, b, agent, ground)


@apart
def _bring_together(
    facts: Facts,
    moment: Moment,
    b: Whole,
    agent: Whole,
    predicate: Whole,
    first: Whole,
    second: Whole,
    ground: Ground,
) -> int:
    """Carries one of two things to the other: what is held is where its holder is."""
    hand = moment.hands[b, agent]
    held = moment.kinds[b, hand] if hand != EMPTY else np.int8(-1)
    for carried, other in ((first, second), (second, first)):
        if carried < KINDS and held == carried:
            return _approach(moment, b, agent, predicate, other, ground)
    for carried in (first, second):
        if carried < KINDS:
            action = _fetch(facts, moment, b, agent, carried, ground)
            if action != NO_WAY:
                return action
    return NO_WAY


@apart
def _use_hand(moment: Moment, b: Whole, agent: Whole, ground: Ground) -> int:
    """HAND if a marked cell lies ahead and in reach, else the way to where one does."""
    height, width = ground.mark.shape
    ground.want[:] = 0
    for row in range(height):
        for column in range(width):
            for heading in range(4):
                if can_reach(ground, row, column, heading):
                    ground.want[row, column, heading] = 1
    action = _go(moment, b, agent, ground)
    return HAND if action == STAY else action


@apart
def _approach(
    moment: Moment, b: Whole, agent: Whole, predicate: Whole, selector: Whole, ground: Ground
) -> int:
    """Towards a pose from which the predicate holds between me and such a thing."""
    ground.want[:] = 0
    for thing in range(moment.cells.shape[1]):
        if _is(moment, b, thing, selector, agent):
            row, column = moment.cells[b, thing]
            _want_related(ground, predicate, int(row), int(column))
    return _go(moment, b, agent, ground)


@apart
def _is(moment: Moment, b: Whole, thing: Whole, selector: Whole, agent: Whole) -> bool:
    """Whether a thing is live, meant by the selector, and neither me nor in my hand."""
    slots = moment.kinds.shape[1]
    if moment.away[b, thing] != 0 or thing == slots + agent or moment.hands[b, agent] == thing:
        return False
    if thing < slots:
        return moment.kinds[b, thing] == selector
    return selector == ANY_AGENT or selector == AGENT + thing - slots


@apart
def _want_related(ground: Ground, predicate: Whole, row: int, column: int) -> None:
    """Marks the poses from which near, touch or see hold with a thing in this cell."""
    reach = _SIGHT if predicate == SEE else 1
    for down in range(max(0, row - reach), min(ground.mark.shape[0], row + reach + 1)):
        for right in range(max(0, column - reach), min(ground.mark.shape[1], column + reach + 1)):
            rise = abs(ground.height[down, right] - ground.height[row, column])
            away = abs(down - row) + abs(right - column)
            if predicate == SEE:
                if (down == row) != (right == column):
                    heading = 0 if down > row else 2 if down < row else 1 if right < column else 3
                    ground.want[down, right, heading] = 1
            elif rise <= 1 if predicate == NEAR else rise == 0 and away <= 1:
                ground.want[down, right, :] = 1


@apart
def _want_apart(
    moment: Moment, b: Whole, agent: Whole, predicate: Whole, selector: Whole, ground: Ground
) -> None:
    """Marks the poses from which no such thing is near, touched, or before me."""
    ground.want[:] = 1
    height, width = ground.mark.shape
    for thing in range(moment.cells.shape[1]):
        if not _is(moment, b, thing, selector, agent):
            continue
        row, column = moment.cells[b, thing]
        for down in range(height):
            for right in range(width):
                if predicate != SEE:
                    if abs(down - row) <= 1 and abs(right - column) <= 1:
                        ground.want[down, right, :] = 0
                    continue
                for heading in range(4):
                    ahead = (down - row, column - right, row - down, right - column)[heading]
                    if ahead >= 0:
                        ground.want[down, right, heading] = 0


@apart
def _want_floor(floor: np.ndarray, colour: Whole, inside: bool, ground: Ground) -> None:
    """Marks the poses on this floor, or all others."""
    for row in range(floor.shape[0]):
        for column in range(floor.shape[1]):
            ground.want[row, column, :] = (floor[row, column] == 1 + colour - FLOOR) == inside


@apart
def _go(moment: Moment, b: Whole, agent: Whole, ground: Ground) -> int:
    """The first action on the way to a wanted pose, STAY if there already, or NO_WAY."""
    me = moment.kinds.shape[1] + agent
    cell = moment.cells[b, me]
    return first_action(ground, (int(cell[0]), int(cell[1])), int(moment.facings[b, me]))
