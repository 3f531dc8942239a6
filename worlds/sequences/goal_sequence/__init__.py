"""Goal Sequence: touch three goals in an order that only the reward and a demonstrator tell (Cook
2024)."""
