"""Memory Sequence: a row of digits to be found out and remembered."""
