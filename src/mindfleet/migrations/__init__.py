"""The schema of every store: numbered, forward only."""
