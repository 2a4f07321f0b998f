"""What `scripts/chaos` does to a fleet, and how it counts afterwards."""
