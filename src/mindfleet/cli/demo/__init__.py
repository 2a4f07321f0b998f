"""The demo: a conversation goes through the fleet, and what it has learnt is shown."""
