"""What a task may ask of the world: Protocols and their values only; no driver is imported here."""
