"""Goal Sequence: touch goals in an order that reward and a demonstrator tell (Cook 2024)."""
