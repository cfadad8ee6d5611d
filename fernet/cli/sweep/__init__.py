"""``fernet sweep``: Search settings, and go on where a search stopped."""

__all__: list[str] = []
__dir__ = __all__.copy
