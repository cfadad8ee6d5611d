"""What fernet runs on here: versions, compiler, instruction set, threads."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, overload

from fernet import _kernels
from fernet._kernels.build_info import compiler
from fernet._kernels.runtime import l2_bytes

__all__ = ["show_config"]
__dir__ = __all__.copy

_DEPENDENCIES = ("numpy", "scipy", "scikit-learn", "joblib", "threadpoolctl")


@overload
def show_config(mode: Literal["stdout"] = "stdout") -> None: ...
@overload
def show_config(mode: Literal["dicts"]) -> dict[str, Any]: ...
def show_config(mode: str = "stdout") -> dict[str, Any] | None:
    """Show what fernet runs on: quote it when you report a problem.

    Parameters
    ----------
    mode : {"stdout", "dicts"}, default="stdout"
        Whether to print, or to return the same as nested dicts, as `numpy.show_config` has it.

    Returns
    -------
    dict or None
        With ``"dicts"``, a dict that ``json.dumps`` takes: ``"fernet"`` (version), ``"python"``,
        ``"platform"``, ``"dependencies"`` (name to version, None where not installed) and
        ``"kernels"``: ``"compiler"``, ``"instruction_set"`` in use, those ``"available"`` on this
        machine, best first, ``"threads"``, the most that a kernel uses, and ``"l2_bytes"``, the
        size of a core's second-level cache as the kernels see it.

    Raises
    ------
    ValueError
        If `mode` is neither.

    Notes
    -----
    The environment variable ``FERNET_ISA`` names another instruction set before the import;
    ``OMP_NUM_THREADS`` and `threadpoolctl.threadpool_limits` set the number of threads;
    ``FERNET_L2_BYTES`` is the size of the cache, 131072 to 16777216, which changes speed and no
    result. A value of fernet's own variables that can't be used is an ImportError that names it.

    Examples
    --------
    >>> from fernet import show_config
    >>> config = show_config(mode="dicts")
    >>> config["kernels"]["instruction_set"] in config["kernels"]["available"]
    True
    """
    if mode not in ("stdout", "dicts"):
        raise ValueError(f"mode is {mode!r}, expected 'stdout' or 'dicts'")
    config = {
        "fernet": _version("fernet-emotion") or "unknown",
        "python": platform.python_version(),
        "platform": platform.platform(),
        "dependencies": {name: _version(name) for name in _DEPENDENCIES},
        "kernels": {
            "compiler": compiler(),
            "instruction_set": _kernels.selected_isa(),
            "available": _kernels.available_isas(),
            "threads": _kernels.get_num_threads(),
            "l2_bytes": l2_bytes(),
        },
    }
    if mode == "dicts":
        return config
    print("\n".join(_lines(config)))
    return None


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _lines(config: dict[str, Any], indent: str = "") -> list[str]:
    lines = []
    for name, value in config.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *_lines(value, indent + "  ")]
        else:
            shown = ", ".join(value) if isinstance(value, list) else value
            lines.append(f"{indent}{name}: {'not installed' if shown is None else shown}")
    return lines
