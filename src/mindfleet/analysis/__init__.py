"""Reading what one user said: one model call finds facts, preferences and goals alike, and each finding is checked."""
