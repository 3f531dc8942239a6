"""Who lives in the worlds: members, how they play and learn, and the creators of their tasks."""
