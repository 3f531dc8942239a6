"""The words of `worlds.rng` in Python's unbounded integers, for plain references of kernels."""

_MASK = 2**64 - 1


def word(key: int, counter: int) -> int:
    """The word of a 64-bit key at a counter, 0..2**64-1."""
    return _mix(_mix((counter + 1) * 0x9E3779B97F4A7C15 & _MASK) ^ key)


def _mix(value: int) -> int:
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
    return value ^ value >> 31
