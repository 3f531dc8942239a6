"""The creators of tasks: each proposes what to play next and observes how it went."""
