"""What was said: turns, and how they fall into sessions and windows. Pure; the stores are behind ports."""
