"""The search for goals: edits of one thing at a time that do not lead away from what is wanted.

A goal is `size` options over at most six atoms, masks `require` and `forbid`, so that its truth
table is one word and an edit is judged by a few operations on words.
"""

from typing import NamedTuple

import numpy as np

from worlds.kernels import allocating, plain
from worlds.playground.making.terrain import count_bits, lowest
from worlds.playground.making.truth_tables import best_overlap, option_table
from worlds.rng import Whole, word_below

EDITS = 400  # of one search, at most
SEARCHES = 10  # for one game, at most
STARTS = 200  # draws of one goal before its atoms are given up
CLOSE = 0.02  # of the wanted competitiveness: near enough
_NEVER, _ALWAYS = np.uint64(0), ~np.uint64(0)
_ONE = np.uint64(1)
_ADD_ATOM, _DROP_ATOM, _NEGATE_ATOM, _ADD_OPTION, _DROP_OPTION, _COPY_OPTION = range(6)


class Limits(NamedTuple):
    """What a game may be like."""

    atoms: int
    min_options: int
    max_options: int
    min_atoms: int  # of an option
    max_atoms: int
    negate: int  # percent
    start: int  # bit v: atom v holds at the start; NO_START if that does not matter
    competitiveness: float
    min_balance: float
    max_balance: float


NO_START = -1


class Game(NamedTuple):
    """Goals of n agents with at most K options each, and what is known of their m atoms."""

    require: np.ndarray  # [n + 1, K] uint64; the last row is the edited goal
    forbid: np.ndarray  # [n + 1, K] uint64
    sizes: np.ndarray  # [n + 1] int64, options in use
    tables: np.ndarray  # [n + 1] uint64
    core: np.ndarray  # [n] uint64, atoms that every option of the agent requires
    clash: np.ndarray  # [m] uint64, atoms that cannot hold together with this one
    implied: np.ndarray  # [m] uint64, atoms that hold if this one does
    used: np.ndarray  # [1] uint64, how many words of the key were read


@allocating
def search(key: np.uint64, limits: Limits, game: Game) -> bool:
    """Fills the goals of a game; False if some agent has no goal over these atoms.

    The best of a few searches; they stop as soon as one finds what is wanted.
    """
    best, first = np.inf, np.uint64(0)
    for _ in range(SEARCHES):
        start = game.used[0]
        if not _draw_game(key, limits, game):
            return False
        miss = _improve(key, limits, game)
        if miss < best:
            best, first = miss, start
        if best == 0:
            return True
    game.used[0] = first  # the best one once more
    _draw_game(key, limits, game)
    _improve(key, limits, game)
    return True


@plain
def _draw_game(key: np.uint64, limits: Limits, game: Game) -> bool:
    """A first goal for each agent; False if one was not found."""
    for agent in range(game.core.size):
        if not _draw_goal(key, limits, game, agent):
            return False
        _exchange(game, agent)
    return True


@plain
def _improve(key: np.uint64, limits: Limits, game: Game) -> float:
    """Edits goals as long as something is amiss; how much still is. One agent alone is content."""
    if game.core.size == 1:
        return 0.0
    miss, edits = _miss(limits, game), 0
    while miss > 0 and edits < EDITS:
        edits += 1
        agent = int(_draw(key, game, game.core.size))
        if _edit(key, limits, game, agent):
            _exchange(game, agent)
            after = _miss(limits, game)
            if after > miss:
                _exchange(game, agent)
            else:
                miss = after
    return miss


@plain
def _draw(key: np.uint64, game: Game, n: Whole) -> np.int64:
    """The next word of the key as a whole number in 0..n-1."""
    game.used[0] += _ONE
    return word_below(key, game.used[0], n)


@plain
def _draw_goal(key: np.uint64, limits: Limits, game: Game, agent: Whole) -> bool:
    """A first goal of an agent, as the edited one; False if none was found."""
    edited = game.core.size
    for _ in range(STARTS):
        count = limits.max_options - limits.min_options + 1
        game.sizes[edited] = limits.min_options + _draw(key, game, count)
        for k in range(game.sizes[edited]):
            _draw_option(key, limits, game, agent, k)
        if _judge(limits, game, agent):
            return True
    return False


@plain
def _draw_option(key: np.uint64, limits: Limits, game: Game, agent: Whole, k: Whole) -> None:
    edited = game.core.size
    game.require[edited, k], game.forbid[edited, k] = game.core[agent], 0
    size = limits.min_atoms + _draw(key, game, limits.max_atoms - limits.min_atoms + 1)
    for _ in range(size - count_bits(game.core[agent])):
        _add_atom(key, limits, game, k)


@plain
def _add_atom(key: np.uint64, limits: Limits, game: Game, k: Whole) -> None:
    """Adds an atom to option k of the edited goal that is not yet in it, if there is one."""
    edited = game.core.size
    everything = (_ONE << np.uint64(limits.atoms)) - _ONE
    free = everything & ~(game.require[edited, k] | game.forbid[edited, k])
    if free == 0:
        return
    atom = _draw_bit(key, game, free)
    if _draw(key, game, 100) < limits.negate:
        game.forbid[edited, k] |= atom
    else:
        game.require[edited, k] |= atom


