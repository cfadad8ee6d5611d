"""pandas, for those who ask for data frames."""

from __future__ import annotations

from types import ModuleType


def import_pandas(asked: str) -> ModuleType:
    """Return pandas.

    Parameters
    ----------
    asked : str
        What needs it, for the message.

    Raises
    ------
    ImportError
        If it is not installed.

    Examples
    --------
    >>> from fernet._io.frames import import_pandas
    >>> import_pandas("as_frame=True").__name__
    'pandas'
    """
    try:
        import pandas
    except ImportError:
        raise ImportError(f"{asked} needs pandas: pip install pandas") from None
    module: ModuleType = pandas
    return module
