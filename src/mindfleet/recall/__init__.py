"""The read side: making things findable, and finding what helps to answer."""
