"""How playground tasks are made: terrain, placement, games, rules, whole tasks, and their mutation."""
