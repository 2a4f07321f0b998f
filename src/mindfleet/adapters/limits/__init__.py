"""Limits and budgets that all workers keep together, in Redis."""
