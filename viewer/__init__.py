"""Replays for people: a window, pictures and tables of what a run recorded; needs neither torch nor ray."""

import os

# Before any file of this room imports pygame, which else prints a banner on stdout.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
