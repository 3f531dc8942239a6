"""What stands in which column of a Memory Sequence task row; a world's record is that of comments."""

TRIALS = 0  # X
DIGITS = 1  # L digits, 0..D-1

RIGHT, WRONG = 1, -1  # last rewards
