"""The real servers that scripts/real-servers starts."""
