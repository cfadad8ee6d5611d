"""Small files in the forms that data sets come in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

Face = tuple[int, np.ndarray, str]


def _csv_bytes(
    faces,
    columns=("emotion", "pixels", "Usage"),
    *,
    quoted=False,
    newline="\n",
    last_newline=True,
    bom=False,
) -> bytes:
    quote = '"' if quoted else ""
    lines = [",".join(columns)]
    for label, pixels, usage in faces:
        fields = {"emotion": str(label), "pixels": " ".join(map(str, pixels)), "usage": usage}
        lines.append(
            ",".join(quote + fields.get(name.strip().lower(), "x") + quote for name in columns)
        )
    text = newline.join(lines) + newline * last_newline
    return b"\xef\xbb\xbf" * bom + text.encode()


@pytest.fixture(scope="session")
def csv_bytes() -> Callable[..., bytes]:
    """Writes faces, each (label, pixels, usage), as FER2013's CSV; other columns hold "x"."""
    return _csv_bytes


@pytest.fixture(scope="session")
def faces() -> list[Face]:
    """Six random faces of different labels, two of each split."""
    rng = np.random.default_rng(0)
    usages = ("Training", "PublicTest", "PrivateTest")
    return [(i, rng.integers(0, 256, 2304), usages[i % 3]) for i in range(6)]
