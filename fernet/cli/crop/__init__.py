"""``fernet crop``: Cut faces out of photos and videos, to learn from them."""

__all__: list[str] = []
__dir__ = __all__.copy
