"""Every call of a model goes through here."""
