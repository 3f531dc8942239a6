"""The numbers of the playground: what is encoded how, and how much of it there may be.

Directions 0..3 are north, east, south, west; the opposite of d is (d + 2) % 4. A *kind* is
6 * shape + colour (0..23). A *selector* names what an atom is about: a kind, one agent, any agent,
or a floor colour. Used rows of an array come first; empty ones hold the sentinels.
"""

from typing import NamedTuple

STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))  # row, column of one cell in each direction
DIRECTIONS = ("north", "east", "south", "west")

SHAPES = ("slab", "cube", "sphere", "pyramid")
SLAB, CUBE, SPHERE, PYRAMID = range(4)
COLOURS = ("black", "purple", "yellow", "green", "red", "white")
FLOORS = ("blue", "orange", "grey", "pink", "teal", "brown")
KINDS = len(SHAPES) * len(COLOURS)

AGENT = 32  # selector of agent 0; agent p is AGENT + p
ANY_AGENT = 40
FLOOR = 64  # selector of floor colour 0

NO_OBJECT = NO_ATOM = NO_RULE = NO_KIND = EMPTY = FOREVER = ABSENT = -1

PREDICATES = ("near", "touch", "hold", "see", "on")
NEAR, TOUCH, HOLD, SEE, ON = range(5)

ACTIONS = ("stay", "forward", "back", "left", "right", "hand", "gadget")
STAY, FORWARD, BACK, LEFT, RIGHT, HAND, GADGET = range(7)

GADGETS = ("none", "freeze", "tag")
NO_GADGET, FREEZE, TAG = range(3)
REACH = 5  # cells a gadget looks ahead
FROZEN_STEPS = 16
AWAY_STEPS = 10
COOLDOWN_STEPS = 4
ROLL_CELLS = 4

REWARD_MODES = ("state", "first", "flip")
STATE, FIRST, FLIP = range(3)
TRIAL_ENDS = ("time", "any_goal", "all_goals")
TIME, ANY_GOAL, ALL_GOALS = range(3)

HEIGHTS = 4
PRODUCTS = 3  # of one rule, at most
CHANNELS = 6  # of a view


class Sizes(NamedTuple):
    """How much room the arrays of a task space have; a task may use less."""

    height: int = 16  # cells
    width: int = 16  # cells
    agents: int = 2
    objects: int = 16  # slots, also room for products
    atoms: int = 16
    options: int = 6  # of one agent
    goal_atoms: int = 6  # different atoms in the goal of one agent
    rules: int = 8
    trials: int = 8
    view: int = 9  # cells a side, odd


SMALLEST = Sizes(8, 8, 1, 1, 1, 1, 1, 1, 1, 5)
LARGEST = Sizes(32, 32, 8, 32, 32, 8, 6, 16, 32, 11)


def kind(shape: int, colour: int) -> int:
    """The kind of a shape and a colour."""
    return len(COLOURS) * shape + colour


def shape_of(kind: int) -> int:
    """The shape of a kind."""
    return kind // len(COLOURS)


def colour_of(kind: int) -> int:
    """The colour of a kind."""
    return kind % len(COLOURS)
