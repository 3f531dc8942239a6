"""What stands where in the record of a playground world, and what kernels are told of sizes.

Things are numbered 0..O-1 for object slots and O+n for agents; a *mask* is a uint64 with one bit a
thing. A *cell* of a map is (row + 1) * (W + 1) + column + 1, so that every neighbour of a cell lies
in the map: what is outside is taken by `OUTSIDE`.
"""

from typing import NamedTuple

import numpy as np

from worlds.kernels import inlined
from worlds.playground.columns import columns
from worlds.playground.constants import KINDS, LARGEST, PRODUCTS, SHAPES, Sizes
from worlds.playground.engine.memory import word
from worlds.rng import Whole

NOTHING = 255  # in a byte of the record: no kind, an empty hand, forever, absent
OUTSIDE = 255  # in the map of agents
MOST_OPTIONS = LARGEST.options  # from one agent's goal to the next one's
LOW_HALF = np.uint64(0xFFFFFFFF)  # of a word
HALF = np.uint64(32)  # bits of it

_OBJECTS, _AGENTS = LARGEST.objects, LARGEST.agents
_THINGS = 64  # room for 40, so that one wide load takes them all


class _Room:
    """Deals out the bytes of a record; places are counted in items of their width."""

    def __init__(self) -> None:
        self.size = 0  # bytes

    def __call__(self, items: int = 1, width: int = 1) -> int:
        place = -(-self.size // width)
        self.size = (place + items) * width
        return place


_room = _Room()

LEVEL = _room(1, 8)  # word: which tables of levels are this world's; no part of its identity

# Bytes.
Y = _room(
    _THINGS
)  # row of each thing, NOTHING for empty slots; what is held is where its holder is
X = _room(_THINGS)
FACING = _room(_OBJECTS + _AGENTS)
HOME_Y = _room(_OBJECTS + _AGENTS)  # where it entered this trial
HOME_X = _room(_OBJECTS + _AGENTS)
AWAY = _room(_OBJECTS + _AGENTS)  # steps until return, NOTHING for agents out of this trial
KIND = _room(_OBJECTS)  # NOTHING for empty slots
ROLL = _room(_OBJECTS)  # direction
ROLL_LEFT = _room(_OBJECTS)  # cells
FROZEN = _room(_OBJECTS)  # steps left, NOTHING for anchors
HAND = _room(_AGENTS)  # slot or NOTHING
ACHIEVED = _room(_AGENTS)
WANTS = _room(_AGENTS)
LAST_ACTION = _room(_AGENTS)
WITNESS_A = _room(LARGEST.atoms)  # things, NOTHING for none
WITNESS_B = _room(LARGEST.atoms)
OVER = _room()
TRIAL_OVER = _room()
NUM_SLOTS = _room()  # one past the last slot ever used in the trial
# Bytes that the task alone decides.
GADGET = _room(_AGENTS)
OPTIONS = _room(_AGENTS)  # used options of each agent
PREDICATE = _room(LARGEST.atoms)
FIRST_THING = _room(LARGEST.atoms)  # selectors
SECOND_THING = _room(LARGEST.atoms)
RULE = _room(LARGEST.rules * (1 + PRODUCTS))  # atom, then products
BODIES = _room()
SLOTS = _room()
TRIALS = _room()
ATOMS = _room()  # in use
RULES = _room()  # in use
REWARD_MODE = _room()
TRIAL_END = _room()

# 16-bit numbers.
LAST_REWARD = _room(_AGENTS, 2)  # thousandths
TIME = _room(1, 2)
TRIAL = _room(1, 2)
LOST = _room(1, 2)
LENGTH = _room(1, 2)  # of a trial
NEXT_LEAVE = _room(1, 2)  # time at which the next agent leaves before its trial ends

# 64-bit words.
COOLDOWNS = _room(1, 8)  # a byte for each agent
TRUTH = _room(1, 8)  # bit m: atom m holds
HERE = _room(1, 8)  # mask of agents on the map
HELD = _room(1, 8)  # mask
TIMED = _room(1, 8)  # mask of things that are frozen or away for some steps
SEES = _room(_AGENTS, 8)  # mask of what each agent sees
SEEN = _room(2 * _AGENTS, 8)  # bit i of two words: cell i of the window, row by row
LIVE = _room(KINDS + len(SHAPES), 8)  # masks of live objects of each kind, then of each shape
GOAL = _room(_AGENTS * LARGEST.options, 8)  # options: require, forbid << 32

ASKED = _room(_AGENTS, 8)  # bit m: atom m is part of the agent's goal

OBJECT_AT = _room(1, 64) * 64  # the map of objects, slot + 1; the map of agents follows


class Worlds(NamedTuple):
    """A batch of worlds as kernels take it: addresses, and sizes in bytes from one to the next."""

    records: Whole
    record_size: Whole
    levels: Whole
    level_size: Whole
    sight: Whole  # bytes from a level's tables to the parts of it
    windows: Whole
    rows: Whole
    row_size: Whole
    told: Whole
    told_size: Whole
    agents: Whole  # N, and so on: the room of the task space
    objects: Whole
    height: Whole
    width: Whole
    span: Whole  # cells a side of a view
    options: Whole
    goal_atoms: Whole
    lines: Whole  # address of what `lines.windows` packs
    # First columns of what is read at the start of a trial.
    in_cells: Whole
    in_kinds: Whole
    in_facings: Whole
    in_fixed: Whole
    in_present: Whole


class World(NamedTuple):
    """One world as kernels hand it on."""

    record: Whole  # addresses
    level: Whole  # the ground of its level, see `levels.ground`
    sight: Whole  # and the other tables
    windows: Whole
    row: Whole
    told: Whole
    agents: Whole
    objects: Whole
    height: Whole
    width: Whole
    span: Whole
    options: Whole
    goal_atoms: Whole
    lines: Whole
    in_cells: Whole
    in_kinds: Whole
    in_facings: Whole
    in_fixed: Whole
    in_present: Whole
    pitch: Whole  # cells of a map from one row to the next
    agent_at: Whole  # byte of the record where the map of agents begins


@inlined
def _whole(header: Whole, place: Whole) -> Whole:
    return np.int64(word(header, place))


@inlined
def read_header(header: Whole) -> Worlds:
    """A batch from the address of its numbers, int64 in the order of `Worlds`."""
    return Worlds(
        _whole(header, 0),
        _whole(header, 1),
        _whole(header, 2),
        _whole(header, 3),
        _whole(header, 4),
        _whole(header, 5),
        _whole(header, 6),
        _whole(header, 7),
        _whole(header, 8),
        _whole(header, 9),
        _whole(header, 10),
        _whole(header, 11),
        _whole(header, 12),
        _whole(header, 13),
        _whole(header, 14),
        _whole(header, 15),
        _whole(header, 16),
        _whole(header, 17),
        _whole(header, 18),
        _whole(header, 19),
        _whole(header, 20),
        _whole(header, 21),
        _whole(header, 22),
    )


@inlined
def world(worlds: Worlds, b: Whole) -> World:
    """World b of a batch."""
    record = worlds.records + b * worlds.record_size
    level = worlds.levels + np.int64(word(record, LEVEL)) * worlds.level_size
    pitch = worlds.width + 1
    return World(
        record,
        level,
        level + worlds.sight,
        level + worlds.windows,
        worlds.rows + b * worlds.row_size,
        worlds.told + b * worlds.told_size,
        worlds.agents,
        worlds.objects,
        worlds.height,
        worlds.width,
        worlds.span,
        worlds.options,
        worlds.goal_atoms,
        worlds.lines,
        worlds.in_cells,
        worlds.in_kinds,
        worlds.in_facings,
        worlds.in_fixed,
        worlds.in_present,
        pitch,
        OBJECT_AT + (worlds.height + 2) * pitch + 1,
    )


def num_cells(sizes: Sizes) -> int:
    """Cells of a map with what is outside of it."""
    return (sizes.height + 2) * (sizes.width + 1) + 1


class Room(NamedTuple):
    """The sizes of a task space, and where its rows keep what."""

    height: int
    width: int
    agents: int
    objects: int
    atoms: int
    options: int
    goal_atoms: int
    rules: int
    trials: int
    span: int  # cells a side of a view; `view` is a word of Numba
    # First columns of the fields of a task row.
    in_cells: int
    in_kinds: int
    in_facings: int
    in_fixed: int
    in_gadgets: int
    in_atoms: int
    in_require: int
    in_forbid: int
    in_rules: int
    in_hidden_rules: int
    in_hidden_kinds: int
    in_hidden_predicates: int
    in_present: int
    in_numbers: int


def room_of(sizes: Sizes) -> Room:
    """What kernels are told of a task space of these sizes."""
    start = {name: column.where.start for name, column in columns(sizes).items()}
    fields = [name.removeprefix("in_") for name in Room._fields if name.startswith("in_")]
    starts = [start["bodies" if name == "numbers" else name] for name in fields]
    return Room(*sizes, *starts)
