"""The real manager over a simulated clock and simulated workers, everything drawn from one seed."""
