"""The read side: what the fleet has learnt."""
