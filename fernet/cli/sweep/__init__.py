"""``fernet sweep``: Search settings, and go on where a search stopped."""
