"""Facts: the closed vocabulary of predicates, the check against what was said, validity in time."""
