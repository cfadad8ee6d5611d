"""``fernet evaluate``: Measure a model, as tables and as a page."""
