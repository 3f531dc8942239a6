"""Tests of `worlds.sequences.goal_sequence`."""
