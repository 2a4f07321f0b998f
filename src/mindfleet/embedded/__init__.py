"""The stores as child processes, for a machine without servers."""
