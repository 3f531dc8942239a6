"""What stands in which column of a Travelling Salesperson task row, and the units of its numbers."""

MOST_CITIES = 24
SIDE = 1000  # cities lie on a square, at whole numbers 0..1000
PAY = 1000  # thousandths for a new city; a leg costs up to as much, the diagonal of the square

# A task is one row of int16.
CITIES = 0  # D
TRIALS = 1  # X
PLACES = 2  # D x (x, y): to the right, down


def width(cities: int) -> int:
    """Columns of a task row of so many cities."""
    return PLACES + 2 * cities
