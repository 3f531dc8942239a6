"""Claims about settings: a wrong one is named with its cure, a right one survives a round trip."""
