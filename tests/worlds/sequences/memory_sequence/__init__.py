"""Tests of `worlds.sequences.memory_sequence`."""
