"""TOML files that say what a command is to do: read with an eye on misspellings, and written."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fernet.cli.errors import InputError

__all__ = ["did_you_mean", "read_toml", "toml_text"]
__dir__ = __all__.copy


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name what a misspelt word may have meant, or else all the words there are.

    Parameters
    ----------
    name : str
        As the user wrote it.
    known : iterable of str
        What it could be.

    Returns
    -------
    str
        To follow a semicolon.

    Examples
    --------
    >>> from fernet.cli.toml_files import did_you_mean
    >>> did_you_mean("droput", ["hidden", "dropout"])
    'did you mean dropout?'
    >>> did_you_mean("colour", ["hidden", "dropout"])
    'expected one of hidden, dropout'
    """
    words = list(dict.fromkeys(known))
    near = sorted(difflib.get_close_matches(name, words, n=2, cutoff=0.7))
    return f"did you mean {' or '.join(near)}?" if near else f"expected one of {', '.join(words)}"


def read_toml(path: Path, known: Iterable[str]) -> dict[str, Any]:
    """Read a file; a dash in the name of a key is as good as an underscore.

    Parameters
    ----------
    path : Path
        The file.
    known : iterable of str
        The keys that it may have at its top.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If it is no TOML, or has a key that is not known.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not TOML: {error}") from None
    words = sorted(known)
    for name in document:
        if name.replace("-", "_") not in words:
            raise InputError(f"{path}: {name!r} is unknown; {did_you_mean(name, words)}")
    return {name.replace("-", "_"): value for name, value in document.items()}


def toml_text(document: Mapping[str, Any]) -> str:
    """Write a document as TOML, its tables last.

    Parameters
    ----------
    document : mapping
        Of texts, truth values, finite numbers, lists, and mappings of these. None leaves a key
        out.

    Returns
    -------
    str
        What `tomllib` reads as the same document, tuples as lists.

    Examples
    --------
    >>> from fernet.cli.toml_files import toml_text
    >>> print(toml_text({"seed": 0, "settings": {"hidden": (8, 4), "solver": "sgd"}}))
    seed = 0
    <BLANKLINE>
    [settings]
    hidden = [8, 4]
    solver = "sgd"
    <BLANKLINE>
    """
    tables = {name: value for name, value in document.items() if isinstance(value, Mapping)}
    text = _lines({name: value for name, value in document.items() if name not in tables})
    return text + "".join(f"\n[{_key(name)}]\n{_lines(table)}" for name, table in tables.items())


def _lines(table: Mapping[str, Any]) -> str:
    pairs = ((name, value) for name, value in table.items() if value is not None)
    return "".join(f"{_key(name)} = {_value(value)}\n" for name, value in pairs)


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").isalnum() else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = [f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None]
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    # Texts, truth values and numbers stand in TOML as in JSON, but for one control character.
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("\x7f", "\\u007f")
