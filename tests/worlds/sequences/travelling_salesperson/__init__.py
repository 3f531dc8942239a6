"""Tests of `worlds.sequences.travelling_salesperson`."""
