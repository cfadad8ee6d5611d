"""``fernet evaluate``: Measure a model, as tables and as a page."""

__all__: list[str] = []
__dir__ = __all__.copy
