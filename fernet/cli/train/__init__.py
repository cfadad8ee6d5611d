"""``fernet train``: Train a network and leave it in a folder of its own."""

__all__: list[str] = []
__dir__ = __all__.copy