@plain
def _draw_bit(key: np.uint64, game: Game, bits: np.uint64) -> np.uint64:
    """One of the bits that are set, as a bit."""
    for _ in range(_draw(key, game, count_bits(bits))):
        bits &= bits - _ONE
    return _ONE << np.uint64(lowest(bits))


@plain
def _edit(key: np.uint64, limits: Limits, game: Game, agent: Whole) -> bool:
    """Writes an agent's goal with one edit as the edited one; False if the edit is not allowed."""
    edited = game.core.size
    size = game.sizes[agent]
    for k in range(size):
        game.require[edited, k] = game.require[agent, k]
        game.forbid[edited, k] = game.forbid[agent, k]
    what, k = _draw(key, game, 6), int(_draw(key, game, size))
    if what == _ADD_ATOM:
        _add_atom(key, limits, game, k)
    elif what in (_DROP_ATOM, _NEGATE_ATOM):
        either = game.require[edited, k] | game.forbid[edited, k]
        free = either & ~game.core[agent]
        if free == 0:
            return False
        atom = _draw_bit(key, game, free)
        if what == _DROP_ATOM:
            game.require[edited, k] &= ~atom
            game.forbid[edited, k] &= ~atom
        else:
            game.require[edited, k] ^= atom
            game.forbid[edited, k] ^= atom
    elif what == _ADD_OPTION:
        if size == limits.max_options:
            return False
        _draw_option(key, limits, game, agent, size)
        size += 1
    elif what == _DROP_OPTION:
        size -= 1
        game.require[edited, k] = game.require[edited, size]
        game.forbid[edited, k] = game.forbid[edited, size]
    elif what == _COPY_OPTION:
        giver = _draw(key, game, edited)
        option = _draw(key, game, game.sizes[giver])
        game.require[edited, k] = game.require[giver, option] | game.core[agent]
        game.forbid[edited, k] = game.forbid[giver, option] & ~game.core[agent]
    game.sizes[edited] = size
    return size >= limits.min_options and _judge(limits, game, agent)


@plain
def _exchange(game: Game, agent: Whole) -> None:
    """The edited goal becomes the agent's, and the other way round."""
    edited = game.core.size
    for part in (game.require, game.forbid):
        for k in range(part.shape[1]):
            part[agent, k], part[edited, k] = part[edited, k], part[agent, k]
    sizes, tables = game.sizes, game.tables
    sizes[agent], sizes[edited] = sizes[edited], sizes[agent]
    tables[agent], tables[edited] = tables[edited], tables[agent]


@plain
def _judge(limits: Limits, game: Game, agent: Whole) -> bool:
    """Writes the table of the edited goal; whether it may be the agent's."""
    edited = game.core.size
    table = _NEVER
    for k in range(game.sizes[edited]):
        if not _makes_sense(limits, game, k):
            return False
        table |= option_table(game.require[edited, k], game.forbid[edited, k])
    game.tables[edited] = table
    if limits.start != NO_START and table >> np.uint64(limits.start) & _ONE:
        return False
    return table != _NEVER and table != _ALWAYS


@plain
def _makes_sense(limits: Limits, game: Game, k: Whole) -> bool:
    """Whether option k of the edited goal can hold, is of a fit size, and not beside a weaker one."""
    edited = game.core.size
    require, forbid = game.require[edited, k], game.forbid[edited, k]
    size = count_bits(require | forbid)
    if size < min(limits.min_atoms, limits.atoms) or size > limits.max_atoms:
        return False
    for atom in range(limits.atoms):
        senseless = game.clash[atom] & require | game.implied[atom] & forbid
        if require >> np.uint64(atom) & _ONE and senseless:
            return False
    for other in range(game.sizes[edited]):
        more = game.require[edited, other] & ~require | game.forbid[edited, other] & ~forbid
        if other != k and more == 0:
            return False
    return True


@plain
def _miss(limits: Limits, game: Game) -> float:
    """How far a game is from what is wanted: 0 is there, up to 1 has only the balance amiss."""
    agents = game.core.size
    some, every = _NEVER, _ALWAYS
    for agent in range(agents):
        some |= game.tables[agent]
        every &= game.tables[agent]
    off = abs(1 - count_bits(every) / count_bits(some) - limits.competitiveness)
    if off > CLOSE:
        return 1 + off
    if limits.min_balance == 0 and limits.max_balance == 1:
        return 0.0
    found = _balance(limits, game)
    return max(limits.min_balance - found, found - limits.max_balance, 0.0)


@plain
def _balance(limits: Limits, game: Game) -> float:
    """The mean over pairs of agents, over renamings of the atoms that are in use."""
    agents = game.core.size
    either = _NEVER
    for agent in range(agents):
        for k in range(game.sizes[agent]):
            either |= game.require[agent, k] | game.forbid[agent, k]
    used, count = np.empty(limits.atoms, dtype=np.int64), 0
    for atom in range(limits.atoms):
        if either >> np.uint64(atom) & _ONE:
            used[count] = atom
            count += 1
    total = 0.0
    for i in range(agents):
        for j in range(i):
            total += best_overlap(game.tables[i], game.tables[j], used[:count])
    return total / (agents * (agents - 1) // 2)
