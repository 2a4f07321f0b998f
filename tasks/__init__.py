"""What the fleet does, one file a task: payload, limits, function, and the prompt beside it."""
