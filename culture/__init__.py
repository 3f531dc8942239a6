"""How knowledge passes on, and the experiment itself."""
