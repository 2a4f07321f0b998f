"""One program for each system that is measured; each runs in an environment of its own (see program.py)."""
