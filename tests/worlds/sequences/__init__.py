"""Tests of `worlds.sequences`."""
