"""What stands in which column of a Goal Sequence task row and of a world's record."""

NUM_AGENTS = 2  # agent_0 is the young, agent_1 the demonstrator
NUM_GOALS = 3
ORDER_LENGTH = 64  # the order begins again after this many goals

# Headings and actions.
EAST, SOUTH, WEST, NORTH = range(4)
HEADINGS = ("east", "south", "west", "north")
LEFT, RIGHT, FORWARD = range(3)
ACTIONS = ("left", "right", "forward")
COLOURS = ("orange", "blue", "green")  # Okabe-Ito
SHAPES = ("circle", "square", "triangle")

# A task is one row of int16.
SIZE = 0  # H: the grid has H x H cells
TRIALS = 1  # X
TRIAL_LENGTH = 2  # steps
ORDER = 3  # 64 colours, 0..2, no colour twice running, nor the last and the first
GOALS = ORDER + ORDER_LENGTH  # 3 cells: row * H + column
STARTS = GOALS + NUM_GOALS  # 2 x (row, column, heading)
WIDTH = STARTS + 3 * NUM_AGENTS  # 76

# The record of a world is one row of int16: what changes, then its task.
CELLS = 0  # 2: cell of each agent
TURNED = 2  # 2: heading of each agent
POINTERS = 4  # 2: goals touched in order in this trial
LAST_ACTION = 6  # 2: NO_ACTION at the first step of an episode
LAST_REWARD = 8  # 2: 1 right goal, -1 wrong goal, 0 neither, whatever the penalty now is
TRIAL = 10  # 0..X-1, stays X-1 when the episode has ended
POSITION = 11  # steps taken in this trial
OVER = 12  # 1 when the episode has ended
TRIAL_OVER = 13  # 1 in the first observation after a trial's end
TASK = 16  # the task row
RECORD = 96  # three cache lines of 64 bytes
