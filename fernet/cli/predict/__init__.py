"""``fernet predict``: Tell the emotion of each face in photos, folders, videos and cameras."""

__all__: list[str] = []
__dir__ = __all__.copy
