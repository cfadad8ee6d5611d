"""What a request is refused with."""

from __future__ import annotations

__all__ = ["RefusedError"]
__dir__ = __all__.copy


class RefusedError(Exception):
    """A request that is not answered, and the status and sentence that say why.

    Parameters
    ----------
    status : int
        HTTP's, 400 to 599.
    sentence : str
        For who sits before the page; without a full stop.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
