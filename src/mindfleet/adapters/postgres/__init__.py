"""Each port that PostgreSQL keeps: one module a port, its SQL in a file beside it."""
